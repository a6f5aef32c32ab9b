#version 460
#extension GL_GOOGLE_include_directive : require

// blend.comp.glsl -- the finest level's o in place of its images.
#include "network/blend.glsl"

void write_blended(int op, ivec2 p, vec3 rgb)
{
    store_rgb(image_of(op), p.y, p.x, rgb);
}
