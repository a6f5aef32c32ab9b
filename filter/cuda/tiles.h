/* tiles.h -- what is computed on tiles (filter_tiles.cuh) besides gather and splat themselves. Private.
 *
 * Each sets *launched where tiles serve: on devices that run kernels built for sm_90, dilation 1, rows without gaps that lie
 * at multiples of 16 bytes, images of up to four channels, float32 and the 16-bit types; with exceptions. Else nothing is launched. */
#ifndef WF_CUDA_TILES_H
#define WF_CUDA_TILES_H

#include "backward.cuh"

/* grad_input and grad_weight in one launch, where that is faster than one each. */
wf_result wf_gradients_on_tiles(const wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call,
                                const wf_scaled *scaled, bool *launched);

/* grad_input of WF_SOFTMAX. That of the other modes is a filter of scaled->grad. */
wf_result wf_softmax_grad_input_on_tiles(const wf_cuda_device *device, cudaStream_t stream,
                                         const wf_backward_call *call, const wf_scaled *scaled, bool *launched);

/* grad_weight of images of any number of channels, in kernels of the widths of WF_TILE_KERNEL_WIDTHS. */
wf_result wf_correlate_channels(const wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call,
                                const wf_scaled *scaled, bool *launched);

wf_result wf_grad_weight_on_tiles(const wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call,
                                  const wf_scaled *scaled, bool *launched);

/* Float32 images of three channels, with float32 or float16 weights, WF_LINEAR or WF_NORMALIZED: for the rest it does not pay
 * or was not worth its kernels. */
wf_result wf_gather_splat_on_tiles(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *gather,
                                   const wf_filter_call *splat, bool *launched);

#endif
