/* Chooses a strip's kernel, cuts it into steps, and shares these among blocks. */
#include "filter_strips.cuh"
#include "plan.h"

#define QUADS          (WF_STRIP_WIDTH / WF_TILE_GROUP)
#define MAX_HEIGHT     16 /* rows of a step */
#define MOST_STAGES    8
#define BUSY_THREADS   256   /* that keep a multiprocessor busy */
#define LATENCY_STAGES 3     /* that hide the memory's latency, */
#define LATENCY_BYTES  65536 /* and bytes that could be read meanwhile */

/* Columns of a box of weights. Of splat they reach as far beyond the pixels as sources
   beyond the box's first column. */
static int box_width_of(const wf_tile_row &row, wf_operator op, wf_mode mode, size_t element)
{
    const int columns = 16 / (int)element;
    if (!wf_strip_joins(op, mode, row))
        return WF_STRIP_WIDTH + WF_TMA_COLUMNS;
    int most = 0;
    for (int stage = 0; stage < row.stages && op == WF_SPLAT; stage++)
        most = max(most, wf_strip_stage_end(row, stage) - 1 - wf_strip_stage_column(row, stage, element));
    return WF_STRIP_WIDTH + (most + columns - 1) / columns * columns;
}

/* Kernel rows of a step after which the next one's rows begin to come, where they come early: as many rows of the input
 * are free by then. Weights of 16 bits have room enough. Measured on an H200. */
static int rows_passed(int kernel_height, int height, size_t weight_bytes)
{
    return weight_bytes < 4 ? 0 : min(max(kernel_height - 7, 0) / 2, height);
}

/* Chooses how channels are shared among teams and passes, and how many rows make a step: what moves the fewest bytes a
 * pixel into shared memory with enough threads at work. Returns the shared memory of a block, 0 where nothing fits. */
static size_t plan_shape(wf_strip_args *args, const wf_cuda_device *device, const wf_filter_call *call)
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
                wf_strip_args plan = *args;
                plan.tile.grid.passes = passes;
                plan.teams = (int)wf_divide_up(teams_needed, passes);
                plan.pair = plan.teams % 2 == 0 ? 2 : 1;
                plan.tile.pitch = wf_strip_pitch(row, image_bytes);
                const int channels = plan.teams * args->team_channels;
                const int threads = QUADS * height * plan.teams;
                plan.height = height;
                plan.tile.rows = height + args->tile.kernel_height - 1;
                const int passed = rows_passed(args->tile.kernel_height, height, weight_bytes);
                plan.ring_rows = plan.tile.rows + (early ? height - passed : 0);
                plan.row_elements = wf_tma_bytes(channels * plan.tile.pitch, image_bytes) / (int)image_bytes;
                const size_t row_bytes = plan.row_elements * image_bytes, ring = plan.ring_rows * row_bytes;
                plan.tap_elements = plan.box_width * height;
                if (!wf_strip_joins(call->op, call->filter.mode, row))
                    plan.tap_elements = wf_tma_bytes(plan.tap_elements, weight_bytes) / (int)weight_bytes;
                const size_t stage = wf_tma_bytes(plan.tile.stage_taps * plan.tap_elements, weight_bytes);
                plan.stage_elements = (int)(stage / weight_bytes);
                const size_t stages = budget < ring ? 0 : (budget - ring) / stage;
                plan.tile.stages = (int)min(stages, (size_t)min(step_stages, MOST_STAGES));
                plan.stages_ahead = plan.tile.stages + (early ? passed * row.stages : step_stages - 1);
                if (threads + 32 > WF_STRIP_MAX_THREADS || plan.tile.stages < min(step_stages, LATENCY_STAGES))
                    continue;
                const double weights =
                    (double)args->tile.kernel_height * args->tile.kernel_width * plan.tap_elements * weight_bytes;
                const double cost = passes * (weights + height * row_bytes + (early ? 0 : LATENCY_BYTES)) / height /
                                    min(threads, BUSY_THREADS);
                if (cost < least)
                    least = cost, *args = plan, used = WF_TMA_HEADER + ring + plan.tile.stages * stage;
            }
        }
    }
    return used;
}

/* Shares all strips' steps among blocks so that these end together. A segment's first rows and its start cost, too.
 * Neighbours go down side by side: as many bands of strips as there are blocks for, each block with a strip of one; the
 * other blocks share out the steps below them. Returns the blocks. */
static unsigned plan_shares(wf_strip_args *args, const wf_cuda_device *device, const wf_filter_call *call)
{
    wf_tile_args *tile = &args->tile;
    const double tap = (double)args->tap_elements * wf_dtype_size(call->weight.dtype);
    const double input = (double)args->row_elements * wf_dtype_size(call->input.dtype);
    const double step = args->height * input + tile->kernel_height * tile->kernel_width * tap;
    const double start = (tile->kernel_height - 1) * input + LATENCY_BYTES;
    args->strip_steps = (int)wf_divide_up(tile->height, args->height);
    const int64_t strips = call->output.size[0] * tile->grid.columns * tile->grid.passes;
    const int64_t blocks = min(strips * args->strip_steps, (int64_t)device->multiprocessors);
    if (strips * args->strip_steps > INT32_MAX)
        return 0;
    args->strips = (unsigned)strips, args->bands = (int)(blocks / strips);
    const int64_t others = blocks - args->bands * strips;
    double least = INFINITY;
    for (int steps = 0; steps <= args->strip_steps; steps++) {
        const int below = max(args->strip_steps - args->bands * steps, 0);
        if (below > 0 && others == 0)
            continue;
        const double shared = below > 0 ? (double)wf_divide_up(strips * below, others) : 0;
        const double starts = below > 0 ? 1 + ceil(shared / below) : 0;
        const double cost = max(steps * step + start, shared * step + starts * start);
        if (cost < least)
            least = cost, args->steps = steps;
    }
    return (unsigned)blocks;
}

/* Those of wf_strip_maps. */
static bool plan_maps(const wf_cuda_device *device, const wf_filter_call *call, const wf_strip_args &args,
                      const wf_tile_row &row, CUtensorMap *maps)
{
    bool possible = wf_plan_map(device, &call->input, args.tile.pitch, 1, args.teams * args.team_channels, &maps[0]);
    for (int stage = 0; stage < row.stages && possible; stage++) {
        const int taps = wf_strip_stage_end(row, stage) - wf_strip_stage_begin(row, stage);
        possible = wf_plan_map(device, &call->weight, args.box_width, args.height,
                               wf_strip_joins(call->op, call->filter.mode, row) ? taps : 1,
                               &maps[1 + wf_strip_map(row, stage)]);
    }
    return possible;
}

static wf_mode mode_of(const wf_filter_call *call, int types)
{
    const bool sums_weights = wf_present(&call->coverage) || !wf_strip_has_linear(types);
    return call->filter.mode == WF_LINEAR && sums_weights ? WF_NORMALIZED : call->filter.mode;
}

/* Of a thread. */
static int choose_channels(int channels, bool unrolls)
{
    if (unrolls && channels > 2 * WF_STRIP_MORE_CHANNELS && channels <= 2 * WF_STRIP_MOST_CHANNELS)
        return WF_STRIP_MOST_CHANNELS; /* two teams instead of three */
    return wf_divide_up(channels, WF_STRIP_MORE_CHANNELS) < wf_divide_up(channels, WF_STRIP_FEW_CHANNELS)
               ? WF_STRIP_MORE_CHANNELS
               : WF_STRIP_FEW_CHANNELS;
}

template <wf_mode MODE> static const void *kernel_of(const wf_filter_call *call, int team_channels)
{
    return wf_switch<WF_TILE_TYPES>(WF_TYPES(call->input.dtype, call->weight.dtype), [=](auto types) {
        constexpr int TYPES = types;
        if constexpr (!wf_strips_by_shape(MODE, TYPES))
            return wf_filter_strips_of<MODE, TYPES>(call, team_channels);
        else
            return wf_switch_strips<MODE, TYPES>(
                team_channels, call->filter.kernel_width, [=](auto channels, auto width) -> const void * {
                    constexpr int CHANNELS = channels, WIDTH = width;
                    if constexpr (wf_has_filter_strips(MODE, TYPES, CHANNELS, WIDTH))
                        return wf_filter_strips_of<MODE, TYPES, WF_STRIP_SHAPE(CHANNELS, WIDTH)>(call, team_channels);
                    return nullptr;
                });
    });
}

bool wf_plan_filter_strips(const wf_cuda_device *device, const wf_work *work, wf_plan *plan)
{
    const wf_filter_call *call = work->filter;
    const int64_t *size = call->output.size;
    const int types = WF_TYPES(call->input.dtype, call->weight.dtype);
    if (!wf_tiles_serve(call) || size[1] <= 4)
        return false;
    wf_strip_args *args = wf_plan_args<wf_strip_args>(plan);
    const wf_tile_row row = wf_make_tile_row(call->op, call->filter.kernel_width);
    args->tile = wf_make_tile_args(call);
    args->input = wf_make_view(&call->input), args->weight = wf_make_view(&call->weight);
    const wf_mode mode = mode_of(call, types);
    args->team_channels =
        choose_channels(args->tile.channels, wf_strip_unrolls(mode, types, call->filter.kernel_width));
    args->tile.grid.columns = wf_divide_up(size[3], WF_STRIP_WIDTH);
    args->tile.stage_taps = wf_stage_taps(row);
    args->box_width = box_width_of(row, call->op, call->filter.mode, wf_dtype_size(call->weight.dtype));
    plan->shared_bytes = plan_shape(args, device, call);
    if (!plan->shared_bytes)
        return false;
    args->tile.grid.rows = 1;
    plan->grid = {plan_shares(args, device, call), 1, 1}, plan->images = 1;
    plan->threads = QUADS * args->height * args->teams + 32;
    plan->kernel = mode == WF_SOFTMAX      ? kernel_of<WF_SOFTMAX>(call, args->team_channels)
                   : mode == WF_NORMALIZED ? kernel_of<WF_NORMALIZED>(call, args->team_channels)
                                           : kernel_of<WF_LINEAR>(call, args->team_channels);
    plan->arguments[0] = plan->maps, plan->arguments[1] = args;
    return plan->grid.columns > 0 && plan_maps(device, call, *args, row, plan->maps);
}
