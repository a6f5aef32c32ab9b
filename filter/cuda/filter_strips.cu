/* Gather and splat of many channels, down strips of columns; since compute capability 9.0.
 *
 * Tiles of many channels would read their halos several times over. Here a block goes down a strip of columns, some
 * rows a step. The rows of the input that a step needs lie in a ring in shared memory; each step adds as many as it
 * computes, so that only the halo left and right is read again. Weights come in stages as those of tiles do, and so do
 * sums.
 *
 * Strips are cut into segments, so that there is one for each block at a time, and neighbors go down side by side: what
 * they share comes from the cache. Where there are more channels than a block can take, blocks take a pass of them
 * each. */
#include "plan.h"
#include "static_switch.cuh"
#include "tiles.cuh"

#define FEW_CHANNELS  8 /* of a thread, or, where that needs fewer threads, */
#define MORE_CHANNELS 9
#define WIDTH         64 /* columns */
#define QUADS         (WIDTH / WF_TILE_GROUP)
#define MAX_HEIGHT    16  /* rows of a step */
#define MAX_THREADS   384 /* of a block */

/* What the choice of a shape counts with. */
#define MOST_STAGES    6
#define BUSY_THREADS   256   /* that keep a multiprocessor busy */
#define LATENCY_STAGES 3     /* that hide the memory's latency, */
#define LATENCY_BYTES  65536 /* and bytes that could be read meanwhile */

struct strip_args {
    wf_tile_args tile; /* rows: those that a step needs */
    int team_channels; /* of a thread */
    int teams;         /* threads that share a pixel, each with channels of its own */
    int height;        /* rows of a step, an even number */
    int ring_rows, row_elements;
    int steps;         /* of a segment */
    unsigned segments; /* of all images and passes */
};

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

/* A segment: its first step, and how many there are. */
static __device__ __forceinline__ wf_block segment_at(const strip_args &args, unsigned index, int *steps)
{
    const wf_block block = wf_block_at(args.tile.grid, index, WIDTH, args.height * args.steps);
    *steps = min(args.steps, (args.tile.height - block.y + args.height - 1) / args.height);
    return block;
}

/* The producer. A step's rows come as soon as their place in the ring is free: when all threads have begun with the
 * step before, if the ring is that large, else when they have ended it; either shows in a stage that they have left. */
template <wf_operator OP, typename Image, typename Weight>
static __device__ __forceinline__ void produce(const CUtensorMap *input_map, const CUtensorMap *weight_map,
                                               const strip_args &args, wf_barriers *barriers, Image *input,
                                               Weight *weights)
{
    const wf_tile_args &tile = args.tile;
    const wf_tile_row row = wf_make_tile_row(OP, tile.kernel_width);
    const wf_tap_box box = wf_make_tap_box(OP, WIDTH, args.height, sizeof(Weight));
    const int channels = args.teams * args.team_channels;
    const int step_stages = tile.kernel_height * row.stages;
    wf_ring ring = {}, last = {};
    int slot = 0;
    for (unsigned index = blockIdx.x; index < args.segments; index += gridDim.x) {
        int steps;
        wf_block block = segment_at(args, index, &steps);
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

/* The consumers: four neighbouring pixels a thread, of a row at every step. */
template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int KERNEL_WIDTH, int CHANNELS>
static __device__ __forceinline__ void consume(const strip_args &args, wf_barriers *barriers, const Image *input,
                                               const Weight *weights)
{
    const wf_tile_args &tile = args.tile;
    const wf_tile_row row = wf_make_tile_row(OP, KERNEL_WIDTH > 0 ? KERNEL_WIDTH : tile.kernel_width);
    const wf_tap_box box = wf_make_tap_box(OP, WIDTH, args.height, sizeof(Weight));
    const int threads = QUADS * args.height, team = threadIdx.x / threads;
    const int x = threadIdx.x % QUADS * WF_TILE_GROUP, y = threadIdx.x % threads / QUADS;
    const int channel = team * CHANNELS;
    input += channel * tile.pitch + x + row.base;
    weights += y * box.width + x;
    wf_ring ring = {};
    unsigned loads = 0;
    int first_slot = 0;
    for (unsigned index = blockIdx.x; index < args.segments; index += gridDim.x) {
        int steps;
        wf_block block = segment_at(args, index, &steps);
        for (int step = 0; step < steps; step++, block.y += args.height) {
            const bool bordering = (OP == WF_GATHER || MODE == WF_SOFTMAX) && wf_tile_borders<OP>(tile, block, WIDTH);
            int slot = first_slot + y;
            wf_sums<MODE, CHANNELS, WF_TILE_GROUP> sums;
            wf_sums_start(sums);
            wf_barrier_wait(&barriers->input, loads++);
            for (int i = 0; i < tile.kernel_height; i++, slot++) {
                slot = slot < args.ring_rows ? slot : slot - args.ring_rows;
                const int source_y = block.y + y - wf_tile_reach(OP, tile.kernel_height) + i;
                const unsigned columns = (unsigned)source_y < (unsigned)tile.height ? tile.width : 0;
                wf_tile_add_row<OP, MODE, KERNEL_WIDTH>(sums, tile, row, barriers, ring,
                                                        input + slot * args.row_elements, tile.pitch, nullptr, weights,
                                                        box.elements, bordering, block.x + x - row.halo, columns);
            }
            wf_tile_store<Image>(tile, block.n, block.pass * args.teams * CHANNELS + channel, block.y + y, block.x + x,
                                 sums);
            first_slot += args.height;
            first_slot = first_slot < args.ring_rows ? first_slot : first_slot - args.ring_rows;
        }
        first_slot += tile.rows - args.height;
        first_slot = first_slot < args.ring_rows ? first_slot : first_slot - args.ring_rows;
    }
}

#endif

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int KERNEL_WIDTH, int CHANNELS>
static __global__ void __launch_bounds__(MAX_THREADS)
    filter_strips(const __grid_constant__ CUtensorMap input_map, const __grid_constant__ CUtensorMap weight_map,
                  const strip_args args)
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
        consume<OP, MODE, Image, Weight, KERNEL_WIDTH, CHANNELS>(args, barriers, input, weights);
    else if (wf_elect_one())
        produce<OP>(&input_map, &weight_map, args, barriers, input, weights);
#endif
}

/* ---- Plan --------------------------------------------------------------------------------------------------------- */

/* Chooses how channels are shared among teams and passes, and how many rows make a step: what moves the fewest bytes a
 * pixel into shared memory with enough threads at work. Returns the shared memory of a block, 0 where nothing fits. */
static size_t plan_shape(strip_args *args, const wf_cuda_device *device, const wf_filter_call *call)
{
    const size_t image_bytes = wf_dtype_size(call->input.dtype), weight_bytes = wf_dtype_size(call->weight.dtype);
    const wf_tile_row row = wf_make_tile_row(call->op, args->tile.kernel_width);
    const int teams_needed = (int)wf_divide_up(args->tile.channels, args->team_channels);
    const int step_stages = args->tile.kernel_height * row.stages;
    const size_t budget = device->shared_memory - WF_TMA_RESERVED - WF_TMA_HEADER;
    size_t used = 0;
    double least = INFINITY;
    for (int passes = 1; passes <= teams_needed; passes++) {
        for (int height = 2; height <= MAX_HEIGHT; height += 2) {
            for (int early = 0; early < 2; early++) {
                const wf_tap_box box = wf_make_tap_box(call->op, WIDTH, height, weight_bytes);
                strip_args plan = *args;
                plan.tile.grid.passes = passes;
                plan.teams = (int)wf_divide_up(teams_needed, passes);
                const int channels = plan.teams * args->team_channels;
                const int threads = QUADS * height * plan.teams;
                plan.height = height;
                plan.tile.rows = height + args->tile.kernel_height - 1;
                plan.ring_rows = plan.tile.rows + (early ? height : 0);
                plan.row_elements = wf_tma_bytes(channels * args->tile.pitch, image_bytes) / (int)image_bytes;
                const size_t row_bytes = plan.row_elements * image_bytes, ring = plan.ring_rows * row_bytes;
                const size_t stage = plan.tile.stage_taps * box.elements * weight_bytes;
                const size_t stages = budget < ring ? 0 : (budget - ring) / stage;
                plan.tile.stages = (int)min(stages, (size_t)min(step_stages, MOST_STAGES));
                if (threads + 32 > MAX_THREADS || plan.tile.stages < min(step_stages, LATENCY_STAGES))
                    continue;
                const double weights = (double)args->tile.kernel_height * args->tile.kernel_width * box.bytes;
                const double cost = passes * (weights + height * row_bytes + (early ? 0 : LATENCY_BYTES)) / height /
                                    min(threads, BUSY_THREADS);
                if (cost < least)
                    least = cost, *args = plan, used = WF_TMA_HEADER + ring + plan.tile.stages * stage;
            }
        }
    }
    return used;
}

/* Cuts strips into segments so that blocks are all busy until the end. A segment's first rows and its start cost, too.
 * */
static void plan_segments(strip_args *args, const wf_cuda_device *device, const wf_filter_call *call)
{
    const int64_t images = call->output.size[0];
    wf_tile_args *tile = &args->tile;
    const wf_tap_box box = wf_make_tap_box(call->op, WIDTH, args->height, wf_dtype_size(call->weight.dtype));
    const double input = (double)args->row_elements * wf_dtype_size(call->input.dtype);
    const double row = input + (double)tile->kernel_height * tile->kernel_width * box.bytes / args->height;
    const int strip_steps = (int)wf_divide_up(tile->height, args->height);
    double least = INFINITY;
    for (int steps = 1; steps <= strip_steps; steps++) {
        const unsigned rows = wf_divide_up(strip_steps, steps);
        const int64_t segments = images * rows * tile->grid.columns * tile->grid.passes;
        const double turns = (double)((segments + device->multiprocessors - 1) / device->multiprocessors);
        const double cost = turns * (steps * args->height * row + (tile->kernel_height - 1) * input + LATENCY_BYTES);
        if (cost < least && segments <= INT32_MAX)
            least = cost, args->steps = steps, tile->grid.rows = rows, args->segments = (unsigned)segments;
    }
}

/* Other linear calls than float32 ones are left to WF_NORMALIZED's kernels, as on tiles. */
static constexpr bool has_linear(int types)
{
    return types == WF_TYPES(WF_FLOAT32, WF_FLOAT32);
}

/* Kernels whose rows unroll: each costs its compilation. */
static constexpr bool has_width(wf_mode mode, int types, int width)
{
    return mode != WF_SOFTMAX && wf_is_common_width(width) && wf_has_own_width(mode, types, width);
}

template <wf_operator OP, wf_mode MODE, int CHANNELS> static const void *kernel_of(const wf_filter_call *call)
{
    return wf_switch<WF_TILE_TYPES>(WF_TYPES(call->input.dtype, call->weight.dtype), [=](auto types) {
        constexpr int TYPES = types;
        const auto kernel = [](auto width) -> const void * {
            constexpr int KERNEL_WIDTH = has_width(MODE, TYPES, width) ? (int)width : 0;
            if constexpr (MODE != WF_LINEAR || has_linear(TYPES))
                return (const void *)
                    filter_strips<OP, MODE, wf_image_of<TYPES>, wf_weight_of<TYPES>, KERNEL_WIDTH, CHANNELS>;
            return nullptr;
        };
        return wf_switch<WF_OWN_WIDTHS, 0>(call->filter.kernel_width, kernel);
    });
}

template <wf_mode MODE, int CHANNELS> static const void *kernel_of(const wf_filter_call *call)
{
    return call->op == WF_SPLAT ? kernel_of<WF_SPLAT, MODE, CHANNELS>(call)
                                : kernel_of<WF_GATHER, MODE, CHANNELS>(call);
}

template <wf_mode MODE> static const void *kernel_of(const wf_filter_call *call, int team_channels)
{
    return team_channels == MORE_CHANNELS ? kernel_of<MODE, MORE_CHANNELS>(call) : kernel_of<MODE, FEW_CHANNELS>(call);
}

/* Of a thread. */
static int choose_channels(int channels)
{
    return wf_divide_up(channels, MORE_CHANNELS) < wf_divide_up(channels, FEW_CHANNELS) ? MORE_CHANNELS : FEW_CHANNELS;
}

bool wf_plan_filter_strips(const wf_cuda_device *device, const wf_work *work, wf_plan *plan)
{
    const wf_filter_call *call = work->filter;
    const int64_t *size = call->output.size;
    const int types = WF_TYPES(call->input.dtype, call->weight.dtype);
    if (call->filter.dilation != 1 || size[1] <= 4 || call->input.dtype == WF_FLOAT64 ||
        call->output.dtype != call->input.dtype || !wf_unit_columns(&call->output))
        return false;
    strip_args *args = wf_plan_args<strip_args>(plan);
    const wf_tile_row row = wf_make_tile_row(call->op, call->filter.kernel_width);
    args->tile = wf_make_tile_args(call);
    args->team_channels = choose_channels(args->tile.channels);
    args->tile.grid.columns = wf_divide_up(size[3], WIDTH);
    args->tile.pitch = wf_tile_pitch(row, WIDTH);
    args->tile.stage_taps = wf_stage_taps(row);
    plan->shared_bytes = plan_shape(args, device, call);
    if (!plan->shared_bytes)
        return false;
    plan_segments(args, device, call);
    plan->grid = {min(args->segments, (unsigned)device->multiprocessors), 1, 1}, plan->images = 1;
    plan->threads = QUADS * args->height * args->teams + 32;
    const bool sums_weights = call->filter.mode == WF_NORMALIZED || wf_present(&call->coverage) || !has_linear(types);
    plan->kernel = call->filter.mode == WF_SOFTMAX ? kernel_of<WF_SOFTMAX>(call, args->team_channels)
                   : sums_weights                  ? kernel_of<WF_NORMALIZED>(call, args->team_channels)
                                                   : kernel_of<WF_LINEAR>(call, args->team_channels);
    plan->arguments[0] = &plan->maps[0], plan->arguments[1] = &plan->maps[1], plan->arguments[2] = args;
    const wf_tap_box box = wf_make_tap_box(call->op, WIDTH, args->height, wf_dtype_size(call->weight.dtype));
    return args->segments > 0 &&
           wf_plan_map(device, &call->input, args->tile.pitch, 1, args->teams * args->team_channels, &plan->maps[0]) &&
           wf_plan_map(device, &call->weight, box.width, args->height, 1, &plan->maps[1]);
}
