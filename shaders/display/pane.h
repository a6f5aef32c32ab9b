/* pane.h -- what the panes' shader is told, shared by C and GLSL. */
#ifndef WF_PANE_H
#define WF_PANE_H

#include "measure.h"
#include "tone.h"

/* How texels become colors. */
#define PANE_RADIANCE    0 /* as tone.h says */
#define PANE_ALBEDO      1 /* clamped to [0,1], sRGB transfer curve */
#define PANE_NORMAL      2 /* components from [-1,1] to [0,1] */
#define PANE_DEPTH       3 /* near is bright; in proportion to 1/depth; no depth (0 or less) is black */
#define PANE_MOTION      4 /* hue is the direction, brightness the length in pixels */
#define PANE_ERROR       5 /* the mean over the channels, times the scale, 0 to 1 on the ramp of errors */
#define PANE_SIGNED      6 /* the channel farthest from 0, times the scale, -1 to 1 on the signed ramp */
#define PANE_RAMP        7 /* the ramp of errors itself, from left to right over the image's width */
#define PANE_SIGNED_RAMP 8

#define PANE_GRID_ZOOM 16 /* target pixels a texel from which on a grid separates texels */

#define PANE_GROUP 8 /* threads of a workgroup, along each side */

struct pane_push {
    int left, top, columns, rows;    /* what is drawn of the target, pixels */
    float origin_x, origin_y;        /* the image's top left corner in the target, pixels */
    float zoom;                      /* target pixels a texel */
    float width, height;             /* of the image, texels */
    float near_inverse, far_inverse; /* 1/depth shown white and black */
    int mode;
    int measure;    /* of the two images that are compared; -1: the first one is shown */
    int channels;   /* of the images, at most 3 */
    float scale;    /* of values on a ramp */
    tone_push tone; /* of radiance; its selection of channels also of albedo */
};

#endif
