/* Both operators of the same linear weights, for small kernels of float32, with four neighboring pixels a thread.
 *
 * In a group of slots gather's sources lie as far right of a pixel as those of splat lie left of it: splat's window goes
 * left as gather's goes right. The weights that splat needs of other rows come from the cache: where a block gathers
 * with them at about the same time. */
#include "plan.h"
#include "quads.cuh"
#include "static_switch.cuh"

#define CHANNELS 3
#define WIDTH    128
#define HEIGHT   16
#define THREADS  (WIDTH * HEIGHT / WF_TILE_GROUP)

struct pair_args {
    wf_tile_args tile; /* output is gather's */
    wf_view input, weight, splat_output;
    int splat_aligned;
};

/* Adds a tap to the sums of four pixels, whose sources begin at FROM. */
template <int FROM>
static __device__ __forceinline__ void add_tap(wf_sums<WF_LINEAR, CHANNELS, WF_TILE_GROUP> &sums,
                                               const float (&sources)[CHANNELS][2 * WF_TILE_GROUP],
                                               const float *weights)
{
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++)
            sums.color[c][p] += weights[p] * sources[c][FROM + p];
    }
}

/* A thread's quad, and where a kernel row finds it. */
template <typename Weight> struct pair_row {
    int x, width;
    bool gathers, splats;  /* whether the row of either's sources lies in the image */
    const Weight *weights; /* of the group's slot 0, at the quad */
    int64_t tap, other;    /* elements to the next slot's weights, and to the row of splat's */
};

/* Adds slot T, whose sources begin `right` + T columns right of the quad for gather, and as many left of it for splat. */
template <int T, typename Weight>
static __device__ __forceinline__ void
gather_slot(wf_sums<WF_LINEAR, CHANNELS, WF_TILE_GROUP> &sums, const float (&sources)[CHANNELS][2 * WF_TILE_GROUP],
            const pair_row<Weight> &row, const wf_quad<Weight> &quad, bool borders, int right)
{
    float weights[WF_TILE_GROUP];
    wf_load4((const Weight *)&quad, weights);
#pragma unroll
    for (int p = 0; p < WF_TILE_GROUP; p++) {
        const bool counts = row.gathers && (unsigned)(row.x + right + T + p) < (unsigned)row.width;
        weights[p] = borders && !counts ? 0 : weights[p];
    }
    add_tap<T>(sums, sources, weights);
}

template <int T, typename Weight>
static __device__ __forceinline__ void splat_slot(wf_sums<WF_LINEAR, CHANNELS, WF_TILE_GROUP> &sums,
                                                  const float (&sources)[CHANNELS][2 * WF_TILE_GROUP],
                                                  const pair_row<Weight> &row, int right)
{
    const Weight *from = row.weights + T * row.tap + row.other - right;
    const bool has_near = row.splats && (unsigned)(row.x - right) < (unsigned)row.width;
    const bool has_far = row.splats && (unsigned)(row.x - right - WF_TILE_GROUP) < (unsigned)row.width;
    float weights[2 * WF_TILE_GROUP];
    if (T > 0)
        wf_read_sources(from - WF_TILE_GROUP, has_far, weights);
    wf_read_sources(from, has_near, weights + WF_TILE_GROUP);
    add_tap<WF_TILE_GROUP - T>(sums, sources, weights + WF_TILE_GROUP - T);
}

template <typename Image, typename Weight, int KERNEL_WIDTH>
static __device__ __forceinline__ void filter(const pair_args &args)
{
    const wf_tile_args &tile = args.tile;
    const wf_block at = wf_this_quad<WIDTH, HEIGHT>(tile.grid);
    if (at.x >= tile.width || at.y >= tile.height)
        return;
    const wf_tile_row row = wf_make_tile_row(WF_GATHER, KERNEL_WIDTH);
    const int reach = wf_tile_reach(WF_GATHER, tile.kernel_height);
    const bool near_border = at.x < row.taps || at.x + row.taps + WF_TILE_GROUP > tile.width;
    wf_sums<WF_LINEAR, CHANNELS, WF_TILE_GROUP> gather, splat;
    wf_sums_start(gather);
    wf_sums_start(splat);
#pragma unroll 1
    for (int i = 0; i < tile.kernel_height; i++) {
        const int dy = i - reach;
        pair_row<Weight> pair = {at.x, tile.width};
        pair.gathers = (unsigned)(at.y + dy) < (unsigned)tile.height;
        pair.splats = (unsigned)(at.y - dy) < (unsigned)tile.height;
        pair.weights = wf_at<const Weight>(args.weight, at.n, i * row.taps + row.base - row.lead, at.y) + at.x;
        pair.tap = args.weight.channel, pair.other = -dy * args.weight.row;
        const Image *gather_input = wf_at<const Image>(args.input, at.n, 0, at.y + dy) + at.x;
        const Image *splat_input = wf_at<const Image>(args.input, at.n, 0, at.y - dy) + at.x;
        float gather_sources[CHANNELS][2 * WF_TILE_GROUP], splat_sources[CHANNELS][2 * WF_TILE_GROUP];
        const auto read = [&](const Image *from, int column, bool has, int half,
                              float(&to)[CHANNELS][2 * WF_TILE_GROUP]) {
            const bool inside = has && (unsigned)(at.x + column) < (unsigned)tile.width;
#pragma unroll
            for (int c = 0; c < CHANNELS; c++)
                wf_read_sources(from + c * args.input.channel + column, inside, &to[c][half]);
        };
        read(gather_input, row.base - row.halo, pair.gathers, 0, gather_sources);
        read(splat_input, row.halo - row.base, pair.splats, WF_TILE_GROUP, splat_sources);
#pragma unroll
        for (int group = 0; group < row.groups; group++) {
            const int s = row.base + group * WF_TILE_GROUP, right = s - row.halo;
            const int begin = wf_group_begin(row, group) - s, end = wf_group_end(row, group) - s;
            wf_quad<Weight> quads[WF_TILE_GROUP];
#pragma unroll
            for (int t = 0; t < WF_TILE_GROUP; t++) {
                if (t >= begin && t < end)
                    quads[t] = pair.gathers ? wf_read_quad(pair.weights + t * pair.tap) : wf_quad<Weight>();
            }
            if (end > 1) {
                read(gather_input, right + WF_TILE_GROUP, pair.gathers, WF_TILE_GROUP, gather_sources);
                read(splat_input, -right - WF_TILE_GROUP, pair.splats, 0, splat_sources);
            }
#define GATHER(T)                                                                                                      \
    if (T >= begin && T < end)                                                                                         \
    gather_slot<T>(gather, gather_sources, pair, quads[T], near_border || !pair.gathers, right)
#define SPLAT(T)                                                                                                       \
    if (T >= begin && T < end)                                                                                         \
    splat_slot<T>(splat, splat_sources, pair, right)
            GATHER(0);
            GATHER(1);
            GATHER(2);
            GATHER(3);
            SPLAT(0);
            SPLAT(1);
            SPLAT(2);
            SPLAT(3);
#undef GATHER
#undef SPLAT
            pair.weights += WF_TILE_GROUP * pair.tap;
#pragma unroll
            for (int c = 0; c < CHANNELS; c++) {
#pragma unroll
                for (int p = 0; p < WF_TILE_GROUP; p++) {
                    gather_sources[c][p] = gather_sources[c][WF_TILE_GROUP + p];
                    splat_sources[c][WF_TILE_GROUP + p] = splat_sources[c][p];
                }
            }
        }
    }
    wf_tile_store<Image>(tile, at.n, 0, at.y, at.x, gather);
    wf_tile_args splat_tile = tile;
    splat_tile.output = args.splat_output, splat_tile.output_aligned = args.splat_aligned;
    wf_tile_store<Image>(splat_tile, at.n, 0, at.y, at.x, splat);
}

template <typename Image, typename Weight, int KERNEL_WIDTH>
static __global__ void __launch_bounds__(THREADS, 1) gather_splat_quads(const pair_args args)
{
    if constexpr (WF_QUADS)
        filter<Image, Weight, KERNEL_WIDTH>(args);
}

/* ---- Plan --------------------------------------------------------------------------------------------------------- */

/* Float32 images and weights, and small kernels: the others were faster one operator after the other, on an H200. */
static const void *kernel_of(const wf_filter *filter)
{
    return wf_switch<3, 5, 7, 0>(filter->kernel_width, [=](auto width) -> const void * {
        constexpr int KERNEL_WIDTH = width;
        if constexpr (KERNEL_WIDTH > 0)
            return (const void *)gather_splat_quads<float, float, KERNEL_WIDTH>;
        return nullptr;
    });
}

bool wf_plan_gather_splat_quads(const wf_cuda_device *device, const wf_work *work, wf_plan *plan)
{
    const wf_filter_call *gather = work->filter, *splat = work->splat;
    const int64_t *size = gather->output.size;
    plan->kernel = kernel_of(&gather->filter);
    if (!plan->kernel || !wf_runs_quads(device) || gather->filter.mode != WF_LINEAR || gather->filter.dilation != 1 ||
        size[1] != CHANNELS || gather->input.dtype != WF_FLOAT32 || gather->weight.dtype != WF_FLOAT32 ||
        gather->output.dtype != WF_FLOAT32 || splat->output.dtype != WF_FLOAT32 || !wf_has_quads(&gather->input) ||
        !wf_has_quads(&gather->weight) || !wf_unit_columns(&gather->output) || !wf_unit_columns(&splat->output))
        return false;
    pair_args *args = wf_plan_args<pair_args>(plan);
    args->tile = wf_make_tile_args(gather);
    args->tile.grid = {wf_divide_up(size[3], WIDTH), wf_divide_up(size[2], HEIGHT), 1};
    args->input = wf_make_view(&gather->input), args->weight = wf_make_view(&gather->weight);
    args->splat_output = wf_make_view(&splat->output), args->splat_aligned = wf_four_aligned(&splat->output);
    plan->grid = args->tile.grid, plan->images = size[0];
    plan->threads = dim3(THREADS), plan->shared_bytes = 0;
    plan->arguments[0] = args;
    return true;
}
