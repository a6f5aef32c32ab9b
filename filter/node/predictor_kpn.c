/* A network: every frame's kernels, predicted and applied. */
#include "predictor.h"

#include "arguments.h"
#include "network/kernels.h"
#include "wf_network.h"

typedef struct kpn_predictor {
    node_predictor base;
    wf_denoiser *denoiser;
    void *logits;                   /* of a level's kernels, for the inspector */
    int stages[WF_STAGE_COUNT + 1]; /* the first step of each stage, and the number of all */
} kpn_predictor;

static wf_result prepare(node_predictor *predictor, const void *arguments, unsigned operators)
{
    (void)operators;
    return wf_check_pointer(&predictor->node->log, "network", arguments);
}

/* When what the operators had before has given back its memory. */
static wf_result load(node_predictor *predictor, const void *arguments)
{
    kpn_predictor *kpn = (kpn_predictor *)predictor;
    const wf_node *node = predictor->node;
    WF_TRY(wf_denoiser_create(node->device, arguments, (int)node->options.width, (int)node->options.height,
                              &kpn->denoiser));
    const int count = wf_denoiser_steps(kpn->denoiser);
    for (int step = count - 1; step >= 0; step--) {
        wf_step_info info;
        WF_TRY(wf_denoiser_step_info(kpn->denoiser, step, &info));
        kpn->stages[info.stage] = step;
    }
    kpn->stages[WF_STAGE_COUNT] = count;
    return WF_OK;
}

static wf_result compile(node_predictor *predictor, unsigned operators)
{
    (void)predictor, (void)operators;
    return WF_OK;
}

static wf_frame frame_of(const node_turn *turn, unsigned operators)
{
    const wf_tensor *planes = turn->node->planes;
    return (wf_frame){.color = node_planes_of(turn, WF_NODE_COLOR),
                      .albedo = node_planes_of(turn, WF_NODE_ALBEDO),
                      .normal = node_planes_of(turn, WF_NODE_NORMAL),
                      .depth = node_planes_of(turn, WF_NODE_DEPTH),
                      .gather = operators & NODE_GATHER ? &planes[WF_NODE_GATHER] : NULL,
                      .splat = operators & NODE_SPLAT ? &planes[WF_NODE_SPLAT] : NULL};
}

/* Whichever image is bound: these stages write none. */
static wf_result record(node_predictor *predictor, const node_turn *turn)
{
    const unsigned operators = node_is_bound(&turn->node->slots[turn->slot], WF_NODE_GATHER) ? NODE_GATHER : NODE_SPLAT;
    const kpn_predictor *kpn = (const kpn_predictor *)predictor;
    const wf_frame frame = frame_of(turn, operators);
    return wf_denoise_steps(kpn->denoiser, turn->stream, &frame, kpn->stages[WF_STAGE_PACK],
                            kpn->stages[WF_STAGE_FILTERS]);
}

/* The last step writes images, where the hand-over can: but alpha is filtered after it, and packed with the color. */
static wf_result filter_color(const kpn_predictor *kpn, node_turn *turn, unsigned operators)
{
    wf_node *node = turn->node;
    const wf_frame frame = frame_of(turn, operators);
    const int writes = node->handover->blend && !node->options.alpha;
    const wf_blend_call *blend = writes ? wf_denoiser_blend(kpn->denoiser, &frame) : NULL;
    const int end = kpn->stages[WF_STAGE_COUNT];
    WF_TRY(wf_denoise_steps(kpn->denoiser, turn->stream, &frame, kpn->stages[WF_STAGE_FILTERS], blend ? end - 1 : end));
    if (!blend)
        return WF_OK;
    turn->written |= operators;
    return node->handover->blend(node, turn->slot, blend);
}

static wf_result filter_layer(node_predictor *predictor, const node_turn *turn, unsigned operators, int layer)
{
    const wf_node *node = turn->node;
    const wf_tensor *planes = node->planes;
    return wf_denoise_layer(((const kpn_predictor *)predictor)->denoiser, turn->stream, &planes[WF_NODE_LAYER + layer],
                            operators & NODE_GATHER ? &planes[WF_NODE_LAYER_GATHER + layer] : NULL,
                            operators & NODE_SPLAT ? &planes[WF_NODE_LAYER_SPLAT + layer] : NULL, !node->plain[layer]);
}

/* The alpha of a block as a picture of three planes: read, one plane three times; written, alpha and two planes
 * that layers are written to later. */
static wf_tensor alpha_of(const wf_node *node, node_block block)
{
    wf_tensor alpha = wf_node_frame_tensor(node, WF_FLOAT32, NODE_LAYER_CHANNELS);
    alpha.data = (float *)node->blocks[block].data + NODE_ALPHA_PLACE * alpha.stride[1];
    if (block == NODE_INPUT_BLOCK)
        alpha.stride[1] = 0;
    return alpha;
}

static wf_result filter_alpha(node_predictor *predictor, const node_turn *turn, unsigned operators)
{
    const wf_node *node = turn->node;
    const wf_tensor input = alpha_of(node, NODE_INPUT_BLOCK), gathered = alpha_of(node, NODE_GATHER_BLOCK),
                    splat = alpha_of(node, NODE_SPLAT_BLOCK);
    return wf_denoise_layer(((const kpn_predictor *)predictor)->denoiser, turn->stream, &input,
                            operators & NODE_GATHER ? &gathered : NULL, operators & NODE_SPLAT ? &splat : NULL, 0);
}

static wf_result filter(node_predictor *predictor, node_turn *turn, unsigned operators)
{
    const int layers = wf_node_layers_of(&turn->node->slots[turn->slot]);
    WF_TRY(filter_color((const kpn_predictor *)predictor, turn, operators));
    if (turn->node->options.alpha)
        WF_TRY(filter_alpha(predictor, turn, operators));
    if (turn->written && layers > 0)
        WF_TRY(wf_barrier(turn->node->device, turn->stream));
    for (int layer = 0; layer < layers; layer++)
        WF_TRY(filter_layer(predictor, turn, operators, layer));
    return WF_OK;
}

static wf_result open_inspector(node_predictor *predictor)
{
    kpn_predictor *kpn = (kpn_predictor *)predictor;
    if (kpn->logits)
        return WF_OK;
    return wf_alloc(predictor->node->device, wf_denoiser_logits_bytes(kpn->denoiser), &kpn->logits);
}

static int levels_of(const node_predictor *predictor, uint32_t slot, wf_filter filters[WF_PYRAMID_MAX_LEVELS])
{
    (void)slot;
    const kpn_predictor *kpn = (const kpn_predictor *)predictor;
    const int levels = wf_denoiser_levels(kpn->denoiser);
    for (int level = 0; level < levels; level++)
        filters[level] = wf_denoiser_filter(kpn->denoiser, level);
    return levels;
}

static wf_result kernels_of(node_predictor *predictor, const node_turn *turn, wf_operator op, int level,
                            const wf_look *look, node_kernels *found)
{
    const kpn_predictor *kpn = (const kpn_predictor *)predictor;
    found->alpha_is_logit = 1;
    return wf_denoiser_logits(kpn->denoiser, turn->stream, op, level, look, kpn->logits, &found->weight, &found->alpha);
}

static void destroy(node_predictor *predictor)
{
    wf_free(predictor->node->device, ((kpn_predictor *)predictor)->logits);
    wf_denoiser_destroy(((kpn_predictor *)predictor)->denoiser);
}

static const node_predictor_kind kpn = {.name = "kpn",
                                        .size = sizeof(kpn_predictor),
                                        .reads = 1u << WF_NODE_ALBEDO | 1u << WF_NODE_NORMAL | 1u << WF_NODE_DEPTH,
                                        .prepare = prepare,
                                        .load = load,
                                        .open = open_inspector,
                                        .levels = levels_of,
                                        .kernels = kernels_of,
                                        .compile = compile,
                                        .record = record,
                                        .filter = filter,
                                        .destroy = destroy};

wf_result wf_node_set_network(wf_node *node, const wf_network *network)
{
    return wf_node_set_predictor(node, &kpn, network, NODE_BOTH);
}
