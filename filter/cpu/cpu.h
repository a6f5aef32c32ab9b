/* cpu.h -- the CPU backend's device and operations. Private. */
#ifndef WF_CPU_CPU_H
#define WF_CPU_CPU_H

#include "backend.h"
#include "rows.h"

typedef struct wf_cpu_device {
    wf_device base;
    const wf_rows *rows;
    const char *instructions; /* what rows is compiled for */
} wf_cpu_device;

wf_result wf_cpu_gather(wf_device *device, wf_stream stream, const wf_filter_call *call);
wf_result wf_cpu_splat(wf_device *device, wf_stream stream, const wf_filter_call *call);
wf_result wf_cpu_predict_bilateral(wf_device *device, wf_stream stream, const wf_bilateral_call *call);

/* Where the pixels of a tensor lie. */
static inline void *wf_cpu_address(const wf_tensor *tensor, int64_t n, int64_t c, int64_t y, int64_t x)
{
    int64_t offset = n * tensor->stride[0] + c * tensor->stride[1] + y * tensor->stride[2] + x;
    return (char *)tensor->data + offset * (int64_t)wf_dtype_size(tensor->dtype);
}

#endif
