/* Command buffers: one-off streams, the transfers of memory.c, and the barrier. */
#include "device.h"

wf_result wf_vulkan_create_streams(vulkan_device *device)
{
    const wf_log *log = &device->base.log;
    const VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                          .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
                                          .queueFamilyIndex = device->queue_family};
    WF_TRY(
        wf_vulkan_check(log, vkCreateCommandPool(device->device, &pool, NULL, &device->pool), "vkCreateCommandPool"));

    const VkCommandBufferAllocateInfo buffers = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                                 .commandPool = device->pool,
                                                 .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                                 .commandBufferCount = 2};
    VkCommandBuffer commands[2];
    WF_TRY(
        wf_vulkan_check(log, vkAllocateCommandBuffers(device->device, &buffers, commands), "vkAllocateCommandBuffers"));
    device->one_off = commands[0];
    device->transfer = commands[1];

    const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    return wf_vulkan_check(log, vkCreateFence(device->device, &fence, NULL, &device->fence), "vkCreateFence");
}

void wf_vulkan_destroy_streams(vulkan_device *device)
{
    vkDestroyFence(device->device, device->fence, NULL);
    vkDestroyCommandPool(device->device, device->pool, NULL);
}

wf_result wf_vulkan_begin_commands(vulkan_device *device, VkCommandBuffer commands)
{
    const VkCommandBufferBeginInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                           .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    return wf_vulkan_check(&device->base.log, vkBeginCommandBuffer(commands, &info), "vkBeginCommandBuffer");
}

wf_result wf_vulkan_submit(vulkan_device *device, VkCommandBuffer commands)
{
    const wf_log *log = &device->base.log;
    WF_TRY(wf_vulkan_check(log, vkEndCommandBuffer(commands), "vkEndCommandBuffer"));
    const VkSubmitInfo submit = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &commands};
    WF_TRY(wf_vulkan_check(log, vkQueueSubmit(device->queue, 1, &submit, device->fence), "vkQueueSubmit"));
    WF_TRY(wf_vulkan_check(log, vkWaitForFences(device->device, 1, &device->fence, VK_TRUE, UINT64_MAX),
                           "vkWaitForFences"));
    return wf_vulkan_check(log, vkResetFences(device->device, 1, &device->fence), "vkResetFences");
}

wf_result wf_vulkan_begin(wf_device *base, wf_stream *stream)
{
    vulkan_device *device = (vulkan_device *)base;
    *stream = device->one_off;
    return wf_vulkan_begin_commands(device, device->one_off);
}

wf_result wf_vulkan_finish(wf_device *base, wf_stream stream)
{
    return wf_vulkan_submit((vulkan_device *)base, stream);
}

wf_result wf_vulkan_barrier(wf_device *base, wf_stream stream)
{
    (void)base;
    const VkPipelineStageFlags stages = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
    const VkMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                     .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
                                     .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT |
                                                      VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT};
    vkCmdPipelineBarrier(stream, stages, stages, 0, 1, &barrier, 0, NULL, 0, NULL);
    return WF_OK;
}
