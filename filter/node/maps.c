/* Figures of every pixel's kernel, as images: the predictor's kernels of a level, summarized into planes that are packed like other
 * outputs. */
#include "arguments.h"
#include "predictor.h"

wf_result wf_node_map_level(wf_node *node, int level)
{
    if (!node)
        return WF_ERROR_INVALID_ARGUMENT;
    if (level < 0 || level >= WF_PYRAMID_MAX_LEVELS)
        return WF_INVALID(&node->log, "maps of level %d, they are of 0 to %d", level, WF_PYRAMID_MAX_LEVELS - 1);
    node->map_level = level;
    return WF_OK;
}

int wf_node_has_maps(const node_slot *slot, wf_operator op)
{
    int bound = 0;
    for (wf_figure figure = 0; figure < WF_FIGURE_COUNT; figure++)
        bound = bound || node_is_bound(slot, wf_node_map_role(op, figure));
    return bound && node_is_bound(slot, node_output_of(op));
}

static wf_result record(const node_turn *turn, wf_operator op)
{
    const wf_node *node = turn->node;
    node_predictor *predictor = node->predictors[op];
    wf_filter filters[WF_PYRAMID_MAX_LEVELS];
    const int levels = wf_node_levels_of(predictor, turn->slot, filters);
    const int level = node->map_level < levels ? node->map_level : levels - 1;
    node_kernels found = {.weight = predictor->weights.tensor};
    if (predictor->kind->kernels) {
        WF_TRY(predictor->kind->kernels(predictor, turn, op, level, &found));
        WF_TRY(wf_barrier(node->device, turn->stream));
    }
    const wf_summary_call call = {.filter = filters[level],
                                  .weight = found.weight,
                                  .alpha = found.alpha,
                                  .alpha_is_logit = found.alpha_is_logit,
                                  .landing = op == WF_SPLAT,
                                  .level = level,
                                  .height = (int)node->options.height,
                                  .width = (int)node->options.width,
                                  .output = node->maps[op].data};
    WF_TRY(node->device->table->summarize(node->device, turn->stream, &call));
    return predictor->kind->kernels ? wf_barrier(node->device, turn->stream) : WF_OK;
}

wf_result wf_node_record_maps(const node_turn *turn)
{
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (wf_node_has_maps(&turn->node->slots[turn->slot], op))
            WF_TRY(record(turn, op));
    }
    return WF_OK;
}
