#include "alias.h"

#include <math.h>
#include <stdlib.h>

/* Every entry keeps at most a share 1/count; what small ones leave is filled by large ones. */
static void pair(double *shares, uint32_t *order, uint32_t count, trace_choice *choices)
{
    uint32_t small = 0, large = count; /* order[0 .. small) lack, order[large .. count) have too much */
    for (uint32_t i = 0; i < count; i++) {
        if (shares[i] < 1)
            order[small++] = i;
        else
            order[--large] = i;
    }
    while (small > 0 && large < count) {
        uint32_t needy = order[--small], giver = order[large];
        choices[needy].threshold = (uint32_t)fmin(shares[needy] * 4294967296.0, 4294967295.0);
        choices[needy].alias = giver;
        shares[giver] -= 1 - shares[needy];
        if (shares[giver] < 1) {
            large++;
            order[small++] = giver;
        }
    }
}

bool alias_build(const float *weights, uint32_t count, trace_choice *choices, error *error)
{
    double *shares = malloc(count * sizeof *shares);
    uint32_t *order = malloc(count * sizeof *order);
    if (!shares || !order) {
        free(shares), free(order);
        return error_set(error, "no memory to draw from %u lights", count);
    }
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += weights[i];
    for (uint32_t i = 0; i < count; i++) {
        shares[i] = weights[i] / sum * count;
        choices[i].density = (float)(weights[i] / sum);
        choices[i].threshold = UINT32_MAX;
        choices[i].alias = i;
    }
    pair(shares, order, count, choices);
    free(shares), free(order);
    return true;
}
