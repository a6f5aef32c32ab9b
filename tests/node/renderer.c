#include "renderer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wf_vulkan.h"

#define VALIDATION_LAYER "VK_LAYER_KHRONOS_validation"
#define MAX_DEVICES      16
#define MAX_FAMILIES     32

static void check(VkResult result, const char *call)
{
    if (result == VK_SUCCESS)
        return;
    fprintf(stderr, "%s failed with VkResult %d\n", call, result);
    abort();
}

#define CHECK(call) check((call), #call)

/* ---- The device -------------------------------------------------------------------------------------------------- */

static VKAPI_ATTR VkBool32 VKAPI_CALL count_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                                    VkDebugUtilsMessageTypeFlagsEXT types,
                                                    const VkDebugUtilsMessengerCallbackDataEXT *data, void *user)
{
    (void)severity, (void)types;
    renderer *r = user;
    r->messages++;
    fprintf(stderr, "validation: %s\n", data->pMessage);
    return VK_FALSE;
}

static int has_validation_layer(void)
{
    VkLayerProperties layers[64];
    uint32_t count = 64;
    vkEnumerateInstanceLayerProperties(&count, layers);
    for (uint32_t i = 0; i < count; i++) {
        if (!strcmp(layers[i].layerName, VALIDATION_LAYER))
            return 1;
    }
    return 0;
}

static int create_instance(renderer *r)
{
    const char *layer = VALIDATION_LAYER, *extension = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
    int validated = has_validation_layer();
    if (!validated)
        fprintf(stderr, "%s is not installed: Vulkan's use is not validated\n", VALIDATION_LAYER);
    VkDebugUtilsMessengerCreateInfoEXT messenger = {.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
                                                    .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                                                                       VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
                                                    .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT |
                                                                   VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT,
                                                    .pfnUserCallback = count_message,
                                                    .pUserData = r};
    VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = WF_VULKAN_API_VERSION};
    VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                 .pNext = validated ? &messenger : NULL,
                                 .pApplicationInfo = &application,
                                 .enabledLayerCount = validated,
                                 .ppEnabledLayerNames = &layer,
                                 .enabledExtensionCount = validated,
                                 .ppEnabledExtensionNames = &extension};
    if (vkCreateInstance(&info, NULL, &r->instance) != VK_SUCCESS)
        return 0;
    PFN_vkCreateDebugUtilsMessengerEXT create =
        (PFN_vkCreateDebugUtilsMessengerEXT)vkGetInstanceProcAddr(r->instance, "vkCreateDebugUtilsMessengerEXT");
    if (validated)
        CHECK(create(r->instance, &messenger, NULL, &r->messenger));
    return 1;
}

static int choose_device(renderer *r)
{
    VkPhysicalDevice devices[MAX_DEVICES];
    uint32_t count = MAX_DEVICES;
    VkResult result = vkEnumeratePhysicalDevices(r->instance, &count, devices);
    if ((result != VK_SUCCESS && result != VK_INCOMPLETE) || !count)
        return 0;
    r->physical_device = devices[0];
    for (uint32_t i = count; i-- > 0;) {
        VkPhysicalDeviceProperties properties;
        vkGetPhysicalDeviceProperties(devices[i], &properties);
        if (properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU)
            r->physical_device = devices[i];
    }
    return 1;
}

static uint32_t compute_family(VkPhysicalDevice physical_device)
{
    VkQueueFamilyProperties families[MAX_FAMILIES];
    uint32_t count = MAX_FAMILIES, family = 0;
    vkGetPhysicalDeviceQueueFamilyProperties(physical_device, &count, families);
    while (!(families[family].queueFlags & VK_QUEUE_COMPUTE_BIT))
        family++;
    return family;
}

static void create_device(renderer *r)
{
    wf_vulkan_needs needs;
    wf_vulkan_get_needs(r->physical_device, &needs);
    if (!needs.complete) {
        fprintf(stderr, "the Vulkan device lacks %s\n", needs.missing);
        abort();
    }
    r->family = compute_family(r->physical_device);
    r->matrices = needs.matrices;
    float priority = 1;
    VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                     .queueFamilyIndex = r->family,
                                     .queueCount = 1,
                                     .pQueuePriorities = &priority};
    VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                               .pNext = &needs.features,
                               .queueCreateInfoCount = 1,
                               .pQueueCreateInfos = &queue,
                               .enabledExtensionCount = needs.extension_count,
                               .ppEnabledExtensionNames = needs.extensions};
    CHECK(vkCreateDevice(r->physical_device, &info, NULL, &r->device));
    vkGetDeviceQueue(r->device, r->family, 0, &r->queue);
}

int renderer_open(renderer *r)
{
    *r = (renderer){0};
    if (!create_instance(r) || !choose_device(r))
        return 0;
    create_device(r);
    VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                    .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
                                    .queueFamilyIndex = r->family};
    CHECK(vkCreateCommandPool(r->device, &pool, NULL, &r->pool));
    return 1;
}

void renderer_close(renderer *r)
{
    vkDestroyCommandPool(r->device, r->pool, NULL);
    vkDestroyDevice(r->device, NULL);
    PFN_vkDestroyDebugUtilsMessengerEXT destroy =
        (PFN_vkDestroyDebugUtilsMessengerEXT)vkGetInstanceProcAddr(r->instance, "vkDestroyDebugUtilsMessengerEXT");
    if (r->messenger)
        destroy(r->instance, r->messenger, NULL);
    vkDestroyInstance(r->instance, NULL);
}

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

static uint32_t memory_type(const renderer *r, uint32_t allowed, VkMemoryPropertyFlags wanted)
{
    VkPhysicalDeviceMemoryProperties memory;
    vkGetPhysicalDeviceMemoryProperties(r->physical_device, &memory);
    for (uint32_t i = 0; i < memory.memoryTypeCount; i++) {
        if (allowed >> i & 1 && (memory.memoryTypes[i].propertyFlags & wanted) == wanted)
            return i;
    }
    abort();
}

wf_node_image renderer_create_image(const renderer *r, VkFormat format, VkImageUsageFlags usage, uint32_t width,
                                    uint32_t height, int shared)
{
    wf_node_image image = {.format = format, .usage = usage};
    VkExternalMemoryImageCreateInfo external = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
                                                .handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT};
    VkImageCreateInfo info = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                              .pNext = shared ? &external : NULL,
                              .imageType = VK_IMAGE_TYPE_2D,
                              .format = format,
                              .extent = {width, height, 1},
                              .mipLevels = 1,
                              .arrayLayers = 1,
                              .samples = VK_SAMPLE_COUNT_1_BIT,
                              .usage = usage};
    CHECK(vkCreateImage(r->device, &info, NULL, &image.image));

    VkMemoryRequirements needs;
    vkGetImageMemoryRequirements(r->device, image.image, &needs);
    VkExportMemoryAllocateInfo export = {.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
                                         .handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT};
    VkMemoryDedicatedAllocateInfo dedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
                                               .pNext = shared ? &export : NULL,
                                               .image = image.image};
    VkMemoryAllocateInfo memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                   .pNext = &dedicated,
                                   .allocationSize = needs.size,
                                   .memoryTypeIndex =
                                       memory_type(r, needs.memoryTypeBits, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT)};
    CHECK(vkAllocateMemory(r->device, &memory, NULL, &image.memory));
    CHECK(vkBindImageMemory(r->device, image.image, image.memory, 0));
    image.memory_size = needs.size;

    VkImageViewCreateInfo view = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
        .image = image.image,
        .viewType = VK_IMAGE_VIEW_TYPE_2D,
        .format = format,
        .subresourceRange = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT, .levelCount = 1, .layerCount = 1}};
    CHECK(vkCreateImageView(r->device, &view, NULL, &image.view));
    return image;
}

void renderer_destroy_image(const renderer *r, wf_node_image *image)
{
    vkDestroyImageView(r->device, image->view, NULL);
    vkDestroyImage(r->device, image->image, NULL);
    vkFreeMemory(r->device, image->memory, NULL);
    *image = (wf_node_image){0};
}

host_buffer renderer_create_buffer(const renderer *r, VkDeviceSize size)
{
    host_buffer made;
    VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                               .size = size,
                               .usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT};
    CHECK(vkCreateBuffer(r->device, &info, NULL, &made.buffer));
    VkMemoryRequirements needs;
    vkGetBufferMemoryRequirements(r->device, made.buffer, &needs);
    VkMemoryAllocateInfo memory = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
        .allocationSize = needs.size,
        .memoryTypeIndex = memory_type(r, needs.memoryTypeBits,
                                       VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT)};
    CHECK(vkAllocateMemory(r->device, &memory, NULL, &made.memory));
    CHECK(vkBindBufferMemory(r->device, made.buffer, made.memory, 0));
    CHECK(vkMapMemory(r->device, made.memory, 0, VK_WHOLE_SIZE, 0, &made.data));
    return made;
}

void renderer_destroy_buffer(const renderer *r, host_buffer *buffer)
{
    vkDestroyBuffer(r->device, buffer->buffer, NULL);
    vkFreeMemory(r->device, buffer->memory, NULL);
    *buffer = (host_buffer){0};
}

/* ---- Commands ---------------------------------------------------------------------------------------------------- */

VkCommandBuffer renderer_create_commands(const renderer *r)
{
    VkCommandBuffer commands;
    VkCommandBufferAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                        .commandPool = r->pool,
                                        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                        .commandBufferCount = 1};
    CHECK(vkAllocateCommandBuffers(r->device, &info, &commands));
    return commands;
}

void renderer_begin(VkCommandBuffer commands)
{
    VkCommandBufferBeginInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                     .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    CHECK(vkBeginCommandBuffer(commands, &info));
}

static void record_barrier(VkCommandBuffer commands, VkImage image, VkImageLayout from, VkImageLayout to)
{
    VkImageMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
        .oldLayout = from,
        .newLayout = to,
        .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .image = image,
        .subresourceRange = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT, .levelCount = 1, .layerCount = 1}};
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL,
                         0, NULL, 1, &barrier);
}

static VkBufferImageCopy whole_image(uint32_t width, uint32_t height)
{
    return (VkBufferImageCopy){.imageSubresource = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT, .layerCount = 1},
                               .imageExtent = {width, height, 1}};
}

void renderer_record_upload(VkCommandBuffer commands, const host_buffer *from, VkImage to, uint32_t width,
                            uint32_t height)
{
    VkBufferImageCopy copy = whole_image(width, height);
    record_barrier(commands, to, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
    vkCmdCopyBufferToImage(commands, from->buffer, to, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &copy);
    record_barrier(commands, to, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, VK_IMAGE_LAYOUT_GENERAL);
}

void renderer_record_download(VkCommandBuffer commands, VkImage from, const host_buffer *to, uint32_t width,
                              uint32_t height)
{
    VkBufferImageCopy copy = whole_image(width, height);
    record_barrier(commands, from, VK_IMAGE_LAYOUT_GENERAL, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
    vkCmdCopyImageToBuffer(commands, from, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, to->buffer, 1, &copy);
    record_barrier(commands, from, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, VK_IMAGE_LAYOUT_GENERAL);
    VkMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                               .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
                               .dstAccessMask = VK_ACCESS_HOST_READ_BIT};
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0, NULL,
                         0, NULL);
}

void renderer_submit(const renderer *r, VkCommandBuffer commands, VkSemaphore timeline, uint64_t wait, uint64_t signal,
                     VkFence fence)
{
    CHECK(vkEndCommandBuffer(commands));
    VkTimelineSemaphoreSubmitInfo values = {.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                            .waitSemaphoreValueCount = wait != 0,
                                            .pWaitSemaphoreValues = &wait,
                                            .signalSemaphoreValueCount = signal != 0,
                                            .pSignalSemaphoreValues = &signal};
    VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
    VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                         .pNext = &values,
                         .waitSemaphoreCount = wait != 0,
                         .pWaitSemaphores = &timeline,
                         .pWaitDstStageMask = &stage,
                         .commandBufferCount = 1,
                         .pCommandBuffers = &commands,
                         .signalSemaphoreCount = signal != 0,
                         .pSignalSemaphores = &timeline};
    CHECK(vkQueueSubmit(r->queue, 1, &info, fence));
}

VkFence renderer_create_fence(const renderer *r)
{
    VkFence fence;
    VkFenceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    CHECK(vkCreateFence(r->device, &info, NULL, &fence));
    return fence;
}

void renderer_wait(const renderer *r, VkFence fence)
{
    CHECK(vkWaitForFences(r->device, 1, &fence, VK_TRUE, UINT64_MAX));
    CHECK(vkResetFences(r->device, 1, &fence));
}
