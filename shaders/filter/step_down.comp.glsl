#version 460
#extension GL_GOOGLE_include_directive : require

// step_down.comp.glsl -- between levels of a pyramid: the mean of each 2x2 block's in-image pixels, or the coarser
// level less that. One thread a coarse pixel.
#include "grid.glsl"
#include "storage.glsl"

layout(push_constant, scalar) uniform Push { wf_step_push push; };

void main()
{
    ivec2 p = thread_pixel(push.first_group_x, push.first_group_y);
    ivec2 coarse = ivec2(push.width + 1, push.height + 1) / 2;
    if (!in_image(p, coarse.x, coarse.y)) {
        return;
    }
    ivec2 count = min(ivec2(2), ivec2(push.width, push.height) - 2 * p);
    for (int c = 0; c < push.channels; ++c) {
        float sum = 0.0;
        for (int i = 0; i < count.x * count.y; ++i) {
            ivec2 q = 2 * p + ivec2(i % count.x, i / count.x);
            int64_t from = c * push.fine_channel + int64_t(q.y) * push.fine_row + int64_t(q.x) * push.fine_step;
            sum += load(push.fine_data, from, false);
        }
        float mean = sum / float(count.x * count.y);
        int64_t to = (int64_t(c) * coarse.y + p.y) * coarse.x + p.x;
        store(push.coarse_data, to, false, push.subtract != 0 ? load(push.coarse_data, to, false) - mean : mean);
    }
}
