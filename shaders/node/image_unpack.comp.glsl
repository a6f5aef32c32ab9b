#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_samplerless_texture_functions : require

// image_unpack.comp.glsl -- images' first channels to planes, one thread a pixel of each.
#include "grid.glsl"
#include "image_push.h"
#include "storage.glsl"

layout(set = 0, binding = 0) uniform texture2D image_0;
layout(set = 1, binding = 0) uniform texture2D image_1;
layout(set = 2, binding = 0) uniform texture2D image_2;
layout(set = 3, binding = 0) uniform texture2D image_3;
layout(push_constant, scalar) uniform Push { wf_image_push push; };

vec4 fetch(int image, ivec2 p)
{
    switch (image) {
    case 0:
        return texelFetch(image_0, p, 0);
    case 1:
        return texelFetch(image_1, p, 0);
    case 2:
        return texelFetch(image_2, p, 0);
    default:
        return texelFetch(image_3, p, 0);
    }
}

void main()
{
    const int image = int(gl_WorkGroupID.z);
    ivec2 p = thread_pixel(0, 0);
    if (!in_image(p, push.width, push.height)) {
        return;
    }
    vec4 texel = fetch(image, p);
    for (int c = 0; c < push.channels[image]; ++c) {
        store(push.planes_data[image], (int64_t(c) * push.height + p.y) * push.width + p.x, false, texel[c]);
    }
}
