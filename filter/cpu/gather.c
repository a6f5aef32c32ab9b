/* Gather: each output pixel collects, with its own weights, the input around it. */
#include "filter.h"

wf_result wf_cpu_gather(wf_device *device, wf_stream stream, const wf_filter_call *call)
{
    (void)stream;
    wf_cpu_filter(device, call, 1);
    return WF_OK;
}
