/* Both gradients of a small linear kernel in one launch, on tiles; since compute capability 9.0. Two blocks side by
 * side compute a tile's: one only reads a plane a tap, the other only writes one, and what they share comes from the
 * cache. */
#include "grad_weight_tiles.cuh"
#include "plan.h"

#define CHANNELS 3
#define WIDTH    wf_tile_width(CHANNELS)

/* Measured on an H200: larger kernels' two planes a tap are better each streamed alone. */
#define LARGEST_SIDE_BY_SIDE 64 /* taps */
#define WIDEST               7  /* of the kernels with code of their own */

/* ADJOINT: the operator that takes grad_output to grad_input. */
template <wf_operator ADJOINT, typename Image, typename Weight, int KERNEL_WIDTH>
static __global__ void __launch_bounds__(WIDTH *WF_TILE_HEIGHT / WF_TILE_GROUP + 32)
    backward_tiles(const __grid_constant__ CUtensorMap input_map, const __grid_constant__ CUtensorMap weight_map,
                   const wf_tile_args adjoint, const __grid_constant__ CUtensorMap neighbor_map,
                   const wf_correlate_args correlate)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    extern __shared__ __align__(128) unsigned char shared[];
    wf_block block = wf_this_block(correlate.grid, WIDTH, WF_TILE_HEIGHT);
    const bool filters = block.pass == 0;
    block.pass = 0;
    if (filters)
        wf_filter_tile<ADJOINT, WF_LINEAR, Image, Weight, CHANNELS, KERNEL_WIDTH, WIDTH, WF_TILE_HEIGHT>(
            &input_map, nullptr, &weight_map, adjoint, block, shared);
    else
        wf_correlate_tile<false, WF_LINEAR, Image, Weight, CHANNELS, KERNEL_WIDTH, WIDTH, WF_TILE_HEIGHT>(
            &neighbor_map, nullptr, nullptr, correlate, block, shared);
#endif
}

/* ---- Plan -------------------------------------------------------------------------------------------------------- */

template <wf_operator ADJOINT> static const void *kernel_of(const wf_filter_call *adjoint)
{
    return wf_switch<WF_TILE_TYPES>(WF_TYPES(adjoint->input.dtype, adjoint->weight.dtype), [=](auto types) {
        constexpr int TYPES = types;
        const auto kernel = [](auto width) -> const void * {
            constexpr int KERNEL_WIDTH = width <= WIDEST && wf_has_own_width(WF_LINEAR, TYPES, width) ? (int)width : 0;
            return (const void *)backward_tiles<ADJOINT, wf_image_of<TYPES>, wf_weight_of<TYPES>, KERNEL_WIDTH>;
        };
        return wf_switch<WF_OWN_WIDTHS, 0>(adjoint->filter.kernel_width, kernel);
    });
}

/* Three channels: the gradients of others are computed one after the other. */
bool wf_plan_backward_tiles(const wf_cuda_device *device, const wf_work *work, wf_plan *plan)
{
    const wf_filter_call *adjoint = work->filter;
    const wf_filter *filter = &adjoint->filter;
    if (filter->kernel_height * filter->kernel_width > LARGEST_SIDE_BY_SIDE || adjoint->input.size[1] != CHANNELS ||
        !wf_plan_tile_filter(device, adjoint, nullptr, plan))
        return false;
    wf_correlate_args *correlate = wf_plan_args<wf_correlate_args>(plan, 1);
    const size_t shared_bytes = wf_plan_correlation(device, work, correlate, &plan->maps[2]);
    if (!shared_bytes)
        return false;
    correlate->grid.passes = 2;
    plan->kernel = adjoint->op == WF_SPLAT ? kernel_of<WF_SPLAT>(adjoint) : kernel_of<WF_GATHER>(adjoint);
    plan->grid = correlate->grid;
    plan->shared_bytes = max(plan->shared_bytes, shared_bytes);
    plan->arguments[0] = &plan->maps[0], plan->arguments[1] = &plan->maps[1], plan->arguments[2] = plan->args[0];
    plan->arguments[3] = &plan->maps[2], plan->arguments[4] = correlate;
    return true;
}
