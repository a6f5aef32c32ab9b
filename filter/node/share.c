#include "share.h"

#include "buffer.h"
#include "image.h"
#include "vulkan/check.h"

static wf_result missing_extension(const wf_log *log, const char *name)
{
    return wf_fail(log, WF_ERROR_UNSUPPORTED,
                   "the Vulkan device was made without %s, which sharing images with CUDA needs", name);
}

static PFN_vkGetMemoryFdKHR memory_function(const wf_node_options *vulkan)
{
    return (PFN_vkGetMemoryFdKHR)vkGetDeviceProcAddr(vulkan->device, "vkGetMemoryFdKHR");
}

static PFN_vkGetSemaphoreFdKHR semaphore_function(const wf_node_options *vulkan)
{
    return (PFN_vkGetSemaphoreFdKHR)vkGetDeviceProcAddr(vulkan->device, "vkGetSemaphoreFdKHR");
}

static wf_result check_format(const wf_node_options *vulkan, const wf_log *log, VkFormat format)
{
    VkPhysicalDeviceExternalImageFormatInfo external = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO, .handleType = SHARE_MEMORY_AS};
    VkPhysicalDeviceImageFormatInfo2 info = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
                                             .pNext = &external,
                                             .format = format,
                                             .type = VK_IMAGE_TYPE_2D,
                                             .tiling = VK_IMAGE_TILING_OPTIMAL,
                                             .usage = wf_image_usage};
    VkExternalImageFormatProperties sharing = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
    VkImageFormatProperties2 properties = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2, .pNext = &sharing};
    VkResult result = vkGetPhysicalDeviceImageFormatProperties2(vulkan->physical_device, &info, &properties);
    VkExternalMemoryFeatureFlags features = sharing.externalMemoryProperties.externalMemoryFeatures;
    if (result != VK_SUCCESS || !(features & VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT))
        return wf_fail(log, WF_ERROR_UNSUPPORTED,
                       "the Vulkan device cannot export images of VkFormat %d as opaque file descriptors", format);
    return WF_OK;
}

wf_result wf_share_check_images(const wf_node_options *vulkan, const wf_log *log)
{
    if (!memory_function(vulkan))
        return missing_extension(log, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME);
    WF_TRY(check_format(vulkan, log, wf_image_role_format(WF_NODE_COLOR)));
    return check_format(vulkan, log, wf_image_role_format(WF_NODE_DEPTH));
}

wf_result wf_share_check_buffers(const wf_node_options *vulkan, const wf_log *log)
{
    const VkPhysicalDeviceExternalBufferInfo info = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
                                                     .usage = wf_buffer_usage,
                                                     .handleType = SHARE_MEMORY_AS};
    VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
    vkGetPhysicalDeviceExternalBufferProperties(vulkan->physical_device, &info, &properties);
    const VkExternalMemoryFeatureFlags features = properties.externalMemoryProperties.externalMemoryFeatures;
    if (!memory_function(vulkan))
        return missing_extension(log, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME);
    if (!(features & VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT))
        return wf_fail(log, WF_ERROR_UNSUPPORTED, "the Vulkan device cannot export buffers as opaque file descriptors");
    return WF_OK;
}

wf_result wf_share_check_timelines(const wf_node_options *vulkan, const wf_log *log)
{
    if (!semaphore_function(vulkan))
        return missing_extension(log, VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME);
    VkSemaphoreTypeCreateInfo timeline = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                          .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
    VkPhysicalDeviceExternalSemaphoreInfo info = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_SEMAPHORE_INFO,
                                                  .pNext = &timeline,
                                                  .handleType = SHARE_SEMAPHORE_AS};
    VkExternalSemaphoreProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_SEMAPHORE_PROPERTIES};
    vkGetPhysicalDeviceExternalSemaphoreProperties(vulkan->physical_device, &info, &properties);
    if (!(properties.externalSemaphoreFeatures & VK_EXTERNAL_SEMAPHORE_FEATURE_EXPORTABLE_BIT))
        return wf_fail(log, WF_ERROR_UNSUPPORTED,
                       "the Vulkan device cannot export timeline semaphores as opaque file descriptors");
    return WF_OK;
}

wf_result wf_share_create_timeline(const wf_node_options *vulkan, const wf_log *log, int shared, VkSemaphore *timeline)
{
    VkExportSemaphoreCreateInfo export = {.sType = VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO,
                                          .handleTypes = SHARE_SEMAPHORE_AS};
    VkSemaphoreTypeCreateInfo type = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                      .pNext = shared ? &export : NULL,
                                      .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
    VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
    return wf_vulkan_check(log, vkCreateSemaphore(vulkan->device, &info, NULL, timeline), "vkCreateSemaphore");
}

wf_result wf_share_memory(const wf_node_options *vulkan, const wf_log *log, VkDeviceMemory memory, int *fd)
{
    *fd = -1;
    VkMemoryGetFdInfoKHR info = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR, .memory = memory, .handleType = SHARE_MEMORY_AS};
    return wf_vulkan_check(log, memory_function(vulkan)(vulkan->device, &info, fd), "vkGetMemoryFdKHR");
}

wf_result wf_share_timeline(const wf_node_options *vulkan, const wf_log *log, VkSemaphore timeline, int *fd)
{
    *fd = -1;
    VkSemaphoreGetFdInfoKHR info = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_GET_FD_INFO_KHR, .semaphore = timeline, .handleType = SHARE_SEMAPHORE_AS};
    return wf_vulkan_check(log, semaphore_function(vulkan)(vulkan->device, &info, fd), "vkGetSemaphoreFdKHR");
}
