/* Both operators of the same weights on tiles: when, and how shared memory is divided. */
#include "gather_splat_tiles.cuh"
#include "plan.h"

template <wf_mode MODE, int TYPES> static const void *kernel_for(int kernel_width)
{
    return wf_switch<WF_OWN_WIDTHS, 0>(kernel_width, [=](auto width) {
        constexpr int KERNEL_WIDTH = wf_has_own_width(MODE, TYPES, width) ? (int)width : 0;
        if constexpr (KERNEL_WIDTH > 0)
            return wf_gather_splat_tiles_of<MODE, TYPES, KERNEL_WIDTH, KERNEL_WIDTH>();
        return HEIGHT_OF(kernel_width) == HEIGHT_OF(3) ? wf_gather_splat_tiles_of<MODE, TYPES, 0, 3>()
                                                       : wf_gather_splat_tiles_of<MODE, TYPES, 0, 21>();
    });
}

template <wf_mode MODE> static const void *kernel_of(const wf_filter_call *call)
{
    const int width = call->filter.kernel_width;
    return call->weight.dtype == WF_FLOAT16 ? kernel_for<MODE, WF_TYPES(WF_FLOAT32, WF_FLOAT16)>(width)
                                            : kernel_for<MODE, WF_TYPES(WF_FLOAT32, WF_FLOAT32)>(width);
}

/* Float32 images of three channels, with float32 or float16 weights, WF_LINEAR or WF_NORMALIZED: for the rest it does
 * not pay or was not worth its kernels. */
bool wf_plan_gather_splat_tiles(const wf_cuda_device *device, const wf_work *work, wf_plan *plan)
{
    const wf_filter_call *gather = work->filter, *splat = work->splat;
    const int64_t *size = gather->output.size;
    const wf_mode mode = gather->filter.mode;
    const wf_dtype weight = gather->weight.dtype;
    if (gather->input.dtype != WF_FLOAT32 || size[1] != CHANNELS || (weight != WF_FLOAT32 && weight != WF_FLOAT16) ||
        mode == WF_SOFTMAX || gather->filter.dilation != 1 || !wf_unit_columns(&gather->output) ||
        !wf_unit_columns(&splat->output))
        return false;
    const int height = HEIGHT_OF(gather->filter.kernel_width);
    pair_args *pair = wf_plan_args<pair_args>(plan);
    wf_tile_args *args = &pair->tile;
    *args = wf_make_tile_args(gather);
    args->grid = {wf_divide_up(size[3], WIDTH), wf_divide_up(size[2], height), 1};
    pair->splat_output = wf_make_view(&splat->output), pair->splat_aligned = wf_four_aligned(&splat->output);
    const wf_tile_row row = wf_make_tile_row(WF_GATHER, args->kernel_width);
    const pair_box box = make_box(row, height, args->kernel_height, wf_dtype_size(weight));
    args->pitch = WIDTH + 2 * row.halo;
    args->rows = height + args->kernel_height / 2 * 2;
    args->stage_taps = min(args->kernel_width, WF_TILE_GROUP);
    const size_t stage = (size_t)args->stage_taps * box.stride;
    const size_t used = WF_TMA_HEADER + wf_tma_bytes(CHANNELS * args->rows * args->pitch, sizeof(float));
    for (int blocks = MOST_BLOCKS; blocks > 0 && args->stages < 2; blocks--) {
        const size_t budget = device->shared_memory / blocks - WF_TMA_RESERVED;
        args->stages = budget < used ? 0 : (int)min((budget - used) / stage, (size_t)MOST_STAGES);
    }
    plan->grid = args->grid, plan->images = size[0];
    plan->threads = WIDTH * height / WF_TILE_GROUP + 32;
    plan->shared_bytes = used + args->stages * stage;
    plan->kernel = mode == WF_LINEAR ? kernel_of<WF_LINEAR>(gather) : kernel_of<WF_NORMALIZED>(gather);
    for (int i = 0; i < 3; i++)
        plan->arguments[i] = &plan->maps[i];
    plan->arguments[3] = pair;
    return args->stages >= 2 &&
           wf_plan_map(device, &gather->input, args->pitch, args->rows, CHANNELS, &plan->maps[0]) &&
           wf_plan_map(device, &gather->weight, box.width, height, 1, &plan->maps[1]) &&
           wf_plan_map(device, &gather->weight, box.width, 1, 1, &plan->maps[2]);
}
