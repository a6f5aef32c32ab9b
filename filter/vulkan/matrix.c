/* Whether a device multiplies 16x16 matrices of float16. */
#include <stdlib.h>
#include <string.h>

#include "matrix.h"

enum { WARP = 32, MULTIPROCESSORS = 128, LEAST_SHARED_MEMORY = 32768 /* what the smallest tiles fit into */ };

void wf_vulkan_add_matrices(wf_vulkan_needs *needs, VkPhysicalDevice physical_device)
{
    const vulkan_matrix_extension *extension = needs->complete ? wf_vulkan_find_matrices(physical_device) : NULL;
    if (!extension)
        return;
    VkPhysicalDeviceCooperativeMatrixFeaturesNV matrix = {.sType = extension->features};
    VkPhysicalDeviceVulkan12Features vulkan12 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
                                                 .pNext = &matrix};
    VkPhysicalDeviceFeatures2 features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &vulkan12};
    vkGetPhysicalDeviceFeatures2(physical_device, &features);
    if (!matrix.cooperativeMatrix || !vulkan12.shaderFloat16 || !vulkan12.vulkanMemoryModel ||
        !vulkan12.vulkanMemoryModelDeviceScope)
        return;
    needs->vulkan11.pNext = &needs->cooperative_matrix;
    needs->cooperative_matrix = (VkPhysicalDeviceCooperativeMatrixFeaturesNV){
        .sType = extension->features, .pNext = &needs->vulkan12, .cooperativeMatrix = VK_TRUE};
    needs->vulkan12.shaderFloat16 = VK_TRUE;
    needs->vulkan12.vulkanMemoryModel = VK_TRUE;
    needs->vulkan12.vulkanMemoryModelDeviceScope = VK_TRUE; /* or the device's other shaders lose their atomics */
    needs->extensions[needs->extension_count++] = extension->name;
    needs->matrices = 1;
}

static int has_warps(VkPhysicalDevice physical_device)
{
    VkPhysicalDeviceSubgroupProperties subgroup = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
    VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                              .pNext = &subgroup};
    vkGetPhysicalDeviceProperties2(physical_device, &properties);
    return subgroup.subgroupSize == WARP;
}

/* Those of a large GPU where the driver does not tell. */
static int count_multiprocessors(VkPhysicalDevice physical_device)
{
    VkPhysicalDeviceShaderSMBuiltinsPropertiesNV count = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_SM_BUILTINS_PROPERTIES_NV};
    VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &count};
    if (wf_vulkan_has_extension(physical_device, VK_NV_SHADER_SM_BUILTINS_EXTENSION_NAME))
        vkGetPhysicalDeviceProperties2(physical_device, &properties);
    return count.shaderSMCount ? (int)count.shaderSMCount : MULTIPROCESSORS;
}

wf_result wf_vulkan_choose_matrices(vulkan_device *device, const wf_vulkan_options *options)
{
    static const char *const names[] = {
        [VULKAN_MATRICES_NONE] = "none", [VULKAN_MATRICES_DEVICE] = "device", [VULKAN_MATRICES_EMULATED] = "emulated"};
    const int fits = device->limits.maxComputeSharedMemorySize >= LEAST_SHARED_MEMORY;
    const vulkan_matrix_extension *extension = wf_vulkan_find_matrices(options->physical_device);
    const int present = fits && options->matrices && options->instance && extension &&
                        has_warps(options->physical_device) && wf_vulkan_has_product(options, extension);
    const char *asked = getenv("WF_VULKAN_MATRICES");
    device->matrices = present ? VULKAN_MATRICES_DEVICE : VULKAN_MATRICES_NONE;
    device->translates_matrices = present && extension->is_khr;
    if (asked && strcmp(asked, "nv") == 0)
        asked = NULL; /* by it the extension was chosen */
    for (int i = 0; asked && i <= VULKAN_MATRICES_EMULATED; i++) {
        if (strcmp(asked, names[i]) == 0 && (i == VULKAN_MATRICES_NONE || fits) &&
            (i != VULKAN_MATRICES_DEVICE || present)) {
            device->matrices = (vulkan_matrices)i;
            asked = NULL;
        }
    }
    device->multiprocessors =
        device->matrices == VULKAN_MATRICES_EMULATED ? 1 : count_multiprocessors(options->physical_device);
    if (asked)
        return wf_fail(&options->log, WF_ERROR_UNSUPPORTED,
                       "WF_VULKAN_MATRICES is %s, this device has no such products of matrices (none, emulated, nv%s)",
                       asked, present ? ", device" : "");
    return WF_OK;
}
