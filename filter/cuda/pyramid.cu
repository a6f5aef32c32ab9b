/* The pyramid's filters: 3x3 and 5x5 kernels in one kernel a level, others through their
   logits in planes and the operator. */
#include "albedo.cuh"
#include "head.h"
#include "network.h"

#define THREADS 128 /* one a pixel of a row */

/* Of an image; pixels are counted along its rows. */
static wf_grid grid_of(int width, int height)
{
    return {wf_divide_up(width, THREADS), (unsigned)height, 1};
}

template <typename Args>
static wf_result launch(wf_cuda_device *device, cudaStream_t stream, const void *kernel, int width, int height,
                        Args *args)
{
    return wf_launch_follower(device, stream, kernel, grid_of(width, height), THREADS, args);
}

struct place {
    int y, x;
    bool inside;
};

/* This thread's pixel, once the kernels before this one are done. */
static __device__ __forceinline__ place this_pixel(int width, int height)
{
    const wf_block block = wf_this_block({(unsigned)(width + THREADS - 1) / THREADS, (unsigned)height, 1}, THREADS, 1);
    const int x = block.x + threadIdx.x;
    wf_follow_in_turn();
    return {block.y, x, x < width};
}

/* ---- Down -------------------------------------------------------------------------------------------------------- */

#define DOWN_WIDTH  32 /* of a block, in pixels of its first output; of its last one it has a row */
#define DOWN_HEIGHT 8

struct down_args {
    wf_light_args input;
    wf_halves halves;
    int width, height; /* of the input */
};

static __global__ void __launch_bounds__(DOWN_WIDTH *DOWN_HEIGHT) halve(const down_args args)
{
    __shared__ float3 tile[2 * DOWN_WIDTH * DOWN_HEIGHT];
    const wf_halves &halves = args.halves;
    const int y0 = blockIdx.y * DOWN_HEIGHT, x0 = blockIdx.x * DOWN_WIDTH;
    const int y = y0 + threadIdx.x / DOWN_WIDTH, x = x0 + threadIdx.x % DOWN_WIDTH;
    wf_follow_in_turn();
    wf_raw_light raw[4];
#pragma unroll
    for (int i = 0; i < 4; i++)
        raw[i] = wf_read_raw(args.input, min(2 * y + i / 2, args.height - 1), min(2 * x + i % 2, args.width - 1),
                             args.width);
    float3 rows[2];
#pragma unroll
    for (int i = 0; i < 2; i++)
        rows[i] = wf_add_rounded(wf_finish_light(args.input, raw[2 * i]), wf_finish_light(args.input, raw[2 * i + 1]));
    const float3 mean = wf_halve(rows[0], rows[1]);
    if (y < halves.height && x < halves.width)
        wf_write_dense(halves.images[0], halves.width * halves.height, y * halves.width + x, mean);
    tile[threadIdx.x] = mean;
    __syncthreads();
    if (threadIdx.x < 32)
        wf_halve_further(halves, tile, DOWN_HEIGHT, DOWN_WIDTH, y0, x0);
}

wf_result wf_cuda_down(wf_cuda_device *device, cudaStream_t stream, const wf_downs *downs)
{
    for (int first = 0; first < downs->count; first += WF_HALVES) {
        const wf_down_call *calls = downs->calls + first;
        const int left = downs->count - first;
        const int64_t *size = calls->input.planes.size;
        down_args args = {wf_make_light(&calls->input), wf_make_halves(calls, left < WF_HALVES ? left : WF_HALVES),
                          (int)size[3], (int)size[2]};
        const dim3 blocks(wf_divide_up(args.width, 2 * DOWN_WIDTH), wf_divide_up(args.height, 2 * DOWN_HEIGHT));
        WF_TRY(wf_launch_follower(device, stream, (const void *)halve, blocks, DOWN_WIDTH * DOWN_HEIGHT, 0, &args));
    }
    return WF_OK;
}

/* ---- Blend ------------------------------------------------------------------------------------------------------- */

struct blend_args {
    wf_filtered_args filtered;
    const uint2 *albedo;
    float epsilon;
};

static __global__ void __launch_bounds__(THREADS) blend(const blend_args args)
{
    const wf_filtered_args &filtered = args.filtered;
    const place at = this_pixel(filtered.width, filtered.height);
    if (!at.inside)
        return;
    const size_t pixel = (size_t)at.y * filtered.width + at.x;
    const __half2 alphas = filtered.alpha ? filtered.alpha[pixel] : __float2half2_rn(0);
    float3 factor = make_float3(1, 1, 1);
    if (args.albedo)
        factor = wf_find_divisor(__ldg(args.albedo + pixel), args.epsilon);
    for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (!(filtered.operators >> op & 1))
            continue;
        float3 o = wf_read_rgb(filtered.image[op], at.y, at.x);
        if (filtered.alpha)
            o = o + wf_find_alpha(alphas, op) *
                        wf_upsample(filtered.blend[op], at.y, at.x, filtered.width, filtered.height);
        wf_write_rgb(filtered.image[op], at.y, at.x, make_float3(o.x * factor.x, o.y * factor.y, o.z * factor.z));
    }
}

wf_result wf_cuda_blend(wf_cuda_device *device, cudaStream_t stream, const wf_blend_call *call)
{
    blend_args args = {wf_make_filtered(call->operators, &call->filtered), (const uint2 *)call->albedo.data,
                       call->epsilon};
    return launch(device, stream, (const void *)blend, args.filtered.width, args.filtered.height, &args);
}

/* ---- One kernel a level ------------------------------------------------------------------------------------------ */

template <typename Level>
static wf_result launch_tiles(wf_cuda_device *device, cudaStream_t stream, const void *kernel, int width, int height,
                              size_t shared_bytes, void *args)
{
    const dim3 blocks(wf_divide_up(width, WF_LEVEL_WIDTH), wf_divide_up(height, Level::HEIGHT));
    return wf_launch_follower(device, stream, kernel, blocks, WF_LEVEL_THREADS, shared_bytes, args);
}

/* Flat tiles where high ones would leave multiprocessors without work. */
static bool is_small(const wf_cuda_device *device, int width, int height)
{
    return (int64_t)width * height < (int64_t)device->multiprocessors * WF_LEVEL_WIDTH * 16;
}

template <typename Level>
static wf_result launch_level(wf_cuda_device *device, cudaStream_t stream, const wf_level_call *call)
{
    wf_level_args args = {
        wf_make_logits(&call->head, &call->decoded, WF_PART_GATHER),
        wf_make_logits(&call->head, &call->decoded, WF_PART_SPLAT),
        wf_make_light(&call->light),
        wf_make_filtered(call->operators, &call->output),
        wf_make_filtered(call->operators, &call->coarser),
        {(unsigned *)call->blend_counters, (const uint2 *)call->light.albedo.data, call->light.epsilon},
        call->before};
    const void *kernel = call->operators == 1 << WF_GATHER  ? wf_filter_level_of<Level, true, false>()
                         : call->operators == 1 << WF_SPLAT ? wf_filter_level_of<Level, false, true>()
                                                            : wf_filter_level_of<Level, true, true>();
    return launch_tiles<Level>(device, stream, kernel, args.output.width, args.output.height,
                               wf_level_bytes<Level, true>(), &args);
}

template <int K> static wf_result filter_fused(wf_cuda_device *device, cudaStream_t stream, const wf_level_call *call)
{
    if (is_small(device, call->decoded.width, call->decoded.height))
        return launch_level<wf_level<K, 4, 2>>(device, stream, call);
    if (call->head.inputs > 16)
        return launch_level<wf_level<K, 16, 2>>(device, stream, call);
    return launch_level<wf_level<K, 16, 0>>(device, stream, call);
}

template <int K>
static wf_result filter_albedo_fused(wf_cuda_device *device, cudaStream_t stream, const wf_albedo_call *call)
{
    typedef wf_level<K, 16, 2> deep;
    typedef wf_level<K, 16, 0> level;
    wf_albedo_args args = {wf_make_logits(&call->head, &call->decoded, WF_PART_ALBEDO),
                           wf_view_or_none(&call->albedo),
                           (uint2 *)call->output.data,
                           call->output.width,
                           call->output.height,
                           wf_has_dense_rows(wf_view_or_none(&call->albedo), call->output.width),
                           call->downs.count && wf_is_paired(wf_make_view(&call->downs.calls[0].input.planes)),
                           wf_make_light(&call->downs.calls[0].input),
                           wf_make_halves(call->downs.calls, call->downs.count)};
    if (call->head.inputs > 16)
        return launch_tiles<deep>(device, stream, wf_filter_albedo_of<deep>(), args.width, args.height,
                                  wf_level_bytes<deep, false>(), &args);
    return launch_tiles<level>(device, stream, wf_filter_albedo_of<level>(), args.width, args.height,
                               wf_level_bytes<level, false>(), &args);
}

/* ---- Any kernel -------------------------------------------------------------------------------------------------- */

/* With 5x5 kernels a block needs more shared memory than compute capability 7.5 has. */
static bool is_fused(const wf_device *device, int kernel)
{
    return kernel == 3 || (kernel == 5 && wf_level_bytes<wf_level<5, 16, 0>, true>() <=
                                              ((const wf_cuda_device *)device)->block_memory);
}

int wf_cuda_halves(const wf_device *device, const wf_head *head, int count)
{
    return count <= WF_HALVES && is_fused(device, head->albedo_kernel);
}

/* The blend needs a coarser level. */
size_t wf_cuda_blend_counters(const wf_device *device, const wf_level_call *call)
{
    const wf_cuda_device *cuda = (const wf_cuda_device *)device;
    const int width = call->decoded.width, height = call->decoded.height;
    if (!call->head.alphas || !is_fused(device, call->head.kernel))
        return 0;
    return wf_count_blend_tiles(width, height, is_small(cuda, width, height) ? 4 : 16) * sizeof(unsigned);
}

static size_t pixels_of(const wf_activation *a)
{
    return (size_t)a->width * a->height;
}

/* Planes of light, or of albedo before and after, and then of logits. */
struct workspace {
    wf_tensor light, filtered, logits;
    size_t size;
};

static workspace lay_out(void *data, const wf_activation *decoded, int images, int kernel)
{
    const size_t planes = 3 * pixels_of(decoded) * sizeof(float);
    char *at = (char *)data;
    const int height = decoded->height, width = decoded->width, taps = kernel * kernel;
    return {wf_dense(at, WF_FLOAT32, 1, 3, height, width), wf_dense(at + planes, WF_FLOAT32, 1, 3, height, width),
            wf_dense(at + images * planes, WF_FLOAT16, 1, taps, height, width),
            images * planes + taps * pixels_of(decoded) * sizeof(__half)};
}

size_t wf_cuda_albedo_workspace(const wf_device *device, const wf_albedo_call *call)
{
    return is_fused(device, call->head.albedo_kernel) ? 0
                                                      : lay_out(NULL, &call->decoded, 2, call->head.albedo_kernel).size;
}

size_t wf_cuda_level_workspace(const wf_device *device, const wf_level_call *call)
{
    return is_fused(device, call->head.kernel) ? 0 : lay_out(NULL, &call->decoded, 1, call->head.kernel).size;
}

struct copy_args {
    wf_light_args light; /* or a clean and clamped albedo */
    wf_view planes;
    uint2 *halves; /* instead of planes */
    int width, height, is_albedo;
};

static __global__ void __launch_bounds__(THREADS) copy_light(const copy_args args)
{
    const place at = this_pixel(args.width, args.height);
    if (!at.inside)
        return;
    const float3 rgb = args.is_albedo ? wf_clamp(wf_read_clean(args.light.planes, at.y, at.x), 0, 1)
                                      : wf_finish_light(args.light, wf_read_raw(args.light, at.y, at.x, args.width));
    if (args.halves)
        args.halves[(size_t)at.y * args.width + at.x] =
            make_uint2(wf_bits(__floats2half2_rn(rgb.x, rgb.y)), wf_bits(__floats2half2_rn(rgb.z, 0)));
    else
        wf_write_rgb(args.planes, at.y, at.x, rgb);
}

static wf_result filter(wf_cuda_device *device, cudaStream_t stream, wf_operator op, int kernel, const workspace *w,
                        const wf_tensor *output)
{
    wf_filter_call call = {};
    call.op = op;
    call.filter = {kernel, kernel, 1, WF_SOFTMAX, 1};
    call.input = w->light, call.weight = w->logits, call.output = *output;
    return op == WF_SPLAT ? wf_cuda_splat(device, stream, &call) : wf_cuda_gather(device, stream, &call);
}

struct blends_args {
    wf_filtered_args own, coarser;
};

static __global__ void __launch_bounds__(THREADS) store_blends(const blends_args args)
{
    const wf_filtered_args &own = args.own;
    const place at = this_pixel((own.width + 1) / 2, (own.height + 1) / 2);
    if (!at.inside)
        return;
    const int rows = min(2, own.height - 2 * at.y), columns = min(2, own.width - 2 * at.x);
    for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (!(own.operators >> op & 1))
            continue;
        float3 sum = make_float3(0, 0, 0);
        for (int i = 0; i < rows * columns; i++)
            sum = sum + wf_read_rgb(own.image[op], 2 * at.y + i / columns, 2 * at.x + i % columns);
        const int width = (own.width + 1) / 2, plane = width * ((own.height + 1) / 2);
        wf_write_dense(own.blend[op], plane, at.y * width + at.x,
                       wf_blended(args.coarser, op, at.y, at.x) - (1.0f / (rows * columns)) * sum);
    }
}

static wf_result filter_any(wf_cuda_device *device, cudaStream_t stream, const wf_level_call *call)
{
    const wf_head *head = &call->head;
    const int width = call->decoded.width, height = call->decoded.height;
    const workspace w = lay_out(call->workspace, &call->decoded, 1, head->kernel);
    copy_args copy = {wf_make_light(&call->light), wf_make_view(&w.light), NULL, width, height, 0};
    WF_TRY(launch(device, stream, (const void *)copy_light, width, height, &copy));
    for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (!(call->operators >> op & 1))
            continue;
        const int part = op == WF_SPLAT ? WF_PART_SPLAT : WF_PART_GATHER;
        WF_TRY(wf_cuda_store_logits(device, stream, head, &call->decoded, part, w.logits.data));
        WF_TRY(filter(device, stream, (wf_operator)op, head->kernel, &w, &call->output.image[op]));
    }
    if (!head->alphas)
        return WF_OK;
    WF_TRY(wf_cuda_store_alphas(device, stream, head, &call->decoded, call->output.alpha.data));
    blends_args args = {wf_make_filtered(call->operators, &call->output),
                        wf_make_filtered(call->operators, &call->coarser)};
    return launch(device, stream, (const void *)store_blends, (width + 1) / 2, (height + 1) / 2, &args);
}

static wf_result filter_albedo_any(wf_cuda_device *device, cudaStream_t stream, const wf_albedo_call *call)
{
    const wf_head *head = &call->head;
    const int width = call->decoded.width, height = call->decoded.height;
    const workspace w = lay_out(call->workspace, &call->decoded, 2, head->albedo_kernel);
    copy_args before = {
        {wf_view_or_none(&call->albedo), NULL, 0, 1, false}, wf_make_view(&w.light), NULL, width, height, 1};
    WF_TRY(launch(device, stream, (const void *)copy_light, width, height, &before));
    WF_TRY(wf_cuda_store_logits(device, stream, head, &call->decoded, WF_PART_ALBEDO, w.logits.data));
    WF_TRY(filter(device, stream, WF_GATHER, head->albedo_kernel, &w, &w.filtered));
    copy_args after = {
        {wf_make_view(&w.filtered), NULL, 0, 0, false}, {}, (uint2 *)call->output.data, width, height, 0};
    return launch(device, stream, (const void *)copy_light, width, height, &after);
}

/* ---- Levels ------------------------------------------------------------------------------------------------------ */

wf_result wf_cuda_filter_albedo(wf_cuda_device *device, cudaStream_t stream, const wf_albedo_call *call)
{
    if (!is_fused(&device->base, call->head.albedo_kernel))
        return filter_albedo_any(device, stream, call);
    return call->head.albedo_kernel == 5 ? filter_albedo_fused<5>(device, stream, call)
                                         : filter_albedo_fused<3>(device, stream, call);
}

wf_result wf_cuda_filter_level(wf_cuda_device *device, cudaStream_t stream, const wf_level_call *call)
{
    if (!is_fused(&device->base, call->head.kernel))
        return filter_any(device, stream, call);
    return call->head.kernel == 5 ? filter_fused<5>(device, stream, call) : filter_fused<3>(device, stream, call);
}
