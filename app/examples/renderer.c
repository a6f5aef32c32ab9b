#include "renderer.h"

#include <stdio.h>
#include <stdlib.h>

void check(int result, const char *call)
{
    if (result == 0)
        return;
    fprintf(stderr, "%s returned %d\n", call, result);
    exit(1);
}

static void print(void *user, wf_log_level level, const char *message)
{
    (void)user, (void)level;
    fprintf(stderr, "%s\n", message);
}

const wf_log print_log = {.callback = print};

/* ---- Once -------------------------------------------------------------------------------------------------------- */

static void create_device(renderer *r) /* with what the node needs */
{
    VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = WF_VULKAN_API_VERSION};
    VkInstanceCreateInfo instance = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
    instance.pApplicationInfo = &application;
    CHECK(vkCreateInstance(&instance, NULL, &r->instance));
    uint32_t count = 1;
    if (vkEnumeratePhysicalDevices(r->instance, &count, &r->gpu) < 0 || count == 0)
        check(WF_ERROR_NO_DEVICE, "vkEnumeratePhysicalDevices");
    wf_vulkan_needs needs;
    wf_vulkan_get_needs(r->gpu, &needs);
    if (!needs.complete)
        check(WF_ERROR_UNSUPPORTED, needs.missing);
    float priority = 1;
    VkDeviceQueueCreateInfo queues = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO};
    queues.queueCount = 1, queues.pQueuePriorities = &priority;
    VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, .pNext = &needs.features};
    info.queueCreateInfoCount = 1, info.pQueueCreateInfos = &queues;
    info.enabledExtensionCount = needs.extension_count, info.ppEnabledExtensionNames = needs.extensions;
    CHECK(vkCreateDevice(r->gpu, &info, NULL, &r->device));
    vkGetDeviceQueue(r->device, 0, 0, &r->queue);
    r->matrices = needs.matrices;
}

static void create_commands(renderer *r)
{
    VkCommandPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
    info.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT;
    CHECK(vkCreateCommandPool(r->device, &info, NULL, &r->pool));
    VkCommandBufferAllocateInfo buffers = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};
    buffers.commandPool = r->pool, buffers.commandBufferCount = 1;
    CHECK(vkAllocateCommandBuffers(r->device, &buffers, &r->before));
    CHECK(vkAllocateCommandBuffers(r->device, &buffers, &r->after));
}

renderer open_renderer(void)
{
    renderer r = {0};
    create_device(&r), create_commands(&r);
    wf_vulkan_options options = {.instance = r.instance, .physical_device = r.gpu, .device = r.device};
    options.queue = r.queue, options.log = print_log;
    CHECK(wf_vulkan_create(&options, &r.copier));
    return r;
}

void close_renderer(renderer *r)
{
    wf_destroy(r->copier);
    vkDestroyCommandPool(r->device, r->pool, NULL);
    vkDestroyDevice(r->device, NULL);
    vkDestroyInstance(r->instance, NULL);
}

wf_node_options node_options(const renderer *r, uint32_t width, uint32_t height)
{
    wf_node_options options = {.instance = r->instance, .physical_device = r->gpu, .device = r->device};
    options.queue = r->queue, options.matrices = r->matrices, options.width = width, options.height = height,
    options.slots = 1;
    options.automatic = 1, options.log = print_log;
    return options;
}

/* ---- Each frame -------------------------------------------------------------------------------------------------- */

void begin(VkCommandBuffer commands)
{
    VkCommandBufferBeginInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    CHECK(vkBeginCommandBuffer(commands, &info));
}

void submit(const renderer *r, VkCommandBuffer commands, VkSemaphore timeline, uint64_t wait, uint64_t signal)
{
    CHECK(vkEndCommandBuffer(commands));
    VkTimelineSemaphoreSubmitInfo values = {.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO};
    values.waitSemaphoreValueCount = values.signalSemaphoreValueCount = 1;
    values.pWaitSemaphoreValues = &wait, values.pSignalSemaphoreValues = &signal;
    VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
    VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .pNext = &values};
    info.commandBufferCount = 1, info.pCommandBuffers = &commands;
    info.waitSemaphoreCount = wait > 0, info.pWaitSemaphores = &timeline, info.pWaitDstStageMask = &stage;
    info.signalSemaphoreCount = signal > 0, info.pSignalSemaphores = &timeline;
    CHECK(vkQueueSubmit(r->queue, 1, &info, VK_NULL_HANDLE));
}

static VkBufferImageCopy whole(VkExtent3D size)
{
    VkBufferImageCopy all = {.imageExtent = size};
    all.imageSubresource = (VkImageSubresourceLayers){VK_IMAGE_ASPECT_COLOR_BIT, .layerCount = 1};
    return all;
}

void copy_in(const renderer *r, VkCommandBuffer commands, const void *picture, VkImage image, VkExtent3D size)
{
    VkImageMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER, .image = image};
    barrier.newLayout = VK_IMAGE_LAYOUT_GENERAL, barrier.dstAccessMask = VK_ACCESS_MEMORY_WRITE_BIT;
    barrier.subresourceRange = (VkImageSubresourceRange){VK_IMAGE_ASPECT_COLOR_BIT, .levelCount = 1, .layerCount = 1};
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL,
                         0, NULL, 1, &barrier);
    VkBufferImageCopy all = whole(size);
    VkBuffer buffer = wf_vulkan_buffer(r->copier, picture, &all.bufferOffset);
    vkCmdCopyBufferToImage(commands, buffer, image, VK_IMAGE_LAYOUT_GENERAL, 1, &all);
}

void copy_out(const renderer *r, VkCommandBuffer commands, VkImage image, const void *picture, VkExtent3D size)
{
    VkBufferImageCopy all = whole(size);
    VkBuffer buffer = wf_vulkan_buffer(r->copier, picture, &all.bufferOffset);
    vkCmdCopyImageToBuffer(commands, image, VK_IMAGE_LAYOUT_GENERAL, buffer, 1, &all);
}
