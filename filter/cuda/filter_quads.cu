/* Gather, splat and the adjoint filter of softmax with four neighboring pixels a thread: which kernel. */
#include "filter_quads.cuh"
#include "plan.h"

template <wf_mode MODE> static const void *kernel_of(const wf_filter_call *call, wf_filter_shape *shape)
{
    return wf_switch<WF_TILE_TYPES>(WF_TYPES(call->input.dtype, call->weight.dtype), [=](auto types) {
        constexpr int TYPES = types;
        return wf_filter_quads_of<MODE, TYPES>(call, shape);
    });
}

bool wf_plan_filter_quads(const wf_cuda_device *device, const wf_work *work, wf_plan *plan)
{
    const wf_filter_call *call = work->filter;
    const wf_tensor *logsumexp = work->logsumexp;
    const int64_t *size = call->output.size;
    if (!wf_runs_quads(device) || call->filter.dilation != 1 || size[1] < 1 || size[1] > 4 ||
        call->input.dtype == WF_FLOAT64 || call->output.dtype != call->input.dtype || !wf_has_quads(&call->input) ||
        !wf_has_quads(&call->weight) || !wf_unit_columns(&call->output) || (logsumexp && !wf_has_quads(logsumexp)))
        return false;
    const bool sums_weights = call->filter.mode == WF_NORMALIZED || wf_present(&call->coverage);
    wf_filter_shape shape;
    plan->kernel = nullptr;
    if (call->filter.mode == WF_LINEAR && !sums_weights && !logsumexp)
        plan->kernel = kernel_of<WF_LINEAR>(call, &shape);
    if (!plan->kernel)
        plan->kernel = logsumexp                         ? kernel_of<WF_SOFTMAX_ADJOINT>(call, &shape)
                       : call->filter.mode == WF_SOFTMAX ? kernel_of<WF_SOFTMAX>(call, &shape)
                                                         : kernel_of<WF_NORMALIZED>(call, &shape);
    wf_quads_args *args = wf_plan_args<wf_quads_args>(plan);
    wf_make_quads_args(call, args);
    if (logsumexp)
        args->logsumexp = wf_make_view(logsumexp);
    plan->threads = dim3(wf_quads_threads(shape)), plan->shared_bytes = 0;
    plan->arguments[0] = args;
    return wf_plan_tiles(plan, size, WF_QUADS_WIDTH, shape.height);
}
