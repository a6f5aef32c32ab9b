/* The extension by which a device multiplies matrices, and whether it has the product that shaders take. */
#include <stdlib.h>
#include <string.h>

#include "matrix.h"

enum { SIDE = 16, MOST_PROPERTIES = 64 };

/* What headers before 1.3.255 do not have. */
#define FEATURES_KHR   ((VkStructureType)1000506000)
#define PROPERTIES_KHR ((VkStructureType)1000506001)

typedef struct properties_khr {
    VkStructureType sType;
    void *pNext;
    uint32_t MSize, NSize, KSize;
    VkComponentTypeNV AType, BType, CType, ResultType;
    VkBool32 saturatingAccumulation;
    VkScopeNV scope;
} properties_khr;

typedef VkCooperativeMatrixPropertiesNV properties_nv;
typedef VkResult(VKAPI_PTR *query_khr)(VkPhysicalDevice, uint32_t *, properties_khr *);
typedef PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesNV query_nv;

const vulkan_matrix_extension *wf_vulkan_find_matrices(VkPhysicalDevice physical_device)
{
    static const vulkan_matrix_extension khr = {"VK_KHR_cooperative_matrix", FEATURES_KHR, 1},
                                         nv = {VK_NV_COOPERATIVE_MATRIX_EXTENSION_NAME,
                                               VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_NV, 0};
    const char *asked = getenv("WF_VULKAN_MATRICES");
    if (!(asked && strcmp(asked, "nv") == 0) && wf_vulkan_has_extension(physical_device, khr.name))
        return &khr;
    return wf_vulkan_has_extension(physical_device, nv.name) ? &nv : NULL;
}

static int is_ours(const properties_nv *p)
{
    return p->MSize == SIDE && p->NSize == SIDE && p->KSize == SIDE && p->AType == VK_COMPONENT_TYPE_FLOAT16_NV &&
           p->BType == VK_COMPONENT_TYPE_FLOAT16_NV && p->CType == VK_COMPONENT_TYPE_FLOAT32_NV &&
           p->DType == VK_COMPONENT_TYPE_FLOAT32_NV && p->scope == VK_SCOPE_SUBGROUP_NV;
}

static int has_product_khr(const wf_vulkan_options *options)
{
    const query_khr get =
        (query_khr)vkGetInstanceProcAddr(options->instance, "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR");
    properties_khr found[MOST_PROPERTIES];
    uint32_t count = MOST_PROPERTIES;
    for (uint32_t i = 0; i < MOST_PROPERTIES; i++)
        found[i] = (properties_khr){.sType = PROPERTIES_KHR};
    if (!get || get(options->physical_device, &count, found) < VK_SUCCESS)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        const properties_khr *p = &found[i];
        const properties_nv alike = {.MSize = p->MSize,
                                     .NSize = p->NSize,
                                     .KSize = p->KSize,
                                     .AType = p->AType,
                                     .BType = p->BType,
                                     .CType = p->CType,
                                     .DType = p->ResultType,
                                     .scope = p->scope};
        if (is_ours(&alike))
            return 1;
    }
    return 0;
}

static int has_product_nv(const wf_vulkan_options *options)
{
    const query_nv get =
        (query_nv)vkGetInstanceProcAddr(options->instance, "vkGetPhysicalDeviceCooperativeMatrixPropertiesNV");
    properties_nv found[MOST_PROPERTIES];
    uint32_t count = MOST_PROPERTIES;
    for (uint32_t i = 0; i < MOST_PROPERTIES; i++)
        found[i] = (properties_nv){.sType = VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_NV};
    if (!get || get(options->physical_device, &count, found) < VK_SUCCESS)
        return 0;
    int has = 0;
    for (uint32_t i = 0; i < count && !has; i++)
        has = is_ours(&found[i]);
    return has;
}

int wf_vulkan_has_product(const wf_vulkan_options *options, const vulkan_matrix_extension *extension)
{
    return extension->is_khr ? has_product_khr(options) : has_product_nv(options);
}
