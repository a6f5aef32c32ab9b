/* Chooses a strip's kernel, and cuts it into steps and segments. */
#include "filter_strips.cuh"
#include "plan.h"

#define QUADS          (WF_STRIP_WIDTH / WF_TILE_GROUP)
#define MAX_HEIGHT     16 /* rows of a step */
#define MOST_STAGES    6
#define BUSY_THREADS   256   /* that keep a multiprocessor busy */
#define LATENCY_STAGES 3     /* that hide the memory's latency, */
#define LATENCY_BYTES  65536 /* and bytes that could be read meanwhile */

/* Columns from a channel's sources to the next one's. Paired teams read half as many neighbours each at a time: their
 * sources lie half of the banks apart. */
static int pitch_of(const wf_tile_row &row, int pair, size_t element)
{
    int pitch = wf_tile_pitch(row, WF_STRIP_WIDTH);
    while (pair == 2 && pitch * element % 128 != 64)
        pitch += WF_TMA_COLUMNS;
    return pitch;
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
                const wf_tap_box box = wf_make_tap_box(call->op, WF_STRIP_WIDTH, height, weight_bytes);
                wf_strip_args plan = *args;
                plan.tile.grid.passes = passes;
                plan.teams = (int)wf_divide_up(teams_needed, passes);
                plan.pair = plan.teams % 2 == 0 ? 2 : 1;
                plan.tile.pitch = pitch_of(row, plan.pair, image_bytes);
                const int channels = plan.teams * args->team_channels;
                const int threads = QUADS * height * plan.teams;
                plan.height = height;
                plan.tile.rows = height + args->tile.kernel_height - 1;
                plan.ring_rows = plan.tile.rows + (early ? height : 0);
                plan.row_elements = wf_tma_bytes(channels * plan.tile.pitch, image_bytes) / (int)image_bytes;
                const size_t row_bytes = plan.row_elements * image_bytes, ring = plan.ring_rows * row_bytes;
                const size_t stage = plan.tile.stage_taps * box.elements * weight_bytes;
                const size_t stages = budget < ring ? 0 : (budget - ring) / stage;
                plan.tile.stages = (int)min(stages, (size_t)min(step_stages, MOST_STAGES));
                if (threads + 32 > WF_STRIP_MAX_THREADS || plan.tile.stages < min(step_stages, LATENCY_STAGES))
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
static void plan_segments(wf_strip_args *args, const wf_cuda_device *device, const wf_filter_call *call)
{
    const int64_t images = call->output.size[0];
    wf_tile_args *tile = &args->tile;
    const wf_tap_box box = wf_make_tap_box(call->op, WF_STRIP_WIDTH, args->height, wf_dtype_size(call->weight.dtype));
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

/* Of a thread. */
static int choose_channels(int channels)
{
    return wf_divide_up(channels, WF_STRIP_MORE_CHANNELS) < wf_divide_up(channels, WF_STRIP_FEW_CHANNELS)
               ? WF_STRIP_MORE_CHANNELS
               : WF_STRIP_FEW_CHANNELS;
}

bool wf_plan_filter_strips(const wf_cuda_device *device, const wf_work *work, wf_plan *plan)
{
    const wf_filter_call *call = work->filter;
    const int64_t *size = call->output.size;
    const int types = WF_TYPES(call->input.dtype, call->weight.dtype);
    if (call->filter.dilation != 1 || size[1] <= 4 || call->input.dtype == WF_FLOAT64 ||
        call->output.dtype != call->input.dtype || !wf_unit_columns(&call->output))
        return false;
    wf_strip_args *args = wf_plan_args<wf_strip_args>(plan);
    const wf_tile_row row = wf_make_tile_row(call->op, call->filter.kernel_width);
    args->tile = wf_make_tile_args(call);
    args->team_channels = choose_channels(args->tile.channels);
    args->tile.grid.columns = wf_divide_up(size[3], WF_STRIP_WIDTH);
    args->tile.stage_taps = wf_stage_taps(row);
    plan->shared_bytes = plan_shape(args, device, call);
    if (!plan->shared_bytes)
        return false;
    plan_segments(args, device, call);
    plan->grid = {min(args->segments, (unsigned)device->multiprocessors), 1, 1}, plan->images = 1;
    plan->threads = QUADS * args->height * args->teams + 32;
    const bool sums_weights =
        call->filter.mode == WF_NORMALIZED || wf_present(&call->coverage) || !wf_strip_has_linear(types);
    plan->kernel = call->filter.mode == WF_SOFTMAX ? wf_filter_strips_of<WF_SOFTMAX>(call, args->team_channels)
                   : sums_weights                  ? wf_filter_strips_of<WF_NORMALIZED>(call, args->team_channels)
                                                   : wf_filter_strips_of<WF_LINEAR>(call, args->team_channels);
    plan->arguments[0] = &plan->maps[0], plan->arguments[1] = &plan->maps[1], plan->arguments[2] = args;
    const wf_tap_box box = wf_make_tap_box(call->op, WF_STRIP_WIDTH, args->height, wf_dtype_size(call->weight.dtype));
    return args->segments > 0 &&
           wf_plan_map(device, &call->input, args->tile.pitch, 1, args->teams * args->team_channels, &plan->maps[0]) &&
           wf_plan_map(device, &call->weight, box.width, args->height, 1, &plan->maps[1]);
}
