#version 460
#extension GL_GOOGLE_include_directive : require

// level_copy.comp.glsl -- some of a level's logits in memory, as level_logits.glsl left them, in dense planes. One
// thread a pixel.
#include "grid.glsl"
#include "network/push.h"
#include "storage.glsl"

layout(constant_id = WF_LEVEL_KERNEL) const int K = 3;
layout(constant_id = WF_LEVEL_ALPHAS) const int ALPHAS = 0;
layout(push_constant, scalar) uniform Push { wf_level_copy_push push; };
#include "network/level_planes.glsl"

void main()
{
    ivec2 p = thread_pixel(push.first_group_x, push.first_group_y) + ivec2(0, push.first_row);
    if (!in_image(p, push.width, push.last_row)) {
        return;
    }
    for (int i = 0; i < push.count; ++i) {
        int64_t from = 2 * (GUARD + int64_t(push.first + i) * PLANE_PAIRS + (p.y + K / 2) * PLANE_ROW) + p.x;
        int64_t to = (int64_t(i) * push.height + p.y) * push.width + p.x;
        store(push.output_data, to, true, push.factor * load(push.logits_data, from, true));
    }
}
