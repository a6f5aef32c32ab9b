/* Figures of every pixel's kernel: one thread a pixel of the level. */
#include "launch.cuh"
#include "static_switch.cuh"
#include "summary.h"

#define BLOCK_WIDTH  64
#define BLOCK_HEIGHT 4
#define TAPS         4 /* that are on their way at once */

struct summarize_args {
    wf_view weight;
    const void *alpha;               /* NULL: none */
    float *outputs[WF_FIGURE_COUNT]; /* NULL: not asked for */
    int width, height;               /* of the weights' image */
    int output_width, output_height;
    int kernel_height, kernel_width, dilation, is_linear, landing, level;
    int alpha_is_half, alpha_is_logit;
};

/* Of softmax: the factors so far are those by the largest logit of all, these included. */
static __device__ void raise_largest(wf_summary *summary, float *largest, const float logits[TAPS])
{
    float most = *largest;
#pragma unroll
    for (int k = 0; k < TAPS; k++)
        most = fmaxf(most, logits[k]);
    if (most > *largest) {
        wf_summary_scale(summary, wf_summary_exponent(*largest, most));
        *largest = most;
    }
}

template <typename Weight, bool IS_SOFTMAX>
static __device__ wf_summary summarize_pixel(const summarize_args &args, int y, int x)
{
    const int sign = args.landing ? -1 : 1;
    const int64_t step = args.weight.channel - (args.landing ? args.dilation * args.weight.column : 0);
    int first, last;
    wf_tap_range(x, args.width, args.kernel_width, args.dilation, sign, &first, &last);
    const int first_dx = wf_tap_offset(first, args.kernel_width, args.dilation);
    float largest = -FLT_MAX;
    wf_summary summary = {};
    for (int i = 0; i < args.kernel_height; i++) {
        const int dy = wf_tap_offset(i, args.kernel_height, args.dilation), other_y = y + sign * dy;
        if (other_y < 0 || other_y >= args.height)
            continue;
        const Weight *from = wf_at<const Weight>(args.weight, 0, i * args.kernel_width + first,
                                                 args.landing ? other_y : y, args.landing ? x - first_dx : x);
        float dx = (float)first_dx;
        for (int count = last - first; count > 0; count -= TAPS, from += TAPS * step) {
            float weights[TAPS];
#pragma unroll
            for (int k = 0; k < TAPS; k++)
                weights[k] = k < count ? (float)wf_get(from + k * step) : IS_SOFTMAX ? -INFINITY : 0;
            if (IS_SOFTMAX)
                raise_largest(&summary, &largest, weights);
#pragma unroll
            for (int k = 0; k < TAPS; k++, dx += (float)args.dilation) {
                const float logarithm =
                    IS_SOFTMAX ? wf_summary_exponent(weights[k], largest) : wf_summary_log2(weights[k]);
                wf_summary_add(&summary, IS_SOFTMAX ? exp2f(logarithm) : weights[k], logarithm,
                               fmaf(dx, dx, (float)(dy * dy)));
            }
        }
    }
    return summary;
}

static __device__ float blend_at(const summarize_args &args, int y, int x)
{
    if (!args.alpha)
        return 0;
    const size_t index = (size_t)y * args.width + x;
    const float alpha =
        args.alpha_is_half ? __half2float(((const __half *)args.alpha)[index]) : ((const float *)args.alpha)[index];
    return args.alpha_is_logit ? 1 / (1 + expf(-alpha)) : alpha;
}

/* A pixel of the level is a square of the output. */
static __device__ void fill(const summarize_args &args, float *output, int y, int x, float value)
{
    if (!output)
        return;
    const int end_y = min((y + 1) << args.level, args.output_height);
    const int end_x = min((x + 1) << args.level, args.output_width);
    for (int to_y = y << args.level; to_y < end_y; to_y++)
        for (int to_x = x << args.level; to_x < end_x; to_x++)
            output[(size_t)to_y * args.output_width + to_x] = value;
}

template <typename Weight, bool IS_SOFTMAX>
static __global__ void __launch_bounds__(BLOCK_WIDTH *BLOCK_HEIGHT) summarize(const summarize_args args)
{
    const int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= args.width || y >= args.height)
        return;
    const wf_summary s = summarize_pixel<Weight, IS_SOFTMAX>(args, y, x);
    const float divisor = wf_summary_divisor(&s, args.is_linear, (float)WF_MIN_SUM);
    fill(args, args.outputs[WF_FIGURE_SUM], y, x, s.sum / divisor);
    fill(args, args.outputs[WF_FIGURE_ENTROPY], y, x, wf_summary_entropy(&s));
    fill(args, args.outputs[WF_FIGURE_RADIUS], y, x, wf_summary_radius(&s));
    fill(args, args.outputs[WF_FIGURE_OWN], y, x, s.own / divisor);
    fill(args, args.outputs[WF_FIGURE_BLEND], y, x, blend_at(args, y, x));
}

static const void *kernel_of(wf_dtype dtype, wf_mode mode)
{
    return wf_switch_element(dtype, [=](auto element) {
        using Weight = decltype(element);
        return mode == WF_SOFTMAX ? (const void *)summarize<Weight, true> : (const void *)summarize<Weight, false>;
    });
}

wf_result wf_cuda_summarize(wf_cuda_device *device, cudaStream_t stream, const wf_summary_call *call)
{
    const wf_filter *filter = &call->filter;
    summarize_args args = {wf_make_view(&call->weight),
                           wf_present(&call->alpha) ? call->alpha.data : NULL,
                           {},
                           (int)call->weight.size[3],
                           (int)call->weight.size[2],
                           call->width,
                           call->height,
                           wf_summary_rows(call),
                           filter->kernel_width,
                           filter->dilation,
                           filter->mode == WF_LINEAR,
                           call->landing,
                           call->level,
                           call->alpha.dtype == WF_FLOAT16,
                           call->alpha_is_logit};
    void *arguments[] = {&args};
    for (int figure = 0; figure < WF_FIGURE_COUNT; figure++)
        args.outputs[figure] = call->outputs[figure];
    const dim3 grid(wf_divide_up(args.width, BLOCK_WIDTH), wf_divide_up(args.height, BLOCK_HEIGHT));
    return wf_launch(device, stream, kernel_of(call->weight.dtype, filter->mode), grid, dim3(BLOCK_WIDTH, BLOCK_HEIGHT),
                     arguments, 0);
}
