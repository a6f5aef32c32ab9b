/* Steps between the levels of a pyramid: one thread a pixel, which goes through the channels. */
#include "launch.cuh"

#define WIDTH  32
#define HEIGHT 4

struct step_args {
    wf_grid grid;
    wf_view fine, coarse, alpha;
    int width, height; /* of the finer level */
    int channels, subtract;
};

static __device__ __forceinline__ float *at(const wf_view &view, int n, int c, int y, int x)
{
    return wf_at<float>(view, n, c, y, x);
}

/* This thread's pixel: of the coarser level going down, else of the finer one. */
static __device__ __forceinline__ wf_block this_pixel(const step_args &args)
{
    wf_block block = wf_this_block(args.grid, WIDTH, HEIGHT);
    block.x += threadIdx.x;
    block.y += threadIdx.y;
    return block;
}

static __global__ void __launch_bounds__(WIDTH *HEIGHT) step_down(const step_args args)
{
    const wf_block p = this_pixel(args);
    const int rows = min(2, args.height - 2 * p.y), columns = min(2, args.width - 2 * p.x);
    if (rows <= 0 || columns <= 0)
        return;
    for (int c = 0; c < args.channels; c++) {
        float sum = 0;
        for (int i = 0; i < rows * columns; i++)
            sum += *at(args.fine, p.n, c, 2 * p.y + i / columns, 2 * p.x + i % columns);
        float *to = at(args.coarse, p.n, c, p.y, p.x);
        const float mean = sum / (rows * columns);
        *to = args.subtract ? *to - mean : mean;
    }
}

/* The coarse pixel that has the other quarter of a fine one, in one dimension. */
static __device__ __forceinline__ int neighbour(int fine, int count)
{
    return fine % 2 ? min(fine / 2 + 1, (count + 1) / 2 - 1) : max(fine / 2 - 1, 0);
}

template <typename Alpha> static __global__ void __launch_bounds__(WIDTH *HEIGHT) step_up(const step_args args)
{
    const wf_block p = this_pixel(args);
    if (p.x >= args.width || p.y >= args.height)
        return;
    const int y0 = p.y / 2, x0 = p.x / 2, y1 = neighbour(p.y, args.height), x1 = neighbour(p.x, args.width);
    const float alpha = wf_get(wf_at<const Alpha>(args.alpha, p.n, 0, p.y, p.x));
    for (int c = 0; c < args.channels; c++) {
        const float near = 0.75f * *at(args.coarse, p.n, c, y0, x0) + 0.25f * *at(args.coarse, p.n, c, y0, x1);
        const float far = 0.75f * *at(args.coarse, p.n, c, y1, x0) + 0.25f * *at(args.coarse, p.n, c, y1, x1);
        *at(args.fine, p.n, c, p.y, p.x) += alpha * (0.75f * near + 0.25f * far);
    }
}

static wf_result launch(wf_cuda_device *device, cudaStream_t stream, const void *kernel, const wf_tensor *pixels,
                        const wf_step_call *call)
{
    const wf_grid grid = {wf_divide_up(pixels->size[3], WIDTH), wf_divide_up(pixels->size[2], HEIGHT), 1};
    step_args args = {grid,
                      wf_make_view(&call->fine),
                      wf_make_view(&call->coarse),
                      wf_make_view(&call->alpha),
                      (int)call->fine.size[3],
                      (int)call->fine.size[2],
                      (int)call->fine.size[1],
                      call->subtract};
    void *arguments[] = {&args};
    return wf_launch(device, stream, kernel, grid, pixels->size[0], dim3(WIDTH, HEIGHT), arguments, 0);
}

wf_result wf_cuda_step_down(wf_cuda_device *device, cudaStream_t stream, const wf_step_call *call)
{
    return launch(device, stream, (const void *)step_down, &call->coarse, call);
}

wf_result wf_cuda_step_up(wf_cuda_device *device, cudaStream_t stream, const wf_step_call *call)
{
    const void *kernel = call->alpha.dtype == WF_FLOAT16 ? (const void *)step_up<__half> : (const void *)step_up<float>;
    return launch(device, stream, kernel, &call->fine, call);
}
