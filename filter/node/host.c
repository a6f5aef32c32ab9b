#include "host.h"

#include <stdlib.h>

#include "half.h"

static void load_texel(const void *texels, node_image_format format, int64_t index, float texel[4])
{
    int64_t at = index * format.channels;
    for (int c = 0; c < format.channels; c++)
        texel[c] =
            format.is_half ? wf_half_to_float(((const uint16_t *)texels)[at + c]) : ((const float *)texels)[at + c];
}

static void store_texel(void *texels, node_image_format format, int64_t index, const float texel[4])
{
    int64_t at = index * format.channels;
    for (int c = 0; c < format.channels; c++) {
        if (format.is_half)
            ((uint16_t *)texels)[at + c] = wf_float_to_half(texel[c]);
        else
            ((float *)texels)[at + c] = texel[c];
    }
}

void wf_host_unpack(wf_node *node, uint32_t slot, wf_node_role role, const void *texels)
{
    node_image_format format = wf_image_format_of(node->slots[slot].images[role].format);
    int channels = wf_node_channels(node, role);
    float *planes = node->planes[role].data;
    int64_t count = node->planes[role].stride[1];
#pragma omp parallel for
    for (int64_t i = 0; i < count; i++) {
        float texel[4];
        load_texel(texels, format, i, texel);
        for (int c = 0; c < channels; c++)
            planes[c * count + i] = texel[c];
    }
}

void wf_host_pack(wf_node *node, uint32_t slot, wf_node_role role, void *texels)
{
    node_image_format format = wf_image_format_of(node->slots[slot].images[role].format);
    int channels = wf_node_channels(node, role);
    const float *planes = node->planes[role].data;
    int64_t count = node->planes[role].stride[1];
#pragma omp parallel for
    for (int64_t i = 0; i < count; i++) {
        float texel[4] = {1, 1, 1, 1};
        for (int c = 0; c < channels; c++)
            texel[c] = planes[c * count + i];
        store_texel(texels, format, i, texel);
    }
}

wf_result wf_host_alloc_readback(wf_node *node, node_readback *readback)
{
    readback->data = readback->host = calloc(1, readback->size);
    return readback->host
               ? WF_OK
               : wf_fail(&node->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for %zu bytes of weights", readback->size);
}

void wf_host_free_readback(wf_node *node, node_readback *readback)
{
    (void)node;
    free(readback->host);
}

wf_result wf_host_wait(wf_node *node, uint32_t slot)
{
    (void)node, (void)slot;
    return WF_OK;
}

int wf_host_finished(wf_node *node, uint32_t slot)
{
    (void)node, (void)slot;
    return 1;
}

void wf_host_mark(host_marks *reached, const wf_node *node, uint32_t slot, node_mark mark)
{
    reached->ns[slot][node_history(node->slots[slot].begun)][mark] = wf_node_now_ns();
}

int wf_host_read_marks(const host_marks *reached, uint32_t slot, uint32_t history, unsigned marks,
                       int64_t ns[MARK_COUNT], int64_t *uncertainty_ns)
{
    for (int mark = MARK_TAKEN; mark <= MARK_PACKED; mark++) {
        if (marks >> mark & 1)
            ns[mark] = reached->ns[slot][history][mark];
    }
    *uncertainty_ns = 0;
    return 1;
}
