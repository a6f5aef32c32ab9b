/* The gradient to the weights with one thread a pair of pixels: any call. Gather: the center is grad_output, the
 * neighbors are the input; splat: the other way around. */
#include "pixels.cuh"
#include "static_switch.cuh"
#include "sums.cuh"
#include "taps.h"

struct correlate_args {
    wf_pixel_grid grid;
    wf_view center, neighbor, weight, grad_weight;
    wf_view less, coverage; /* of destinations: centers for gather, neighbors for splat */
    int channels, kernel_height, kernel_width, dilation, splats;
};

/* Neighbors of a pair of pixels: row v, from tap j on, of which those from `first` to before `last` lie in the image.
 * */
struct tap_row {
    bool has[WF_PIXELS_PAIR]; /* whether it belongs to the pixel's kernel, */
    int row[WF_PIXELS_PAIR];  /* as this row */
    int v, j, first, last;
};

static __device__ __forceinline__ bool is_inside(const tap_row &row, int t)
{
    return row.j + t >= row.first && row.j + t < row.last;
}

template <typename Center, typename Neighbor, typename Real>
static __device__ __forceinline__ void add_channels(const correlate_args &args, const wf_pixel_pair &pair,
                                                    const tap_row &row, int u,
                                                    Real (&sum)[WF_PIXELS_TAPS][WF_PIXELS_PAIR])
{
    const int64_t step = args.dilation * args.neighbor.column;
    const Neighbor *neighbor = wf_at<const Neighbor>(args.neighbor, pair.n, 0, row.v, u);
    const Center *center[WF_PIXELS_PAIR];
#pragma unroll
    for (int p = 0; p < WF_PIXELS_PAIR; p++)
        center[p] = wf_at<const Center>(args.center, pair.n, 0, pair.y + p * args.grid.distance, pair.x);
    for (int c = 0; c < args.channels; c++, neighbor += args.neighbor.channel) {
        Real value[WF_PIXELS_PAIR];
#pragma unroll
        for (int p = 0; p < WF_PIXELS_PAIR; p++) {
            value[p] = row.has[p] ? wf_get(center[p]) : 0;
            center[p] += args.center.channel;
        }
#pragma unroll
        for (int t = 0; t < WF_PIXELS_TAPS; t++) {
            Real other = is_inside(row, t) ? wf_get(neighbor + t * step) : 0;
#pragma unroll
            for (int p = 0; p < WF_PIXELS_PAIR; p++)
                sum[t][p] += value[p] * other;
        }
    }
}

/* From the sums of neighbor u's tap to grad_weight. */
template <wf_mode MODE, typename Weight, typename Real>
static __device__ __forceinline__ Real finish(const correlate_args &args, int n, int tap, int y, int x, int v, int u,
                                              Real sum)
{
    if constexpr (MODE != WF_LINEAR) {
        const int to_y = args.splats ? v : y, to_x = args.splats ? u : x;
        sum -= __ldg(wf_at<const Real>(args.less, n, 0, to_y, to_x));
        if constexpr (MODE == WF_SOFTMAX)
            sum *= wf_exp(wf_get(wf_at<const Weight>(args.weight, n, tap, y, x)) -
                          __ldg(wf_at<const Real>(args.coverage, n, 0, to_y, to_x)));
    }
    return sum;
}

template <wf_mode MODE, typename Center, typename Neighbor, typename Weight>
static __global__ void __launch_bounds__(WF_PIXELS_WIDTH *WF_PIXELS_HEIGHT)
    grad_weight_pixels(const correlate_args args)
{
    using Real = wf_real<Center>;
    wf_pixel_pair pair;
    if (!wf_this_pair(args.grid, &pair))
        return;
    int first_j, last_j;
    wf_tap_range(pair.x, args.grid.width, args.kernel_width, args.dilation, 1, &first_j, &last_j);
    /* Row i of the kernel of the first pixel and row i - 1 of the second one's have the same neighbors. */
    for (int i = 0; i <= args.kernel_height; i++) {
        tap_row row;
        row.v = pair.y + wf_tap_offset(i, args.kernel_height, args.dilation);
        const bool inside = row.v >= 0 && row.v < args.grid.height;
        row.first = inside ? first_j : 0, row.last = inside ? last_j : 0;
#pragma unroll
        for (int p = 0; p < WF_PIXELS_PAIR; p++) {
            row.row[p] = i - p;
            row.has[p] = row.row[p] >= 0 && row.row[p] < args.kernel_height &&
                         pair.y + p * args.grid.distance < args.grid.height;
        }
        for (row.j = 0; row.j < args.kernel_width; row.j += WF_PIXELS_TAPS) {
            const int u = pair.x + wf_tap_offset(row.j, args.kernel_width, args.dilation);
            Real sum[WF_PIXELS_TAPS][WF_PIXELS_PAIR] = {};
            if (inside)
                add_channels<Center, Neighbor>(args, pair, row, u, sum);
#pragma unroll
            for (int t = 0; t < WF_PIXELS_TAPS; t++) {
#pragma unroll
                for (int p = 0; p < WF_PIXELS_PAIR; p++) {
                    if (!row.has[p] || row.j + t >= args.kernel_width)
                        continue;
                    const int tap = row.row[p] * args.kernel_width + row.j + t, y = pair.y + p * args.grid.distance;
                    Real value = 0;
                    if (is_inside(row, t))
                        value =
                            finish<MODE, Weight>(args, pair.n, tap, y, pair.x, row.v, u + t * args.dilation, sum[t][p]);
                    wf_set_streaming(wf_at<Weight>(args.grad_weight, pair.n, tap, y, pair.x), value);
                }
            }
        }
    }
}

/* ---- Plan -------------------------------------------------------------------------------------------------------- */

#define ALL_TYPES WF_TYPES(WF_FLOAT64, WF_FLOAT64), WF_TILE_TYPES

template <wf_mode MODE> static const void *kernel_of(const wf_backward_call *call)
{
    return wf_switch<ALL_TYPES>(WF_TYPES(call->input.dtype, call->grad_weight.dtype), [=](auto types) {
        constexpr int TYPES = types;
        using Image = wf_image_of<TYPES>;
        using Weight = wf_weight_of<TYPES>;
        using Grad = typename std::conditional<MODE == WF_NORMALIZED, wf_real<Image>, Image>::type;
        return call->op == WF_GATHER ? (const void *)grad_weight_pixels<MODE, Grad, Image, Weight>
                                     : (const void *)grad_weight_pixels<MODE, Image, Grad, Weight>;
    });
}

bool wf_plan_grad_weight_pixels(const wf_cuda_device *, const wf_work *work, wf_plan *plan)
{
    const wf_backward_call *call = work->backward;
    const wf_mode mode = call->filter.mode;
    plan->kernel = mode == WF_NORMALIZED ? kernel_of<WF_NORMALIZED>(call)
                   : mode == WF_SOFTMAX  ? kernel_of<WF_SOFTMAX>(call)
                                         : kernel_of<WF_LINEAR>(call);
    correlate_args *args = wf_plan_args<correlate_args>(plan);
    args->grid = wf_make_pixel_grid(call->grad_weight.size, call->filter.dilation, 1);
    args->center = wf_make_view(wf_center_of(work));
    args->neighbor = wf_make_view(wf_neighbor_of(work));
    args->weight = wf_make_view(&call->weight);
    args->grad_weight = wf_make_view(&call->grad_weight);
    args->less = wf_make_view(&work->scaled->less);
    args->coverage = wf_make_view(&call->coverage);
    args->channels = (int)call->input.size[1];
    args->kernel_height = call->filter.kernel_height, args->kernel_width = call->filter.kernel_width;
    args->dilation = call->filter.dilation, args->splats = call->op == WF_SPLAT;
    wf_plan_pixels(plan, args->grid, call->grad_weight.size[0], args);
    return true;
}
