/* frame.h -- one renderer frame in host memory. */
#ifndef WFVIEW_FRAME_H
#define WFVIEW_FRAME_H

#include "app/view/layers.h"

/* Rows from top to bottom, channels interleaved, float32. */
typedef struct image {
    int width, height, channels;
    float *pixels; /* NULL: absent. Owned, freed by image_free */
} image;

typedef struct frame {
    char *path; /* of the colour file; owned */
    int width, height;
    image layers[FRAME_LAYER_COUNT]; /* FRAME_COLOR is always there; all have the frame's size */
} frame;

void image_free(image *image);
void frame_free(frame *frame); /* leaves *frame zeroed */

#endif
