/* Without Vulkan: images lie in host memory, where the CPU works on them. Nothing is copied; a frame is
 * done when wf_node_run returns. */
#include <stdlib.h>

#include "host.h"

static host_marks *state_of(const wf_node *node)
{
    return node->state;
}

static wf_result open_device(wf_node *node)
{
    WF_TRY(wf_create(&(wf_device_options){.backend = WF_CPU, .log = node->log}, &node->device));
    node->state = calloc(1, sizeof(host_marks));
    return node->state ? WF_OK : wf_fail(&node->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for a hand-over");
}

static wf_result open_slot(wf_node *node, uint32_t slot)
{
    (void)node, (void)slot;
    return WF_OK;
}

static void close_device(wf_node *node)
{
    free(node->state);
    node->state = NULL;
}

static wf_result map(wf_node *node, uint32_t slot, wf_node_role role)
{
    (void)node, (void)slot, (void)role;
    return WF_OK;
}

static void unmap(wf_node *node, uint32_t slot, wf_node_role role)
{
    (void)node, (void)slot, (void)role;
}

static wf_result map_buffer(wf_node *node, node_buffer *buffer)
{
    (void)node;
    buffer->data = buffer->given.data;
    return WF_OK;
}

static void unmap_buffer(wf_node *node, node_buffer *buffer)
{
    (void)node;
    buffer->data = NULL;
}

static wf_result take(wf_node *node, uint32_t slot, wf_stream *stream)
{
    (void)node, (void)slot;
    *stream = NULL;
    return WF_OK;
}

static wf_result unpack(wf_node *node, uint32_t slot, const wf_node_role *roles, int count)
{
    for (int i = 0; i < count; i++)
        wf_host_unpack(node, slot, roles[i], node->slots[slot].images[roles[i]].texels);
    return WF_OK;
}

static wf_result pack(wf_node *node, uint32_t slot, const wf_node_role *roles, int count)
{
    for (int i = 0; i < count; i++)
        wf_host_pack(node, slot, roles[i], node->slots[slot].images[roles[i]].texels);
    return WF_OK;
}

static wf_result mark(wf_node *node, uint32_t slot, node_mark mark)
{
    wf_host_mark(state_of(node), node, slot, mark);
    return WF_OK;
}

static wf_result give(wf_node *node, uint32_t slot)
{
    (void)node, (void)slot;
    return WF_OK;
}

static int read_marks(wf_node *node, uint32_t slot, uint32_t history, unsigned marks, int64_t ns[MARK_COUNT],
                      int64_t *uncertainty_ns)
{
    return wf_host_read_marks(state_of(node), slot, history, marks, ns, uncertainty_ns);
}

const node_handover wf_node_handover_host = {.backend = WF_CPU,
                                             .addresses = 1,
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
