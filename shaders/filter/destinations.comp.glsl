#version 460
#extension GL_GOOGLE_include_directive : require

// destinations.comp.glsl -- what the gradients need of every destination, one thread a pixel. Planes of width x height:
//
//     D     sum over c of g'[c] (output[c] - bias[c]); 0 where normalized clamps its divisor
//     L     coverage
//     g'    of channel c = 0, 1, ...: normalized only, grad_output[c] / divisor. Of softmax it is grad_output
#include "shared.h"

layout(constant_id = WF_DESTINATIONS_TYPE) const int TYPE = 0;
layout(constant_id = WF_DESTINATIONS_NORMALIZED) const bool NORMALIZED = false;
layout(constant_id = WF_DESTINATIONS_GRADIENT_STEP) const int GRADIENT_STEP = 1;
layout(constant_id = WF_DESTINATIONS_OUTPUT_STEP) const int OUTPUT_STEP = 1;
layout(constant_id = WF_DESTINATIONS_COVERAGE_STEP) const int COVERAGE_STEP = 1;
const int PIXELS = 1;

#include "grid.glsl"
#include "pixels.glsl"

layout(push_constant, scalar) uniform Push { wf_destinations_push push; };

float load(uint64_t data, int64_t index, int type)
{
    float values[PIXELS];
    load_pixels(data + uint64_t(index * element_size(type)), type, values);
    return values[0];
}

void store(int64_t plane, int64_t pixel, float value)
{
    float values[PIXELS];
    values[0] = value;
    int64_t index = plane * push.height * push.width + pixel;
    store_pixels(push.values_data + uint64_t(index * 4), WF_SHARED_FLOAT32, values);
}

void main()
{
    ivec2 p = thread_pixel(push.first_group_x, push.first_group_y);
    if (!in_image(p, push.width, push.height)) {
        return;
    }
    int64_t pixel = int64_t(p.y) * push.width + p.x;
    int64_t index = int64_t(p.y) * push.coverage_row + int64_t(p.x) * COVERAGE_STEP;
    float coverage = load(push.coverage_data, index, WF_SHARED_FLOAT32);
    float divisor = max(abs(coverage), WF_SHARED_MIN_SUM);
    divisor = NORMALIZED ? (coverage < 0.0 ? -divisor : divisor) : 1.0;
    float less = 0.0;
    for (int64_t c = 0; c < push.channels; ++c) {
        index = c * push.gradient_channel + int64_t(p.y) * push.gradient_row + int64_t(p.x) * GRADIENT_STEP;
        float gradient = load(push.gradient_data, index, TYPE) / divisor;
        index = c * push.output_channel + int64_t(p.y) * push.output_row + int64_t(p.x) * OUTPUT_STEP;
        float value = load(push.output_data, index, TYPE);
        less += gradient * (push.bias_data == 0 ? value : value - load(push.bias_data, c, WF_SHARED_FLOAT32));
        if (NORMALIZED) {
            store(2 + c, pixel, gradient);
        }
    }
    bool clamped = NORMALIZED && abs(coverage) <= WF_SHARED_MIN_SUM;
    store(0, pixel, clamped ? 0.0 : less);
    store(1, pixel, coverage);
}
