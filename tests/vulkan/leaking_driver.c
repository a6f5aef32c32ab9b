/* A Vulkan driver that finds no device and keeps memory to the end of its life, as some of Mesa's do. The loader
 * unloads it, and with it the only pointer to that memory. */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <vulkan/vk_icd.h>

static void *kept;

static VKAPI_ATTR VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo *info,
                                                      const VkAllocationCallbacks *callbacks, VkInstance *instance)
{
    (void)info;
    (void)callbacks;
    VK_LOADER_DATA *data = calloc(1, sizeof *data);
    if (!data)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    set_loader_magic_value(data);
    *instance = (VkInstance)data;
    return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL destroy_instance(VkInstance instance, const VkAllocationCallbacks *callbacks)
{
    (void)callbacks;
    free(instance);
}

static VKAPI_ATTR VkResult VKAPI_CALL enumerate_physical_devices(VkInstance instance, uint32_t *count,
                                                                 VkPhysicalDevice *devices)
{
    (void)instance;
    (void)devices;
    if (!kept)
        kept = malloc(128);
    *count = 0;
    return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL enumerate_extensions(const char *layer, uint32_t *count,
                                                           VkExtensionProperties *properties)
{
    (void)layer;
    (void)properties;
    *count = 0;
    return VK_SUCCESS;
}

/* The loader takes no driver that lacks a function of Vulkan 1.0. */
static VKAPI_ATTR void VKAPI_CALL nothing(void)
{
}

__attribute__((visibility("default"))) VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
vk_icdGetInstanceProcAddr(VkInstance instance, const char *name)
{
    if (!strcmp(name, "vkCreateInstance"))
        return (PFN_vkVoidFunction)create_instance;
    if (!strcmp(name, "vkDestroyInstance"))
        return (PFN_vkVoidFunction)destroy_instance;
    if (!strcmp(name, "vkEnumeratePhysicalDevices"))
        return (PFN_vkVoidFunction)enumerate_physical_devices;
    if (!strcmp(name, "vkEnumerateInstanceExtensionProperties"))
        return (PFN_vkVoidFunction)enumerate_extensions;
    bool is_extension = isupper((unsigned char)name[strlen(name) - 1]);
    return instance && !is_extension ? nothing : NULL;
}

__attribute__((visibility("default"))) VKAPI_ATTR VkResult VKAPI_CALL
vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *version)
{
    if (*version > 3)
        *version = 3;
    return VK_SUCCESS;
}
