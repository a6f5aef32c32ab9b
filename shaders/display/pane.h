/* pane.h -- what the panes' shader is told, shared by C and GLSL. */
#ifndef WF_PANE_H
#define WF_PANE_H

#include "tone.h"

/* How texels become colors. */
#define PANE_RADIANCE 0 /* as tone.h says */
#define PANE_ALBEDO   1 /* clamped to [0,1], sRGB transfer curve */
#define PANE_NORMAL   2 /* components from [-1,1] to [0,1] */
#define PANE_DEPTH    3 /* near is bright; in proportion to 1/depth; no depth (0 or less) is black */
#define PANE_MOTION   4 /* hue is the direction, brightness the length in pixels */
#define PANE_ERROR    5 /* SMAPE's term against the reference, on the error ramp */
#define PANE_RAMP     6 /* the error ramp itself, from left to right over the image's width */

struct pane_push {
    float origin_x, origin_y;        /* the image's top left corner in the target, pixels */
    float zoom;                      /* target pixels a texel */
    float width, height;             /* of the image, texels */
    float near_inverse, far_inverse; /* 1/depth shown white and black */
    int mode;
    tone_push tone; /* of radiance; its selection of channels also of albedo */
};

#endif
