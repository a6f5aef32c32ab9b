#version 460
#extension GL_GOOGLE_include_directive : require

// logits.comp.glsl -- columns of a head, in planes of float16, or two of them as an activation. A thread computes WF_LOGITS_COLUMNS
// columns of a pixel; workgroups count pixels in x, columns in y.
#include "network/layers.glsl"

#extension GL_EXT_shader_16bit_storage : require

layout(local_size_x = 64) in;
layout(constant_id = 0) const bool ALPHAS = false;
layout(buffer_reference, scalar, buffer_reference_align = 2) buffer Half { uint16_t value; };
layout(push_constant, scalar) uniform Push { wf_logits_push push; };

void main()
{
    int pixel = (int(gl_WorkGroupID.x) + push.first_group_x) * 64 + int(gl_LocalInvocationID.x);
    int group = push.first / WF_LOGITS_COLUMNS + int(gl_WorkGroupID.y) + push.first_group_y;
    if (pixel >= push.pixels) {
        return;
    }
    int groups = (push.columns + WF_LOGITS_COLUMNS - 1) / WF_LOGITS_COLUMNS;
    uint64_t biases = push.parameters_data + uint64_t(group * WF_LOGITS_COLUMNS * 4);
    uint64_t weights = push.parameters_data + uint64_t(groups * WF_LOGITS_COLUMNS * 4) +
                       uint64_t(int64_t(group) * push.inputs * WF_LOGITS_COLUMNS * 2);
    vec4 low = Float4(biases).value, high = Float4(biases + 16).value;
    for (int i = 0; i < push.inputs; i += 8) {
        uvec4 halves = Half8(push.decoded_data + uint64_t((int64_t(pixel) * push.inputs + i) * 2)).value;
        [[unroll]] for (int k = 0; k < 8; ++k) {
            uvec4 weight = Half8(weights + uint64_t((i + k) * 16)).value;
            vec2 two = unpackHalf2x16(halves[k / 2]);
            float x = two[k % 2];
            low += x * vec4(unpackHalf2x16(weight.x), unpackHalf2x16(weight.y));
            high += x * vec4(unpackHalf2x16(weight.z), unpackHalf2x16(weight.w));
        }
    }
    [[unroll]] for (int i = 0; i < WF_LOGITS_COLUMNS; ++i) {
        int column = group * WF_LOGITS_COLUMNS + i;
        if (column >= push.first && column < push.last) {
            float logit = i < 4 ? low[i % 4] : high[i % 4];
            int at = column - push.first;
            int64_t place = ALPHAS ? int64_t(pixel) * 2 + at : int64_t(at) * push.pixels + pixel;
            Half(push.output_data + uint64_t(place * 2)).value = uint16_t(packHalf2x16(vec2(logit, 0.0)));
        }
    }
}
