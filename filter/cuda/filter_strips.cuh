/* filter_strips.cuh -- gather and splat of many channels, down strips. Private; since compute capability 9.0.
 *
 * Tiles of many channels would read their halos several times over. Here a block goes down a strip of columns, some
 * rows a step. The rows of the input that a step needs lie in a ring in shared memory; each step adds as many as it
 * computes, so that only the halo left and right is read again. Weights come in stages as those of tiles do, and so do
 * sums.
 *
 * Strips are cut into segments, so that there is one for each block at a time, and neighbors go down side by side: what
 * they share comes from the cache. Where there are more channels than a block can take, blocks take a pass of them
 * each. */
#ifndef WF_CUDA_FILTER_STRIPS_CUH
#define WF_CUDA_FILTER_STRIPS_CUH

#include "static_switch.cuh"
#include "tiles.cuh"

#define WF_STRIP_FEW_CHANNELS  8 /* of a thread, or, where that needs fewer threads, */
#define WF_STRIP_MORE_CHANNELS 9
#define WF_STRIP_WIDTH         64  /* columns */
#define WF_STRIP_MAX_THREADS   384 /* of a block */

struct wf_strip_args {
    wf_tile_args tile; /* rows: those that a step needs */
    int team_channels; /* of a thread */
    int teams;         /* threads that share pixels, each with channels of its own */
    int pair;          /* 2 where two teams are neighbours in a warp and take channels in turn, else 1 */
    int height;        /* rows of a step, an even number */
    int ring_rows, row_elements;
    int steps;         /* of a segment */
    unsigned segments; /* of all images and passes */
};

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

/* A segment: its first step, and how many there are. */
static __device__ __forceinline__ wf_block wf_strip_segment(const wf_strip_args &args, unsigned index, int *steps)
{
    const wf_block block = wf_block_at(args.tile.grid, index, WF_STRIP_WIDTH, args.height * args.steps);
    *steps = min(args.steps, (args.tile.height - block.y + args.height - 1) / args.height);
    return block;
}

/* The producer. A step's rows come as soon as their place in the ring is free: when all threads have begun with the
 * step before, if the ring is that large, else when they have ended it; either shows in a stage that they have left. */
template <wf_operator OP, typename Image, typename Weight>
static __device__ __forceinline__ void wf_strip_produce(const CUtensorMap *input_map, const CUtensorMap *weight_map,
                                                        const wf_strip_args &args, wf_barriers *barriers, Image *input,
                                                        Weight *weights)
{
    const wf_tile_args &tile = args.tile;
    const wf_tile_row row = wf_make_tile_row(OP, tile.kernel_width);
    const wf_tap_box box = wf_make_tap_box(OP, WF_STRIP_WIDTH, args.height, sizeof(Weight));
    const int channels = args.teams * args.team_channels;
    const int step_stages = tile.kernel_height * row.stages;
    wf_ring ring = {}, last = {};
    int slot = 0;
    for (unsigned index = blockIdx.x; index < args.segments; index += gridDim.x) {
        int steps;
        wf_block block = wf_strip_segment(args, index, &steps);
        int y = block.y - wf_tile_reach(OP, tile.kernel_height);
        const auto load = [&](int rows) {
            wf_barrier_expect(&barriers->input, rows * channels * tile.pitch * (unsigned)sizeof(Image));
            for (; rows > 0; rows--, y++) {
                wf_tma_load(input + slot * args.row_elements, input_map, block.x - row.halo, y, block.pass * channels,
                            block.n, &barriers->input);
                slot = slot + 1 < args.ring_rows ? slot + 1 : 0;
            }
        };
        if (index != blockIdx.x)
            wf_barrier_wait(&barriers->empty[last.stage], last.turn);
        load(tile.rows);
        const bool early = args.ring_rows >= tile.rows + args.height;
        int loaded = 1, stages_to_load = tile.stages + (early ? 0 : step_stages - 1);
        for (int step = 0; step < steps; step++, block.y += args.height) {
            for (int i = 0; i < tile.kernel_height; i++) {
                for (int stage = 0; stage < row.stages; stage++) {
                    if (ring.turn > 0)
                        wf_barrier_wait(&barriers->empty[ring.stage], ring.turn - 1);
                    if (stages_to_load-- == 0) {
                        if (loaded++ < steps)
                            load(args.height);
                        stages_to_load = step_stages - 1;
                    }
                    wf_produce_stage<OP>(weight_map, tile, row, block, i, stage,
                                         weights + ring.stage * tile.stage_taps * box.elements, box.bytes, box.elements,
                                         &barriers->full[ring.stage]);
                    last = ring;
                    wf_ring_advance(ring, tile.stages);
                }
            }
        }
    }
}

/* Stores the sums of every so many channels. */
template <typename Image, wf_mode MODE, int CHANNELS>
static __device__ __forceinline__ void wf_strip_store(const wf_tile_args &args, int n, int channel, int step, int y,
                                                      int x, wf_sums<MODE, CHANNELS, WF_TILE_GROUP> &sums)
{
    wf_tile_args finished = args; /* divides once for all channels */
    finished.normalizes = 0;
    if (args.normalizes)
        wf_sums_finish(sums);
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
        wf_sums<MODE, 1, WF_TILE_GROUP> own;
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++) {
            own.color[0][p] = sums.color[c][p];
            own.weight[p] = sums.weight[p], own.origin[p] = sums.origin[p];
        }
        wf_tile_store<Image>(finished, n, channel + c * step, y, x, own);
    }
}

/* The consumers: neighbouring pixels of a row at every step. What paired teams read of the weights is the same, and one
 * read of a warp; their sources are in different banks of shared memory. */
template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int KERNEL_WIDTH, int CHANNELS>
static __device__ __forceinline__ void wf_strip_consume(const wf_strip_args &args, wf_barriers *barriers,
                                                        const Image *input, const Weight *weights)
{
    const wf_tile_args &tile = args.tile;
    const wf_tile_row row = wf_make_tile_row(OP, KERNEL_WIDTH > 0 ? KERNEL_WIDTH : tile.kernel_width);
    const wf_tap_box box = wf_make_tap_box(OP, WF_STRIP_WIDTH, args.height, sizeof(Weight));
    const int place = threadIdx.x / args.pair, across = WF_STRIP_WIDTH / WF_TILE_GROUP;
    const int x = place % across * WF_TILE_GROUP, y = place / across % args.height;
    const int channel = place / (across * args.height) * args.pair * CHANNELS + threadIdx.x % args.pair;
    const int plane = args.pair * tile.pitch;
    input += channel * tile.pitch + x + row.base;
    weights += y * box.width + x;
    wf_ring ring = {};
    unsigned loads = 0;
    int first_slot = 0;
    for (unsigned index = blockIdx.x; index < args.segments; index += gridDim.x) {
        int steps;
        wf_block block = wf_strip_segment(args, index, &steps);
        for (int step = 0; step < steps; step++, block.y += args.height) {
            const bool bordering =
                (OP == WF_GATHER || MODE == WF_SOFTMAX) && wf_tile_borders<OP>(tile, block, WF_STRIP_WIDTH);
            int slot = first_slot + y;
            wf_sums<MODE, CHANNELS, WF_TILE_GROUP> sums;
            wf_sums_start(sums);
            wf_barrier_wait(&barriers->input, loads++);
            for (int i = 0; i < tile.kernel_height; i++, slot++) {
                slot = slot < args.ring_rows ? slot : slot - args.ring_rows;
                const int source_y = block.y + y - wf_tile_reach(OP, tile.kernel_height) + i;
                const unsigned columns = (unsigned)source_y < (unsigned)tile.height ? tile.width : 0;
                wf_tile_add_row<OP, MODE, KERNEL_WIDTH>(sums, tile, row, barriers, ring,
                                                        input + slot * args.row_elements, plane, nullptr, weights,
                                                        box.elements, bordering, block.x + x - row.halo, columns);
            }
            wf_strip_store<Image>(tile, block.n, block.pass * args.teams * CHANNELS + channel, args.pair, block.y + y,
                                  block.x + x, sums);
            first_slot += args.height;
            first_slot = first_slot < args.ring_rows ? first_slot : first_slot - args.ring_rows;
        }
        first_slot += tile.rows - args.height;
        first_slot = first_slot < args.ring_rows ? first_slot : first_slot - args.ring_rows;
    }
}

#endif

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int KERNEL_WIDTH, int CHANNELS>
static __global__ void __launch_bounds__(WF_STRIP_MAX_THREADS)
    wf_filter_strips(const __grid_constant__ CUtensorMap input_map, const __grid_constant__ CUtensorMap weight_map,
                     const wf_strip_args args)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    extern __shared__ __align__(128) unsigned char shared[];
    auto *barriers = (wf_barriers *)shared;
    auto *input = (Image *)(shared + WF_TMA_HEADER);
    auto *weights = (Weight *)(input + args.ring_rows * args.row_elements);
    const int consumers = blockDim.x - 32;
    wf_barriers_init(barriers, args.tile.stages, consumers);
    const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
    if (warp < consumers / 32)
        wf_strip_consume<OP, MODE, Image, Weight, KERNEL_WIDTH, CHANNELS>(args, barriers, input, weights);
    else if (wf_elect_one())
        wf_strip_produce<OP>(&input_map, &weight_map, args, barriers, input, weights);
#endif
}

/* Linear calls of other types are left to WF_NORMALIZED's kernels, as on tiles. */
static constexpr bool wf_strip_has_linear(int types)
{
    return types == WF_TYPES(WF_FLOAT32, WF_FLOAT32) || types == WF_TYPES(WF_FLOAT32, WF_FLOAT16);
}

/* Kernels whose rows unroll: each costs its compilation. */
static constexpr bool wf_strip_unrolls(wf_mode mode, int types, int width)
{
    return mode != WF_SOFTMAX && wf_is_common_width(width) && wf_has_own_width(mode, types, width) &&
           (mode != WF_LINEAR || wf_strip_has_linear(types));
}

/* The kernel of that mode for a call (filter_strips_<mode>.cu, so that they compile side by side). */
template <wf_mode MODE> const void *wf_filter_strips_of(const wf_filter_call *call, int team_channels);

#endif
