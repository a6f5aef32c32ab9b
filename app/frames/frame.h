/* frame.h -- one renderer frame in host memory. */
#ifndef WFVIEW_FRAME_H
#define WFVIEW_FRAME_H

#include <stdbool.h>

/* Rows from top to bottom, channels interleaved, float32. */
typedef struct image {
    int width, height, channels;
    float *pixels; /* NULL: absent. Owned, freed by image_free */
} image;

typedef enum frame_layer {
    FRAME_COLOR,     /* 4 channels: noisy radiance, linear r,g,b; alpha 1 */
    FRAME_ALBEDO,    /* 4 channels: r,g,b; alpha 1 */
    FRAME_NORMAL,    /* 4 channels: x,y,z as the renderer wrote them (camera or world space); 0 */
    FRAME_DEPTH,     /* 1 channel: distance, in scene units */
    FRAME_MOTION,    /* 2 channels: x,y in pixels, previous - current */
    FRAME_REFERENCE, /* 4 channels: converged radiance, linear r,g,b; alpha 1 */
    FRAME_LAYER_COUNT
} frame_layer;

/* "color", "albedo", "normal", "depth", "motion", "reference". */
const char *frame_layer_name(frame_layer layer);

/* Channels an image of that layer has: 4, 4, 4, 1, 2, 4. */
int frame_layer_channels(frame_layer layer);

typedef struct frame {
    char *path; /* of the colour file; owned */
    int width, height;
    image layers[FRAME_LAYER_COUNT]; /* FRAME_COLOR is always there; all have the frame's size */
} frame;

void image_free(image *image);
void frame_free(frame *frame); /* leaves *frame zeroed */

#endif
