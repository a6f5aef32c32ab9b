/* The Vulkan backend where it is not built. wf_vulkan.h needs Vulkan's headers, so its calls are absent then. */
#include "backend.h"

const int wf_vulkan_built = 0;

wf_result wf_vulkan_open(const wf_device_options *options, wf_device **device)
{
    *device = NULL;
    return wf_fail(&options->log, WF_ERROR_NOT_BUILT,
                   "the vulkan backend is not built: the build found no Vulkan headers or no glslangValidator "
                   "(WF_VULKAN=OFF)");
}
