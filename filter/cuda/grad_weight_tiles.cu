/* The gradient to the weights on tiles: its kernels and their plan. */
#include "grad_weight_tiles.cuh"
#include "plan.h"

template <bool SPLATS, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH, int WIDTH,
          int HEIGHT>
static __global__ void __launch_bounds__(WIDTH *HEIGHT / WF_TILE_GROUP)
    grad_weight_tiles(const __grid_constant__ CUtensorMap neighbor_map, const __grid_constant__ CUtensorMap less_map,
                      const __grid_constant__ CUtensorMap logsumexp_map, const wf_correlate_args args)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    extern __shared__ __align__(128) unsigned char shared[];
    wf_correlate_tile<SPLATS, MODE, Image, Weight, CHANNELS, KERNEL_WIDTH, WIDTH, HEIGHT>(
        &neighbor_map, &less_map, &logsumexp_map, args, wf_this_block(args.grid, WIDTH, HEIGHT), shared);
#endif
}

/* ---- Plan -------------------------------------------------------------------------------------------------------- */

bool wf_correlates_few(const wf_work *work)
{
    const wf_tensor *center = wf_center_of(work);
    return work->backward->filter.dilation == 1 && center->size[1] >= 1 && center->size[1] <= 4 &&
           center->dtype != WF_FLOAT64 && center->dtype == wf_neighbor_of(work)->dtype;
}

void wf_fill_correlation(const wf_work *work, wf_correlate_args *args)
{
    const wf_backward_call *call = work->backward;
    const wf_tensor *center = wf_center_of(work);
    args->center = wf_make_view(center);
    args->grad_weight = wf_make_view(&call->grad_weight);
    args->weight = wf_make_view(call->filter.mode == WF_SOFTMAX ? &call->weight : &call->grad_weight);
    args->less = wf_make_view(&work->scaled->less), args->logsumexp = wf_make_view(&call->coverage);
    args->width = (int)center->size[3], args->height = (int)center->size[2], args->channels = (int)center->size[1];
    args->kernel_height = call->filter.kernel_height, args->kernel_width = call->filter.kernel_width;
}

size_t wf_plan_correlation(const wf_cuda_device *device, const wf_work *work, wf_correlate_args *args,
                           CUtensorMap maps[3])
{
    const wf_backward_call *call = work->backward;
    const wf_tensor *less = &work->scaled->less, *logsumexp = &call->coverage;
    const wf_tensor *center = wf_center_of(work), *neighbor = wf_neighbor_of(work);
    const bool splats = call->op == WF_SPLAT;
    const wf_mode mode = call->filter.mode;
    const wf_tensor *weight = mode == WF_SOFTMAX ? &call->weight : &call->grad_weight;
    if (!wf_correlates_few(work) || !wf_unit_columns(center) || !wf_unit_columns(weight) ||
        !wf_unit_columns(&call->grad_weight))
        return 0;
    if (!splats &&
        ((mode != WF_LINEAR && !wf_unit_columns(less)) || (mode == WF_SOFTMAX && !wf_unit_columns(logsumexp))))
        return 0;
    wf_fill_correlation(work, args);
    const int channels = wf_tile_channels(args->channels), width = wf_tile_width(channels);
    args->grid = {wf_divide_up(args->width, width), wf_divide_up(args->height, WF_TILE_HEIGHT), 1};
    args->pitch = wf_tile_pitch(wf_make_tile_row(WF_GATHER, args->kernel_width), width);
    args->rows = WF_TILE_HEIGHT + args->kernel_height - 1;
    args->center_aligned = wf_four_aligned(center);
    args->weight_aligned = wf_four_aligned(weight), args->grad_weight_aligned = wf_four_aligned(&call->grad_weight);
    const wf_neighbor_tile tile = wf_make_neighbor_tile(*args, splats, mode, channels, wf_dtype_size(neighbor->dtype));
    const size_t shared_bytes = WF_TMA_HEADER + tile.bytes;
    const bool serves = shared_bytes <= (size_t)device->shared_memory - WF_TMA_RESERVED &&
                        wf_plan_map(device, neighbor, args->pitch, args->rows, channels, &maps[0]) &&
                        (!tile.has_less || wf_plan_map(device, less, args->pitch, args->rows, 1, &maps[1])) &&
                        (!tile.has_logsumexp || wf_plan_map(device, logsumexp, args->pitch, args->rows, 1, &maps[2]));
    return serves ? shared_bytes : 0;
}

/* SPLATS: false for WF_LINEAR, where center and neighbor are all that differ. The other modes have one kernel for all
 * widths. */
template <bool SPLATS, wf_mode MODE, int... TYPES_OF_MODE> static const void *kernel_of(const wf_backward_call *call)
{
    const int types = WF_TYPES(call->input.dtype, call->grad_weight.dtype);
    return wf_switch<TYPES_OF_MODE...>(types, [=](auto types) {
        constexpr int TYPES = types;
        const auto kernel = [](auto channels, auto width) {
            constexpr int CHANNELS = channels, KERNEL_WIDTH = MODE == WF_LINEAR ? (int)width : 0;
            return (const void *)grad_weight_tiles<SPLATS, MODE, wf_image_of<TYPES>, wf_weight_of<TYPES>, CHANNELS,
                                                   KERNEL_WIDTH, wf_tile_width(CHANNELS), WF_TILE_HEIGHT>;
        };
        return wf_switch_tiles<MODE, TYPES>(call->input.size[1], call->filter.kernel_width, kernel);
    });
}

template <bool SPLATS> static const void *kernel_of(const wf_backward_call *call)
{
    return call->filter.mode == WF_SOFTMAX ? kernel_of<SPLATS, WF_SOFTMAX, WF_FLOAT_TYPES>(call)
                                           : kernel_of<SPLATS, WF_NORMALIZED, WF_FLOAT_TYPES>(call);
}

/* Images of 16 bits have kernels of WF_LINEAR only. */
bool wf_plan_grad_weight_tiles(const wf_cuda_device *device, const wf_work *work, wf_plan *plan)
{
    const wf_backward_call *call = work->backward;
    if (call->filter.mode != WF_LINEAR && call->input.dtype != WF_FLOAT32)
        return false;
    wf_correlate_args *args = wf_plan_args<wf_correlate_args>(plan);
    plan->shared_bytes = wf_plan_correlation(device, work, args, plan->maps);
    if (!plan->shared_bytes)
        return false;
    plan->kernel = call->filter.mode == WF_LINEAR ? kernel_of<false, WF_LINEAR, WF_TILE_TYPES>(call)
                   : call->op == WF_SPLAT         ? kernel_of<true>(call)
                                                  : kernel_of<false>(call);
    plan->grid = args->grid, plan->images = call->input.size[0];
    plan->threads = wf_tile_width(wf_tile_channels(args->channels)) * WF_TILE_HEIGHT / WF_TILE_GROUP;
    for (int i = 0; i < 3; i++)
        plan->arguments[i] = &plan->maps[i];
    plan->arguments[3] = args;
    return true;
}
