#version 460
#extension GL_GOOGLE_include_directive : require

// blend.comp.glsl -- o of the finest level, times the filtered albedo and epsilon, in place of its image. One thread a pixel.
#include "grid.glsl"
#include "network/layers.glsl"

layout(push_constant, scalar) uniform Push { wf_blend_push push; };

void main()
{
    ivec2 p = thread_pixel(push.first_group_x, push.first_group_y);
    if (!in_image(p, push.width, push.height)) {
        return;
    }
    vec3 o = blended(push.image, push.blend, push.alpha_data, push.splat, p.y, p.x, push.width, push.height);
    if (push.albedo_data != 0) {
        o *= load_divisor(push.albedo_data, push.epsilon, int64_t(p.y) * push.width + p.x);
    }
    store_rgb(push.image, p.y, p.x, o);
}
