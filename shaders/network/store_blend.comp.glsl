#version 460
#extension GL_GOOGLE_include_directive : require

// store_blend.comp.glsl -- o of the coarser level less D of a level's image: what will be added to that. One thread a coarse pixel.
#include "grid.glsl"
#include "network/layers.glsl"

layout(push_constant, scalar) uniform Push { wf_store_blend_push push; };

void main()
{
    ivec2 p = thread_pixel(push.first_group_x, push.first_group_y), size = ivec2(push.width, push.height);
    ivec2 coarse = (size + 1) / 2, count = min(ivec2(2), size - 2 * p);
    if (!in_image(p, coarse.x, coarse.y)) {
        return;
    }
    vec3 sum = vec3(0.0);
    for (int y = 0; y < count.y; ++y) {
        for (int x = 0; x < count.x; ++x) {
            sum += load_rgb(push.image, 2 * p.y + y, 2 * p.x + x);
        }
    }
    vec3 o = blended(push.coarser_image, push.coarser_blend, push.coarser_alpha_data, push.splat, p.y, p.x, coarse.x, coarse.y);
    store_rgb(push.blend, p.y, p.x, o - sum / float(count.x * count.y));
}
