/* backward_tiles.cuh -- gradients on tiles, as filter_tiles.cuh has them. Private; sm_90 and later.
 *
 * The weights' gradient is the same correlation for both operators, of `center` with `neighbor` (T in the header's algebra),
 * where g is what the mode leaves of grad_output (wf_scaled):
 *
 *     grad_weight[t,p] = v[t,p] (sum over c of center[c,p] * neighbor[c,p+o(t)] - less)
 *
 *     gather   center is g, neighbor the input; less and the level of v are those of p
 *     splat    center is the input, neighbor g; less and the level of v are those of p+o(t)
 *
 * v is 1 but for WF_SOFTMAX, where it is exp(weight[t,p] - level), and less is 0 for WF_LINEAR. So only softmax needs weights;
 * and the input's gradient, the adjoint filter of g, needs nothing else that is large. Where both are wanted of a small linear
 * kernel, two blocks side by side compute a tile's: one only reads a plane a tap, the other only writes one. */
#ifndef WF_CUDA_BACKWARD_TILES_CUH
#define WF_CUDA_BACKWARD_TILES_CUH

#include "backward.cuh"
#include "tile_launch.cuh"

struct wf_correlate_args {
    wf_grid grid;
    wf_view center, grad_weight;
    wf_view less, level, weight; /* read as the mode needs them; less and level of centers only */
    int width, height, kernel_height, kernel_width;
    int pitch, rows; /* of the neighbors' tile */
    int center_aligned, weight_aligned, grad_weight_aligned;
};

/* Of a splat, less and level have planes of their own behind the neighbors', which the engine starts at multiples of 128. */
template <bool SPLATS, wf_mode MODE, typename Image, int CHANNELS> struct wf_neighbor_tile {
    static constexpr bool has_less = SPLATS && MODE != WF_LINEAR, has_level = SPLATS && MODE == WF_SOFTMAX;
    int plane, less, level, bytes; /* elements of a plane; bytes to the others, and of all */

    __host__ __device__ explicit wf_neighbor_tile(const wf_correlate_args &args)
    {
        plane = args.rows * args.pitch;
        less = wf_tile_bytes(CHANNELS * plane, sizeof(Image));
        level = less + (has_less ? wf_tile_bytes(plane, sizeof(float)) : 0);
        bytes = level + (has_level ? wf_tile_bytes(plane, sizeof(float)) : 0);
    }
};

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

/* wf_store4 of what nobody reads soon. */
static __device__ __forceinline__ void wf_stream4(float *to, const float (&from)[WF_TILE_GROUP])
{
    __stcs((float4 *)to, make_float4(from[0], from[1], from[2], from[3]));
}

template <typename Weight>
static __device__ __forceinline__ void wf_stream4(Weight *to, const float (&from)[WF_TILE_GROUP])
{
    alignas(8) Weight four[WF_TILE_GROUP];
    wf_store4(four, from);
    __stcs((uint2 *)to, *(const uint2 *)four);
}

/* Where a thread's four pixels are in memory, and what is known of them. */
template <typename Weight, int CHANNELS> struct wf_center {
    float color[CHANNELS][WF_TILE_GROUP], less[WF_TILE_GROUP], level[WF_TILE_GROUP];
    const Weight *from; /* weights */
    Weight *to;         /* grad_weight */
    int pixels;         /* so many lie in the image */
    bool whole;         /* all four do and can be stored at once, and weights loaded */
};

/* A row of neighbors: of a group of taps and of the next one. */
template <int CHANNELS> struct wf_neighbors {
    float color[CHANNELS][2 * WF_TILE_GROUP], less[2 * WF_TILE_GROUP], level[2 * WF_TILE_GROUP];
};

template <typename Weight, int CHANNELS>
static __device__ __forceinline__ void wf_load_weights(const wf_center<Weight, CHANNELS> &center, const Weight *from,
                                                       float (&weights)[WF_TILE_GROUP])
{
    if (center.whole) {
        wf_load4(from, weights);
        return;
    }
#pragma unroll
    for (int p = 0; p < WF_TILE_GROUP; p++)
        weights[p] = p < center.pixels ? wf_to_float(from[p]) : 0.0f;
}

/* Writes taps BEGIN <= t < END of a group and moves on behind them. `bordering` as in wf_tile_add_taps. */
template <int BEGIN, int END, bool SPLATS, wf_mode MODE, int CHANNELS, typename Weight>
static __device__ __forceinline__ void
wf_correlate_taps(const wf_correlate_args &args, wf_center<Weight, CHANNELS> &center,
                  const wf_neighbors<CHANNELS> &neighbors, bool bordering, int column, unsigned columns)
{
    float factor[END - BEGIN][WF_TILE_GROUP];
    if constexpr (MODE == WF_SOFTMAX) {
#pragma unroll
        for (int t = BEGIN; t < END; t++, center.from += args.weight.channel)
            wf_load_weights(center, center.from, factor[t - BEGIN]);
    }
#pragma unroll
    for (int t = BEGIN; t < END; t++, center.to += args.grad_weight.channel) {
        float sum[WF_TILE_GROUP];
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++) {
            sum[p] = center.color[0][p] * neighbors.color[0][t + p];
#pragma unroll
            for (int c = 1; c < CHANNELS; c++)
                sum[p] += center.color[c][p] * neighbors.color[c][t + p];
            if (MODE != WF_LINEAR)
                sum[p] -= SPLATS ? neighbors.less[t + p] : center.less[p];
            if (MODE == WF_SOFTMAX)
                sum[p] *= __expf(factor[t - BEGIN][p] - (SPLATS ? neighbors.level[t + p] : center.level[p]));
            if (bordering && (unsigned)(column + t + p) >= columns)
                sum[p] = 0;
        }
        if (center.whole) {
            wf_stream4(center.to, sum);
            continue;
        }
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++) {
            if (p < center.pixels)
                wf_set(center.to + p, sum[p]);
        }
    }
}

template <typename T>
static __device__ __forceinline__ void wf_load_pixels(const T *from, int pixels, bool aligned,
                                                      float (&to)[WF_TILE_GROUP])
{
    if (aligned && pixels >= WF_TILE_GROUP) {
        wf_load4(from, to);
        return;
    }
#pragma unroll
    for (int p = 0; p < WF_TILE_GROUP; p++)
        to[p] = p < pixels ? wf_to_float(from[p]) : 0.0f;
}

template <bool SPLATS, wf_mode MODE, typename Image, typename Weight, int CHANNELS>
static __device__ __forceinline__ wf_center<Weight, CHANNELS> wf_load_center(const wf_correlate_args &args, int n,
                                                                             int y, int x, int pixels)
{
    wf_center<Weight, CHANNELS> center;
    center.pixels = pixels;
    center.whole = args.grad_weight_aligned && args.weight_aligned && pixels >= WF_TILE_GROUP;
    center.to = wf_at<Weight>(args.grad_weight, n, 0, y) + x;
#pragma unroll
    for (int c = 0; c < CHANNELS; c++)
        wf_load_pixels(wf_at<const Image>(args.center, n, c, y) + x, pixels, args.center_aligned, center.color[c]);
    if (MODE == WF_SOFTMAX)
        center.from = wf_at<const Weight>(args.weight, n, 0, y) + x;
    if (!SPLATS && MODE != WF_LINEAR)
        wf_load_pixels(wf_at<const float>(args.less, n, 0, y) + x, pixels, false, center.less);
    if (!SPLATS && MODE == WF_SOFTMAX)
        wf_load_pixels(wf_at<const float>(args.level, n, 0, y) + x, pixels, false, center.level);
    return center;
}

/* Loads four columns into either half of a row of neighbors. */
template <bool SPLATS, wf_mode MODE, typename Image, int CHANNELS>
static __device__ __forceinline__ void wf_load_neighbors(const wf_neighbor_tile<SPLATS, MODE, Image, CHANNELS> &tile,
                                                         const unsigned char *shared, int at, int half,
                                                         wf_neighbors<CHANNELS> &to)
{
#pragma unroll
    for (int c = 0; c < CHANNELS; c++)
        wf_load4((const Image *)shared + c * tile.plane + at, to.color[c] + half);
    if (tile.has_less)
        wf_load4((const float *)(shared + tile.less) + at, to.less + half);
    if (tile.has_level)
        wf_load4((const float *)(shared + tile.level) + at, to.level + half);
}

template <bool SPLATS, wf_mode MODE, typename Image, int CHANNELS>
static __device__ __forceinline__ void wf_shift_neighbors(wf_neighbors<CHANNELS> &neighbors)
{
#pragma unroll
    for (int p = 0; p < WF_TILE_GROUP; p++) {
#pragma unroll
        for (int c = 0; c < CHANNELS; c++)
            neighbors.color[c][p] = neighbors.color[c][WF_TILE_GROUP + p];
        neighbors.less[p] = neighbors.less[WF_TILE_GROUP + p];
        neighbors.level[p] = neighbors.level[WF_TILE_GROUP + p];
    }
}

/* Four neighbouring pixels a thread. */
template <bool SPLATS, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH, int WIDTH,
          int HEIGHT>
static __device__ __forceinline__ void wf_correlate_compute(const wf_correlate_args &args, const wf_block &block,
                                                            uint64_t *full, const unsigned char *shared)
{
    constexpr int UNROLL = KERNEL_WIDTH > 0 ? KERNEL_WIDTH : 1;
    const wf_tile_row row = wf_make_tile_row<WF_GATHER>(KERNEL_WIDTH > 0 ? KERNEL_WIDTH : args.kernel_width);
    const wf_neighbor_tile<SPLATS, MODE, Image, CHANNELS> tile(args);
    const int x = threadIdx.x * WF_TILE_GROUP % WIDTH, y = threadIdx.x / (WIDTH / WF_TILE_GROUP);
    const int pixels = block.y + y < args.height ? args.width - block.x - x : 0, column = block.x + x - row.margin;
    if (pixels <= 0)
        return;
    const bool bordering = wf_tile_borders<WF_GATHER>(args, block, WIDTH);
    auto center =
        wf_load_center<SPLATS, MODE, Image, Weight, CHANNELS>(args, block.n, block.y + y, block.x + x, pixels);
    int at = y * args.pitch + x + row.base;
    wf_tile_wait(full, 0);
    for (int i = 0; i < args.kernel_height; i++, at += args.pitch) {
        const int source_y = block.y + y - wf_tile_reach<WF_GATHER>(args.kernel_height) + i;
        const unsigned columns = (unsigned)source_y < (unsigned)args.height ? args.width : 0;
        wf_neighbors<CHANNELS> neighbors;
        wf_load_neighbors(tile, shared, at, 0, neighbors);
#pragma unroll UNROLL
        for (int group = 0; group < row.groups; group++) {
            const int s = row.base + group * WF_TILE_GROUP;
            const int begin = wf_group_begin(row, group) - s, end = wf_group_end(row, group) - s;
            wf_load_neighbors(tile, shared, at + (group + 1) * WF_TILE_GROUP, WF_TILE_GROUP, neighbors);
#define TAPS(BEGIN, END)                                                                                               \
    wf_correlate_taps<BEGIN, END, SPLATS, MODE>(args, center, neighbors, bordering, column + s, columns)
            WF_TILE_GROUP_CASES(TAPS, begin, end);
#undef TAPS
            wf_shift_neighbors<SPLATS, MODE, Image>(neighbors);
        }
    }
}

/* A block's work; of its threads, those of the tile. The maps of less and level are looked at for splat's modes. */
template <bool SPLATS, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH, int WIDTH,
          int HEIGHT>
static __device__ __forceinline__ void wf_correlate_tile(const CUtensorMap *neighbor_map, const CUtensorMap *less_map,
                                                         const CUtensorMap *level_map, const wf_correlate_args &args,
                                                         const wf_block &block, unsigned char *shared)
{
    const wf_neighbor_tile<SPLATS, MODE, Image, CHANNELS> tile(args);
    auto *full = (uint64_t *)shared;
    shared += WF_TILE_HEADER;
    if (threadIdx.x == 0) {
        const int x = block.x - wf_make_tile_row<WF_GATHER>(args.kernel_width).margin;
        const int y = block.y - wf_tile_reach<WF_GATHER>(args.kernel_height);
        const unsigned element = CHANNELS * sizeof(Image) + (tile.has_less + tile.has_level) * sizeof(float);
        cuda::ptx::mbarrier_init(full, 1);
        cuda::ptx::fence_mbarrier_init(cuda::ptx::sem_release, cuda::ptx::scope_cluster);
        wf_tile_expect(full, tile.plane * element);
        wf_tile_copy(shared, neighbor_map, x, y, 0, block.n, full);
        if (tile.has_less)
            wf_tile_copy(shared + tile.less, less_map, x, y, 0, block.n, full);
        if (tile.has_level)
            wf_tile_copy(shared + tile.level, level_map, x, y, 0, block.n, full);
    }
    __syncthreads();
    if (threadIdx.x < WIDTH * HEIGHT / WF_TILE_GROUP)
        wf_correlate_compute<SPLATS, MODE, Image, Weight, CHANNELS, KERNEL_WIDTH, WIDTH, HEIGHT>(args, block, full,
                                                                                                 shared);
}

#endif

/* grad_weight. */
template <bool SPLATS, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH, int WIDTH,
          int HEIGHT>
__global__ void __launch_bounds__(WIDTH *HEIGHT / WF_TILE_GROUP)
    wf_correlate_tiles(const __grid_constant__ CUtensorMap neighbor_map, const __grid_constant__ CUtensorMap less_map,
                       const __grid_constant__ CUtensorMap level_map, const wf_correlate_args args)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    extern __shared__ __align__(128) unsigned char shared[];
    wf_correlate_tile<SPLATS, MODE, Image, Weight, CHANNELS, KERNEL_WIDTH, WIDTH, HEIGHT>(
        &neighbor_map, &less_map, &level_map, args, wf_this_block(args.grid, WIDTH, HEIGHT), shared);
#endif
}

/* Both gradients of WF_LINEAR. ADJOINT: the operator that takes grad_output to grad_input. */
template <wf_operator ADJOINT, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH, int WIDTH, int HEIGHT>
__global__ void __launch_bounds__(WIDTH *HEIGHT / WF_TILE_GROUP + 32)
    wf_backward_tiles(const __grid_constant__ CUtensorMap input_map, const __grid_constant__ CUtensorMap weight_map,
                      const wf_tile_args adjoint, const __grid_constant__ CUtensorMap neighbor_map,
                      const wf_correlate_args correlate)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    extern __shared__ __align__(128) unsigned char shared[];
    wf_block block = wf_this_block(correlate.grid, WIDTH, HEIGHT);
    const bool filters = block.pass == 0;
    block.pass = 0;
    if (filters)
        wf_filter_tile<ADJOINT, WF_LINEAR, Image, Weight, CHANNELS, KERNEL_WIDTH, WIDTH, HEIGHT>(
            &input_map, nullptr, &weight_map, adjoint, block, shared);
    else
        wf_correlate_tile<false, WF_LINEAR, Image, Weight, CHANNELS, KERNEL_WIDTH, WIDTH, HEIGHT>(
            &neighbor_map, nullptr, nullptr, correlate, block, shared);
#endif
}

/* grad_input of WF_SOFTMAX. */
template <wf_operator ADJOINT, typename Image, typename Weight, int CHANNELS, int WIDTH, int HEIGHT>
__global__ void __launch_bounds__(WIDTH *HEIGHT / WF_TILE_GROUP + 32)
    wf_softmax_adjoint_tiles(const __grid_constant__ CUtensorMap input_map,
                             const __grid_constant__ CUtensorMap level_map,
                             const __grid_constant__ CUtensorMap weight_map, const wf_tile_args args)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    extern __shared__ __align__(128) unsigned char shared[];
    wf_filter_tile<ADJOINT, WF_KNOWN_SOFTMAX, Image, Weight, CHANNELS, 0, WIDTH, HEIGHT>(
        &input_map, &level_map, &weight_map, args, wf_this_block(args.grid, WIDTH, HEIGHT), shared);
#endif
}

/* ---- Launch ------------------------------------------------------------------------------------------------------- */

struct wf_correlate_plan {
    wf_correlate_args args;
    CUtensorMap neighbor_map, less_map, level_map;
    size_t shared_bytes;
};

static inline bool wf_encode_neighbors(const wf_cuda_device *device, const wf_correlate_args *args,
                                       const wf_tensor *tensor, unsigned channels, CUtensorMap *map)
{
    return wf_encode_map(device, tensor, args->pitch, args->rows, channels, map);
}

/* False as wf_plan_filter. SPLATS: false for WF_LINEAR, where center and neighbor are all that differ. */
template <bool SPLATS, wf_mode MODE, typename Image, int CHANNELS>
static bool wf_plan_correlate(const wf_cuda_device *device, const wf_backward_call *call, const wf_scaled *scaled,
                              wf_correlate_plan *plan)
{
    using shape = wf_tile_shape<CHANNELS>;
    using tile = wf_neighbor_tile<SPLATS, MODE, Image, CHANNELS>;
    const bool splats = call->op == WF_SPLAT;
    const wf_tensor *center = splats ? &call->input : &scaled->grad, *neighbor = splats ? &scaled->grad : &call->input;
    const wf_tensor *weight = MODE == WF_SOFTMAX ? &call->weight : &call->grad_weight;
    const int64_t *size = center->size;
    if (!device->encode_tensor_map || call->filter.dilation != 1 || !wf_unit_columns(center) ||
        !wf_unit_columns(weight) || !wf_unit_columns(&call->grad_weight) || center->dtype != neighbor->dtype)
        return false;
    if (!SPLATS && ((MODE != WF_LINEAR && !wf_unit_columns(&scaled->less)) ||
                    (MODE == WF_SOFTMAX && !wf_unit_columns(&call->coverage))))
        return false;
    wf_correlate_args *args = &plan->args;
    *args = {};
    args->grid = {wf_divide_up(size[3], shape::width), wf_divide_up(size[2], shape::height), 1};
    args->center = wf_make_view(center);
    args->grad_weight = wf_make_view(&call->grad_weight);
    args->less = wf_make_view(&scaled->less), args->level = wf_make_view(&call->coverage);
    args->weight = wf_make_view(weight);
    args->width = (int)size[3], args->height = (int)size[2];
    args->kernel_height = call->filter.kernel_height, args->kernel_width = call->filter.kernel_width;
    args->pitch = wf_tile_pitch(wf_make_tile_row<WF_GATHER>(args->kernel_width), shape::width);
    args->rows = shape::height + args->kernel_height - 1;
    args->center_aligned = wf_four_aligned(center);
    args->weight_aligned = wf_four_aligned(weight), args->grad_weight_aligned = wf_four_aligned(&call->grad_weight);
    plan->shared_bytes = WF_TILE_HEADER + tile(*args).bytes;
    return plan->shared_bytes <= (size_t)device->shared_memory - WF_TILE_RESERVED &&
           wf_encode_neighbors(device, args, neighbor, CHANNELS, &plan->neighbor_map) &&
           (!tile::has_less || wf_encode_neighbors(device, args, &scaled->less, 1, &plan->less_map)) &&
           (!tile::has_level || wf_encode_neighbors(device, args, &call->coverage, 1, &plan->level_map));
}

/* The modes but WF_LINEAR have one kernel for all widths. */
template <bool SPLATS, wf_mode MODE, typename Image, typename Weight, int CHANNELS>
static const void *wf_correlate_kernel(int kernel_width)
{
    using shape = wf_tile_shape<CHANNELS>;
#define KERNEL(KERNEL_WIDTH)                                                                                           \
    wf_correlate_tiles<SPLATS, MODE, Image, Weight, CHANNELS, KERNEL_WIDTH, shape::width, shape::height>
    if constexpr (MODE != WF_LINEAR)
        return (const void *)KERNEL(0);
    else
        WF_RETURN_KERNEL(kernel_width);
#undef KERNEL
}

template <wf_operator ADJOINT, typename Image, typename Weight, int CHANNELS>
static const void *wf_backward_kernel(int kernel_width)
{
    using shape = wf_tile_shape<CHANNELS>;
#define KERNEL(KERNEL_WIDTH)                                                                                           \
    wf_backward_tiles<ADJOINT, Image, Weight, CHANNELS, KERNEL_WIDTH, shape::width, shape::height>
    WF_RETURN_KERNEL(kernel_width);
#undef KERNEL
}

template <bool SPLATS, wf_mode MODE, typename Image, typename Weight, int CHANNELS>
static wf_result wf_launch_correlate(const wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call,
                                     const wf_scaled *scaled, bool *launched)
{
    using shape = wf_tile_shape<CHANNELS>;
    wf_correlate_plan plan;
    *launched = wf_plan_correlate<SPLATS, MODE, Image, CHANNELS>(device, call, scaled, &plan);
    if (!*launched)
        return WF_OK;
    void *arguments[] = {&plan.neighbor_map, &plan.less_map, &plan.level_map, &plan.args};
    return wf_launch_tile_kernel(device, stream,
                                 wf_correlate_kernel<SPLATS, MODE, Image, Weight, CHANNELS>(call->filter.kernel_width),
                                 plan.args.grid, call->input.size[0], shape::width * shape::height / WF_TILE_GROUP,
                                 arguments, plan.shared_bytes);
}

static inline wf_filter_call wf_adjoint_call(wf_operator op, const wf_backward_call *call, const wf_scaled *scaled)
{
    wf_filter_call adjoint = {};
    adjoint.op = op, adjoint.filter = call->filter, adjoint.filter.mode = WF_LINEAR;
    adjoint.input = scaled->grad, adjoint.weight = call->weight, adjoint.output = call->grad_input;
    return adjoint;
}

/* Both gradients, side by side. */
template <wf_operator ADJOINT, typename Image, typename Weight, int CHANNELS>
static wf_result wf_launch_backward(const wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call,
                                    const wf_scaled *scaled, bool *launched)
{
    const wf_filter_call filter = wf_adjoint_call(ADJOINT, call, scaled);
    wf_correlate_plan correlate;
    wf_tile_plan adjoint;
    *launched = wf_plan_correlate<false, WF_LINEAR, Image, CHANNELS>(device, call, scaled, &correlate) &&
                wf_plan_filter<ADJOINT, Image, Weight, CHANNELS>(device, &filter, nullptr, &adjoint);
    if (!*launched)
        return WF_OK;
    correlate.args.grid.passes = 2;
    void *arguments[] = {&adjoint.input_map, &adjoint.weight_map, &adjoint.args, &correlate.neighbor_map,
                         &correlate.args};
    return wf_launch_tile_kernel(device, stream,
                                 wf_backward_kernel<ADJOINT, Image, Weight, CHANNELS>(call->filter.kernel_width),
                                 correlate.args.grid, call->input.size[0], adjoint.threads, arguments,
                                 max(adjoint.shared_bytes, correlate.shared_bytes));
}

template <wf_operator ADJOINT, typename Image, typename Weight, int CHANNELS>
static wf_result wf_launch_softmax_adjoint(const wf_cuda_device *device, cudaStream_t stream,
                                           const wf_backward_call *call, const wf_scaled *scaled, bool *launched)
{
    using shape = wf_tile_shape<CHANNELS>;
    const wf_filter_call filter = wf_adjoint_call(ADJOINT, call, scaled);
    wf_tile_plan plan;
    *launched = filter.input.dtype == filter.output.dtype &&
                wf_plan_filter<ADJOINT, Image, Weight, CHANNELS>(device, &filter, &call->coverage, &plan);
    if (!*launched)
        return WF_OK;
    const auto kernel = wf_softmax_adjoint_tiles<ADJOINT, Image, Weight, CHANNELS, shape::width, shape::height>;
    void *arguments[] = {&plan.input_map, &plan.level_map, &plan.weight_map, &plan.args};
    return wf_launch_tile_kernel(device, stream, (const void *)kernel, plan.args.grid, call->input.size[0],
                                 plan.threads, arguments, plan.shared_bytes);
}

#endif
