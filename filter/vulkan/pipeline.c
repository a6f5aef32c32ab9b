/* Pipelines, made on first use, and their dispatch. */
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "matrix_code.h"

#define MAX_PUSH 128 /* bytes of push constants that every device has */

__extension__ _Static_assert(sizeof(struct wf_filter_push) <= MAX_PUSH, "push constants are too large");
__extension__ _Static_assert(sizeof(struct wf_grad_weight_push) <= MAX_PUSH, "push constants are too large");
__extension__ _Static_assert(sizeof(struct wf_destinations_push) <= MAX_PUSH, "push constants are too large");
__extension__ _Static_assert(sizeof(struct wf_sum_push) <= MAX_PUSH, "push constants are too large");
__extension__ _Static_assert(sizeof(struct wf_compress_push) <= MAX_PUSH, "push constants are too large");
__extension__ _Static_assert(sizeof(struct wf_predict_push) <= MAX_PUSH, "push constants are too large");

wf_result wf_vulkan_create_pipelines(vulkan_device *device)
{
    const VkPushConstantRange range = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .size = MAX_PUSH};
    const VkPipelineLayoutCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                             .pushConstantRangeCount = 1,
                                             .pPushConstantRanges = &range};
    return wf_vulkan_check(&device->base.log, vkCreatePipelineLayout(device->device, &info, NULL, &device->layout),
                           "vkCreatePipelineLayout");
}

void wf_vulkan_destroy_pipelines(vulkan_device *device)
{
    for (size_t i = 0; i < device->pipeline_count; i++)
        vkDestroyPipeline(device->device, device->pipelines[i].pipeline, NULL);
    free(device->pipelines);
    vkDestroyPipelineLayout(device->device, device->layout, NULL);
}

static wf_result create_module(const vulkan_device *device, const uint32_t *code, size_t size, VkShaderModule *module)
{
    const VkShaderModuleCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = size, .pCode = code};
    return wf_vulkan_check(&device->base.log, vkCreateShaderModule(device->device, &info, NULL, module),
                           "vkCreateShaderModule");
}

static wf_result create_translated(const vulkan_device *device, const vulkan_shader *shader, VkShaderModule *module)
{
    const size_t words = shader->size / sizeof *shader->code;
    uint32_t *code = malloc(wf_vulkan_most_words(words) * sizeof *code);
    const size_t translated = code ? wf_vulkan_translate_matrices(shader->code, words, code) : 0;
    const wf_result result = translated ? create_module(device, code, translated * sizeof *code, module)
                                        : wf_fail(&device->base.log, WF_ERROR_OUT_OF_MEMORY,
                                                  "no host memory for a shader of %zu words", words);
    free(code);
    return result;
}

static wf_result compile(vulkan_device *device, vulkan_pipeline *pipeline)
{
    const wf_log *log = &device->base.log;
    const vulkan_shader *shader = pipeline->shader;
    VkShaderModule module;
    WF_TRY(device->translates_matrices ? create_translated(device, shader, &module)
                                       : create_module(device, shader->code, shader->size, &module));

    VkSpecializationMapEntry entries[WF_MAX_SPECIALIZATIONS];
    for (uint32_t i = 0; i < WF_MAX_SPECIALIZATIONS; i++)
        entries[i] = (VkSpecializationMapEntry){.constantID = i, .offset = i * 4, .size = 4};
    const VkSpecializationInfo specialization = {.mapEntryCount = WF_MAX_SPECIALIZATIONS,
                                                 .pMapEntries = entries,
                                                 .dataSize = sizeof pipeline->constants,
                                                 .pData = pipeline->constants};
    const VkComputePipelineCreateInfo info = {.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
                                              .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                                                        .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                                                        .module = module,
                                                        .pName = "main",
                                                        .pSpecializationInfo = &specialization},
                                              .layout = device->layout};
    VkResult result =
        vkCreateComputePipelines(device->device, device->pipeline_cache, 1, &info, NULL, &pipeline->pipeline);
    vkDestroyShaderModule(device->device, module, NULL);
    return wf_vulkan_check(log, result, "vkCreateComputePipelines");
}

static int same_key(const vulkan_pipeline *a, const vulkan_pipeline *b)
{
    return a->shader == b->shader && memcmp(a->constants, b->constants, sizeof a->constants) == 0;
}

static vulkan_pipeline *find(vulkan_device *device, const vulkan_pipeline *wanted)
{
    for (size_t i = 0; i < device->pipeline_count; i++) {
        if (same_key(&device->pipelines[i], wanted))
            return &device->pipelines[i];
    }
    return NULL;
}

/* Not compiled yet. */
static wf_result add(vulkan_device *device, const vulkan_pipeline *wanted)
{
    vulkan_pipeline *pipelines = realloc(device->pipelines, (device->pipeline_count + 1) * sizeof *pipelines);
    if (!pipelines)
        return wf_fail(&device->base.log, WF_ERROR_OUT_OF_MEMORY, "no host memory for %zu pipelines",
                       device->pipeline_count + 1);
    device->pipelines = pipelines;
    pipelines[device->pipeline_count] = *wanted;
    pipelines[device->pipeline_count++].pipeline = VK_NULL_HANDLE;
    return WF_OK;
}

wf_result wf_vulkan_get_pipeline(vulkan_device *device, vulkan_pipeline *wanted)
{
    if (!find(device, wanted))
        WF_TRY(add(device, wanted));
    vulkan_pipeline *found = find(device, wanted);
    if (!found->pipeline && !device->collects_pipelines)
        WF_TRY(compile(device, found));
    wanted->pipeline = found->pipeline;
    return WF_OK;
}

wf_result wf_vulkan_compile_collected(vulkan_device *device)
{
    wf_result result = WF_OK;
#pragma omp parallel for schedule(dynamic) if (!device->is_processor)
    for (size_t i = 0; i < device->pipeline_count; i++) {
        if (device->pipelines[i].pipeline)
            continue;
        const wf_result one = compile(device, &device->pipelines[i]);
        if (one != WF_OK) {
#pragma omp atomic write
            result = one;
        }
    }
    return result;
}

static uint32_t at_most(int64_t groups, uint32_t limit)
{
    return groups < limit ? (uint32_t)groups : limit;
}

void wf_vulkan_dispatch(vulkan_device *device, VkCommandBuffer commands, const vulkan_pipeline *pipeline,
                        const void *push, uint32_t push_size, int64_t groups_x, int64_t groups_y)
{
    const uint32_t *limits = device->limits.maxComputeWorkGroupCount;
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline->pipeline);
    vkCmdPushConstants(commands, device->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, push_size, push);
    for (int64_t y = 0; y < groups_y; y += limits[1]) {
        for (int64_t x = 0; x < groups_x; x += limits[0]) {
            const int32_t first_group[2] = {(int32_t)x, (int32_t)y};
            vkCmdPushConstants(commands, device->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof first_group,
                               first_group);
            vkCmdDispatch(commands, at_most(groups_x - x, limits[0]), at_most(groups_y - y, limits[1]), 1);
        }
    }
}

VkDeviceAddress wf_vulkan_image(const wf_tensor *tensor, int64_t n)
{
    if (!tensor->data)
        return 0;
    return (uintptr_t)tensor->data + (VkDeviceAddress)(n * tensor->stride[0]) * wf_dtype_size(tensor->dtype);
}
