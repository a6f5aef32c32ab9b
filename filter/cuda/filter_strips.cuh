/* filter_strips.cuh -- the filter of images of many channels, on strips. Private; sm_90 and later.
 *
 * Tiles of many channels would read their margins several times over. Here a block goes down a strip of columns, some rows a
 * step. The rows of the input that a step needs lie in a ring in shared memory; each step adds as many as it computes, so that
 * only the margins left and right are read again. Weights come in stages as filter_tiles.cuh has them, and so do sums.
 *
 * Strips are cut into segments, so that there is one for each block at a time, and neighbors go down side by side: what they
 * share comes from the cache. Where there are more channels than a block can take, blocks take a pass of them each. */
#ifndef WF_CUDA_STRIPS_CUH
#define WF_CUDA_STRIPS_CUH

#include "tile_launch.cuh"

#define WF_STRIP_CHANNELS   8  /* of a thread */
#define WF_STRIP_WIDTH      64 /* columns */
#define WF_STRIP_QUADS      (WF_STRIP_WIDTH / WF_TILE_GROUP)
#define WF_STRIP_MAX_HEIGHT 16    /* rows of a step */
#define WF_STRIP_THREADS    384   /* of a block, at most */
#define WF_STRIP_BUSY       256   /* threads that keep a multiprocessor busy */
#define WF_STRIP_STAGES     3     /* that hide the memory's latency, */
#define WF_STRIP_START      65536 /* and bytes that could be read meanwhile */

struct wf_strip_args {
    wf_tile_args tile; /* rows: those that a step needs */
    int teams;         /* threads that share a pixel, each with channels of its own */
    int height;        /* rows of a step, an even number */
    int ring_rows, row_elements;
    int steps;         /* of a segment */
    unsigned segments; /* of all images and passes */
};

/* Bytes of a tap's weights, and elements to the next tap's. */
template <wf_operator OP, typename Weight> struct wf_strip_box {
    int width, bytes, elements;

    __host__ __device__ explicit wf_strip_box(int height)
    {
        width = WF_STRIP_WIDTH + (OP == WF_SPLAT ? WF_TILE_ALIGN : 0);
        bytes = width * height * (int)sizeof(Weight);
        elements = wf_tile_bytes(width * height, sizeof(Weight)) / (int)sizeof(Weight);
    }
};

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

/* A segment: its first step, and how many there are. */
static __device__ __forceinline__ wf_block wf_strip_segment(const wf_strip_args &args, unsigned index, int *steps)
{
    const wf_block block = wf_block_at(args.tile.grid, index, WF_STRIP_WIDTH, args.height * args.steps);
    *steps = min(args.steps, (args.tile.height - block.y + args.height - 1) / args.height);
    return block;
}

/* The copying thread. A step's rows come as soon as their place in the ring is free: when all threads have begun with the step
 * before, if the ring is that large, else when they have ended it; either shows in a stage that they have left. */
template <wf_operator OP, typename Image, typename Weight>
static __device__ __forceinline__ void wf_strip_fill(const CUtensorMap *input_map, const CUtensorMap *weight_map,
                                                     const wf_strip_args &args, wf_tile_barriers *barriers,
                                                     Image *input, Weight *weights)
{
    const wf_tile_args &tile = args.tile;
    const wf_tile_row row = wf_make_tile_row<OP>(tile.kernel_width);
    const wf_strip_box<OP, Weight> box(args.height);
    const int channels = args.teams * WF_STRIP_CHANNELS;
    const int step_stages = tile.kernel_height * row.stages;
    wf_tile_ring ring = {}, last = {};
    int slot = 0;
    for (unsigned index = blockIdx.x; index < args.segments; index += gridDim.x) {
        int steps;
        wf_block block = wf_strip_segment(args, index, &steps);
        int y = block.y - wf_tile_reach<OP>(tile.kernel_height);
        const auto load = [&](int rows) {
            wf_tile_expect(&barriers->input, rows * channels * tile.pitch * (unsigned)sizeof(Image));
            for (; rows > 0; rows--, y++) {
                wf_tile_copy(input + slot * args.row_elements, input_map, block.x - row.margin, y,
                             block.pass * channels, block.n, &barriers->input);
                slot = slot + 1 < args.ring_rows ? slot + 1 : 0;
            }
        };
        if (index != blockIdx.x)
            wf_tile_wait(&barriers->empty[last.stage], last.turn);
        load(tile.rows);
        const bool early = args.ring_rows >= tile.rows + args.height;
        int loaded = 1, stages_to_load = tile.stages + (early ? 0 : step_stages - 1);
        for (int step = 0; step < steps; step++, block.y += args.height) {
            for (int i = 0; i < tile.kernel_height; i++) {
                for (int stage = 0; stage < row.stages; stage++) {
                    if (ring.turn > 0)
                        wf_tile_wait(&barriers->empty[ring.stage], ring.turn - 1);
                    if (stages_to_load-- == 0) {
                        if (loaded++ < steps)
                            load(args.height);
                        stages_to_load = step_stages - 1;
                    }
                    wf_tile_fill_stage<OP>(weight_map, tile, row, block, i, stage,
                                           weights + ring.stage * tile.stage_taps * box.elements, box.bytes,
                                           box.elements, &barriers->full[ring.stage]);
                    last = ring;
                    wf_tile_advance(ring, tile.stages);
                }
            }
        }
    }
}

/* The other threads: four neighbouring pixels each, a row at every step. */
template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int KERNEL_WIDTH>
static __device__ __forceinline__ void wf_strip_compute(const wf_strip_args &args, wf_tile_barriers *barriers,
                                                        const Image *input, const Weight *weights)
{
    const wf_tile_args &tile = args.tile;
    const wf_tile_row row = wf_make_tile_row<OP>(KERNEL_WIDTH > 0 ? KERNEL_WIDTH : tile.kernel_width);
    const wf_strip_box<OP, Weight> box(args.height);
    const int threads = WF_STRIP_QUADS * args.height, team = threadIdx.x / threads;
    const int x = threadIdx.x % WF_STRIP_QUADS * WF_TILE_GROUP, y = threadIdx.x % threads / WF_STRIP_QUADS;
    const int channel = team * WF_STRIP_CHANNELS;
    input += channel * tile.pitch + x + row.base;
    weights += y * box.width + x;
    wf_tile_ring ring = {};
    unsigned loads = 0;
    int first_slot = 0;
    for (unsigned index = blockIdx.x; index < args.segments; index += gridDim.x) {
        int steps;
        wf_block block = wf_strip_segment(args, index, &steps);
        for (int step = 0; step < steps; step++, block.y += args.height) {
            const bool bordering =
                (OP == WF_GATHER || MODE == WF_SOFTMAX) && wf_tile_borders<OP>(tile, block, WF_STRIP_WIDTH);
            int slot = first_slot + y;
            wf_sums<MODE, WF_STRIP_CHANNELS, WF_TILE_GROUP> sums;
            wf_sums_start(sums);
            wf_tile_wait(&barriers->input, loads++);
            for (int i = 0; i < tile.kernel_height; i++, slot++) {
                slot = slot < args.ring_rows ? slot : slot - args.ring_rows;
                const int source_y = block.y + y - wf_tile_reach<OP>(tile.kernel_height) + i;
                const unsigned columns = (unsigned)source_y < (unsigned)tile.height ? tile.width : 0;
                wf_tile_add_row<OP, MODE, KERNEL_WIDTH>(sums, tile, row, barriers, ring,
                                                        input + slot * args.row_elements, tile.pitch, nullptr, weights,
                                                        box.elements, bordering, block.x + x - row.margin, columns);
            }
            wf_tile_store<Image>(tile, block.n, block.pass * args.teams * WF_STRIP_CHANNELS + channel, block.y + y,
                                 block.x + x, sums);
            first_slot += args.height;
            first_slot = first_slot < args.ring_rows ? first_slot : first_slot - args.ring_rows;
        }
        first_slot += tile.rows - args.height;
        first_slot = first_slot < args.ring_rows ? first_slot : first_slot - args.ring_rows;
    }
}

#endif

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int KERNEL_WIDTH>
__global__ void __launch_bounds__(WF_STRIP_THREADS)
    wf_filter_strips(const __grid_constant__ CUtensorMap input_map, const __grid_constant__ CUtensorMap weight_map,
                     const wf_strip_args args)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    extern __shared__ __align__(128) unsigned char shared[];
    auto *barriers = (wf_tile_barriers *)shared;
    auto *input = (Image *)(shared + WF_TILE_HEADER);
    auto *weights = (Weight *)(input + args.ring_rows * args.row_elements);
    const int computing = blockDim.x - 32;
    wf_tile_start(barriers, args.tile.stages, computing);
    const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
    if (warp < computing / 32)
        wf_strip_compute<OP, MODE, Image, Weight, KERNEL_WIDTH>(args, barriers, input, weights);
    else if (wf_tile_elect())
        wf_strip_fill<OP>(&input_map, &weight_map, args, barriers, input, weights);
#endif
}

/* ---- Launch ------------------------------------------------------------------------------------------------------- */

/* Chooses how channels are shared among teams and passes, and how many rows make a step: what moves the fewest bytes a pixel
 * into shared memory with enough threads at work. Returns the shared memory of a block, 0 where nothing fits. */
template <wf_operator OP, typename Image, typename Weight>
static size_t wf_plan_strips(wf_strip_args *args, const wf_cuda_device *device)
{
    const wf_tile_row row = wf_make_tile_row<OP>(args->tile.kernel_width);
    const int teams_needed = (int)wf_divide_up(args->tile.channels, WF_STRIP_CHANNELS);
    const int step_stages = args->tile.kernel_height * row.stages;
    const size_t budget = device->shared_memory - WF_TILE_RESERVED - WF_TILE_HEADER;
    size_t used = 0;
    double least = INFINITY;
    for (int passes = 1; passes <= teams_needed; passes++) {
        for (int height = 2; height <= WF_STRIP_MAX_HEIGHT; height += 2) {
            for (int early = 0; early < 2; early++) {
                const wf_strip_box<OP, Weight> box(height);
                wf_strip_args plan = *args;
                plan.tile.grid.passes = passes;
                plan.teams = (int)wf_divide_up(teams_needed, passes);
                const int channels = plan.teams * WF_STRIP_CHANNELS;
                const int threads = WF_STRIP_QUADS * height * plan.teams;
                plan.height = height;
                plan.tile.rows = height + args->tile.kernel_height - 1;
                plan.ring_rows = plan.tile.rows + (early ? height : 0);
                plan.row_elements = wf_tile_bytes(channels * args->tile.pitch, sizeof(Image)) / (int)sizeof(Image);
                const size_t row_bytes = plan.row_elements * sizeof(Image), ring = plan.ring_rows * row_bytes;
                const size_t stage = plan.tile.stage_taps * box.elements * sizeof(Weight);
                const size_t stages = budget < ring ? 0 : (budget - ring) / stage;
                plan.tile.stages = (int)min(stages, (size_t)min(step_stages, WF_TILE_STAGES));
                if (threads + 32 > WF_STRIP_THREADS || plan.tile.stages < min(step_stages, WF_STRIP_STAGES))
                    continue;
                const double weights = (double)args->tile.kernel_height * args->tile.kernel_width * box.bytes;
                const double cost = passes * (weights + height * row_bytes + (early ? 0 : WF_STRIP_START)) / height /
                                    min(threads, WF_STRIP_BUSY);
                if (cost < least)
                    least = cost, *args = plan, used = WF_TILE_HEADER + ring + plan.tile.stages * stage;
            }
        }
    }
    return used;
}

/* Cuts strips into segments so that blocks are all busy until the end. A segment's first rows and its start cost, too. */
template <wf_operator OP, typename Image, typename Weight>
static void wf_plan_segments(wf_strip_args *args, const wf_cuda_device *device, int64_t images)
{
    wf_tile_args *tile = &args->tile;
    const wf_strip_box<OP, Weight> box(args->height);
    const double input = (double)args->row_elements * sizeof(Image);
    const double row = input + (double)tile->kernel_height * tile->kernel_width * box.bytes / args->height;
    const int strip_steps = (int)wf_divide_up(tile->height, args->height);
    double least = INFINITY;
    for (int steps = 1; steps <= strip_steps; steps++) {
        const unsigned rows = wf_divide_up(strip_steps, steps);
        const int64_t segments = images * rows * tile->grid.columns * tile->grid.passes;
        const double turns = (double)((segments + device->multiprocessors - 1) / device->multiprocessors);
        const double cost = turns * (steps * args->height * row + (tile->kernel_height - 1) * input + WF_STRIP_START);
        if (cost < least && segments <= INT32_MAX)
            least = cost, args->steps = steps, tile->grid.rows = rows, args->segments = (unsigned)segments;
    }
}

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight>
static const void *wf_strip_kernel(int kernel_width)
{
    constexpr int CHANNELS = WF_STRIP_CHANNELS;
#define KERNEL(KERNEL_WIDTH) wf_filter_strips<OP, MODE, Image, Weight, KERNEL_WIDTH>
    WF_RETURN_KERNEL(kernel_width);
#undef KERNEL
}

/* Sets *launched where strips serve: as for tiles. */
template <wf_operator OP, wf_mode MODE, typename Image, typename Weight>
static wf_result wf_launch_strips(const wf_cuda_device *device, cudaStream_t stream, const wf_filter_call *call,
                                  bool *launched)
{
    const wf_filter *filter = &call->filter;
    const int64_t *size = call->output.size;
    *launched = false;
    if (!device->encode_tensor_map || filter->dilation != 1 || !wf_unit_columns(&call->output))
        return WF_OK;
    wf_strip_args args = {};
    const wf_tile_row row = wf_make_tile_row<OP>(filter->kernel_width);
    args.tile = wf_make_tile_args(call);
    args.tile.grid.columns = wf_divide_up(size[3], WF_STRIP_WIDTH);
    args.tile.pitch = wf_tile_pitch(row, WF_STRIP_WIDTH);
    args.tile.stage_taps = wf_stage_taps(row);
    const size_t shared_bytes = wf_plan_strips<OP, Image, Weight>(&args, device);
    if (!shared_bytes)
        return WF_OK;
    wf_plan_segments<OP, Image, Weight>(&args, device, size[0]);
    CUtensorMap input_map, weight_map;
    const unsigned channels = args.teams * WF_STRIP_CHANNELS, width = wf_strip_box<OP, Weight>(args.height).width;
    *launched = args.segments > 0 && wf_encode_map(device, &call->input, args.tile.pitch, 1, channels, &input_map) &&
                wf_encode_map(device, &call->weight, width, args.height, 1, &weight_map);
    if (!*launched)
        return WF_OK;
    const wf_grid blocks = {min(args.segments, (unsigned)device->multiprocessors), 1, 1};
    void *arguments[] = {&input_map, &weight_map, &args};
    return wf_launch_tile_kernel(device, stream, wf_strip_kernel<OP, MODE, Image, Weight>(filter->kernel_width), blocks,
                                 1, WF_STRIP_QUADS * args.height * args.teams + 32, arguments, shared_bytes);
}

#endif
