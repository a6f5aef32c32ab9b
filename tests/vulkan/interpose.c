#include "interpose.h"

#include <dlfcn.h>
#include <string.h>

interposed interpose;

/* The library finds these before the loader's. */
#define EXPORT __attribute__((visibility("default"))) VKAPI_ATTR

#define NEXT(function) ((PFN_##function)next(#function))

static PFN_vkVoidFunction next(const char *name)
{
    PFN_vkVoidFunction function;
    void *symbol = dlsym(RTLD_NEXT, name);
    memcpy(&function, &symbol, sizeof function);
    return function;
}

static void hide_feature(const char *name, VkBool32 *feature)
{
    if (interpose.missing_feature && !strcmp(interpose.missing_feature, name))
        *feature = VK_FALSE;
}

#define HIDE(features, name) hide_feature(#name, &(features)->name)

EXPORT void VKAPI_CALL vkGetPhysicalDeviceFeatures2(VkPhysicalDevice physical_device,
                                                    VkPhysicalDeviceFeatures2 *features)
{
    NEXT(vkGetPhysicalDeviceFeatures2)(physical_device, features);
    HIDE(&features->features, shaderInt64);
    HIDE(&features->features, shaderStorageImageWriteWithoutFormat);
    for (VkBaseOutStructure *link = features->pNext; link; link = link->pNext) {
        if (link->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES)
            HIDE((VkPhysicalDeviceVulkan11Features *)link, storageBuffer16BitAccess);
        if (link->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES) {
            HIDE((VkPhysicalDeviceVulkan12Features *)link, bufferDeviceAddress);
            HIDE((VkPhysicalDeviceVulkan12Features *)link, timelineSemaphore);
            HIDE((VkPhysicalDeviceVulkan12Features *)link, scalarBlockLayout);
        }
    }
}

EXPORT void VKAPI_CALL vkGetPhysicalDeviceProperties(VkPhysicalDevice physical_device,
                                                     VkPhysicalDeviceProperties *properties)
{
    NEXT(vkGetPhysicalDeviceProperties)(physical_device, properties);
    if (interpose.api_version)
        properties->apiVersion = interpose.api_version;
    for (int i = 0; i < 2; i++) {
        if (interpose.group_limits[i])
            properties->limits.maxComputeWorkGroupCount[i] = interpose.group_limits[i];
    }
}

EXPORT VkResult VKAPI_CALL vkEnumeratePhysicalDevices(VkInstance instance, uint32_t *count, VkPhysicalDevice *devices)
{
    VkResult result = NEXT(vkEnumeratePhysicalDevices)(instance, count, devices);
    if (interpose.no_devices)
        *count = 0;
    return result;
}

EXPORT VkResult VKAPI_CALL vkAllocateMemory(VkDevice device, const VkMemoryAllocateInfo *info,
                                            const VkAllocationCallbacks *callbacks, VkDeviceMemory *memory)
{
    if (interpose.allocate_memory != VK_SUCCESS)
        return interpose.allocate_memory;
    return NEXT(vkAllocateMemory)(device, info, callbacks, memory);
}

EXPORT VkResult VKAPI_CALL vkCreateComputePipelines(VkDevice device, VkPipelineCache cache, uint32_t count,
                                                    const VkComputePipelineCreateInfo *infos,
                                                    const VkAllocationCallbacks *callbacks, VkPipeline *pipelines)
{
    if (interpose.create_pipelines != VK_SUCCESS)
        return interpose.create_pipelines;
    interpose.pipelines += (int)count;
    interpose.pipeline_cache = cache;
    return NEXT(vkCreateComputePipelines)(device, cache, count, infos, callbacks, pipelines);
}

EXPORT VkResult VKAPI_CALL vkQueueSubmit(VkQueue queue, uint32_t count, const VkSubmitInfo *submits, VkFence fence)
{
    if (interpose.queue_submit != VK_SUCCESS)
        return interpose.queue_submit;
    return NEXT(vkQueueSubmit)(queue, count, submits, fence);
}

EXPORT void VKAPI_CALL vkCmdDispatch(VkCommandBuffer commands, uint32_t x, uint32_t y, uint32_t z)
{
    interpose.dispatches++;
    NEXT(vkCmdDispatch)(commands, x, y, z);
}

EXPORT void VKAPI_CALL vkCmdCopyBuffer(VkCommandBuffer commands, VkBuffer from, VkBuffer to, uint32_t count,
                                       const VkBufferCopy *regions)
{
    interpose.copies++;
    NEXT(vkCmdCopyBuffer)(commands, from, to, count, regions);
}

EXPORT void VKAPI_CALL vkCmdCopyImageToBuffer(VkCommandBuffer commands, VkImage from, VkImageLayout layout, VkBuffer to,
                                              uint32_t count, const VkBufferImageCopy *regions)
{
    interpose.copies++;
    NEXT(vkCmdCopyImageToBuffer)(commands, from, layout, to, count, regions);
}

EXPORT void VKAPI_CALL vkCmdCopyBufferToImage(VkCommandBuffer commands, VkBuffer from, VkImage to, VkImageLayout layout,
                                              uint32_t count, const VkBufferImageCopy *regions)
{
    interpose.copies++;
    NEXT(vkCmdCopyBufferToImage)(commands, from, to, layout, count, regions);
}

static VKAPI_ATTR VkResult VKAPI_CALL fail_get_memory_fd(VkDevice device, const VkMemoryGetFdInfoKHR *info, int *fd)
{
    (void)device, (void)info, (void)fd;
    return interpose.get_memory_fd;
}

EXPORT PFN_vkVoidFunction VKAPI_CALL vkGetDeviceProcAddr(VkDevice device, const char *name)
{
    if (interpose.get_memory_fd != VK_SUCCESS && !strcmp(name, "vkGetMemoryFdKHR"))
        return (PFN_vkVoidFunction)fail_get_memory_fd;
    return NEXT(vkGetDeviceProcAddr)(device, name);
}
