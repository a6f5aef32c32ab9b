#include "upload.h"

#include <string.h>

#define STAGING_SIZE ((VkDeviceSize)64 << 20)
#define LEAST_SIZE   ((VkDeviceSize)16)

static VkResult allocate(const device *device, VkMemoryRequirements needs, VkDeviceMemory *memory)
{
    VkPhysicalDeviceMemoryProperties types;
    vkGetPhysicalDeviceMemoryProperties(device->physical, &types);
    for (uint32_t type = 0; type < types.memoryTypeCount; type++)
        if (needs.memoryTypeBits & 1u << type &&
            types.memoryTypes[type].propertyFlags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT)
            return vkAllocateMemory(device->handle,
                                    &(VkMemoryAllocateInfo){
                                        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                        .pNext =
                                            &(VkMemoryAllocateFlagsInfo){
                                                .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
                                                .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT,
                                            },
                                        .allocationSize = needs.size,
                                        .memoryTypeIndex = type,
                                    },
                                    NULL, memory);
    return VK_ERROR_FEATURE_NOT_PRESENT;
}

static bool fill(const device *device, VkDeviceSize size, device_buffer *buffer, error *error)
{
    if (!vk_ok(vkCreateBuffer(device->handle,
                              &(VkBufferCreateInfo){
                                  .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                  .size = size,
                                  .usage = VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT |
                                           VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |
                                           VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT,
                              },
                              NULL, &buffer->handle),
               "vkCreateBuffer", error))
        return false;
    VkMemoryRequirements needs;
    vkGetBufferMemoryRequirements(device->handle, buffer->handle, &needs);
    VkResult result = allocate(device, needs, &buffer->memory);
    if (result == VK_ERROR_OUT_OF_DEVICE_MEMORY || result == VK_ERROR_OUT_OF_HOST_MEMORY)
        return error_set(error, "no %.1f MiB of Vulkan memory for the scene", (double)needs.size / 1048576);
    if (!vk_ok(result, "vkAllocateMemory", error) ||
        !vk_ok(vkBindBufferMemory(device->handle, buffer->handle, buffer->memory, 0), "vkBindBufferMemory", error))
        return false;
    buffer->address = vkGetBufferDeviceAddress(
        device->handle,
        &(VkBufferDeviceAddressInfo){.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO, .buffer = buffer->handle});
    return true;
}

bool device_buffer_create(const device *device, VkDeviceSize size, device_buffer *buffer, error *error)
{
    *buffer = (device_buffer){.size = size > LEAST_SIZE ? size : LEAST_SIZE};
    if (fill(device, buffer->size, buffer, error))
        return true;
    device_buffer_destroy(device, buffer);
    return false;
}

bool device_buffer_reserve(const device *device, VkDeviceSize size, device_buffer *buffer, error *error)
{
    const VkDeviceSize before = buffer->size;
    if (buffer->handle && before >= size)
        return true;
    device_buffer_destroy(device, buffer);
    return device_buffer_create(device, before > 0 && size < before + before / 2 ? before + before / 2 : size, buffer,
                                error);
}

static bool reserve_staging(const device *device, VkDeviceSize size, device_staging *staging, error *error)
{
    if (!staging->commands && !commands_allocate(device, 1, &staging->commands, error))
        return false;
    if (staging->buffer.handle && staging->buffer.size >= size)
        return true;
    buffer_destroy(device, &staging->buffer);
    return buffer_create(device, size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, &staging->buffer, error);
}

void device_staging_destroy(const device *device, device_staging *staging)
{
    if (staging->commands)
        vkFreeCommandBuffers(device->handle, device->commands, 1, &staging->commands);
    buffer_destroy(device, &staging->buffer);
    *staging = (device_staging){0};
}

static bool flush(const device *device, device_staging *staging, error *error)
{
    staging->used = 0;
    return commands_finish(device, staging->commands, error);
}

/* Copies of up to the buffer's size are submitted together. */
static bool stage(const device *device, device_staging *staging, const device_write *write, error *error)
{
    for (VkDeviceSize done = 0, part; done < write->size; done += part) {
        if (staging->used == 0 && !commands_begin(staging->commands, error))
            return false;
        const VkDeviceSize left = write->size - done, room = staging->buffer.size - staging->used;
        part = left < room ? left : room;
        memcpy((char *)staging->buffer.mapped + staging->used, (const char *)write->data + done, part);
        vkCmdCopyBuffer(staging->commands, staging->buffer.handle, write->buffer->handle, 1,
                        &(VkBufferCopy){.srcOffset = staging->used, .dstOffset = write->offset + done, .size = part});
        staging->used += part;
        if (staging->used == staging->buffer.size && !flush(device, staging, error))
            return false;
    }
    return true;
}

bool device_buffers_write(const device *device, device_staging *staging, const device_write *writes, uint32_t count,
                          error *error)
{
    VkDeviceSize size = 0;
    for (uint32_t i = 0; i < count; i++)
        size += writes[i].size;
    if (size == 0)
        return true;
    bool ok = reserve_staging(device, size < STAGING_SIZE ? size : STAGING_SIZE, staging, error);
    staging->used = 0;
    for (uint32_t i = 0; ok && i < count; i++)
        ok = stage(device, staging, &writes[i], error);
    return ok && (staging->used == 0 || flush(device, staging, error));
}

void device_buffer_destroy(const device *device, device_buffer *buffer)
{
    if (!device->handle)
        return;
    vkDestroyBuffer(device->handle, buffer->handle, NULL);
    vkFreeMemory(device->handle, buffer->memory, NULL);
    *buffer = (device_buffer){0};
}
