#version 460
#extension GL_GOOGLE_include_directive : require

// image_blend.comp.glsl -- the finest level's o to the images' first channels, and 1 to the others.
#include "network/blend.glsl"

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
