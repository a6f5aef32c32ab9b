/* Weights that were handed over once, for every later frame. */
#include <inttypes.h>

#include "arguments.h"
#include "predictor.h"

typedef struct recorded_arguments {
    const wf_filter *filter;
    const wf_tensor *weights; /* in host memory */
} recorded_arguments;

/* Strides of axes of size 1 do not matter. */
static wf_result check_host_memory(const wf_log *log, const wf_tensor *weights)
{
    const int64_t *size = weights->size, *stride = weights->stride;
    const wf_tensor dense = wf_dense(weights->data, weights->dtype, size[0], size[1], size[2], size[3]);
    if (!weights->data)
        return WF_INVALID(log, "weights has no data");
    for (int axis = 1; axis < 4; axis++)
        if (size[axis] > 1 && stride[axis] != dense.stride[axis])
            return WF_INVALID(log,
                              "weights has strides %" PRId64 ",%" PRId64 ",%" PRId64
                              " in taps, rows and columns, dense ones of %" PRId64 "x%" PRId64 " have %" PRId64
                              ",%" PRId64 ",%" PRId64,
                              stride[1], stride[2], stride[3], size[2], size[3], dense.stride[1], dense.stride[2],
                              dense.stride[3]);
    return WF_OK;
}

static wf_result prepare(node_predictor *predictor, const void *arguments, unsigned operators)
{
    const recorded_arguments *given = arguments;
    const wf_log *log = &predictor->node->log;
    WF_TRY(wf_check_pointer(log, "filter", given->filter));
    WF_TRY(wf_check_pointer(log, "weight", given->weights));
    predictor->weights = (node_weights){.filter = *given->filter, .tensor = *given->weights};
    WF_TRY(wf_node_compile_weights(predictor, operators));
    WF_TRY(check_host_memory(log, given->weights));
    predictor->weights.tensor = wf_node_frame_tensor(predictor->node, given->weights->dtype, given->weights->size[1]);
    wf_node_reserve(predictor, &predictor->weights.tensor);
    return WF_OK;
}

static wf_result load(node_predictor *predictor, const void *arguments)
{
    const recorded_arguments *given = arguments;
    const wf_tensor *copy = &predictor->weights.tensor;
    size_t size = (size_t)copy->stride[0] * wf_dtype_size(copy->dtype);
    return wf_upload(predictor->node->device, copy->data, given->weights->data, size);
}

static const node_predictor_kind recorded = {.name = "recorded weights",
                                             .size = sizeof(node_predictor),
                                             .prepare = prepare,
                                             .load = load,
                                             .compile = wf_node_compile_weights,
                                             .filter = wf_node_filter_weights};

wf_result wf_node_set_weights(wf_node *node, wf_operator op, const wf_filter *filter, const wf_tensor *weights)
{
    if (!node)
        return WF_ERROR_INVALID_ARGUMENT;
    WF_TRY(wf_check_enum(&node->log, "operator", (int)op, WF_OPERATOR_COUNT));
    return wf_node_set_predictor(node, &recorded, &(recorded_arguments){filter, weights}, 1u << op);
}
