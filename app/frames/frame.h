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

    /* What each layer is in its file, "ViewLayer.Combined.R,G,B"; owned, NULL where it is absent or of no file. */
    char *origins[FRAME_LAYER_COUNT];
    char *warnings; /* sentences about the file, each with a newline; owned, NULL: none */
} frame;

void image_free(image *image);
void frame_free(frame *frame); /* leaves *frame zeroed */

/* "color from R,G,B; albedo from albedo.R,G,B": every layer that has an origin; to be freed. NULL: no memory. */
char *frame_describe(const frame *frame);

#endif
