/* gather_splat_tiles.cuh -- both operators of the same weights, on tiles as filter_tiles.cuh has them. Private; sm_90 and later.
 *
 * For every tap the engine copies the box of weights that covers the tile, for gather, and the tile moved against the tap's
 * offset (dy,dx), for splat: the tile's rows, |dy| more above or below, and a margin of columns left or right. Where a box
 * starts left of the tile it does so by the whole margin, so that it stays aligned.
 *
 * Columns of sources are counted from `margin` left of the tile, alike for both. In a group of taps at columns S ... S+3 for
 * gather's pixel 0, splat's sources lie at 2 margin - S ... 2 margin - S - 3: its window goes left as gather's goes right. */
#ifndef WF_CUDA_GATHER_SPLAT_TILES_CUH
#define WF_CUDA_GATHER_SPLAT_TILES_CUH

#include "tile_launch.cuh"

#define WF_PAIR_BLOCKS 2 /* that a multiprocessor should run at once */
#define WF_PAIR_STAGES 2 /* at least so many a block */

struct wf_pair_args {
    wf_tile_args tile; /* output is gather's; stage_taps are those of one group */
    wf_view splat_output;
    int splat_aligned;
};

/* The weights of one tap in shared memory: the tile's rows, then the rows above or below, one by one. */
struct wf_pair_box {
    int width;             /* columns */
    int tile, row, stride; /* bytes to the other rows, to the next of them, and to the next tap */
};

template <typename Weight>
static __host__ __device__ __forceinline__ wf_pair_box wf_make_pair_box(const wf_tile_row &row, int width, int height,
                                                                        int kernel_height)
{
    wf_pair_box box;
    box.width = width + row.margin;
    box.tile = wf_tile_bytes(box.width * height, sizeof(Weight));
    box.row = wf_tile_bytes(box.width, sizeof(Weight));
    box.stride = box.tile + kernel_height / 2 * box.row;
    return box;
}

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

/* Whether sources of either operator lie outside the image. */
static __device__ __forceinline__ bool wf_pair_borders(const wf_tile_args &args, const wf_block &block, int width)
{
    const int left = args.kernel_width / 2, up = args.kernel_height / 2, x = block.x - left, y = block.y - up;
    return x < 0 || y < 0 || x + width + 2 * left > args.width || y + args.rows > args.height;
}

/* The copying thread. tile_map has boxes of the tile's height, row_map of one row. */
template <typename Image, typename Weight, int CHANNELS, int WIDTH, int HEIGHT>
static __device__ __forceinline__ void wf_pair_fill(const CUtensorMap *input_map, const CUtensorMap *tile_map,
                                                    const CUtensorMap *row_map, const wf_tile_args &args,
                                                    const wf_block &block, wf_tile_barriers *barriers, Image *input,
                                                    unsigned char *weights)
{
    const wf_tile_row row = wf_make_tile_row<WF_GATHER>(args.kernel_width);
    const wf_pair_box box = wf_make_pair_box<Weight>(row, WIDTH, HEIGHT, args.kernel_height);
    const int reach = wf_tile_reach<WF_GATHER>(args.kernel_height);
    wf_tile_expect(&barriers->input, CHANNELS * args.rows * args.pitch * (unsigned)sizeof(Image));
    wf_tile_copy(input, input_map, block.x - row.margin, block.y - reach, 0, block.n, &barriers->input);
    wf_tile_ring ring = {};
    for (int i = 0; i < args.kernel_height; i++) {
        const int dy = i - reach, others = abs(dy), y = dy > 0 ? block.y - dy : block.y + HEIGHT;
        for (int group = 0; group < row.groups; group++) {
            uint64_t *full = &barriers->full[ring.stage];
            unsigned char *to = weights + ring.stage * args.stage_taps * box.stride;
            int s = wf_group_begin(row, group), end = wf_group_end(row, group);
            if (ring.turn > 0)
                wf_tile_wait(&barriers->empty[ring.stage], ring.turn - 1);
            wf_tile_expect(full, (end - s) * (HEIGHT + others) * box.width * (unsigned)sizeof(Weight));
            for (; s < end; s++, to += box.stride) {
                const int tap = i * args.kernel_width + s - row.lead,
                          x = s > row.margin ? block.x - row.margin : block.x;
                wf_tile_copy(to, tile_map, x, block.y, tap, block.n, full);
                for (int other = 0; other < others; other++)
                    wf_tile_copy(to + box.tile + other * box.row, row_map, x, y + other, tap, block.n, full);
            }
            wf_tile_advance(ring, args.stages);
        }
    }
}

/* Adds the taps BEGIN <= t < END of the group at column `s`. The sources as wf_tile_add has them, splat's from 4 columns
 * before that of tap 0 on. weights: of tap BEGIN, those of gather at the first pixel's row and column, the others' in
 * the row of its source and `margin` + s columns before it. */
template <int BEGIN, int END, wf_mode MODE, int CHANNELS, typename Weight>
static __device__ __forceinline__ void
wf_pair_add(wf_sums<MODE, CHANNELS, WF_TILE_GROUP> &gather, wf_sums<MODE, CHANNELS, WF_TILE_GROUP> &splat,
            const float (&gather_sources)[CHANNELS][2 * WF_TILE_GROUP],
            const float (&splat_sources)[CHANNELS][2 * WF_TILE_GROUP], const unsigned char *gather_weights,
            const unsigned char *splat_weights, int stride, int s, int margin, bool bordering, int column,
            unsigned gather_columns, unsigned splat_columns)
{
    float factor[END - BEGIN][WF_TILE_GROUP];
#pragma unroll
    for (int t = BEGIN; t < END; t++)
        wf_load4((const Weight *)(gather_weights + (t - BEGIN) * stride) + (s + t > margin ? margin : 0),
                 factor[t - BEGIN]);
    wf_tile_add_taps<BEGIN, END, 0, 1>(gather, gather_sources, factor, bordering, column + s - margin, gather_columns);
#pragma unroll
    for (int t = BEGIN; t < END; t++) {
        const Weight *from =
            (const Weight *)(splat_weights + (t - BEGIN) * stride) + margin - s + (s + t > margin ? margin : 0);
        float row[2 * WF_TILE_GROUP];
        if (t > 0)
            wf_load4(from - WF_TILE_GROUP, row);
        wf_load4(from, row + WF_TILE_GROUP);
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++)
            factor[t - BEGIN][p] = row[WF_TILE_GROUP - t + p];
    }
    wf_tile_add_taps<BEGIN, END, WF_TILE_GROUP, -1>(splat, splat_sources, factor, MODE == WF_SOFTMAX && bordering,
                                                    column + margin - s, splat_columns);
}

/* The other threads: four neighbouring pixels each. */
template <wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH, int WIDTH, int HEIGHT>
static __device__ __forceinline__ void wf_pair_compute(const wf_pair_args &pair, const wf_block &block,
                                                       wf_tile_barriers *barriers, const Image *input,
                                                       const unsigned char *weights)
{
    constexpr int UNROLL = KERNEL_WIDTH > 0 ? KERNEL_WIDTH : 1;
    const wf_tile_args &args = pair.tile;
    const wf_tile_row row = wf_make_tile_row<WF_GATHER>(KERNEL_WIDTH > 0 ? KERNEL_WIDTH : args.kernel_width);
    const wf_pair_box box = wf_make_pair_box<Weight>(row, WIDTH, HEIGHT, args.kernel_height);
    const int x = threadIdx.x * WF_TILE_GROUP % WIDTH, y = threadIdx.x / (WIDTH / WF_TILE_GROUP);
    const int plane = args.rows * args.pitch, reach = wf_tile_reach<WF_GATHER>(args.kernel_height);
    const bool bordering = wf_pair_borders(args, block, WIDTH);
    wf_sums<MODE, CHANNELS, WF_TILE_GROUP> gather, splat;
    wf_sums_start(gather);
    wf_sums_start(splat);
    wf_tile_ring ring = {};
    wf_tile_wait(&barriers->input, 0);
    for (int i = 0; i < args.kernel_height; i++) {
        const int dy = i - reach, splat_y = y - dy;
        const Image *gather_input = input + (y + reach + dy) * args.pitch + x;
        const Image *splat_input = input + (y + reach - dy) * args.pitch + x + 2 * row.margin;
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
            wf_tile_wait(&barriers->full[ring.stage], ring.turn);
#define ADD(BEGIN, END)                                                                                                \
    wf_pair_add<BEGIN, END, MODE, CHANNELS, Weight>(gather, splat, gather_sources, splat_sources, gather_from,         \
                                                    splat_from, box.stride, s, row.margin, bordering, block.x + x,     \
                                                    gather_columns, splat_columns)
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
            wf_tile_advance(ring, args.stages);
        }
    }
    wf_tile_store<Image>(args, block.n, 0, block.y + y, block.x + x, gather);
    wf_tile_args splat_args = args;
    splat_args.output = pair.splat_output, splat_args.output_aligned = pair.splat_aligned;
    wf_tile_store<Image>(splat_args, block.n, 0, block.y + y, block.x + x, splat);
}

#endif

template <wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH, int WIDTH, int HEIGHT>
__global__ void __launch_bounds__(WIDTH *HEIGHT / WF_TILE_GROUP + 32, HEIGHT < 8 ? WF_PAIR_BLOCKS : 1)
    wf_gather_splat_tiles(const __grid_constant__ CUtensorMap input_map, const __grid_constant__ CUtensorMap tile_map,
                          const __grid_constant__ CUtensorMap row_map, const wf_pair_args args)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    constexpr int COMPUTING = WIDTH * HEIGHT / WF_TILE_GROUP;
    extern __shared__ __align__(128) unsigned char shared[];
    auto *barriers = (wf_tile_barriers *)shared;
    auto *input = (Image *)(shared + WF_TILE_HEADER);
    unsigned char *weights =
        shared + WF_TILE_HEADER + wf_tile_bytes(CHANNELS * args.tile.rows * args.tile.pitch, sizeof(Image));
    const wf_block block = wf_this_block(args.tile.grid, WIDTH, HEIGHT);
    wf_tile_start(barriers, args.tile.stages, COMPUTING);
    const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
    if (warp < COMPUTING / 32)
        wf_pair_compute<MODE, Image, Weight, CHANNELS, KERNEL_WIDTH, WIDTH, HEIGHT>(args, block, barriers, input,
                                                                                    weights);
    else if (wf_tile_elect())
        wf_pair_fill<Image, Weight, CHANNELS, WIDTH, HEIGHT>(&input_map, &tile_map, &row_map, args.tile, block,
                                                             barriers, input, weights);
#endif
}

/* ---- Launch ------------------------------------------------------------------------------------------------------- */

struct wf_pair_plan {
    wf_pair_args args;
    CUtensorMap input_map, tile_map, row_map;
    size_t shared_bytes;
};

/* False as wf_plan_filter. */
template <typename Image, typename Weight, int CHANNELS, int WIDTH, int HEIGHT>
static bool wf_plan_pair(const wf_cuda_device *device, const wf_filter_call *gather, const wf_filter_call *splat,
                         wf_pair_plan *plan)
{
    const int64_t *size = gather->output.size;
    if (!device->encode_tensor_map || gather->filter.dilation != 1 || !wf_unit_columns(&gather->output) ||
        !wf_unit_columns(&splat->output))
        return false;
    plan->args = {};
    wf_tile_args *args = &plan->args.tile;
    args->grid = {wf_divide_up(size[3], WIDTH), wf_divide_up(size[2], HEIGHT), 1};
    args->output = wf_make_view(&gather->output), plan->args.splat_output = wf_make_view(&splat->output);
    args->normalizes = gather->filter.mode != WF_LINEAR;
    args->output_aligned = wf_four_aligned(&gather->output);
    plan->args.splat_aligned = wf_four_aligned(&splat->output);
    args->bias = (const float *)gather->bias;
    args->width = (int)size[3], args->height = (int)size[2], args->channels = (int)size[1];
    args->kernel_height = gather->filter.kernel_height, args->kernel_width = gather->filter.kernel_width;
    const wf_tile_row row = wf_make_tile_row<WF_GATHER>(args->kernel_width);
    const wf_pair_box box = wf_make_pair_box<Weight>(row, WIDTH, HEIGHT, args->kernel_height);
    args->pitch = WIDTH + 2 * row.margin;
    args->rows = HEIGHT + args->kernel_height / 2 * 2;
    args->stage_taps = min(args->kernel_width, WF_TILE_GROUP);
    const size_t stage = (size_t)args->stage_taps * box.stride;
    const size_t used = WF_TILE_HEADER + wf_tile_bytes(CHANNELS * args->rows * args->pitch, sizeof(Image));
    for (int blocks = WF_PAIR_BLOCKS; blocks > 0 && args->stages < WF_PAIR_STAGES; blocks--) {
        const size_t budget = device->shared_memory / blocks - WF_TILE_RESERVED;
        args->stages = budget < used ? 0 : (int)min((budget - used) / stage, (size_t)WF_TILE_STAGES);
    }
    plan->shared_bytes = used + args->stages * stage;
    return args->stages >= 2 &&
           wf_encode_map(device, &gather->input, args->pitch, args->rows, CHANNELS, &plan->input_map) &&
           wf_encode_map(device, &gather->weight, box.width, HEIGHT, 1, &plan->tile_map) &&
           wf_encode_map(device, &gather->weight, box.width, 1, 1, &plan->row_map);
}

/* Sets *launched where tiles serve. KERNEL_WIDTH is the kernel's, or 0 for any. */
template <wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH, int WIDTH, int HEIGHT>
static wf_result wf_launch_pair(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *gather,
                                const wf_filter_call *splat, bool *launched)
{
    wf_pair_plan plan;
    *launched = wf_plan_pair<Image, Weight, CHANNELS, WIDTH, HEIGHT>(device, gather, splat, &plan);
    if (!*launched)
        return WF_OK;
    const auto kernel = wf_gather_splat_tiles<MODE, Image, Weight, CHANNELS, KERNEL_WIDTH, WIDTH, HEIGHT>;
    void *arguments[] = {&plan.input_map, &plan.tile_map, &plan.row_map, &plan.args};
    return wf_launch_tile_kernel(device, stream, (const void *)kernel, plan.args.tile.grid, gather->output.size[0],
                                 WIDTH * HEIGHT / WF_TILE_GROUP + 32, arguments, plan.shared_bytes);
}

#endif
