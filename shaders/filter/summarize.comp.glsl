#version 460
#extension GL_GOOGLE_include_directive : require

// summarize.comp.glsl -- figures of every pixel's kernel, one thread a pixel of the level: filter/summary.h has the same formulas.
#include "grid.glsl"

layout(constant_id = WF_SUMMARIZE_TYPE) const int TYPE = 0;
const int PIXELS = 1;

#include "filter/pixels.glsl"

layout(push_constant, scalar) uniform Push { wf_summarize_push push; };

float load_one(uint64_t address, int type)
{
    float values[PIXELS];
    load_pixels(address, type, values);
    return values[0];
}

float weight_at(int tap, ivec2 p)
{
    int64_t index = tap * push.weight_tap + int64_t(p.y) * push.weight_row + int64_t(p.x) * push.weight_step;
    return load_one(push.weight_data + uint64_t(index * element_size(TYPE)), TYPE);
}

float blend_at(ivec2 p)
{
    if (push.alpha_data == 0) {
        return 0;
    }
    int type = push.alpha_half != 0 ? WF_SHARED_FLOAT16 : WF_SHARED_FLOAT32;
    float alpha = load_one(push.alpha_data + uint64_t((int64_t(p.y) * push.width + p.x) * element_size(type)), type);
    return push.alpha_is_logit != 0 ? 1 / (1 + exp(-alpha)) : alpha;
}

// A pixel of the level is a square of the output.
void store_figure(int figure, ivec2 p, float value)
{
    float values[PIXELS] = float[](value);
    ivec2 begin = p << push.level, end = min(p + 1 << push.level, ivec2(push.output_width, push.output_height));
    if (push.output_data[figure] == 0) {
        return;
    }
    for (int y = begin.y; y < end.y; y++) {
        for (int x = begin.x; x < end.x; x++) {
            int64_t index = int64_t(y) * push.output_width + x;
            store_pixels(push.output_data[figure] + uint64_t(index * 4), WF_SHARED_FLOAT32, values);
        }
    }
}

void main()
{
    ivec2 p = thread_pixel(push.first_group_x, push.first_group_y);
    if (!in_image(p, push.width, push.height)) {
        return;
    }
    bool is_softmax = push.mode == WF_SHARED_SOFTMAX;
    float largest = uintBitsToFloat(0xff800000u);
    float sum = 0, size = 0, logs = 0, squares = 0, own = 0;
    for (int pass = is_softmax ? 0 : 1; pass < 2; pass++) {
        for (int t = 0; t < push.kernel_height * push.kernel_width; t++) {
            ivec2 offset = push.dilation * (ivec2(t % push.kernel_width, t / push.kernel_width) -
                                            ivec2(push.kernel_width, push.kernel_height) / 2);
            ivec2 other = push.landing != 0 ? p - offset : p + offset;
            if (!in_image(other, push.width, push.height)) {
                continue;
            }
            float weight = weight_at(t, push.landing != 0 ? other : p);
            if (pass == 0) {
                largest = max(largest, weight);
                continue;
            }
            float factor = is_softmax ? exp(weight - largest) : weight, share = abs(factor);
            sum += factor;
            size += share;
            logs += share > 0 ? share * log2(share) : 0.0;
            squares += share * float(offset.x * offset.x + offset.y * offset.y);
            own = offset == ivec2(0) ? factor : own;
        }
    }
    float least = float(WF_SHARED_MIN_SUM), divisor = max(abs(sum), least) * (sum < 0 ? -1.0 : 1.0);
    if (push.mode != WF_SHARED_NORMALIZED && !is_softmax) {
        divisor = 1;
    }
    store_figure(0, p, sum / divisor);
    store_figure(1, p, size > 0 ? max(log2(size) - logs / size, 0.0) : 0.0);
    store_figure(2, p, size > 0 ? sqrt(squares / size) : 0.0);
    store_figure(3, p, own / divisor);
    store_figure(4, p, blend_at(p));
}
