#include "node.h"

wf_result wf_node_create_commands(wf_node *node, VkCommandPool *pool, VkCommandBuffer commands[WF_NODE_MAX_SLOTS])
{
    VkCommandPoolCreateInfo pool_info = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                         .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
                                         .queueFamilyIndex = node->options.queue_family};
    WF_TRY(wf_vulkan_check(&node->log, vkCreateCommandPool(node->options.device, &pool_info, NULL, pool),
                           "vkCreateCommandPool"));
    VkCommandBufferAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                        .commandPool = *pool,
                                        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                        .commandBufferCount = node->options.slots};
    return wf_vulkan_check(&node->log, vkAllocateCommandBuffers(node->options.device, &info, commands),
                           "vkAllocateCommandBuffers");
}

wf_result wf_node_begin_commands(wf_node *node, VkCommandBuffer commands)
{
    VkCommandBufferBeginInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                     .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    return wf_vulkan_check(&node->log, vkBeginCommandBuffer(commands, &info), "vkBeginCommandBuffer");
}

wf_result wf_node_submit(wf_node *node, uint32_t slot, VkCommandBuffer commands, uint64_t wait, uint64_t signal)
{
    WF_TRY(wf_vulkan_check(&node->log, vkEndCommandBuffer(commands), "vkEndCommandBuffer"));
    VkSemaphore *timeline = &node->slots[slot].timeline;
    VkTimelineSemaphoreSubmitInfo values = {.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                            .waitSemaphoreValueCount = 1,
                                            .pWaitSemaphoreValues = &wait,
                                            .signalSemaphoreValueCount = 1,
                                            .pSignalSemaphoreValues = &signal};
    VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
    VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                         .pNext = &values,
                         .waitSemaphoreCount = 1,
                         .pWaitSemaphores = timeline,
                         .pWaitDstStageMask = &stage,
                         .commandBufferCount = 1,
                         .pCommandBuffers = &commands,
                         .signalSemaphoreCount = 1,
                         .pSignalSemaphores = timeline};
    return wf_vulkan_check(&node->log, vkQueueSubmit(node->options.queue, 1, &info, VK_NULL_HANDLE), "vkQueueSubmit");
}

wf_result wf_node_wait(wf_node *node, uint32_t slot, uint64_t value)
{
    VkSemaphoreWaitInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                                .semaphoreCount = 1,
                                .pSemaphores = &node->slots[slot].timeline,
                                .pValues = &value};
    return wf_vulkan_check(&node->log, vkWaitSemaphores(node->options.device, &info, UINT64_MAX), "vkWaitSemaphores");
}

int wf_node_reached(wf_node *node, uint32_t slot, uint64_t value)
{
    uint64_t reached;
    return vkGetSemaphoreCounterValue(node->options.device, node->slots[slot].timeline, &reached) == VK_SUCCESS &&
           reached >= value;
}
