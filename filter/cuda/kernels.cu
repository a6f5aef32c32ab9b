/* Chooses among the kernels of kernels.h. */
#include "kernels.h"

#include "plan.h"

static const struct {
    const char *name;
    int work, since;
    wf_plan_function *plan;
} kernels[] = {
#define ROW(name, work, since) {#name, work, since, wf_plan_##name},
    WF_KERNELS(ROW)
#undef ROW
};

wf_kernel wf_choose_kernel(const wf_cuda_device *device, const wf_work *work, wf_plan *plan)
{
    for (int kernel = 0; kernel < WF_NO_KERNEL; kernel++) {
        if ((kernels[kernel].work & work->kind) && device->architecture >= kernels[kernel].since &&
            kernels[kernel].plan(device, work, plan))
            return (wf_kernel)kernel;
    }
    return WF_NO_KERNEL;
}

wf_result wf_launch_work(wf_cuda_device *device, cudaStream_t stream, const wf_work *work, bool *launched)
{
    wf_plan plan;
    const wf_kernel kernel = wf_choose_kernel(device, work, &plan);
    if (launched)
        *launched = kernel != WF_NO_KERNEL;
    if (kernel == WF_NO_KERNEL)
        return WF_OK;
    wf_note_kernel(&device->base, kernels[kernel].name);
    return wf_plan_launch(device, stream, &plan);
}
