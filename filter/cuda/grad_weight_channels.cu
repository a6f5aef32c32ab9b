/* The gradient to the weights of images of many channels: the correlation of grad_weight_tiles.cuh with the loop over
 * channels outermost; since compute capability 9.0.
 *
 * A thread keeps the sums of four neighbouring pixels, in each of PAIR rows, with one row of neighbors: a kernel row of
 * taps each. Tiles of centers and of the neighbors around them come by in stages of a few channels. So shared memory
 * does not grow with the channels. Blocks stay, and take one tile after the other: the next one's stages are on their
 * way while sums are written. */
#include "grad_weight_tiles.cuh"
#include "plan.h"

#define WIDTH          64 /* pixels of a tile's row */
#define MAX_HEIGHT     16
#define QUADS          (WIDTH / WF_TILE_GROUP)
#define STAGE_CHANNELS 4
#define MOST_STAGES    6

/* Channels that are loaded together, and registers of a thread besides sums, centers and neighbors. */
#define UNROLL_OF(KERNEL_WIDTH)       ((KERNEL_WIDTH) < 9 ? 2 : 1)
#define OTHER_REGISTERS(KERNEL_WIDTH) (12 * UNROLL_OF(KERNEL_WIDTH))

/* Pixels above each other that share a row of neighbors: two, where registers hold that many sums. Measured on an H200.
 * */
#define PAIR_OF(KERNEL_WIDTH) ((KERNEL_WIDTH) <= 11 ? 2 : 1)

struct channels_args {
    wf_grid grid;
    unsigned tiles; /* of all images and passes */
    wf_view grad_weight, weight, less, logsumexp;
    int width, height, channels, kernel_height;
    int tile_height, rows; /* of pixels, and of neighbors that a pass takes to a pixel */
    int pitch, stages;
    int splats, grad_weight_aligned;
    wf_mode mode;
};

static __host__ __device__ __forceinline__ int centers_of(const channels_args &args)
{
    return WIDTH * args.tile_height;
}

static __host__ __device__ __forceinline__ int neighbors_of(const channels_args &args)
{
    return args.pitch * (args.tile_height + args.rows - 1);
}

/* Elements from the centers of a stage to its neighbors, and to the next stage. */
static __host__ __device__ __forceinline__ int neighbors_begin(const channels_args &args, size_t element)
{
    return wf_tma_bytes(STAGE_CHANNELS * centers_of(args), element) / (int)element;
}

static __host__ __device__ __forceinline__ int stage_elements(const channels_args &args, size_t element)
{
    return neighbors_begin(args, element) + wf_tma_bytes(STAGE_CHANNELS * neighbors_of(args), element) / (int)element;
}

/* Threads of a block, a multiple of 128, that registers allow for: all but the producer's warp consume. */
static constexpr int max_threads(int kernel_width)
{
    const int pair = PAIR_OF(kernel_width), sums = pair * WF_TILE_GROUP * kernel_width;
    const int window = (kernel_width + 9) / WF_TILE_GROUP * WF_TILE_GROUP;
    return 65536 / (sums + window + pair * WF_TILE_GROUP + OTHER_REGISTERS(kernel_width)) / 128 * 128;
}

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

template <typename Image, int KERNEL_WIDTH>
static __device__ __forceinline__ void produce(const CUtensorMap *center_map, const CUtensorMap *neighbor_map,
                                               const channels_args &args, wf_barriers *barriers, Image *stages)
{
    const wf_tile_row row = wf_make_tile_row(WF_GATHER, KERNEL_WIDTH);
    const unsigned bytes = STAGE_CHANNELS * (centers_of(args) + neighbors_of(args)) * (unsigned)sizeof(Image);
    wf_ring ring = {};
    for (unsigned tile = blockIdx.x; tile < args.tiles; tile += gridDim.x) {
        const wf_block block = wf_block_at(args.grid, tile, WIDTH, args.tile_height);
        const int x = block.x - row.halo;
        const int y = block.y - wf_tile_reach(WF_GATHER, args.kernel_height) + block.pass * args.rows;
        for (int c = 0; c < args.channels; c += STAGE_CHANNELS) {
            Image *to = stages + ring.stage * stage_elements(args, sizeof(Image));
            uint64_t *full = &barriers->full[ring.stage];
            if (ring.turn > 0)
                wf_barrier_wait(&barriers->empty[ring.stage], ring.turn - 1);
            wf_barrier_expect(full, bytes);
            wf_tma_load(to, center_map, block.x, block.y, c, block.n, full);
            wf_tma_load(to + neighbors_begin(args, sizeof(Image)), neighbor_map, x, y, c, block.n, full);
            wf_ring_advance(ring, args.stages);
        }
    }
}

/* The parts of grad_weight that differ by mode: of tap t of kernel row i, four pixels. */
template <typename Weight, int KERNEL_WIDTH>
static __device__ __forceinline__ void finish(const channels_args &args, int n, int i, int t, int y, int x,
                                              float (&sum)[WF_TILE_GROUP])
{
    const int v = y + wf_tap_offset(i, args.kernel_height, 1), tap = i * KERNEL_WIDTH + t;
#pragma unroll
    for (int p = 0; p < WF_TILE_GROUP; p++) {
        const int u = x + p + wf_tap_offset(t, KERNEL_WIDTH, 1);
        if (x + p >= args.width || (unsigned)u >= (unsigned)args.width || (unsigned)v >= (unsigned)args.height)
            continue;
        const int to_y = args.splats ? v : y, to_x = args.splats ? u : x + p;
        sum[p] -= __ldg(wf_at<const float>(args.less, n, 0, to_y, to_x));
        if (args.mode == WF_SOFTMAX)
            sum[p] *= __expf(wf_get(wf_at<const Weight>(args.weight, n, tap, y, x + p)) -
                             __ldg(wf_at<const float>(args.logsumexp, n, 0, to_y, to_x)));
    }
}

/* Writes the sums of kernel row i of four pixels. */
template <typename Weight, int KERNEL_WIDTH>
static __device__ __forceinline__ void write(const channels_args &args, int n, int i, int y, int x,
                                             float (&sums)[KERNEL_WIDTH][WF_TILE_GROUP])
{
    const int v = y + wf_tap_offset(i, args.kernel_height, 1), pixels = args.width - x;
    const unsigned columns = (unsigned)v < (unsigned)args.height ? args.width : 0;
    Weight *to = wf_at<Weight>(args.grad_weight, n, i * KERNEL_WIDTH, y) + x;
#pragma unroll
    for (int t = 0; t < KERNEL_WIDTH; t++, to += args.grad_weight.channel) {
        if (args.mode != WF_LINEAR)
            finish<Weight, KERNEL_WIDTH>(args, n, i, t, y, x, sums[t]);
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++) {
            if ((unsigned)(x + p + wf_tap_offset(t, KERNEL_WIDTH, 1)) >= columns)
                sums[t][p] = 0;
        }
        if (args.grad_weight_aligned && pixels >= WF_TILE_GROUP) {
            wf_stream4(to, sums[t]);
            continue;
        }
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++) {
            if (p < pixels)
                wf_set(to + p, sums[t][p]);
        }
    }
}

/* Adds the channels of a stage. centers, neighbors: of the first channel, at a thread's first pixel and first neighbor.
 * */
template <typename Image, int KERNEL_WIDTH, int PAIR>
static __device__ __forceinline__ void add_stage(const channels_args &args, const Image *centers,
                                                 const Image *neighbors,
                                                 float (&sums)[PAIR][KERNEL_WIDTH][WF_TILE_GROUP])
{
    constexpr int UNROLL = UNROLL_OF(KERNEL_WIDTH);
    const wf_tile_row row = wf_make_tile_row(WF_GATHER, KERNEL_WIDTH);
    const int shift = row.lead - row.base, quads = (shift + KERNEL_WIDTH + 2) / WF_TILE_GROUP + 1;
#pragma unroll UNROLL
    for (int c = 0; c < STAGE_CHANNELS; c++) {
        float center[PAIR][WF_TILE_GROUP], window[KERNEL_WIDTH + 9];
#pragma unroll
        for (int p = 0; p < PAIR; p++)
            wf_load4(centers + p * WIDTH, center[p]);
#pragma unroll
        for (int q = 0; q < quads; q++)
            wf_load4(neighbors + q * WF_TILE_GROUP, window + q * WF_TILE_GROUP);
#pragma unroll
        for (int p = 0; p < PAIR; p++) {
#pragma unroll
            for (int t = 0; t < KERNEL_WIDTH; t++) {
#pragma unroll
                for (int x = 0; x < WF_TILE_GROUP; x++)
                    sums[p][t][x] += center[p][x] * window[shift + t + x];
            }
        }
        centers += centers_of(args);
        neighbors += neighbors_of(args);
    }
}

template <typename Image, typename Weight, int KERNEL_WIDTH, int PAIR>
static __device__ __forceinline__ void consume(const channels_args &args, wf_barriers *barriers, const Image *stages)
{
    const int pairs = args.tile_height / PAIR, index = threadIdx.x / QUADS;
    const int x = threadIdx.x % QUADS * WF_TILE_GROUP, y = index % pairs * PAIR, r = index / pairs;
    const Image *centers = stages + y * WIDTH + x;
    const Image *neighbors = stages + neighbors_begin(args, sizeof(Image)) + (y + r) * args.pitch + x +
                             wf_make_tile_row(WF_GATHER, KERNEL_WIDTH).base;
    wf_ring ring = {};
    for (unsigned tile = blockIdx.x; tile < args.tiles; tile += gridDim.x) {
        const wf_block block = wf_block_at(args.grid, tile, WIDTH, args.tile_height);
        float sums[PAIR][KERNEL_WIDTH][WF_TILE_GROUP] = {};
        for (int c = 0; c < args.channels; c += STAGE_CHANNELS) {
            const int from = ring.stage * stage_elements(args, sizeof(Image));
            wf_barrier_wait(&barriers->full[ring.stage], ring.turn);
            if (r < args.rows)
                add_stage<Image, KERNEL_WIDTH, PAIR>(args, centers + from, neighbors + from, sums);
            __syncwarp();
            if (threadIdx.x % 32 == 0)
                cuda::ptx::mbarrier_arrive(&barriers->empty[ring.stage]);
            wf_ring_advance(ring, args.stages);
        }
#pragma unroll
        for (int p = 0; p < PAIR; p++) {
            const int i = block.pass * args.rows + r - p, to_y = block.y + y + p, to_x = block.x + x;
            if (r < args.rows && i >= 0 && i < args.kernel_height && to_y < args.height && to_x < args.width)
                write<Weight, KERNEL_WIDTH>(args, block.n, i, to_y, to_x, sums[p]);
        }
    }
}

#endif

template <typename Image, typename Weight, int KERNEL_WIDTH>
static __global__ void __launch_bounds__(max_threads(KERNEL_WIDTH))
    grad_weight_channels(const __grid_constant__ CUtensorMap center_map,
                         const __grid_constant__ CUtensorMap neighbor_map, const channels_args args)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    extern __shared__ __align__(128) unsigned char shared[];
    auto *barriers = (wf_barriers *)shared;
    auto *stages = (Image *)(shared + WF_TMA_HEADER);
    const int consumers = blockDim.x - 32;
    wf_barriers_init(barriers, args.stages, consumers);
    const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
    if (warp < consumers / 32)
        consume<Image, Weight, KERNEL_WIDTH, PAIR_OF(KERNEL_WIDTH)>(args, barriers, stages);
    else if (wf_elect_one())
        produce<Image, KERNEL_WIDTH>(&center_map, &neighbor_map, args, barriers, stages);
#endif
}

/* ---- Plan -------------------------------------------------------------------------------------------------------- */

/* Chooses the shape of tiles that moves the fewest bytes into shared memory for the threads it employs. */
static void plan_shape(channels_args *args, int kernel_width)
{
    const int most_threads = max_threads(kernel_width) - 32, pair = PAIR_OF(kernel_width);
    const int all_rows = args->kernel_height + pair - 1; /* of neighbors of pixels that lie above each other */
    float least = INFINITY;
    for (int height = pair; height <= MAX_HEIGHT; height += pair) {
        const int most_rows = most_threads / (QUADS * height / pair);
        if (most_rows < 1)
            break;
        channels_args shape = *args;
        shape.tile_height = height;
        shape.grid.passes = wf_divide_up(all_rows, most_rows);
        shape.rows = (int)wf_divide_up(all_rows, shape.grid.passes);
        const float busy = (float)(QUADS * height / pair * shape.rows) / most_threads;
        const float cost = shape.grid.passes * (float)(centers_of(shape) + neighbors_of(shape)) / (height * busy);
        if (cost < least)
            least = cost, *args = shape;
    }
}

/* NULL for other widths: sums are in registers, as many as the kernel is wide. */
static const void *kernel_of(const wf_backward_call *call)
{
    return wf_switch<WF_TILE_TYPES>(WF_TYPES(call->input.dtype, call->grad_weight.dtype), [=](auto types) {
        constexpr int TYPES = types;
        const auto kernel = [](auto width) -> const void * {
            constexpr int KERNEL_WIDTH = width;
            if constexpr (KERNEL_WIDTH > 0)
                return (const void *)grad_weight_channels<wf_image_of<TYPES>, wf_weight_of<TYPES>, KERNEL_WIDTH>;
            return nullptr;
        };
        return wf_switch<WF_OWN_WIDTHS, 0>(call->filter.kernel_width, kernel);
    });
}

bool wf_plan_grad_weight_channels(const wf_cuda_device *device, const wf_work *work, wf_plan *plan)
{
    const wf_backward_call *call = work->backward;
    const wf_filter *filter = &call->filter;
    const wf_tensor *center = wf_center_of(work), *neighbor = wf_neighbor_of(work);
    const int64_t *size = center->size;
    plan->kernel = kernel_of(call);
    if (!plan->kernel || size[1] < 1 || filter->dilation != 1 || center->dtype == WF_FLOAT64 ||
        center->dtype != neighbor->dtype || !wf_unit_columns(&call->grad_weight) ||
        (filter->mode == WF_SOFTMAX && !wf_unit_columns(&call->weight)))
        return false;
    const size_t element = wf_dtype_size(center->dtype);
    channels_args *args = wf_plan_args<channels_args>(plan);
    args->grad_weight = wf_make_view(&call->grad_weight), args->weight = wf_make_view(&call->weight);
    args->less = wf_make_view(&work->scaled->less), args->logsumexp = wf_make_view(&call->coverage);
    args->width = (int)size[3], args->height = (int)size[2], args->channels = (int)size[1];
    args->kernel_height = filter->kernel_height;
    args->pitch = wf_tile_pitch(wf_make_tile_row(WF_GATHER, filter->kernel_width), WIDTH);
    args->splats = call->op == WF_SPLAT, args->mode = filter->mode;
    args->grad_weight_aligned = wf_four_aligned(&call->grad_weight);
    plan_shape(args, filter->kernel_width);
    args->grid.columns = wf_divide_up(size[3], WIDTH), args->grid.rows = wf_divide_up(size[2], args->tile_height);

    const int64_t tiles = size[0] * args->grid.columns * args->grid.rows * args->grid.passes;
    const int budget = device->shared_memory - WF_TMA_RESERVED - WF_TMA_HEADER;
    const int stage_bytes = stage_elements(*args, element) * (int)element;
    args->tiles = (unsigned)tiles;
    args->stages = min(budget / stage_bytes, MOST_STAGES);
    plan->grid = {(unsigned)min(tiles, (int64_t)device->multiprocessors), 1, 1}, plan->images = 1;
    plan->threads = wf_divide_up(QUADS * args->tile_height / PAIR_OF(filter->kernel_width) * args->rows, 32) * 32 + 32;
    plan->shared_bytes = WF_TMA_HEADER + args->stages * (size_t)stage_bytes;
    plan->arguments[0] = &plan->maps[0], plan->arguments[1] = &plan->maps[1], plan->arguments[2] = args;
    return tiles <= INT32_MAX && args->stages >= 2 &&
           wf_plan_map(device, center, WIDTH, args->tile_height, STAGE_CHANNELS, &plan->maps[0]) &&
           wf_plan_map(device, neighbor, args->pitch, args->tile_height + args->rows - 1, STAGE_CHANNELS,
                       &plan->maps[1]);
}
