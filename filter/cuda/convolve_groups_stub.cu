/* Where the library is not built for sm_90a. */
#include "convolve.h"
#include "network.h"

int wf_cuda_find_groups(void)
{
    return 0;
}

bool wf_cuda_has_groups(const wf_cuda_device *device, int outputs)
{
    (void)device, (void)outputs;
    return false;
}

wf_result wf_cuda_convolve_groups(wf_cuda_device *device, cudaStream_t stream, wf_convolve_args *args)
{
    (void)stream, (void)args;
    return wf_fail(&device->base.log, WF_ERROR_NOT_BUILT, "the library has no convolutions for sm_90a");
}
