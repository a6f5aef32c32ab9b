/* image_push.h -- push constants of image_unpack.comp.glsl and image_pack.comp.glsl, for C and GLSL. */
#ifndef WF_IMAGE_PUSH_H
#define WF_IMAGE_PUSH_H

#include "shared.h"

/* Of a dispatch, each in a set of its own: as many as every device has. Workgroups' z says which. */
#define WF_CONVERTED_IMAGES 4

/* Texels of a thread, beside each other: as many as a vector has. */
#define WF_CONVERTED_TEXELS 4

/* Threads of a workgroup that converts, and of one that blends, a pixel each: images lie in tiles, and these shapes
 * were the fastest of some on an H200. */
#define WF_CONVERTED_WIDTH  8
#define WF_CONVERTED_HEIGHT 16
#define WF_BLENDED_WIDTH    16
#define WF_BLENDED_HEIGHT   16

struct wf_image_push {
    int width, height;                         /* of all images */
    int channels[WF_CONVERTED_IMAGES];         /* planes: at most 4 */
    uint64_t planes_data[WF_CONVERTED_IMAGES]; /* device addresses of channels x height x width float32 */
};

#endif
