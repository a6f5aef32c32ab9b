/* The gradient of WF_SOFTMAX to the input on tiles: the adjoint filter, whose factors are exp(weight - logsumexp);
 * since compute capability 9.0. The input's gradients of the other modes are filters of their own. */
#include "filter_tiles.cuh"
#include "plan.h"

template <wf_operator ADJOINT, typename Image, typename Weight, int CHANNELS, int WIDTH, int HEIGHT>
static __global__ void __launch_bounds__(WIDTH *HEIGHT / WF_TILE_GROUP + 32)
    grad_input_tiles(const __grid_constant__ CUtensorMap input_map, const __grid_constant__ CUtensorMap logsumexp_map,
                     const __grid_constant__ CUtensorMap weight_map, const wf_tile_args args)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    extern __shared__ __align__(128) unsigned char shared[];
    wf_filter_tile<ADJOINT, WF_SOFTMAX_ADJOINT, Image, Weight, CHANNELS, 0, WIDTH, HEIGHT>(
        &input_map, &logsumexp_map, &weight_map, args, wf_this_block(args.grid, WIDTH, HEIGHT), shared);
#endif
}

/* ---- Plan -------------------------------------------------------------------------------------------------------- */

template <wf_operator ADJOINT> static const void *kernel_of(const wf_filter_call *adjoint)
{
    return wf_switch<WF_FLOAT_TYPES>(WF_TYPES(adjoint->input.dtype, adjoint->weight.dtype), [=](auto types) {
        constexpr int TYPES = types;
        const auto kernel = [](auto channels) -> const void * {
            constexpr int CHANNELS = channels;
            return (const void *)grad_input_tiles<ADJOINT, wf_image_of<TYPES>, wf_weight_of<TYPES>, CHANNELS,
                                                  wf_tile_width(CHANNELS), WF_TILE_HEIGHT>;
        };
        return wf_switch<3, 4>(wf_tile_channels(adjoint->input.size[1]), kernel);
    });
}

bool wf_plan_grad_input_tiles(const wf_cuda_device *device, const wf_work *work, wf_plan *plan)
{
    const wf_filter_call *adjoint = work->filter;
    if (adjoint->input.dtype != WF_FLOAT32 || !wf_plan_tile_filter(device, adjoint, work->logsumexp, plan))
        return false;
    plan->kernel = adjoint->op == WF_SPLAT ? kernel_of<WF_SPLAT>(adjoint) : kernel_of<WF_GATHER>(adjoint);
    plan->arguments[0] = &plan->maps[0], plan->arguments[1] = &plan->maps[2], plan->arguments[2] = &plan->maps[1];
    plan->arguments[3] = plan->args[0];
    return true;
}
