#version 460
#extension GL_GOOGLE_include_directive : require

// halve.comp.glsl -- D of D of ...: the mean of each 2x2 block's in-image pixels, and of these means, in as many levels
// as are wanted. One thread a block of the first level; each further level takes a quarter of the threads.
#include "in_image.glsl"
#include "network/layers.glsl"

layout(local_size_x = WF_HALVE_WIDTH, local_size_y = WF_HALVE_HEIGHT) in;
layout(push_constant, scalar) uniform Push { wf_halve_push push; };

shared vec3 means[2][WF_HALVE_WIDTH * WF_HALVE_HEIGHT];

void main()
{
    ivec2 group = ivec2(gl_WorkGroupID.xy) + ivec2(push.first_group_x, push.first_group_y);
    ivec2 tile = ivec2(WF_HALVE_WIDTH, WF_HALVE_HEIGHT), place = ivec2(gl_LocalInvocationID.xy);
    ivec2 size = ivec2(push.width, push.height);
    // In an odd row or column at the end of the image pixels count twice.
    ivec2 from = 2 * (group * tile + place);
    vec3 sum = vec3(0.0);
    [[unroll]] for (int i = 0; i < 4; ++i) {
        ivec2 p = min(from + ivec2(i % 2, i / 2), size - 1);
        sum += load_light(push.from, push.albedo_data, push.clean, push.epsilon, push.width, p.y, p.x);
    }
    for (int level = 0; level < push.levels; ++level) {
        size = (size + 1) / 2;
        ivec2 p = group * tile + place;
        bool inside = place.x < tile.x && place.y < tile.y && in_image(p, size.x, size.y);
        if (inside) {
            store_rgb(dense_planes(push.to_data[level], size.x, size.y), p.y, p.x, 0.25 * sum);
            means[level % 2][place.y * tile.x + place.x] = 0.25 * sum;
        }
        barrier();
        ivec2 last = min(tile, size - group * tile) - 1;
        int pitch = tile.x, thread = int(gl_LocalInvocationIndex);
        tile /= 2;
        place = ivec2(thread % max(tile.x, 1), thread / max(tile.x, 1));
        sum = vec3(0.0);
        [[unroll]] for (int i = 0; i < 4; ++i) {
            ivec2 q = min(2 * place + ivec2(i % 2, i / 2), last);
            sum += means[level % 2][q.y * pitch + q.x];
        }
    }
}
