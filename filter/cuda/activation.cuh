/* activation.cuh -- how activations lie in this backend's memory: planes of 8 channels, in each the 16 bytes of every
 * pixel, row after row. So a row of pixels is one piece of memory, for tensor copies as for threads that have
 * neighbouring pixels. Private. */
#ifndef WF_CUDA_ACTIVATION_CUH
#define WF_CUDA_ACTIVATION_CUH

#include <cuda_fp16.h>

#define WF_LAYER 8 /* channels of a plane */

/* A pixel's channel, of an image with so many pixels; aligned to as many channels as
   `channel` is a multiple of, up to 8. */
template <typename Half>
static __device__ __forceinline__ Half *wf_channel_at(Half *data, size_t pixels, size_t pixel, int channel)
{
    return data + (channel / WF_LAYER * pixels + pixel) * WF_LAYER + channel % WF_LAYER;
}

#endif
