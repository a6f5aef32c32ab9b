/* Both operators of the same linear weights, with four neighboring pixels a thread.
 *
 * Threads of narrow kernels compute their pixels of both images (gather_splat_narrow). Else, of two warps of a block
 * one gathers a tile's row and the next one splats to it. All take rows of taps in the same order and at about the same
 * time, so that most of the weights that are read for splat are in the multiprocessor's cache, but for those of rows
 * above and below the tile. */
#include "filter_quads_of.cuh"
#include "narrow.cuh"
#include "plan.h"

#define CHANNELS 3

/* How a kernel is compiled and launched. */
struct pair_shape {
    int rows;   /* of a tile, with two warps each, or one where it is narrow */
    int blocks; /* that registers leave room for on a multiprocessor */
};

/* Measured on an H200. */
static constexpr __host__ __device__ pair_shape pair_shape_of(size_t image, size_t weight, int kernel_width)
{
    if (image != weight)
        return {4, kernel_width <= 5 ? 4 : kernel_width <= 9 ? 3 : 2};
    if (weight < sizeof(float))
        return {4, kernel_width <= 5 ? 4 : kernel_width <= 11 ? 3 : 2};
    if (kernel_width == 11)
        return {8, 1};
    return {4, kernel_width <= 3 ? 4 : kernel_width <= 5 ? 3 : 2};
}

static constexpr __host__ __device__ pair_shape narrow_shape_of(size_t image, size_t weight, int kernel_width)
{
    if (kernel_width > 3)
        return {4, 5};
    return {4, image < sizeof(float) || image != weight ? 4 : 3};
}

static constexpr __host__ __device__ int pair_threads(const pair_shape &shape)
{
    return WF_QUADS_WIDTH / WF_TILE_GROUP * 2 * shape.rows;
}

template <wf_operator OP, typename Image, typename Weight, int KERNEL_WIDTH>
static __device__ __forceinline__ void filter_quad(const wf_quads_args &args, const wf_block &at)
{
    if (at.x >= args.tile.width || at.y >= args.tile.height)
        return;
    const int left = at.x / WF_QUADS_WIDTH * WF_QUADS_WIDTH, right = left + WF_QUADS_WIDTH;
    const bool borders = left < args.margin || right + args.margin > args.tile.width;
    wf_sums<WF_LINEAR, CHANNELS, WF_TILE_GROUP> sums;
    wf_sums_start(sums);
    if (borders)
        add_rows<OP, WF_LINEAR, true, true, Image, Weight, CHANNELS, KERNEL_WIDTH>(args, at, sums);
    else
        add_rows<OP, WF_LINEAR, false, true, Image, Weight, CHANNELS, KERNEL_WIDTH>(args, at, sums);
    wf_store_quad<Image>(args.tile, at, sums);
}

#define PAIR_SHAPE pair_shape_of(sizeof(Image), sizeof(Weight), KERNEL_WIDTH)

template <typename Image, typename Weight, int KERNEL_WIDTH>
static __global__ void __launch_bounds__(pair_threads(PAIR_SHAPE), PAIR_SHAPE.blocks)
    gather_splat_quads(const wf_quads_args gather, const wf_quads_args splat)
{
    if constexpr (WF_QUADS) {
        constexpr int LANES = WF_QUADS_WIDTH / WF_TILE_GROUP;
        wf_block at = wf_this_quad<PAIR_SHAPE.rows, 2>();
        if (threadIdx.x / LANES % 2 == 0)
            filter_quad<WF_GATHER, Image, Weight, KERNEL_WIDTH>(gather, at);
        else
            filter_quad<WF_SPLAT, Image, Weight, KERNEL_WIDTH>(splat, at);
    }
}

/* ---- Narrow kernels ---------------------------------------------------------------------------------------------- */

/* A row of taps: a pixel's own, for gather, and those of the sources that splat to it. */
template <typename Weight, int KERNEL_WIDTH> struct tap_row {
    wf_quad<Weight> gather[KERNEL_WIDTH];
    wf_window<Weight, KERNEL_WIDTH / 2> splat[KERNEL_WIDTH];
};

template <typename Image, int REACH> struct source_row {
    wf_window<Image, REACH> channels[CHANNELS];
};

/* down: rows from a pixel to the sources of its own taps. */
template <bool BORDERS, typename Weight, int KERNEL_WIDTH>
static __device__ __forceinline__ void read_taps(tap_row<Weight, KERNEL_WIDTH> &to, const Weight *from, int64_t tap,
                                                 int64_t row, const wf_quad_place &place, int down)
{
    constexpr int REACH = KERNEL_WIDTH / 2;
    const bool inside = wf_has_row<BORDERS>(place, down);
#pragma unroll
    for (int j = 0; j < KERNEL_WIDTH; j++)
        to.gather[j] = inside ? wf_read_quad(from + j * tap) : wf_quad<Weight>();
#pragma unroll
    for (int j = 0; j < KERNEL_WIDTH; j++) {
        const Weight *sources = from + j * tap - down * row;
        if (j < REACH)
            wf_read_window<BORDERS, false, true>(to.splat[j], sources, place, -down);
        else if (j == REACH)
            wf_read_window<BORDERS, false, false>(to.splat[j], sources, place, -down);
        else
            wf_read_window<BORDERS, true, false>(to.splat[j], sources, place, -down);
    }
}

template <bool BORDERS, typename Image, int REACH>
static __device__ __forceinline__ void read_sources(source_row<Image, REACH> &to, const Image *from, int64_t channel,
                                                    int64_t row, const wf_quad_place &place, int down)
{
#pragma unroll
    for (int c = 0; c < CHANNELS; c++)
        wf_read_window<BORDERS, true, true>(to.channels[c], from + c * channel + down * row, place, down);
}

using quad_sums = wf_sums<WF_LINEAR, CHANNELS, WF_TILE_GROUP>;

/* Adds weights[p] times the source of pixel p, which lies at sources[first + p]. */
template <int COLUMNS>
static __device__ __forceinline__ void add_tap(quad_sums &sums, const float *weights,
                                               const float (&sources)[CHANNELS][COLUMNS], int first)
{
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++)
            sums.color[c][p] += weights[p] * sources[c][first + p];
    }
}

/* gathered, splatted: the sources of the taps for either image. */
template <bool BORDERS, typename Image, typename Weight, int KERNEL_WIDTH>
static __device__ __forceinline__ void
add_taps(quad_sums &gather, quad_sums &splat, const tap_row<Weight, KERNEL_WIDTH> &taps,
         const source_row<Image, KERNEL_WIDTH / 2> &gathered, const source_row<Image, KERNEL_WIDTH / 2> &splatted,
         const wf_quad_place &place)
{
    constexpr int REACH = KERNEL_WIDTH / 2;
    float sources[CHANNELS][WF_TILE_GROUP + 2 * REACH];
#pragma unroll
    for (int c = 0; c < CHANNELS; c++)
        wf_unpack(gathered.channels[c], sources[c]);
#pragma unroll
    for (int j = 0; j < KERNEL_WIDTH; j++) {
        float weights[WF_TILE_GROUP];
        wf_load4((const Weight *)&taps.gather[j], weights);
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++) {
            if (BORDERS && ((j + p < REACH && !place.has_left) || (j + p >= WF_TILE_GROUP + REACH && !place.has_right)))
                weights[p] = 0;
        }
        add_tap(gather, weights, sources, j);
    }
#pragma unroll
    for (int c = 0; c < CHANNELS; c++)
        wf_unpack(splatted.channels[c], sources[c]);
#pragma unroll
    for (int j = 0; j < KERNEL_WIDTH; j++) {
        float weights[WF_TILE_GROUP + 2 * REACH];
        wf_unpack(taps.splat[j], weights);
        add_tap(splat, weights + KERNEL_WIDTH - 1 - j, sources, KERNEL_WIDTH - 1 - j);
    }
}

template <bool BORDERS, typename Image, typename Weight, int KERNEL_WIDTH>
static __device__ __forceinline__ void filter_both(const wf_quads_args &gather, const wf_quads_args &splat,
                                                   const wf_block &at)
{
    constexpr int REACH = KERNEL_WIDTH / 2, AHEAD = 2; /* rows of taps that are fetched */
    constexpr bool FETCHES = sizeof(Weight) < sizeof(float) && !BORDERS;
    const wf_view &input = gather.input, &weight = gather.weight;
    const Image *sources = wf_at<const Image>(input, at.n, 0, at.y) + at.x;
    const Weight *weights = wf_at<const Weight>(weight, at.n, 0, at.y) + at.x;
    const wf_quad_place place = {at.y, gather.tile.height, at.x > 0, at.x + WF_TILE_GROUP < gather.tile.width};
    quad_sums gathered, splatted;
    wf_sums_start(gathered), wf_sums_start(splatted);
    if constexpr (KERNEL_WIDTH == 3) { /* reads everything first */
        tap_row<Weight, KERNEL_WIDTH> taps[KERNEL_WIDTH];
        source_row<Image, REACH> rows[KERNEL_WIDTH];
#pragma unroll
        for (int i = 0; i < KERNEL_WIDTH; i++)
            read_taps<BORDERS>(taps[i], weights + i * KERNEL_WIDTH * weight.channel, weight.channel, weight.row, place,
                               i - REACH);
#pragma unroll
        for (int i = 0; i < KERNEL_WIDTH; i++)
            read_sources<BORDERS>(rows[i], sources, input.channel, input.row, place, i - REACH);
#pragma unroll
        for (int i = 0; i < KERNEL_WIDTH; i++)
            add_taps<BORDERS>(gathered, splatted, taps[i], rows[i], rows[KERNEL_WIDTH - 1 - i], place);
    } else {
        const int kernel_height = gather.tile.kernel_height, reach = wf_tile_reach(WF_GATHER, kernel_height);
        const int64_t fetch_offset = wf_fetch_offset<Weight>(weight.channel);
#pragma unroll 1
        for (int i = 0; i < kernel_height; i++, weights += KERNEL_WIDTH * weight.channel) {
            tap_row<Weight, KERNEL_WIDTH> taps;
            source_row<Image, REACH> to_gather, to_splat;
            if (FETCHES && i + AHEAD < kernel_height)
                wf_fetch_taps<KERNEL_WIDTH>(weights + AHEAD * KERNEL_WIDTH * weight.channel + fetch_offset,
                                            weight.channel);
            read_taps<BORDERS>(taps, weights, weight.channel, weight.row, place, i - reach);
            read_sources<BORDERS>(to_gather, sources, input.channel, input.row, place, i - reach);
            read_sources<BORDERS>(to_splat, sources, input.channel, input.row, place, reach - i);
            add_taps<BORDERS>(gathered, splatted, taps, to_gather, to_splat, place);
        }
    }
    wf_store_quad<Image>(gather.tile, at, gathered);
    wf_store_quad<Image>(splat.tile, at, splatted);
}

template <typename Image, typename Weight, int KERNEL_WIDTH>
static __global__ void __launch_bounds__(WF_QUADS_WIDTH / WF_TILE_GROUP *
                                             narrow_shape_of(sizeof(Image), sizeof(Weight), KERNEL_WIDTH).rows,
                                         narrow_shape_of(sizeof(Image), sizeof(Weight), KERNEL_WIDTH).blocks)
    gather_splat_narrow(const wf_quads_args gather, const wf_quads_args splat)
{
    if constexpr (WF_QUADS) {
        constexpr int ROWS = narrow_shape_of(sizeof(Image), sizeof(Weight), KERNEL_WIDTH).rows;
        const wf_block at = wf_this_quad<ROWS>();
        const int width = gather.tile.width, height = gather.tile.height, above = gather.tile.kernel_height / 2;
        if (at.x >= width || at.y >= height)
            return;
        if (wf_block_borders<ROWS>(at, width, height, above))
            filter_both<true, Image, Weight, KERNEL_WIDTH>(gather, splat, at);
        else
            filter_both<false, Image, Weight, KERNEL_WIDTH>(gather, splat, at);
    }
}

/* ---- Plan -------------------------------------------------------------------------------------------------------- */

struct pair_kernel {
    const void *code;
    pair_shape shape;
    int threads;
};

/* Measured: for other widths threads that gather beside others that splat are faster. */
static constexpr bool has_narrow_kernel(size_t image, size_t weight, int kernel_width)
{
    return kernel_width == 3 || (kernel_width == 5 && image < sizeof(float) && weight < sizeof(float));
}

template <int TYPES> static pair_kernel pair_kernel_of(const wf_filter_call *gather)
{
    using Image = wf_image_of<TYPES>;
    using Weight = wf_weight_of<TYPES>;
    pair_kernel kernel = {};
    kernel.code = wf_switch<WF_OWN_WIDTHS, 0>(gather->filter.kernel_width, [&](auto width) -> const void * {
        constexpr int KERNEL_WIDTH = width;
        if constexpr (has_narrow_kernel(sizeof(Image), sizeof(Weight), KERNEL_WIDTH)) {
            if (KERNEL_WIDTH != 3 || gather->filter.kernel_height == 3) { /* whose rows of taps are unrolled */
                kernel.shape = narrow_shape_of(sizeof(Image), sizeof(Weight), KERNEL_WIDTH);
                kernel.threads = pair_threads(kernel.shape) / 2;
                return (const void *)gather_splat_narrow<Image, Weight, KERNEL_WIDTH>;
            }
        }
        if constexpr (KERNEL_WIDTH > 0) {
            kernel.shape = pair_shape_of(sizeof(Image), sizeof(Weight), KERNEL_WIDTH);
            kernel.threads = pair_threads(kernel.shape);
            return (const void *)gather_splat_quads<Image, Weight, KERNEL_WIDTH>;
        }
        return nullptr;
    });
    return kernel;
}

static pair_kernel choose_pair_kernel(const wf_filter_call *gather)
{
    switch (WF_TYPES(gather->input.dtype, gather->weight.dtype)) {
    case WF_TYPES(WF_FLOAT32, WF_FLOAT32):
        return pair_kernel_of<WF_TYPES(WF_FLOAT32, WF_FLOAT32)>(gather);
    case WF_TYPES(WF_FLOAT32, WF_FLOAT16):
        return pair_kernel_of<WF_TYPES(WF_FLOAT32, WF_FLOAT16)>(gather);
    case WF_TYPES(WF_FLOAT16, WF_FLOAT16):
        return pair_kernel_of<WF_TYPES(WF_FLOAT16, WF_FLOAT16)>(gather);
    default:
        return {};
    }
}

bool wf_plan_gather_splat_quads(const wf_cuda_device *device, const wf_work *work, wf_plan *plan)
{
    const wf_filter_call *gather = work->filter, *splat = work->splat;
    const int64_t *size = gather->output.size;
    const pair_kernel kernel = choose_pair_kernel(gather);
    if (!kernel.code || !wf_runs_quads(device) || gather->filter.mode != WF_LINEAR || gather->filter.dilation != 1 ||
        size[1] != CHANNELS || gather->output.dtype != gather->input.dtype ||
        splat->output.dtype != gather->input.dtype || !wf_has_quads(&gather->input) || !wf_has_quads(&gather->weight) ||
        !wf_unit_columns(&gather->output) || !wf_unit_columns(&splat->output))
        return false;
    wf_quads_args *args[] = {wf_plan_args<wf_quads_args>(plan, 0), wf_plan_args<wf_quads_args>(plan, 1)};
    wf_make_quads_args(gather, args[0]), wf_make_quads_args(splat, args[1]);
    plan->kernel = kernel.code, plan->threads = dim3(kernel.threads), plan->shared_bytes = 0;
    plan->arguments[0] = args[0], plan->arguments[1] = args[1];
    return wf_plan_tiles(plan, size, WF_QUADS_WIDTH, kernel.shape.rows);
}
