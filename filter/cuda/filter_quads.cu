/* Gather and splat of few channels, and the adjoint filter of softmax, with four neighboring pixels a thread. */
#include "plan.h"
#include "quads.cuh"
#include "static_switch.cuh"

#define WIDTH 128 /* of a block, in pixels */

struct filter_args {
    wf_tile_args tile;
    wf_view input, weight;
    wf_view logsumexp; /* read for WF_SOFTMAX_ADJOINT */
    int margin;        /* columns next to a tile that are read */
};

/* How a kernel is compiled and launched. */
struct filter_shape {
    int groups; /* of taps whose weights are read before they are used */
    int height; /* of a block, in pixels */
    int blocks; /* that registers leave room for on a multiprocessor */
};

/* Measured on an H200, but for images of another type than their weights. */
static constexpr __host__ __device__ filter_shape shape_of(wf_operator op, wf_mode mode, size_t image, size_t weight,
                                                           int kernel_width)
{
    if (kernel_width == 0)
        return {1, 8, 2};
    if (mode == WF_SOFTMAX && image == weight && kernel_width <= (op == WF_GATHER ? 11 : 5))
        return {2, 4, 5};
    if (mode == WF_LINEAR && image == weight) {
        const bool small = op == WF_GATHER || kernel_width <= (weight == sizeof(float) ? 5 : 9);
        return {1, small ? 4 : 8, small ? 5 : 2};
    }
    return {2, 8, 2};
}

/* What becomes the factors of slots that are no taps, or lead out of the image: these count nothing. */
template <wf_mode MODE> static constexpr __device__ float no_weight()
{
    return MODE == WF_SOFTMAX || MODE == WF_SOFTMAX_ADJOINT ? -INFINITY : 0.0f;
}

/* Weights of SLOTS slots, for splat from the quad of a slot's first source and, unless that is all, from the next. */
template <wf_operator OP, typename Weight, int SLOTS> struct weight_quads {
    wf_quad<Weight> quads[SLOTS][OP == WF_GATHER ? 1 : 2];
};

/* Reads them from `first` on, and moves `from` on by next_tap for each tap. column: the image's of slot 0's source;
 * where the image BORDERS, quads outside of it are replaced by others. */
template <wf_operator OP, bool BORDERS, typename Weight, int SLOTS>
static __device__ __forceinline__ void read_weights(weight_quads<OP, Weight, SLOTS> &weights, const Weight *&from,
                                                    int64_t next_tap, const wf_tile_row &row, int first, int column,
                                                    int columns)
{
    int at[SLOTS / WF_TILE_GROUP + 1];
#pragma unroll
    for (int g = 0; g <= SLOTS / WF_TILE_GROUP; g++) {
        const int s = first + g * WF_TILE_GROUP;
        at[g] = BORDERS ? min(max(column + s, 0), columns - WF_TILE_GROUP) - column : s;
    }
#pragma unroll
    for (int k = 0; k < SLOTS; k++) {
        if (!wf_is_tap(row, first + k))
            continue;
        const int g = k / WF_TILE_GROUP;
        weights.quads[k][0] = OP == WF_GATHER ? wf_stream_quad(from) : wf_read_quad(from + at[g]);
        if (OP == WF_SPLAT && k % WF_TILE_GROUP > 0)
            weights.quads[k][OP == WF_SPLAT] = wf_read_quad(from + at[g + 1]);
        from += next_tap;
    }
}

/* Where the image BORDERS, slots count only if their sources are in 0 <= column < columns. */
template <wf_operator OP, wf_mode MODE, bool BORDERS, typename Weight, int SLOTS>
static __device__ __forceinline__ void
make_factors(const weight_quads<OP, Weight, SLOTS> &weights, const wf_tile_row &row, int first, int column,
             unsigned columns, const float (&logsumexps)[SLOTS + WF_TILE_GROUP], float (&factor)[SLOTS][WF_TILE_GROUP])
{
#pragma unroll
    for (int k = 0; k < SLOTS; k++) {
        const int shift = OP == WF_SPLAT ? k % WF_TILE_GROUP : 0;
        float values[2 * WF_TILE_GROUP];
        if (wf_is_tap(row, first + k)) {
            wf_load4((const Weight *)&weights.quads[k][0], values);
            if (shift > 0)
                wf_load4((const Weight *)&weights.quads[k][OP == WF_SPLAT], values + WF_TILE_GROUP);
        }
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++) {
            factor[k][p] = wf_is_tap(row, first + k) ? values[shift + p] : no_weight<MODE>();
            if (BORDERS && (unsigned)(column + first + k + p) >= columns)
                factor[k][p] = no_weight<MODE>();
            if (MODE == WF_SOFTMAX_ADJOINT)
                factor[k][p] = __expf(factor[k][p] - logsumexps[k + p]);
        }
    }
}

/* Adds all taps to the sums of the pixels from `at` on. */
template <wf_operator OP, wf_mode MODE, bool BORDERS, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH>
static __device__ __forceinline__ void add_rows(const filter_args &args, const wf_block &at,
                                                wf_tile_sums<MODE, CHANNELS> &sums)
{
    constexpr int SLOTS = shape_of(OP, MODE, sizeof(Image), sizeof(Weight), KERNEL_WIDTH).groups * WF_TILE_GROUP;
    constexpr int UNROLL = KERNEL_WIDTH > 0 ? KERNEL_WIDTH : 1;
    constexpr bool AHEAD = KERNEL_WIDTH == 0; /* reads the next weights before it uses these */
    const wf_tile_args &tile = args.tile;
    const wf_tile_row row = wf_make_tile_row(OP, KERNEL_WIDTH > 0 ? KERNEL_WIDTH : tile.kernel_width);
    const unsigned columns = tile.width;
    int column = at.x - row.halo;
    int64_t planes[CHANNELS];
#pragma unroll
    for (int c = 0; c < CHANNELS; c++)
        planes[c] = (CHANNELS < 4 ? c : min(c, tile.channels - 1)) * args.input.channel;

    /* Kernel rows whose sources lie in the image. */
    const int reach = wf_tile_reach(OP, tile.kernel_height);
    const int first_i = max(reach - at.y, 0), last_i = min(tile.kernel_height, tile.height + reach - at.y);
    const int first_y = at.y - reach + first_i, last_tap = tile.kernel_height * row.taps - 1;
    const Image *input = wf_at<const Image>(args.input, at.n, 0, first_y) + column;
    const float *logsumexp = wf_at<const float>(args.logsumexp, at.n, 0, first_y) + column;
    const Weight *weight =
        OP == WF_GATHER ? wf_at<const Weight>(args.weight, at.n, first_i * row.taps, at.y) + at.x
                        : wf_at<const Weight>(args.weight, at.n, last_tap - first_i * row.taps, first_y) + column;
    const int64_t next_tap = OP == WF_GATHER ? args.weight.channel : -args.weight.channel;
    const int64_t next_row = OP == WF_GATHER ? 0 : args.weight.row;
    weight_quads<OP, Weight, SLOTS> next;
    if (AHEAD)
        read_weights<OP, BORDERS>(next, weight, next_tap, row, row.base, column, columns);
#pragma unroll 1
    for (int i = first_i; i < last_i; i++, input += args.input.row, logsumexp += args.logsumexp.row) {
        float sources[CHANNELS][SLOTS + WF_TILE_GROUP], logsumexps[SLOTS + WF_TILE_GROUP];
        const auto read_sources = [&](int s, int to) {
            const bool inside = !BORDERS || (unsigned)(column + s) < columns;
#pragma unroll
            for (int c = 0; c < CHANNELS; c++)
                wf_read_sources(input + planes[c] + s, inside, &sources[c][to]);
            if constexpr (MODE == WF_SOFTMAX_ADJOINT)
                wf_read_sources(logsumexp + s, inside, &logsumexps[to]);
        };
        if (BORDERS)
            asm volatile("" : "+r"(column)); /* what is compared with it does not stay in registers from row to row */
        read_sources(row.base, 0);
#pragma unroll UNROLL
        for (int first = row.base; first < row.lead + row.taps; first += SLOTS) {
            const bool ends = first + SLOTS >= row.lead + row.taps;
            weight_quads<OP, Weight, SLOTS> weights = next;
            if (!AHEAD)
                read_weights<OP, BORDERS>(weights, weight, next_tap, row, first, column, columns);
            if (ends)
                weight += next_row;
            if (AHEAD && !(ends && i + 1 >= last_i))
                read_weights<OP, BORDERS>(next, weight, next_tap, row, ends ? row.base : first + SLOTS, column,
                                          columns);
#pragma unroll
            for (int s = WF_TILE_GROUP; s <= SLOTS; s += WF_TILE_GROUP) {
                if (first + s < row.lead + row.taps + WF_TILE_GROUP - 1)
                    read_sources(first + s, s);
            }
            float factor[SLOTS][WF_TILE_GROUP];
            make_factors<OP, MODE, BORDERS>(weights, row, first, column, columns, logsumexps, factor);
            wf_sums_add_weights(sums, factor);
#pragma unroll
            for (int k = 0; k < SLOTS; k++) {
                if (!wf_is_tap(row, first + k))
                    continue;
#pragma unroll
                for (int c = 0; c < CHANNELS; c++) {
#pragma unroll
                    for (int p = 0; p < WF_TILE_GROUP; p++)
                        sums.color[c][p] += factor[k][p] * sources[c][k + p];
                }
            }
#pragma unroll
            for (int p = 0; p < WF_TILE_GROUP; p++) {
                logsumexps[p] = logsumexps[SLOTS + p];
#pragma unroll
                for (int c = 0; c < CHANNELS; c++)
                    sources[c][p] = sources[c][SLOTS + p];
            }
        }
    }
}

static constexpr __host__ __device__ int threads_of(const filter_shape &shape)
{
    return WIDTH / WF_TILE_GROUP * shape.height;
}

#define SHAPE shape_of(OP, MODE, sizeof(Image), sizeof(Weight), KERNEL_WIDTH)

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH>
static __global__ void __launch_bounds__(threads_of(SHAPE), SHAPE.blocks) filter_quads(const filter_args args)
{
    if constexpr (KERNEL_WIDTH == 0 || WF_QUADS_OWN_WIDTHS) {
        const wf_block at = wf_this_quad<WIDTH, SHAPE.height>(args.tile.grid);
        if (at.x >= args.tile.width || at.y >= args.tile.height)
            return;
        const int left = at.x / WIDTH * WIDTH, right = left + WIDTH;
        const bool borders = left < args.margin || right + args.margin > args.tile.width;
        wf_tile_sums<MODE, CHANNELS> sums;
        wf_sums_start(sums);
        if (borders)
            add_rows<OP, MODE, true, Image, Weight, CHANNELS, KERNEL_WIDTH>(args, at, sums);
        else
            add_rows<OP, MODE, false, Image, Weight, CHANNELS, KERNEL_WIDTH>(args, at, sums);
        wf_tile_store<Image>(args.tile, at.n, 0, at.y, at.x, sums);
    }
}

/* ---- Plan --------------------------------------------------------------------------------------------------------- */

/* Which kernels there are for one width, each of which costs its compilation. */
static constexpr bool has_own_width(wf_mode mode, int types, int width)
{
    const bool is_float = types == WF_TYPES(WF_FLOAT32, WF_FLOAT32),
               is_half = types == WF_TYPES(WF_FLOAT16, WF_FLOAT16);
    const bool is_mixed = types == WF_TYPES(WF_FLOAT32, WF_FLOAT16);
    if (mode == WF_LINEAR)
        return is_float || is_half || is_mixed;
    if (mode == WF_NORMALIZED || mode == WF_SOFTMAX)
        return is_float || (wf_is_common_width(width) && (is_mixed || (is_half && mode == WF_SOFTMAX)));
    return false;
}

/* Linear calls without a kernel of their own go to WF_NORMALIZED's, which need not divide by the sum of weights. */
template <wf_operator OP, wf_mode MODE>
static const void *kernel_of(const wf_filter_call *call, int kernel_width, filter_shape *shape)
{
    return wf_switch<WF_TILE_TYPES>(WF_TYPES(call->input.dtype, call->weight.dtype), [=](auto types) {
        constexpr int TYPES = types;
        return wf_switch<3, 4>(wf_tile_channels(call->input.size[1]), [=](auto channels) {
            constexpr int CHANNELS = channels;
            return wf_switch<WF_OWN_WIDTHS, 0>(kernel_width, [=](auto width) {
                constexpr int KERNEL_WIDTH = CHANNELS == 3 && has_own_width(MODE, TYPES, width) ? (int)width : 0;
                constexpr wf_mode SUMS = MODE == WF_LINEAR && KERNEL_WIDTH == 0 ? WF_NORMALIZED : MODE;
                *shape = shape_of(OP, SUMS, sizeof(wf_image_of<TYPES>), sizeof(wf_weight_of<TYPES>), KERNEL_WIDTH);
                return (const void *)
                    filter_quads<OP, SUMS, wf_image_of<TYPES>, wf_weight_of<TYPES>, CHANNELS, KERNEL_WIDTH>;
            });
        });
    });
}

template <wf_mode MODE> static const void *kernel_of(const wf_filter_call *call, int kernel_width, filter_shape *shape)
{
    return call->op == WF_GATHER ? kernel_of<WF_GATHER, MODE>(call, kernel_width, shape)
                                 : kernel_of<WF_SPLAT, MODE>(call, kernel_width, shape);
}

bool wf_plan_filter_quads(const wf_cuda_device *device, const wf_work *work, wf_plan *plan)
{
    const wf_filter_call *call = work->filter;
    const wf_tensor *logsumexp = work->logsumexp;
    const int64_t *size = call->output.size;
    if (call->filter.dilation != 1 || size[1] < 1 || size[1] > 4 || call->input.dtype == WF_FLOAT64 ||
        call->output.dtype != call->input.dtype || !wf_has_quads(&call->input) || !wf_has_quads(&call->weight) ||
        !wf_unit_columns(&call->output) || (logsumexp && !wf_has_quads(logsumexp)))
        return false;
    const wf_tile_row row = wf_make_tile_row(call->op, call->filter.kernel_width);
    const bool sums_weights = call->filter.mode == WF_NORMALIZED || wf_present(&call->coverage);
    const int kernel_width = wf_quads_width(device, &call->filter);
    filter_shape shape;
    plan->kernel = logsumexp                         ? kernel_of<WF_SOFTMAX_ADJOINT>(call, kernel_width, &shape)
                   : call->filter.mode == WF_SOFTMAX ? kernel_of<WF_SOFTMAX>(call, kernel_width, &shape)
                   : sums_weights                    ? kernel_of<WF_NORMALIZED>(call, kernel_width, &shape)
                                                     : kernel_of<WF_LINEAR>(call, kernel_width, &shape);
    filter_args *args = wf_plan_args<filter_args>(plan);
    args->tile = wf_make_tile_args(call);
    args->tile.grid = {wf_divide_up(size[3], WIDTH), wf_divide_up(size[2], shape.height), 1};
    args->input = wf_make_view(&call->input), args->weight = wf_make_view(&call->weight);
    args->margin = max(row.halo - row.base, row.lead + row.taps + WF_TILE_GROUP - row.halo);
    if (logsumexp)
        args->logsumexp = wf_make_view(logsumexp);
    plan->grid = args->tile.grid, plan->images = size[0];
    plan->threads = dim3(threads_of(shape)), plan->shared_bytes = 0;
    plan->arguments[0] = args;
    return true;
}
