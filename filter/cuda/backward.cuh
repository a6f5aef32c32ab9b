/* backward.cuh -- the parts of a backward pass, which backward.cu puts together. Private. */
#ifndef WF_CUDA_BACKWARD_CUH
#define WF_CUDA_BACKWARD_CUH

#include "common.cuh"

/* What a mode leaves of grad_output. With `grad` in its place the gradients are those of WF_LINEAR, but for grad_weight, which
 * is less by `less`, and for WF_SOFTMAX's factors. Rows of tensors in the workspace start at multiples of 16 bytes. */
struct wf_scaled {
    wf_tensor grad; /* WF_NORMALIZED: g/S' in the type of sums, in the workspace; else the call's grad_output */
    wf_tensor
        less; /* D of wf.h, (N,1,H,W) in the workspace; absent for WF_LINEAR, or where grad_weight is not wanted */
};

/* grad_weight (grad_weight_pixels.cu). */
wf_result wf_correlate_pixels(const wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call,
                              const wf_scaled *scaled);

/* grad_bias (grad_bias.cu), through a workspace of so many bytes. */
size_t wf_grad_bias_workspace(const wf_backward_call *call);
wf_result wf_launch_grad_bias(const wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call,
                              void *workspace);

#endif
