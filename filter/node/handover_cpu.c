/* Images and weights are copied to host memory and back by the renderer's queue; a frame is done when wf_node_run
 * returns. The copies count as hand-over. */
#include <stdlib.h>

#include "host.h"
#include "predictor.h"
#include "staging.h"

typedef struct cpu_handover {
    VkCommandPool take_pool, give_pool;
    VkCommandBuffer take[WF_NODE_MAX_SLOTS], give[WF_NODE_MAX_SLOTS];
    node_staging images[WF_NODE_MAX_SLOTS][WF_NODE_ROLE_COUNT];
    host_marks marks;
} cpu_handover;

static cpu_handover *state_of(const wf_node *node)
{
    return node->state;
}

static wf_result open_device(wf_node *node)
{
    WF_TRY(wf_create(&(wf_device_options){.backend = WF_CPU, .log = node->log}, &node->device));
    cpu_handover *cpu = calloc(1, sizeof *cpu);
    if (!cpu)
        return wf_fail(&node->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for a hand-over");
    node->state = cpu;
    WF_TRY(wf_node_create_commands(node, &cpu->take_pool, cpu->take));
    return wf_node_create_commands(node, &cpu->give_pool, cpu->give);
}

static wf_result open_slot(wf_node *node, uint32_t slot)
{
    (void)node, (void)slot;
    return WF_OK;
}

static void close_device(wf_node *node)
{
    cpu_handover *cpu = state_of(node);
    if (cpu) {
        vkDestroyCommandPool(node->options.device, cpu->take_pool, NULL);
        vkDestroyCommandPool(node->options.device, cpu->give_pool, NULL);
    }
    free(cpu);
    node->state = NULL;
}

/* ---- Staging ----------------------------------------------------------------------------------------------------- */

static wf_result create_staging(const wf_node *node, VkDeviceSize size, node_staging *made)
{
    return wf_staging_create(&node->options, &node->log, size,
                             VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT, made);
}

static void destroy_staging(const wf_node *node, node_staging *made)
{
    wf_staging_destroy(node->options.device, made);
}

static void unmap(wf_node *node, uint32_t slot, wf_node_role role)
{
    destroy_staging(node, &state_of(node)->images[slot][role]);
}

static wf_result map(wf_node *node, uint32_t slot, wf_node_role role)
{
    VkDeviceSize texels = (VkDeviceSize)node->options.width * node->options.height;
    size_t texel_size = wf_image_texel_size(node->slots[slot].images[role].format);
    wf_result result = create_staging(node, texels * texel_size, &state_of(node)->images[slot][role]);
    if (result != WF_OK)
        unmap(node, slot, role);
    return result;
}

static void unmap_buffer(wf_node *node, node_buffer *buffer)
{
    if (buffer->mapping)
        destroy_staging(node, buffer->mapping);
    free(buffer->mapping);
    buffer->data = buffer->mapping = NULL;
}

static wf_result map_buffer(wf_node *node, node_buffer *buffer)
{
    node_staging *copy = buffer->mapping = calloc(1, sizeof *copy);
    wf_result result = copy ? create_staging(node, buffer->given.size, copy)
                            : wf_fail(&node->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for a buffer's mapping");
    if (result == WF_OK)
        buffer->data = copy->data;
    else
        unmap_buffer(node, buffer);
    return result;
}

/* ---- A frame ----------------------------------------------------------------------------------------------------- */

static VkBufferImageCopy whole_image(const wf_node *node)
{
    return (VkBufferImageCopy){.imageSubresource = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT, .layerCount = 1},
                               .imageExtent = {node->options.width, node->options.height, 1}};
}

/* Images lie in GENERAL, and are copied in the layouts that copies like best. */
static void record_layout(VkCommandBuffer commands, VkImage image, VkImageLayout from, VkImageLayout to)
{
    VkImageMemoryBarrier barrier = wf_image_barrier(image, from, to);
    wf_image_record_barriers(commands, 1, &barrier);
}

static void record_copy_to_host(const wf_node *node, VkCommandBuffer commands, VkImage image, const node_staging *to)
{
    VkBufferImageCopy copy = whole_image(node);
    record_layout(commands, image, VK_IMAGE_LAYOUT_GENERAL, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
    vkCmdCopyImageToBuffer(commands, image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, to->buffer, 1, &copy);
    record_layout(commands, image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, VK_IMAGE_LAYOUT_GENERAL);
}

static void record_copy_from_host(const wf_node *node, VkCommandBuffer commands, VkImage image,
                                  const node_staging *from)
{
    VkBufferImageCopy copy = whole_image(node);
    record_layout(commands, image, VK_IMAGE_LAYOUT_GENERAL, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
    vkCmdCopyBufferToImage(commands, from->buffer, image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &copy);
    record_layout(commands, image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, VK_IMAGE_LAYOUT_GENERAL);
}

/* release has made its content available. */
static void record_buffers_to_host(const wf_node *node, uint32_t slot, VkCommandBuffer commands)
{
    const node_buffer *buffers[WF_OPERATOR_COUNT];
    const int count = wf_node_buffers_of(node, slot, buffers);
    for (int i = 0; i < count; i++) {
        const VkBufferCopy all = {.size = buffers[i]->given.size};
        vkCmdCopyBuffer(commands, buffers[i]->given.buffer, ((const node_staging *)buffers[i]->mapping)->buffer, 1,
                        &all);
    }
}

/* What the copies wrote reaches the host. */
static void record_host_barrier(VkCommandBuffer commands)
{
    VkMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                               .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
                               .dstAccessMask = VK_ACCESS_HOST_READ_BIT};
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0, NULL,
                         0, NULL);
}

static wf_result take(wf_node *node, uint32_t slot, wf_stream *stream)
{
    const node_slot *s = &node->slots[slot];
    VkCommandBuffer commands = state_of(node)->take[slot];
    WF_TRY(wf_node_begin_commands(node, commands));
    for (wf_node_role role = 0; role < WF_NODE_ROLE_COUNT; role++) {
        if (node_is_input(role) && node_is_bound(s, role))
            record_copy_to_host(node, commands, s->images[role].image, &state_of(node)->images[slot][role]);
    }
    record_buffers_to_host(node, slot, commands);
    record_host_barrier(commands);
    WF_TRY(wf_node_submit(node, slot, commands, timeline_ready(s->begun), timeline_copied(s->begun)));
    *stream = NULL;
    return wf_node_wait(node, slot, timeline_copied(s->begun));
}

static wf_result unpack(wf_node *node, uint32_t slot, const wf_node_role *roles, int count)
{
    for (int i = 0; i < count; i++)
        wf_host_unpack(node, slot, roles[i], state_of(node)->images[slot][roles[i]].data);
    return WF_OK;
}

static wf_result pack(wf_node *node, uint32_t slot, const wf_node_role *roles, int count)
{
    for (int i = 0; i < count; i++)
        wf_host_pack(node, slot, roles[i], state_of(node)->images[slot][roles[i]].data);
    return WF_OK;
}

static wf_result mark(wf_node *node, uint32_t slot, node_mark mark)
{
    wf_host_mark(&state_of(node)->marks, node, slot, mark);
    return WF_OK;
}

static wf_result give(wf_node *node, uint32_t slot)
{
    const node_slot *s = &node->slots[slot];
    VkCommandBuffer commands = state_of(node)->give[slot];
    WF_TRY(wf_node_begin_commands(node, commands));
    for (wf_node_role role = 0; role < WF_NODE_ROLE_COUNT; role++) {
        if (!node_is_input(role) && node_is_bound(s, role))
            record_copy_from_host(node, commands, s->images[role].image, &state_of(node)->images[slot][role]);
    }
    WF_TRY(wf_node_submit(node, slot, commands, timeline_copied(s->begun), timeline_done(s->begun)));
    return wf_node_wait(node, slot, timeline_done(s->begun));
}

static int read_marks(wf_node *node, uint32_t slot, uint32_t history, unsigned marks, int64_t ns[MARK_COUNT],
                      int64_t *uncertainty_ns)
{
    return wf_host_read_marks(&state_of(node)->marks, slot, history, marks, ns, uncertainty_ns);
}

const node_handover wf_node_handover_cpu = {.backend = WF_CPU,
                                            .open = open_device,
                                            .open_slot = open_slot,
                                            .close = close_device,
                                            .map = map,
                                            .unmap = unmap,
                                            .map_buffer = map_buffer,
                                            .unmap_buffer = unmap_buffer,
                                            .alloc_readback = wf_host_alloc_readback,
                                            .free_readback = wf_host_free_readback,
                                            .wait = wf_host_wait,
                                            .finished = wf_host_finished,
                                            .take = take,
                                            .unpack = unpack,
                                            .pack = pack,
                                            .mark = mark,
                                            .give = give,
                                            .read_marks = read_marks};
