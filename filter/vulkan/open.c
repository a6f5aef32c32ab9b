/* An instance, a device and a queue of the library's own, for programs without Vulkan. */
#include <stdlib.h>

#include "device.h"

#define MAX_DEVICES  64
#define MAX_FAMILIES 32

typedef struct vulkan_owner {
    wf_log log;
    VkInstance instance;
    VkDebugUtilsMessengerEXT messenger; /* VK_NULL_HANDLE where VK_EXT_debug_utils is absent */
    VkDevice device;
} vulkan_owner;

/* ---- Validation messages ---- */

static VKAPI_ATTR VkBool32 VKAPI_CALL forward_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                                      VkDebugUtilsMessageTypeFlagsEXT types,
                                                      const VkDebugUtilsMessengerCallbackDataEXT *data, void *user)
{
    (void)severity, (void)types;
    wf_report(user, WF_LOG_VALIDATION, WF_OK, "%s", data->pMessage);
    return VK_FALSE;
}

static VkDebugUtilsMessengerCreateInfoEXT messenger_info(vulkan_owner *owner)
{
    return (VkDebugUtilsMessengerCreateInfoEXT){.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
                                                .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                                                                   VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
                                                .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT |
                                                               VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT,
                                                .pfnUserCallback = forward_message,
                                                .pUserData = &owner->log};
}

/* ---- Handles ---- */

static wf_result create_instance(vulkan_owner *owner)
{
    const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                           .pEngineName = "weighted-filter",
                                           .apiVersion = WF_VULKAN_API_VERSION};
    static const char *const extensions[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
    const VkDebugUtilsMessengerCreateInfoEXT messenger = messenger_info(owner);
    const int debug_utils = wf_vulkan_has_extension(VK_NULL_HANDLE, VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
    const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                       .pNext = debug_utils ? &messenger : NULL,
                                       .pApplicationInfo = &application,
                                       .enabledExtensionCount = debug_utils ? 1 : 0,
                                       .ppEnabledExtensionNames = extensions};
    VkResult result = vkCreateInstance(&info, NULL, &owner->instance);
    if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
        return wf_fail(&owner->log, WF_ERROR_NO_DEVICE, "there is no Vulkan driver on this machine");
    if (result != VK_SUCCESS || !debug_utils)
        return wf_vulkan_check(&owner->log, result, "vkCreateInstance");
    PFN_vkCreateDebugUtilsMessengerEXT create_messenger =
        (PFN_vkCreateDebugUtilsMessengerEXT)vkGetInstanceProcAddr(owner->instance, "vkCreateDebugUtilsMessengerEXT");
    return wf_vulkan_check(&owner->log, create_messenger(owner->instance, &messenger, NULL, &owner->messenger),
                           "vkCreateDebugUtilsMessengerEXT");
}

static wf_result find_device(const vulkan_owner *owner, int ordinal, VkPhysicalDevice *physical_device)
{
    VkPhysicalDevice devices[MAX_DEVICES];
    uint32_t count = MAX_DEVICES;
    VkResult result = vkEnumeratePhysicalDevices(owner->instance, &count, devices);
    if (result == VK_ERROR_INITIALIZATION_FAILED || (result == VK_SUCCESS && count == 0))
        return wf_fail(&owner->log, WF_ERROR_NO_DEVICE, "the Vulkan drivers of this machine find no device");
    if (result != VK_SUCCESS && result != VK_INCOMPLETE)
        return wf_vulkan_check(&owner->log, result, "vkEnumeratePhysicalDevices");
    if ((uint32_t)ordinal >= count)
        return wf_fail(&owner->log, WF_ERROR_NO_DEVICE, "there is no vulkan device %d, the last one is %u", ordinal,
                       count - 1);
    *physical_device = devices[ordinal];
    return WF_OK;
}

static wf_result find_compute_family(const vulkan_owner *owner, VkPhysicalDevice physical_device, uint32_t *family)
{
    VkQueueFamilyProperties families[MAX_FAMILIES];
    uint32_t count = MAX_FAMILIES;
    vkGetPhysicalDeviceQueueFamilyProperties(physical_device, &count, families);
    for (*family = 0; *family < count; ++*family) {
        if (families[*family].queueFlags & VK_QUEUE_COMPUTE_BIT)
            return WF_OK;
    }
    return wf_fail(&owner->log, WF_ERROR_UNSUPPORTED, "the device has no queue with compute");
}

static wf_result create_device(vulkan_owner *owner, VkPhysicalDevice physical_device, uint32_t family, int *matrices)
{
    wf_vulkan_needs needs;
    wf_vulkan_get_needs(physical_device, &needs);
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                           .queueFamilyIndex = family,
                                           .queueCount = 1,
                                           .pQueuePriorities = &priority};
    const VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                     .pNext = &needs.features,
                                     .queueCreateInfoCount = 1,
                                     .pQueueCreateInfos = &queue,
                                     .enabledExtensionCount = needs.extension_count,
                                     .ppEnabledExtensionNames = needs.extensions};
    *matrices = needs.matrices;
    return wf_vulkan_check(&owner->log, vkCreateDevice(physical_device, &info, NULL, &owner->device), "vkCreateDevice");
}

void wf_vulkan_close(vulkan_owner *owner)
{
    if (!owner)
        return;
    vkDestroyDevice(owner->device, NULL);
    if (owner->messenger) {
        PFN_vkDestroyDebugUtilsMessengerEXT destroy_messenger =
            (PFN_vkDestroyDebugUtilsMessengerEXT)vkGetInstanceProcAddr(owner->instance,
                                                                       "vkDestroyDebugUtilsMessengerEXT");
        destroy_messenger(owner->instance, owner->messenger, NULL);
    }
    vkDestroyInstance(owner->instance, NULL);
    free(owner);
}

static wf_result open_device(vulkan_owner *owner, int ordinal, wf_device **device)
{
    wf_vulkan_options options = {.log = owner->log};
    WF_TRY(create_instance(owner));
    WF_TRY(find_device(owner, ordinal, &options.physical_device));
    WF_TRY(wf_vulkan_check_needs(&owner->log, options.physical_device));
    WF_TRY(find_compute_family(owner, options.physical_device, &options.queue_family));
    WF_TRY(create_device(owner, options.physical_device, options.queue_family, &options.matrices));
    options.instance = owner->instance;
    options.device = owner->device;
    vkGetDeviceQueue(owner->device, options.queue_family, 0, &options.queue);
    return wf_vulkan_create(&options, device);
}

wf_result wf_vulkan_open(const wf_device_options *options, wf_device **device)
{
    vulkan_owner *owner = calloc(1, sizeof *owner);
    if (!owner)
        return wf_fail(&options->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for a vulkan device");
    owner->log = options->log;
    wf_result result = open_device(owner, options->ordinal, device);
    if (result == WF_OK)
        ((vulkan_device *)*device)->owner = owner;
    else
        wf_vulkan_close(owner);
    return result;
}
