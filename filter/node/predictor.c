/* Which predictor each operator has, and the memory of predictors. */
#include "predictor.h"

#include <assert.h>
#include <stdlib.h>

#include "arguments.h"

/* ---- Weights ----------------------------------------------------------------------------------------------------- */

wf_result wf_node_compile_weights(node_predictor *predictor, unsigned operators)
{
    const wf_node *node = predictor->node;
    const node_weights *weights = &predictor->weights;
    const wf_tensor pictures = wf_node_pictures(node, NODE_INPUT_BLOCK, node->layers);
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (operators >> op & 1)
            WF_TRY(wf_prepare(node->device, op, &weights->filter, &pictures, &weights->tensor));
    }
    if (operators != NODE_BOTH || node->options.separate)
        return WF_OK;
    return wf_prepare_gather_splat(node->device, &weights->filter, &pictures, &weights->tensor);
}

wf_result wf_node_filter_weights(node_predictor *predictor, node_turn *turn, unsigned operators)
{
    const wf_node *node = turn->node;
    const node_weights *weights = &predictor->weights;
    const int layers = wf_node_layers_of(&node->slots[turn->slot]);
    const wf_tensor input = wf_node_pictures(node, NODE_INPUT_BLOCK, layers);
    const wf_tensor gathered = wf_node_pictures(node, NODE_GATHER_BLOCK, layers);
    const wf_tensor splat = wf_node_pictures(node, NODE_SPLAT_BLOCK, layers);
    if (operators == NODE_BOTH)
        return wf_gather_splat(node->device, turn->stream, &weights->filter, &input, &weights->tensor, NULL, &gathered,
                               &splat);
    wf_operator op = operators == NODE_SPLAT ? WF_SPLAT : WF_GATHER;
    return wf_apply(node->device, turn->stream, op, &weights->filter, &input, &weights->tensor, NULL,
                    op == WF_SPLAT ? &splat : &gathered, NULL);
}

wf_result wf_node_prepare_layer(wf_node *node, int layer)
{
    if (layer < node->layers)
        return WF_OK;
    const int before = node->layers;
    const node_predictor *gather = node->predictors[WF_GATHER], *splat = node->predictors[WF_SPLAT];
    wf_result result = WF_OK;
    node->layers = layer + 1;
    node->rehearsed = 0;
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT && result == WF_OK; op++) {
        node_predictor *predictor = node->predictors[op];
        if (predictor)
            result = predictor->kind->compile(predictor, gather == splat ? NODE_BOTH : 1u << op);
    }
    if (result != WF_OK)
        node->layers = before;
    return result;
}

wf_result wf_node_demodulate(wf_node *node, uint32_t layer, int demodulate)
{
    if (!node)
        return WF_ERROR_INVALID_ARGUMENT;
    if (layer >= WF_NODE_MAX_LAYERS)
        return WF_INVALID(&node->log, "there is no layer %u, a frame has up to %d, from 0", layer, WF_NODE_MAX_LAYERS);
    node->plain[layer] = !demodulate;
    return WF_OK;
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

unsigned wf_node_operators_of(const node_predictor *predictor)
{
    unsigned operators = 0;
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++)
        operators |= (unsigned)(predictor->node->predictors[op] == predictor) << op;
    return operators;
}

int wf_node_buffers_of(const wf_node *node, uint32_t slot, const node_buffer *buffers[WF_OPERATOR_COUNT])
{
    int count = 0;
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        const node_predictor *predictor = node->predictors[op];
        if (!predictor || !predictor->kind->buffer || (op == WF_SPLAT && predictor == node->predictors[WF_GATHER]))
            continue;
        const node_buffer *buffer = predictor->kind->buffer(predictor, slot);
        if (buffer)
            buffers[count++] = buffer;
    }
    return count;
}

void wf_node_drop_predictor(wf_node *node, wf_operator op)
{
    node_predictor *predictor = node->predictors[op];
    node->rehearsed = 0;
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

wf_result wf_node_check_idle(const wf_node *node, uint32_t slot, const char *what)
{
    if (node->slots[slot].step != STEP_IDLE)
        return WF_INVALID(&node->log, "slot %u has a frame between begin and acquire, %s cannot change", slot, what);
    return WF_OK;
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
