/* values.h -- texels that were read back from the device, for the view to print them. */
#ifndef WFVIEW_VALUES_H
#define WFVIEW_VALUES_H

#include <stdbool.h>

#include "layers.h"

/* A part of the image, in texels; none where columns or rows are 0. */
typedef struct texel_area {
    int x, y, columns, rows;
} texel_area;

typedef struct values {
    texel_area area;
    const float *layers[SHOWN_LAYERS]; /* row by row, a float for each of a texel's channels; NULL: not read */
} values;

/* The channels of one texel; NULL: it was not read. */
static inline const float *values_at(const values *values, int layer, int column, int row)
{
    const texel_area *area = &values->area;
    column -= area->x;
    row -= area->y;
    if (!values->layers[layer] || column < 0 || row < 0 || column >= area->columns || row >= area->rows)
        return 0;
    return values->layers[layer] + (row * area->columns + column) * layer_row_of(layer)->channels;
}

#endif
