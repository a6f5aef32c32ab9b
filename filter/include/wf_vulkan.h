/* wf_vulkan.h -- weighted filter devices on a Vulkan device that the program already has.
 *
 * Streams are the caller's VkCommandBuffer, passed as wf_stream; addresses are VkDeviceAddress values. Commands are
 * recorded outside render passes and bind a compute pipeline and push constants, nothing else. A library that was built
 * without its Vulkan backend (wf_backend_built) has none of these functions. */
#ifndef WF_VULKAN_H
#define WF_VULKAN_H

#include <vulkan/vulkan.h>

#include "wf.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Vulkan 1.2 with these features enabled on the VkDevice: bufferDeviceAddress, timelineSemaphore, shaderInt64,
 * storageBuffer16BitAccess, scalarBlockLayout and, for the node, shaderStorageImageWriteWithoutFormat. */
#define WF_VULKAN_API_VERSION VK_API_VERSION_1_2

/* What a VkDevice needs for the library and the node, in a form that goes straight into VkDeviceCreateInfo. */
typedef struct wf_vulkan_needs {
    VkPhysicalDeviceFeatures2 features; /* chain head: pNext of VkDeviceCreateInfo; link more to vulkan12 */
    VkPhysicalDeviceVulkan11Features vulkan11;
    VkPhysicalDeviceVulkan12Features vulkan12;
    VkPhysicalDeviceCooperativeMatrixFeaturesNV
        cooperative_matrix;    /* in the chain where matrices is 1; or KHR's, alike */
    const char *extensions[8]; /* those of VK_KHR_external_memory_fd, VK_KHR_external_semaphore_fd and
                                  VK_EXT_calibrated_timestamps that the device has: the node uses them where present;
                                  and, where matrices is 1, VK_KHR_cooperative_matrix, or VK_NV_cooperative_matrix
                                  where there is only that */
    uint32_t extension_count;
    int matrices; /* 1: the device multiplies matrices, and the chain and the extensions enable that: cooperativeMatrix,
                          shaderFloat16, vulkanMemoryModel and vulkanMemoryModelDeviceScope, without which the device's
                          other shaders may use no atomics. For wf_vulkan_options and wf_node_options */
    int complete; /* 0: the physical device lacks a needed feature or version */
    char missing[128]; /* its name then */
} wf_vulkan_needs;

/* Fills needs for a physical device; of VK_NULL_HANDLE that is what is missing. The struct points into itself: do not
 * copy it. */
WF_API void wf_vulkan_get_needs(VkPhysicalDevice physical_device, wf_vulkan_needs *needs);

typedef struct wf_vulkan_options {
    VkInstance instance;
    VkPhysicalDevice physical_device;
    VkDevice device;
    uint32_t queue_family; /* with compute */
    VkQueue queue; /* used by wf_upload, wf_download, wf_finish only; the caller keeps other threads off it then */
    VkPipelineCache pipeline_cache; /* VK_NULL_HANDLE: none */
    int matrices;                   /* matrices of the wf_vulkan_needs that the VkDevice was made with. 0: networks run
                                       without cooperative matrices, several times slower */
    wf_log log;
} wf_vulkan_options;

/* The handles stay the caller's and must outlive the wf_device. WF_ERROR_INVALID_ARGUMENT (a handle is NULL),
 * WF_ERROR_UNSUPPORTED (the physical device lacks a needed feature, named in the log), WF_ERROR_OUT_OF_MEMORY,
 * WF_ERROR_DEVICE. */
WF_API wf_result wf_vulkan_create(const wf_vulkan_options *options, wf_device **device);

/* The VkBuffer behind an address from wf_alloc and the offset of that address in it, for copies; offset may be NULL.
 * VK_NULL_HANDLE for an address of other origin. */
WF_API VkBuffer wf_vulkan_buffer(const wf_device *device, const void *data, VkDeviceSize *offset);

#ifdef __cplusplus
}
#endif

#endif
