/* The type of sums, chosen by that of the images, and the memory that backward needs. */
#include "filter.h"

void wf_cpu_filter(wf_device *device, const wf_filter_call *calls, int count)
{
    const wf_cpu_device *cpu = (const wf_cpu_device *)device;
    wf_note_kernel(device, "filter_rows");
    if (calls[0].input.dtype == WF_FLOAT64)
        wf_cpu_filter_float64(cpu->rows_float64, calls, count);
    else
        wf_cpu_filter_float32(cpu->rows_float32, calls, count);
}

wf_cpu_workspace wf_cpu_plan(const wf_backward_call *call)
{
    const int64_t *size = call->grad_output.size;
    const int per_pixel =
        call->filter.mode != WF_LINEAR && (wf_present(&call->grad_input) || wf_present(&call->grad_weight));
    const size_t real = call->input.dtype == WF_FLOAT64 ? sizeof(double) : sizeof(float);
    const size_t plane = per_pixel ? (size_t)(size[0] * size[2] * size[3]) * real : 0;
    wf_cpu_workspace plan = {0};
    plan.less = plan.factor + plane;
    plan.row_sums = (plan.less + plane + sizeof(double) - 1) / sizeof(double) * sizeof(double);
    plan.size = plan.row_sums;
    if (wf_present(&call->grad_bias))
        plan.size += (size_t)(size[0] * size[1] * size[2]) * sizeof(double);
    return plan;
}

size_t wf_cpu_backward_workspace(const wf_backward_call *call)
{
    return wf_cpu_plan(call).size;
}

wf_result wf_cpu_backward(wf_device *device, wf_stream stream, const wf_backward_call *call)
{
    (void)stream;
    const wf_cpu_device *cpu = (const wf_cpu_device *)device;
    wf_note_kernel(device, "backward_rows");
    if (call->input.dtype == WF_FLOAT64)
        wf_cpu_gradients_float64(cpu->rows_float64, call);
    else
        wf_cpu_gradients_float32(cpu->rows_float32, call);
    return WF_OK;
}
