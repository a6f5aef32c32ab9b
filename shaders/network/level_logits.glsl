// level_logits.glsl -- the logits of a level's kernels, gather's and splat's, and the alphas, as products of matrices:
// planes in memory, which level_filter.comp.glsl reads. A warp has 32 pixels of a row, in two parts.
#include "network/layers.glsl"

layout(local_size_x = WF_LEVEL_LOGITS_THREADS) in;
layout(constant_id = WF_LEVEL_KERNEL) const int K = 3;
layout(constant_id = WF_LEVEL_INPUTS) const int INPUTS = 16;
layout(constant_id = WF_LEVEL_ALPHAS) const int ALPHAS = 0;
layout(push_constant, scalar) uniform Push { wf_level_logits_push push; };

// Of a warp 32 pixels: 16 inputs, or logits of an operator, whose rows of 4 pieces are an odd number apart.
const int PITCH = 5, PIECES = WF_LEVEL_ROWS * PITCH;
shared uvec4 memory[WF_LEVEL_LOGITS_THREADS / 32 * PIECES];
#include "network/level_planes.glsl"
#include "network/matrix.glsl"

const int CHUNKS = INPUTS / 16, AT_ONCE = CHUNKS < 5 ? CHUNKS : 5; // whose inputs are read before
                                                                   // those before them are used
const int STRIPS = (K * K + ALPHAS + 15) / 16, PART_BYTES = WF_LEVEL_ROWS * (4 + INPUTS * 2);

// The last rows overlap those before: no plane is written that is not there.
int first_row(const int op, int strip)
{
    return max(min(strip * 16, K * K + (op == 0 ? ALPHAS : 0) - 16), 0);
}

void main()
{
    ivec2 group = ivec2(gl_WorkGroupID.xy) + ivec2(push.first_group_x, push.first_group_y);
    int x = group.x * 32, y = group.y * (WF_LEVEL_LOGITS_THREADS / 32) + WARP, staged = WARP * PIECES;
    uint at[2];
    wf_sums sums[2][STRIPS][2];
    [[unroll]] for (int part = 0; part < 2; ++part) {
        ivec2 p = min(ivec2(x + part * 16 + LANE / 2, y), ivec2(push.width, push.height) - 1);
        at[part] = uint(p.y * push.width + p.x) * uint(INPUTS / 8) + uint(LANE % 2);
    }
    [[unroll]] for (int op = 0; op < 2; ++op) {
        [[unroll]] for (int strip = 0; strip < STRIPS; ++strip) {
            sums[op][strip][0] = repeat_column(push.parameters_data + uint64_t(op * PART_BYTES), first_row(op, strip));
            sums[op][strip][1] = sums[op][strip][0];
        }
    }
    for (int first = 0; first < CHUNKS; first += AT_ONCE) {
        uvec4 inputs[AT_ONCE][2];
        [[unroll]] for (int i = 0; i < AT_ONCE; ++i) {
            [[unroll]] for (int part = 0; part < 2; ++part) {
                inputs[i][part] = Half8s(push.decoded_data).values[at[part] + uint(min(first + i, CHUNKS - 1) * 2)];
            }
        }
        [[unroll]] for (int i = 0; i < AT_ONCE; ++i) {
            wf_right pixels[2];
            [[unroll]] for (int part = 0; part < 2; ++part) {
                memory[staged + part * 32 + LANE] = inputs[i][part];
            }
            sync_warp();
            [[unroll]] for (int part = 0; part < 2; ++part) {
                pixels[part] = load_columns(staged + part * 32, 2);
            }
            [[unroll]] for (int op = 0; op < 2 && first + i < CHUNKS; ++op) {
                uint64_t weights = push.parameters_data + uint64_t(op * PART_BYTES + WF_LEVEL_ROWS * 4);
                [[unroll]] for (int strip = 0; strip < STRIPS; ++strip) {
                    int row = first_row(op, strip) * (INPUTS / 8) + (first + i) * 2;
                    wf_left rows = load_rows_from(weights, row, INPUTS / 8);
                    [[unroll]] for (int part = 0; part < 2; ++part) {
                        sums[op][strip][part] = multiply_add(rows, pixels[part], sums[op][strip][part]);
                    }
                }
            }
            sync_warp();
        }
    }
    [[unroll]] for (int op = 0; op < 2; ++op) {
        [[unroll]] for (int strip = 0; strip < STRIPS; ++strip) {
            [[unroll]] for (int part = 0; part < 2; ++part) {
                store_rows(sums[op][strip][part], staged + first_row(op, strip) * PITCH + part * 2, PITCH);
            }
        }
        sync_warp();
        // Four lanes have a row.
        int to = (GUARD + op * (GATHER_PLANES) * PLANE_PAIRS + (y + K / 2) * PLANE_ROW + x / 2) / 4 + LANE % 4;
        for (int row = LANE / 4; row < K * K + (op == 0 ? ALPHAS : 0) && y < push.height; row += 8) {
            Half8s(push.logits_data).values[to + row * (PLANE_PAIRS / 4)] = memory[staged + row * PITCH + LANE % 4];
        }
        sync_warp();
    }
}
