/* The gradient to the weights of few channels, with four neighboring pixels a thread: the correlation of
 * grad_weight_tiles.cuh. */
#include "grad_weight_tiles.cuh"
#include "plan.h"
#include "quads.cuh"

#define HEIGHT  8
#define THREADS (WF_QUADS_WIDTH * HEIGHT / WF_TILE_GROUP)

struct quads_args {
    wf_correlate_args correlate;
    wf_view neighbor;
};

template <bool SPLATS, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH>
static __device__ __forceinline__ void correlate(const quads_args &quads)
{
    constexpr int UNROLL = KERNEL_WIDTH > 0 ? KERNEL_WIDTH : 1;
    const wf_correlate_args &args = quads.correlate;
    const wf_block at = wf_this_quad<HEIGHT>();
    if (at.x >= args.width || at.y >= args.height)
        return;
    const wf_tile_row row = wf_make_tile_row(WF_GATHER, KERNEL_WIDTH > 0 ? KERNEL_WIDTH : args.kernel_width);
    const int column = at.x - row.halo;
    int64_t planes[CHANNELS];
#pragma unroll
    for (int c = 0; c < CHANNELS; c++)
        planes[c] = (CHANNELS < 4 ? c : min(c, args.channels - 1)) * quads.neighbor.channel;
    auto center = wf_load_center<SPLATS, MODE, Image, Weight, CHANNELS>(args, at.n, at.y, at.x, WF_TILE_GROUP);
#pragma unroll 1
    for (int i = 0; i < args.kernel_height; i++) {
        const int y = at.y - wf_tile_reach(WF_GATHER, args.kernel_height) + i;
        const unsigned columns = (unsigned)y < (unsigned)args.height ? args.width : 0;
        const Image *from = wf_at<const Image>(quads.neighbor, at.n, 0, y) + column;
        const float *less = wf_at<const float>(args.less, at.n, 0, y) + column;
        const float *logsumexp = wf_at<const float>(args.logsumexp, at.n, 0, y) + column;
        wf_neighbors<CHANNELS> neighbors;
        const auto read_neighbors = [&](int s, int to) {
            const bool inside = (unsigned)(column + s) < columns;
#pragma unroll
            for (int c = 0; c < CHANNELS; c++)
                wf_read_sources(from + planes[c] + s, inside, &neighbors.color[c][to]);
            if (SPLATS && MODE != WF_LINEAR)
                wf_read_sources(less + s, inside, &neighbors.less[to]);
            if (SPLATS && MODE == WF_SOFTMAX)
                wf_read_sources(logsumexp + s, inside, &neighbors.logsumexp[to]);
        };
        read_neighbors(row.base, 0);
#pragma unroll UNROLL
        for (int group = 0; group < row.groups; group++) {
            const int s = row.base + group * WF_TILE_GROUP;
            const int begin = wf_group_begin(row, group) - s, end = wf_group_end(row, group) - s;
            const bool bordering =
                (unsigned)(column + s) >= columns || (unsigned)(column + s + 2 * WF_TILE_GROUP - 1) >= columns;
            if (end > 1)
                read_neighbors(s + WF_TILE_GROUP, WF_TILE_GROUP);
#define TAPS(BEGIN, END)                                                                                               \
    wf_correlate_taps<BEGIN, END, SPLATS, MODE>(args, center, neighbors, bordering, column + s, columns)
            WF_TILE_GROUP_CASES(TAPS, begin, end);
#undef TAPS
            wf_shift_neighbors(neighbors);
        }
    }
}

template <bool SPLATS, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH>
static __global__ void __launch_bounds__(THREADS, MODE == WF_LINEAR ? 3 : 2) grad_weight_quads(const quads_args quads)
{
    if constexpr (WF_QUADS)
        correlate<SPLATS, MODE, Image, Weight, CHANNELS, KERNEL_WIDTH>(quads);
}

/* ---- Plan -------------------------------------------------------------------------------------------------------- */

/* SPLATS: false for WF_LINEAR, where center and neighbor are all that differ. The other modes have one kernel for all
 * widths. */
template <bool SPLATS, wf_mode MODE> static const void *kernel_of(const wf_backward_call *call)
{
    return wf_switch<WF_TILE_TYPES>(WF_TYPES(call->input.dtype, call->grad_weight.dtype), [=](auto types) {
        constexpr int TYPES = types;
        return wf_switch_tiles<MODE, TYPES>(
            call->input.size[1], call->filter.kernel_width, [=](auto channels, auto width) {
                constexpr int CHANNELS = channels, KERNEL_WIDTH = MODE == WF_LINEAR ? (int)width : 0;
                return (const void *)
                    grad_weight_quads<SPLATS, MODE, wf_image_of<TYPES>, wf_weight_of<TYPES>, CHANNELS, KERNEL_WIDTH>;
            });
    });
}

template <wf_mode MODE> static const void *kernel_of(const wf_backward_call *call)
{
    return call->op == WF_SPLAT ? kernel_of<true, MODE>(call) : kernel_of<false, MODE>(call);
}

bool wf_plan_grad_weight_quads(const wf_cuda_device *device, const wf_work *work, wf_plan *plan)
{
    const wf_backward_call *call = work->backward;
    const wf_tensor *less = &work->scaled->less, *logsumexp = &call->coverage;
    const wf_tensor *center = wf_center_of(work), *neighbor = wf_neighbor_of(work);
    const wf_mode mode = call->filter.mode;
    const wf_tensor *weight = mode == WF_SOFTMAX ? &call->weight : &call->grad_weight;
    if (!wf_runs_quads(device) || !wf_correlates_few(work) || !wf_has_quads(center) || !wf_has_quads(neighbor) ||
        !wf_has_quads(weight) || !wf_has_quads(&call->grad_weight) || (mode != WF_LINEAR && !wf_has_quads(less)) ||
        (mode == WF_SOFTMAX && !wf_has_quads(logsumexp)))
        return false;
    quads_args *quads = wf_plan_args<quads_args>(plan);
    wf_correlate_args *args = &quads->correlate;
    wf_fill_correlation(work, args);
    quads->neighbor = wf_make_view(neighbor);
    args->center_aligned = args->weight_aligned = args->grad_weight_aligned = 1;
    plan->kernel = mode == WF_LINEAR       ? kernel_of<false, WF_LINEAR>(call)
                   : mode == WF_NORMALIZED ? kernel_of<WF_NORMALIZED>(call)
                                           : kernel_of<WF_SOFTMAX>(call);
    plan->threads = dim3(THREADS), plan->shared_bytes = 0;
    plan->arguments[0] = quads;
    return wf_plan_tiles(plan, center->size, WF_QUADS_WIDTH, HEIGHT);
}
