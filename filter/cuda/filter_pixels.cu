/* Gather and splat with one thread a pair of pixels, and the adjoint filter of softmax: any call. */
#include "pixels.cuh"
#include "static_switch.cuh"
#include "sums.cuh"
#include "taps.h"

/* What inputs are multiplied by. */
enum factors {
    WEIGHTS,        /* the weights; their sum divides the result, or not */
    SOFTMAX,        /* of the logits, normalised as they come in */
    SOFTMAX_ADJOINT /* of logits whose logsumexp, at their source, is known */
};

template <factors FACTORS>
static constexpr wf_mode sums_mode = FACTORS == WEIGHTS   ? WF_NORMALIZED
                                     : FACTORS == SOFTMAX ? WF_SOFTMAX
                                                          : WF_LINEAR;

template <factors FACTORS, typename Input, int CHANNELS>
using pair_sums = wf_sums<sums_mode<FACTORS>, CHANNELS, WF_PIXELS_PAIR, wf_real<Input>>;

struct filter_args {
    wf_pixel_grid grid;
    wf_view input, weight, output;
    wf_view coverage; /* read for SOFTMAX_ADJOINT, else written; may have no data */
    const void *bias;
    int channels, kernel_height, kernel_width, dilation;
    int direction;  /* from a pixel to its sources, along taps: +1 gather, -1 splat */
    int normalizes; /* divides by the sum of the factors */
};

/* Taps of a kernel row, at the first of them, and what leads to the next. `weight` is of each pixel of the pair. */
template <typename Input, typename Weight> struct tap_row {
    const Weight *weight[WF_PIXELS_PAIR];
    bool has[WF_PIXELS_PAIR]; /* whether this row of sources belongs to the pixel */
    const Input *source;
    const wf_real<Input> *coverage;
    int64_t weight_step, source_step, coverage_step;
};

/* Adds up to WF_PIXELS_TAPS taps and goes on behind them. */
template <factors FACTORS, typename Input, typename Weight, int CHANNELS>
static __device__ __forceinline__ void add_taps(pair_sums<FACTORS, Input, CHANNELS> &sums, tap_row<Input, Weight> &row,
                                                int taps, int64_t source_channel, int channels)
{
    using Real = wf_real<Input>;
    Real factor[WF_PIXELS_TAPS][WF_PIXELS_PAIR];
#pragma unroll
    for (int t = 0; t < WF_PIXELS_TAPS; t++) {
        Real coverage = FACTORS == SOFTMAX_ADJOINT && t < taps ? __ldg(row.coverage) : 0;
#pragma unroll
        for (int p = 0; p < WF_PIXELS_PAIR; p++) {
            factor[t][p] = row.has[p] && t < taps ? wf_get(row.weight[p]) : wf_no_weight<sums_mode<FACTORS>>();
            if constexpr (FACTORS == SOFTMAX_ADJOINT)
                factor[t][p] = wf_exp(factor[t][p] - coverage);
            row.weight[p] += row.weight_step;
        }
        row.coverage += row.coverage_step;
    }
    wf_sums_add_weights(sums, factor);
#pragma unroll
    for (int t = 0; t < WF_PIXELS_TAPS; t++, row.source += row.source_step) {
#pragma unroll
        for (int c = 0; c < CHANNELS; c++) {
            if (t >= taps || c >= channels)
                continue;
            Real value = wf_get(row.source + c * source_channel);
#pragma unroll
            for (int p = 0; p < WF_PIXELS_PAIR; p++) {
                if (row.has[p])
                    sums.color[c][p] += factor[t][p] * value;
            }
        }
    }
}

template <factors FACTORS, typename Input, typename Weight, typename Output, int CHANNELS>
static __global__ void __launch_bounds__(WF_PIXELS_WIDTH *WF_PIXELS_HEIGHT) filter_pixels(const filter_args args)
{
    using Real = wf_real<Input>;
    wf_pixel_pair pair;
    if (!wf_this_pair(args.grid, &pair))
        return;
    const int x = pair.x, y = pair.y, n = pair.n, channel = pair.pass * CHANNELS;
    /* None where a group has no channels and its coverage alone is wanted. */
    const int channels = CHANNELS == 3 || CHANNELS == 4 ? CHANNELS : min(args.channels - channel, CHANNELS);
    const int step = args.direction * args.dilation; /* from a tap's source to the next one's */
    const bool gathers = args.direction > 0;
    int first_j, last_j;
    wf_tap_range(x, args.grid.width, args.kernel_width, args.dilation, args.direction, &first_j, &last_j);
    const int source_x = x + args.direction * wf_tap_offset(first_j, args.kernel_width, args.dilation);

    pair_sums<FACTORS, Input, CHANNELS> sums;
    wf_sums_start(sums);
    /* Row i of the kernel of the first pixel and row i - direction of the second one's have the same sources. */
    const int first_i = gathers ? 0 : -1, last_i = gathers ? args.kernel_height : args.kernel_height - 1;
    for (int i = first_i; i <= last_i; i++) {
        const int source_y = y + args.direction * wf_tap_offset(i, args.kernel_height, args.dilation);
        if (source_y < 0 || source_y >= args.grid.height)
            continue;
        tap_row<Input, Weight> row;
        row.source = wf_at<const Input>(args.input, n, channel, source_y, source_x);
        row.source_step = step * args.input.column;
        row.weight_step = args.weight.channel + (gathers ? 0 : step * args.weight.column);
        row.coverage =
            FACTORS == SOFTMAX_ADJOINT ? wf_at<const Real>(args.coverage, n, 0, source_y, source_x) : nullptr;
        row.coverage_step = FACTORS == SOFTMAX_ADJOINT ? step * args.coverage.column : 0;
#pragma unroll
        for (int p = 0; p < WF_PIXELS_PAIR; p++) {
            const int kernel_row = i - args.direction * p, pixel_y = y + p * args.grid.distance;
            row.has[p] = kernel_row >= 0 && kernel_row < args.kernel_height && pixel_y < args.grid.height;
            row.weight[p] = wf_at<const Weight>(args.weight, n, (int64_t)kernel_row * args.kernel_width + first_j,
                                                gathers ? pixel_y : source_y, gathers ? x : source_x);
        }
        for (int taps = last_j - first_j; taps > 0; taps -= WF_PIXELS_TAPS)
            add_taps<FACTORS, Input, Weight, CHANNELS>(sums, row, taps, args.input.channel, channels);
    }

    const bool covers = FACTORS != SOFTMAX_ADJOINT && args.coverage.data && pair.pass == 0;
    Real coverage[WF_PIXELS_PAIR];
#pragma unroll
    for (int p = 0; p < WF_PIXELS_PAIR; p++)
        coverage[p] = covers ? wf_sums_coverage(sums, p) : 0;
    if (args.normalizes)
        wf_sums_finish(sums);
#pragma unroll
    for (int p = 0; p < WF_PIXELS_PAIR; p++) {
        const int pixel_y = y + p * args.grid.distance;
        if (pixel_y >= args.grid.height)
            continue;
        if (covers)
            *wf_at<Real>(args.coverage, n, 0, pixel_y, x) = coverage[p];
#pragma unroll
        for (int c = 0; c < CHANNELS; c++) {
            if (c < channels)
                wf_set(wf_at<Output>(args.output, n, channel + c, pixel_y, x),
                       sums.color[c][p] + (args.bias ? ((const Real *)args.bias)[channel + c] : 0));
        }
    }
}

/* ---- Plan -------------------------------------------------------------------------------------------------------- */

/* Channels that a thread computes at once: exactly so many, or up to 8. Linear and normalized images of one and of four
 * have kernels of their own, float64 ones are there for checks, a channel at a time. */
static constexpr int channels_at_once(factors factors, int types, int channels)
{
    if (types == WF_TYPES(WF_FLOAT64, WF_FLOAT64))
        return 1;
    return channels == 3 || (factors == WEIGHTS && (channels == 1 || channels == 4)) ? channels : 8;
}

#define ALL_TYPES WF_TYPES(WF_FLOAT64, WF_FLOAT64), WF_TILE_TYPES

template <factors FACTORS> static const void *kernel_of(const wf_filter_call *call, int *at_once)
{
    return wf_switch<ALL_TYPES>(WF_TYPES(call->input.dtype, call->weight.dtype), [=](auto types) {
        constexpr int TYPES = types;
        return wf_switch<1, 3, 4, 8>(call->output.size[1], [=](auto channels) {
            constexpr int AT_ONCE = channels_at_once(FACTORS, TYPES, channels);
            using Image = wf_image_of<TYPES>;
            using Weight = wf_weight_of<TYPES>;
            *at_once = AT_ONCE;
            if constexpr (FACTORS == WEIGHTS) {
                if (call->output.dtype != call->input.dtype)
                    return (const void *)filter_pixels<FACTORS, Image, Weight, Weight, AT_ONCE>;
            }
            return (const void *)filter_pixels<FACTORS, Image, Weight, Image, AT_ONCE>;
        });
    });
}

bool wf_plan_filter_pixels(const wf_cuda_device *, const wf_work *work, wf_plan *plan)
{
    const wf_filter_call *call = work->filter;
    const wf_tensor *logsumexp = work->logsumexp;
    const int64_t channels = call->output.size[1];
    int at_once;
    plan->kernel = logsumexp                         ? kernel_of<SOFTMAX_ADJOINT>(call, &at_once)
                   : call->filter.mode == WF_SOFTMAX ? kernel_of<SOFTMAX>(call, &at_once)
                                                     : kernel_of<WEIGHTS>(call, &at_once);
    filter_args *args = wf_plan_args<filter_args>(plan);
    args->grid = wf_make_pixel_grid(call->output.size, call->filter.dilation,
                                    channels > 0 ? wf_divide_up(channels, at_once) : 1);
    args->input = wf_make_view(&call->input);
    args->weight = wf_make_view(&call->weight);
    args->output = wf_make_view(&call->output);
    args->coverage = wf_make_view(logsumexp ? logsumexp : &call->coverage);
    args->bias = call->bias;
    args->channels = (int)channels;
    args->kernel_height = call->filter.kernel_height, args->kernel_width = call->filter.kernel_width;
    args->dilation = call->filter.dilation;
    args->direction = call->op == WF_GATHER ? +1 : -1;
    args->normalizes = call->filter.mode != WF_LINEAR && !logsumexp;
    wf_plan_pixels(plan, args->grid, call->output.size[0], args);
    return true;
}
