#include "check.h"

wf_result node_check(const wf_log *log, VkResult result, const char *call)
{
    switch (result) {
    case VK_SUCCESS:
        return WF_OK;
    case VK_ERROR_OUT_OF_HOST_MEMORY:
    case VK_ERROR_TOO_MANY_OBJECTS:
        return wf_fail(log, WF_ERROR_OUT_OF_MEMORY, "%s failed: no host memory (VkResult %d)", call, result);
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
        return wf_fail(log, WF_ERROR_OUT_OF_MEMORY, "%s failed: no device memory (VkResult %d)", call, result);
    case VK_ERROR_DEVICE_LOST:
        return wf_fail(log, WF_ERROR_DEVICE, "%s failed: the Vulkan device is lost (VkResult %d)", call, result);
    default:
        return wf_fail(log, WF_ERROR_DEVICE, "%s failed with VkResult %d", call, result);
    }
}
