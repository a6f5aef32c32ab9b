#include "tiles.h"

wf_result wf_cuda_gather_splat(wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *gather,
                               const wf_filter_call *splat)
{
    bool launched = false;
    wf_result result = wf_gather_splat_on_tiles(device, stream, gather, splat, &launched);
    if (result != WF_OK || launched)
        return result;
    result = wf_cuda_gather(device, stream, gather);
    return result == WF_OK ? wf_cuda_splat(device, stream, splat) : result;
}
