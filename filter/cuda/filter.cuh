/* filter.cuh -- gather and splat are this, instantiated for either operator: picks a kernel and launches it. Private. */
#ifndef WF_CUDA_FILTER_CUH
#define WF_CUDA_FILTER_CUH

#include "pixels.cuh"
#include "tiles.cuh"

#define WF_TILE_STAGE_TAPS 8 /* a multiple of four */

/* The tile of a number of channels, and the blocks that share a multiprocessor's shared memory where their tiles allow. */
template <int CHANNELS> struct wf_tile_shape {
    static constexpr int width = 64, height = 8, blocks = 3;
};

/* ---- Tiles -------------------------------------------------------------------------------------------------------- */

/* The byte strides of a tensor as the copy engine needs them: multiples of 16. An axis of size 1 is as good as dense. */
static inline bool wf_engine_strides(const wf_tensor *tensor, cuuint64_t strides[3])
{
    int64_t element = wf_dtype_size(tensor->dtype);
    int64_t dense = (tensor->size[3] * element + 15) / 16 * 16;
    for (int axis = 2; axis >= 0; axis--) {
        int64_t stride = tensor->size[axis] == 1 ? dense : tensor->stride[axis] * element;
        if (stride <= 0 || stride % 16 || stride >> 40)
            return false;
        strides[2 - axis] = (cuuint64_t)stride;
        dense = stride * tensor->size[axis];
    }
    return (uintptr_t)tensor->data % 16 == 0;
}

/* The copy engine's map of a tensor in boxes of one image. False where it cannot read the tensor so. */
static inline bool wf_encode_map(const wf_cuda_device *device, const wf_tensor *tensor, unsigned width, unsigned height,
                                 unsigned channels, CUtensorMap *map)
{
    const cuuint64_t sizes[] = {(cuuint64_t)tensor->size[3], (cuuint64_t)tensor->size[2], (cuuint64_t)tensor->size[1],
                                (cuuint64_t)tensor->size[0]};
    const cuuint32_t box[] = {width, height, channels, 1}, steps[] = {1, 1, 1, 1};
    cuuint64_t strides[3];
    if (width > 256 || height > 256 || !wf_engine_strides(tensor, strides))
        return false;
    CUtensorMapDataType type =
        tensor->dtype == WF_FLOAT16 ? CU_TENSOR_MAP_DATA_TYPE_FLOAT16 : CU_TENSOR_MAP_DATA_TYPE_FLOAT32;
    return device->encode_tensor_map(map, type, 4, tensor->data, sizes, strides, box, steps,
                                     CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_NONE,
                                     CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
                                     CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE) == CUDA_SUCCESS;
}

/* Divides the shared memory of a block. False where not even two stages fit. */
static inline bool wf_plan_stages(wf_tile_args *args, size_t budget, size_t input_bytes, size_t tap_bytes)
{
    args->stage_taps = min(args->kernel_width, WF_TILE_STAGE_TAPS);
    int needed = args->kernel_height * (int)wf_divide_up(args->kernel_width, args->stage_taps);
    size_t used = WF_TILE_HEADER + input_bytes;
    size_t stages = budget < used ? 0 : (budget - used) / (args->stage_taps * tap_bytes);
    args->stages = (int)min(stages, (size_t)min(needed, WF_TILE_MAX_STAGES));
    return args->stages >= min(needed, 2);
}

/* Sets *launched where the copy engine can serve these tensors and tiles of this kernel fit into shared memory. */
template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS>
static wf_result wf_launch_tiles(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call,
                                 bool *launched)
{
    using shape = wf_tile_shape<CHANNELS>;
    constexpr int TILE = shape::width * shape::height, ENGINE_STEP = 16 / (int)sizeof(Image);
    const wf_filter *filter = &call->filter;
    const int64_t *size = call->output.size;
    *launched = false;
    if (!device->encode_tensor_map || filter->dilation != 1)
        return WF_OK;

    wf_tile_args args = {};
    args.grid = {wf_divide_up(size[3], shape::width), wf_divide_up(size[2], shape::height),
                 wf_divide_up(size[1], CHANNELS)};
    args.output = wf_make_view(&call->output);
    args.bias = (const float *)call->bias;
    args.width = (int)size[3], args.height = (int)size[2], args.channels = (int)size[1];
    args.kernel_height = filter->kernel_height, args.kernel_width = filter->kernel_width;
    args.above = OP == WF_GATHER ? -wf_tap_offset(0, args.kernel_height, 1)
                                 : wf_tap_offset(args.kernel_height - 1, args.kernel_height, 1);
    args.left = OP == WF_GATHER ? -wf_tap_offset(0, args.kernel_width, 1)
                                : wf_tap_offset(args.kernel_width - 1, args.kernel_width, 1);
    args.pitch = shape::width + (int)wf_divide_up(args.kernel_width - 1, ENGINE_STEP) * ENGINE_STEP;
    args.rows = shape::height + args.kernel_height - 1;
    args.output_aligned = wf_four_aligned(&call->output);

    size_t input_bytes = (CHANNELS * args.rows * args.pitch * sizeof(Image) + 127) / 128 * 128;
    bool fits = false;
    for (int blocks = shape::blocks; blocks > 0 && !fits; blocks--)
        fits = wf_plan_stages(&args, device->shared_memory / blocks - WF_TILE_RESERVED, input_bytes,
                              TILE * sizeof(Weight));
    CUtensorMap input_map, weight_map;
    if (!fits || !wf_encode_map(device, &call->input, args.pitch, args.rows, CHANNELS, &input_map) ||
        !wf_encode_map(device, &call->weight, shape::width, shape::height, 1, &weight_map))
        return WF_OK;

    *launched = true;
    size_t shared_bytes = WF_TILE_HEADER + input_bytes + (size_t)args.stages * args.stage_taps * TILE * sizeof(Weight);
    const void *kernel = (const void *)wf_filter_tiles<OP, MODE, Image, Weight, CHANNELS, shape::width, shape::height>;
    cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, (int)shared_bytes);
    if (error == cudaSuccess)
        error = cudaFuncSetAttribute(kernel, cudaFuncAttributePreferredSharedMemoryCarveout, 100);
    if (error != cudaSuccess)
        return wf_cuda_check(&device->base.log, error, "setting a kernel's shared memory");
    void *arguments[] = {&input_map, &weight_map, &args};
    return wf_launch(&device->base.log, stream, kernel, args.grid, size[0],
                     wf_tile_threads<shape::width, shape::height>::all, arguments, shared_bytes);
}

/* ---- Pixels ------------------------------------------------------------------------------------------------------- */

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS>
static wf_result wf_launch_pixels(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call)
{
    const int64_t *size = call->output.size;
    wf_pixel_args args = {};
    args.grid = {wf_divide_up(size[3], WF_PIXELS_WIDTH), wf_divide_up(size[2], WF_PIXELS_HEIGHT),
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

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS>
static wf_result wf_filter_channels(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call)
{
    bool launched;
    wf_result result = wf_launch_tiles<OP, MODE, Image, Weight, CHANNELS>(device, stream, call, &launched);
    if (result != WF_OK || launched)
        return result;
    return wf_launch_pixels<OP, MODE, Image, Weight, CHANNELS>(device, stream, call);
}

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight>
static wf_result wf_filter_types(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call)
{
    switch (call->output.size[1]) {
    case 1:
        return wf_filter_channels<OP, MODE, Image, Weight, 1>(device, stream, call);
    case 2:
        return wf_filter_channels<OP, MODE, Image, Weight, 2>(device, stream, call);
    case 3:
        return wf_filter_channels<OP, MODE, Image, Weight, 3>(device, stream, call);
    case 4:
        return wf_filter_channels<OP, MODE, Image, Weight, 4>(device, stream, call);
    default:
        return wf_filter_channels<OP, MODE, Image, Weight, 8>(device, stream, call);
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
