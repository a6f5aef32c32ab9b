#include "kernels.h"

wf_result wf_cuda_splat(wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call)
{
    const wf_work work = {WF_WORK_FILTER, call};
    return wf_launch_work(device, stream, &work, nullptr);
}
