/* filter.h -- the operator and its gradients, for sums in float32 and in float64. Private. */
#ifndef WF_CPU_FILTER_H
#define WF_CPU_FILTER_H

#include "cpu.h"

/* Calls of one size and mode, tile by tile, so that a second one finds the first one's weights in the cache. */
void wf_cpu_filter_float32(const struct wf_rows_float32 *rows, const wf_filter_call *calls, int count);
void wf_cpu_filter_float64(const struct wf_rows_float64 *rows, const wf_filter_call *calls, int count);

void wf_cpu_gradients_float32(const struct wf_rows_float32 *rows, const wf_backward_call *call);
void wf_cpu_gradients_float64(const struct wf_rows_float64 *rows, const wf_backward_call *call);

/* Where backward keeps what it needs of each pixel: byte offsets, and the size of all of it. */
typedef struct wf_cpu_workspace {
    size_t factor;   /* (N,H,W): WF_NORMALIZED: 1/S', WF_SOFTMAX: S */
    size_t less;     /* (N,H,W): what is taken from sum_c g x in grad_weight before that factor */
    size_t row_sums; /* (C,N,H) doubles: of grad_output */
    size_t size;
} wf_cpu_workspace;

wf_cpu_workspace wf_cpu_plan(const wf_backward_call *call);

/* Chooses by the type of the images. */
void wf_cpu_filter(wf_device *device, const wf_filter_call *calls, int count);

#endif
