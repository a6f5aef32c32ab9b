/* A frame's four steps, and the graph that runs between release and acquire. */
#include "arguments.h"
#include "node.h"

static wf_result check_step(const wf_node *node, uint32_t slot, node_step needed, const char *call)
{
    static const char *const states[] = {"has no frame begun", "has begun a frame that is not released",
                                         "has released a frame that has not run",
                                         "has run a frame that is not acquired"};
    WF_TRY(wf_node_check_slot(node, slot));
    node_step step = node->slots[slot].step;
    return step == needed ? WF_OK
                          : WF_INVALID(&node->log, "%s came out of order: slot %u %s", call, slot, states[step]);
}

static wf_result check_commands(const wf_node *node, VkCommandBuffer commands)
{
    return commands ? WF_OK : WF_INVALID(&node->log, "the command buffer is VK_NULL_HANDLE");
}

/* ---- begin ------------------------------------------------------------------------------------------------------- */

static wf_result check_complete(const wf_node *node, uint32_t slot)
{
    const node_slot *s = &node->slots[slot];
    if (!node_is_bound(s, WF_NODE_COLOR))
        return WF_INVALID(&node->log, "slot %u has no color image bound", slot);
    if (!node_is_bound(s, WF_NODE_GATHER) && !node_is_bound(s, WF_NODE_SPLAT))
        return WF_INVALID(&node->log, "slot %u has neither a gather nor a splat image bound", slot);
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (node_is_bound(s, node_output_of(op)) && !node->weights[op].tensor.data)
            return WF_INVALID(&node->log, "slot %u has a %s image bound, but no weights are set for it", slot,
                              wf_operator_name(op));
    }
    return WF_OK;
}

wf_result wf_node_begin(wf_node *node, uint32_t slot, wf_node_sync *sync)
{
    WF_TRY(check_step(node, slot, STEP_IDLE, "wf_node_begin"));
    WF_TRY(wf_check_pointer(&node->log, "sync", sync));
    WF_TRY(check_complete(node, slot));
    WF_TRY(node->handover->wait(node, slot));

    node_slot *s = &node->slots[slot];
    s->begun++;
    s->step = STEP_BEGUN;
    s->history[node_history(s->begun)] = (node_frame){.number = ++node->frames};
    *sync = (wf_node_sync){.timeline = s->timeline, .ready = timeline_ready(s->begun), .done = timeline_done(s->begun)};
    return WF_OK;
}

/* ---- release and acquire ----------------------------------------------------------------------------------------- */

/* Outputs into GENERAL, whatever was in them. */
static void discard_outputs(const node_slot *slot, VkCommandBuffer commands)
{
    VkImageMemoryBarrier barriers[WF_NODE_ROLE_COUNT];
    uint32_t count = 0;
    for (wf_node_role role = WF_NODE_GATHER; role <= WF_NODE_SPLAT; role++) {
        if (node_is_bound(slot, role))
            barriers[count++] =
                wf_image_barrier(slot->images[role].image, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
    }
    wf_image_record_barriers(commands, count, barriers);
}

/* All images to the other side, which is another owner where they are shared. */
static void hand_over(const wf_node *node, uint32_t slot, VkCommandBuffer commands, uint32_t from, uint32_t to)
{
    VkImageMemoryBarrier barriers[WF_NODE_ROLE_COUNT];
    uint32_t count = 0;
    for (wf_node_role role = 0; role < WF_NODE_ROLE_COUNT; role++) {
        if (!node_is_bound(&node->slots[slot], role))
            continue;
        barriers[count] =
            wf_image_barrier(node->slots[slot].images[role].image, VK_IMAGE_LAYOUT_GENERAL, VK_IMAGE_LAYOUT_GENERAL);
        if (node->handover->shared) {
            barriers[count].srcQueueFamilyIndex = from;
            barriers[count].dstQueueFamilyIndex = to;
        }
        count++;
    }
    wf_image_record_barriers(commands, count, barriers);
}

wf_result wf_node_release(wf_node *node, uint32_t slot, VkCommandBuffer commands)
{
    WF_TRY(check_step(node, slot, STEP_BEGUN, "wf_node_release"));
    WF_TRY(check_commands(node, commands));
    wf_node_reset_marks(node, slot, commands);
    discard_outputs(&node->slots[slot], commands);
    hand_over(node, slot, commands, node->options.queue_family, VK_QUEUE_FAMILY_EXTERNAL);
    wf_node_write_mark(node, slot, commands, MARK_RELEASED);
    node->slots[slot].step = STEP_RELEASED;
    return WF_OK;
}

wf_result wf_node_acquire(wf_node *node, uint32_t slot, VkCommandBuffer commands)
{
    WF_TRY(check_step(node, slot, STEP_RUN, "wf_node_acquire"));
    WF_TRY(check_commands(node, commands));
    hand_over(node, slot, commands, VK_QUEUE_FAMILY_EXTERNAL, node->options.queue_family);
    wf_node_write_mark(node, slot, commands, MARK_ACQUIRED);
    node->slots[slot].step = STEP_IDLE;
    return WF_OK;
}

/* ---- run --------------------------------------------------------------------------------------------------------- */

static int predicts(const wf_node *node, uint32_t slot)
{
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (node->weights[op].predicted && node_is_bound(&node->slots[slot], node_output_of(op)))
            return 1;
    }
    return 0;
}

static unsigned stages_of(const wf_node *node, uint32_t slot)
{
    unsigned stages = (1u << WF_NODE_STAGE_COUNT) - 1;
    if (!predicts(node, slot))
        stages &= ~(1u << WF_NODE_PREDICT);
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (!node_is_bound(&node->slots[slot], node_output_of(op)))
            stages &= ~(1u << (WF_NODE_GATHER_STAGE + op));
    }
    return stages;
}

/* Ends a stage: later work sees its results. */
static wf_result end_stage(wf_node *node, uint32_t slot, wf_stream stream, node_mark mark)
{
    WF_TRY(wf_barrier(node->device, stream));
    return node->handover->mark(node, slot, mark);
}

static wf_result unpack(wf_node *node, uint32_t slot)
{
    int guided = predicts(node, slot);
    for (wf_node_role role = WF_NODE_COLOR; node_is_input(role); role++) {
        if (node_is_bound(&node->slots[slot], role) && (role == WF_NODE_COLOR || guided))
            WF_TRY(node->handover->unpack(node, slot, role));
    }
    return WF_OK;
}

static const wf_tensor *guide(const wf_node *node, uint32_t slot, wf_node_role role)
{
    return node_is_bound(&node->slots[slot], role) ? &node->planes[role] : NULL;
}

static wf_result predict(wf_node *node, uint32_t slot, wf_stream stream)
{
    if (!predicts(node, slot))
        return WF_OK;
    const node_weights *weights = &node->weights[node->weights[WF_GATHER].predicted ? WF_GATHER : WF_SPLAT];
    return wf_predict_bilateral(node->device, stream, &node->bilateral, &node->planes[WF_NODE_COLOR],
                                guide(node, slot, WF_NODE_ALBEDO), guide(node, slot, WF_NODE_NORMAL),
                                guide(node, slot, WF_NODE_DEPTH), &node->scratch, &weights->tensor);
}

static wf_result apply(wf_node *node, uint32_t slot, wf_stream stream, wf_operator op)
{
    wf_node_role output = node_output_of(op);
    const node_weights *weights = &node->weights[op];
    if (!node_is_bound(&node->slots[slot], output))
        return WF_OK;
    return wf_apply(node->device, stream, op, &weights->filter, &node->planes[WF_NODE_COLOR], &weights->tensor, NULL,
                    &node->planes[output], NULL);
}

static wf_result pack(wf_node *node, uint32_t slot)
{
    for (wf_node_role role = WF_NODE_GATHER; role <= WF_NODE_SPLAT; role++) {
        if (node_is_bound(&node->slots[slot], role))
            WF_TRY(node->handover->pack(node, slot, role));
    }
    return WF_OK;
}

static wf_result run_graph(wf_node *node, uint32_t slot)
{
    wf_stream stream;
    WF_TRY(node->handover->take(node, slot, &stream));
    WF_TRY(end_stage(node, slot, stream, MARK_TAKEN));
    WF_TRY(unpack(node, slot));
    WF_TRY(end_stage(node, slot, stream, MARK_UNPACKED));
    WF_TRY(predict(node, slot, stream));
    WF_TRY(end_stage(node, slot, stream, MARK_PREDICTED));
    WF_TRY(apply(node, slot, stream, WF_GATHER));
    WF_TRY(end_stage(node, slot, stream, MARK_GATHERED));
    WF_TRY(apply(node, slot, stream, WF_SPLAT));
    WF_TRY(end_stage(node, slot, stream, MARK_SPLATTED));
    WF_TRY(pack(node, slot));
    WF_TRY(end_stage(node, slot, stream, MARK_PACKED));
    return node->handover->give(node, slot);
}

wf_result wf_node_run(wf_node *node, uint32_t slot)
{
    WF_TRY(check_step(node, slot, STEP_RELEASED, "wf_node_run"));
    node_slot *s = &node->slots[slot];
    node_frame *frame = &s->history[node_history(s->begun)];
    frame->stages = stages_of(node, slot);
    frame->submitted_ns = wf_node_now_ns();
    WF_TRY(run_graph(node, slot));
    s->run = s->begun;
    s->step = STEP_RUN;
    return WF_OK;
}
