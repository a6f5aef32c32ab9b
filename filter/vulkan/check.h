/* check.h -- Vulkan's results on their way out, and which extensions there are. For filter/vulkan and the node. */
#ifndef WF_VULKAN_CHECK_H
#define WF_VULKAN_CHECK_H

#include <vulkan/vulkan.h>

#include "backend.h"

/* Says which call failed and how; silent and WF_OK for VK_SUCCESS. */
wf_result wf_vulkan_check(const wf_log *log, VkResult result, const char *call);

/* Whether the device has an extension; VK_NULL_HANDLE: whether instances have it. */
int wf_vulkan_has_extension(VkPhysicalDevice physical_device, const char *name);

#endif
