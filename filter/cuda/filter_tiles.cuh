/* filter_tiles.cuh -- gather and splat of few channels, tile by tile. Private; since compute capability 9.0.
 *
 * A block computes one tile of pixels. Its producer has TMA bring the tile of the input with its halo and then, a few
 * stages ahead of the consumers, the boxes of weights, one a tap. */
#ifndef WF_CUDA_FILTER_TILES_CUH
#define WF_CUDA_FILTER_TILES_CUH

#include "static_switch.cuh"
#include "tiles.cuh"

/* Four channels take so much shared memory a pixel that smaller tiles are better. Measured on an H200. */
static constexpr __host__ __device__ int wf_tile_width(int channels)
{
    return channels < 4 ? 128 : 64;
}

#define WF_TILE_HEIGHT 8

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

/* The producer: keeps the stages filled. */
template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int WIDTH, int HEIGHT>
static __device__ __forceinline__ void wf_tile_produce(const CUtensorMap *input_map, const CUtensorMap *logsumexp_map,
                                                       const CUtensorMap *weight_map, const wf_tile_args &args,
                                                       const wf_block &block, wf_barriers *barriers, Image *input,
                                                       float *logsumexps, Weight *weights)
{
    const wf_tap_box box = wf_make_tap_box(OP, WIDTH, HEIGHT, sizeof(Weight));
    const wf_tile_row row = wf_make_tile_row(OP, args.kernel_width);
    const int x = block.x - row.halo, y = block.y - wf_tile_reach(OP, args.kernel_height);
    const unsigned logsumexp_bytes = MODE == WF_SOFTMAX_ADJOINT ? sizeof(float) : 0;
    wf_barrier_expect(&barriers->input,
                      args.rows * args.pitch * (CHANNELS * (unsigned)sizeof(Image) + logsumexp_bytes));
    wf_tma_load(input, input_map, x, y, 0, block.n, &barriers->input);
    if (MODE == WF_SOFTMAX_ADJOINT)
        wf_tma_load(logsumexps, logsumexp_map, x, y, 0, block.n, &barriers->input);
    wf_ring ring = {};
    for (int i = 0; i < args.kernel_height; i++) {
        for (int stage = 0; stage < row.stages; stage++) {
            if (ring.turn > 0)
                wf_barrier_wait(&barriers->empty[ring.stage], ring.turn - 1);
            wf_produce_stage<OP>(weight_map, args, row, block, i, stage,
                                 weights + ring.stage * args.stage_taps * box.elements, box.bytes, box.elements,
                                 &barriers->full[ring.stage]);
            wf_ring_advance(ring, args.stages);
        }
    }
}

/* The consumers: four neighbouring pixels a thread. */
template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH, int WIDTH,
          int HEIGHT>
static __device__ __forceinline__ void wf_tile_consume(const wf_tile_args &args, const wf_block &block,
                                                       wf_barriers *barriers, const Image *input,
                                                       const float *logsumexps, const Weight *weights)
{
    const wf_tap_box box = wf_make_tap_box(OP, WIDTH, HEIGHT, sizeof(Weight));
    const wf_tile_row row = wf_make_tile_row(OP, KERNEL_WIDTH > 0 ? KERNEL_WIDTH : args.kernel_width);
    const int x = threadIdx.x * WF_TILE_GROUP % WIDTH, y = threadIdx.x / (WIDTH / WF_TILE_GROUP);
    const int plane = args.rows * args.pitch, column = block.x + x - row.halo;
    /* Sources outside the image are left out; where zeros do that, TMA has put them there. */
    const bool bordering = (OP == WF_GATHER || MODE == WF_SOFTMAX) && wf_tile_borders<OP>(args, block, WIDTH);
    const int first = y * args.pitch + x + row.base;
    input += first;
    logsumexps += first;
    weights += y * box.width + x;
    wf_tile_sums<MODE, CHANNELS> sums;
    wf_sums_start(sums);
    wf_ring ring = {};
    wf_barrier_wait(&barriers->input, 0);
    for (int i = 0; i < args.kernel_height; i++, input += args.pitch, logsumexps += args.pitch) {
        const int source_y = block.y + y - wf_tile_reach(OP, args.kernel_height) + i;
        const unsigned columns = (unsigned)source_y < (unsigned)args.height ? args.width : 0;
        wf_tile_add_row<OP, MODE, KERNEL_WIDTH>(sums, args, row, barriers, ring, input, plane, logsumexps, weights,
                                                box.elements, bordering, column, columns);
    }
    wf_tile_store<Image>(args, block.n, 0, block.y + y, block.x + x, sums);
}

/* A block's work. logsumexp_map is looked at for WF_SOFTMAX_ADJOINT. KERNEL_WIDTH is the kernel's, or 0 for any. */
template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH, int WIDTH,
          int HEIGHT>
static __device__ __forceinline__ void wf_filter_tile(const CUtensorMap *input_map, const CUtensorMap *logsumexp_map,
                                                      const CUtensorMap *weight_map, const wf_tile_args &args,
                                                      const wf_block &block, unsigned char *shared)
{
    constexpr int CONSUMERS = WIDTH * HEIGHT / WF_TILE_GROUP;
    auto *barriers = (wf_barriers *)shared;
    auto *input = (Image *)(shared + WF_TMA_HEADER);
    const int plane = args.rows * args.pitch, input_bytes = wf_tma_bytes(CHANNELS * plane, sizeof(Image));
    auto *logsumexps = (float *)(shared + WF_TMA_HEADER + input_bytes);
    const int logsumexp_bytes = MODE == WF_SOFTMAX_ADJOINT ? wf_tma_bytes(plane, sizeof(float)) : 0;
    auto *weights = (Weight *)(shared + WF_TMA_HEADER + input_bytes + logsumexp_bytes);

    wf_barriers_init(barriers, args.stages, CONSUMERS);
    const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
    if (warp < CONSUMERS / 32)
        wf_tile_consume<OP, MODE, Image, Weight, CHANNELS, KERNEL_WIDTH, WIDTH, HEIGHT>(args, block, barriers, input,
                                                                                        logsumexps, weights);
    else if (wf_elect_one())
        wf_tile_produce<OP, MODE, Image, Weight, CHANNELS, WIDTH, HEIGHT>(input_map, logsumexp_map, weight_map, args,
                                                                          block, barriers, input, logsumexps, weights);
}

#endif

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH, int WIDTH,
          int HEIGHT>
__global__ void __launch_bounds__(WIDTH *HEIGHT / WF_TILE_GROUP + 32)
    wf_filter_tiles(const __grid_constant__ CUtensorMap input_map, const __grid_constant__ CUtensorMap weight_map,
                    const wf_tile_args args)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    extern __shared__ __align__(128) unsigned char shared[];
    wf_filter_tile<OP, MODE, Image, Weight, CHANNELS, KERNEL_WIDTH, WIDTH, HEIGHT>(
        &input_map, nullptr, &weight_map, args, wf_this_block(args.grid, WIDTH, HEIGHT), shared);
#endif
}

/* The parts of a plan besides the kernel, with the arguments at args[0] and the maps of the input, the weights and,
 * unless that is NULL, logsumexp. False where tiles do not serve. */
struct wf_plan;
bool wf_plan_tile_filter(const wf_cuda_device *device, const wf_filter_call *call, const wf_tensor *logsumexp,
                         wf_plan *plan);

/* Other linear calls than those of three channels go to WF_NORMALIZED's kernels, which need not divide by the sum of
 * weights that they keep. */
static constexpr bool wf_has_filter_tiles(wf_mode mode, int channels)
{
    return mode != WF_LINEAR || channels == 3;
}

/* A driver that compiles PTX compiles all of a file's kernels: those that a node's first picture may wait for, of the
 * types of its predictors and of files of weights, have a file for each width. */
static constexpr bool wf_tiles_by_width(wf_mode mode, int types)
{
    return types == WF_TYPES(WF_FLOAT32, WF_FLOAT16) ||
           (mode == WF_LINEAR && types == WF_TYPES(WF_FLOAT32, WF_FLOAT32));
}

/* A call's kernel, among those for rows of these widths; 0: of any. */
template <wf_mode MODE, int TYPES, int... WIDTHS> const void *wf_filter_tiles_of(const wf_filter_call *call);

#endif
