/* The analytic predictor: one kernel compresses the colour into scratch, a second one computes every pixel's weights. */
#include <float.h>

#include "common.cuh"
#include "taps.h"

#define BLOCK_WIDTH  64
#define BLOCK_HEIGHT 4

/* An optional image. Distances are scaled by 1 / (2 sigma^2). */
struct feature {
    wf_view view;
    float scale;
};

struct predict_args {
    wf_grid grid;
    wf_view color, weight;
    feature scratch, albedo, normal, depth;
    float space_scale, firefly_ratio;
    int width, height, kernel_height, kernel_width;
};

static __device__ __forceinline__ float element(const wf_view &view, int n, int c, int y, int x)
{
    return __ldg(wf_at<const float>(view, n, c, y) + x);
}

/* The 3x3 mean of c / (1 + c), and after its three channels the confidence. */
static __global__ void __launch_bounds__(BLOCK_WIDTH *BLOCK_HEIGHT) compress_color(const predict_args args)
{
    const wf_block block = wf_this_block(args.grid, BLOCK_WIDTH, BLOCK_HEIGHT);
    int x = block.x + threadIdx.x, y = block.y + threadIdx.y;
    if (x >= args.width || y >= args.height)
        return;
    int left = max(x - 1, 0), right = min(x + 1, args.width - 1);
    int top = max(y - 1, 0), bottom = min(y + 1, args.height - 1);
    float brightest = 0, surroundings = 0;
    for (int c = 0; c < 3; c++) {
        float sum = 0;
        for (int v = top; v <= bottom; v++) {
            for (int u = left; u <= right; u++) {
                float color = fmaxf(element(args.color, block.n, c, v, u), 0.0f);
                sum += color / (1 + color);
            }
        }
        float mean = sum / ((right - left + 1) * (bottom - top + 1));
        wf_at<float>(args.scratch.view, block.n, c, y)[x] = mean;
        brightest = fmaxf(brightest, element(args.color, block.n, c, y, x));
        surroundings = fmaxf(surroundings, mean / (1 - mean));
    }
    wf_at<float>(args.scratch.view, block.n, 3, y)[x] =
        fminf(1, (args.firefly_ratio * surroundings + 1e-3f) / (brightest + 1e-3f));
}

/* What a pixel's features are compared with. */
struct here {
    float compressed[3], albedo[3], normal[3], depth, confidence;
};

static __device__ __forceinline__ void load_feature(const feature &f, int n, int y, int x, float (&to)[3])
{
#pragma unroll
    for (int c = 0; c < 3; c++)
        to[c] = f.view.data ? element(f.view, n, c, y, x) : 0;
}

static __device__ __forceinline__ float distance_to(const feature &f, int n, int y, int x, const float (&from)[3])
{
    float there[3], sum = 0;
    if (!f.view.data)
        return 0;
    load_feature(f, n, y, x, there);
#pragma unroll
    for (int c = 0; c < 3; c++)
        sum += (there[c] - from[c]) * (there[c] - from[c]);
    return sum * f.scale;
}

static __device__ __forceinline__ float depth_distance(const feature &f, int n, int y, int x, float from)
{
    if (!f.view.data)
        return 0;
    float there = element(f.view, n, 0, y, x);
    float difference = (there - from) / (1e-3f + fminf(fabsf(there), fabsf(from)));
    return difference * difference * f.scale;
}

template <typename Weight>
static __global__ void __launch_bounds__(BLOCK_WIDTH *BLOCK_HEIGHT) predict_weights(const predict_args args)
{
    const wf_block block = wf_this_block(args.grid, BLOCK_WIDTH, BLOCK_HEIGHT);
    int x = block.x + threadIdx.x, y = block.y + threadIdx.y, n = block.n;
    if (x >= args.width || y >= args.height)
        return;
    here p;
    load_feature(args.scratch, n, y, x, p.compressed);
    load_feature(args.albedo, n, y, x, p.albedo);
    load_feature(args.normal, n, y, x, p.normal);
    p.depth = args.depth.view.data ? element(args.depth.view, n, 0, y, x) : 0;
    p.confidence = element(args.scratch.view, n, 3, y, x);
    Weight *weight = wf_at<Weight>(args.weight, n, 0, y) + x;
    for (int i = 0; i < args.kernel_height; i++) {
        int dy = wf_tap_offset(i, args.kernel_height, 1), v = y + dy;
        for (int j = 0; j < args.kernel_width; j++, weight += args.weight.channel) {
            int dx = wf_tap_offset(j, args.kernel_width, 1), u = x + dx;
            float value = 0;
            if (v >= 0 && v < args.height && u >= 0 && u < args.width)
                value =
                    p.confidence *
                    expf(-(dx * dx + dy * dy) * args.space_scale - distance_to(args.scratch, n, v, u, p.compressed) -
                         distance_to(args.albedo, n, v, u, p.albedo) - distance_to(args.normal, n, v, u, p.normal) -
                         depth_distance(args.depth, n, v, u, p.depth));
            wf_set(weight, value);
        }
    }
}

/* Finite, so that a distance of 0 stays 0 for the smallest sigma. */
static float scale_of(float sigma)
{
    return (float)fmin(1 / (2.0 * sigma * sigma), FLT_MAX);
}

static feature make_feature(const wf_tensor *tensor, float sigma)
{
    return {wf_make_view(tensor), scale_of(sigma)};
}

static wf_result launch(wf_cuda_device *device, cudaStream_t stream, const void *kernel, predict_args *args,
                        int64_t images)
{
    void *arguments[] = {args};
    return wf_launch(&device->base.log, stream, kernel, args->grid, images, dim3(BLOCK_WIDTH, BLOCK_HEIGHT), arguments,
                     0);
}

wf_result wf_cuda_predict_bilateral(wf_cuda_device *device, cudaStream_t stream, const wf_bilateral_call *call)
{
    const wf_bilateral *p = &call->parameters;
    const int64_t *size = call->color.size;
    predict_args args = {};
    args.grid = {wf_divide_up(size[3], BLOCK_WIDTH), wf_divide_up(size[2], BLOCK_HEIGHT), 1};
    args.color = wf_make_view(&call->color);
    args.weight = wf_make_view(&call->weight);
    args.scratch = make_feature(&call->scratch, p->sigma_color);
    args.albedo = make_feature(&call->albedo, p->sigma_albedo);
    args.normal = make_feature(&call->normal, p->sigma_normal);
    args.depth = make_feature(&call->depth, p->sigma_depth);
    args.space_scale = scale_of(p->sigma_space);
    args.firefly_ratio = p->firefly_ratio;
    args.width = (int)size[3], args.height = (int)size[2];
    args.kernel_height = p->kernel_height, args.kernel_width = p->kernel_width;
    wf_result result = launch(device, stream, (const void *)compress_color, &args, size[0]);
    if (result != WF_OK)
        return result;
    return launch(device, stream,
                  call->weight.dtype == WF_FLOAT16 ? (const void *)predict_weights<__half>
                                                   : (const void *)predict_weights<float>,
                  &args, size[0]);
}

cudaError_t wf_cuda_architecture(int *architecture)
{
    cudaFuncAttributes attributes;
    cudaError_t error = cudaFuncGetAttributes(&attributes, (const void *)compress_color);
    *architecture = error == cudaSuccess ? attributes.ptxVersion : 0;
    return error;
}
