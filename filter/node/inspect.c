/* The inspector: where a frame tells its weights, the stage that copies them, and what they mean. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "predictor.h"
#include "taps.h"

wf_result wf_node_inspect(wf_node *node, uint32_t count, const wf_node_pixel *pixels)
{
    if (!node)
        return WF_ERROR_INVALID_ARGUMENT;
    const wf_log *log = &node->log;
    if (count > WF_NODE_MAX_PIXELS)
        return WF_INVALID(log, "there are %u pixels to inspect, they are up to %d", count, WF_NODE_MAX_PIXELS);
    if (count > 0)
        WF_TRY(wf_check_pointer(log, "pixels", pixels));
    for (uint32_t i = 0; i < count; i++) {
        if (pixels[i].x >= node->options.width || pixels[i].y >= node->options.height)
            return WF_INVALID(log, "pixel %u,%u is not in an image of %ux%u", pixels[i].x, pixels[i].y,
                              node->options.width, node->options.height);
    }
    if (count > 0 && node->device->table->prepare_pick)
        WF_TRY(node->device->table->prepare_pick(node->device));
    node->pixel_count = count;
    for (uint32_t i = 0; i < count; i++)
        node->pixels[i] = pixels[i];
    return WF_OK;
}

/* ---- Windows ----------------------------------------------------------------------------------------------------- */

/* Rows or columns. */
typedef struct range {
    int first, count;
} range;

/* Those of the coarser level that these are interpolated from. */
static range coarser(range fine, int extent)
{
    const int last = fine.first + fine.count - 1, most = (extent + 1) / 2 - 1;
    const int low = fine.first / 2 - (fine.first % 2 == 0), high = last / 2 + last % 2;
    const int first = low < 0 ? 0 : low;
    return (range){first, (high > most ? most : high) - first + 1};
}

/* Those of the finer level that these are the means of. */
static range finer(range coarse, int extent)
{
    const int first = 2 * coarse.first, last = 2 * (coarse.first + coarse.count) - 1;
    return (range){first, (last >= extent ? extent - 1 : last) - first + 1};
}

static void place_windows(const wf_node *node, wf_node_inspected_pixel *pixel, wf_operator op)
{
    range rows = {(int)pixel->y, 1}, columns = {(int)pixel->x, 1};
    int height = (int)node->options.height, width = (int)node->options.width;
    for (int level = 0; level < pixel->levels[op]; level++) {
        wf_node_kernels *k = &pixel->kernels[op][level];
        const int coarsest = level == pixel->levels[op] - 1;
        const range above = coarser(rows, height), beside = coarser(columns, width);
        const range y = coarsest ? rows : finer(above, height), x = coarsest ? columns : finer(beside, width);
        k->height = height, k->width = width;
        k->y = (int)(pixel->y >> level), k->x = (int)(pixel->x >> level);
        k->first_y = y.first, k->rows = y.count;
        k->first_x = x.first, k->columns = x.count;
        rows = above, columns = beside;
        height = (height + 1) / 2, width = (width + 1) / 2;
    }
}

static size_t taps_of(const wf_filter *filter)
{
    return (size_t)filter->groups * (size_t)filter->kernel_height * (size_t)filter->kernel_width;
}

/* ---- Where they are told ----------------------------------------------------------------------------------------- */

int wf_node_levels_of(const node_predictor *predictor, uint32_t slot, wf_filter filters[WF_PYRAMID_MAX_LEVELS])
{
    if (predictor->kind->levels)
        return predictor->kind->levels(predictor, slot, filters);
    filters[0] = predictor->weights.filter;
    return 1;
}

static wf_result open_predictors(const wf_node *node)
{
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        node_predictor *predictor = node->predictors[op];
        if (predictor && predictor->kind->open)
            WF_TRY(predictor->kind->open(predictor));
    }
    return WF_OK;
}

static void lay_out_pixel(const wf_node *node, uint32_t slot, wf_node_inspected_pixel *pixel, node_landing *landings)
{
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        wf_filter filters[WF_PYRAMID_MAX_LEVELS];
        if (!node_is_bound(&node->slots[slot], node_output_of(op)))
            continue;
        pixel->levels[op] = wf_node_levels_of(node->predictors[op], slot, filters);
        for (int level = 0; level < pixel->levels[op]; level++)
            pixel->kernels[op][level].filter = filters[level];
        place_windows(node, pixel, op);
        if (op == WF_SPLAT)
            wf_node_place_footprint(pixel, landings);
    }
}

static size_t pixels_of(wf_node_area area)
{
    return (size_t)area.width * (size_t)area.height;
}

/* What follows a window of splat's, from float `at` on; returns where it ends. */
static size_t place_footprint(node_record *record, wf_node_kernels *k, node_landing *landing, int is_coarsest,
                              size_t at)
{
    const size_t taps = taps_of(&k->filter), alphas = at + pixels_of(landing->area) * taps;
    const size_t footprint = alphas + pixels_of(k->written), end = footprint + taps;
    if (landing->area.width == 0)
        return at;
    if (record->memory.host) {
        landing->weights = record->memory.host + at;
        k->written_alpha = is_coarsest ? NULL : record->memory.host + alphas;
        k->footprint = record->factors + footprint;
    }
    return end;
}

/* Gives each window its part of the memory; returns how many floats there are. */
static size_t place_kernels(node_record *record)
{
    size_t at = 0;
    for (int i = 0; i < record->told.count * WF_OPERATOR_COUNT; i++) {
        wf_node_inspected_pixel *pixel = &record->told.pixels[i / WF_OPERATOR_COUNT];
        const int op = i % WF_OPERATOR_COUNT;
        for (int level = 0; level < pixel->levels[op]; level++) {
            wf_node_kernels *k = &pixel->kernels[op][level];
            const size_t pixels = (size_t)k->rows * (size_t)k->columns;
            if (record->memory.host) {
                k->weights = record->memory.host + at;
                k->factors = record->factors + at;
                k->alpha = level < pixel->levels[op] - 1 ? k->weights + pixels * taps_of(&k->filter) : NULL;
            }
            at += pixels * (taps_of(&k->filter) + 1);
            if (op == WF_SPLAT)
                at = place_footprint(record, k, &record->landings[i / WF_OPERATOR_COUNT][level],
                                     level == pixel->levels[op] - 1, at);
        }
    }
    return at;
}

static void free_memory(wf_node *node, node_record *record)
{
    if (record->memory.host)
        node->handover->free_readback(node, &record->memory);
    free(record->factors);
    record->memory = (node_readback){0};
    record->factors = NULL;
}

static wf_result need_memory(wf_node *node, node_record *record, size_t size)
{
    if (size <= record->memory.size)
        return WF_OK;
    free_memory(node, record);
    record->factors = calloc(1, size);
    if (!record->factors)
        return wf_fail(&node->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for %zu bytes of inspected weights", size);
    record->memory.size = size;
    wf_result result = node->handover->alloc_readback(node, &record->memory);
    if (result != WF_OK)
        free_memory(node, record);
    return result;
}

wf_result wf_node_begin_record(wf_node *node, uint32_t slot, node_record *record)
{
    record->told = (wf_node_inspection){.count = (int)node->pixel_count};
    memset(record->landings, 0, sizeof record->landings);
    record->logits = 0;
    record->reckoned = 0;
    const node_slot *s = &node->slots[slot];
    if (node->pixel_count > 0 || wf_node_has_maps(s, WF_GATHER) || wf_node_has_maps(s, WF_SPLAT))
        WF_TRY(open_predictors(node));
    if (node->pixel_count == 0) {
        free_memory(node, record);
        return WF_OK;
    }
    for (uint32_t i = 0; i < node->pixel_count; i++) {
        record->told.pixels[i].x = node->pixels[i].x;
        record->told.pixels[i].y = node->pixels[i].y;
        lay_out_pixel(node, slot, &record->told.pixels[i], record->landings[i]);
    }
    WF_TRY(need_memory(node, record, place_kernels(record) * sizeof(float)));
    place_kernels(record);
    return WF_OK;
}

void wf_node_free_records(wf_node *node)
{
    for (uint32_t slot = 0; slot < node->options.slots; slot++) {
        for (int history = 0; history < NODE_HISTORY; history++)
            free_memory(node, &node->slots[slot].records[history]);
    }
}

/* ---- The stage --------------------------------------------------------------------------------------------------- */

/* The device's address of what the host reads there. */
static float *device_address(const node_record *record, const float *host)
{
    return (float *)((char *)record->memory.data + ((const char *)host - (const char *)record->memory.host));
}

static wf_result pick_weights(const node_turn *turn, const node_record *record, const wf_node_kernels *k,
                              wf_operator op, const node_kernels *found, wf_node_area area, const float *weights)
{
    const wf_pick_call call = {.filter = k->filter,
                               .weight = found->weight,
                               .y = area.y,
                               .x = area.x,
                               .rows = area.height,
                               .columns = area.width,
                               .landing = op == WF_SPLAT,
                               .output = device_address(record, weights)};
    return turn->node->device->table->pick(turn->node->device, turn->stream, &call);
}

static wf_result pick_alphas(const node_turn *turn, const node_record *record, const node_kernels *found,
                             wf_node_area area, const float *alphas)
{
    const wf_pick_call call = {.filter = {1, 1, 1, WF_LINEAR, 1},
                               .weight = found->alpha,
                               .y = area.y,
                               .x = area.x,
                               .rows = area.height,
                               .columns = area.width,
                               .output = device_address(record, alphas)};
    return turn->node->device->table->pick(turn->node->device, turn->stream, &call);
}

static wf_result pick(const node_turn *turn, const node_record *record, const wf_node_kernels *k, wf_operator op,
                      const node_kernels *found)
{
    const wf_node_area window = {k->first_x, k->first_y, k->columns, k->rows};
    WF_TRY(pick_weights(turn, record, k, op, found, window, k->weights));
    return k->alpha ? pick_alphas(turn, record, found, window, k->alpha) : WF_OK;
}

static wf_result pick_footprint(const node_turn *turn, const node_record *record, const wf_node_kernels *k,
                                const node_landing *landing, const node_kernels *found)
{
    if (!landing->weights)
        return WF_OK;
    WF_TRY(pick_weights(turn, record, k, WF_SPLAT, found, landing->area, landing->weights));
    return k->written_alpha ? pick_alphas(turn, record, found, k->written, k->written_alpha) : WF_OK;
}

/* The rows of the areas that are picked, and of all that lands there. */
static wf_look rows_of(const wf_node_kernels *k, wf_operator op, const node_landing *landing)
{
    int first = k->first_y, end = k->first_y + k->rows;
    const wf_node_area areas[] = {landing->area, k->written};
    const int has_footprint = op == WF_SPLAT && landing->weights;
    const int reach = op == WF_SPLAT ? k->filter.kernel_height / 2 * k->filter.dilation : 0;
    for (int i = 0; i < 2 && has_footprint; i++) {
        first = areas[i].y < first ? areas[i].y : first;
        end = areas[i].y + areas[i].height > end ? areas[i].y + areas[i].height : end;
    }
    return (wf_look){.first_row = first - reach, .rows = end - first + 2 * reach, .weights = 1, .alpha = 1};
}

static wf_result find_kernels(const node_turn *turn, const node_record *record, wf_operator op, int level,
                              node_kernels *found)
{
    node_predictor *predictor = turn->node->predictors[op];
    *found = (node_kernels){.weight = predictor->weights.tensor};
    for (int i = 0; i < record->told.count && predictor->kind->kernels; i++) {
        const wf_look look = rows_of(&record->told.pixels[i].kernels[op][level], op, &record->landings[i][level]);
        WF_TRY(predictor->kind->kernels(predictor, turn, op, level, &look, found));
    }
    return predictor->kind->kernels ? wf_barrier(turn->node->device, turn->stream) : WF_OK;
}

static wf_result pick_level(const node_turn *turn, node_record *record, wf_operator op, int level)
{
    node_kernels found;
    WF_TRY(find_kernels(turn, record, op, level, &found));
    record->logits |= (unsigned)found.alpha_is_logit << op;
    for (int i = 0; i < record->told.count; i++) {
        const wf_node_kernels *k = &record->told.pixels[i].kernels[op][level];
        WF_TRY(pick(turn, record, k, op, &found));
        if (op == WF_SPLAT)
            WF_TRY(pick_footprint(turn, record, k, &record->landings[i][level], &found));
    }
    return turn->node->predictors[op]->kind->kernels ? wf_barrier(turn->node->device, turn->stream) : WF_OK;
}

wf_result wf_node_record_inspection(const node_turn *turn)
{
    node_slot *s = &turn->node->slots[turn->slot];
    node_record *record = &s->records[node_history(s->begun)];
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        for (int level = 0; level < record->told.pixels[0].levels[op]; level++)
            WF_TRY(pick_level(turn, record, op, level));
    }
    if (turn->node->handover->publish)
        turn->node->handover->publish(turn->node, turn->slot);
    record->told.frame = s->history[node_history(s->begun)].number;
    return WF_OK;
}

/* ---- What they mean ---------------------------------------------------------------------------------------------- */

/* Whether a pixel's tap has its other end in the image. */
static int is_inside(const wf_node_kernels *k, wf_operator op, int y, int x, int tap)
{
    const int in_group = tap % (k->filter.kernel_height * k->filter.kernel_width), sign = op == WF_SPLAT ? -1 : 1;
    y += sign * wf_tap_offset(in_group / k->filter.kernel_width, k->filter.kernel_height, k->filter.dilation);
    x += sign * wf_tap_offset(in_group % k->filter.kernel_width, k->filter.kernel_width, k->filter.dilation);
    return y >= 0 && y < k->height && x >= 0 && x < k->width;
}

/* The taps of one group of a pixel. */
static void reckon_group(const wf_node_kernels *k, wf_operator op, int y, int x, const float *weights, float *factors)
{
    const int taps = k->filter.kernel_height * k->filter.kernel_width, is_softmax = k->filter.mode == WF_SOFTMAX;
    double largest = -INFINITY, sum = 0;
    for (int t = 0; t < taps && is_softmax; t++)
        largest = is_inside(k, op, y, x, t) ? fmax(largest, (double)weights[t]) : largest;
    for (int t = 0; t < taps; t++) {
        const double weight = is_softmax ? exp((double)weights[t] - largest) : (double)weights[t];
        factors[t] = is_inside(k, op, y, x, t) ? (float)weight : 0;
        sum += is_inside(k, op, y, x, t) ? weight : 0;
    }
    const double divisor = k->filter.mode == WF_LINEAR ? 1 : copysign(fmax(fabs(sum), WF_MIN_SUM), sum);
    for (int t = 0; t < taps; t++)
        factors[t] = (float)((double)factors[t] / divisor);
}

/* Of all groups of an area's pixels, whose weights and factors lie one behind the other. */
static void reckon_area(const wf_node_kernels *k, wf_operator op, wf_node_area area, const float *weights,
                        float *factors)
{
    const size_t taps = taps_of(&k->filter), per_group = taps / (size_t)k->filter.groups;
    for (int i = 0; i < area.width * area.height; i++) {
        for (size_t first = 0; first < taps; first += per_group) {
            const size_t at = (size_t)i * taps + first;
            reckon_group(k, op, area.y + i / area.width, area.x + i % area.width, weights + at, factors + at);
        }
    }
}

static void reckon_alphas(const node_record *record, wf_operator op, const float *alphas, size_t count)
{
    float *told = record->memory.host + (alphas ? alphas - record->memory.host : 0);
    for (size_t i = 0; i < count && alphas && record->logits >> op & 1; i++)
        told[i] = 1 / (1 + expf(-told[i]));
}

/* Of what lands on each neighbour, the tap that is the pixel's. */
static void reckon_footprint(const node_record *record, const wf_node_kernels *k, const node_landing *landing)
{
    if (!landing->weights)
        return;
    const wf_filter *f = &k->filter;
    const int per_group = f->kernel_height * f->kernel_width;
    const wf_node_area *area = &landing->area;
    float *landed = record->factors + (landing->weights - record->memory.host);
    float *footprint = record->factors + (k->footprint - record->factors);
    reckon_area(k, WF_SPLAT, *area, landing->weights, landed);
    for (int t = 0; t < f->groups * per_group; t++) {
        const int in_group = t % per_group;
        const int y = k->y + wf_tap_offset(in_group / f->kernel_width, f->kernel_height, f->dilation) - area->y;
        const int x = k->x + wf_tap_offset(in_group % f->kernel_width, f->kernel_width, f->dilation) - area->x;
        const int is_inside = y >= 0 && y < area->height && x >= 0 && x < area->width;
        footprint[t] = is_inside ? landed[(size_t)(y * area->width + x) * taps_of(f) + (size_t)t] : 0;
    }
    reckon_alphas(record, WF_SPLAT, k->written_alpha, pixels_of(k->written));
}

static void reckon_window(const node_record *record, const wf_node_kernels *k, wf_operator op)
{
    const wf_node_area window = {k->first_x, k->first_y, k->columns, k->rows};
    reckon_area(k, op, window, k->weights, record->factors + (k->factors - record->factors));
    reckon_alphas(record, op, k->alpha, pixels_of(window));
}

static void reckon(node_record *record)
{
    for (int i = 0; i < record->told.count; i++) {
        for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
            for (int level = 0; level < record->told.pixels[i].levels[op]; level++) {
                reckon_window(record, &record->told.pixels[i].kernels[op][level], op);
                if (op == WF_SPLAT)
                    reckon_footprint(record, &record->told.pixels[i].kernels[op][level], &record->landings[i][level]);
            }
        }
    }
    record->reckoned = 1;
}

wf_result wf_node_inspected(wf_node *node, uint32_t slot, wf_node_inspection *inspection)
{
    WF_TRY(wf_node_check_slot(node, slot));
    WF_TRY(wf_check_pointer(&node->log, "inspection", inspection));
    node_slot *s = &node->slots[slot];
    *inspection = (wf_node_inspection){0};
    if (s->run == 0)
        return WF_OK;
    const uint64_t frame = node->handover->finished(node, slot) ? s->run : s->run - 1;
    node_record *record = &s->records[node_history(frame)];
    if (frame == 0 || record->told.frame == 0)
        return WF_OK;
    if (!record->reckoned)
        reckon(record);
    *inspection = record->told;
    return WF_OK;
}
