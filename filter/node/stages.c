/* The table of stages that a frame runs between release and acquire. */
#include "predictor.h"

/* What an operator of the slot's frame is filtered by; NULL where the frame has no image for its results. */
static node_predictor *predictor_of(const wf_node *node, uint32_t slot, wf_operator op)
{
    return node_is_bound(&node->slots[slot], node_output_of(op)) ? node->predictors[op] : NULL;
}

static int is_present(const node_turn *turn)
{
    (void)turn;
    return 1;
}

static wf_result take(node_turn *turn)
{
    return turn->node->handover->take(turn->node, turn->slot, &turn->stream);
}

/* Bit per guide that the frame's predictors look at. */
static unsigned guides_of(const node_turn *turn)
{
    unsigned roles = 0;
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        const node_predictor *predictor = predictor_of(turn->node, turn->slot, op);
        if (predictor)
            roles |= predictor->kind->needs | predictor->kind->reads;
    }
    return roles;
}

static wf_result unpack(node_turn *turn)
{
    const unsigned guides = guides_of(turn);
    wf_node_role roles[WF_NODE_ROLE_COUNT];
    int count = 0;
    for (wf_node_role role = 0; role < WF_NODE_ROLE_COUNT; role++) {
        const int wanted = node_is_input(role) && (wf_node_role_of(role).block != NODE_NO_BLOCK || guides >> role & 1);
        if (wanted && node_is_bound(&turn->node->slots[turn->slot], role))
            roles[count++] = role;
    }
    return turn->node->handover->unpack(turn->node, turn->slot, roles, count);
}

/* The same predictor of both operators predicts once, as the first one's. */
static node_predictor *recording_predictor(const node_turn *turn, wf_operator op)
{
    node_predictor *predictor = predictor_of(turn->node, turn->slot, op);
    if (op == WF_SPLAT && predictor == predictor_of(turn->node, turn->slot, WF_GATHER))
        return NULL;
    return predictor && predictor->kind->record ? predictor : NULL;
}

static int predicts(const node_turn *turn)
{
    return recording_predictor(turn, WF_GATHER) || recording_predictor(turn, WF_SPLAT);
}

static wf_result predict(node_turn *turn)
{
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        node_predictor *predictor = recording_predictor(turn, op);
        if (predictor)
            WF_TRY(predictor->kind->record(predictor, turn));
    }
    return WF_OK;
}

static int filters_both(const node_turn *turn)
{
    const node_predictor *gather = predictor_of(turn->node, turn->slot, WF_GATHER);
    return !turn->node->options.separate && gather && gather == predictor_of(turn->node, turn->slot, WF_SPLAT);
}

static int gathers(const node_turn *turn)
{
    return predictor_of(turn->node, turn->slot, WF_GATHER) && !filters_both(turn);
}

static int splats(const node_turn *turn)
{
    return predictor_of(turn->node, turn->slot, WF_SPLAT) && !filters_both(turn);
}

static wf_result filter(node_turn *turn, wf_operator of, unsigned operators)
{
    node_predictor *predictor = turn->node->predictors[of];
    return predictor->kind->filter(predictor, turn, operators);
}

static wf_result gather(node_turn *turn)
{
    return filter(turn, WF_GATHER, NODE_GATHER);
}

static wf_result splat(node_turn *turn)
{
    return filter(turn, WF_SPLAT, NODE_SPLAT);
}

static wf_result gather_and_splat(node_turn *turn)
{
    return filter(turn, WF_GATHER, NODE_BOTH);
}

static int is_inspected(const node_turn *turn)
{
    const node_slot *s = &turn->node->slots[turn->slot];
    return s->records[node_history(s->begun)].told.count > 0 || wf_node_has_maps(s, WF_GATHER) ||
           wf_node_has_maps(s, WF_SPLAT);
}

static wf_result inspect(node_turn *turn)
{
    const node_slot *s = &turn->node->slots[turn->slot];
    if (s->records[node_history(s->begun)].told.count > 0)
        WF_TRY(wf_node_record_inspection(turn));
    return wf_node_record_maps(turn);
}

static int is_written(const node_turn *turn, wf_node_role role)
{
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (role == node_output_of(op))
            return turn->written >> op & 1;
    }
    return 0;
}

static wf_result pack(node_turn *turn)
{
    wf_node_role roles[WF_NODE_ROLE_COUNT];
    int count = 0;
    for (wf_node_role role = 0; role < WF_NODE_ROLE_COUNT; role++) {
        if (!node_is_input(role) && !is_written(turn, role) && node_is_bound(&turn->node->slots[turn->slot], role))
            roles[count++] = role;
    }
    return turn->node->handover->pack(turn->node, turn->slot, roles, count);
}

static wf_result give(node_turn *turn)
{
    return turn->node->handover->give(turn->node, turn->slot);
}

/* A frame, in this order: run enqueues the stages that are present in it. */
static const struct node_stage {
    wf_node_stage stage;
    const char *name;
    int (*present)(const node_turn *turn);
    wf_result (*run)(node_turn *turn);
} stages[WF_NODE_STAGE_COUNT] = {
    {WF_NODE_TAKE, "hand-over in", is_present, take},
    {WF_NODE_UNPACK, "unpack", is_present, unpack},
    {WF_NODE_PREDICT, "predict", predicts, predict},
    {WF_NODE_GATHER_STAGE, "gather", gathers, gather},
    {WF_NODE_SPLAT_STAGE, "splat", splats, splat},
    {WF_NODE_GATHER_SPLAT_STAGE, "gather and splat", filters_both, gather_and_splat},
    {WF_NODE_INSPECT, "inspect", is_inspected, inspect},
    {WF_NODE_PACK, "pack", is_present, pack},
    {WF_NODE_GIVE, "hand-over out", is_present, give},
};

const char *wf_node_stage_name(wf_node_stage stage)
{
    return (int)stage >= 0 && stage < WF_NODE_STAGE_COUNT ? stages[stage].name : "unknown";
}

static unsigned stages_of(const node_turn *turn)
{
    unsigned present = 0;
    for (int i = 0; i < WF_NODE_STAGE_COUNT; i++)
        present |= (unsigned)stages[i].present(turn) << stages[i].stage;
    return present;
}

/* Later work sees a stage's results. The last one ends in the renderer's queue: wf_node_acquire marks it. */
static wf_result end_stage(const node_turn *turn, wf_node_stage stage)
{
    if (stage == WF_NODE_GIVE)
        return WF_OK;
    WF_TRY(wf_barrier(turn->node->device, turn->stream));
    return turn->node->handover->mark(turn->node, turn->slot, (node_mark)(stage + 1));
}

/* What the stage records in Vulkan; hand-overs are labeled in the renderer's commands. */
static VkCommandBuffer commands_of(const node_turn *turn, wf_node_stage stage)
{
    const int records = turn->node->handover->backend == WF_VULKAN && stage != WF_NODE_TAKE && stage != WF_NODE_GIVE;
    return records ? (VkCommandBuffer)turn->stream : VK_NULL_HANDLE;
}

static wf_result run_stage(node_turn *turn, const struct node_stage *stage)
{
    const wf_labels *labels = &turn->node->labels;
    const VkCommandBuffer commands = commands_of(turn, stage->stage);
    wf_range_begin(stage->name);
    wf_label_begin(labels, commands, stage->name);
    wf_result result = stage->run(turn);
    if (result == WF_OK)
        result = end_stage(turn, stage->stage);
    wf_label_end(labels, commands);
    wf_range_end();
    return result;
}

/* The device's part of a frame, ahead of the first one that has these stages. */
static wf_result rehearse(node_turn *turn, unsigned present)
{
    wf_node *node = turn->node;
    const wf_backend_table *table = node->device->table;
    if (!table->rehearse || !(present & ~node->rehearsed))
        return WF_OK;
    WF_TRY(table->rehearse(node->device, 1));
    wf_result result = WF_OK;
    for (int i = WF_NODE_UNPACK; i <= WF_NODE_PACK && result == WF_OK; i++) {
        if (present >> stages[i].stage & 1)
            result = stages[i].run(turn);
    }
    const wf_result ended = table->rehearse(node->device, 0);
    node->rehearsed |= present;
    return result == WF_OK ? ended : result;
}

wf_result wf_node_run_stages(wf_node *node, uint32_t slot)
{
    node_slot *s = &node->slots[slot];
    node_turn turn = {.node = node, .slot = slot};
    node_frame *frame = &s->history[node_history(s->begun)];
    frame->stages = stages_of(&turn);
    WF_TRY(rehearse(&turn, frame->stages));
    frame->submitted_ns = wf_node_now_ns();
    for (int i = 0; i < WF_NODE_STAGE_COUNT; i++) {
        if (frame->stages >> stages[i].stage & 1)
            WF_TRY(run_stage(&turn, &stages[i]));
    }
    return WF_OK;
}
