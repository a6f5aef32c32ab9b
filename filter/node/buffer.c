#include "buffer.h"

#include <inttypes.h>
#include <stdlib.h>

#include "image.h"
#include "share.h"
#include "vulkan/check.h"

const VkBufferUsageFlags wf_buffer_usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT |
                                           VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT |
                                           VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;

static wf_result create_handle(const wf_node_options *vulkan, const wf_log *log, int shared, wf_node_buffer *buffer)
{
    VkExternalMemoryBufferCreateInfo external = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
                                                 .handleTypes = SHARE_MEMORY_AS};
    VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                               .pNext = shared ? &external : NULL,
                               .size = buffer->size,
                               .usage = buffer->usage,
                               .sharingMode = VK_SHARING_MODE_EXCLUSIVE};
    return wf_vulkan_check(log, vkCreateBuffer(vulkan->device, &info, NULL, &buffer->buffer), "vkCreateBuffer");
}

static wf_result allocate(const wf_node_options *vulkan, const wf_log *log, int shared, wf_node_buffer *buffer)
{
    VkMemoryRequirements needs;
    vkGetBufferMemoryRequirements(vulkan->device, buffer->buffer, &needs);
    VkMemoryAllocateFlagsInfo addressed = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
                                           .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT};
    VkExportMemoryAllocateInfo export = {
        .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, .pNext = &addressed, .handleTypes = SHARE_MEMORY_AS};
    VkMemoryDedicatedAllocateInfo dedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
                                               .pNext = shared ? (const void *)&export : &addressed,
                                               .buffer = buffer->buffer};
    VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                 .pNext = &dedicated,
                                 .allocationSize = needs.size,
                                 .memoryTypeIndex = wf_image_memory_type(vulkan, needs.memoryTypeBits)};
    WF_TRY(wf_vulkan_check(log, vkAllocateMemory(vulkan->device, &info, NULL, &buffer->memory), "vkAllocateMemory"));
    buffer->memory_size = needs.size;
    return wf_vulkan_check(log, vkBindBufferMemory(vulkan->device, buffer->buffer, buffer->memory, 0),
                           "vkBindBufferMemory");
}

static wf_result create_on_host(const wf_log *log, VkDeviceSize size, wf_node_buffer *buffer)
{
    *buffer = (wf_node_buffer){0};
    void *data = calloc(1, size);
    if (!data)
        return wf_fail(log, WF_ERROR_OUT_OF_MEMORY, "no host memory for a buffer of %" PRIu64 " bytes", size);
    *buffer = (wf_node_buffer){.size = size, .data = data};
    return WF_OK;
}

wf_result wf_buffer_create(const wf_node_options *vulkan, const wf_log *log, VkDeviceSize size, int shared,
                           wf_node_buffer *buffer)
{
    if (!vulkan->device)
        return create_on_host(log, size, buffer);
    *buffer = (wf_node_buffer){0};
    if (shared)
        WF_TRY(wf_share_check_buffers(vulkan, log));
    *buffer = (wf_node_buffer){.size = size, .usage = wf_buffer_usage};
    wf_result result = create_handle(vulkan, log, shared, buffer);
    if (result == WF_OK)
        result = allocate(vulkan, log, shared, buffer);
    if (result != WF_OK)
        wf_buffer_destroy(vulkan->device, buffer);
    return result;
}

void wf_buffer_destroy(VkDevice device, wf_node_buffer *buffer)
{
    if (device) {
        vkDestroyBuffer(device, buffer->buffer, NULL);
        vkFreeMemory(device, buffer->memory, NULL);
    } else {
        free(buffer->data);
    }
    *buffer = (wf_node_buffer){0};
}
