#version 460
#extension GL_GOOGLE_include_directive : require

// image_blend.comp.glsl -- the finest level's o to the images' first channels, and 1 to the others.
#include "in_image.glsl"
#include "network/blend.glsl"
#include "image_push.h"

layout(local_size_x = WF_BLENDED_WIDTH, local_size_y = WF_BLENDED_HEIGHT) in;

layout(set = 0, binding = 0) uniform writeonly image2D gathered;
layout(set = 1, binding = 0) uniform writeonly image2D splat;

void write_blended(int op, ivec2 p, vec3 rgb)
{
    if (op == 0) {
        imageStore(gathered, p, vec4(rgb, 1.0));
    } else {
        imageStore(splat, p, vec4(rgb, 1.0));
    }
}

void main()
{
    blend(ivec2(gl_GlobalInvocationID));
}
