#include "place.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool place_read(const char *text, view_place *place)
{
    double numbers[3];
    const char *rest = text + strspn(text, " ");
    if (strncmp(rest, "fit", 3) == 0 && rest[3 + strspn(rest + 3, " ")] == 0) {
        *place = (view_place){.fit = true};
        return true;
    }
    for (int i = 0; i < 3; i++) {
        char *end;
        numbers[i] = strtod(rest, &end);
        if (end == rest || !isfinite(numbers[i]))
            return false;
        rest = end + strspn(end, " ");
        if (*rest++ != (i < 2 ? ',' : 0))
            return false;
    }
    if (numbers[2] < PLACE_LEAST_ZOOM || numbers[2] > PLACE_MOST_ZOOM)
        return false;
    *place = (view_place){.center_x = numbers[0], .center_y = numbers[1], .zoom = numbers[2]};
    return true;
}

void place_write(const view_place *place, char words[PLACE_WORDS])
{
    if (place->fit)
        snprintf(words, PLACE_WORDS, "fit");
    else
        snprintf(words, PLACE_WORDS, "%.9g,%.9g,%.9g", place->center_x, place->center_y, place->zoom);
}
