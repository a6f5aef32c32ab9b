#include "filter.cuh"

wf_result wf_cuda_splat(wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call)
{
    return wf_filter_apply<WF_SPLAT>(device, stream, call);
}
