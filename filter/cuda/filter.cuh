/* filter.cuh -- gather and splat are this, instantiated for either operator: picks a kernel and launches it. Private. */
#ifndef WF_CUDA_FILTER_CUH
#define WF_CUDA_FILTER_CUH

#include "pixels.cuh"
#include "tile_launch.cuh"

/* ---- Pixels ------------------------------------------------------------------------------------------------------- */

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS>
static wf_result wf_launch_pixels(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call)
{
    const int64_t *size = call->output.size;
    wf_pixel_args args = {};
    args.distance = (int)min((int64_t)call->filter.dilation, size[2]);
    const int64_t pairs = (int64_t)wf_divide_up(size[2], WF_PIXELS_PAIR * args.distance) * args.distance;
    args.grid = {wf_divide_up(size[3], WF_PIXELS_WIDTH), wf_divide_up(pairs, WF_PIXELS_HEIGHT),
                 wf_divide_up(size[1], CHANNELS)};
    args.input = wf_make_view(&call->input);
    args.weight = wf_make_view(&call->weight);
    args.output = wf_make_view(&call->output);
    args.bias = (const float *)call->bias;
    args.width = (int)size[3], args.height = (int)size[2], args.channels = (int)size[1];
    args.kernel_height = call->filter.kernel_height, args.kernel_width = call->filter.kernel_width;
    args.dilation = call->filter.dilation;
    void *arguments[] = {&args};
    return wf_launch(&device->base.log, stream, (const void *)wf_filter_pixels<OP, MODE, Image, Weight, CHANNELS>,
                     args.grid, size[0], dim3(WF_PIXELS_WIDTH, WF_PIXELS_HEIGHT), arguments, 0);
}

/* ---- Dispatch ----------------------------------------------------------------------------------------------------- */

/* TILE and PIXEL are the channels that a thread computes at once. */
template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int TILE, int PIXEL>
static wf_result wf_filter_channels(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call)
{
    bool launched;
    wf_result result = wf_launch_tiles<OP, MODE, Image, Weight, TILE>(device, stream, call, &launched);
    if (result != WF_OK || launched)
        return result;
    return wf_launch_pixels<OP, MODE, Image, Weight, PIXEL>(device, stream, call);
}

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight>
static wf_result wf_filter_types(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call)
{
    switch (call->output.size[1]) {
    case 1:
        return wf_filter_channels<OP, MODE, Image, Weight, 1, 1>(device, stream, call);
    case 2:
        return wf_filter_channels<OP, MODE, Image, Weight, 2, 2>(device, stream, call);
    case 3:
        return wf_filter_channels<OP, MODE, Image, Weight, 3, 3>(device, stream, call);
    case 4:
        return wf_filter_channels<OP, MODE, Image, Weight, 4, 4>(device, stream, call);
    default:
        return wf_filter_channels<OP, MODE, Image, Weight, 4, 8>(device, stream, call);
    }
}

template <wf_operator OP, wf_mode MODE>
static wf_result wf_filter_mode(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call)
{
    if (call->output.dtype == WF_FLOAT16)
        return wf_filter_types<OP, MODE, __half, __half>(device, stream, call);
    if (call->weight.dtype == WF_FLOAT16)
        return wf_filter_types<OP, MODE, float, __half>(device, stream, call);
    return wf_filter_types<OP, MODE, float, float>(device, stream, call);
}

template <wf_operator OP>
static wf_result wf_filter_apply(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call)
{
    switch (call->filter.mode) {
    case WF_NORMALIZED:
        return wf_filter_mode<OP, WF_NORMALIZED>(device, stream, call);
    case WF_SOFTMAX:
        return wf_filter_mode<OP, WF_SOFTMAX>(device, stream, call);
    default:
        return wf_filter_mode<OP, WF_LINEAR>(device, stream, call);
    }
}

#endif
