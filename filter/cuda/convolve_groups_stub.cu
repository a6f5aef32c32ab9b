/* Where the library is not built for sm_90a. */
#include "convolve.h"
#include "network.h"

int wf_cuda_find_groups(void)
{
    return 0;
}

int wf_cuda_group_columns(const wf_cuda_device *device, const wf_convolution *shape)
{
    (void)device, (void)shape;
    return 0;
}

size_t wf_cuda_convolve_workspace(const wf_device *device, const wf_convolve_call *call)
{
    (void)device, (void)call;
    return 0;
}

wf_result wf_cuda_convolve_groups(wf_cuda_device *device, cudaStream_t stream, const wf_convolve_call *call,
                                  const wf_convolve_args *args)
{
    (void)stream, (void)call, (void)args;
    return wf_fail(&device->base.log, WF_ERROR_NOT_BUILT, "the library has no convolutions for sm_90a");
}
