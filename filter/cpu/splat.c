/* Splat, from its destinations: each output pixel collects what the pixels around it send there, with their weights. */
#include "filter.h"

wf_result wf_cpu_splat(wf_device *device, wf_stream stream, const wf_filter_call *call)
{
    (void)stream;
    wf_cpu_filter(device, call, 1);
    return WF_OK;
}
