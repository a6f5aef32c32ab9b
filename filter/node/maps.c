/* Figures of every pixel's kernel, as images: the predictor's kernels of each level that is asked for, summarized into
 * planes that are packed like other outputs. */
#include "predictor.h"

static int has_level(const node_slot *slot, wf_operator op, int level)
{
    int bound = 0;
    for (wf_figure figure = 0; figure < WF_FIGURE_COUNT; figure++)
        bound = bound || node_is_bound(slot, wf_node_map_role(op, level, figure));
    return bound;
}

int wf_node_has_maps(const node_slot *slot, wf_operator op)
{
    int bound = 0;
    for (int level = 0; level < WF_PYRAMID_MAX_LEVELS; level++)
        bound = bound || has_level(slot, op, level);
    return bound && node_is_bound(slot, node_output_of(op));
}

/* Of all pixels, what the outputs are made of. */
static wf_result find_kernels(const node_turn *turn, wf_operator op, int level, wf_summary_call *call)
{
    node_predictor *predictor = turn->node->predictors[op];
    node_kernels found = {.weight = predictor->weights.tensor};
    if (predictor->kind->kernels) {
        const wf_look look = {.rows = (int)turn->node->options.height,
                              .weights = wf_summary_rows(call) > 0,
                              .alpha = call->outputs[WF_FIGURE_BLEND] != NULL};
        WF_TRY(predictor->kind->kernels(predictor, turn, op, level, &look, &found));
        WF_TRY(wf_barrier(turn->node->device, turn->stream));
    }
    call->weight = found.weight;
    call->alpha = found.alpha;
    call->alpha_is_logit = found.alpha_is_logit;
    return WF_OK;
}

/* The maps of `asked`, which the filter may not have. */
static wf_result record(const node_turn *turn, wf_operator op, int asked)
{
    const wf_node *node = turn->node;
    node_predictor *predictor = node->predictors[op];
    wf_filter filters[WF_PYRAMID_MAX_LEVELS];
    const int levels = wf_node_levels_of(predictor, turn->slot, filters);
    const int level = asked < levels ? asked : levels - 1;
    wf_summary_call call = {.filter = filters[level],
                            .landing = op == WF_SPLAT,
                            .level = level,
                            .height = (int)node->options.height,
                            .width = (int)node->options.width};
    for (wf_figure figure = 0; figure < WF_FIGURE_COUNT; figure++) {
        const wf_node_role role = wf_node_map_role(op, asked, figure);
        call.outputs[figure] = node_is_bound(&node->slots[turn->slot], role) ? node->planes[role].data : NULL;
    }
    WF_TRY(find_kernels(turn, op, level, &call));
    WF_TRY(node->device->table->summarize(node->device, turn->stream, &call));
    return predictor->kind->kernels ? wf_barrier(node->device, turn->stream) : WF_OK;
}

wf_result wf_node_record_maps(const node_turn *turn)
{
    const node_slot *slot = &turn->node->slots[turn->slot];
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        for (int level = 0; level < WF_PYRAMID_MAX_LEVELS && wf_node_has_maps(slot, op); level++) {
            if (has_level(slot, op, level))
                WF_TRY(record(turn, op, level));
        }
    }
    return WF_OK;
}
