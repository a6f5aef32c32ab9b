/* Which shape tiles have, and how shared memory is divided among the input and the stages of weights. */
#include "filter_tiles.cuh"
#include "plan.h"

/* Measured on an H200. */
#define MOST_BLOCKS 4 /* that a multiprocessor should run at once */
#define MOST_STAGES 6

/* Divides the shared memory that a block may use. Returns how much it uses, 0 where not even two stages fit. */
static size_t divide(wf_tile_args *args, const wf_tile_row &row, size_t budget, size_t input_bytes, size_t tap_bytes)
{
    const int needed = args->kernel_height * row.stages;
    const size_t used = WF_TMA_HEADER + input_bytes, stage = args->stage_taps * tap_bytes;
    const size_t stages = budget < used ? 0 : (budget - used) / stage;
    args->stages = (int)min(stages, (size_t)min(needed, MOST_STAGES));
    return args->stages >= min(needed, 2) ? used + args->stages * stage : 0;
}

/* Shares shared memory among as many blocks a multiprocessor as it has room for. Returns that of a block, 0 where not
 * even one has. */
static size_t share(wf_tile_args *args, const wf_tile_row &row, const wf_cuda_device *device, size_t input_bytes,
                    size_t tap_bytes)
{
    for (int blocks = MOST_BLOCKS; blocks > 0; blocks--) {
        const size_t used = divide(args, row, device->shared_memory / blocks - WF_TMA_RESERVED, input_bytes, tap_bytes);
        if (used)
            return used;
    }
    return 0;
}

bool wf_plan_tile_filter(const wf_cuda_device *device, const wf_filter_call *call, const wf_tensor *logsumexp,
                         wf_plan *plan)
{
    const int64_t *size = call->output.size;
    const size_t image_bytes = wf_dtype_size(call->input.dtype), weight_bytes = wf_dtype_size(call->weight.dtype);
    if (!wf_tiles_serve(call) || size[1] < 1 || size[1] > 4)
        return false;
    const int channels = wf_tile_channels(size[1]), width = wf_tile_width(channels);
    const wf_tap_box box = wf_make_tap_box(call->op, width, WF_TILE_HEIGHT, weight_bytes);
    const wf_tile_row row = wf_make_tile_row(call->op, call->filter.kernel_width);
    wf_tile_args *args = wf_plan_args<wf_tile_args>(plan);
    *args = wf_make_tile_args(call);
    args->grid = {wf_divide_up(size[3], width), wf_divide_up(size[2], WF_TILE_HEIGHT), 1};
    args->pitch = wf_tile_pitch(row, width);
    args->rows = WF_TILE_HEIGHT + args->kernel_height - 1;
    args->stage_taps = wf_stage_taps(row);
    const int plane = args->rows * args->pitch;
    const size_t input_bytes =
        wf_tma_bytes(channels * plane, image_bytes) + (logsumexp ? wf_tma_bytes(plane, sizeof(float)) : 0);
    plan->grid = args->grid, plan->images = size[0];
    plan->threads = width * WF_TILE_HEIGHT / WF_TILE_GROUP + 32;
    plan->shared_bytes = share(args, row, device, input_bytes, box.elements * weight_bytes);
    return plan->shared_bytes && wf_plan_map(device, &call->input, args->pitch, args->rows, channels, &plan->maps[0]) &&
           wf_plan_map(device, &call->weight, box.width, WF_TILE_HEIGHT, 1, &plan->maps[1]) &&
           (!logsumexp || wf_plan_map(device, logsumexp, args->pitch, args->rows, 1, &plan->maps[2]));
}

template <wf_mode MODE> static const void *kernel_of(const wf_filter_call *call)
{
    return wf_switch<WF_TILE_TYPES>(WF_TYPES(call->input.dtype, call->weight.dtype), [=](auto types) {
        constexpr int TYPES = types;
        if constexpr (!wf_tiles_by_width(MODE, TYPES))
            return wf_filter_tiles_of<MODE, TYPES, WF_OWN_WIDTHS, 0>(call);
        else
            return wf_switch_tiles<MODE, TYPES>(call->output.size[1], call->filter.kernel_width, [=](auto, auto width) {
                return wf_filter_tiles_of<MODE, TYPES, decltype(width)::value>(call);
            });
    });
}

bool wf_plan_filter_tiles(const wf_cuda_device *device, const wf_work *work, wf_plan *plan)
{
    const wf_filter_call *call = work->filter;
    if (!wf_plan_tile_filter(device, call, nullptr, plan))
        return false;
    const bool sums_weights = call->filter.mode == WF_NORMALIZED || wf_present(&call->coverage) ||
                              !wf_has_filter_tiles(WF_LINEAR, wf_tile_channels(call->output.size[1]));
    plan->kernel = call->filter.mode == WF_SOFTMAX ? kernel_of<WF_SOFTMAX>(call)
                   : sums_weights                  ? kernel_of<WF_NORMALIZED>(call)
                                                   : kernel_of<WF_LINEAR>(call);
    plan->arguments[0] = &plan->maps[0], plan->arguments[1] = &plan->maps[1], plan->arguments[2] = plan->args[0];
    return true;
}
