#version 460
#extension GL_GOOGLE_include_directive : require

// step_up.comp.glsl -- between levels of a pyramid: the finer level plus alpha times the coarser one,
// interpolated. One thread a pixel.
#include "grid.glsl"
#include "storage.glsl"

layout(push_constant, scalar) uniform Push { wf_step_push push; };

// The coarse pixel that has the other quarter of a fine one.
ivec2 neighbor(ivec2 fine, ivec2 last)
{
    return mix(max(fine / 2 - 1, ivec2(0)), min(fine / 2 + 1, last), equal(fine % 2, ivec2(1)));
}

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
    ivec2 size = ivec2(push.width + 1, push.height + 1) / 2, a = p / 2, b = neighbor(p, size - 1);
    int64_t own = int64_t(p.y) * push.alpha_row + int64_t(p.x) * push.alpha_step;
    float alpha = load(push.alpha_data, own, push.alpha_half != 0);
    for (int c = 0; c < push.channels; ++c) {
        float near = 0.75 * load_coarse(size, c, a.y, a.x) + 0.25 * load_coarse(size, c, a.y, b.x);
        float far = 0.75 * load_coarse(size, c, b.y, a.x) + 0.25 * load_coarse(size, c, b.y, b.x);
        int64_t to = c * push.fine_channel + int64_t(p.y) * push.fine_row + int64_t(p.x) * push.fine_step;
        store(push.fine_data, to, false, load(push.fine_data, to, false) + alpha * (0.75 * near + 0.25 * far));
    }
}
