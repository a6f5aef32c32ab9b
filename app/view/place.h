/* place.h -- which part of the picture panes show, as numbers that are typed: "X,Y,ZOOM", or "fit". */
#ifndef WFVIEW_PLACE_H
#define WFVIEW_PLACE_H

#include <stdbool.h>

#define PLACE_LEAST_ZOOM (1.0 / 64)
#define PLACE_MOST_ZOOM  256.0

typedef struct view_place {
    bool fit;                  /* the whole picture, whatever a pane's size; then the rest does not count */
    double center_x, center_y; /* the texel coordinate at each pane's center; 0 is a texel's edge, 0.5 its middle */
    double zoom;               /* target pixels a texel */
} view_place;

/* False where the text is no place, or its zoom is out of range; *place stays then. Spaces do not count. */
bool place_read(const char *text, view_place *place);

#define PLACE_WORDS 64
void place_write(const view_place *place, char words[PLACE_WORDS]);

#endif
