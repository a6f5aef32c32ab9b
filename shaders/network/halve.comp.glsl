#version 460
#extension GL_GOOGLE_include_directive : require

// halve.comp.glsl -- D: the mean of each 2x2 block's in-image pixels, one thread a block.
#include "grid.glsl"
#include "network/layers.glsl"

layout(push_constant, scalar) uniform Push { wf_light_push push; };

void main()
{
    ivec2 p = thread_pixel(push.first_group_x, push.first_group_y);
    if (!in_image(p, (push.width + 1) / 2, (push.height + 1) / 2)) {
        return;
    }
    ivec2 count = min(ivec2(2), ivec2(push.width, push.height) - 2 * p);
    vec3 sum = vec3(0.0);
    for (int y = 0; y < count.y; ++y) {
        for (int x = 0; x < count.x; ++x) {
            sum += load_light(push, 2 * p.y + y, 2 * p.x + x);
        }
    }
    store_rgb(push.to, p.y, p.x, sum / float(count.x * count.y));
}
