/* mend.h -- replaces what is NaN or infinite in a layer, so that a bad pixel does not spoil all that it reaches. */
#ifndef WFVIEW_MEND_H
#define WFVIEW_MEND_H

#include <stddef.h>
#include <stdio.h>

#include "frame.h"

typedef struct mended {
    size_t count; /* values that were not finite */
    int x, y;     /* the first one's pixel */
} mended;

/* A pixel of radiance becomes the mean of those of its eight neighbours that are sound, or else were so first; farther from sound
 * ones than MEND_REACH pixels it is 0. A pixel of any other layer becomes 0, as where nothing was hit. Alpha is left alone. */
mended image_mend(image *image, frame_layer layer);

/* A color's alpha becomes the mean of those of its eight neighbours that are sound, or were mended before; without any 0. */
mended image_mend_alpha(image *image);

/* The same, with a sentence on a line of its own where there was something. */
void image_mend_said(image *image, frame_layer layer, FILE *damage);
void image_mend_alpha_said(image *image, FILE *damage);

#define MEND_REACH 16

#endif
