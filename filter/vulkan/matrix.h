/* matrix.h -- products of 16x16 matrices of float16, summed in float32, by VK_KHR_cooperative_matrix or
 * VK_NV_cooperative_matrix. Private to filter/vulkan.
 *
 * Shaders are written and embedded with NV's matrices, which the oldest compiler of shaders that is supported knows.
 * KHR's are faster, as their types say which operand of a product they are: where the device has these, SPIR-V is
 * translated before it goes to the driver (matrix_code.h). */
#ifndef WF_VULKAN_MATRIX_H
#define WF_VULKAN_MATRIX_H

#include "device.h"

typedef struct vulkan_matrix_extension {
    const char *name;
    VkStructureType features; /* of a structure that is VkPhysicalDeviceCooperativeMatrixFeaturesNV but for that */
    int is_khr;
} vulkan_matrix_extension;

/* KHR's where the device has it, unless the environment's WF_VULKAN_MATRICES is nv; NULL where it has neither. */
const vulkan_matrix_extension *wf_vulkan_find_matrices(VkPhysicalDevice physical_device);

/* Whether a physical device with the extension has that product. */
int wf_vulkan_has_product(const wf_vulkan_options *options, const vulkan_matrix_extension *extension);

#endif
