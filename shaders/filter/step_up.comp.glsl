#version 460
#extension GL_GOOGLE_include_directive : require

// step_up.comp.glsl -- between levels of a pyramid: the finer level plus alpha times the coarser one,
// interpolated. One thread a pixel.
#include "grid.glsl"
#include "storage.glsl"
#include "upsample.glsl"

layout(push_constant, scalar) uniform Push { wf_step_push push; };

float load_coarse(ivec2 size, int c, int y, int x)
{
    return load(push.coarse_data, (int64_t(c) * size.y + y) * size.x + x, false);
}

void main()
{
    ivec2 p = thread_pixel(push.first_group_x, push.first_group_y);
    if (!in_image(p, push.width, push.height)) {
        return;
    }
    ivec2 size = ivec2(push.width + 1, push.height + 1) / 2, a = p / 2, b = coarse_neighbor(p, size);
    int64_t own = int64_t(p.y) * push.alpha_row + int64_t(p.x) * push.alpha_step;
    float alpha = load(push.alpha_data, own, push.alpha_half != 0);
    for (int c = 0; c < push.channels; ++c) {
        float coarse = UPSAMPLED(load_coarse(size, c, a.y, a.x), load_coarse(size, c, a.y, b.x),
                                 load_coarse(size, c, b.y, a.x), load_coarse(size, c, b.y, b.x));
        int64_t to = c * push.fine_channel + int64_t(p.y) * push.fine_row + int64_t(p.x) * push.fine_step;
        store(push.fine_data, to, false, load(push.fine_data, to, false) + alpha * coarse);
    }
}
