/* normals.h -- normals that are stored as pictures show them. */
#ifndef WFVIEW_NORMALS_H
#define WFVIEW_NORMALS_H

#include "frame.h"

/* A frame's normals, whose values must be finite, become n where they are n/2 + 1/2, as some renderers (appleseed)
 * write them; what was (0,0,0) or (1/2,1/2,1/2), where nothing was hit, becomes 0, and the layer's origin says so. They
 * are taken for that by their values v: all lie in [0,1], hardly any 2v - 1 is longer than 1, and v is so in many
 * pixels, or most of 2v - 1 and fewer of v have length 1. */
void frame_decode_normals(frame *frame);

#endif
