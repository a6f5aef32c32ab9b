/* interpose.h -- Vulkan calls that the test program puts in front of the loader's, so that any driver can lack
 * something or fail. All zeros: every call reaches the loader unchanged. */
#ifndef WF_TESTS_INTERPOSE_H
#define WF_TESTS_INTERPOSE_H

#include <vulkan/vulkan.h>

typedef struct interposed {
    const char *missing_feature; /* hidden from vkGetPhysicalDeviceFeatures2; NULL: none */
    uint32_t api_version;        /* 0: the device's */
    uint32_t group_limits[2];    /* maxComputeWorkGroupCount in x and y; 0: the device's */
    int no_devices;              /* vkEnumeratePhysicalDevices finds none */
    VkResult allocate_memory;    /* what the calls return instead of being made; VK_SUCCESS: they are made */
    VkResult create_pipelines;
    VkResult queue_submit;
    VkResult get_memory_fd;

    int pipelines;                  /* created so far, */
    VkPipelineCache pipeline_cache; /* the last one through this cache */
    int dispatches;
    int copies; /* recorded: of buffers and images */
} interposed;

extern interposed interpose;

#endif
