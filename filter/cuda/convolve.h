/* convolve.h -- the two kinds of convolution kernels, and which of them a device runs. Private; read by CUDA. */
#ifndef WF_CUDA_CONVOLVE_H
#define WF_CUDA_CONVOLVE_H

#include "cuda_device.h"

struct wf_convolve_args;

/* Whether the device runs convolve_groups.cu's kernels and they take this many outputs. */
bool wf_cuda_has_groups(const wf_cuda_device *device, int outputs);

/* On the current device; the arguments' weights are arranged for it. */
wf_result wf_cuda_convolve_groups(wf_cuda_device *device, cudaStream_t stream, struct wf_convolve_args *args);

#endif
