#include "staging.h"

#include "vulkan/check.h"

/* Cached where there is such. Vulkan promises a type that fits every buffer. */
static uint32_t memory_type(const wf_node_options *vulkan, uint32_t allowed)
{
    const VkMemoryPropertyFlags coherent = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    const VkMemoryPropertyFlags wanted[] = {coherent | VK_MEMORY_PROPERTY_HOST_CACHED_BIT, coherent};
    VkPhysicalDeviceMemoryProperties memory;
    vkGetPhysicalDeviceMemoryProperties(vulkan->physical_device, &memory);
    for (int w = 0; w < 2; w++) {
        for (uint32_t i = 0; i < memory.memoryTypeCount; i++) {
            if (allowed >> i & 1 && (memory.memoryTypes[i].propertyFlags & wanted[w]) == wanted[w])
                return i;
        }
    }
    return 0;
}

static wf_result create_parts(const wf_node_options *vulkan, const wf_log *log, VkDeviceSize size,
                              VkBufferUsageFlags usage, node_staging *made)
{
    VkDevice device = vulkan->device;
    VkBufferCreateInfo buffer = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .size = size, .usage = usage};
    WF_TRY(wf_vulkan_check(log, vkCreateBuffer(device, &buffer, NULL, &made->buffer), "vkCreateBuffer"));
    VkMemoryRequirements needs;
    vkGetBufferMemoryRequirements(device, made->buffer, &needs);
    VkMemoryAllocateFlagsInfo addressed = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
                                           .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT};
    VkMemoryAllocateInfo memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                   .pNext = usage & VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT ? &addressed : NULL,
                                   .allocationSize = needs.size,
                                   .memoryTypeIndex = memory_type(vulkan, needs.memoryTypeBits)};
    WF_TRY(wf_vulkan_check(log, vkAllocateMemory(device, &memory, NULL, &made->memory), "vkAllocateMemory"));
    WF_TRY(wf_vulkan_check(log, vkBindBufferMemory(device, made->buffer, made->memory, 0), "vkBindBufferMemory"));
    return wf_vulkan_check(log, vkMapMemory(device, made->memory, 0, VK_WHOLE_SIZE, 0, &made->data), "vkMapMemory");
}

wf_result wf_staging_create(const wf_node_options *vulkan, const wf_log *log, VkDeviceSize size,
                            VkBufferUsageFlags usage, node_staging *made)
{
    *made = (node_staging){0};
    wf_result result = create_parts(vulkan, log, size, usage, made);
    if (result != WF_OK)
        wf_staging_destroy(vulkan->device, made);
    return result;
}

void wf_staging_destroy(VkDevice device, node_staging *made)
{
    vkDestroyBuffer(device, made->buffer, NULL);
    vkFreeMemory(device, made->memory, NULL);
    *made = (node_staging){0};
}
