/* Softmax of float16 logits with 3x3 kernels, four neighboring pixels a thread, which reads everything first: then the
 * origin of the exponentials is the largest logit, and no sums have to shrink. */
#include "filter_quads.cuh"
#include "narrow.cuh"
#include "plan.h"

#define CHANNELS 3
#define SIZE     3 /* of the kernels */
#define TAPS     (SIZE * SIZE)
#define REACH    (SIZE / 2)

/* Measured on an H200. */
static constexpr wf_filter_shape SHAPE = {TAPS, 4, 4};

using half_pairs = __half2[WF_TILE_GROUP / 2];

/* Logits of the taps that lead to sources so far right of the pixels: these have them, or for splat the sources. */
template <wf_operator OP>
static __device__ __forceinline__ void take_logits(half_pairs &to, const wf_window<__half, REACH> &from, int right)
{
    const unsigned words[] = {(unsigned)from.left << 16, from.quad.x, from.quad.y, from.right};
    const int first = WF_TILE_GROUP / 2 + (OP == WF_SPLAT ? right : 0); /* of the logits in words */
#pragma unroll
    for (int i = 0; i < WF_TILE_GROUP / 2; i++) {
        const int at = first / 2 + i;
        const unsigned pair = first % 2 ? __byte_perm(words[at], words[at + 1], 0x5432) : words[at];
        to[i] = *(const __half2 *)&pair;
    }
}

/* Taps that lead out of the image do not count. */
template <bool BORDERS>
static __device__ __forceinline__ void drop_logits(half_pairs &logits, const wf_quad_place &place, int down, int right)
{
    constexpr unsigned short NONE = 0xfc00; /* -INFINITY */
#pragma unroll
    for (int p = 0; p < WF_TILE_GROUP && BORDERS; p++) {
        const bool outside = !wf_has_row<BORDERS>(place, down) || (p + right < 0 && !place.has_left) ||
                             (p + right >= WF_TILE_GROUP && !place.has_right);
        if (outside && p % 2)
            logits[p / 2].y = __ushort_as_half(NONE);
        else if (outside)
            logits[p / 2].x = __ushort_as_half(NONE);
    }
}

/* The logits of the quad's taps, by source from the upper left one on. `from`: the quad's first tap. */
template <wf_operator OP, bool BORDERS>
static __device__ __forceinline__ void read_logits(half_pairs (&to)[TAPS], const __half *from, int64_t tap, int64_t row,
                                                   const wf_quad_place &place)
{
    wf_window<__half, REACH> windows[TAPS];
#pragma unroll
    for (int i = 0; i < TAPS; i++) {
        const int down = i / SIZE - REACH, right = i % SIZE - REACH;
        if (OP == WF_GATHER)
            windows[i].quad = wf_stream_quad(from + i * tap);
        else if (right < 0)
            wf_read_window<BORDERS, true, false>(windows[i], from + (TAPS - 1 - i) * tap + down * row, place, down);
        else if (right == 0)
            wf_read_window<BORDERS, false, false>(windows[i], from + (TAPS - 1 - i) * tap + down * row, place, down);
        else
            wf_read_window<BORDERS, false, true>(windows[i], from + (TAPS - 1 - i) * tap + down * row, place, down);
    }
#pragma unroll
    for (int i = 0; i < TAPS; i++) {
        const int down = i / SIZE - REACH, right = i % SIZE - REACH;
        take_logits<OP>(to[i], windows[i], right);
        drop_logits<BORDERS>(to[i], place, down, right);
    }
}

template <wf_operator OP, bool BORDERS, typename Image>
static __device__ __forceinline__ void filter(const wf_quads_args &args, const wf_block &at)
{
    const wf_quad_place place = {at.y, args.tile.height, at.x > 0, at.x + WF_TILE_GROUP < args.tile.width};
    const Image *input = wf_at<const Image>(args.input, at.n, 0, at.y) + at.x;
    half_pairs logits[TAPS];
    wf_window<Image, REACH> windows[SIZE][CHANNELS];
    read_logits<OP, BORDERS>(logits, wf_at<const __half>(args.weight, at.n, 0, at.y) + at.x, args.weight.channel,
                             args.weight.row, place);
#pragma unroll
    for (int i = 0; i < SIZE; i++) {
#pragma unroll
        for (int c = 0; c < CHANNELS; c++)
            wf_read_window<BORDERS, true, true>(
                windows[i][c], input + c * args.input.channel + (i - REACH) * args.input.row, place, i - REACH);
    }
    wf_sums<WF_SOFTMAX, CHANNELS, WF_TILE_GROUP> sums;
    wf_half_origins<WF_TILE_GROUP> origins;
    half_pairs largest;
    wf_sums_start(sums), wf_half_origins_start(origins);
    wf_largest_logits(logits, 0, TAPS, largest);
#pragma unroll
    for (int p = 0; p < WF_TILE_GROUP / 2; p++)
        largest[p] = __hmax2(largest[p], origins.pairs[p]);
    wf_half_origins_set(origins, largest);
#pragma unroll
    for (int i = 0; i < SIZE; i++) {
        float sources[CHANNELS][WF_TILE_GROUP + 2 * REACH];
#pragma unroll
        for (int c = 0; c < CHANNELS; c++)
            wf_unpack(windows[i][c], sources[c]);
#pragma unroll
        for (int j = 0; j < SIZE; j++) {
            float factors[WF_TILE_GROUP];
            wf_sums_add_powers(sums, origins, logits[i * SIZE + j], factors);
#pragma unroll
            for (int c = 0; c < CHANNELS; c++) {
#pragma unroll
                for (int p = 0; p < WF_TILE_GROUP; p++)
                    sums.color[c][p] += factors[p] * sources[c][j + p];
            }
        }
    }
    wf_sums_end_logits(sums, origins);
    wf_store_quad<Image>(args.tile, at, sums);
}

template <wf_operator OP, typename Image>
static __global__ void __launch_bounds__(wf_quads_threads(SHAPE), SHAPE.blocks) filter_narrow(const wf_quads_args args)
{
    if constexpr (WF_QUADS) {
        const wf_block at = wf_this_quad<SHAPE.height>();
        if (at.x >= args.tile.width || at.y >= args.tile.height)
            return;
        if (wf_block_borders<SHAPE.height>(at, args.tile.width, args.tile.height, REACH))
            filter<OP, true, Image>(args, at);
        else
            filter<OP, false, Image>(args, at);
    }
}

template <typename Image> static const void *kernel_of(wf_operator op)
{
    return op == WF_GATHER ? (const void *)filter_narrow<WF_GATHER, Image>
                           : (const void *)filter_narrow<WF_SPLAT, Image>;
}

bool wf_plan_filter_narrow(const wf_cuda_device *device, const wf_work *work, wf_plan *plan)
{
    const wf_filter_call *call = work->filter;
    const int64_t *size = call->output.size;
    if (!wf_runs_quads(device) || call->filter.mode != WF_SOFTMAX || call->filter.kernel_height != SIZE ||
        call->filter.kernel_width != SIZE || call->filter.dilation != 1 || size[1] != CHANNELS ||
        call->weight.dtype != WF_FLOAT16 || call->output.dtype != call->input.dtype || !wf_has_quads(&call->input) ||
        !wf_has_quads(&call->weight) || !wf_unit_columns(&call->output))
        return false;
    plan->kernel = call->input.dtype == WF_FLOAT16 ? kernel_of<__half>(call->op) : kernel_of<float>(call->op);
    wf_quads_args *args = wf_plan_args<wf_quads_args>(plan);
    wf_make_quads_args(call, args);
    plan->threads = dim3(wf_quads_threads(SHAPE)), plan->shared_bytes = 0;
    plan->arguments[0] = args;
    return wf_plan_tiles(plan, size, WF_QUADS_WIDTH, SHAPE.height);
}
