/* mend.h -- replaces what is NaN or infinite in a layer, so that a bad pixel does not spoil all that it reaches; of
 * radiance also what is beyond -1e30 ... 1e30 (WF_LARGEST), which is no number to a network, either. */
#ifndef WFVIEW_MEND_H
#define WFVIEW_MEND_H

#include <stdio.h>

#include "frame.h"

/* A pixel of radiance becomes the mean of those of its eight neighbors that are sound, or else were so first; farther
 * from sound ones than MEND_REACH pixels it is 0. A pixel of any other layer becomes 0, as where nothing was hit. Alpha
 * is left alone. A line of `damage` says how many values there were, and where the first one. */
void image_mend(image *image, frame_layer layer, FILE *damage);

/* A color's alpha becomes the mean of those of its eight neighbors that are sound, or were mended before;
 * without any 0. Said likewise. */
void image_mend_alpha(image *image, FILE *damage);

#define MEND_REACH 16

#endif
