/* convolve.h -- the two kinds of convolution kernels, and which of them a device runs. Private; read by CUDA. */
#ifndef WF_CUDA_CONVOLVE_H
#define WF_CUDA_CONVOLVE_H

#include "cuda_device.h"

struct wf_convolve_args;

/* How many outputs convolve_groups.cu's kernels compute at once; 0 where the device does not run
 * them, or they do not take so many. */
int wf_cuda_group_columns(const wf_cuda_device *device, const wf_convolution *shape);

/* On the current device; the arguments' weights are arranged for it. wf_convolve_warps:
   with tiles of convolve_warps.cuh. */
template <int ROWS, int PAIRS, int DOWN, int ACROSS, int DEEP, int STAGES>
wf_result wf_convolve_warps(wf_cuda_device *device, cudaStream_t stream, wf_convolve_args *args);

wf_result wf_cuda_convolve_groups(wf_cuda_device *device, cudaStream_t stream, const wf_convolve_call *call,
                                  const struct wf_convolve_args *args);

#endif
