/* grad_weight_tiles.cuh -- the gradient to the weights on tiles: each thread's pixels against every neighbor in the
 * tile and its halo. Private; since compute capability 9.0.
 *
 * It is the same correlation for both operators, of `center` with `neighbor` (T in the header's algebra), where g is
 * what the mode leaves of grad_output (wf_scaled):
 *
 *     grad_weight[t,p] = v[t,p] (sum over c of center[c,p] * neighbor[c,p+o(t)] - less)
 *
 *     gather   center is g, neighbor the input; less and the logsumexp of v are those of p
 *     splat    center is the input, neighbor g; less and the logsumexp of v are those of p+o(t)
 *
 * v is 1 but for WF_SOFTMAX, where it is exp(weight[t,p] - logsumexp), and less is 0 for WF_LINEAR. So only softmax
 * needs weights. */
#ifndef WF_CUDA_GRAD_WEIGHT_TILES_CUH
#define WF_CUDA_GRAD_WEIGHT_TILES_CUH

#include "filter_tiles.cuh"
#include "kernels.h"

struct wf_correlate_args {
    wf_grid grid;
    wf_view center, grad_weight;
    wf_view less, logsumexp, weight; /* read as the mode needs them; less and logsumexp of centers only */
    int width, height, kernel_height, kernel_width;
    int pitch, rows; /* of the neighbors' tile */
    int center_aligned, weight_aligned, grad_weight_aligned;
    int channels;
};

/* What TMA brings. Of a splat, less and logsumexp have planes of their own behind the neighbors', at multiples of 128
 * bytes. */
struct wf_neighbor_tile {
    bool has_less, has_logsumexp;
    int plane, less, logsumexp, bytes; /* elements of a plane; bytes to the others, and of all */
};

static __host__ __device__ __forceinline__ wf_neighbor_tile wf_make_neighbor_tile(const wf_correlate_args &args,
                                                                                  bool splats, wf_mode mode,
                                                                                  int channels, size_t element)
{
    wf_neighbor_tile tile;
    tile.has_less = splats && mode != WF_LINEAR, tile.has_logsumexp = splats && mode == WF_SOFTMAX;
    tile.plane = args.rows * args.pitch;
    tile.less = wf_tma_bytes(channels * tile.plane, element);
    tile.logsumexp = tile.less + (tile.has_less ? wf_tma_bytes(tile.plane, sizeof(float)) : 0);
    tile.bytes = tile.logsumexp + (tile.has_logsumexp ? wf_tma_bytes(tile.plane, sizeof(float)) : 0);
    return tile;
}

/* Whether the work is one for kernels of few channels, but for how its tensors lie in memory. */
bool wf_correlates_few(const wf_work *work);

/* The arguments that all plans have, their tiles and what is aligned excepted. */
void wf_fill_correlation(const wf_work *work, wf_correlate_args *args);

/* The parts of a plan: the arguments, and the maps of the neighbors and, where a splat's mode needs them, of less and
 * logsumexp. Returns a block's shared memory, 0 where tiles do not serve. */
size_t wf_plan_correlation(const wf_cuda_device *device, const wf_work *work, wf_correlate_args *args,
                           CUtensorMap maps[3]);

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
    float color[CHANNELS][WF_TILE_GROUP], less[WF_TILE_GROUP], logsumexp[WF_TILE_GROUP];
    const Weight *from; /* weights */
    Weight *to;         /* grad_weight */
    int pixels;         /* so many lie in the image */
    bool whole;         /* all four do and can be stored at once, and weights loaded */
};

/* A row of neighbors: of a group of taps and of the next one. */
template <int CHANNELS> struct wf_neighbors {
    float color[CHANNELS][2 * WF_TILE_GROUP], less[2 * WF_TILE_GROUP], logsumexp[2 * WF_TILE_GROUP];
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
                sum[p] *= __expf(factor[t - BEGIN][p] - (SPLATS ? neighbors.logsumexp[t + p] : center.logsumexp[p]));
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
        wf_load_pixels(wf_at<const Image>(args.center, n, c, y) + x, CHANNELS < 4 || c < args.channels ? pixels : 0,
                       args.center_aligned, center.color[c]);
    if (MODE == WF_SOFTMAX)
        center.from = wf_at<const Weight>(args.weight, n, 0, y) + x;
    if (!SPLATS && MODE != WF_LINEAR)
        wf_load_pixels(wf_at<const float>(args.less, n, 0, y) + x, pixels, false, center.less);
    if (!SPLATS && MODE == WF_SOFTMAX)
        wf_load_pixels(wf_at<const float>(args.logsumexp, n, 0, y) + x, pixels, false, center.logsumexp);
    return center;
}

/* Loads four columns into either half of a row of neighbors. */
template <typename Image, int CHANNELS>
static __device__ __forceinline__ void wf_load_neighbors(const wf_neighbor_tile &tile, const unsigned char *shared,
                                                         int at, int half, wf_neighbors<CHANNELS> &to)
{
#pragma unroll
    for (int c = 0; c < CHANNELS; c++)
        wf_load4((const Image *)shared + c * tile.plane + at, to.color[c] + half);
    if (tile.has_less)
        wf_load4((const float *)(shared + tile.less) + at, to.less + half);
    if (tile.has_logsumexp)
        wf_load4((const float *)(shared + tile.logsumexp) + at, to.logsumexp + half);
}

template <int CHANNELS> static __device__ __forceinline__ void wf_shift_neighbors(wf_neighbors<CHANNELS> &neighbors)
{
#pragma unroll
    for (int p = 0; p < WF_TILE_GROUP; p++) {
#pragma unroll
        for (int c = 0; c < CHANNELS; c++)
            neighbors.color[c][p] = neighbors.color[c][WF_TILE_GROUP + p];
        neighbors.less[p] = neighbors.less[WF_TILE_GROUP + p];
        neighbors.logsumexp[p] = neighbors.logsumexp[WF_TILE_GROUP + p];
    }
}

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

/* Four neighbouring pixels a thread. */
template <bool SPLATS, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH, int WIDTH,
          int HEIGHT>
static __device__ __forceinline__ void wf_correlate_pixels(const wf_correlate_args &args, const wf_block &block,
                                                           uint64_t *full, const unsigned char *shared)
{
    constexpr int UNROLL = KERNEL_WIDTH > 0 ? KERNEL_WIDTH : 1;
    const wf_tile_row row = wf_make_tile_row(WF_GATHER, KERNEL_WIDTH > 0 ? KERNEL_WIDTH : args.kernel_width);
    const wf_neighbor_tile tile = wf_make_neighbor_tile(args, SPLATS, MODE, CHANNELS, sizeof(Image));
    const int x = threadIdx.x * WF_TILE_GROUP % WIDTH, y = threadIdx.x / (WIDTH / WF_TILE_GROUP);
    const int pixels = block.y + y < args.height ? args.width - block.x - x : 0, column = block.x + x - row.halo;
    if (pixels <= 0)
        return;
    const bool bordering = wf_tile_borders<WF_GATHER>(args, block, WIDTH);
    auto center =
        wf_load_center<SPLATS, MODE, Image, Weight, CHANNELS>(args, block.n, block.y + y, block.x + x, pixels);
    int at = y * args.pitch + x + row.base;
    wf_barrier_wait(full, 0);
    for (int i = 0; i < args.kernel_height; i++, at += args.pitch) {
        const int source_y = block.y + y - wf_tile_reach(WF_GATHER, args.kernel_height) + i;
        const unsigned columns = (unsigned)source_y < (unsigned)args.height ? args.width : 0;
        wf_neighbors<CHANNELS> neighbors;
        wf_load_neighbors<Image>(tile, shared, at, 0, neighbors);
#pragma unroll UNROLL
        for (int group = 0; group < row.groups; group++) {
            const int s = row.base + group * WF_TILE_GROUP;
            const int begin = wf_group_begin(row, group) - s, end = wf_group_end(row, group) - s;
            wf_load_neighbors<Image>(tile, shared, at + (group + 1) * WF_TILE_GROUP, WF_TILE_GROUP, neighbors);
#define TAPS(BEGIN, END)                                                                                               \
    wf_correlate_taps<BEGIN, END, SPLATS, MODE>(args, center, neighbors, bordering, column + s, columns)
            WF_TILE_GROUP_CASES(TAPS, begin, end);
#undef TAPS
            wf_shift_neighbors(neighbors);
        }
    }
}

/* A block's work; of its threads, those of the tile. The maps of less and logsumexp are looked at for splat's modes. */
template <bool SPLATS, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH, int WIDTH,
          int HEIGHT>
static __device__ __forceinline__ void
wf_correlate_tile(const CUtensorMap *neighbor_map, const CUtensorMap *less_map, const CUtensorMap *logsumexp_map,
                  const wf_correlate_args &args, const wf_block &block, unsigned char *shared)
{
    const wf_neighbor_tile tile = wf_make_neighbor_tile(args, SPLATS, MODE, CHANNELS, sizeof(Image));
    auto *full = (uint64_t *)shared;
    shared += WF_TMA_HEADER;
    if (threadIdx.x == 0) {
        const int x = block.x - wf_make_tile_row(WF_GATHER, args.kernel_width).halo;
        const int y = block.y - wf_tile_reach(WF_GATHER, args.kernel_height);
        const unsigned element = CHANNELS * sizeof(Image) + (tile.has_less + tile.has_logsumexp) * sizeof(float);
        cuda::ptx::mbarrier_init(full, 1);
        cuda::ptx::fence_mbarrier_init(cuda::ptx::sem_release, cuda::ptx::scope_cluster);
        wf_barrier_expect(full, tile.plane * element);
        wf_tma_load(shared, neighbor_map, x, y, 0, block.n, full);
        if (tile.has_less)
            wf_tma_load(shared + tile.less, less_map, x, y, 0, block.n, full);
        if (tile.has_logsumexp)
            wf_tma_load(shared + tile.logsumexp, logsumexp_map, x, y, 0, block.n, full);
    }
    __syncthreads();
    if (threadIdx.x < WIDTH * HEIGHT / WF_TILE_GROUP)
        wf_correlate_pixels<SPLATS, MODE, Image, Weight, CHANNELS, KERNEL_WIDTH, WIDTH, HEIGHT>(args, block, full,
                                                                                                shared);
}

#endif

#endif
