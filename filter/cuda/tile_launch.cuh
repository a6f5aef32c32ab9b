/* tile_launch.cuh -- plans shared memory for filter_tiles.cuh's kernels, describes tensors to the copy engine, launches. Private. */
#ifndef WF_CUDA_TILE_LAUNCH_CUH
#define WF_CUDA_TILE_LAUNCH_CUH

#include <type_traits>

#include "filter_tiles.cuh"

/* Measured on an H200. Kernels of these widths have code of their own. */
#define WF_TILE_KERNEL_WIDTHS(X) X(3) X(5) X(7) X(9) X(11) X(13) X(17) X(21)
#define WF_TILE_BLOCKS           4 /* that a multiprocessor should run at once */
#define WF_TILE_STAGES           6

/* Four channels take so much shared memory a pixel that smaller tiles are better. */
template <int CHANNELS> struct wf_tile_shape {
    static constexpr int width = CHANNELS < 4 ? 128 : 64, height = 8;
};

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
    if (width > 256 || height > 256 || !wf_unit_columns(tensor) || !wf_engine_strides(tensor, strides))
        return false;
    const CUtensorMapDataType type = tensor->dtype == WF_FLOAT16    ? CU_TENSOR_MAP_DATA_TYPE_FLOAT16
                                     : tensor->dtype == WF_BFLOAT16 ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16
                                                                    : CU_TENSOR_MAP_DATA_TYPE_FLOAT32;
    return device->encode_tensor_map(map, type, 4, tensor->data, sizes, strides, box, steps,
                                     CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_NONE,
                                     CU_TENSOR_MAP_L2_PROMOTION_L2_128B,
                                     CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE) == CUDA_SUCCESS;
}

/* The most taps of a stage. */
static inline int wf_stage_taps(const wf_tile_row &row)
{
    int most = 0;
    for (int stage = 0; stage < row.stages; stage++)
        most = max(most, wf_group_end(row, wf_stage_end(row, stage) - 1) - wf_group_begin(row, wf_stage_begin(stage)));
    return most;
}

/* Divides the shared memory that a block may use. Returns how much it uses, 0 where not even two stages fit. */
static inline size_t wf_plan_stages(wf_tile_args *args, const wf_tile_row &row, size_t budget, size_t input_bytes,
                                    size_t tap_bytes)
{
    const int needed = args->kernel_height * row.stages;
    args->stage_taps = wf_stage_taps(row);
    const size_t used = WF_TILE_HEADER + input_bytes, stage = args->stage_taps * tap_bytes;
    const size_t stages = budget < used ? 0 : (budget - used) / stage;
    args->stages = (int)min(stages, (size_t)min(needed, WF_TILE_STAGES));
    return args->stages >= min(needed, 2) ? used + args->stages * stage : 0;
}

/* Shares shared memory among as many blocks a multiprocessor as it has room for. Returns that of a block, 0 where not even one
 * has. */
static inline size_t wf_plan_blocks(wf_tile_args *args, const wf_tile_row &row, const wf_cuda_device *device,
                                    size_t input_bytes, size_t tap_bytes)
{
    for (int blocks = WF_TILE_BLOCKS; blocks > 0; blocks--) {
        const size_t budget = device->shared_memory / blocks - WF_TILE_RESERVED;
        const size_t used = wf_plan_stages(args, row, budget, input_bytes, tap_bytes);
        if (used)
            return used;
    }
    return 0;
}

/* Of the many kernels that there could be, those of three channels and of many that are worth their compilation. */
template <int CHANNELS, typename Weight>
static constexpr bool wf_has_own_kernels = (CHANNELS == 3 && !std::is_same<Weight, __nv_bfloat16>::value) ||
                                           (CHANNELS == 8 && std::is_same<Weight, float>::value);

/* Returns the caller's KERNEL(kernel_width) of CHANNELS and Weight: of its own where that pays, else KERNEL(0), for any. */
#define WF_RETURN_KERNEL(kernel_width)                                                                                 \
    if constexpr (wf_has_own_kernels<CHANNELS, Weight>) {                                                              \
        switch (kernel_width) {                                                                                        \
            WF_TILE_KERNEL_WIDTHS(WF_RETURN_CASE)                                                                      \
        }                                                                                                              \
    }                                                                                                                  \
    return (const void *)KERNEL(0)
#define WF_RETURN_CASE(KERNEL_WIDTH)                                                                                   \
    case KERNEL_WIDTH:                                                                                                 \
        return (const void *)KERNEL(KERNEL_WIDTH);

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS>
static const void *wf_tile_kernel(int kernel_width)
{
    using shape = wf_tile_shape<CHANNELS>;
#define KERNEL(KERNEL_WIDTH)                                                                                           \
    wf_filter_tiles<OP, MODE, Image, Weight, CHANNELS, KERNEL_WIDTH, shape::width, shape::height>
    WF_RETURN_KERNEL(kernel_width);
#undef KERNEL
}

/* What a kernel on tiles is launched with. */
struct wf_tile_plan {
    wf_tile_args args;
    CUtensorMap input_map, level_map, weight_map;
    unsigned threads;
    size_t shared_bytes;
};

/* The parts that do not depend on how the image is divided. */
static inline wf_tile_args wf_make_tile_args(const wf_filter_call *call)
{
    const int64_t *size = call->output.size;
    wf_tile_args args = {};
    args.output = wf_make_view(&call->output), args.coverage = wf_make_view(&call->coverage);
    args.output_aligned = wf_four_aligned(&call->output);
    args.bias = (const float *)call->bias;
    args.width = (int)size[3], args.height = (int)size[2], args.channels = (int)size[1];
    args.kernel_height = call->filter.kernel_height, args.kernel_width = call->filter.kernel_width;
    args.normalizes = call->filter.mode != WF_LINEAR;
    return args;
}

/* False where the copy engine cannot serve these tensors, or where tiles of this kernel do not fit into shared memory. levels:
 * of WF_KNOWN_SOFTMAX, else NULL. */
template <wf_operator OP, typename Image, typename Weight, int CHANNELS>
static bool wf_plan_filter(const wf_cuda_device *device, const wf_filter_call *call, const wf_tensor *levels,
                           wf_tile_plan *plan)
{
    using shape = wf_tile_shape<CHANNELS>;
    using box = wf_tap_box<OP, Weight, shape::width, shape::height>;
    const wf_filter *filter = &call->filter;
    const int64_t *size = call->output.size;
    if (!device->encode_tensor_map || filter->dilation != 1 || !wf_unit_columns(&call->output))
        return false;

    wf_tile_args *args = &plan->args;
    *args = wf_make_tile_args(call);
    args->grid = {wf_divide_up(size[3], shape::width), wf_divide_up(size[2], shape::height), 1};
    const wf_tile_row row = wf_make_tile_row<OP>(args->kernel_width);
    args->pitch = wf_tile_pitch(row, shape::width);
    args->rows = shape::height + args->kernel_height - 1;
    const int plane = args->rows * args->pitch;
    const size_t input_bytes =
        wf_tile_bytes(CHANNELS * plane, sizeof(Image)) + (levels ? wf_tile_bytes(plane, sizeof(float)) : 0);
    plan->shared_bytes = wf_plan_blocks(args, row, device, input_bytes, box::stride);
    plan->threads = shape::width * shape::height / WF_TILE_GROUP + 32;
    return plan->shared_bytes &&
           wf_encode_map(device, &call->input, args->pitch, args->rows, CHANNELS, &plan->input_map) &&
           wf_encode_map(device, &call->weight, box::width, shape::height, 1, &plan->weight_map) &&
           (!levels || wf_encode_map(device, levels, args->pitch, args->rows, 1, &plan->level_map));
}

/* Lets a kernel have all of a multiprocessor's shared memory: always all, as several devices may launch it at the same time, and
 * once, which is cheaper than to ask for it at every launch. */
static inline wf_result wf_prepare_kernel(const wf_cuda_device *device, const void *kernel)
{
    const void **prepared = &device->prepared_kernels[(uintptr_t)kernel / 16 % WF_PREPARED_KERNELS];
    if (*prepared == kernel)
        return WF_OK;
    cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                             device->shared_memory - WF_TILE_RESERVED);
    if (error == cudaSuccess)
        error = cudaFuncSetAttribute(kernel, cudaFuncAttributePreferredSharedMemoryCarveout, 100);
    if (error == cudaSuccess)
        *prepared = kernel;
    return wf_cuda_check(&device->base.log, error, "setting a kernel's shared memory");
}

static inline wf_result wf_launch_tile_kernel(const wf_cuda_device *device, cudaStream_t stream, const void *kernel,
                                              const wf_grid &grid, int64_t images, unsigned threads, void **arguments,
                                              size_t shared_bytes)
{
    const wf_result result = wf_prepare_kernel(device, kernel);
    return result != WF_OK
               ? result
               : wf_launch(&device->base.log, stream, kernel, grid, images, threads, arguments, shared_bytes);
}

/* Sets *launched where tiles serve. */
template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS>
static wf_result wf_launch_tiles(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call,
                                 bool *launched)
{
    wf_tile_plan plan;
    *launched = wf_plan_filter<OP, Image, Weight, CHANNELS>(device, call, nullptr, &plan);
    if (!*launched)
        return WF_OK;
    const void *kernel = wf_tile_kernel<OP, MODE, Image, Weight, CHANNELS>(call->filter.kernel_width);
    void *arguments[] = {&plan.input_map, &plan.weight_map, &plan.args};
    return wf_launch_tile_kernel(device, stream, kernel, plan.args.grid, call->output.size[0], plan.threads, arguments,
                                 plan.shared_bytes);
}

#endif
