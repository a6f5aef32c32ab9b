/* The analytic predictor: joint bilateral weights of every frame, for both operators. */
#include "predictor.h"

typedef struct bilateral_predictor {
    node_predictor base;
    wf_bilateral parameters;
    wf_tensor scratch;
} bilateral_predictor;

static wf_result prepare(node_predictor *predictor, const void *arguments, unsigned operators)
{
    bilateral_predictor *bilateral = (bilateral_predictor *)predictor;
    const wf_bilateral *parameters = arguments;
    wf_node *node = predictor->node;
    WF_TRY(wf_prepare_bilateral(node->device, parameters, WF_FLOAT16));
    bilateral->parameters = *parameters;
    bilateral->scratch = wf_node_frame_tensor(node, WF_FLOAT32, WF_BILATERAL_SCRATCH_CHANNELS);
    const int height = parameters->kernel_height, width = parameters->kernel_width;
    predictor->weights = (node_weights){
        .filter = {.kernel_height = height, .kernel_width = width, .dilation = 1, .mode = WF_NORMALIZED, .groups = 1},
        .tensor = wf_node_frame_tensor(node, WF_FLOAT16, (int64_t)height * width)};
    wf_node_reserve(predictor, &bilateral->scratch);
    wf_node_reserve(predictor, &predictor->weights.tensor);
    return wf_node_compile_weights(predictor, operators);
}

static wf_result record(node_predictor *predictor, const node_turn *turn)
{
    const bilateral_predictor *bilateral = (const bilateral_predictor *)predictor;
    return wf_predict_bilateral(predictor->node->device, turn->stream, &bilateral->parameters,
                                node_planes_of(turn, WF_NODE_COLOR), node_planes_of(turn, WF_NODE_ALBEDO),
                                node_planes_of(turn, WF_NODE_NORMAL), node_planes_of(turn, WF_NODE_DEPTH),
                                &bilateral->scratch, &predictor->weights.tensor);
}

static const node_predictor_kind bilateral = {.name = "bilateral",
                                              .size = sizeof(bilateral_predictor),
                                              .reads =
                                                  1u << WF_NODE_ALBEDO | 1u << WF_NODE_NORMAL | 1u << WF_NODE_DEPTH,
                                              .prepare = prepare,
                                              .compile = wf_node_compile_weights,
                                              .record = record,
                                              .filter = wf_node_filter_weights};

wf_result wf_node_set_bilateral(wf_node *node, const wf_bilateral *parameters)
{
    return wf_node_set_predictor(node, &bilateral, parameters, NODE_BOTH);
}
