#include "kernels.h"

wf_result wf_cuda_gather_splat(wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *gather,
                               const wf_filter_call *splat)
{
    const wf_work work = {WF_WORK_GATHER_SPLAT, gather, splat};
    bool launched;
    wf_result result = wf_launch_work(device, stream, &work, &launched);
    if (result != WF_OK || launched)
        return result;
    result = wf_cuda_gather(device, stream, gather);
    return result == WF_OK ? wf_cuda_splat(device, stream, splat) : result;
}
