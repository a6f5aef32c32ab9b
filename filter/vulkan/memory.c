/* Device memory, and copies between it and the host through a staging buffer. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

#define STAGING_SIZE ((VkDeviceSize)8 << 20)
#define ALIGNMENT    256 /* of what wf_alloc returns */

/* The first type that the buffer can use and that has all the flags; -1: none. */
static int find_memory_type(const vulkan_device *device, uint32_t usable, VkMemoryPropertyFlags flags)
{
    for (uint32_t i = 0; i < device->memory.memoryTypeCount; i++) {
        if (usable >> i & 1 && (device->memory.memoryTypes[i].propertyFlags & flags) == flags)
            return (int)i;
    }
    return -1;
}

static void destroy_buffer(vulkan_device *device, vulkan_buffer *buffer)
{
    vkDestroyBuffer(device->device, buffer->buffer, NULL);
    vkFreeMemory(device->device, buffer->memory, NULL);
    *buffer = (vulkan_buffer){0};
}

static wf_result allocate_memory(vulkan_device *device, vulkan_buffer *buffer, VkMemoryPropertyFlags flags,
                                 VkMemoryPropertyFlags preferred)
{
    VkMemoryRequirements needs;
    vkGetBufferMemoryRequirements(device->device, buffer->buffer, &needs);
    int type = find_memory_type(device, needs.memoryTypeBits, flags | preferred);
    if (type < 0)
        type = find_memory_type(device, needs.memoryTypeBits, flags);
    if (type < 0)
        return wf_fail(&device->base.log, WF_ERROR_UNSUPPORTED, "the device has no memory type with flags 0x%x", flags);

    const VkMemoryAllocateFlagsInfo address = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
                                               .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT};
    const VkMemoryDedicatedAllocateInfo dedicated = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, .pNext = &address, .buffer = buffer->buffer};
    const VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                       .pNext = &dedicated,
                                       .allocationSize = needs.size,
                                       .memoryTypeIndex = (uint32_t)type};
    VkResult result = vkAllocateMemory(device->device, &info, NULL, &buffer->memory);
    if (result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY)
        return wf_fail(&device->base.log, WF_ERROR_OUT_OF_MEMORY, "no device memory for %" PRIu64 " bytes",
                       (uint64_t)needs.size);
    return wf_vulkan_check(&device->base.log, result, "vkAllocateMemory");
}

static wf_result fill_buffer(vulkan_device *device, VkDeviceSize size, VkMemoryPropertyFlags flags,
                             VkMemoryPropertyFlags preferred, vulkan_buffer *buffer)
{
    const wf_log *log = &device->base.log;
    const VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                     .size = size,
                                     .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                                              VK_BUFFER_USAGE_TRANSFER_DST_BIT |
                                              VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT,
                                     .sharingMode = VK_SHARING_MODE_EXCLUSIVE};
    *buffer = (vulkan_buffer){.size = size};
    WF_TRY(wf_vulkan_check(log, vkCreateBuffer(device->device, &info, NULL, &buffer->buffer), "vkCreateBuffer"));
    WF_TRY(allocate_memory(device, buffer, flags, preferred));
    WF_TRY(wf_vulkan_check(log, vkBindBufferMemory(device->device, buffer->buffer, buffer->memory, 0),
                           "vkBindBufferMemory"));
    const VkBufferDeviceAddressInfo address = {.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO,
                                               .buffer = buffer->buffer};
    buffer->address = vkGetBufferDeviceAddress(device->device, &address);
    return WF_OK;
}

static wf_result create_buffer(vulkan_device *device, VkDeviceSize size, VkMemoryPropertyFlags flags,
                               VkMemoryPropertyFlags preferred, vulkan_buffer *buffer)
{
    wf_result result = fill_buffer(device, size, flags, preferred, buffer);
    if (result != WF_OK)
        destroy_buffer(device, buffer);
    return result;
}

wf_result wf_vulkan_create_memory(vulkan_device *device)
{
    WF_TRY(create_buffer(device, STAGING_SIZE,
                         VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
                         VK_MEMORY_PROPERTY_HOST_CACHED_BIT, &device->staging));
    return wf_vulkan_check(&device->base.log,
                           vkMapMemory(device->device, device->staging.memory, 0, VK_WHOLE_SIZE, 0, &device->mapped),
                           "vkMapMemory");
}

void wf_vulkan_destroy_memory(vulkan_device *device)
{
    destroy_buffer(device, &device->staging);
    free(device->buffers);
}

static VkDeviceSize largest_heap(const vulkan_device *device)
{
    VkDeviceSize largest = 0;
    for (uint32_t i = 0; i < device->memory.memoryHeapCount; i++) {
        if (device->memory.memoryHeaps[i].size > largest)
            largest = device->memory.memoryHeaps[i].size;
    }
    return largest;
}

wf_result wf_vulkan_alloc(wf_device *base, size_t size, void **data)
{
    vulkan_device *device = (vulkan_device *)base;
    VkDeviceSize largest = largest_heap(device);
    if (size > largest - ALIGNMENT)
        return wf_fail(&base->log, WF_ERROR_OUT_OF_MEMORY,
                       "no device memory for %zu bytes, the device has %" PRIu64 " in all", size, (uint64_t)largest);
    vulkan_buffer *buffers = realloc(device->buffers, (device->buffer_count + 1) * sizeof *buffers);
    if (!buffers)
        return wf_fail(&base->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for %zu buffers", device->buffer_count + 1);
    device->buffers = buffers;

    vulkan_buffer *buffer = &buffers[device->buffer_count];
    WF_TRY(create_buffer(device, size + ALIGNMENT - 1, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, 0, buffer));
    device->buffer_count++;
    *data = (void *)(uintptr_t)((buffer->address + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    return WF_OK;
}

/* NULL: no buffer of wf_alloc has this address. */
static vulkan_buffer *find_buffer(const vulkan_device *device, const void *data)
{
    VkDeviceAddress address = (uintptr_t)data;
    for (size_t i = 0; i < device->buffer_count; i++) {
        vulkan_buffer *buffer = &device->buffers[i];
        if (address >= buffer->address && address - buffer->address < buffer->size)
            return buffer;
    }
    return NULL;
}

void wf_vulkan_free(wf_device *base, void *data)
{
    vulkan_device *device = (vulkan_device *)base;
    vulkan_buffer *buffer = find_buffer(device, data);
    if (!buffer)
        return;
    destroy_buffer(device, buffer);
    *buffer = device->buffers[--device->buffer_count];
}

VkBuffer wf_vulkan_buffer(const wf_device *base, const void *data, VkDeviceSize *offset)
{
    const int is_vulkan = base && base->backend == WF_VULKAN;
    const vulkan_buffer *buffer = is_vulkan ? find_buffer((const vulkan_device *)base, data) : NULL;
    if (!buffer)
        return VK_NULL_HANDLE;
    if (offset)
        *offset = (uintptr_t)data - buffer->address;
    return buffer->buffer;
}

/* The buffer and offset of size bytes in memory from wf_alloc. */
static wf_result find_range(const wf_device *device, const void *data, size_t size, VkBuffer *buffer,
                            VkDeviceSize *offset)
{
    const vulkan_buffer *found = find_buffer((const vulkan_device *)device, data);
    if (!found)
        return WF_INVALID(&device->log, "address %p is not in memory from wf_alloc", data);
    *buffer = found->buffer;
    *offset = (uintptr_t)data - found->address;
    if (size > found->size - *offset)
        return WF_INVALID(&device->log,
                          "a copy of %zu bytes at address %p, where %" PRIu64 " bytes are left of the allocation", size,
                          data, (uint64_t)(found->size - *offset));
    return WF_OK;
}

static void record_copy(VkCommandBuffer commands, VkBuffer from, VkDeviceSize from_offset, VkBuffer to,
                        VkDeviceSize to_offset, VkDeviceSize size)
{
    const VkMemoryBarrier before = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                    .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
                                    .dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT};
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 1, &before, 0,
                         NULL, 0, NULL);
    const VkBufferCopy region = {.srcOffset = from_offset, .dstOffset = to_offset, .size = size};
    vkCmdCopyBuffer(commands, from, to, 1, &region);
    const VkMemoryBarrier after = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                   .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
                                   .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT |
                                                    VK_ACCESS_HOST_READ_BIT};
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT,
                         VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &after, 0, NULL, 0,
                         NULL);
}

/* One piece of an upload or a download. */
static wf_result copy(vulkan_device *device, VkBuffer from, VkDeviceSize from_offset, VkBuffer to,
                      VkDeviceSize to_offset, VkDeviceSize size)
{
    WF_TRY(wf_vulkan_begin_commands(device, device->transfer));
    record_copy(device->transfer, from, from_offset, to, to_offset, size);
    return wf_vulkan_submit(device, device->transfer);
}

static size_t piece_size(size_t left)
{
    return left < STAGING_SIZE ? left : STAGING_SIZE;
}

wf_result wf_vulkan_upload(wf_device *base, void *to, const void *from, size_t size)
{
    vulkan_device *device = (vulkan_device *)base;
    VkBuffer buffer;
    VkDeviceSize offset;
    WF_TRY(find_range(base, to, size, &buffer, &offset));
    for (size_t done = 0, piece; done < size; done += piece) {
        piece = piece_size(size - done);
        memcpy(device->mapped, (const char *)from + done, piece);
        WF_TRY(copy(device, device->staging.buffer, 0, buffer, offset + done, piece));
    }
    return WF_OK;
}

wf_result wf_vulkan_download(wf_device *base, void *to, const void *from, size_t size)
{
    vulkan_device *device = (vulkan_device *)base;
    VkBuffer buffer;
    VkDeviceSize offset;
    WF_TRY(find_range(base, from, size, &buffer, &offset));
    for (size_t done = 0, piece; done < size; done += piece) {
        piece = piece_size(size - done);
        WF_TRY(copy(device, buffer, offset + done, device->staging.buffer, 0, piece));
        memcpy((char *)to + done, device->mapped, piece);
    }
    return WF_OK;
}
