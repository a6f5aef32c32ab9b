#include "gather_splat_tiles.cuh"
#include "tiles.h"

/* Measured on an H200. Large kernels need high tiles, as the boxes of weights have rows above or below; low ones let two
 * blocks run on a multiprocessor. With the thread that copies, either height makes whole groups of four warps. */
#define WIDTH 128
#define LOW   7
#define HIGH  15

template <wf_mode MODE, typename Weight>
static wf_result launch(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *gather,
                        const wf_filter_call *splat, bool *launched)
{
    const int kernel_width = gather->filter.kernel_width;
#define LAUNCH(KERNEL_WIDTH, HEIGHT)                                                                                   \
    wf_launch_pair<MODE, float, Weight, 3, KERNEL_WIDTH, WIDTH, HEIGHT>(device, stream, gather, splat, launched)
#define CASE(KERNEL_WIDTH, HEIGHT)                                                                                     \
    case KERNEL_WIDTH:                                                                                                 \
        return LAUNCH(KERNEL_WIDTH, HEIGHT);
    switch (kernel_width) {
        CASE(3, LOW)
        CASE(5, LOW)
        CASE(7, LOW)
        CASE(9, HIGH)
        CASE(11, HIGH)
        CASE(13, HIGH)
        CASE(17, HIGH)
        CASE(21, HIGH)
    default:
        return kernel_width < 9 ? LAUNCH(0, LOW) : LAUNCH(0, HIGH);
    }
#undef CASE
#undef LAUNCH
}

wf_result wf_gather_splat_on_tiles(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *gather,
                                   const wf_filter_call *splat, bool *launched)
{
    *launched = false;
    if (gather->input.dtype != WF_FLOAT32 || gather->input.size[1] != 3)
        return WF_OK;
    const bool linear = gather->filter.mode == WF_LINEAR, normalized = gather->filter.mode == WF_NORMALIZED;
    if (gather->weight.dtype == WF_FLOAT32) {
        return linear       ? launch<WF_LINEAR, float>(device, stream, gather, splat, launched)
               : normalized ? launch<WF_NORMALIZED, float>(device, stream, gather, splat, launched)
                            : WF_OK;
    }
    if (gather->weight.dtype == WF_FLOAT16) {
        return linear       ? launch<WF_LINEAR, __half>(device, stream, gather, splat, launched)
               : normalized ? launch<WF_NORMALIZED, __half>(device, stream, gather, splat, launched)
                            : WF_OK;
    }
    return WF_OK;
}
