/* A few pixels' weights, out of all: one thread a weight. */
#include "launch.cuh"
#include "static_switch.cuh"
#include "taps.h"

#define THREADS 128

struct pick_args {
    wf_view weight;
    float *output;
    int width, height; /* of the weights' image */
    int y, x, columns, count;
    int kernel_height, kernel_width, dilation, taps, landing;
};

template <typename Weight> static __global__ void __launch_bounds__(THREADS) pick(const pick_args args)
{
    const int i = blockIdx.x * THREADS + threadIdx.x;
    if (i >= args.count)
        return;
    const int tap = i % args.taps, pixel = i / args.taps, in_group = tap % (args.kernel_height * args.kernel_width);
    int64_t y = args.y + pixel / args.columns, x = args.x + pixel % args.columns;
    if (args.landing) {
        y -= wf_tap_offset(in_group / args.kernel_width, args.kernel_height, args.dilation);
        x -= wf_tap_offset(in_group % args.kernel_width, args.kernel_width, args.dilation);
    }
    const bool inside = y >= 0 && y < args.height && x >= 0 && x < args.width;
    args.output[i] = inside ? (float)wf_get(wf_at<const Weight>(args.weight, 0, tap, y, x)) : 0;
}

static const void *kernel_of(wf_dtype dtype)
{
    return wf_switch_element(dtype, [](auto element) { return (const void *)pick<decltype(element)>; });
}

wf_result wf_cuda_pick(wf_cuda_device *device, cudaStream_t stream, const wf_pick_call *call)
{
    const wf_filter *filter = &call->filter;
    const int taps = (int)call->weight.size[1], count = call->rows * call->columns * taps;
    pick_args args = {wf_make_view(&call->weight),
                      call->output,
                      (int)call->weight.size[3],
                      (int)call->weight.size[2],
                      call->y,
                      call->x,
                      call->columns,
                      count,
                      filter->kernel_height,
                      filter->kernel_width,
                      filter->dilation,
                      taps,
                      call->landing};
    void *arguments[] = {&args};
    return wf_launch(device, stream, kernel_of(call->weight.dtype), dim3(wf_divide_up(count, THREADS)), dim3(THREADS),
                     arguments, 0);
}
