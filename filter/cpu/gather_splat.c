/* Gather and splat of the same weights, tile by tile. */
#include "filter.h"

wf_result wf_cpu_gather_splat(wf_device *device, wf_stream stream, const wf_filter_call *gather,
                              const wf_filter_call *splat)
{
    (void)stream;
    const wf_filter_call calls[] = {*gather, *splat};
    wf_cpu_filter(device, calls, 2);
    return WF_OK;
}
