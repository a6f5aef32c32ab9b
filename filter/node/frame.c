/* A frame's four steps: what each checks and records. stages.c has the work between release and acquire. */
#include "arguments.h"
#include "predictor.h"

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
    if (node_lacks_vulkan(node))
        return commands ? WF_INVALID(&node->log, "the node is without Vulkan, but has been given a command buffer")
                        : WF_OK;
    return commands ? WF_OK : WF_INVALID(&node->log, "the command buffer is VK_NULL_HANDLE");
}

/* ---- begin ------------------------------------------------------------------------------------------------------- */

static wf_result check_inputs(const wf_node *node, uint32_t slot, const node_predictor_kind *kind)
{
    for (wf_node_role role = 0; role < WF_NODE_LAYER; role++) {
        if (kind->needs >> role & 1 && !node_is_bound(&node->slots[slot], role))
            return WF_INVALID(&node->log, "slot %u has no %s image bound, which its weights (%s) need", slot,
                              wf_node_name(role).text, kind->name);
    }
    return WF_OK;
}

int wf_node_layers_of(const node_slot *slot)
{
    int layers = 0;
    while (layers < WF_NODE_MAX_LAYERS && node_is_bound(slot, (wf_node_role)(WF_NODE_LAYER + layers)))
        layers++;
    return layers;
}

/* All layers up to the last one that has an image have what the color has. */
static wf_result check_layers(const wf_node *node, uint32_t slot)
{
    const node_slot *s = &node->slots[slot];
    const int layers = wf_node_layers_of(s);
    for (wf_node_role role = WF_NODE_LAYER; role < WF_NODE_ROLE_COUNT; role++) {
        const node_role row = wf_node_role_of(role);
        const wf_node_role first = (wf_node_role)(WF_NODE_LAYER + layers);
        if (node_is_bound(s, role) && row.layer >= layers)
            return WF_INVALID(&node->log, "slot %u has a %s image bound, but none of %s", slot, wf_node_name(role).text,
                              wf_node_name(first).text);
    }
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        const int wanted = node_is_bound(s, node_output_of(op));
        for (int layer = 0; layer < layers; layer++) {
            const wf_node_role output = node_layer_output_of(op, layer);
            if (node_is_bound(s, output) != wanted)
                return WF_INVALID(&node->log, "slot %u has %s %s image bound, but %s %s image", slot,
                                  wanted ? "a" : "no", wf_operator_name(op), wanted ? "no" : "a",
                                  wf_node_name(output).text);
        }
    }
    return WF_OK;
}

static wf_result check_complete(const wf_node *node, uint32_t slot)
{
    const node_slot *s = &node->slots[slot];
    if (!node_is_bound(s, WF_NODE_COLOR))
        return WF_INVALID(&node->log, "slot %u has no color image bound", slot);
    if (!node_is_bound(s, WF_NODE_GATHER) && !node_is_bound(s, WF_NODE_SPLAT))
        return WF_INVALID(&node->log, "slot %u has neither a gather nor a splat image bound", slot);
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (!node_is_bound(s, node_output_of(op)))
            continue;
        if (!node->predictors[op])
            return WF_INVALID(&node->log, "slot %u has a %s image bound, but no weights are set for it", slot,
                              wf_operator_name(op));
        const node_predictor *predictor = node->predictors[op];
        WF_TRY(check_inputs(node, slot, predictor->kind));
        if (predictor->kind->check)
            WF_TRY(predictor->kind->check(predictor, slot));
    }
    return check_layers(node, slot);
}

wf_result wf_node_begin(wf_node *node, uint32_t slot, wf_node_sync *sync)
{
    WF_TRY(check_step(node, slot, STEP_IDLE, "wf_node_begin"));
    WF_TRY(wf_check_pointer(&node->log, "sync", sync));
    WF_TRY(check_complete(node, slot));
    WF_TRY(node->handover->wait(node, slot));

    node_slot *s = &node->slots[slot];
    WF_TRY(wf_node_begin_record(node, slot, &s->records[node_history(s->begun + 1)]));
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
    for (wf_node_role role = 0; role < WF_NODE_ROLE_COUNT; role++) {
        if (!node_is_input(role) && node_is_bound(slot, role))
            barriers[count++] =
                wf_image_barrier(slot->images[role].image, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
    }
    wf_image_record_barriers(commands, count, barriers);
}

/* The buffers of a frame, each once; CUDA's own change hands with the timeline alone. */
static void choose_buffers(wf_node *node, uint32_t slot)
{
    const node_buffer *buffers[WF_OPERATOR_COUNT];
    const int count = wf_node_buffers_of(node, slot, buffers);
    VkBuffer *released = node->slots[slot].released;
    for (int i = 0; i < WF_OPERATOR_COUNT; i++)
        released[i] = i < count ? buffers[i]->given.buffer : VK_NULL_HANDLE;
    if (released[1] == released[0])
        released[1] = VK_NULL_HANDLE;
}

static void hand_over_buffers(const wf_node *node, uint32_t slot, VkCommandBuffer commands, uint32_t from, uint32_t to)
{
    VkBufferMemoryBarrier barriers[WF_OPERATOR_COUNT];
    uint32_t count = 0;
    for (int i = 0; i < WF_OPERATOR_COUNT; i++) {
        const VkBuffer buffer = node->slots[slot].released[i];
        if (buffer)
            barriers[count++] =
                (VkBufferMemoryBarrier){.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
                                        .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
                                        .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
                                        .srcQueueFamilyIndex = node->handover->shared ? from : VK_QUEUE_FAMILY_IGNORED,
                                        .dstQueueFamilyIndex = node->handover->shared ? to : VK_QUEUE_FAMILY_IGNORED,
                                        .buffer = buffer,
                                        .size = VK_WHOLE_SIZE};
    }
    if (count > 0)
        vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
                             NULL, count, barriers, 0, NULL);
}

/* All images and buffers to the other side, which is another owner where they are shared. */
static void hand_over(const wf_node *node, uint32_t slot, VkCommandBuffer commands, uint32_t from, uint32_t to)
{
    hand_over_buffers(node, slot, commands, from, to);
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

/* Records that the renderer's work on the images ends, or begins again. */
static void record_release(wf_node *node, uint32_t slot, VkCommandBuffer commands)
{
    wf_label_begin(&node->labels, commands, wf_node_stage_name(WF_NODE_TAKE));
    wf_node_reset_marks(node, slot, commands);
    discard_outputs(&node->slots[slot], commands);
    choose_buffers(node, slot);
    hand_over(node, slot, commands, node->options.queue_family, VK_QUEUE_FAMILY_EXTERNAL);
    wf_node_write_mark(node, slot, commands, MARK_RELEASED);
    wf_label_end(&node->labels, commands);
}

static void record_acquire(wf_node *node, uint32_t slot, VkCommandBuffer commands)
{
    wf_label_begin(&node->labels, commands, wf_node_stage_name(WF_NODE_GIVE));
    hand_over(node, slot, commands, VK_QUEUE_FAMILY_EXTERNAL, node->options.queue_family);
    wf_node_write_mark(node, slot, commands, MARK_ACQUIRED);
    wf_label_end(&node->labels, commands);
}

wf_result wf_node_release(wf_node *node, uint32_t slot, VkCommandBuffer commands)
{
    WF_TRY(check_step(node, slot, STEP_BEGUN, "wf_node_release"));
    WF_TRY(check_commands(node, commands));
    if (commands)
        record_release(node, slot, commands);
    node->slots[slot].step = STEP_RELEASED;
    return WF_OK;
}

wf_result wf_node_acquire(wf_node *node, uint32_t slot, VkCommandBuffer commands)
{
    WF_TRY(check_step(node, slot, STEP_RUN, "wf_node_acquire"));
    WF_TRY(check_commands(node, commands));
    if (commands)
        record_acquire(node, slot, commands);
    node->slots[slot].step = STEP_IDLE;
    return WF_OK;
}

/* ---- run --------------------------------------------------------------------------------------------------------- */

wf_result wf_node_run(wf_node *node, uint32_t slot)
{
    WF_TRY(check_step(node, slot, STEP_RELEASED, "wf_node_run"));
    node_slot *s = &node->slots[slot];
    WF_TRY(wf_node_run_stages(node, slot));
    s->run = s->begun;
    s->step = STEP_RUN;
    return WF_OK;
}
