#include <stdlib.h>

#include "device.h"

/* Allocates from the first allowed memory type that has the properties and is large enough. */
static VkResult allocate_type(const device *device, VkMemoryRequirements requirements, VkMemoryPropertyFlags properties,
                              VkDeviceMemory *memory)
{
    VkPhysicalDeviceMemoryProperties types;
    vkGetPhysicalDeviceMemoryProperties(device->physical, &types);
    for (uint32_t type = 0; type < types.memoryTypeCount; type++) {
        VkDeviceSize heap = types.memoryHeaps[types.memoryTypes[type].heapIndex].size;
        bool fits = requirements.memoryTypeBits & 1u << type && requirements.size <= heap;
        if (fits && (types.memoryTypes[type].propertyFlags & properties) == properties)
            return vkAllocateMemory(device->handle,
                                    &(VkMemoryAllocateInfo){
                                        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                        .allocationSize = requirements.size,
                                        .memoryTypeIndex = type,
                                    },
                                    NULL, memory);
    }
    return VK_ERROR_FEATURE_NOT_PRESENT;
}

/* Memory with the needed properties, and the wanted ones too where there is enough of such. */
static bool allocate(const device *device, VkMemoryRequirements requirements, VkMemoryPropertyFlags needed,
                     VkMemoryPropertyFlags wanted, VkDeviceMemory *memory, error *error)
{
    if (allocate_type(device, requirements, needed | wanted, memory) == VK_SUCCESS)
        return true;
    VkResult result = allocate_type(device, requirements, needed, memory);
    if (result == VK_SUCCESS)
        return true;
    const char *reason = vk_result_name(result);
    return error_set(error, "no %.1f MiB of Vulkan memory: %s", (double)requirements.size / 1048576,
                     reason ? reason : "no type of memory fits");
}

static bool make_buffer(const device *device, VkBufferUsageFlags usage, VkMemoryPropertyFlags needed,
                        VkMemoryPropertyFlags wanted, buffer *buffer, error *error)
{
    if (!vk_ok(vkCreateBuffer(device->handle,
                              &(VkBufferCreateInfo){
                                  .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                  .size = buffer->size,
                                  .usage = usage,
                              },
                              NULL, &buffer->handle),
               "vkCreateBuffer", error))
        return false;
    VkMemoryRequirements requirements;
    vkGetBufferMemoryRequirements(device->handle, buffer->handle, &requirements);
    return allocate(device, requirements, needed, wanted, &buffer->memory, error) &&
           vk_ok(vkBindBufferMemory(device->handle, buffer->handle, buffer->memory, 0), "vkBindBufferMemory", error);
}

static bool fill_buffer(const device *device, VkBufferUsageFlags usage, buffer *buffer, error *error)
{
    const bool reads = usage & VK_BUFFER_USAGE_TRANSFER_DST_BIT;
    return make_buffer(device, usage, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
                       reads ? VK_MEMORY_PROPERTY_HOST_CACHED_BIT : VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, buffer,
                       error) &&
           vk_ok(vkMapMemory(device->handle, buffer->memory, 0, VK_WHOLE_SIZE, 0, &buffer->mapped), "vkMapMemory",
                 error);
}

bool buffer_create(const device *device, VkDeviceSize size, VkBufferUsageFlags usage, buffer *buffer, error *error)
{
    *buffer = (struct buffer){.size = size};
    if (fill_buffer(device, usage, buffer, error))
        return true;
    buffer_destroy(device, buffer);
    return false;
}

bool buffer_create_on_device(const device *device, VkDeviceSize size, VkBufferUsageFlags usage, buffer *buffer,
                             error *error)
{
    *buffer = (struct buffer){.size = size};
    if (make_buffer(device, usage, 0, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, buffer, error))
        return true;
    buffer_destroy(device, buffer);
    return false;
}

void buffer_destroy(const device *device, buffer *buffer)
{
    if (!device->handle)
        return;
    vkDestroyBuffer(device->handle, buffer->handle, NULL);
    vkFreeMemory(device->handle, buffer->memory, NULL);
    *buffer = (struct buffer){0};
}

static bool fill_image(const device *device, uint32_t width, uint32_t height, wf_node_image *image, error *error)
{
    if (!vk_ok(vkCreateImage(device->handle,
                             &(VkImageCreateInfo){
                                 .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                                 .imageType = VK_IMAGE_TYPE_2D,
                                 .format = image->format,
                                 .extent = {width, height, 1},
                                 .mipLevels = 1,
                                 .arrayLayers = 1,
                                 .samples = VK_SAMPLE_COUNT_1_BIT,
                                 .usage = image->usage,
                             },
                             NULL, &image->image),
               "vkCreateImage", error))
        return false;
    VkMemoryRequirements requirements;
    vkGetImageMemoryRequirements(device->handle, image->image, &requirements);
    image->memory_size = requirements.size;
    return allocate(device, requirements, 0, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, &image->memory, error) &&
           vk_ok(vkBindImageMemory(device->handle, image->image, image->memory, 0), "vkBindImageMemory", error) &&
           vk_ok(vkCreateImageView(device->handle,
                                   &(VkImageViewCreateInfo){
                                       .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
                                       .image = image->image,
                                       .viewType = VK_IMAGE_VIEW_TYPE_2D,
                                       .format = image->format,
                                       .subresourceRange = image_range,
                                   },
                                   NULL, &image->view),
                 "vkCreateImageView", error);
}

VkDeviceSize image_buffer_bytes(int width, int height, int channels)
{
    const VkDeviceSize texel = 4 * sizeof(float);
    VkDeviceSize bytes = (VkDeviceSize)width * (VkDeviceSize)height * (VkDeviceSize)channels * sizeof(float);
    return (bytes + texel - 1) / texel * texel;
}

static bool create_on_host(uint32_t width, uint32_t height, VkFormat format, wf_node_image *image, error *error)
{
    const size_t texel = format == VK_FORMAT_R32_SFLOAT ? 4 : format == VK_FORMAT_R32G32_SFLOAT ? 8 : 16;
    *image = (wf_node_image){.format = format, .texels = calloc((size_t)width * height, texel)};
    return image->texels || error_set(error, "not enough memory for an image of %ux%u pixels", width, height);
}

bool image_create(const device *device, uint32_t width, uint32_t height, VkFormat format, VkImageUsageFlags usage,
                  wf_node_image *image, error *error)
{
    if (!device->handle)
        return create_on_host(width, height, format, image, error);
    *image = (wf_node_image){.format = format, .usage = usage};
    if (fill_image(device, width, height, image, error))
        return true;
    image_destroy(device, image);
    const struct error reason = *error;
    return error_set(error, "an image of %ux%u pixels: %s", width, height, reason.message);
}

void image_destroy(const device *device, wf_node_image *image)
{
    free(image->texels);
    if (device->handle) {
        vkDestroyImageView(device->handle, image->view, NULL);
        vkDestroyImage(device->handle, image->image, NULL);
        vkFreeMemory(device->handle, image->memory, NULL);
    }
    *image = (wf_node_image){0};
}
