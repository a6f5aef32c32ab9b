// level_matrix.glsl -- level.glsl with the logits as products of matrices in shared memory.
//
// Planes are an odd multiple of 4 pairs, so that neighbouring ones are in different banks. The pixels that have logits,
// the tile's, or LANDS, its border's, too, in parts of 16.
#define CORNER(p, own)     (own)
#define MARGIN(lands)      ((lands) ? BORDER : 0)
#define MARGIN_ROWS(lands) MARGIN(lands)
#define PITCH(lands)       (WIDTH + 2 * MARGIN(lands))
#define PARTS(lands)       ((PITCH(lands) * (HEIGHT + 2 * MARGIN(lands)) + 15) / 16)
#define ROW(lands)         (PITCH(lands) / 2)
#define PLANE(lands)       (4 * (2 * PARTS(lands) | 1))
#define ALPHAS_LAND        (!HAS_GATHER)
#include "network/level.glsl"

layout(constant_id = WF_LEVEL_INPUTS) const int INPUTS = 16;
layout(constant_id = WF_LEVEL_PLANES) const int PLANES_SIZE = 1;
shared uint planes[PLANES_SIZE];
#define WF_PLANES
#include "network/matrix.glsl"

const int CHUNKS = INPUTS / 16, STRIPS = (TAPS + ALPHAS + 15) / 16, WARPS = THREADS / 32;

// Rows of logits: the alphas' are the first operator's.
#define ROWS(lands)  (TAPS + ((lands) == HAS_GATHER ? 0 : ALPHAS))
#define BATCH(lands) ((PARTS(lands) + WARPS - 1) / WARPS)
// Of a warp at once: their inputs are read before those before them are used, of a single chunk all.
#define AT_ONCE(lands) (CHUNKS == 1 ? BATCH(lands) : 2)
const int MOST = AT_ONCE(HAS_SPLAT); // a bound that is constant before functions are inlined: such loops are unrolled

uint pair_at(const bool lands, int at)
{
    return planes[at];
}

/* ---- Inputs ---- */

uvec4 inputs[MOST]; // eight halves of one of the 16 pixels of each part

void load_inputs(const bool lands, ivec2 tile, int first, int chunk)
{
    const uint pitch = uint(PITCH(lands));
    [[unroll]] for (int b = 0; b < MOST; ++b) {
        if (b >= AT_ONCE(lands)) {
            continue;
        }
        uint pixel = uint((WARP * BATCH(lands) + first + b) * 16 + LANE / 2);
        ivec2 p = nearest(tile - MARGIN(lands) + ivec2(pixel % pitch, pixel / pitch));
        uint at = uint(p.y * push.width + p.x) * uint(INPUTS / 8) + uint(chunk * 2 + LANE % 2);
        inputs[b] = Half8s(push.decoded_data).values[at];
    }
}

/* ---- Logits ---- */

// The last rows overlap those before: no plane is written that is not there.
int first_row(const bool lands, int strip)
{
    return max(min(strip * 16, ROWS(lands) - 16), 0);
}

// The first inputs are on their way; those that follow are read while these are multiplied.
void stage_logits(const bool lands, ivec2 tile)
{
    const int PART_BYTES = WF_LEVEL_ROWS * (4 + INPUTS * 2);
    uint64_t parameters = push.parameters_data + uint64_t(lands ? PART_BYTES : 0);
    uint64_t weights = parameters + uint64_t(WF_LEVEL_ROWS * 4);
    int staged = WARP * 32;
    wf_sums biases[STRIPS];
    [[unroll]] for (int strip = 0; strip < STRIPS; ++strip) {
        biases[strip] = repeat_column(parameters, first_row(lands, strip));
    }
    for (int first = 0; first < BATCH(lands); first += AT_ONCE(lands)) {
        wf_sums sums[MOST][STRIPS];
        [[unroll]] for (int chunk = 0; chunk < CHUNKS; ++chunk) {
            uvec4 values[MOST];
            [[unroll]] for (int b = 0; b < MOST; ++b) {
                values[b] = inputs[b];
            }
            if (chunk + 1 < CHUNKS) {
                load_inputs(lands, tile, first, chunk + 1);
            } else if (AT_ONCE(lands) < BATCH(lands)) {
                load_inputs(lands, tile, first + AT_ONCE(lands), 0);
            }
            wf_left rows[STRIPS];
            [[unroll]] for (int strip = 0; strip < STRIPS; ++strip) {
                rows[strip] = load_rows_from(weights, first_row(lands, strip) * (INPUTS / 8) + chunk * 2, INPUTS / 8);
            }
            [[unroll]] for (int b = 0; b < MOST; ++b) {
                if (b >= AT_ONCE(lands)) {
                    continue;
                }
                int part = WARP * BATCH(lands) + first + b;
                memory[staged + LANE] = values[b];
                sync_warp();
                wf_right pixels = load_columns(staged, 2);
                [[unroll]] for (int strip = 0; strip < STRIPS; ++strip) {
                    if (chunk == 0) {
                        sums[b][strip] = biases[strip];
                    }
                    sums[b][strip] = multiply_add(rows[strip], pixels, sums[b][strip]);
                    if (chunk == CHUNKS - 1 && part < PARTS(lands) && first + b < BATCH(lands)) {
                        store_planes(sums[b][strip], first_row(lands, strip) * PLANE(lands) + part * 8, PLANE(lands));
                    }
                }
                sync_warp();
            }
        }
    }
}

// Several tiles, below each other, where the inputs are few: those of the next one are on
// their way while pixels are filtered.
const bool AHEAD = CHUNKS == 1;

// What the first operator reads of a tile.
void load_tile(ivec2 tile)
{
    load_light(tile);
    load_inputs(!HAS_GATHER, tile, 0, 0);
}

void main()
{
    ivec2 group = ivec2(gl_WorkGroupID.xy) + ivec2(push.first_group_x, push.first_group_y);
    ivec2 tile = group * ivec2(WIDTH, HEIGHT * push.tiles);
    ivec2 own = ivec2(gl_LocalInvocationIndex % 16u * 2u, gl_LocalInvocationIndex / 16u);
    int count = min(push.tiles, (push.height - tile.y + HEIGHT - 1) / HEIGHT);
    load_tile(tile);
    [[dont_unroll]] for (int t = 0; t < count; ++t) {
        ivec2 next = tile + ivec2(0, HEIGHT);
        stage_light(tile);
        stage_logits(!HAS_GATHER, tile);
        if (HAS_GATHER && HAS_SPLAT) {
            load_inputs(true, tile, 0, 0);
        } else if (AHEAD) {
            load_tile(next);
        }
        barrier();
        filter_tile(!HAS_GATHER, tile, own);
        if (HAS_GATHER && HAS_SPLAT) {
            barrier();
            stage_logits(true, tile);
            if (AHEAD) {
                load_tile(next);
            }
            barrier();
            filter_tile(true, tile, own);
        }
        if (AHEAD) {
            barrier();
        }
        tile = next;
    }
}
