#include <stdio.h>

#include "meter.h"
#include "vulkan/device.h" /* the VkDevice, for a pipeline of our own */

#include "copy.comp.h"

enum { COPIED_BY_GROUP = 256 * 16, MOST_GROUPS = 65535 };

typedef struct copy_push {
    uint64_t to, from, size;
} copy_push;

/* Made by the first copy that is recorded, destroyed when that has run. */
typedef struct copier {
    VkPipelineLayout layout;
    VkPipeline pipeline;
} copier;

static copier copying;

static VkDevice handle(wf_device *device)
{
    return ((vulkan_device *)device)->device;
}

static wf_result check(VkResult result, const char *call)
{
    if (result == VK_SUCCESS)
        return WF_OK;
    fprintf(stderr, "wf_bench: %s failed with VkResult %d\n", call, (int)result);
    return WF_ERROR_DEVICE;
}

static wf_result create_copier(VkDevice device)
{
    const VkPushConstantRange range = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .size = sizeof(copy_push)};
    const VkPipelineLayoutCreateInfo layout = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                               .pushConstantRangeCount = 1,
                                               .pPushConstantRanges = &range};
    const VkShaderModuleCreateInfo code = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = sizeof copy_comp, .pCode = copy_comp};
    wf_result result = check(vkCreatePipelineLayout(device, &layout, NULL, &copying.layout), "vkCreatePipelineLayout");
    VkShaderModule module = VK_NULL_HANDLE;
    if (result == WF_OK)
        result = check(vkCreateShaderModule(device, &code, NULL, &module), "vkCreateShaderModule");
    const VkComputePipelineCreateInfo info = {.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
                                              .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                                                        .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                                                        .module = module,
                                                        .pName = "main"},
                                              .layout = copying.layout};
    if (result == WF_OK)
        result = check(vkCreateComputePipelines(device, VK_NULL_HANDLE, 1, &info, NULL, &copying.pipeline),
                       "vkCreateComputePipelines");
    vkDestroyShaderModule(device, module, NULL);
    return result;
}

static void destroy_copier(VkDevice device)
{
    vkDestroyPipeline(device, copying.pipeline, NULL);
    vkDestroyPipelineLayout(device, copying.layout, NULL);
    copying = (copier){0};
}

static wf_result copy(wf_device *device, wf_stream stream, void *to, const void *from, size_t size)
{
    wf_result result = copying.pipeline ? WF_OK : create_copier(handle(device));
    if (result != WF_OK)
        return result;
    const copy_push push = {.to = (uintptr_t)to, .from = (uintptr_t)from, .size = size};
    const size_t groups = (size + COPIED_BY_GROUP - 1) / COPIED_BY_GROUP, rows = groups / MOST_GROUPS + 1;
    vkCmdBindPipeline(stream, VK_PIPELINE_BIND_POINT_COMPUTE, copying.pipeline);
    vkCmdPushConstants(stream, copying.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof push, &push);
    vkCmdDispatch(stream, (uint32_t)(groups / rows + 1), (uint32_t)rows, 1);
    return WF_OK;
}

static wf_result record(wf_device *device, wf_stream stream, meter_work work, void *user, int repetitions)
{
    for (int i = 0; i < repetitions; i++) {
        wf_result result = work(user, device, stream, i);
        if (result == WF_OK)
            result = wf_barrier(device, stream);
        if (result != WF_OK)
            return result;
    }
    return WF_OK;
}

static wf_result measure(wf_device *device, meter_work work, void *user, int repetitions, double *seconds)
{
    wf_stream stream;
    wf_result result = wf_begin(device, &stream);
    if (result != WF_OK)
        return result;
    result = record(device, stream, work, user, repetitions);
    double start = meter_now();
    wf_result finished = wf_finish(device, stream);
    *seconds = meter_now() - start;
    destroy_copier(handle(device));
    return result != WF_OK ? result : finished;
}

const meter meter_vulkan = {.measure = measure, .copy = copy};
