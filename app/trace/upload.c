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
    *buffer = (device_buffer){0};
    if (fill(device, size > LEAST_SIZE ? size : LEAST_SIZE, buffer, error))
        return true;
    device_buffer_destroy(device, buffer);
    return false;
}

/* Host memory on its way: copies of up to its size are submitted together. */
typedef struct staging {
    const device *device;
    buffer buffer;
    VkCommandBuffer commands;
    VkDeviceSize used;
} staging;

static bool staging_create(const device *device, VkDeviceSize size, staging *staging, error *error)
{
    *staging = (struct staging){.device = device};
    return buffer_create(device, size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, &staging->buffer, error) &&
           commands_allocate(device, 1, &staging->commands, error);
}

static void staging_destroy(staging *staging)
{
    if (staging->commands)
        vkFreeCommandBuffers(staging->device->handle, staging->device->commands, 1, &staging->commands);
    buffer_destroy(staging->device, &staging->buffer);
}

static bool flush(staging *staging, error *error)
{
    staging->used = 0;
    return commands_finish(staging->device, staging->commands, error);
}

static bool stage(staging *staging, const device_write *write, error *error)
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
        if (staging->used == staging->buffer.size && !flush(staging, error))
            return false;
    }
    return true;
}

bool device_buffers_write(const device *device, const device_write *writes, uint32_t count, error *error)
{
    VkDeviceSize size = 0;
    for (uint32_t i = 0; i < count; i++)
        size += writes[i].size;
    if (size == 0)
        return true;
    staging staging;
    bool ok = staging_create(device, size < STAGING_SIZE ? size : STAGING_SIZE, &staging, error);
    for (uint32_t i = 0; ok && i < count; i++)
        ok = stage(&staging, &writes[i], error);
    ok = ok && (staging.used == 0 || flush(&staging, error));
    staging_destroy(&staging);
    return ok;
}

void device_buffer_destroy(const device *device, device_buffer *buffer)
{
    if (!device->handle)
        return;
    vkDestroyBuffer(device->handle, buffer->handle, NULL);
    vkFreeMemory(device->handle, buffer->memory, NULL);
    *buffer = (device_buffer){0};
}
