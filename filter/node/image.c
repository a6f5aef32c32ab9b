#include "image.h"

#include <stdlib.h>

#include "role.h"
#include "share.h"
#include "vulkan/check.h"

const VkImageUsageFlags wf_image_usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_STORAGE_BIT |
                                         VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;

node_image_format wf_image_format_of(VkFormat format)
{
    switch (format) {
    case VK_FORMAT_R32G32B32A32_SFLOAT:
        return (node_image_format){.channels = 4};
    case VK_FORMAT_R16G16B16A16_SFLOAT:
        return (node_image_format){.channels = 4, .is_half = 1};
    case VK_FORMAT_R32_SFLOAT:
        return (node_image_format){.channels = 1};
    case VK_FORMAT_R16_SFLOAT:
        return (node_image_format){.channels = 1, .is_half = 1};
    default:
        return (node_image_format){0};
    }
}

size_t wf_image_texel_size(VkFormat format)
{
    node_image_format f = wf_image_format_of(format);
    return (size_t)f.channels * (f.is_half ? 2 : 4);
}

VkFormat wf_image_role_format(wf_node_role role)
{
    return wf_node_role_of(role).channels == 1 ? VK_FORMAT_R32_SFLOAT : VK_FORMAT_R32G32B32A32_SFLOAT;
}

uint32_t wf_image_memory_type(const wf_node_options *vulkan, uint32_t allowed)
{
    VkPhysicalDeviceMemoryProperties memory;
    vkGetPhysicalDeviceMemoryProperties(vulkan->physical_device, &memory);
    for (uint32_t i = 0; i < memory.memoryTypeCount; i++) {
        if (allowed >> i & 1 && memory.memoryTypes[i].propertyFlags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT)
            return i;
    }
    return (uint32_t)__builtin_ctz(allowed);
}

static wf_result create_handle(const wf_node_options *vulkan, const wf_log *log, int shared, wf_node_image *image)
{
    VkExternalMemoryImageCreateInfo external = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
                                                .handleTypes = SHARE_MEMORY_AS};
    VkImageCreateInfo info = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                              .pNext = shared ? &external : NULL,
                              .imageType = VK_IMAGE_TYPE_2D,
                              .format = image->format,
                              .extent = {vulkan->width, vulkan->height, 1},
                              .mipLevels = 1,
                              .arrayLayers = 1,
                              .samples = VK_SAMPLE_COUNT_1_BIT,
                              .tiling = VK_IMAGE_TILING_OPTIMAL,
                              .usage = image->usage,
                              .sharingMode = VK_SHARING_MODE_EXCLUSIVE,
                              .initialLayout = VK_IMAGE_LAYOUT_UNDEFINED};
    return wf_vulkan_check(log, vkCreateImage(vulkan->device, &info, NULL, &image->image), "vkCreateImage");
}

static wf_result allocate(const wf_node_options *vulkan, const wf_log *log, int shared, wf_node_image *image)
{
    VkMemoryRequirements needs;
    vkGetImageMemoryRequirements(vulkan->device, image->image, &needs);
    VkExportMemoryAllocateInfo export = {.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
                                         .handleTypes = SHARE_MEMORY_AS};
    VkMemoryDedicatedAllocateInfo dedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
                                               .pNext = shared ? &export : NULL,
                                               .image = image->image};
    VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                 .pNext = &dedicated,
                                 .allocationSize = needs.size,
                                 .memoryTypeIndex = wf_image_memory_type(vulkan, needs.memoryTypeBits)};
    WF_TRY(wf_vulkan_check(log, vkAllocateMemory(vulkan->device, &info, NULL, &image->memory), "vkAllocateMemory"));
    image->memory_size = needs.size;
    return wf_vulkan_check(log, vkBindImageMemory(vulkan->device, image->image, image->memory, 0), "vkBindImageMemory");
}

static wf_result create_view(const wf_node_options *vulkan, const wf_log *log, wf_node_image *image)
{
    VkImageViewCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
        .image = image->image,
        .viewType = VK_IMAGE_VIEW_TYPE_2D,
        .format = image->format,
        .subresourceRange = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT, .levelCount = 1, .layerCount = 1}};
    return wf_vulkan_check(log, vkCreateImageView(vulkan->device, &info, NULL, &image->view), "vkCreateImageView");
}

static wf_result create_parts(const wf_node_options *vulkan, const wf_log *log, int shared, wf_node_image *image)
{
    WF_TRY(create_handle(vulkan, log, shared, image));
    WF_TRY(allocate(vulkan, log, shared, image));
    return create_view(vulkan, log, image);
}

static wf_result create_on_host(const wf_node_options *options, const wf_log *log, VkFormat format,
                                wf_node_image *image)
{
    *image = (wf_node_image){0};
    void *texels = calloc((size_t)options->width * options->height, wf_image_texel_size(format));
    if (!texels)
        return wf_fail(log, WF_ERROR_OUT_OF_MEMORY, "no host memory for an image of %ux%u pixels", options->width,
                       options->height);
    *image = (wf_node_image){.format = format, .texels = texels};
    return WF_OK;
}

wf_result wf_image_create(const wf_node_options *vulkan, const wf_log *log, VkFormat format, int shared,
                          wf_node_image *image)
{
    if (!vulkan->device)
        return create_on_host(vulkan, log, format, image);
    *image = (wf_node_image){.format = format, .usage = wf_image_usage};
    wf_result result = create_parts(vulkan, log, shared, image);
    if (result != WF_OK)
        wf_image_destroy(vulkan->device, image);
    return result;
}

void wf_image_destroy(VkDevice device, wf_node_image *image)
{
    if (!device) {
        free(image->texels);
    } else {
        vkDestroyImageView(device, image->view, NULL);
        vkDestroyImage(device, image->image, NULL);
        vkFreeMemory(device, image->memory, NULL);
    }
    *image = (wf_node_image){0};
}

VkImageMemoryBarrier wf_image_barrier(VkImage image, VkImageLayout from, VkImageLayout to)
{
    return (VkImageMemoryBarrier){
        .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
        .oldLayout = from,
        .newLayout = to,
        .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .image = image,
        .subresourceRange = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT, .levelCount = 1, .layerCount = 1}};
}

void wf_image_record_barriers(VkCommandBuffer commands, uint32_t count, const VkImageMemoryBarrier *barriers)
{
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL,
                         0, NULL, count, barriers);
}
