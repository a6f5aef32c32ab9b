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

bool device_buffer_write(const device *device, const device_buffer *buffer, VkDeviceSize offset, const void *data,
                         VkDeviceSize size, error *error)
{
    if (size == 0)
        return true;
    struct buffer staging;
    VkCommandBuffer commands = VK_NULL_HANDLE;
    VkDeviceSize step = size < STAGING_SIZE ? size : STAGING_SIZE;
    bool ok = buffer_create(device, step, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, &staging, error) &&
              commands_allocate(device, 1, &commands, error);
    for (VkDeviceSize done = 0; ok && done < size; done += step) {
        VkDeviceSize part = size - done < step ? size - done : step;
        memcpy(staging.mapped, (const char *)data + done, part);
        ok = commands_begin(commands, error);
        if (!ok)
            break;
        vkCmdCopyBuffer(commands, staging.handle, buffer->handle, 1,
                        &(VkBufferCopy){.dstOffset = offset + done, .size = part});
        ok = commands_finish(device, commands, error);
    }
    if (commands)
        vkFreeCommandBuffers(device->handle, device->commands, 1, &commands);
    buffer_destroy(device, &staging);
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
