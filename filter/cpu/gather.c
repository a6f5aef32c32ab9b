#include "cpu.h"
#include "pixel.h"

wf_result wf_cpu_gather(wf_device *device, wf_stream stream, const wf_filter_call *call)
{
    (void)device, (void)stream;
    filter_image(call, 1);
    return WF_OK;
}
