/* The stage that copies the inspected pixels' weights to where the host reads them. */
#include "areas.h"
#include "predictor.h"

/* The device's address of what the host reads there. */
static float *device_address(const node_record *record, const float *host)
{
    return (float *)((char *)record->memory.data + ((const char *)host - (const char *)record->memory.host));
}

static wf_result pick(const node_turn *turn, const node_record *record, const wf_filter *filter, int landing,
                      const wf_tensor *weight, wf_node_area area, const float *told)
{
    const wf_pick_call call = {.filter = *filter,
                               .weight = *weight,
                               .y = area.y,
                               .x = area.x,
                               .rows = area.height,
                               .columns = area.width,
                               .landing = landing,
                               .output = device_address(record, told)};
    return turn->node->device->table->pick(turn->node->device, turn->stream, &call);
}

static wf_result pick_alphas(const node_turn *turn, const node_record *record, const node_kernels *found,
                             wf_node_area area, const float *told)
{
    static const wf_filter itself = {1, 1, 1, WF_LINEAR, 1};
    return told ? pick(turn, record, &itself, 0, &found->alpha, area, told) : WF_OK;
}

static wf_result pick_window(const node_turn *turn, const node_record *record, const wf_node_kernels *k, wf_operator op,
                             const node_kernels *found)
{
    WF_TRY(pick(turn, record, &k->filter, op == WF_SPLAT, &found->weight, window_of(k), k->weights));
    return pick_alphas(turn, record, found, window_of(k), k->alpha);
}

static wf_result pick_footprint(const node_turn *turn, const node_record *record, const wf_node_kernels *k,
                                const node_landing *landing, const node_kernels *found)
{
    if (!landing->weights)
        return WF_OK;
    WF_TRY(pick(turn, record, &k->filter, 1, &found->weight, landing->area, landing->weights));
    return pick_alphas(turn, record, found, k->written, k->written_alpha);
}

/* The rows of the areas that are picked, and of all that lands there. */
static wf_look rows_of(const wf_node_kernels *k, wf_operator op, const node_landing *landing)
{
    const int reach = op == WF_SPLAT ? k->filter.kernel_height / 2 * k->filter.dilation : 0;
    wf_node_area picked = window_of(k);
    if (op == WF_SPLAT && landing->weights)
        picked = join(picked, join(landing->area, k->written));
    return (wf_look){.first_row = picked.y - reach, .rows = picked.height + 2 * reach, .weights = 1, .alpha = 1};
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
        WF_TRY(pick_window(turn, record, k, op, &found));
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
