/* The gradient to the bias: grad_output's sum over images and pixels. Each block sums some rows, then a block a channel
 * adds up what those have found, always in the same order. In float64, which costs nothing beside the reading. */
#include "grad_bias.cuh"

#include "launch.cuh"
#include "static_switch.cuh"

#define THREADS 256
#define WARP    32
#define PIECE   1024 /* pixels of a row that a warp sums in a go */
#define PIECES  32   /* of a block */

struct bias_args {
    wf_grid grid;
    wf_view grad_output;
    double *sums; /* (C, blocks) */
    void *grad_bias;
    int64_t pieces; /* of a channel */
    int width, height, row_pieces;
};

/* The sum over the block's threads; of use in thread 0. */
static __device__ __forceinline__ double sum_of_block(double value)
{
    __shared__ double values[THREADS];
    values[threadIdx.x] = value;
    for (int half = THREADS / 2; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half)
            values[threadIdx.x] += values[threadIdx.x + half];
    }
    return values[0];
}

template <typename Image> static __global__ void __launch_bounds__(THREADS) sum_rows(const bias_args args)
{
    const wf_block block = wf_this_block(args.grid, 1, 1);
    const int64_t first = (int64_t)block.x * PIECES, last = min(first + PIECES, args.pieces);
    double sum = 0;
    for (int64_t piece = first + threadIdx.x / WARP; piece < last; piece += THREADS / WARP) {
        const int64_t row = piece / args.row_pieces;
        const int start = (int)(piece % args.row_pieces) * PIECE, count = min(args.width - start, PIECE);
        const Image *from =
            wf_at<const Image>(args.grad_output, row / args.height, block.pass, row % args.height, start);
        for (int x = threadIdx.x % WARP; x < count; x += WARP)
            sum += wf_get(from + x * args.grad_output.column);
    }
    sum = sum_of_block(sum);
    if (threadIdx.x == 0)
        args.sums[(int64_t)block.pass * args.grid.columns + block.x] = sum;
}

template <typename Real> static __global__ void __launch_bounds__(THREADS) add_up(const bias_args args)
{
    const int channel = blockIdx.x;
    const double *sums = args.sums + (int64_t)channel * args.grid.columns;
    double sum = 0;
    for (unsigned i = threadIdx.x; i < args.grid.columns; i += THREADS)
        sum += sums[i];
    sum = sum_of_block(sum);
    if (threadIdx.x == 0)
        ((Real *)args.grad_bias)[channel] = sum;
}

static bias_args make_args(const wf_backward_call *call)
{
    const int64_t *size = call->grad_output.size;
    bias_args args = {};
    args.width = (int)size[3], args.height = (int)size[2];
    args.row_pieces = (int)wf_divide_up(size[3], PIECE);
    args.pieces = size[0] * size[2] * args.row_pieces;
    args.grid = {wf_divide_up(args.pieces, PIECES), 1, (unsigned)size[1]};
    return args;
}

static const void *sum_kernel(wf_dtype image)
{
    return wf_switch_element(image, [](auto element) { return (const void *)sum_rows<decltype(element)>; });
}

size_t wf_grad_bias_workspace(const wf_backward_call *call)
{
    const bias_args args = make_args(call);
    return (size_t)args.grid.passes * args.grid.columns * sizeof *args.sums;
}

wf_result wf_launch_grad_bias(const wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call,
                              void *workspace)
{
    bias_args args = make_args(call);
    args.grad_output = wf_make_view(&call->grad_output);
    args.sums = (double *)workspace;
    args.grad_bias = call->grad_bias.data;
    void *arguments[] = {&args};
    WF_TRY(wf_launch(device, stream, sum_kernel(call->grad_output.dtype), args.grid, 1, THREADS, arguments, 0));
    const wf_grid channels = {args.grid.passes, 1, 1};
    const void *kernel =
        call->grad_bias.dtype == WF_FLOAT64 ? (const void *)add_up<double> : (const void *)add_up<float>;
    return wf_launch(device, stream, kernel, channels, 1, THREADS, arguments, 0);
}
