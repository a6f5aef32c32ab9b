/* Products of matrices by VK_KHR_cooperative_matrix. */
#include "matrix.h"

const char *const wf_vulkan_matrix_extension = VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME;
const VkStructureType wf_vulkan_matrix_features = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR;

static int is_ours(const VkCooperativeMatrixPropertiesKHR *p)
{
    return p->MSize == SIDE && p->NSize == SIDE && p->KSize == SIDE && p->AType == VK_COMPONENT_TYPE_FLOAT16_KHR &&
           p->BType == VK_COMPONENT_TYPE_FLOAT16_KHR && p->CType == VK_COMPONENT_TYPE_FLOAT32_KHR &&
           p->ResultType == VK_COMPONENT_TYPE_FLOAT32_KHR && p->scope == VK_SCOPE_SUBGROUP_KHR;
}

int wf_vulkan_has_product(const wf_vulkan_options *options)
{
    PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR get =
        (PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR)vkGetInstanceProcAddr(
            options->instance, "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR");
    VkCooperativeMatrixPropertiesKHR properties[MOST_PROPERTIES];
    uint32_t count = MOST_PROPERTIES;
    for (uint32_t i = 0; i < MOST_PROPERTIES; i++)
        properties[i] =
            (VkCooperativeMatrixPropertiesKHR){.sType = VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_KHR};
    if (!get || get(options->physical_device, &count, properties) < VK_SUCCESS)
        return 0;
    int found = 0;
    for (uint32_t i = 0; i < count && !found; i++)
        found = is_ours(&properties[i]);
    return found;
}
