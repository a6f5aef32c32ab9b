/* The CUDA backend where it is not built. */
#include "backend.h"
#include "wf_cuda.h"

const int wf_cuda_built = 0;

static wf_result not_built(const wf_log *log, wf_device **device)
{
    *device = NULL;
    return wf_fail(log, WF_ERROR_NOT_BUILT, "the cuda backend is not built: the build found no nvcc (WF_CUDA=OFF)");
}

wf_result wf_cuda_open(const wf_device_options *options, wf_device **device)
{
    return not_built(&options->log, device);
}

wf_result wf_cuda_open_match(const wf_cuda_options *options, wf_device **device)
{
    return not_built(&options->log, device);
}

int wf_cuda_ordinal(const wf_device *device)
{
    (void)device;
    return -1;
}
