/* filter.cuh -- gather and splat are this, instantiated for either operator: tiles, or strips for many channels, where they
 * serve, else pixels. Private. */
#ifndef WF_CUDA_FILTER_CUH
#define WF_CUDA_FILTER_CUH

#include "filter_strips.cuh"
#include "pixels.cuh"

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight>
static wf_result wf_tiles_of_types(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call,
                                   bool *launched)
{
    switch (call->output.size[1]) {
    case 1:
        return wf_launch_tiles<OP, MODE, Image, Weight, 1>(device, stream, call, launched);
    case 2:
        return wf_launch_tiles<OP, MODE, Image, Weight, 2>(device, stream, call, launched);
    case 3:
        return wf_launch_tiles<OP, MODE, Image, Weight, 3>(device, stream, call, launched);
    case 4:
        return wf_launch_tiles<OP, MODE, Image, Weight, 4>(device, stream, call, launched);
    default:
        return wf_launch_strips<OP, MODE, Image, Weight>(device, stream, call, launched);
    }
}

template <wf_operator OP, wf_mode MODE>
static wf_result wf_tiles_of_mode(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call,
                                  bool *launched)
{
    const wf_dtype weight = call->weight.dtype;
    switch (call->input.dtype) {
    case WF_FLOAT16:
        return wf_tiles_of_types<OP, MODE, __half, __half>(device, stream, call, launched);
    case WF_BFLOAT16:
        return wf_tiles_of_types<OP, MODE, __nv_bfloat16, __nv_bfloat16>(device, stream, call, launched);
    case WF_FLOAT32:
        return weight == WF_FLOAT16 ? wf_tiles_of_types<OP, MODE, float, __half>(device, stream, call, launched)
               : weight == WF_BFLOAT16
                   ? wf_tiles_of_types<OP, MODE, float, __nv_bfloat16>(device, stream, call, launched)
                   : wf_tiles_of_types<OP, MODE, float, float>(device, stream, call, launched);
    default:
        return WF_OK;
    }
}

/* WF_NORMALIZED's kernels sum weights, and divide by the sum if asked to. */
template <wf_operator OP>
static wf_result wf_filter_tiles_of(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call,
                                    bool *launched)
{
    if (call->filter.mode == WF_SOFTMAX)
        return wf_tiles_of_mode<OP, WF_SOFTMAX>(device, stream, call, launched);
    if (call->filter.mode == WF_NORMALIZED || wf_present(&call->coverage))
        return wf_tiles_of_mode<OP, WF_NORMALIZED>(device, stream, call, launched);
    return wf_tiles_of_mode<OP, WF_LINEAR>(device, stream, call, launched);
}

template <wf_operator OP>
static wf_result wf_filter_apply(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call)
{
    bool launched = false;
    const bool converts = call->output.dtype != call->input.dtype;
    wf_result result = converts ? WF_OK : wf_filter_tiles_of<OP>(device, stream, call, &launched);
    if (result != WF_OK || launched)
        return result;
    return wf_filter_pixels(device, stream, call, nullptr);
}

#endif
