#include "panes.h"

#include "pane.frag.h"
#include "pane.vert.h"

static const VkShaderStageFlags stages = VK_SHADER_STAGE_FRAGMENT_BIT;

/* Set 0 has the layer, set 1 what it is compared with. */
static bool create_layouts(panes *panes, error *error)
{
    VkDevice handle = panes->device->handle;
    if (!vk_ok(vkCreateSampler(handle, &(VkSamplerCreateInfo){.sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO}, NULL,
                               &panes->sampler),
               "vkCreateSampler", error))
        return false;
    const VkDescriptorSetLayoutBinding binding = {
        .descriptorType = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
        .descriptorCount = 1,
        .stageFlags = stages,
        .pImmutableSamplers = &panes->sampler,
    };
    const VkDescriptorSetLayoutCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO, .bindingCount = 1, .pBindings = &binding};
    if (!vk_ok(vkCreateDescriptorSetLayout(handle, &info, NULL, &panes->set_layout), "vkCreateDescriptorSetLayout",
               error))
        return false;
    const VkPipelineLayoutCreateInfo layout = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = 2,
        .pSetLayouts = (const VkDescriptorSetLayout[]){panes->set_layout, panes->set_layout},
        .pushConstantRangeCount = 1,
        .pPushConstantRanges = &(VkPushConstantRange){stages, 0, sizeof(struct pane_push)},
    };
    return vk_ok(vkCreatePipelineLayout(handle, &layout, NULL, &panes->layout), "vkCreatePipelineLayout", error);
}

static bool create_sets(panes *panes, error *error)
{
    const uint32_t count = DENOISER_SLOTS * LAYER_COUNT;
    return descriptor_sets_create(panes->device, panes->set_layout,
                                  &(VkDescriptorPoolSize){VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, count}, 1, count,
                                  &panes->pool, &panes->sets[0][0], error);
}

static VkPipelineShaderStageCreateInfo stage_info(VkShaderStageFlagBits stage, VkShaderModule module)
{
    return (VkPipelineShaderStageCreateInfo){
        .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
        .stage = stage,
        .module = module,
        .pName = "main",
    };
}

static VkResult make_pipeline(panes *panes, VkRenderPass render_pass, const VkPipelineShaderStageCreateInfo stages[2])
{
    const VkDynamicState dynamic[] = {VK_DYNAMIC_STATE_VIEWPORT, VK_DYNAMIC_STATE_SCISSOR};
    VkGraphicsPipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
        .stageCount = 2,
        .pStages = stages,
        .pVertexInputState =
            &(VkPipelineVertexInputStateCreateInfo){.sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO},
        .pInputAssemblyState =
            &(VkPipelineInputAssemblyStateCreateInfo){
                .sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
                .topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST,
            },
        .pViewportState =
            &(VkPipelineViewportStateCreateInfo){
                .sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
                .viewportCount = 1,
                .scissorCount = 1,
            },
        .pRasterizationState =
            &(VkPipelineRasterizationStateCreateInfo){
                .sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO,
                .polygonMode = VK_POLYGON_MODE_FILL,
                .lineWidth = 1,
            },
        .pMultisampleState =
            &(VkPipelineMultisampleStateCreateInfo){
                .sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
                .rasterizationSamples = VK_SAMPLE_COUNT_1_BIT,
            },
        .pColorBlendState =
            &(VkPipelineColorBlendStateCreateInfo){
                .sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
                .attachmentCount = 1,
                .pAttachments = &(VkPipelineColorBlendAttachmentState){.colorWriteMask = 0xf},
            },
        .pDynamicState =
            &(VkPipelineDynamicStateCreateInfo){
                .sType = VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO,
                .dynamicStateCount = 2,
                .pDynamicStates = dynamic,
            },
        .layout = panes->layout,
        .renderPass = render_pass,
    };
    return vkCreateGraphicsPipelines(panes->device->handle, panes->device->cache, 1, &info, NULL, &panes->pipeline);
}

static bool create_pipeline(panes *panes, VkRenderPass render_pass, error *error)
{
    VkShaderModule vertex = VK_NULL_HANDLE, fragment = VK_NULL_HANDLE;
    bool ok = shader_create(panes->device, pane_vert, sizeof pane_vert, &vertex, error) &&
              shader_create(panes->device, pane_frag, sizeof pane_frag, &fragment, error);
    if (ok) {
        const VkPipelineShaderStageCreateInfo stages[] = {stage_info(VK_SHADER_STAGE_VERTEX_BIT, vertex),
                                                          stage_info(VK_SHADER_STAGE_FRAGMENT_BIT, fragment)};
        ok = vk_ok(make_pipeline(panes, render_pass, stages), "vkCreateGraphicsPipelines", error);
    }
    vkDestroyShaderModule(panes->device->handle, vertex, NULL);
    vkDestroyShaderModule(panes->device->handle, fragment, NULL);
    return ok;
}

bool panes_create(const device *device, VkRenderPass render_pass, panes *panes, error *error)
{
    *panes = (struct panes){.device = device};
    if (create_layouts(panes, error) && create_sets(panes, error) && create_pipeline(panes, render_pass, error))
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
    vkDestroyDescriptorSetLayout(handle, panes->set_layout, NULL);
    vkDestroySampler(handle, panes->sampler, NULL);
    *panes = (struct panes){0};
}

void panes_bind(panes *panes, uint32_t slot, const wf_node_image images[LAYER_COUNT])
{
    VkDescriptorImageInfo infos[LAYER_COUNT];
    VkWriteDescriptorSet writes[LAYER_COUNT];
    uint32_t count = 0;
    for (int layer = 0; layer < LAYER_COUNT; layer++) {
        if (!images[layer].view)
            continue;
        infos[layer] = (VkDescriptorImageInfo){.imageView = images[layer].view, .imageLayout = VK_IMAGE_LAYOUT_GENERAL};
        writes[count++] = (VkWriteDescriptorSet){
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstSet = panes->sets[slot][layer],
            .descriptorCount = 1,
            .descriptorType = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
            .pImageInfo = &infos[layer],
        };
    }
    vkUpdateDescriptorSets(panes->device->handle, count, writes, 0, NULL);
}

void panes_begin(const panes *panes, VkCommandBuffer commands, uint32_t width, uint32_t height)
{
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, panes->pipeline);
    vkCmdSetViewport(commands, 0, 1, &(VkViewport){0, 0, (float)width, (float)height, 0, 1});
}

void panes_draw(const panes *panes, VkCommandBuffer commands, uint32_t slot, const pane *pane, rectangle rectangle,
                const struct pane_push *push)
{
    VkRect2D scissor = {{(int32_t)rectangle.x, (int32_t)rectangle.y},
                        {(uint32_t)rectangle.width, (uint32_t)rectangle.height}};
    const VkDescriptorSet *sets = panes->sets[slot];
    const VkDescriptorSet shown[] = {sets[pane->layer], sets[pane_is_compared(pane) ? pane->against : pane->layer]};
    vkCmdSetScissor(commands, 0, 1, &scissor);
    vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, panes->layout, 0, 2, shown, 0, NULL);
    vkCmdPushConstants(commands, panes->layout, stages, 0, sizeof *push, push);
    vkCmdDraw(commands, 3, 1, 0, 0);
}
