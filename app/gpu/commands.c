#include "device.h"

#include <pthread.h>

bool commands_allocate(const device *device, uint32_t count, VkCommandBuffer *commands, error *error)
{
    return vk_ok(vkAllocateCommandBuffers(device->handle,
                                          &(VkCommandBufferAllocateInfo){
                                              .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                              .commandPool = device->commands,
                                              .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                              .commandBufferCount = count,
                                          },
                                          commands),
                 "vkAllocateCommandBuffers", error);
}

bool commands_begin(VkCommandBuffer commands, error *error)
{
    return vk_ok(vkBeginCommandBuffer(commands,
                                      &(VkCommandBufferBeginInfo){
                                          .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                          .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
                                      }),
                 "vkBeginCommandBuffer", error);
}

void commands_order(VkCommandBuffer commands, VkPipelineStageFlags before, VkAccessFlags written,
                    VkPipelineStageFlags after, VkAccessFlags access)
{
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER, .srcAccessMask = written, .dstAccessMask = access};
    vkCmdPipelineBarrier(commands, before, after, 0, 1, &barrier, 0, NULL, 0, NULL);
}

void commands_discard(VkCommandBuffer commands, const VkImage *images, uint32_t count, VkPipelineStageFlags before,
                      VkPipelineStageFlags after, VkAccessFlags access)
{
    VkImageMemoryBarrier barriers[COMMANDS_IMAGES];
    for (uint32_t i = 0; i < count; i++)
        barriers[i] = (VkImageMemoryBarrier){
            .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
            .dstAccessMask = access,
            .oldLayout = VK_IMAGE_LAYOUT_UNDEFINED,
            .newLayout = VK_IMAGE_LAYOUT_GENERAL,
            .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
            .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
            .image = images[i],
            .subresourceRange = image_range,
        };
    vkCmdPipelineBarrier(commands, before, after, 0, 0, NULL, 0, NULL, count, barriers);
}

void commands_show_host(VkCommandBuffer commands)
{
    commands_order(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT, VK_PIPELINE_STAGE_HOST_BIT,
                   VK_ACCESS_HOST_READ_BIT);
}

static VkResult submit(const device *device, VkCommandBuffer commands, VkFence done)
{
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&one_at_a_time);
    VkResult result = vkQueueSubmit(device->queue, 1,
                                    &(VkSubmitInfo){
                                        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                                        .commandBufferCount = 1,
                                        .pCommandBuffers = &commands,
                                    },
                                    done);
    pthread_mutex_unlock(&one_at_a_time);
    return result;
}

bool commands_finish(const device *device, VkCommandBuffer commands, error *error)
{
    VkFence done;
    if (!vk_ok(vkEndCommandBuffer(commands), "vkEndCommandBuffer", error) ||
        !vk_ok(vkCreateFence(device->handle, &(VkFenceCreateInfo){.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO}, NULL,
                             &done),
               "vkCreateFence", error))
        return false;
    bool ok = vk_ok(submit(device, commands, done), "vkQueueSubmit", error) &&
              vk_ok(vkWaitForFences(device->handle, 1, &done, VK_TRUE, UINT64_MAX), "vkWaitForFences", error);
    vkDestroyFence(device->handle, done, NULL);
    return ok;
}

bool timeline_create(const device *device, VkSemaphore *semaphore, error *error)
{
    return vk_ok(vkCreateSemaphore(device->handle,
                                   &(VkSemaphoreCreateInfo){
                                       .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
                                       .pNext =
                                           &(VkSemaphoreTypeCreateInfo){
                                               .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                               .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
                                           },
                                   },
                                   NULL, semaphore),
                 "vkCreateSemaphore", error);
}

bool timeline_wait(const device *device, VkSemaphore semaphore, uint64_t value, error *error)
{
    return vk_ok(vkWaitSemaphores(device->handle,
                                  &(VkSemaphoreWaitInfo){
                                      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                                      .semaphoreCount = 1,
                                      .pSemaphores = &semaphore,
                                      .pValues = &value,
                                  },
                                  UINT64_MAX),
                 "vkWaitSemaphores", error);
}
