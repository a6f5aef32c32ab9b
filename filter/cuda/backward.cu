/* Gradients of gather and splat. A first pass over grad_output leaves what is linear of a mode; then grad_input is the
 * adjoint operator, and grad_weight a correlation. */
#include "grad_bias.cuh"
#include "kernels.h"
#include "launch.cuh"
#include "static_switch.cuh"
#include "sums.cuh"

#define BLOCK_WIDTH  64
#define BLOCK_HEIGHT 4
#define ALIGNMENT    256 /* of what the workspace is divided into */

/* ---- Workspace --------------------------------------------------------------------------------------------------- */

/* Offsets of what is needed, and the size of all. */
struct workspace_plan {
    size_t grad, less, bias, size;
};

/* A tensor whose rows start at multiples of 16 bytes. */
static wf_tensor make_planes(wf_dtype dtype, const int64_t size[4], int64_t channels)
{
    const int64_t step = 16 / (int64_t)wf_dtype_size(dtype), pitch = (size[3] + step - 1) / step * step;
    wf_tensor planes = wf_dense(nullptr, dtype, size[0], channels, size[2], pitch);
    planes.size[3] = size[3];
    return planes;
}

static size_t planes_size(const wf_tensor *planes)
{
    return wf_present(planes) ? planes->size[0] * planes->stride[0] * wf_dtype_size(planes->dtype) : 0;
}

static bool differentiates_filter(const wf_backward_call *call)
{
    return wf_present(&call->grad_input) || wf_present(&call->grad_weight);
}

/* Without addresses. */
static wf_scaled make_scaled(const wf_backward_call *call)
{
    const wf_tensor *grad_output = &call->grad_output;
    const wf_dtype sums = grad_output->dtype == WF_FLOAT64 ? WF_FLOAT64 : WF_FLOAT32;
    wf_scaled scaled = {};
    if (call->filter.mode == WF_NORMALIZED && differentiates_filter(call))
        scaled.grad = make_planes(sums, grad_output->size, grad_output->size[1]);
    if (call->filter.mode != WF_LINEAR && wf_present(&call->grad_weight))
        scaled.less = make_planes(sums, grad_output->size, 1);
    return scaled;
}

/* Reserves bytes and returns their offset. */
static size_t reserve(workspace_plan *plan, size_t size)
{
    const size_t offset = plan->size;
    plan->size += (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return offset;
}

static workspace_plan plan_workspace(const wf_backward_call *call)
{
    const wf_scaled scaled = make_scaled(call);
    workspace_plan plan = {};
    plan.grad = reserve(&plan, planes_size(&scaled.grad));
    plan.less = reserve(&plan, planes_size(&scaled.less));
    plan.bias = reserve(&plan, wf_present(&call->grad_bias) ? wf_grad_bias_workspace(call) : 0);
    return plan;
}

size_t wf_cuda_backward_workspace(const wf_backward_call *call)
{
    return plan_workspace(call).size;
}

/* ---- The first pass ---------------------------------------------------------------------------------------------- */

struct scale_args {
    wf_grid grid;
    wf_view grad_output, output, coverage;
    wf_view grad, less; /* of wf_scaled; without data where not wanted */
    const void *bias;
    int width, height, channels, normalizes;
};

template <typename Image>
static __global__ void __launch_bounds__(BLOCK_WIDTH *BLOCK_HEIGHT) scale_grad_output(const scale_args args)
{
    using Real = wf_real<Image>;
    const wf_block block = wf_this_block(args.grid, BLOCK_WIDTH, BLOCK_HEIGHT);
    const int x = block.x + threadIdx.x, y = block.y + threadIdx.y, n = block.n;
    if (x >= args.width || y >= args.height)
        return;
    const Real coverage = args.normalizes ? __ldg(wf_at<const Real>(args.coverage, n, 0, y, x)) : 1;
    const Real factor = args.normalizes ? 1 / wf_divisor(coverage) : 1;
    const Real *bias = (const Real *)args.bias;
    Real less = 0;
    for (int c = 0; c < args.channels; c++) {
        const Real grad = wf_get(wf_at<const Image>(args.grad_output, n, c, y, x)) * factor;
        if (args.grad.data)
            *wf_at<Real>(args.grad, n, c, y, x) = grad;
        if (args.less.data)
            less += grad * (wf_get(wf_at<const Image>(args.output, n, c, y, x)) - (bias ? bias[c] : 0));
    }
    if (args.less.data)
        *wf_at<Real>(args.less, n, 0, y, x) = fabs(coverage) <= (Real)WF_MIN_SUM ? 0 : less;
}

static const void *scale_kernel(wf_dtype image)
{
    return wf_switch_element(image, [](auto element) { return (const void *)scale_grad_output<decltype(element)>; });
}

static wf_result launch_scale(const wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call,
                              const wf_scaled *scaled)
{
    const int64_t *size = call->grad_output.size;
    scale_args args = {};
    args.grid = {wf_divide_up(size[3], BLOCK_WIDTH), wf_divide_up(size[2], BLOCK_HEIGHT), 1};
    args.grad_output = wf_make_view(&call->grad_output);
    args.output = wf_make_view(&call->output);
    args.coverage = wf_make_view(&call->coverage);
    args.grad = wf_make_view(&scaled->grad);
    args.less = wf_make_view(&scaled->less);
    args.bias = call->bias;
    args.width = (int)size[3], args.height = (int)size[2], args.channels = (int)size[1];
    args.normalizes = call->filter.mode == WF_NORMALIZED;
    void *arguments[] = {&args};
    return wf_launch(device, stream, scale_kernel(call->grad_output.dtype), args.grid, size[0],
                     dim3(BLOCK_WIDTH, BLOCK_HEIGHT), arguments, 0);
}

/* Sets *scaled to what the call's mode leaves of grad_output. */
static wf_result scale(const wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call,
                       const workspace_plan *plan, wf_scaled *scaled)
{
    wf_result result = WF_OK;
    *scaled = make_scaled(call);
    if (wf_present(&scaled->grad))
        scaled->grad.data = (char *)call->workspace + plan->grad;
    if (wf_present(&scaled->less))
        scaled->less.data = (char *)call->workspace + plan->less;
    if (wf_present(&scaled->grad) || wf_present(&scaled->less))
        result = launch_scale(device, stream, call, scaled);
    if (!wf_present(&scaled->grad))
        scaled->grad = call->grad_output;
    return result;
}

/* ---- All of it --------------------------------------------------------------------------------------------------- */

/* What takes g to grad_input: the other operator, of the same weights. */
static wf_filter_call make_adjoint(const wf_backward_call *call, const wf_scaled *scaled)
{
    wf_filter_call adjoint = {};
    adjoint.op = call->op == WF_GATHER ? WF_SPLAT : WF_GATHER;
    adjoint.filter = call->filter, adjoint.filter.mode = WF_LINEAR;
    adjoint.input = scaled->grad;
    adjoint.weight = call->weight;
    adjoint.output = call->grad_input;
    return adjoint;
}

/* Each gradient in a launch of its own, or in one both where that is faster. */
static wf_result launch_gradients(wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call,
                                  const wf_scaled *scaled)
{
    const wf_mode mode = call->filter.mode;
    const bool wants_input = wf_present(&call->grad_input) && call->input.size[1] > 0;
    const bool wants_weight = wf_present(&call->grad_weight);
    const wf_filter_call adjoint = make_adjoint(call, scaled);
    const wf_work both = {WF_WORK_BACKWARD, &adjoint, nullptr, nullptr, call, scaled};
    const wf_work input = {mode == WF_SOFTMAX ? WF_WORK_SOFTMAX_ADJOINT : WF_WORK_FILTER, &adjoint, nullptr,
                           mode == WF_SOFTMAX ? &call->coverage : nullptr};
    const wf_work weight = {WF_WORK_GRAD_WEIGHT, nullptr, nullptr, nullptr, call, scaled};
    bool launched = false;
    wf_result result = WF_OK;
    if (wants_input && wants_weight && mode == WF_LINEAR)
        result = wf_launch_work(device, stream, &both, &launched);
    if (result == WF_OK && wants_input && !launched)
        result = wf_launch_work(device, stream, &input, nullptr);
    if (result == WF_OK && wants_weight && !launched)
        result = wf_launch_work(device, stream, &weight, nullptr);
    return result;
}

wf_result wf_cuda_backward(wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call)
{
    const workspace_plan plan = plan_workspace(call);
    wf_scaled scaled;
    wf_result result = scale(device, stream, call, &plan, &scaled);
    if (result == WF_OK)
        result = launch_gradients(device, stream, call, &scaled);
    if (result == WF_OK && wf_present(&call->grad_bias) && call->input.size[1] > 0)
        result = wf_launch_grad_bias(device, stream, call, (char *)call->workspace + plan.bias);
    return result;
}
