/* Both operators of the same linear weights, each of which is read once.
 *
 * A warp stays with a row of sources, of which each lane has neighboring pixels, and goes through the rows of taps.
 * Each leads to another row of the image, whose pixels it reads for gather and to which it adds what splat brings
 * there. From tap to tap both move by a pixel: what gather reads in a window, and splat's sums from a lane's
 * registers to those of the lane before it. After a row of taps the latter are added to a row of sums in shared
 * memory; gather's stay in registers.
 *
 * The warps of a block have neighboring rows of sources and take a row of taps at the same time, so that none of them
 * adds to the row of another one, and sums are always added in the same order. A block goes down a strip of the
 * image. Its rows of splat's sums are a ring, which they leave when all sources have been added. Columns on both
 * sides of a strip, and rows above and below it, are the neighboring strip's; their weights are read once more, for
 * what splat brings into this one. */
#include "filter_quads.cuh"
#include "plan.h"

#define CHANNELS 3
#define LANES    32

#define MIN_ROWS 8 /* of a strip */

/* How a kernel is compiled and launched. */
struct strip_shape {
    int pixels; /* of a lane */
    int warps;  /* of a block */
    int ahead;  /* taps whose weights are read before they are used */
    int blocks; /* that registers leave room for on a multiprocessor */
};

/* For widths with which gather_splat_quads is slower, on an H200; else no pixels. */
static constexpr __host__ __device__ strip_shape strip_shape_of(size_t image, size_t weight, int kernel_width)
{
    constexpr struct {
        size_t image, weight; /* bytes of their elements */
        int kernel_width;
        strip_shape shape;
    } rows[] = {
        {4, 4, 11, {4, 16, 5, 1}},  {4, 4, 13, {4, 16, 5, 1}},  {4, 4, 17, {4, 16, 9, 1}}, {4, 4, 21, {4, 16, 7, 1}},
        {4, 2, 11, {8, 6, 10, 2}},  {4, 2, 13, {8, 8, 13, 1}},  {4, 2, 17, {8, 8, 17, 1}}, {4, 2, 21, {8, 8, 21, 1}},
        {2, 2, 11, {8, 12, 11, 1}}, {2, 2, 13, {8, 12, 13, 1}}, {2, 2, 17, {8, 8, 17, 1}},
    };
    for (const auto &row : rows) {
        if (row.image == image && row.weight == weight && row.kernel_width == kernel_width)
            return row.shape;
    }
    return {};
}

#define SHAPE strip_shape_of(sizeof(Image), sizeof(Weight), KERNEL_WIDTH)

/* Columns of a warp's rows, on each side, that are the neighboring strip's. */
static constexpr __host__ __device__ int strip_halo(const strip_shape &shape, int kernel_width)
{
    return (kernel_width / 2 + shape.pixels - 1) / shape.pixels * shape.pixels;
}

static constexpr __host__ __device__ int strip_columns(const strip_shape &shape, int kernel_width)
{
    return LANES * shape.pixels - 2 * strip_halo(shape, kernel_width);
}

struct strips_args {
    wf_tile_args gather, splat; /* gather's grid is that of strips */
    wf_view input, weight;
    int rows;  /* of a strip */
    int above; /* rows of sources above a strip's from which on warps go down, some of which may have no taps in it */
};

/* Weights of sources outside of the image. */
[[maybe_unused]] static __device__ const uint4 no_weights[2] = {};

/* A lane's elements of a row, as they lie in memory. */
template <typename T, int PIXELS> struct lane_run {
    static constexpr int BYTES = sizeof(T) * PIXELS;
    using part = std::conditional_t<BYTES % sizeof(uint4) == 0, uint4, uint2>;
    part parts[BYTES / sizeof(part)];
};

/* Of what is read once. */
template <typename T, int PIXELS>
static __device__ __forceinline__ void read_weights(lane_run<T, PIXELS> &run, const T *from)
{
    using part = typename lane_run<T, PIXELS>::part;
#pragma unroll
    for (int i = 0; i < (int)(sizeof(run) / sizeof(part)); i++)
        run.parts[i] = __ldcs((const part *)from + i);
}

/* Zeros where they are not in the image. */
template <typename T, int PIXELS>
static __device__ __forceinline__ void read_sources(lane_run<T, PIXELS> &run, const T *from, bool inside)
{
    using part = typename lane_run<T, PIXELS>::part;
#pragma unroll
    for (int i = 0; i < (int)(sizeof(run) / sizeof(part)); i++)
        run.parts[i] = inside ? __ldg((const part *)from + i) : part();
}

template <typename T, int PIXELS>
static __device__ __forceinline__ void unpack(const lane_run<T, PIXELS> &run, float *values)
{
#pragma unroll
    for (int i = 0; i < PIXELS; i += 4)
        wf_load4((const T *)run.parts + i, values + i);
}

template <typename Image, int PIXELS>
static __device__ __forceinline__ void store(const wf_tile_args &args, int n, int y, int x,
                                             const float (&sums)[CHANNELS][PIXELS])
{
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
        const float bias = args.bias ? args.bias[c] : 0.0f;
        Image *to = wf_at<Image>(args.output, n, c, y) + x;
#pragma unroll
        for (int i = 0; i < PIXELS; i += 4) {
            const float four[] = {sums[c][i] + bias, sums[c][i + 1] + bias, sums[c][i + 2] + bias,
                                  sums[c][i + 3] + bias};
            if (args.output_aligned) {
                wf_store4(to + i, four);
                continue;
            }
#pragma unroll
            for (int p = 0; p < 4; p++)
                wf_set(to + i + p, four[p]);
        }
    }
}

/* Of all channels. */
template <typename T, int PIXELS>
static __device__ __forceinline__ void read_row(const T *from, int64_t channel, bool inside,
                                                float (&values)[CHANNELS][PIXELS])
{
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
        lane_run<T, PIXELS> run;
        read_sources(run, from + c * channel, inside);
        unpack(run, values[c]);
    }
}

struct strip {
    int n, x;          /* image; the lane's first pixel of each row */
    int first, last;   /* rows of sources */
    int begin, end;    /* rows of the image that are its own */
    int height, reach; /* of the image; rows from a source up to the first tap's */
    int kernel_height;
};

struct tap_rows {
    int begin, end;
};

/* Those that lead from row p of the sources into the image and, unless p is the strip's, into the strip. */
static __host__ __device__ __forceinline__ tap_rows tap_rows_of(const strip &strip, int p)
{
    const bool own = p >= strip.begin && p < strip.end;
    const int top = own ? 0 : strip.begin, bottom = own ? strip.height : strip.end;
    if (p < strip.first || p > strip.last)
        return {0, 0};
    return {max(top - p + strip.reach, 0), min(bottom - p + strip.reach, strip.kernel_height)};
}

/* Those of any of so many warps, which have the rows of sources from `base` on. */
static __host__ __device__ __forceinline__ tap_rows tap_rows_of(const strip &strip, int base, int warps)
{
    return {base + warps <= strip.begin ? tap_rows_of(strip, base + warps - 1).begin : 0,
            base >= strip.end ? tap_rows_of(strip, base).end : strip.kernel_height};
}

/* Adds a row of taps to gather's sums, and makes splat's: those from KERNEL_WIDTH - 1 on are of the pixels from
 * KERNEL_WIDTH / 2 right of the lane's on. weights: of the first AHEAD taps, then of the next row's, from `next` on.
 * row: of the image, at the first run. has: which runs of it are in the image. */
template <bool BORDERS, int KERNEL_WIDTH, int AHEAD, int RUNS, typename Image, typename Weight, int PIXELS>
static __device__ __forceinline__ void
add_taps(float (&gather)[CHANNELS][PIXELS], float (&splat)[CHANNELS][PIXELS + KERNEL_WIDTH],
         const float (&sources)[CHANNELS][PIXELS], lane_run<Weight, PIXELS> (&weights)[AHEAD], const Weight *from,
         const Weight *next, int64_t tap, const Image *row, int64_t channel, const bool (&has)[RUNS])
{
    constexpr int LEAD = RUNS / 2 * PIXELS - KERNEL_WIDTH / 2;
    lane_run<Image, PIXELS> runs[RUNS][CHANNELS];
    float window[CHANNELS][RUNS * PIXELS];
    const auto read_run = [&](int r) {
#pragma unroll
        for (int c = 0; c < CHANNELS; c++)
            read_sources(runs[r][c], row + c * channel + r * PIXELS, !BORDERS || has[r]);
    };
    const auto unpack_run = [&](int r) {
#pragma unroll
        for (int c = 0; c < CHANNELS; c++)
            unpack(runs[r][c], window[c] + r * PIXELS);
    };
    read_run(0), read_run(1), unpack_run(0);
#pragma unroll
    for (int t = 0; t < KERNEL_WIDTH; t++) {
        const int last = LEAD + t + PIXELS - 1, entered = last / PIXELS;
        if (t == 0 ? entered == 1 : last % PIXELS == 0) {
            unpack_run(entered);
            if (entered + 1 < RUNS)
                read_run(entered + 1);
        }
        float weight[PIXELS];
        unpack(weights[t % AHEAD], weight);
        read_weights(weights[t % AHEAD], t + AHEAD < KERNEL_WIDTH ? from + (t + AHEAD) * tap : next + t % AHEAD * tap);
#pragma unroll
        for (int v = 0; v < PIXELS; v++) {
            const int s = LEAD + t + v;
#pragma unroll
            for (int c = 0; c < CHANNELS; c++) {
                gather[c][v] += weight[v] * window[c][s];
                splat[c][t + v] += weight[v] * sources[c][v];
            }
        }
        if (t + 1 < KERNEL_WIDTH) {
#pragma unroll
            for (int c = 0; c < CHANNELS; c++)
                splat[c][t + PIXELS] = __shfl_down_sync(~0u, splat[c][t], 1);
        }
    }
}

/* Of splat's sums, as add_taps makes them, those that no tap of the row changes any more. */
template <int KERNEL_WIDTH, int PIXELS>
static __device__ __forceinline__ void take_last(const float (&from)[CHANNELS][PIXELS + KERNEL_WIDTH],
                                                 float (&sums)[CHANNELS][PIXELS])
{
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
#pragma unroll
        for (int v = 0; v < PIXELS; v++)
            sums[c][v] = from[c][KERNEL_WIDTH - 1 + v];
    }
}

/* The sums of pixels so much further right. */
template <int COLUMNS, int PIXELS> static __device__ __forceinline__ void move_left(float (&sums)[CHANNELS][PIXELS])
{
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
#pragma unroll
        for (int c = 0; c < CHANNELS; c++) {
            const float entering = __shfl_down_sync(~0u, sums[c][0], 1);
#pragma unroll
            for (int v = 0; v + 1 < PIXELS; v++)
                sums[c][v] = sums[c][v + 1];
            sums[c][PIXELS - 1] = entering;
        }
    }
}

/* Sums of the pixels from KERNEL_WIDTH / 2 right of the lane's own, which begin at x. */
template <typename Image, int KERNEL_WIDTH, int HALO, int PIXELS>
static __device__ __forceinline__ void store_splat(const wf_tile_args &args, int n, int y, int x, int width, int lane,
                                                   float (&sums)[CHANNELS][PIXELS])
{
    move_left<HALO - KERNEL_WIDTH / 2>(sums);
    if (lane < LANES - 2 * HALO / PIXELS && x + HALO < width)
        store<Image>(args, n, y, x + HALO, sums);
}

/* Adds a lane's sums to those of shared memory, which are not there yet if `fresh`, and has them in both, or in
 * registers only if they are `complete`. */
template <int PIXELS>
static __device__ __forceinline__ void add_to_ring(float4 *row, int lane, bool fresh, bool complete,
                                                   float (&sums)[CHANNELS][PIXELS])
{
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
#pragma unroll
        for (int i = 0; i < PIXELS; i += 4) {
            float4 *quad = row + (c * (PIXELS / 4) + i / 4) * LANES + lane;
            float before[4] = {};
            if (!fresh)
                wf_load4((const float *)quad, before);
#pragma unroll
            for (int p = 0; p < 4; p++)
                sums[c][i + p] += before[p];
            if (!complete)
                wf_store4((float *)quad, &sums[c][i]);
        }
    }
}

template <int PIXELS> static constexpr __host__ __device__ int ring_quads()
{
    return CHANNELS * PIXELS / 4 * LANES;
}

/* Taps that lead out of the image have zeros for sources, but a weight may be infinite or NaN: a pixel whose sums are
 * not finite is gathered once more, without these taps. */
template <int KERNEL_WIDTH, typename Image, typename Weight, int PIXELS>
static __device__ __forceinline__ void gather_again(float (&sums)[CHANNELS][PIXELS], const tap_rows &rows,
                                                    const Weight *from, int64_t tap, const Image *row,
                                                    const wf_view &input, int x, int width)
{
#pragma unroll
    for (int v = 0; v < PIXELS; v++) {
        if (isfinite(sums[0][v]) && isfinite(sums[1][v]) && isfinite(sums[2][v]))
            continue;
        float again[CHANNELS] = {};
#pragma unroll 1
        for (int i = 0; i < (rows.end - rows.begin) * KERNEL_WIDTH; i++) {
            const int column = v + i % KERNEL_WIDTH - KERNEL_WIDTH / 2;
            if ((unsigned)(x + column) >= (unsigned)width)
                continue;
            const float weight = wf_get(from + i * tap + v);
#pragma unroll
            for (int c = 0; c < CHANNELS; c++)
                again[c] += weight * wf_get(row + i / KERNEL_WIDTH * input.row + c * input.channel + column);
        }
#pragma unroll
        for (int c = 0; c < CHANNELS; c++)
            sums[c][v] = again[c];
    }
}

template <bool BORDERS, typename Image, typename Weight, int KERNEL_WIDTH>
static __device__ __forceinline__ void filter_strip(const strips_args &args, const strip &strip, float4 *ring)
{
    constexpr int PIXELS = SHAPE.pixels, AHEAD = SHAPE.ahead, HALO = strip_halo(SHAPE, KERNEL_WIDTH);
    constexpr int RUNS = 2 * HALO / PIXELS + 1;
    const int warps = blockDim.x / LANES, lane = threadIdx.x % LANES;
    const int warp = __shfl_sync(~0u, (int)threadIdx.x / LANES, 0); /* as a value of the whole warp's */
    const int n = strip.n, x = strip.x, width = args.gather.width, kernel_height = strip.kernel_height;
    bool has[RUNS];
#pragma unroll
    for (int r = 0; r < RUNS; r++)
        has[r] = !BORDERS || (unsigned)(x - HALO + r * PIXELS) < (unsigned)width;
    const bool inside = has[RUNS / 2];
    const Image *input = wf_at<const Image>(args.input, n, 0, 0) + x;
    const Weight *weight = inside ? wf_at<const Weight>(args.weight, n, 0, 0) + x : (const Weight *)no_weights;
    const int64_t tap = inside ? args.weight.channel : 0, down = inside ? args.weight.row : 0;
    const int ring_rows = warps + kernel_height - 1;

    int p = strip.begin - args.above + warp;
    tap_rows rows = tap_rows_of(strip, p);
    bool ready = rows.begin < rows.end;
    const Weight *from = weight + p * down + rows.begin * KERNEL_WIDTH * tap;
    lane_run<Weight, PIXELS> weights[AHEAD];
    const auto read_first = [&]() {
#pragma unroll
        for (int t = 0; t < AHEAD; t++)
            read_weights(weights[t], from + t * tap);
    };
    if (ready)
        read_first();
    for (int base = strip.begin - args.above; base <= strip.last; base += warps, p += warps) {
        float sources[CHANNELS][PIXELS], gather[CHANNELS][PIXELS] = {};
        if (rows.begin < rows.end)
            read_row(input + p * args.input.row, args.input.channel, inside, sources);
        const tap_rows later = tap_rows_of(strip, p + warps);
        const bool goes_on = later.begin < later.end;
        const Weight *below = weight + (p + warps) * down + later.begin * KERNEL_WIDTH * tap;
        const tap_rows steps = tap_rows_of(strip, base, warps);
        int slot = (p - strip.begin + args.above + steps.begin) % ring_rows;
#pragma unroll 1
        for (int i = steps.begin; i < steps.end; i++, slot = slot + 1 == ring_rows ? 0 : slot + 1) {
            __syncthreads();
            if (i < rows.begin || i >= rows.end)
                continue;
            const bool ends = i + 1 == rows.end;
            const Weight *next = !ends ? from + KERNEL_WIDTH * tap : goes_on ? below : from;
            const int y = p - strip.reach + i;
            float splat[CHANNELS][PIXELS + KERNEL_WIDTH] = {};
            add_taps<BORDERS, KERNEL_WIDTH, AHEAD>(gather, splat, sources, weights, from, next, tap,
                                                   input + y * args.input.row - HALO, args.input.channel, has);
            from = next, ready = !ends || goes_on;
            if (y >= strip.begin && y < strip.end) {
                const int top = max(y + strip.reach - kernel_height + 1, 0),
                          bottom = min(y + strip.reach, strip.height - 1);
                const bool fresh = top >= base && p == min(bottom, base + warps - 1);
                const bool complete = bottom < base + warps && p == max(top, base);
                float sums[CHANNELS][PIXELS];
                take_last<KERNEL_WIDTH>(splat, sums);
                add_to_ring(ring + slot * ring_quads<PIXELS>(), lane, fresh, complete, sums);
                if (complete)
                    store_splat<Image, KERNEL_WIDTH, HALO>(args.splat, n, y, x, width, lane, sums);
            }
        }
        if (p >= strip.begin && p < strip.end && inside && lane >= HALO / PIXELS && lane < LANES - HALO / PIXELS) {
            if (BORDERS)
                gather_again<KERNEL_WIDTH>(gather, rows, weight + p * down + rows.begin * KERNEL_WIDTH * tap, tap,
                                           input + (p - strip.reach + rows.begin) * args.input.row, args.input, x,
                                           width);
            store<Image>(args.gather, n, p, x, gather);
        }
        rows = later;
        if (!ready) {
            from = below, ready = goes_on;
            if (ready)
                read_first();
        }
    }
}

template <typename Image, typename Weight, int KERNEL_WIDTH>
static __global__ void __launch_bounds__(SHAPE.warps *LANES, SHAPE.blocks) gather_splat_strips(const strips_args args)
{
    if constexpr (WF_QUADS) {
        constexpr int HALO = strip_halo(SHAPE, KERNEL_WIDTH), WIDTH = strip_columns(SHAPE, KERNEL_WIDTH);
        extern __shared__ float4 ring[];
        const int height = args.gather.height, kernel_height = args.gather.kernel_height;
        const int reach = wf_tile_reach(WF_GATHER, kernel_height), lane_x = (int)threadIdx.x % LANES * SHAPE.pixels;
        const wf_block at = wf_this_block(args.gather.grid, WIDTH, args.rows);
        const int left = at.x - HALO, end = min(at.y + args.rows, height);
        const strip strip = {at.n,
                             left + lane_x,
                             max(at.y + reach - kernel_height + 1, 0),
                             min(end + reach, height) - 1,
                             at.y,
                             end,
                             height,
                             reach,
                             kernel_height};
        if (left < HALO || left + WIDTH + 3 * HALO > args.gather.width)
            filter_strip<true, Image, Weight, KERNEL_WIDTH>(args, strip, ring);
        else
            filter_strip<false, Image, Weight, KERNEL_WIDTH>(args, strip, ring);
    }
}

/* ---- Plan -------------------------------------------------------------------------------------------------------- */

struct strips_kernel {
    const void *code;
    strip_shape shape;
};

template <int TYPES> static strips_kernel strips_kernel_of(int kernel_width)
{
    strips_kernel kernel = {};
    kernel.code = wf_switch<WF_OWN_WIDTHS, 0>(kernel_width, [&](auto width) -> const void * {
        constexpr int KERNEL_WIDTH = width;
        constexpr strip_shape shape =
            strip_shape_of(sizeof(wf_image_of<TYPES>), sizeof(wf_weight_of<TYPES>), KERNEL_WIDTH);
        if constexpr (KERNEL_WIDTH > 0 && shape.pixels > 0) {
            kernel.shape = shape;
            return (const void *)gather_splat_strips<wf_image_of<TYPES>, wf_weight_of<TYPES>, KERNEL_WIDTH>;
        }
        return nullptr;
    });
    return kernel;
}

static strips_kernel strips_kernel_of(const wf_filter_call *gather)
{
    switch (WF_TYPES(gather->input.dtype, gather->weight.dtype)) {
    case WF_TYPES(WF_FLOAT32, WF_FLOAT32):
        return strips_kernel_of<WF_TYPES(WF_FLOAT32, WF_FLOAT32)>(gather->filter.kernel_width);
    case WF_TYPES(WF_FLOAT32, WF_FLOAT16):
        return strips_kernel_of<WF_TYPES(WF_FLOAT32, WF_FLOAT16)>(gather->filter.kernel_width);
    case WF_TYPES(WF_FLOAT16, WF_FLOAT16):
        return strips_kernel_of<WF_TYPES(WF_FLOAT16, WF_FLOAT16)>(gather->filter.kernel_width);
    default:
        return {};
    }
}

/* Has as many warps as rows of splat's sums leave room for. Bytes of shared memory, or 0 where there is no room. */
static int share_memory(const wf_cuda_device *device, int kernel_height, strip_shape *shape)
{
    const int row_bytes = CHANNELS * shape->pixels * LANES * (int)sizeof(float);
    const int rows = (device->shared_memory - WF_TMA_RESERVED) / row_bytes;
    shape->warps = min(shape->warps, rows - kernel_height + 1);
    return shape->warps > 0 ? (shape->warps + kernel_height - 1) * row_bytes : 0;
}

/* Where above a strip with neighbors warps start to go through the fewest rows of taps: those of its halo that they
 * take by themselves are few, as sources above the strip have only their last ones in it, and those below their first
 * ones. */
static int choose_above(const wf_filter *filter, int rows, int warps)
{
    const int reach = wf_tile_reach(WF_GATHER, filter->kernel_height), over = filter->kernel_height - 1 - reach;
    const strip strip = {
        0, 0, 0, over + rows + reach - 1, over, over + rows, over + rows + reach, reach, filter->kernel_height};
    int best = 0, fewest = INT32_MAX;
    for (int above = over; above < over + warps; above++) {
        int steps = 0, base = strip.begin - above;
        const auto take = [&]() {
            const tap_rows taken = tap_rows_of(strip, base, warps);
            steps += taken.end - taken.begin, base += warps;
        };
        while (base + warps <= strip.begin)
            take();
        const int whole = (int)wf_divide_up(strip.end - base, warps);
        steps += whole * filter->kernel_height, base += whole * warps;
        while (base <= strip.last)
            take();
        if (steps < fewest)
            fewest = steps, best = above;
    }
    return best;
}

/* Whether lanes can read their pixels at once. */
static bool has_runs(const wf_tensor *tensor, int pixels)
{
    int64_t odd = tensor->size[3] % pixels | tensor->stride[2] % pixels | (uintptr_t)tensor->data % sizeof(float4);
    for (int axis = 0; axis < 2; axis++)
        odd |= tensor->size[axis] > 1 ? tensor->stride[axis] % pixels : 0;
    return !odd && wf_has_quads(tensor);
}

bool wf_plan_gather_splat_strips(const wf_cuda_device *device, const wf_work *work, wf_plan *plan)
{
    const wf_filter_call *gather = work->filter, *splat = work->splat;
    const int64_t *size = gather->output.size;
    strips_kernel kernel = strips_kernel_of(gather);
    if (!kernel.code || !wf_runs_quads(device) || gather->filter.mode != WF_LINEAR || gather->filter.dilation != 1 ||
        size[1] != CHANNELS || gather->output.dtype != gather->input.dtype ||
        splat->output.dtype != gather->input.dtype || !has_runs(&gather->input, kernel.shape.pixels) ||
        !has_runs(&gather->weight, kernel.shape.pixels) || !wf_unit_columns(&gather->output) ||
        !wf_unit_columns(&splat->output))
        return false;
    const int bytes = share_memory(device, gather->filter.kernel_height, &kernel.shape);
    if (!bytes)
        return false;
    strips_args *args = wf_plan_args<strips_args>(plan);
    args->gather = wf_make_tile_args(gather), args->splat = wf_make_tile_args(splat);
    args->input = wf_make_view(&gather->input), args->weight = wf_make_view(&gather->weight);
    const unsigned columns = wf_divide_up(size[3], strip_columns(kernel.shape, gather->filter.kernel_width));
    const int64_t strips = device->multiprocessors * kernel.shape.blocks / (columns * size[0]);
    args->rows = (int)max(wf_divide_up(size[2], max(strips, (int64_t)1)), (unsigned)MIN_ROWS);
    args->above = choose_above(&gather->filter, args->rows, kernel.shape.warps);
    args->gather.grid = {columns, wf_divide_up(size[2], args->rows), 1};
    plan->kernel = kernel.code, plan->grid = args->gather.grid, plan->images = size[0];
    plan->threads = dim3(kernel.shape.warps * LANES);
    plan->shared_bytes = bytes, plan->caches = true;
    plan->arguments[0] = args;
    return true;
}
