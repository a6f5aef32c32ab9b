/* A few pixels' weights, out of all. */
#include "cpu.h"
#include "half.h"
#include "taps.h"

float wf_cpu_load(const wf_tensor *tensor, int64_t channel, int64_t y, int64_t x)
{
    const void *from = wf_cpu_address(tensor, 0, channel, y, x);
    switch (tensor->dtype) {
    case WF_FLOAT16:
        return wf_half_to_float(*(const uint16_t *)from);
    case WF_BFLOAT16:
        return wf_float_of((uint32_t) * (const uint16_t *)from << 16);
    case WF_FLOAT64:
        return (float)*(const double *)from;
    default:
        return *(const float *)from;
    }
}

wf_result wf_cpu_pick(wf_device *device, wf_stream stream, const wf_pick_call *call)
{
    (void)device, (void)stream;
    const wf_filter *filter = &call->filter;
    const int64_t taps = call->weight.size[1], per_group = (int64_t)filter->kernel_height * filter->kernel_width;
    float *to = call->output;
    for (int64_t i = 0; i < (int64_t)call->rows * call->columns * taps; i++) {
        const int64_t tap = i % taps, pixel = i / taps, in_group = tap % per_group;
        int64_t y = call->y + pixel / call->columns, x = call->x + pixel % call->columns;
        if (call->landing) {
            y -= wf_tap_offset((int)(in_group / filter->kernel_width), filter->kernel_height, filter->dilation);
            x -= wf_tap_offset((int)(in_group % filter->kernel_width), filter->kernel_width, filter->dilation);
        }
        const int inside = y >= 0 && y < call->weight.size[2] && x >= 0 && x < call->weight.size[3];
        to[i] = inside ? wf_cpu_load(&call->weight, tap, y, x) : 0;
    }
    return WF_OK;
}
