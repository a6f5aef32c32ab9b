#version 460
#extension GL_GOOGLE_include_directive : require

// blend.comp.glsl -- the finest level's o in place of its images.
#include "grid.glsl"
#include "network/blend.glsl"

void write_blended(int op, ivec2 p, vec3 rgb)
{
    store_rgb(image_of(op), p.y, p.x, rgb);
}

void main()
{
    blend(thread_pixel(push.first_group_x, push.first_group_y));
}
