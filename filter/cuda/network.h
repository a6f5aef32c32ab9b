/* network.h -- what CUDA computes of a network, activations in float16. Private; read by C and by CUDA. */
#ifndef WF_CUDA_NETWORK_H
#define WF_CUDA_NETWORK_H

#include "cuda_device.h"

#ifdef __cplusplus
extern "C" {
#endif

size_t wf_cuda_convolution_bytes(const wf_device *device, const wf_convolution *shape);
void wf_cuda_arrange_convolution(const wf_device *device, const wf_convolution *shape, const float *weight,
                                 const float *bias, void *parameters);
/* Whether the current device runs kernels that need sm_90a; the environment's WF_CUDA_TENSOR_CORES = warps says no. */
int wf_cuda_find_groups(void);

size_t wf_cuda_head_bytes(const wf_head *head);
void wf_cuda_arrange_head(const wf_head *head, const float *weight, const float *bias, void *parameters);

int wf_cuda_fuses(const wf_device *device, const wf_convolution *first, const wf_convolution *second, int width,
                  int height);

/* These expect the device to be current. */
wf_result wf_cuda_expose(wf_cuda_device *device, cudaStream_t stream, const wf_expose_call *call);
wf_result wf_cuda_features(wf_cuda_device *device, cudaStream_t stream, const wf_features_call *call);
wf_result wf_cuda_convolve(wf_cuda_device *device, cudaStream_t stream, const wf_convolve_call *call);
wf_result wf_cuda_convolve_pair(wf_cuda_device *device, cudaStream_t stream, const wf_convolve_call *call);
wf_result wf_cuda_filter_albedo(wf_cuda_device *device, cudaStream_t stream, const wf_albedo_call *call);
int wf_cuda_halves(const wf_device *device, const wf_head *head, int count);
wf_result wf_cuda_down(wf_cuda_device *device, cudaStream_t stream, const wf_downs *downs);
wf_result wf_cuda_filter_level(wf_cuda_device *device, cudaStream_t stream, const wf_level_call *call);
wf_result wf_cuda_blend(wf_cuda_device *device, cudaStream_t stream, const wf_blend_call *call);

wf_result wf_cuda_logits(wf_cuda_device *device, cudaStream_t stream, const wf_logits_call *call);

size_t wf_cuda_convolve_workspace(const wf_device *device, const wf_convolve_call *call);
size_t wf_cuda_expose_workspace(const wf_device *device, int width, int height);
size_t wf_cuda_albedo_workspace(const wf_device *device, const wf_albedo_call *call);
size_t wf_cuda_level_workspace(const wf_device *device, const wf_level_call *call);
size_t wf_cuda_blend_counters(const wf_device *device, const wf_level_call *call);

#ifdef __cplusplus
}
#endif

#endif
