/* Both operators of the same linear weights, with four neighboring pixels a thread.
 *
 * Of two warps of a block one gathers a tile's row and the next one splats to it. Both take rows of taps in the same
 * order and at about the same time, so that most of the weights that the second one reads are in the multiprocessor's
 * cache, but for those of rows above and below the tile. */
#include "filter_quads_of.cuh"
#include "plan.h"

#define CHANNELS 3

/* How a kernel is compiled and launched. */
struct pair_shape {
    int rows;   /* of a tile, with two warps each */
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
    wf_tile_store<Image>(args.tile, at.n, 0, at.y, at.x, sums);
}

#define PAIR_SHAPE pair_shape_of(sizeof(Image), sizeof(Weight), KERNEL_WIDTH)

template <typename Image, typename Weight, int KERNEL_WIDTH>
static __global__ void __launch_bounds__(pair_threads(PAIR_SHAPE), PAIR_SHAPE.blocks)
    gather_splat_quads(const wf_quads_args gather, const wf_quads_args splat)
{
    if constexpr (WF_QUADS) {
        constexpr int LANES = WF_QUADS_WIDTH / WF_TILE_GROUP;
        const int warp = (int)threadIdx.x / LANES, lane = (int)threadIdx.x % LANES;
        wf_block at = wf_this_block(gather.tile.grid, WF_QUADS_WIDTH, PAIR_SHAPE.rows);
        at.x += lane * WF_TILE_GROUP, at.y += warp / 2;
        if (warp % 2 == 0)
            filter_quad<WF_GATHER, Image, Weight, KERNEL_WIDTH>(gather, at);
        else
            filter_quad<WF_SPLAT, Image, Weight, KERNEL_WIDTH>(splat, at);
    }
}

/* ---- Plan -------------------------------------------------------------------------------------------------------- */

template <int TYPES> static const void *pair_kernel_of(int kernel_width, pair_shape *shape)
{
    return wf_switch<WF_OWN_WIDTHS, 0>(kernel_width, [=](auto width) -> const void * {
        constexpr int KERNEL_WIDTH = width;
        if constexpr (KERNEL_WIDTH > 0) {
            *shape = pair_shape_of(sizeof(wf_image_of<TYPES>), sizeof(wf_weight_of<TYPES>), KERNEL_WIDTH);
            return (const void *)gather_splat_quads<wf_image_of<TYPES>, wf_weight_of<TYPES>, KERNEL_WIDTH>;
        }
        return nullptr;
    });
}

static const void *pair_kernel_of(const wf_filter_call *gather, pair_shape *shape)
{
    switch (WF_TYPES(gather->input.dtype, gather->weight.dtype)) {
    case WF_TYPES(WF_FLOAT32, WF_FLOAT32):
        return pair_kernel_of<WF_TYPES(WF_FLOAT32, WF_FLOAT32)>(gather->filter.kernel_width, shape);
    case WF_TYPES(WF_FLOAT32, WF_FLOAT16):
        return pair_kernel_of<WF_TYPES(WF_FLOAT32, WF_FLOAT16)>(gather->filter.kernel_width, shape);
    case WF_TYPES(WF_FLOAT16, WF_FLOAT16):
        return pair_kernel_of<WF_TYPES(WF_FLOAT16, WF_FLOAT16)>(gather->filter.kernel_width, shape);
    default:
        return nullptr;
    }
}

bool wf_plan_gather_splat_quads(const wf_cuda_device *device, const wf_work *work, wf_plan *plan)
{
    const wf_filter_call *gather = work->filter, *splat = work->splat;
    const int64_t *size = gather->output.size;
    pair_shape shape;
    plan->kernel = pair_kernel_of(gather, &shape);
    if (!plan->kernel || !wf_runs_quads(device) || gather->filter.mode != WF_LINEAR || gather->filter.dilation != 1 ||
        size[1] != CHANNELS || gather->output.dtype != gather->input.dtype ||
        splat->output.dtype != gather->input.dtype || !wf_has_quads(&gather->input) || !wf_has_quads(&gather->weight) ||
        !wf_unit_columns(&gather->output) || !wf_unit_columns(&splat->output))
        return false;
    wf_quads_args *args[] = {wf_plan_args<wf_quads_args>(plan, 0), wf_plan_args<wf_quads_args>(plan, 1)};
    wf_make_quads_args(gather, args[0]), wf_make_quads_args(splat, args[1]);
    args[0]->tile.grid = {wf_divide_up(size[3], WF_QUADS_WIDTH), wf_divide_up(size[2], shape.rows), 1};
    plan->grid = args[0]->tile.grid, plan->images = size[0];
    plan->threads = dim3(pair_threads(shape)), plan->shared_bytes = 0;
    plan->arguments[0] = args[0], plan->arguments[1] = args[1];
    return true;
}
