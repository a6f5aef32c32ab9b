#include "check.h"

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
