#version 460
#extension GL_GOOGLE_include_directive : require

// image_pack.comp.glsl -- three planes to an image's r, g and b, and 1 to its alpha, one thread a pixel.
#include "grid.glsl"
#include "image_push.h"
#include "storage.glsl"

layout(binding = 0) uniform writeonly image2D image;
layout(push_constant, scalar) uniform Push { wf_image_push push; };

void main()
{
    ivec2 p = thread_pixel(0, 0);
    if (!in_image(p, push.width, push.height)) {
        return;
    }
    vec4 texel = vec4(1.0);
    for (int c = 0; c < push.channels; ++c) {
        texel[c] = load(push.planes_data, (int64_t(c) * push.height + p.y) * push.width + p.x, false);
    }
    imageStore(image, p, texel);
}
