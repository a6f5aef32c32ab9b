#version 460
#extension GL_GOOGLE_include_directive : require

// summarize.comp.glsl -- figures of every pixel's kernel, one thread a pixel of the level:
// filter/summary.h has the same formulas.
#include "grid.glsl"

layout(constant_id = WF_SUMMARIZE_TYPE) const int TYPE = 0;
const int PIXELS = 1;
const int TAPS = 4;                     // that are on their way at once
const float FLOAT_MIN = 1.175494351e-38; // positive

#include "filter/pixels.glsl"
#include "filter/taps.glsl"

layout(push_constant, scalar) uniform Push { wf_summarize_push push; };

float load_one(uint64_t address, int type)
{
    float values[PIXELS];
    load_pixels(address, type, values);
    return values[0];
}

// Of the factors so far, in the order of filter/summary.h.
struct summary {
    float sum, size, logs, squares, own;
};

// A factor, its binary logarithm, and the square of its distance.
void add(inout summary s, float factor, float logarithm, float square)
{
    float size = abs(factor);
    s.sum += factor;
    s.size += size;
    s.logs += size * logarithm;
    s.squares += size * square;
    s.own = square == 0 ? factor : s.own;
}

// The binary logarithm of a softmax's factor.
float exponent_of(float logit, float largest)
{
    float exponent = (logit - largest) * WF_SHARED_LOG2_E;
    return exponent < WF_SHARED_LEAST_EXPONENT ? float(WF_SHARED_LEAST_EXPONENT) : exponent;
}

// Of softmax: the factors so far are those by the largest logit of all, these included.
void raise_largest(inout summary s, inout float largest, float logits[TAPS])
{
    float most = largest;
    [[unroll]] for (int k = 0; k < TAPS; k++) {
        most = max(most, logits[k]);
    }
    float shift = exponent_of(largest, most), scale = exp2(shift);
    s = summary(s.sum * scale, s.size * scale, scale * (s.logs + shift * s.size), s.squares * scale, s.own * scale);
    largest = most;
}

summary summarize(ivec2 p)
{
    bool is_softmax = push.mode == WF_SHARED_SOFTMAX;
    int direction = push.landing != 0 ? -1 : 1, size = element_size(TYPE);
    ivec2 columns = tap_range(p.x, push.width, push.kernel_width, push.dilation, direction);
    int first_dx = tap_offset(columns.x, push.kernel_width, push.dilation);
    int64_t next = push.weight_tap - (push.landing != 0 ? push.dilation * push.weight_step : 0);
    float largest = -3.402823466e38;
    summary s = summary(0, 0, 0, 0, 0);
    for (int i = 0; i < push.kernel_height; i++) {
        int dy = tap_offset(i, push.kernel_height, push.dilation), other_y = p.y + direction * dy;
        if (other_y < 0 || other_y >= push.height) {
            continue;
        }
        ivec2 at = push.landing != 0 ? ivec2(p.x - first_dx, other_y) : p;
        int64_t index = (i * push.kernel_width + columns.x) * push.weight_tap + int64_t(at.y) * push.weight_row +
                        int64_t(at.x) * push.weight_step;
        uint64_t from = push.weight_data + uint64_t(index * size);
        float dx = first_dx;
        for (int j = columns.x; j < columns.y; j += TAPS, from += uint64_t(TAPS * next * size)) {
            float weights[TAPS];
            [[unroll]] for (int k = 0; k < TAPS; k++) {
                weights[k] = is_softmax ? uintBitsToFloat(0xff800000u) : 0.0;
                if (j + k < columns.y) {
                    weights[k] = load_one(from + uint64_t(k * next * size), TYPE);
                }
            }
            if (is_softmax) {
                raise_largest(s, largest, weights);
            }
            [[unroll]] for (int k = 0; k < TAPS; k++, dx += push.dilation) {
                float logarithm = is_softmax ? exponent_of(weights[k], largest) : log2(max(abs(weights[k]), FLOAT_MIN));
                add(s, is_softmax ? exp2(logarithm) : weights[k], logarithm, dx * dx + dy * dy);
            }
        }
    }
    return s;
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
    summary s = summarize(p);
    float least = float(WF_SHARED_MIN_SUM), divisor = max(abs(s.sum), least) * (s.sum < 0 ? -1.0 : 1.0);
    if (push.mode != WF_SHARED_NORMALIZED && push.mode != WF_SHARED_SOFTMAX) {
        divisor = 1;
    }
    store_figure(WF_SHARED_FIGURE_SUM, p, s.sum / divisor);
    store_figure(WF_SHARED_FIGURE_ENTROPY, p, s.size > 0 ? max(log2(s.size) - s.logs / s.size, 0.0) : 0.0);
    store_figure(WF_SHARED_FIGURE_RADIUS, p, s.size > 0 ? sqrt(s.squares / s.size) : 0.0);
    store_figure(WF_SHARED_FIGURE_OWN, p, s.own / divisor);
    store_figure(WF_SHARED_FIGURE_BLEND, p, blend_at(p));
}
