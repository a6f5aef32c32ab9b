/* grad_bias.cuh -- the gradient to the bias, through a workspace of so many bytes. Private. */
#ifndef WF_CUDA_GRAD_BIAS_CUH
#define WF_CUDA_GRAD_BIAS_CUH

#include "cuda_device.h"

size_t wf_grad_bias_workspace(const wf_backward_call *call);
wf_result wf_launch_grad_bias(const wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call,
                              void *workspace);

#endif
