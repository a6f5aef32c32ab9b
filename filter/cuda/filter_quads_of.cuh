/* filter_quads_of.cuh -- the kernels of filter_quads.cuh, by mode and types. Private; for instances. */
#ifndef WF_CUDA_FILTER_QUADS_OF_CUH
#define WF_CUDA_FILTER_QUADS_OF_CUH

#include "filter_quads.cuh"

/* Measured on an H200. */
static constexpr __host__ __device__ wf_filter_shape shape_of(wf_operator op, wf_mode mode, size_t image, size_t weight,
                                                              int kernel_width)
{
    if (kernel_width == 0)
        return {1, 8, 2};
    if (mode == WF_SOFTMAX && weight < sizeof(float)) {
        const bool small = kernel_width <= 5;
        return {kernel_width == 11 ? 4 : 2, 4, !small ? 4 : image == weight ? 7 : op == WF_GATHER ? 6 : 4};
    }
    if (mode == WF_SOFTMAX && image == weight && kernel_width <= (op == WF_GATHER ? 11 : 5))
        return {2, 4, 5};
    if (mode == WF_SOFTMAX && image == weight && op == WF_SPLAT && kernel_width == 21)
        return {1, 4, 4};
    if (mode == WF_LINEAR && image == weight) {
        const bool small = op == WF_GATHER || kernel_width <= (weight == sizeof(float) ? 5 : 9);
        return {1, small || weight < sizeof(float) ? 4 : 8, small ? 5 : weight < sizeof(float) ? 4 : 2};
    }
    if (mode == WF_LINEAR && op == WF_GATHER && kernel_width == 11)
        return {2, 4, 5};
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
 * where the image BORDERS, quads outside of it are replaced by others. PAIRED: others read them, too. */
template <wf_operator OP, bool BORDERS, bool PAIRED, typename Weight, int SLOTS>
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
        const Weight *quad = OP == WF_GATHER ? from : from + at[g];
        weights.quads[k][0] = OP == WF_GATHER && !PAIRED ? wf_stream_quad(quad) : wf_read_quad(quad);
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

/* Pairs of float16 logits, as make_factors makes factors. */
template <wf_operator OP, bool BORDERS, int SLOTS>
static __device__ __forceinline__ void make_logits(const weight_quads<OP, __half, SLOTS> &weights,
                                                   const wf_tile_row &row, int first, int column, unsigned columns,
                                                   __half2 (&logits)[SLOTS][WF_TILE_GROUP / 2])
{
    constexpr unsigned NONE = 0xfc00; /* -INFINITY */
#pragma unroll
    for (int k = 0; k < SLOTS; k++) {
        const int shift = OP == WF_SPLAT ? k % WF_TILE_GROUP : 0;
        const bool is_tap = wf_is_tap(row, first + k);
        const uint2 low = is_tap ? weights.quads[k][0] : uint2(),
                    high = is_tap && shift > 0 ? weights.quads[k][OP == WF_SPLAT] : uint2();
        const unsigned pairs[] = {low.x, low.y, high.x, high.y};
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p += 2) {
            const int at = (shift + p) / 2;
            unsigned pair = shift % 2 ? __byte_perm(pairs[at], pairs[at + 1], 0x5432) : pairs[at];
            if (!is_tap || (BORDERS && (unsigned)(column + first + k + p) >= columns))
                pair = (pair & 0xffff0000) | NONE;
            if (!is_tap || (BORDERS && (unsigned)(column + first + k + p + 1) >= columns))
                pair = (pair & 0x0000ffff) | NONE << 16;
            logits[k][p / 2] = *(const __half2 *)&pair;
        }
    }
}

/* Whether the next row of taps is fetched: measured. Of two operators only one does. */
static constexpr __host__ __device__ bool fetches(wf_operator op, bool paired, bool half_logits, size_t weight,
                                                  int kernel_width)
{
    if (paired)
        return op == WF_GATHER && weight < sizeof(float) && (kernel_width == 7 || kernel_width == 9);
    return half_logits && kernel_width == 11;
}

/* Adds all taps to the sums of the pixels from `at` on. PAIRED: beside the other operator, so that both take rows of
 * taps in the same order, from the upper one on. */
template <wf_operator OP, wf_mode MODE, bool BORDERS, bool PAIRED, typename Image, typename Weight, int CHANNELS,
          int KERNEL_WIDTH>
static __device__ __forceinline__ void add_rows(const wf_quads_args &args, const wf_block &at,
                                                wf_tile_sums<MODE, CHANNELS> &sums)
{
    constexpr int UNROLL = KERNEL_WIDTH > 0 ? KERNEL_WIDTH : 1;
    constexpr bool HALF_LOGITS = MODE == WF_SOFTMAX && std::is_same_v<Weight, __half>;
    constexpr bool FETCHES = fetches(OP, PAIRED, HALF_LOGITS, sizeof(Weight), KERNEL_WIDTH);
    constexpr int GROUPS =
        PAIRED && FETCHES ? 2 : shape_of(OP, MODE, sizeof(Image), sizeof(Weight), KERNEL_WIDTH).groups;
    constexpr int SLOTS = GROUPS * WF_TILE_GROUP;
    constexpr bool AHEAD = KERNEL_WIDTH == 0;     /* reads the next weights before it uses these */
    constexpr bool UP = PAIRED && OP == WF_SPLAT; /* whose upper row of taps is the one from the lowest sources */
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
    const int begin_i = max(reach - at.y, 0), end_i = min(tile.kernel_height, tile.height + reach - at.y);
    const int first_i = UP ? end_i - 1 : begin_i;
    const int first_y = at.y - reach + first_i, last_tap = tile.kernel_height * row.taps - 1;
    const Image *input = wf_at<const Image>(args.input, at.n, 0, first_y) + column;
    const float *logsumexp = wf_at<const float>(args.logsumexp, at.n, 0, first_y) + column;
    const Weight *weight =
        OP == WF_GATHER ? wf_at<const Weight>(args.weight, at.n, first_i * row.taps, at.y) + at.x
                        : wf_at<const Weight>(args.weight, at.n, last_tap - first_i * row.taps, first_y) + column;
    const int64_t next_tap = OP == WF_GATHER ? args.weight.channel : -args.weight.channel;
    const int64_t next_row = OP == WF_GATHER ? 0
                             : UP            ? 2 * row.taps * args.weight.channel - args.weight.row
                                             : args.weight.row;
    constexpr int DOWN = UP ? -1 : 1;
    weight_quads<OP, Weight, SLOTS> next;
    const int64_t fetch_offset = wf_fetch_offset<Weight>(next_tap) + (OP == WF_SPLAT ? row.halo : 0);
    wf_half_origins<WF_TILE_GROUP> origins;
    if constexpr (HALF_LOGITS)
        wf_half_origins_start(origins);
    if (AHEAD)
        read_weights<OP, BORDERS, PAIRED>(next, weight, next_tap, row, row.base, column, columns);
#pragma unroll 1
    for (int i = begin_i; i < end_i; i++, input += DOWN * args.input.row, logsumexp += DOWN * args.logsumexp.row) {
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
                read_weights<OP, BORDERS, PAIRED>(weights, weight, next_tap, row, first, column, columns);
            if (ends)
                weight += next_row;
            if (FETCHES && !BORDERS && ends && i + 1 < end_i)
                wf_fetch_taps<KERNEL_WIDTH>(weight + fetch_offset, next_tap);
            if (AHEAD && !(ends && i + 1 >= end_i))
                read_weights<OP, BORDERS, PAIRED>(next, weight, next_tap, row, ends ? row.base : first + SLOTS, column,
                                                  columns);
#pragma unroll
            for (int s = WF_TILE_GROUP; s <= SLOTS; s += WF_TILE_GROUP) {
                if (first + s < row.lead + row.taps + WF_TILE_GROUP - 1)
                    read_sources(first + s, s);
            }
            float factor[SLOTS][WF_TILE_GROUP];
            const int begin = AHEAD ? 0 : row.lead - first, end = AHEAD ? SLOTS : row.lead + row.taps - first;
            if constexpr (HALF_LOGITS) {
                __half2 logits[SLOTS][WF_TILE_GROUP / 2];
                make_logits<OP, BORDERS>(weights, row, first, column, columns, logits);
                wf_sums_add_logits(sums, origins, logits, factor, begin, end);
            } else {
                make_factors<OP, MODE, BORDERS>(weights, row, first, column, columns, logsumexps, factor);
                wf_sums_add_weights(sums, factor, begin, end);
            }
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
    if constexpr (HALF_LOGITS)
        wf_sums_end_logits(sums, origins);
}

#define SHAPE shape_of(OP, MODE, sizeof(Image), sizeof(Weight), KERNEL_WIDTH)

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH>
static __global__ void __launch_bounds__(wf_quads_threads(SHAPE), SHAPE.blocks) filter_quads(const wf_quads_args args)
{
    if constexpr (WF_QUADS) {
        const wf_block at = wf_this_quad<SHAPE.height>();
        if (at.x >= args.tile.width || at.y >= args.tile.height)
            return;
        const int left = at.x / WF_QUADS_WIDTH * WF_QUADS_WIDTH, right = left + WF_QUADS_WIDTH;
        const bool borders = left < args.margin || right + args.margin > args.tile.width;
        wf_tile_sums<MODE, CHANNELS> sums;
        wf_sums_start(sums);
        if (borders)
            add_rows<OP, MODE, true, false, Image, Weight, CHANNELS, KERNEL_WIDTH>(args, at, sums);
        else
            add_rows<OP, MODE, false, false, Image, Weight, CHANNELS, KERNEL_WIDTH>(args, at, sums);
        wf_store_quad<Image>(args.tile, at, sums);
    }
}

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

template <wf_operator OP, wf_mode MODE, int TYPES>
static const void *kernel_of(const wf_filter_call *call, wf_filter_shape *shape)
{
    return wf_switch<3, 4>(wf_tile_channels(call->input.size[1]), [=](auto channels) {
        constexpr int CHANNELS = channels;
        return wf_switch<WF_OWN_WIDTHS, 0>(call->filter.kernel_width, [=](auto width) -> const void * {
            constexpr int KERNEL_WIDTH = CHANNELS == 3 && has_own_width(MODE, TYPES, width) ? (int)width : 0;
            if constexpr (MODE == WF_LINEAR && KERNEL_WIDTH == 0) {
                return nullptr;
            } else {
                *shape = shape_of(OP, MODE, sizeof(wf_image_of<TYPES>), sizeof(wf_weight_of<TYPES>), KERNEL_WIDTH);
                return (const void *)
                    filter_quads<OP, MODE, wf_image_of<TYPES>, wf_weight_of<TYPES>, CHANNELS, KERNEL_WIDTH>;
            }
        });
    });
}

template <wf_mode MODE, int TYPES> const void *wf_filter_quads_of(const wf_filter_call *call, wf_filter_shape *shape)
{
    return call->op == WF_GATHER ? kernel_of<WF_GATHER, MODE, TYPES>(call, shape)
                                 : kernel_of<WF_SPLAT, MODE, TYPES>(call, shape);
}

#define WF_INSTANCE(...)                                                                                               \
    template const void *wf_filter_quads_of<__VA_ARGS__>(const wf_filter_call *call, wf_filter_shape *shape);

#endif
