#version 460
#extension GL_GOOGLE_include_directive : require

// convolve.comp.glsl -- a 3x3 convolution, its bias and ReLU. A thread computes WF_CONVOLVE_RUN pixels of a row and WF_CONVOLVE_OUTPUTS
// outputs; workgroups count outputs fastest in y.
#include "network/layers.glsl"

layout(local_size_x = 8, local_size_y = 8) in;
layout(push_constant, scalar) uniform Push { wf_convolve_push push; };

const int RUN = WF_CONVOLVE_RUN, QUADS = WF_CONVOLVE_OUTPUTS / 4;

vec4 sums[RUN][QUADS];

vec4 unpack_four(uvec2 halves)
{
    return vec4(unpackHalf2x16(halves.x), unpackHalf2x16(halves.y));
}

// Adds the products of one input of the pixels 0 ... RUN + 1 of a row.
void add_input(float inputs[RUN + 2], uint64_t weights, int tap_bytes)
{
    [[unroll]] for (int dx = 0; dx < 3; ++dx) {
        uvec4 low = Half8(weights + dx * tap_bytes).value, high = Half8(weights + dx * tap_bytes + 16).value;
        vec4 weight[QUADS] = vec4[QUADS](unpack_four(low.xy), unpack_four(low.zw), unpack_four(high.xy), unpack_four(high.zw));
        [[unroll]] for (int x = 0; x < RUN; ++x) {
            [[unroll]] for (int q = 0; q < QUADS; ++q) {
                sums[x][q] += inputs[x + dx] * weight[q];
            }
        }
    }
}

// All inputs of one source: scale is 1 where that has half the resolution. weights: those of its first input at the first tap.
void add_source(uint64_t source, int width, int channels, int scale, ivec2 p, uint64_t weights, int tap_bytes)
{
    for (int dy = 0; dy < 3; ++dy) {
        int y = p.y + dy - 1;
        if (y < 0 || y >= push.height) {
            continue;
        }
        for (int c = 0; c < channels; c += WF_CONVOLVE_INPUTS) {
            uvec4 pixels[RUN + 2];
            [[unroll]] for (int i = 0; i < RUN + 2; ++i) {
                int x = p.x + i - 1;
                int64_t at = (int64_t(y >> scale) * width + (x >> scale)) * channels + c;
                bool inside = x >= 0 && x < push.width;
                pixels[i] = inside ? Half8(source + uint64_t(at * 2)).value : uvec4(0u);
            }
            uint64_t at = weights + uint64_t(dy * 3 * tap_bytes + c * WF_CONVOLVE_OUTPUTS * 2);
            [[unroll]] for (int k = 0; k < WF_CONVOLVE_INPUTS; ++k) {
                float inputs[RUN + 2];
                [[unroll]] for (int i = 0; i < RUN + 2; ++i) {
                    vec2 two = unpackHalf2x16(pixels[i][k / 2]);
                    inputs[i] = two[k % 2];
                }
                add_input(inputs, at + k * WF_CONVOLVE_OUTPUTS * 2, tap_bytes);
            }
        }
    }
}

uvec2 pack_four(vec4 values)
{
    values = clamp(values, 0.0, 65504.0);
    return uvec2(packHalf2x16(values.xy), packHalf2x16(values.zw));
}

void main()
{
    int groups = push.outputs / WF_CONVOLVE_OUTPUTS;
    ivec2 workgroup = ivec2(gl_WorkGroupID.xy) + ivec2(push.first_group_x, push.first_group_y);
    int group = workgroup.y % groups, channels = push.coarse_channels + push.input_channels;
    ivec2 p = (ivec2(workgroup.x, workgroup.y / groups) * 8 + ivec2(gl_LocalInvocationID.xy)) * ivec2(RUN, 1);
    if (p.x >= push.width || p.y >= push.height) {
        return;
    }
    [[unroll]] for (int q = 0; q < QUADS; ++q) {
        uint64_t at = push.parameters_data + uint64_t((group * WF_CONVOLVE_OUTPUTS + 4 * q) * 4);
        [[unroll]] for (int x = 0; x < RUN; ++x) {
            sums[x][q] = Float4(at).value;
        }
    }
    int tap_bytes = channels * WF_CONVOLVE_OUTPUTS * 2;
    uint64_t weights = push.parameters_data + uint64_t(push.outputs * 4 + int64_t(group) * 9 * tap_bytes);
    if (push.coarse_channels > 0) {
        add_source(push.coarse_data, push.coarse_width, push.coarse_channels, 1, p, weights, tap_bytes);
        weights += uint64_t(push.coarse_channels * WF_CONVOLVE_OUTPUTS * 2);
    }
    add_source(push.input_data, push.width, push.input_channels, 0, p, weights, tap_bytes);
    [[unroll]] for (int x = 0; x < RUN; ++x) {
        if (p.x + x < push.width) {
            int64_t at = (int64_t(p.y) * push.width + p.x + x) * push.outputs + group * WF_CONVOLVE_OUTPUTS;
            uint64_t to = push.output_data + uint64_t(at * 2);
            Half8(to).value = uvec4(pack_four(sums[x][0]), pack_four(sums[x][1]));
            Half8(to + 16).value = uvec4(pack_four(sums[x][2]), pack_four(sums[x][3]));
        }
    }
}
