/* interop.h -- images of another API, mapped into CUDA, to planes of float32 and back. For the node; read by C and by
 * CUDA. */
#ifndef WF_CUDA_INTEROP_H
#define WF_CUDA_INTEROP_H

#include "cuda_device.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wf_cuda_image {
    cudaSurfaceObject_t surface;
    int width, height;
    int channels; /* 4 or 1 */
    int is_half;  /* float16, else float32 */
} wf_cuda_image;

/* Enqueue, on the current device: the first channels, 1, 3 or 4, to that many dense planes; 3 or 4 dense planes to the
 * channels of an image that has 4, whose alpha is 1 where there are 3. */
wf_result wf_cuda_unpack(const wf_cuda_device *device, cudaStream_t stream, const wf_cuda_image *image, float *planes,
                         int channels);
wf_result wf_cuda_pack(const wf_cuda_device *device, cudaStream_t stream, const wf_cuda_image *image,
                       const float *planes, int channels);

#ifdef __cplusplus
}
#endif

#endif
