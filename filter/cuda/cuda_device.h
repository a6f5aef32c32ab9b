/* cuda_device.h -- a CUDA device, its operations, and how CUDA's errors are told. Private; read by C and by CUDA. */
#ifndef WF_CUDA_CUDA_DEVICE_H
#define WF_CUDA_CUDA_DEVICE_H

#include <cuda.h>
#include <cudaTypedefs.h>
#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "backend.h"

#define WF_PREPARED_KERNELS 256

typedef struct wf_cuda_loads wf_cuda_loads;

typedef struct wf_cuda_device {
    wf_device base;
    int ordinal;
    cudaStream_t stream;                                 /* of wf_begin */
    int multiprocessors, shared_memory;                  /* how many, and bytes of each */
    int block_memory;                                    /* bytes of shared memory that one block can have */
    int architecture;                                    /* the virtual one, 75 or 90, of the kernels that it runs */
    int groups;                                          /* whether it runs kernels built for sm_90a */
    PFN_cuTensorMapEncodeTiled_v12000 encode_tensor_map; /* NULL below 90 */
    const void **prepared_kernels;                       /* WF_PREPARED_KERNELS, each in its place or forgotten */
    wf_cuda_loads *loads;                                /* during a rehearsal; else NULL */
} wf_cuda_device;

/* These expect the device to be current. */
wf_result wf_cuda_gather(wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call);
wf_result wf_cuda_splat(wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call);
wf_result wf_cuda_gather_splat(wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *gather,
                               const wf_filter_call *splat);
wf_result wf_cuda_backward(wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call);
size_t wf_cuda_backward_workspace(const wf_backward_call *call);
wf_result wf_cuda_step_down(wf_cuda_device *device, cudaStream_t stream, const wf_step_call *call);
wf_result wf_cuda_step_up(wf_cuda_device *device, cudaStream_t stream, const wf_step_call *call);
wf_result wf_cuda_summarize(wf_cuda_device *device, cudaStream_t stream, const wf_summary_call *call);
wf_result wf_cuda_pick(wf_cuda_device *device, cudaStream_t stream, const wf_pick_call *call);
wf_result wf_cuda_predict_bilateral(wf_cuda_device *device, cudaStream_t stream, const wf_bilateral_call *call);

/* The virtual architecture, 75 or 90, that the kernels which the current device runs were built from. */
cudaError_t wf_cuda_architecture(int *architecture);

/* Between the first call, `begins`, and the second one kernels are not launched but noted; the second call loads them,
 * each in a thread of its own. Pairs of calls may enclose others, which are part of them. */
wf_result wf_cuda_rehearse(wf_cuda_device *device, int begins);

/* Ahead of every launch: in a rehearsal it notes the kernel and returns 1. */
int wf_cuda_rehearses(const wf_cuda_device *device, const void *kernel);

/* WF_OK for cudaSuccess; else says what failed ("launching gather"), clears CUDA's last error and returns
 * WF_ERROR_OUT_OF_MEMORY or WF_ERROR_DEVICE. */
wf_result wf_cuda_check(const wf_log *log, cudaError_t error, const char *what);

#ifdef __cplusplus
}
#endif

#endif
