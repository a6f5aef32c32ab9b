#version 460
#extension GL_GOOGLE_include_directive : require

// image_pack.comp.glsl -- planes to images' first channels, and 1 to the others, one thread a pixel of each.
#include "grid.glsl"
#include "image_push.h"
#include "storage.glsl"

layout(set = 0, binding = 0) uniform writeonly image2D image_0;
layout(set = 1, binding = 0) uniform writeonly image2D image_1;
layout(set = 2, binding = 0) uniform writeonly image2D image_2;
layout(set = 3, binding = 0) uniform writeonly image2D image_3;
layout(push_constant, scalar) uniform Push { wf_image_push push; };

void write(int image, ivec2 p, vec4 texel)
{
    switch (image) {
    case 0:
        imageStore(image_0, p, texel);
        break;
    case 1:
        imageStore(image_1, p, texel);
        break;
    case 2:
        imageStore(image_2, p, texel);
        break;
    default:
        imageStore(image_3, p, texel);
    }
}

void main()
{
    const int image = int(gl_WorkGroupID.z);
    ivec2 p = thread_pixel(0, 0);
    if (!in_image(p, push.width, push.height)) {
        return;
    }
    vec4 texel = vec4(1.0);
    for (int c = 0; c < push.channels[image]; ++c) {
        texel[c] = load(push.planes_data[image], (int64_t(c) * push.height + p.y) * push.width + p.x, false);
    }
    write(image, p, texel);
}
