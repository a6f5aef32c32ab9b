/* The inspector: which pixels a frame tells the weights of, and the memory that it tells them in. */
#include <stdlib.h>
#include <string.h>

#include "areas.h"
#include "arguments.h"
#include "predictor.h"

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
    const int first = larger(fine.first / 2 - (fine.first % 2 == 0), 0), last = fine.first + fine.count - 1;
    return (range){first, smaller(last / 2 + last % 2, (extent + 1) / 2 - 1) - first + 1};
}

/* Those of the finer level that these are the means of. */
static range finer(range coarse, int extent)
{
    const int first = 2 * coarse.first, last = smaller(2 * (coarse.first + coarse.count), extent) - 1;
    return (range){first, last - first + 1};
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

/* A window's part of the memory, from float `at` on; returns where it ends. */
static size_t place_window(const node_record *record, wf_node_kernels *k, int is_coarsest, size_t at)
{
    const size_t alphas = at + pixels_of(window_of(k)) * taps_of(&k->filter);
    if (record->memory.host) {
        k->weights = record->memory.host + at;
        k->factors = record->factors + at;
        k->alpha = is_coarsest ? NULL : record->memory.host + alphas;
    }
    return alphas + pixels_of(window_of(k));
}

/* What follows a window of splat's. */
static size_t place_footprint(const node_record *record, wf_node_kernels *k, node_landing *landing, int is_coarsest,
                              size_t at)
{
    const size_t alphas = at + pixels_of(landing->area) * taps_of(&k->filter);
    const size_t footprint = alphas + pixels_of(k->written);
    if (landing->area.width == 0)
        return at;
    if (record->memory.host) {
        landing->weights = record->memory.host + at;
        k->written_alpha = is_coarsest ? NULL : record->memory.host + alphas;
        k->footprint = record->factors + footprint;
    }
    return footprint + taps_of(&k->filter);
}

static size_t place_pixel(node_record *record, int index, wf_operator op, size_t at)
{
    wf_node_inspected_pixel *pixel = &record->told.pixels[index];
    for (int level = 0; level < pixel->levels[op]; level++) {
        wf_node_kernels *k = &pixel->kernels[op][level];
        const int is_coarsest = level == pixel->levels[op] - 1;
        at = place_window(record, k, is_coarsest, at);
        if (op == WF_SPLAT)
            at = place_footprint(record, k, &record->landings[index][level], is_coarsest, at);
    }
    return at;
}

/* Gives each window its part of the memory, once that is there; returns how many floats there are to be. */
static size_t place_kernels(node_record *record)
{
    size_t at = 0;
    for (int i = 0; i < record->told.count; i++) {
        for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++)
            at = place_pixel(record, i, op, at);
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

/* ---- What was told ----------------------------------------------------------------------------------------------- */

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
        wf_node_reckon(record);
    *inspection = record->told;
    return WF_OK;
}
