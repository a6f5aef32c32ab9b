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
    int channels; /* 4 or 1 */
    int is_half;  /* float16, else float32 */
} wf_cuda_image;

/* An image and planes, dense: as many as are read or written of its channels, the first 1, 3 or 4. */
typedef struct wf_cuda_conversion {
    wf_cuda_image image;
    float *planes;
    int channels;
} wf_cuda_conversion;

/* Enqueue, on the current device, for count images of one size: images to planes, planes to images. Channels that an
 * image has beyond those become 1. A launch converts up to WF_CUDA_CONVERSIONS. */
#define WF_CUDA_CONVERSIONS 8
wf_result wf_cuda_unpack(const wf_cuda_device *device, cudaStream_t stream, int width, int height,
                         const wf_cuda_conversion *conversions, int count);
wf_result wf_cuda_pack(const wf_cuda_device *device, cudaStream_t stream, int width, int height,
                       const wf_cuda_conversion *conversions, int count);

#ifdef __cplusplus
}
#endif

#endif
