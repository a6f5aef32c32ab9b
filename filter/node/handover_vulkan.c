/* The operators' GLSL and the conversions around it, in one command buffer a slot, in the renderer's queue. */
#include <stdint.h>
#include <stdlib.h>

#include "image_blend.comp.h"
#include "image_pack.comp.h"
#include "image_unpack.comp.h"
#include "node.h"
#include "node/image_push.h"
#include "staging.h"
#include "vulkan/blend.h"
#include "wf_vulkan.h"

/* A pass over all pixels, with a set for each of its images. */
typedef struct image_pass {
    VkPipelineLayout layout;
    VkPipeline pipeline;
} image_pass;

typedef struct vulkan_handover {
    VkDescriptorSetLayout input, output; /* binding 0: an image */
    image_pass unpack, pack;             /* of WF_CONVERTED_IMAGES */
    image_pass blend;                    /* of WF_OPERATOR_COUNT */
    VkDescriptorPool descriptors;
    VkDescriptorSet images[WF_NODE_MAX_SLOTS][WF_NODE_ROLE_COUNT]; /* what is bound: written by map */
    VkCommandPool pool;
    VkCommandBuffer commands[WF_NODE_MAX_SLOTS];
} vulkan_handover;

static vulkan_handover *state_of(const wf_node *node)
{
    return node->state;
}

static VkDescriptorType descriptor_type(wf_node_role role)
{
    return node_is_input(role) ? VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE : VK_DESCRIPTOR_TYPE_STORAGE_IMAGE;
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

static wf_result create_pipeline(const wf_node *node, const uint32_t *code, size_t size, image_pass *made)
{
    VkDevice device = node->options.device;
    VkShaderModuleCreateInfo module_info = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = size, .pCode = code};
    VkShaderModule module;
    WF_TRY(
        wf_vulkan_check(&node->log, vkCreateShaderModule(device, &module_info, NULL, &module), "vkCreateShaderModule"));
    VkComputePipelineCreateInfo info = {.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
                                        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                                                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                                                  .module = module,
                                                  .pName = "main"},
                                        .layout = made->layout};
    VkResult result = vkCreateComputePipelines(device, node->options.pipeline_cache, 1, &info, NULL, &made->pipeline);
    vkDestroyShaderModule(device, module, NULL);
    return wf_vulkan_check(&node->log, result, "vkCreateComputePipelines");
}

static wf_result create_set_layout(const wf_node *node, VkDescriptorType type, VkDescriptorSetLayout *made)
{
    VkDescriptorSetLayoutBinding binding = {
        .descriptorType = type, .descriptorCount = 1, .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
    VkDescriptorSetLayoutCreateInfo set = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO, .bindingCount = 1, .pBindings = &binding};
    return wf_vulkan_check(&node->log, vkCreateDescriptorSetLayout(node->options.device, &set, NULL, made),
                           "vkCreateDescriptorSetLayout");
}

static wf_result create_layout(const wf_node *node, VkDescriptorSetLayout image, uint32_t images, size_t push_size,
                               image_pass *made)
{
    VkDescriptorSetLayout sets[WF_CONVERTED_IMAGES];
    for (uint32_t i = 0; i < images; i++)
        sets[i] = image;
    VkPushConstantRange push = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .size = (uint32_t)push_size};
    VkPipelineLayoutCreateInfo layout = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                         .setLayoutCount = images,
                                         .pSetLayouts = sets,
                                         .pushConstantRangeCount = 1,
                                         .pPushConstantRanges = &push};
    return wf_vulkan_check(&node->log, vkCreatePipelineLayout(node->options.device, &layout, NULL, &made->layout),
                           "vkCreatePipelineLayout");
}

static wf_result create_passes(const wf_node *node, vulkan_handover *made)
{
    const size_t conversion = sizeof(struct wf_image_push), blend = sizeof(struct wf_blend_push);
    WF_TRY(create_set_layout(node, descriptor_type(WF_NODE_COLOR), &made->input));
    WF_TRY(create_set_layout(node, descriptor_type(WF_NODE_GATHER), &made->output));
    WF_TRY(create_layout(node, made->input, WF_CONVERTED_IMAGES, conversion, &made->unpack));
    WF_TRY(create_layout(node, made->output, WF_CONVERTED_IMAGES, conversion, &made->pack));
    WF_TRY(create_layout(node, made->output, WF_OPERATOR_COUNT, blend, &made->blend));
    WF_TRY(create_pipeline(node, image_unpack_comp, sizeof image_unpack_comp, &made->unpack));
    WF_TRY(create_pipeline(node, image_pack_comp, sizeof image_pack_comp, &made->pack));
    return create_pipeline(node, image_blend_comp, sizeof image_blend_comp, &made->blend);
}

static wf_result create_descriptors(const wf_node *node)
{
    uint32_t slots = node->options.slots, inputs = 0;
    for (wf_node_role role = 0; role < WF_NODE_ROLE_COUNT; role++)
        inputs += (uint32_t)node_is_input(role);
    VkDescriptorPoolSize sizes[] = {{descriptor_type(WF_NODE_COLOR), slots * inputs},
                                    {descriptor_type(WF_NODE_GATHER), slots * (WF_NODE_ROLE_COUNT - inputs)}};
    VkDescriptorPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                       .maxSets = slots * WF_NODE_ROLE_COUNT,
                                       .poolSizeCount = 2,
                                       .pPoolSizes = sizes};
    return wf_vulkan_check(&node->log,
                           vkCreateDescriptorPool(node->options.device, &info, NULL, &state_of(node)->descriptors),
                           "vkCreateDescriptorPool");
}

static wf_result open_device(wf_node *node)
{
    const wf_node_options *options = &node->options;
    wf_vulkan_options device = {.instance = options->instance,
                                .physical_device = options->physical_device,
                                .device = options->device,
                                .queue_family = options->queue_family,
                                .queue = options->queue,
                                .pipeline_cache = options->pipeline_cache,
                                .matrices = options->matrices,
                                .log = node->log};
    WF_TRY(wf_vulkan_create(&device, &node->device));
    vulkan_handover *vulkan = calloc(1, sizeof *vulkan);
    if (!vulkan)
        return wf_fail(&node->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for a hand-over");
    node->state = vulkan;
    WF_TRY(create_passes(node, vulkan));
    WF_TRY(create_descriptors(node));
    return wf_node_create_commands(node, &vulkan->pool, vulkan->commands);
}

static wf_result open_slot(wf_node *node, uint32_t slot)
{
    const vulkan_handover *vulkan = state_of(node);
    for (wf_node_role role = 0; role < WF_NODE_ROLE_COUNT; role++) {
        VkDescriptorSetAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                            .descriptorPool = vulkan->descriptors,
                                            .descriptorSetCount = 1,
                                            .pSetLayouts = node_is_input(role) ? &vulkan->input : &vulkan->output};
        WF_TRY(wf_vulkan_check(
            &node->log, vkAllocateDescriptorSets(node->options.device, &info, &state_of(node)->images[slot][role]),
            "vkAllocateDescriptorSets"));
    }
    return WF_OK;
}

static void destroy_pass(VkDevice device, const image_pass *made)
{
    vkDestroyPipeline(device, made->pipeline, NULL);
    vkDestroyPipelineLayout(device, made->layout, NULL);
}

static void close_device(wf_node *node)
{
    vulkan_handover *vulkan = state_of(node);
    VkDevice device = node->options.device;
    if (vulkan) {
        vkDestroyCommandPool(device, vulkan->pool, NULL);
        vkDestroyDescriptorPool(device, vulkan->descriptors, NULL);
        destroy_pass(device, &vulkan->unpack);
        destroy_pass(device, &vulkan->pack);
        destroy_pass(device, &vulkan->blend);
        vkDestroyDescriptorSetLayout(device, vulkan->input, NULL);
        vkDestroyDescriptorSetLayout(device, vulkan->output, NULL);
    }
    free(vulkan);
    node->state = NULL;
}

/* ---- Images ------------------------------------------------------------------------------------------------------ */

static wf_result map(wf_node *node, uint32_t slot, wf_node_role role)
{
    VkDescriptorImageInfo image = {.imageView = node->slots[slot].images[role].view,
                                   .imageLayout = VK_IMAGE_LAYOUT_GENERAL};
    VkWriteDescriptorSet write = {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                  .dstSet = state_of(node)->images[slot][role],
                                  .descriptorCount = 1,
                                  .descriptorType = descriptor_type(role),
                                  .pImageInfo = &image};
    vkUpdateDescriptorSets(node->options.device, 1, &write, 0, NULL);
    return WF_OK;
}

static void unmap(wf_node *node, uint32_t slot, wf_node_role role)
{
    (void)node, (void)slot, (void)role;
}

static void *address_of(const wf_node *node, VkBuffer buffer)
{
    const VkBufferDeviceAddressInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO, .buffer = buffer};
    return (void *)(uintptr_t)vkGetBufferDeviceAddress(node->options.device, &info);
}

static wf_result map_buffer(wf_node *node, node_buffer *buffer)
{
    buffer->data = address_of(node, buffer->given.buffer);
    return WF_OK;
}

static void unmap_buffer(wf_node *node, node_buffer *buffer)
{
    (void)node;
    buffer->data = NULL;
}

/* ---- Readback ---------------------------------------------------------------------------------------------------- */

static wf_result alloc_readback(wf_node *node, node_readback *readback)
{
    node_staging *staging = calloc(1, sizeof *staging);
    if (!staging)
        return wf_fail(&node->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for a buffer's mapping");
    wf_result result =
        wf_staging_create(&node->options, &node->log, readback->size,
                          VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT, staging);
    if (result != WF_OK) {
        free(staging);
        return result;
    }
    readback->host = staging->data;
    readback->data = address_of(node, staging->buffer);
    readback->mapping = staging;
    return WF_OK;
}

static void free_readback(wf_node *node, node_readback *readback)
{
    wf_staging_destroy(node->options.device, readback->mapping);
    free(readback->mapping);
}

/* What shaders wrote reaches the host. */
static void publish(wf_node *node, uint32_t slot)
{
    const VkMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                     .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
                                     .dstAccessMask = VK_ACCESS_HOST_READ_BIT};
    vkCmdPipelineBarrier(state_of(node)->commands[slot], VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                         VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0, NULL, 0, NULL);
}

/* ---- A frame ----------------------------------------------------------------------------------------------------- */

static wf_result wait_for_slot(wf_node *node, uint32_t slot)
{
    return wf_node_wait(node, slot, timeline_done(node->slots[slot].run));
}

static int slot_finished(wf_node *node, uint32_t slot)
{
    return wf_node_reached(node, slot, timeline_done(node->slots[slot].run));
}

static wf_result take(wf_node *node, uint32_t slot, wf_stream *stream)
{
    VkCommandBuffer commands = state_of(node)->commands[slot];
    *stream = commands;
    return wf_node_begin_commands(node, commands);
}

/* Of workgroups that have so many pixels across and down, for so many images. */
static void record_pass(const wf_node *node, uint32_t slot, const image_pass *pass, const VkDescriptorSet *sets,
                        uint32_t set_count, const void *push, size_t push_size, const uint32_t group[2], int images)
{
    VkCommandBuffer commands = state_of(node)->commands[slot];
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pass->pipeline);
    vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pass->layout, 0, set_count, sets, 0, NULL);
    vkCmdPushConstants(commands, pass->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, (uint32_t)push_size, push);
    vkCmdDispatch(commands, (node->options.width + group[0] - 1) / group[0],
                  (node->options.height + group[1] - 1) / group[1], (uint32_t)images);
}

/* The shader's sets are all bound: those beyond count to the last image again. */
static void record_conversion(const wf_node *node, uint32_t slot, const wf_node_role *roles, int count)
{
    const vulkan_handover *vulkan = state_of(node);
    const image_pass *conversion = node_is_input(roles[0]) ? &vulkan->unpack : &vulkan->pack;
    const uint32_t group[2] = {WF_CONVERTED_WIDTH * WF_CONVERTED_TEXELS, WF_CONVERTED_HEIGHT};
    struct wf_image_push push = {.width = (int32_t)node->options.width, .height = (int32_t)node->options.height};
    VkDescriptorSet sets[WF_CONVERTED_IMAGES];
    for (int i = 0; i < WF_CONVERTED_IMAGES; i++) {
        const wf_node_role role = roles[i < count ? i : count - 1];
        push.channels[i] = wf_node_channels(node, role);
        push.planes_data[i] = (uint64_t)(uintptr_t)node->planes[role].data;
        sets[i] = vulkan->images[slot][role];
    }
    record_pass(node, slot, conversion, sets, WF_CONVERTED_IMAGES, &push, sizeof push, group, count);
}

/* Both conversions. */
static wf_result convert(wf_node *node, uint32_t slot, const wf_node_role *roles, int count)
{
    for (int first = 0; first < count; first += WF_CONVERTED_IMAGES) {
        const int left = count - first;
        record_conversion(node, slot, roles + first, left < WF_CONVERTED_IMAGES ? left : WF_CONVERTED_IMAGES);
    }
    return WF_OK;
}

/* Of one operator: both sets are bound to its image. */
static wf_result blend(wf_node *node, uint32_t slot, const wf_blend_call *call)
{
    const vulkan_handover *vulkan = state_of(node);
    const struct wf_blend_push push = wf_vulkan_blend_push(call);
    const uint32_t group[2] = {WF_BLENDED_WIDTH, WF_BLENDED_HEIGHT};
    VkDescriptorSet sets[WF_OPERATOR_COUNT];
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        const wf_operator bound = call->operators >> op & 1 ? op : (wf_operator)(WF_OPERATOR_COUNT - 1 - (int)op);
        sets[op] = vulkan->images[slot][node_output_of(bound)];
    }
    record_pass(node, slot, &vulkan->blend, sets, WF_OPERATOR_COUNT, &push, sizeof push, group, 1);
    return WF_OK;
}

static wf_result mark(wf_node *node, uint32_t slot, node_mark mark)
{
    wf_node_write_mark(node, slot, state_of(node)->commands[slot], mark);
    return WF_OK;
}

static wf_result give(wf_node *node, uint32_t slot)
{
    uint64_t frame = node->slots[slot].begun;
    return wf_node_submit(node, slot, state_of(node)->commands[slot], timeline_ready(frame), timeline_done(frame));
}

const node_handover wf_node_handover_vulkan = {.backend = WF_VULKAN,
                                               .open = open_device,
                                               .open_slot = open_slot,
                                               .close = close_device,
                                               .map = map,
                                               .unmap = unmap,
                                               .map_buffer = map_buffer,
                                               .unmap_buffer = unmap_buffer,
                                               .alloc_readback = alloc_readback,
                                               .free_readback = free_readback,
                                               .publish = publish,
                                               .wait = wait_for_slot,
                                               .finished = slot_finished,
                                               .take = take,
                                               .unpack = convert,
                                               .pack = convert,
                                               .blend = blend,
                                               .mark = mark,
                                               .give = give};
