#include "device.h"

static bool shader_create(const device *device, const uint32_t *code, size_t size, VkShaderModule *module, error *error)
{
    return vk_ok(vkCreateShaderModule(device->handle,
                                      &(VkShaderModuleCreateInfo){
                                          .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                          .codeSize = size,
                                          .pCode = code,
                                      },
                                      NULL, module),
                 "vkCreateShaderModule", error);
}

bool compute_pipeline_create(const device *device, VkPipelineLayout layout, const uint32_t *code, size_t size,
                             const VkSpecializationInfo *constants, VkPipeline *pipeline, error *error)
{
    VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage =
            {
                .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                .pName = "main",
                .pSpecializationInfo = constants,
            },
        .layout = layout,
    };
    if (!shader_create(device, code, size, &info.stage.module, error))
        return false;
    VkResult result = vkCreateComputePipelines(device->handle, device->cache, 1, &info, NULL, pipeline);
    vkDestroyShaderModule(device->handle, info.stage.module, NULL);
    return vk_ok(result, "vkCreateComputePipelines", error);
}

bool layouts_create(const device *device, const VkDescriptorSetLayoutBinding *bindings, uint32_t count,
                    VkShaderStageFlags stages, uint32_t push_size, VkDescriptorSetLayout *set_layout,
                    VkPipelineLayout *layout, error *error)
{
    return vk_ok(vkCreateDescriptorSetLayout(device->handle,
                                             &(VkDescriptorSetLayoutCreateInfo){
                                                 .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
                                                 .bindingCount = count,
                                                 .pBindings = bindings,
                                             },
                                             NULL, set_layout),
                 "vkCreateDescriptorSetLayout", error) &&
           vk_ok(vkCreatePipelineLayout(device->handle,
                                        &(VkPipelineLayoutCreateInfo){
                                            .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                            .setLayoutCount = 1,
                                            .pSetLayouts = set_layout,
                                            .pushConstantRangeCount = 1,
                                            .pPushConstantRanges = &(VkPushConstantRange){stages, 0, push_size},
                                        },
                                        NULL, layout),
                 "vkCreatePipelineLayout", error);
}

bool descriptor_sets_create(const device *device, VkDescriptorSetLayout set_layout, const VkDescriptorPoolSize *sizes,
                            uint32_t size_count, uint32_t set_count, VkDescriptorPool *pool, VkDescriptorSet *sets,
                            error *error)
{
    bool ok = vk_ok(vkCreateDescriptorPool(device->handle,
                                           &(VkDescriptorPoolCreateInfo){
                                               .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                               .maxSets = set_count,
                                               .poolSizeCount = size_count,
                                               .pPoolSizes = sizes,
                                           },
                                           NULL, pool),
                    "vkCreateDescriptorPool", error);
    for (uint32_t i = 0; ok && i < set_count; i++)
        ok = vk_ok(vkAllocateDescriptorSets(device->handle,
                                            &(VkDescriptorSetAllocateInfo){
                                                .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                                .descriptorPool = *pool,
                                                .descriptorSetCount = 1,
                                                .pSetLayouts = &set_layout,
                                            },
                                            &sets[i]),
                   "vkAllocateDescriptorSets", error);
    return ok;
}
