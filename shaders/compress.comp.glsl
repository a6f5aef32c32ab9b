#version 460
#extension GL_GOOGLE_include_directive : require

// compress.comp.glsl -- the T of wf_bilateral: compressed colour, averaged over the in-image part of 3x3 pixels, one
// thread a pixel.
#include "grid.glsl"
#include "storage.glsl"

layout(push_constant, scalar) uniform Push { wf_compress_push push; };

float compressed(int channel, int y, int x)
{
    float color = load(push.color_data, channel * push.color_channel + y * push.color_row + x, false);
    return color > 0.0 ? color / (1.0 + color) : 0.0;
}

void main()
{
    ivec2 p = thread_pixel(push.first_group_x, push.first_group_y);
    if (!in_image(p, push.width, push.height)) {
        return;
    }
    ivec2 first = max(p - 1, 0);
    ivec2 last = min(p + 1, ivec2(push.width, push.height) - 1);
    int count = (last.x - first.x + 1) * (last.y - first.y + 1);
    for (int c = 0; c < 3; ++c) {
        float sum = 0.0;
        for (int y = first.y; y <= last.y; ++y) {
            for (int x = first.x; x <= last.x; ++x) {
                sum += compressed(c, y, x);
            }
        }
        int64_t pixel = (int64_t(c) * push.height + p.y) * push.width + p.x;
        store(push.scratch_data, pixel, false, push.scale * sum / count);
    }
}
