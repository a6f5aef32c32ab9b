#version 460
#extension GL_GOOGLE_include_directive : require

// logits.comp.glsl -- columns of a head, in planes of float16, or two of them as an activation. A thread
// computes WF_LOGITS_COLUMNS columns of WF_LOGITS_PIXELS pixels, so that what it loads is used often; workgroups
// count pixels in x, columns in y.
#include "network/layers.glsl"

#extension GL_EXT_shader_16bit_storage : require

layout(local_size_x = WF_LOGITS_THREADS) in;
layout(constant_id = 0) const bool ALPHAS = false;
layout(buffer_reference, scalar, buffer_reference_align = 2) buffer Half { uint16_t value; };
layout(push_constant, scalar) uniform Push { wf_logits_push push; };

void main()
{
    const int PIXELS = WF_LOGITS_PIXELS, THREADS = WF_LOGITS_THREADS;
    int first = push.first_pixel + (int(gl_WorkGroupID.x) + push.first_group_x) * THREADS * PIXELS +
                int(gl_LocalInvocationID.x);
    int group = push.first / WF_LOGITS_COLUMNS + int(gl_WorkGroupID.y) + push.first_group_y;
    int groups = (push.columns + WF_LOGITS_COLUMNS - 1) / WF_LOGITS_COLUMNS;
    uint64_t biases = push.parameters_data + uint64_t(group * WF_LOGITS_COLUMNS * 4);
    uint64_t weights = push.parameters_data + uint64_t(groups * WF_LOGITS_COLUMNS * 4) +
                       uint64_t(int64_t(group) * push.inputs * WF_LOGITS_COLUMNS * 2);
    uint64_t places[PIXELS];
    vec4 low[PIXELS], high[PIXELS];
    [[unroll]] for (int i = 0; i < PIXELS; ++i) {
        int pixel = min(first + i * THREADS, push.last_pixel - 1);
        places[i] = push.decoded_data + uint64_t(int64_t(pixel) * push.inputs * 2);
        low[i] = Float4(biases).value;
        high[i] = Float4(biases + 16).value;
    }
    for (int i0 = 0; i0 < push.inputs; i0 += 4) {
        vec4 inputs[PIXELS];
        [[unroll]] for (int i = 0; i < PIXELS; ++i) {
            inputs[i] = load_four(places[i] + uint64_t(i0 * 2));
        }
        [[unroll]] for (int k = 0; k < 4; ++k) {
            uint64_t from = weights + uint64_t((i0 + k) * 16);
            vec4 low_weight = load_four(from), high_weight = load_four(from + 8);
            [[unroll]] for (int i = 0; i < PIXELS; ++i) {
                low[i] += inputs[i][k] * low_weight;
                high[i] += inputs[i][k] * high_weight;
            }
        }
    }
    [[unroll]] for (int i = 0; i < PIXELS; ++i) {
        int pixel = first + i * THREADS;
        [[unroll]] for (int j = 0; j < WF_LOGITS_COLUMNS; ++j) {
            int column = group * WF_LOGITS_COLUMNS + j, at = column - push.first;
            if (pixel < push.last_pixel && column >= push.first && column < push.last) {
                float logit = j < 4 ? low[i][j % 4] : high[i][j % 4];
                int64_t place = ALPHAS ? int64_t(pixel) * 2 + at : int64_t(at) * push.pixels + pixel;
                Half(push.output_data + uint64_t(place * 2)).value = uint16_t(packHalf2x16(vec2(logit, 0.0)));
            }
        }
    }
}
