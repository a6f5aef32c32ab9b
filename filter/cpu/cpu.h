/* cpu.h -- the CPU backend's device and operations. Private. */
#ifndef WF_CPU_CPU_H
#define WF_CPU_CPU_H

#include "backend.h"

struct wf_rows_float32;
struct wf_rows_float64;
struct wf_convolve_row;

typedef struct wf_cpu_device {
    wf_device base;
    const struct wf_rows_float32 *rows_float32;
    const struct wf_rows_float64 *rows_float64;
    void (*convolve_row)(const struct wf_convolve_row *row);
    const char *instructions; /* what these are compiled for */
} wf_cpu_device;

wf_result wf_cpu_gather(wf_device *device, wf_stream stream, const wf_filter_call *call);
wf_result wf_cpu_splat(wf_device *device, wf_stream stream, const wf_filter_call *call);
wf_result wf_cpu_gather_splat(wf_device *device, wf_stream stream, const wf_filter_call *gather,
                              const wf_filter_call *splat);
wf_result wf_cpu_backward(wf_device *device, wf_stream stream, const wf_backward_call *call);
size_t wf_cpu_backward_workspace(const wf_backward_call *call);
wf_result wf_cpu_step_down(wf_device *device, wf_stream stream, const wf_step_call *call);
wf_result wf_cpu_step_up(wf_device *device, wf_stream stream, const wf_step_call *call);
wf_result wf_cpu_summarize(wf_device *device, wf_stream stream, const wf_summary_call *call);
wf_result wf_cpu_pick(wf_device *device, wf_stream stream, const wf_pick_call *call);
wf_result wf_cpu_predict_bilateral(wf_device *device, wf_stream stream, const wf_bilateral_call *call);

static inline int64_t wf_smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t wf_larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Where the pixels of a tensor lie. */
static inline void *wf_cpu_address(const wf_tensor *tensor, int64_t n, int64_t c, int64_t y, int64_t x)
{
    int64_t offset = n * tensor->stride[0] + c * tensor->stride[1] + y * tensor->stride[2] + x * tensor->stride[3];
    return (char *)tensor->data + offset * (int64_t)wf_dtype_size(tensor->dtype);
}

/* An element of the first image, of any type. */
float wf_cpu_load(const wf_tensor *tensor, int64_t channel, int64_t y, int64_t x);

#endif
