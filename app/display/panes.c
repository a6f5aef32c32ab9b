#include "panes.h"

#include "pane.comp.h"

static const VkShaderStageFlags stages = VK_SHADER_STAGE_COMPUTE_BIT;

static bool create_set_layout(const device *device, VkDescriptorType type, const VkSampler *sampler,
                              VkDescriptorSetLayout *layout, error *error)
{
    const VkDescriptorSetLayoutBinding binding = {
        .descriptorType = type,
        .descriptorCount = 1,
        .stageFlags = stages,
        .pImmutableSamplers = sampler,
    };
    const VkDescriptorSetLayoutCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO, .bindingCount = 1, .pBindings = &binding};
    return vk_ok(vkCreateDescriptorSetLayout(device->handle, &info, NULL, layout), "vkCreateDescriptorSetLayout",
                 error);
}

/* Set 0 has the layer, set 1 what it is compared with, set 2 the target. */
static bool create_layouts(panes *panes, error *error)
{
    const device *device = panes->device;
    const VkSamplerCreateInfo sampler = {.sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO};
    if (!vk_ok(vkCreateSampler(device->handle, &sampler, NULL, &panes->sampler), "vkCreateSampler", error) ||
        !create_set_layout(device, VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, &panes->sampler, &panes->image_layout,
                           error) ||
        !create_set_layout(device, VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, NULL, &panes->target_layout, error))
        return false;
    const VkDescriptorSetLayout sets[] = {panes->image_layout, panes->image_layout, panes->target_layout};
    const VkPipelineLayoutCreateInfo layout = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = 3,
        .pSetLayouts = sets,
        .pushConstantRangeCount = 1,
        .pPushConstantRanges = &(VkPushConstantRange){stages, 0, sizeof(struct pane_push)},
    };
    return vk_ok(vkCreatePipelineLayout(device->handle, &layout, NULL, &panes->layout), "vkCreatePipelineLayout",
                 error);
}

static bool create_sets(panes *panes, error *error)
{
    const uint32_t count = SEQUENCES * DENOISER_SLOTS * LAYER_COUNT;
    const VkDescriptorType type = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;
    return descriptor_sets_create(panes->device, panes->image_layout, &(VkDescriptorPoolSize){type, count}, 1, count,
                                  &panes->pool, &panes->sets[0][0][0], error) &&
           descriptor_sets_create(panes->device, panes->image_layout, &(VkDescriptorPoolSize){type, MEASURE_MAPS}, 1,
                                  MEASURE_MAPS, &panes->map_pool, panes->maps, error) &&
           descriptor_sets_create(panes->device, panes->target_layout,
                                  &(VkDescriptorPoolSize){VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, 1}, 1, 1,
                                  &panes->target_pool, &panes->target_set, error);
}

bool panes_create(const device *device, panes *panes, error *error)
{
    *panes = (struct panes){.device = device};
    if (create_layouts(panes, error) && create_sets(panes, error) &&
        compute_pipeline_create(device, panes->layout, pane_comp, sizeof pane_comp, NULL, &panes->pipeline, error))
        return true;
    panes_destroy(panes);
    return false;
}

void panes_destroy(panes *panes)
{
    if (!panes->device)
        return;
    VkDevice handle = panes->device->handle;
    vkDestroyPipeline(handle, panes->pipeline, NULL);
    vkDestroyPipelineLayout(handle, panes->layout, NULL);
    vkDestroyDescriptorPool(handle, panes->pool, NULL);
    vkDestroyDescriptorPool(handle, panes->map_pool, NULL);
    vkDestroyDescriptorPool(handle, panes->target_pool, NULL);
    vkDestroyDescriptorSetLayout(handle, panes->image_layout, NULL);
    vkDestroyDescriptorSetLayout(handle, panes->target_layout, NULL);
    vkDestroySampler(handle, panes->sampler, NULL);
    *panes = (struct panes){0};
}

void panes_set_target(panes *panes, const target *target)
{
    const VkDescriptorImageInfo info = {.imageView = target->image.view, .imageLayout = VK_IMAGE_LAYOUT_GENERAL};
    const VkWriteDescriptorSet write = {
        .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
        .dstSet = panes->target_set,
        .descriptorCount = 1,
        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
        .pImageInfo = &info,
    };
    vkUpdateDescriptorSets(panes->device->handle, 1, &write, 0, NULL);
    panes->width = (int)target->width;
    panes->height = (int)target->height;
}

static VkWriteDescriptorSet write_of(VkDescriptorSet set, const wf_node_image *image, VkDescriptorImageInfo *info)
{
    *info = (VkDescriptorImageInfo){.imageView = image->view, .imageLayout = VK_IMAGE_LAYOUT_GENERAL};
    return (VkWriteDescriptorSet){
        .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
        .dstSet = set,
        .descriptorCount = 1,
        .descriptorType = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
        .pImageInfo = info,
    };
}

void panes_bind(panes *panes, int sequence, uint32_t slot, const wf_node_image images[LAYER_COUNT])
{
    VkDescriptorImageInfo infos[LAYER_COUNT];
    VkWriteDescriptorSet writes[LAYER_COUNT];
    uint32_t count = 0;
    for (int layer = 0; layer < LAYER_COUNT; layer++)
        if (images[layer].view)
            writes[count++] = write_of(panes->sets[sequence][slot][layer], &images[layer], &infos[layer]);
    vkUpdateDescriptorSets(panes->device->handle, count, writes, 0, NULL);
}

void panes_bind_maps(panes *panes, const wf_node_image *maps, int count)
{
    VkDescriptorImageInfo infos[MEASURE_MAPS];
    VkWriteDescriptorSet writes[MEASURE_MAPS];
    for (int i = 0; i < count; i++)
        writes[i] = write_of(panes->maps[i], &maps[i], &infos[i]);
    vkUpdateDescriptorSets(panes->device->handle, (uint32_t)count, writes, 0, NULL);
}

static int clamp(int value, int least, int most)
{
    return value < least ? least : value > most ? most : value;
}

/* What of the rectangle is in the target. */
static void place(const panes *panes, rectangle rectangle, struct pane_push *push)
{
    push->left = clamp((int)rectangle.x, 0, panes->width);
    push->top = clamp((int)rectangle.y, 0, panes->height);
    push->columns = clamp((int)(rectangle.x + rectangle.width), 0, panes->width) - push->left;
    push->rows = clamp((int)(rectangle.y + rectangle.height), 0, panes->height) - push->top;
}

void panes_begin(const panes *panes, VkCommandBuffer commands)
{
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, panes->pipeline);
    vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, panes->layout, 2, 1, &panes->target_set, 0, NULL);
}

static VkDescriptorSet set_of(const panes *panes, const uint32_t slots[SEQUENCES], int layer)
{
    const int sequence = layer_sequence(layer);
    return panes->sets[sequence][slots[sequence]][layer_own(layer)];
}

void panes_draw(const panes *panes, VkCommandBuffer commands, const uint32_t slots[SEQUENCES], const pane *pane,
                int map, rectangle rectangle, struct pane_push push)
{
    const VkDescriptorSet shown[] = {pane_shows_flip(pane) ? panes->maps[map] : set_of(panes, slots, pane->layer),
                                     set_of(panes, slots, pane_is_compared(pane) ? pane->against : pane->layer)};
    place(panes, rectangle, &push);
    if (push.columns <= 0 || push.rows <= 0)
        return;
    vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, panes->layout, 0, 2, shown, 0, NULL);
    vkCmdPushConstants(commands, panes->layout, stages, 0, sizeof push, &push);
    vkCmdDispatch(commands, (uint32_t)(push.columns + PANE_GROUP - 1) / PANE_GROUP,
                  (uint32_t)(push.rows + PANE_GROUP - 1) / PANE_GROUP, 1);
}
