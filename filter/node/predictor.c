/* Which predictor each operator has, and the memory of predictors. */
#include "predictor.h"

#include <assert.h>
#include <stdlib.h>

#include "arguments.h"

/* ---- Weights ----------------------------------------------------------------------------------------------------- */

wf_tensor wf_node_frame_tensor(const wf_node *node, wf_dtype dtype, int64_t channels)
{
    return wf_dense(NULL, dtype, 1, channels, node->options.height, node->options.width);
}

wf_result wf_node_compile_weights(node_predictor *predictor, unsigned operators)
{
    const wf_node *node = predictor->node;
    const node_weights *weights = &predictor->weights;
    const wf_tensor color = wf_node_frame_tensor(node, WF_FLOAT32, wf_node_roles[WF_NODE_COLOR].channels);
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (operators >> op & 1)
            WF_TRY(wf_prepare(node->device, op, &weights->filter, &color, &weights->tensor));
    }
    if (operators != NODE_BOTH || node->options.separate)
        return WF_OK;
    return wf_prepare_gather_splat(node->device, &weights->filter, &color, &weights->tensor);
}

wf_result wf_node_filter_weights(node_predictor *predictor, const node_turn *turn, unsigned operators)
{
    const wf_node *node = turn->node;
    const node_weights *weights = &predictor->weights;
    const wf_tensor *color = &node->planes[WF_NODE_COLOR];
    if (operators == NODE_BOTH)
        return wf_gather_splat(node->device, turn->stream, &weights->filter, color, &weights->tensor, NULL,
                               &node->planes[WF_NODE_GATHER], &node->planes[WF_NODE_SPLAT]);
    wf_operator op = operators == NODE_SPLAT ? WF_SPLAT : WF_GATHER;
    return wf_apply(node->device, turn->stream, op, &weights->filter, color, &weights->tensor, NULL,
                    &node->planes[node_output_of(op)], NULL);
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

void wf_node_reserve(node_predictor *predictor, wf_tensor *tensor)
{
    assert(predictor->scratch_count < NODE_SCRATCH_COUNT);
    predictor->scratch[predictor->scratch_count++] = tensor;
}

static void destroy(node_predictor *predictor)
{
    for (int i = 0; i < predictor->scratch_count; i++)
        wf_free(predictor->node->device, predictor->scratch[i]->data);
    if (predictor->kind->destroy)
        predictor->kind->destroy(predictor);
    free(predictor);
}

void wf_node_drop_predictor(wf_node *node, wf_operator op)
{
    node_predictor *predictor = node->predictors[op];
    if (!predictor)
        return;
    node->predictors[op] = NULL;
    for (wf_operator other = 0; other < WF_OPERATOR_COUNT; other++) {
        if (node->predictors[other] == predictor)
            return;
    }
    destroy(predictor);
}

static wf_result allocate(node_predictor *predictor)
{
    for (int i = 0; i < predictor->scratch_count; i++) {
        wf_tensor *tensor = predictor->scratch[i];
        size_t size = (size_t)tensor->stride[0] * wf_dtype_size(tensor->dtype);
        WF_TRY(wf_alloc(predictor->node->device, size, &tensor->data));
    }
    return WF_OK;
}

/* In place of what the operators had, whose memory is free before the new one needs it. */
static wf_result replace(node_predictor *predictor, const void *arguments, unsigned operators)
{
    wf_node *node = predictor->node;
    WF_TRY(predictor->kind->prepare(predictor, arguments, operators));
    WF_TRY(wf_node_wait_for_all(node));
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (operators >> op & 1)
            wf_node_drop_predictor(node, op);
    }
    WF_TRY(allocate(predictor));
    return predictor->kind->load ? predictor->kind->load(predictor, arguments) : WF_OK;
}

static wf_result check_no_frame_waits(const wf_node *node)
{
    for (uint32_t slot = 0; slot < node->options.slots; slot++) {
        if (node->slots[slot].step == STEP_BEGUN || node->slots[slot].step == STEP_RELEASED)
            return WF_INVALID(&node->log, "slot %u has a frame between begin and run, weights cannot change", slot);
    }
    return WF_OK;
}

wf_result wf_node_set_predictor(wf_node *node, const node_predictor_kind *kind, const void *arguments,
                                unsigned operators)
{
    if (!node)
        return WF_ERROR_INVALID_ARGUMENT;
    WF_TRY(check_no_frame_waits(node));
    node_predictor *predictor = calloc(1, kind->size);
    if (!predictor)
        return wf_fail(&node->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for a predictor (%s)", kind->name);
    predictor->kind = kind;
    predictor->node = node;
    wf_result result = replace(predictor, arguments, operators);
    if (result != WF_OK) {
        destroy(predictor);
        return result;
    }
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (operators >> op & 1)
            node->predictors[op] = predictor;
    }
    return WF_OK;
}

wf_result wf_node_share_weights(wf_node *node, wf_operator from, wf_operator to)
{
    if (!node)
        return WF_ERROR_INVALID_ARGUMENT;
    WF_TRY(wf_check_enum(&node->log, "operator", (int)from, WF_OPERATOR_COUNT));
    WF_TRY(wf_check_enum(&node->log, "operator", (int)to, WF_OPERATOR_COUNT));
    WF_TRY(check_no_frame_waits(node));
    node_predictor *shared = node->predictors[from];
    if (!shared)
        return WF_INVALID(&node->log, "%s has no weights to share", wf_operator_name(from));
    if (node->predictors[to] == shared)
        return WF_OK;
    WF_TRY(shared->kind->compile(shared, NODE_BOTH));
    WF_TRY(wf_node_wait_for_all(node));
    wf_node_drop_predictor(node, to);
    node->predictors[to] = shared;
    return WF_OK;
}
