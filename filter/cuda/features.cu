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
    float light = 0;
    float4 sum = make_float4(0, 0, 0, 0);
    for (int row = 0; row < rows && x < args.width; row++) {
        light += light_of(wf_clean(wf_read_rgb(args.color, y0 + row, x)));
        const float depth = wf_read_depth(args.depth, y0 + row, x);
        if (depth > 0) {
            sum.z += logf(depth);
            sum.w++;
        }
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

static __global__ void __launch_bounds__(THREADS) find_exposure(const float4 *sums, int count, wf_exposure *exposure)
{
    __shared__ float4 shared[THREADS];
    float4 sum = make_float4(0, 0, 0, 0);
    for (int i = threadIdx.x; i < count; i += THREADS)
        sum.x += sums[i].x, sum.y += sums[i].y, sum.z += sums[i].z, sum.w += sums[i].w;
    sum = add_threads(sum, shared);
    if (threadIdx.x == 0) {
        exposure->exposure = sum.y > 0 ? (float)WF_KEY * exp2f(-sum.x / sum.y) : 1;
        exposure->mean_log_depth = sum.w > 0 ? sum.z / sum.w : 0;
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
    void *first[] = {&args};
    cudaError_t error = cudaLaunchKernel((const void *)sum_logarithms, grid, dim3(THREADS), first, 0, stream);
    if (error == cudaSuccess) {
        int count = (int)(grid.x * grid.y);
        wf_exposure *exposure = call->exposure;
        void *second[] = {&args.sums, &count, &exposure};
        error = cudaLaunchKernel((const void *)find_exposure, dim3(1), dim3(THREADS), second, 0, stream);
    }
    return wf_cuda_check(&device->base.log, error, "launching the exposure");
}

/* ---- Features ----------------------------------------------------------------------------------------------------- */

struct features_args {
    wf_features_args features;
    int width;
    wf_grid grid;
    uint4 *output; /* two a pixel */
};

static __global__ void __launch_bounds__(THREADS) make_features(const features_args args)
{
    const wf_block block = wf_this_block(args.grid, THREADS, 1);
    const int x = block.x + threadIdx.x;
    if (x >= args.width)
        return;
    uint4 halves[2];
    wf_find_features(args.features, *args.features.exposure, block.y, x, halves);
    uint4 *to = args.output + 2 * ((size_t)block.y * args.width + x);
    to[0] = halves[0];
    to[1] = halves[1];
}

wf_result wf_cuda_features(wf_cuda_device *device, cudaStream_t stream, const wf_features_call *call)
{
    const int width = call->output.width, height = call->output.height;
    features_args args = {wf_make_features_args(call),
                          width,
                          {wf_divide_up(width, THREADS), (unsigned)height, 1},
                          (uint4 *)call->output.data};
    void *arguments[] = {&args};
    return wf_launch(&device->base.log, stream, (const void *)make_features, args.grid, 1, dim3(THREADS), arguments, 0);
}
