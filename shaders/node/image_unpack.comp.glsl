#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_samplerless_texture_functions : require

// image_unpack.comp.glsl -- an image's first channels to planes, one thread a pixel.
#include "grid.glsl"
#include "image_push.h"
#include "storage.glsl"

layout(binding = 0) uniform texture2D image;
layout(push_constant, scalar) uniform Push { wf_image_push push; };

void main()
{
    ivec2 p = thread_pixel(0, 0);
    if (!in_image(p, push.width, push.height)) {
        return;
    }
    vec4 texel = texelFetch(image, p, 0);
    for (int c = 0; c < push.channels; ++c) {
        store(push.planes_data, (int64_t(c) * push.height + p.y) * push.width + p.x, false, texel[c]);
    }
}
