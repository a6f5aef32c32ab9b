/* normals.h -- normals that are stored as pictures show them. */
#ifndef WFVIEW_NORMALS_H
#define WFVIEW_NORMALS_H

#include "frame.h"

/* Some renderers (appleseed) write n/2 + 1/2 where others write n. It is recognized by its values v: all lie
 * in [0,1], hardly any 2v - 1 is longer than 1, and v is so in many pixels, or most of 2v - 1 and fewer of v have length 1. Then *image
 * holds n; what was (0,0,0) or (1/2,1/2,1/2), where nothing was hit, is 0. Values must be finite. False: *image is unchanged. */
bool image_decode_normals(image *image);

/* The same for a frame's normals, said in the layer's origin. */
void frame_decode_normals(frame *frame);

#endif
