/* The extension by which a device multiplies matrices, and whether it has the product that shaders take:
 * VK_KHR_cooperative_matrix, or VK_NV_cooperative_matrix, which the headers and compilers of the oldest systems that
 * are supported have. Here both are alike but for names. */
#include "matrix.h"

#ifdef WF_KHR_MATRICES
#define TYPE(name)     name##KHR
#define CONSTANT(name) name##_KHR
#define EXTENSION      VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME
#define QUERY          "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR"
#define RESULT         ResultType
#else
#define TYPE(name)     name##NV
#define CONSTANT(name) name##_NV
#define EXTENSION      VK_NV_COOPERATIVE_MATRIX_EXTENSION_NAME
#define QUERY          "vkGetPhysicalDeviceCooperativeMatrixPropertiesNV"
#define RESULT         DType
#endif

const char *const wf_vulkan_matrix_extension = EXTENSION;
const VkStructureType wf_vulkan_matrix_features =
    CONSTANT(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES);

typedef TYPE(VkCooperativeMatrixProperties) properties;
typedef TYPE(PFN_vkGetPhysicalDeviceCooperativeMatrixProperties) query;

static int is_ours(const properties *p)
{
    const int half = CONSTANT(VK_COMPONENT_TYPE_FLOAT16), single = CONSTANT(VK_COMPONENT_TYPE_FLOAT32);
    return p->MSize == SIDE && p->NSize == SIDE && p->KSize == SIDE && (int)p->AType == half && (int)p->BType == half &&
           (int)p->CType == single && (int)p->RESULT == single && p->scope == CONSTANT(VK_SCOPE_SUBGROUP);
}

int wf_vulkan_has_product(const wf_vulkan_options *options)
{
    const query get = (query)vkGetInstanceProcAddr(options->instance, QUERY);
    properties found[MOST_PROPERTIES];
    uint32_t count = MOST_PROPERTIES;
    for (uint32_t i = 0; i < MOST_PROPERTIES; i++)
        found[i] = (properties){.sType = CONSTANT(VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES)};
    if (!get || get(options->physical_device, &count, found) < VK_SUCCESS)
        return 0;
    int has = 0;
    for (uint32_t i = 0; i < count && !has; i++)
        has = is_ours(&found[i]);
    return has;
}
