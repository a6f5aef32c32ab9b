/* Products of matrices by VK_NV_cooperative_matrix, which the headers and compilers of the oldest systems that are supported have. */
#include "matrix.h"

const char *const wf_vulkan_matrix_extension = VK_NV_COOPERATIVE_MATRIX_EXTENSION_NAME;
const VkStructureType wf_vulkan_matrix_features = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_NV;

static int is_ours(const VkCooperativeMatrixPropertiesNV *p)
{
    return p->MSize == SIDE && p->NSize == SIDE && p->KSize == SIDE && p->AType == VK_COMPONENT_TYPE_FLOAT16_NV &&
           p->BType == VK_COMPONENT_TYPE_FLOAT16_NV && p->CType == VK_COMPONENT_TYPE_FLOAT32_NV &&
           p->DType == VK_COMPONENT_TYPE_FLOAT32_NV && p->scope == VK_SCOPE_SUBGROUP_NV;
}

int wf_vulkan_has_product(const wf_vulkan_options *options)
{
    PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesNV get =
        (PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesNV)vkGetInstanceProcAddr(
            options->instance, "vkGetPhysicalDeviceCooperativeMatrixPropertiesNV");
    VkCooperativeMatrixPropertiesNV properties[MOST_PROPERTIES];
    uint32_t count = MOST_PROPERTIES;
    for (uint32_t i = 0; i < MOST_PROPERTIES; i++)
        properties[i] = (VkCooperativeMatrixPropertiesNV){.sType = VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_NV};
    if (!get || get(options->physical_device, &count, properties) < VK_SUCCESS)
        return 0;
    int found = 0;
    for (uint32_t i = 0; i < count && !found; i++)
        found = is_ours(&properties[i]);
    return found;
}
