/* gather_splat_tiles_of.cuh -- the kernels of gather_splat_tiles.cuh, by mode and types. Private; for instances. */
#ifndef WF_CUDA_GATHER_SPLAT_TILES_OF_CUH
#define WF_CUDA_GATHER_SPLAT_TILES_OF_CUH

#include "gather_splat_tiles.cuh"

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

/* Whether sources of either operator lie outside the image. */
static __device__ __forceinline__ bool borders(const wf_tile_args &args, const wf_block &block)
{
    const int left = args.kernel_width / 2, up = args.kernel_height / 2, x = block.x - left, y = block.y - up;
    return x < 0 || y < 0 || x + WIDTH + 2 * left > args.width || y + args.rows > args.height;
}

/* The producer. tile_map has boxes of the tile's height, row_map of one row. */
template <typename Image, typename Weight, int HEIGHT>
static __device__ __forceinline__ void
produce(const CUtensorMap *input_map, const CUtensorMap *tile_map, const CUtensorMap *row_map, const wf_tile_args &args,
        const wf_block &block, wf_barriers *barriers, Image *input, unsigned char *weights)
{
    const wf_tile_row row = wf_make_tile_row(WF_GATHER, args.kernel_width);
    const pair_box box = make_box(row, HEIGHT, args.kernel_height, sizeof(Weight));
    const int reach = wf_tile_reach(WF_GATHER, args.kernel_height);
    wf_barrier_expect(&barriers->input, CHANNELS * args.rows * args.pitch * (unsigned)sizeof(Image));
    wf_tma_load(input, input_map, block.x - row.halo, block.y - reach, 0, block.n, &barriers->input);
    wf_ring ring = {};
    for (int i = 0; i < args.kernel_height; i++) {
        const int dy = i - reach, others = abs(dy), y = dy > 0 ? block.y - dy : block.y + HEIGHT;
        for (int group = 0; group < row.groups; group++) {
            uint64_t *full = &barriers->full[ring.stage];
            unsigned char *to = weights + ring.stage * args.stage_taps * box.stride;
            int s = wf_group_begin(row, group), end = wf_group_end(row, group);
            if (ring.turn > 0)
                wf_barrier_wait(&barriers->empty[ring.stage], ring.turn - 1);
            wf_barrier_expect(full, (end - s) * (HEIGHT + others) * box.width * (unsigned)sizeof(Weight));
            for (; s < end; s++, to += box.stride) {
                const int tap = i * args.kernel_width + s - row.lead, x = s > row.halo ? block.x - row.halo : block.x;
                wf_tma_load(to, tile_map, x, block.y, tap, block.n, full);
                for (int other = 0; other < others; other++)
                    wf_tma_load(to + box.tile + other * box.row, row_map, x, y + other, tap, block.n, full);
            }
            wf_ring_advance(ring, args.stages);
        }
    }
}

/* Adds the taps BEGIN <= t < END of the group at column `s`. The sources as wf_tile_add has them, splat's from 4
 * columns before that of tap 0 on. weights: of tap BEGIN, those of gather at the first pixel's row and column, the
 * others' in the row of its source and `halo` + s columns before it. */
template <int BEGIN, int END, wf_mode MODE, typename Weight>
static __device__ __forceinline__ void
add(wf_sums<MODE, CHANNELS, WF_TILE_GROUP> &gather, wf_sums<MODE, CHANNELS, WF_TILE_GROUP> &splat,
    const float (&gather_sources)[CHANNELS][2 * WF_TILE_GROUP],
    const float (&splat_sources)[CHANNELS][2 * WF_TILE_GROUP], const unsigned char *gather_weights,
    const unsigned char *splat_weights, int stride, int s, int halo, bool bordering, int column,
    unsigned gather_columns, unsigned splat_columns)
{
    float factor[END - BEGIN][WF_TILE_GROUP];
#pragma unroll
    for (int t = BEGIN; t < END; t++)
        wf_load4((const Weight *)(gather_weights + (t - BEGIN) * stride) + (s + t > halo ? halo : 0),
                 factor[t - BEGIN]);
    wf_tile_add_taps<BEGIN, END, 0, 1>(gather, gather_sources, factor, bordering, column + s - halo, gather_columns);
#pragma unroll
    for (int t = BEGIN; t < END; t++) {
        const Weight *from =
            (const Weight *)(splat_weights + (t - BEGIN) * stride) + halo - s + (s + t > halo ? halo : 0);
        float row[2 * WF_TILE_GROUP];
        if (t > 0)
            wf_load4(from - WF_TILE_GROUP, row);
        wf_load4(from, row + WF_TILE_GROUP);
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++)
            factor[t - BEGIN][p] = row[WF_TILE_GROUP - t + p];
    }
    wf_tile_add_taps<BEGIN, END, WF_TILE_GROUP, -1>(splat, splat_sources, factor, MODE == WF_SOFTMAX && bordering,
                                                    column + halo - s, splat_columns);
}

/* The consumers: four neighbouring pixels a thread. */
template <wf_mode MODE, typename Image, typename Weight, int KERNEL_WIDTH, int HEIGHT>
static __device__ __forceinline__ void consume(const pair_args &pair, const wf_block &block, wf_barriers *barriers,
                                               const Image *input, const unsigned char *weights)
{
    constexpr int UNROLL = KERNEL_WIDTH > 0 ? KERNEL_WIDTH : 1;
    const wf_tile_args &args = pair.tile;
    const wf_tile_row row = wf_make_tile_row(WF_GATHER, KERNEL_WIDTH > 0 ? KERNEL_WIDTH : args.kernel_width);
    const pair_box box = make_box(row, HEIGHT, args.kernel_height, sizeof(Weight));
    const int x = threadIdx.x * WF_TILE_GROUP % WIDTH, y = threadIdx.x / (WIDTH / WF_TILE_GROUP);
    const int plane = args.rows * args.pitch, reach = wf_tile_reach(WF_GATHER, args.kernel_height);
    const bool bordering = borders(args, block);
    wf_sums<MODE, CHANNELS, WF_TILE_GROUP> gather, splat;
    wf_sums_start(gather);
    wf_sums_start(splat);
    wf_ring ring = {};
    wf_barrier_wait(&barriers->input, 0);
    for (int i = 0; i < args.kernel_height; i++) {
        const int dy = i - reach, splat_y = y - dy;
        const Image *gather_input = input + (y + reach + dy) * args.pitch + x;
        const Image *splat_input = input + (y + reach - dy) * args.pitch + x + 2 * row.halo;
        const unsigned gather_columns = (unsigned)(block.y + y + dy) < (unsigned)args.height ? args.width : 0;
        const unsigned splat_columns = (unsigned)(block.y + y - dy) < (unsigned)args.height ? args.width : 0;
        int splat_row = splat_y * box.width * (int)sizeof(Weight);
        if (splat_y < 0)
            splat_row = box.tile + (splat_y + dy) * box.row;
        else if (splat_y >= HEIGHT)
            splat_row = box.tile + (splat_y - HEIGHT) * box.row;
        float gather_sources[CHANNELS][2 * WF_TILE_GROUP], splat_sources[CHANNELS][2 * WF_TILE_GROUP];
#pragma unroll
        for (int c = 0; c < CHANNELS; c++) {
            wf_load4(gather_input + c * plane + row.base, gather_sources[c]);
            wf_load4(splat_input + c * plane - row.base, splat_sources[c] + WF_TILE_GROUP);
        }
#pragma unroll UNROLL
        for (int group = 0; group < row.groups; group++) {
            const int s = row.base + group * WF_TILE_GROUP;
            const int begin = wf_group_begin(row, group) - s, end = wf_group_end(row, group) - s;
            const unsigned char *from = weights + ring.stage * args.stage_taps * box.stride;
            const unsigned char *gather_from = from + (y * box.width + x) * (int)sizeof(Weight);
            const unsigned char *splat_from = from + splat_row + x * (int)sizeof(Weight);
#pragma unroll
            for (int c = 0; c < CHANNELS; c++) {
                if (end > 1) {
                    wf_load4(gather_input + c * plane + s + WF_TILE_GROUP, gather_sources[c] + WF_TILE_GROUP);
                    wf_load4(splat_input + c * plane - s - WF_TILE_GROUP, splat_sources[c]);
                }
            }
            wf_barrier_wait(&barriers->full[ring.stage], ring.turn);
#define ADD(BEGIN, END)                                                                                                \
    add<BEGIN, END, MODE, Weight>(gather, splat, gather_sources, splat_sources, gather_from, splat_from, box.stride,   \
                                  s, row.halo, bordering, block.x + x, gather_columns, splat_columns)
            WF_TILE_GROUP_CASES(ADD, begin, end);
#undef ADD
#pragma unroll
            for (int c = 0; c < CHANNELS; c++) {
#pragma unroll
                for (int p = 0; p < WF_TILE_GROUP; p++) {
                    gather_sources[c][p] = gather_sources[c][WF_TILE_GROUP + p];
                    splat_sources[c][WF_TILE_GROUP + p] = splat_sources[c][p];
                }
            }
            __syncwarp();
            if (threadIdx.x % 32 == 0)
                cuda::ptx::mbarrier_arrive(&barriers->empty[ring.stage]);
            wf_ring_advance(ring, args.stages);
        }
    }
    wf_tile_store<Image>(args, block.n, 0, block.y + y, block.x + x, gather);
    wf_tile_args splat_args = args;
    splat_args.output = pair.splat_output, splat_args.output_aligned = pair.splat_aligned;
    wf_tile_store<Image>(splat_args, block.n, 0, block.y + y, block.x + x, splat);
}

#endif

template <wf_mode MODE, typename Image, typename Weight, int KERNEL_WIDTH, int HEIGHT>
static __global__ void __launch_bounds__(WIDTH *HEIGHT / WF_TILE_GROUP + 32, HEIGHT < 8 ? MOST_BLOCKS : 1)
    gather_splat_tiles(const __grid_constant__ CUtensorMap input_map, const __grid_constant__ CUtensorMap tile_map,
                       const __grid_constant__ CUtensorMap row_map, const pair_args args)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    constexpr int CONSUMERS = WIDTH * HEIGHT / WF_TILE_GROUP;
    extern __shared__ __align__(128) unsigned char shared[];
    auto *barriers = (wf_barriers *)shared;
    auto *input = (Image *)(shared + WF_TMA_HEADER);
    unsigned char *weights =
        shared + WF_TMA_HEADER + wf_tma_bytes(CHANNELS * args.tile.rows * args.tile.pitch, sizeof(Image));
    const wf_block block = wf_this_block(args.tile.grid, WIDTH, HEIGHT);
    wf_barriers_init(barriers, args.tile.stages, CONSUMERS);
    const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
    if (warp < CONSUMERS / 32)
        consume<MODE, Image, Weight, KERNEL_WIDTH, HEIGHT>(args, block, barriers, input, weights);
    else if (wf_elect_one())
        produce<Image, Weight, HEIGHT>(&input_map, &tile_map, &row_map, args.tile, block, barriers, input, weights);
#endif
}

template <wf_mode MODE, int TYPES, int KERNEL_WIDTH, int LIKE> const void *wf_gather_splat_tiles_of()
{
    return (const void *)gather_splat_tiles<MODE, float, wf_weight_of<TYPES>, KERNEL_WIDTH, HEIGHT_OF(LIKE)>;
}

#define WF_INSTANCE(...) template const void *wf_gather_splat_tiles_of<__VA_ARGS__>();

#endif
