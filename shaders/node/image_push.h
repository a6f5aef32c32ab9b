/* image_push.h -- push constants of image_unpack.comp.glsl and image_pack.comp.glsl, for C and GLSL. */
#ifndef WF_IMAGE_PUSH_H
#define WF_IMAGE_PUSH_H

#include "shared.h"

struct wf_image_push {
    int width, height;
    int channels;         /* planes: at most 4 */
    uint64_t planes_data; /* device address of channels x height x width float32 */
};

#endif
