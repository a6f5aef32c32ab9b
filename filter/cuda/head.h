/* head.h -- a head's logits in memory, for kernels of any size. Private. */
#ifndef WF_CUDA_HEAD_H
#define WF_CUDA_HEAD_H

#include "cuda_device.h"

/* Of a part (head.cuh), in dense planes of float16. */
wf_result wf_cuda_store_logits(wf_cuda_device *device, cudaStream_t stream, const wf_head *head,
                               const wf_activation *decoded, int part, void *planes);

/* As an activation. */
wf_result wf_cuda_store_alphas(wf_cuda_device *device, cudaStream_t stream, const wf_head *head,
                               const wf_activation *decoded, void *alphas);

#endif
