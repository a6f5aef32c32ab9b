/* A frame's exposure and the network's features. */
#include "features.cuh"
#include "network.h"

#define THREADS 128 /* a block exposes blocks of pixels side by side: one thread a column */
#define SUMS    4   /* of log2 of light, of blocks, of ln of depth, of hits */

struct expose_args {
    wf_view color, depth;
    int width, height;
    float4 *sums; /* of each CUDA block */
};

/* Adds up a value of every thread, in a fixed order. For thread 0. */
static __device__ float4 add_threads(float4 value, float4 *shared)
{
    shared[threadIdx.x] = value;
    for (int half = THREADS / 2; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) {
            const float4 a = shared[threadIdx.x], b = shared[threadIdx.x + half];
            shared[threadIdx.x] = make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
        }
    }
    return shared[0];
}

static __device__ float light_of(float3 rgb)
{
    return (fmaxf(rgb.x, 0) + fmaxf(rgb.y, 0) + fmaxf(rgb.z, 0)) / 3;
}

static __global__ void __launch_bounds__(THREADS) sum_logarithms(const expose_args args)
{
    __shared__ float columns[THREADS];
    __shared__ float4 shared[THREADS];
    const int x = blockIdx.x * THREADS + threadIdx.x, y0 = blockIdx.y * WF_BLOCK;
    const int rows = min(WF_BLOCK, args.height - y0);
    wf_follow_in_turn();
    float light = 0;
    float4 sum = make_float4(0, 0, 0, 0);
#pragma unroll 8
    for (int row = 0; row < WF_BLOCK; row++) { /* without branches, so that several rows are read at once */
        const int at_y = min(y0 + row, args.height - 1), at_x = min(x, args.width - 1);
        const float3 color = wf_read_rgb(args.color, at_y, at_x);
        const float depth = wf_read_depth(args.depth, at_y, at_x);
        const bool inside = row < rows && x < args.width, is_hit = inside && depth > 0;
        light += (inside ? 1 : 0) * light_of(wf_clean(color));
        sum.z += __logf(is_hit ? depth : 1);
        sum.w += is_hit ? 1 : 0;
    }
    columns[threadIdx.x] = light;
    __syncthreads();
    if (threadIdx.x % WF_BLOCK == 0 && x < args.width) {
        const int count = min(WF_BLOCK, args.width - x);
        float mean = 0;
        for (int i = 0; i < count; i++)
            mean += columns[threadIdx.x + i];
        mean /= rows * count;
        if (mean > (float)WF_DARKEST) {
            sum.x = log2f(mean);
            sum.y = 1;
        }
    }
    sum = add_threads(sum, shared);
    if (threadIdx.x == 0)
        args.sums[blockIdx.y * gridDim.x + blockIdx.x] = sum;
}

struct exposure_args {
    const float4 *sums;
    int count;
    wf_exposure *exposure;
};

static __global__ void __launch_bounds__(THREADS) find_exposure(const exposure_args args)
{
    __shared__ float4 shared[THREADS];
    float4 sum = make_float4(0, 0, 0, 0);
    wf_follow();
    for (int i = threadIdx.x; i < args.count; i += THREADS)
        sum.x += args.sums[i].x, sum.y += args.sums[i].y, sum.z += args.sums[i].z, sum.w += args.sums[i].w;
    sum = add_threads(sum, shared);
    if (threadIdx.x == 0) {
        args.exposure->exposure = sum.y > 0 ? (float)WF_KEY * exp2f(-sum.x / sum.y) : 1;
        args.exposure->mean_log_depth = sum.w > 0 ? sum.z / sum.w : 0;
    }
}

static dim3 expose_grid(int width, int height)
{
    return dim3(wf_divide_up(width, THREADS), wf_divide_up(height, WF_BLOCK));
}

size_t wf_cuda_expose_workspace(const wf_device *device, int width, int height)
{
    (void)device;
    const dim3 grid = expose_grid(width, height);
    return (size_t)grid.x * grid.y * sizeof(float4);
}

wf_result wf_cuda_expose(wf_cuda_device *device, cudaStream_t stream, const wf_expose_call *call)
{
    const int64_t *size = call->layers.color.size;
    expose_args args = {wf_make_view(&call->layers.color), wf_view_or_none(&call->layers.depth), (int)size[3],
                        (int)size[2], (float4 *)call->workspace};
    const dim3 grid = expose_grid(args.width, args.height);
    WF_TRY(wf_launch_follower(device, stream, (const void *)sum_logarithms, grid, THREADS, 0, &args));
    exposure_args last = {args.sums, (int)(grid.x * grid.y), call->exposure};
    return wf_launch_follower(device, stream, (const void *)find_exposure, dim3(1), THREADS, 0, &last);
}

/* ---- Features ---------------------------------------------------------------------------------------------------- */

struct features_args {
    wf_features_args features;
    int width;
    wf_grid grid;
    uint4 *output; /* two planes, each 8 channels */
};

static __global__ void __launch_bounds__(THREADS) make_features(const features_args args)
{
    const wf_block block = wf_this_block(args.grid, THREADS, 1);
    const int x = block.x + threadIdx.x;
    wf_follow();
    if (x >= args.width)
        return;
    uint4 halves[2];
    wf_find_features(args.features, *args.features.exposure, wf_read_guides(args.features, block.y, x), halves);
    uint4 *to = args.output + (size_t)block.y * args.width + x;
    to[0] = halves[0];
    to[(size_t)args.width * args.grid.rows] = halves[1];
}

wf_result wf_cuda_features(wf_cuda_device *device, cudaStream_t stream, const wf_features_call *call)
{
    const int width = call->output.width, height = call->output.height;
    features_args args = {wf_make_features_args(call),
                          width,
                          {wf_divide_up(width, THREADS), (unsigned)height, 1},
                          (uint4 *)call->output.data};
    return wf_launch_follower(device, stream, (const void *)make_features, args.grid, THREADS, &args);
}
