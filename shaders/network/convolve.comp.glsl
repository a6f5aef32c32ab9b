#version 460
#extension GL_GOOGLE_include_directive : require

// convolve.comp.glsl -- a 3x3 convolution, its bias and ReLU. A thread computes WF_CONVOLVE_WIDTH x WF_CONVOLVE_HEIGHT
// pixels and WF_CONVOLVE_OUTPUTS outputs, so that what it loads is used often; workgroups count outputs fastest in y.
#include "network/layers.glsl"

layout(local_size_x = WF_CONVOLVE_ACROSS_THREADS, local_size_y_id = 0) in;
layout(constant_id = 0) const int DOWN = 1; // threads of a workgroup below each other
layout(push_constant, scalar) uniform Push { wf_convolve_push push; };

const int WIDTH = WF_CONVOLVE_WIDTH, HEIGHT = WF_CONVOLVE_HEIGHT, QUADS = WF_CONVOLVE_OUTPUTS / 4;

vec4 sums[HEIGHT][WIDTH][QUADS];

// All inputs of one source: scale is 1 where that has half the resolution. weights: those of
// its first input at the first tap.
void add_source(uint64_t source, ivec2 size, int channels, int scale, ivec2 p, uint64_t weights, int tap_bytes)
{
    for (int dy = 0; dy < 3; ++dy) {
        uint64_t places[HEIGHT][WIDTH + 2];
        float inside[HEIGHT][WIDTH + 2];
        [[unroll]] for (int y = 0; y < HEIGHT; ++y) {
            [[unroll]] for (int x = 0; x < WIDTH + 2; ++x) {
                ivec2 q = p + ivec2(x, y + dy) - 1, at = clamp(q >> scale, ivec2(0), size - 1);
                places[y][x] = source + uint64_t((int64_t(at.y) * size.x + at.x) * channels * 2);
                inside[y][x] = q.x >= 0 && q.y >= 0 && q.x < push.width && q.y < push.height ? 1.0 : 0.0;
            }
        }
        uint64_t weight_place = weights + uint64_t(dy * 3 * tap_bytes);
        for (int c = 0; c < channels; c += 4) {
            vec4 inputs[HEIGHT][WIDTH + 2];
            [[unroll]] for (int y = 0; y < HEIGHT; ++y) {
                [[unroll]] for (int x = 0; x < WIDTH + 2; ++x) {
                    inputs[y][x] = load_four(places[y][x] + uint64_t(c * 2)) * inside[y][x];
                }
            }
            [[unroll]] for (int k = 0; k < 4; ++k) {
                [[unroll]] for (int dx = 0; dx < 3; ++dx) {
                    uint64_t from = weight_place + uint64_t(dx * tap_bytes + (c + k) * WF_CONVOLVE_OUTPUTS * 2);
                    [[unroll]] for (int q = 0; q < QUADS; ++q) {
                        vec4 weight = load_four(from + 8 * q);
                        [[unroll]] for (int y = 0; y < HEIGHT; ++y) {
                            [[unroll]] for (int x = 0; x < WIDTH; ++x) {
                                sums[y][x][q] += inputs[y][x + dx][k] * weight;
                            }
                        }
                    }
                }
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
    ivec2 size = ivec2(push.width, push.height);
    int group = workgroup.y % groups, channels = push.coarse_channels + push.input_channels;
    ivec2 first = ivec2(workgroup.x, workgroup.y / groups) * ivec2(WF_CONVOLVE_ACROSS_THREADS, DOWN);
    ivec2 p = (first + ivec2(gl_LocalInvocationID.xy)) * ivec2(WIDTH, HEIGHT);
    [[unroll]] for (int q = 0; q < QUADS; ++q) {
        vec4 bias = Float4(push.parameters_data + uint64_t((group * WF_CONVOLVE_OUTPUTS + 4 * q) * 4)).value;
        [[unroll]] for (int y = 0; y < HEIGHT; ++y) {
            [[unroll]] for (int x = 0; x < WIDTH; ++x) {
                sums[y][x][q] = bias;
            }
        }
    }
    int tap_bytes = channels * WF_CONVOLVE_OUTPUTS * 2;
    uint64_t weights = push.parameters_data + uint64_t(push.outputs * 4 + int64_t(group) * 9 * tap_bytes);
    if (push.coarse_channels > 0) {
        add_source(push.coarse_data, (size + 1) / 2, push.coarse_channels, 1, p, weights, tap_bytes);
        weights += uint64_t(push.coarse_channels * WF_CONVOLVE_OUTPUTS * 2);
    }
    add_source(push.input_data, size, push.input_channels, 0, p, weights, tap_bytes);
    [[unroll]] for (int y = 0; y < HEIGHT; ++y) {
        [[unroll]] for (int x = 0; x < WIDTH; ++x) {
            ivec2 q = p + ivec2(x, y);
            if (q.x < push.width && q.y < push.height) {
                int64_t at = (int64_t(q.y) * push.width + q.x) * push.outputs + group * WF_CONVOLVE_OUTPUTS;
                [[unroll]] for (int i = 0; i < QUADS; ++i) {
                    Half4(push.output_data + uint64_t(at * 2 + 8 * i)).value = pack_four(sums[y][x][i]);
                }
            }
        }
    }
}
