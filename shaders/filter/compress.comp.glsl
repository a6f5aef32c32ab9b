#version 460
#extension GL_GOOGLE_include_directive : require

// compress.comp.glsl -- the T of wf_bilateral: compressed color, averaged over the in-image part of 3x3 pixels, and
// the confidence, one thread a pixel.
#include "bilateral.h"
#include "grid.glsl"
#include "storage.glsl"

layout(push_constant, scalar) uniform Push { wf_compress_push push; };

float color(int channel, int y, int x)
{
    return max(load(push.color_data, channel * push.color_channel + y * push.color_row + x, false), 0.0);
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
    int64_t plane = int64_t(push.height) * push.width;
    int64_t pixel = int64_t(p.y) * push.width + p.x;
    float brightest = 0.0, surroundings = 0.0;
    for (int c = 0; c < 3; ++c) {
        float sum = 0.0;
        for (int y = first.y; y <= last.y; ++y) {
            for (int x = first.x; x <= last.x; ++x) {
                float value = color(c, y, x);
                sum += value / (1.0 + value);
            }
        }
        float mean = sum / count;
        store(push.scratch_data, pixel + c * plane, false, push.scale * mean);
        brightest = max(brightest, color(c, p.y, p.x));
        surroundings = max(surroundings, mean / (1.0 - mean));
    }
    float confidence = min(1.0, (push.firefly_ratio * surroundings + WF_LEAST_LIGHT) / (brightest + WF_LEAST_LIGHT));
    store(push.scratch_data, pixel + 3 * plane, false, confidence);
}
