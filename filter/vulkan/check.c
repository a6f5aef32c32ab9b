#include "check.h"

#include <stdlib.h>
#include <string.h>

wf_result wf_vulkan_check(const wf_log *log, VkResult result, const char *call)
{
    switch (result) {
    case VK_SUCCESS:
        return WF_OK;
    case VK_ERROR_OUT_OF_HOST_MEMORY:
    case VK_ERROR_TOO_MANY_OBJECTS:
        return wf_fail(log, WF_ERROR_OUT_OF_MEMORY, "%s failed: out of host memory", call);
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
        return wf_fail(log, WF_ERROR_OUT_OF_MEMORY, "%s failed: out of device memory", call);
    case VK_ERROR_DEVICE_LOST:
        return wf_fail(log, WF_ERROR_DEVICE, "%s failed: the device is lost", call);
    default:
        return wf_fail(log, WF_ERROR_DEVICE, "%s failed with VkResult %d", call, (int)result);
    }
}

static VkResult list_extensions(VkPhysicalDevice physical_device, uint32_t *count, VkExtensionProperties *extensions)
{
    return physical_device ? vkEnumerateDeviceExtensionProperties(physical_device, NULL, count, extensions)
                           : vkEnumerateInstanceExtensionProperties(NULL, count, extensions);
}

int wf_vulkan_has_extension(VkPhysicalDevice physical_device, const char *name)
{
    uint32_t count = 0;
    list_extensions(physical_device, &count, NULL);
    VkExtensionProperties *present = calloc(count ? count : 1, sizeof *present);
    int found = 0;
    if (present && list_extensions(physical_device, &count, present) == VK_SUCCESS) {
        for (uint32_t i = 0; i < count && !found; i++)
            found = strcmp(present[i].extensionName, name) == 0;
    }
    free(present);
    return found;
}
