#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wf_vulkan.h"

const VkImageSubresourceRange image_range = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
const VkImageSubresourceLayers image_layers = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};

const char *vk_result_name(VkResult result)
{
    switch (result) {
    case VK_ERROR_OUT_OF_HOST_MEMORY:
        return "out of host memory";
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
        return "out of device memory";
    case VK_ERROR_DEVICE_LOST:
        return "device lost";
    case VK_ERROR_INITIALIZATION_FAILED:
        return "initialization failed";
    case VK_ERROR_LAYER_NOT_PRESENT:
        return "a layer of VK_INSTANCE_LAYERS is not installed";
    case VK_ERROR_SURFACE_LOST_KHR:
        return "surface lost";
    default:
        return NULL;
    }
}

bool vk_ok(VkResult result, const char *call, error *error)
{
    if (result == VK_SUCCESS)
        return true;
    const char *name = vk_result_name(result);
    return name ? error_set(error, "%s failed: %s", call, name)
                : error_set(error, "%s failed: VkResult %d", call, result);
}

/* ---- Instance ---------------------------------------------------------------------------------------------------- */

static VKAPI_ATTR VkBool32 VKAPI_CALL report_validation(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                                        VkDebugUtilsMessageTypeFlagsEXT types,
                                                        const VkDebugUtilsMessengerCallbackDataEXT *data, void *user)
{
    (void)severity, (void)types;
    device *device = user;
    fprintf(stderr, "validation: %s\n", data->pMessage);
    __atomic_fetch_add(&device->validation_messages, 1, __ATOMIC_RELAXED); /* any thread may have caused it */
    return VK_FALSE;
}

static VkDebugUtilsMessengerCreateInfoEXT messenger_info(device *device)
{
    return (VkDebugUtilsMessengerCreateInfoEXT){
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
        .messageSeverity =
            VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT,
        .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
        .pfnUserCallback = report_validation,
        .pUserData = device,
    };
}

static bool instance_has(const char *extension)
{
    uint32_t count = 0;
    vkEnumerateInstanceExtensionProperties(NULL, &count, NULL);
    VkExtensionProperties *properties = calloc(count ? count : 1, sizeof *properties);
    bool found = false;
    if (properties && vkEnumerateInstanceExtensionProperties(NULL, &count, properties) >= 0)
        for (uint32_t i = 0; i < count && !found; i++)
            found = strcmp(properties[i].extensionName, extension) == 0;
    free(properties);
    return found;
}

bool device_create_instance(device *device, const char *const *extensions, uint32_t count, error *error)
{
    const char *names[16];
    for (uint32_t i = 0; i < count; i++)
        names[i] = extensions[i];
    bool debug = instance_has(VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
    if (debug)
        names[count++] = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
    VkDebugUtilsMessengerCreateInfoEXT messenger = messenger_info(device);
    VkResult result = vkCreateInstance(
        &(VkInstanceCreateInfo){
            .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
            .pNext = debug ? &messenger : NULL,
            .pApplicationInfo =
                &(VkApplicationInfo){
                    .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                    .pApplicationName = "wfview",
                    .apiVersion = WF_VULKAN_API_VERSION,
                },
            .enabledExtensionCount = count,
            .ppEnabledExtensionNames = names,
        },
        NULL, &device->instance);
    if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
        return error_set(error, "no Vulkan driver works here; the package mesa-vulkan-drivers has one for any machine");
    if (!vk_ok(result, "vkCreateInstance", error))
        return false;
    device->labels = wf_labels_of(device->instance);
    if (!debug)
        return true;
    PFN_vkCreateDebugUtilsMessengerEXT create =
        (PFN_vkCreateDebugUtilsMessengerEXT)vkGetInstanceProcAddr(device->instance, "vkCreateDebugUtilsMessengerEXT");
    return vk_ok(create(device->instance, &messenger, NULL, &device->messenger), "vkCreateDebugUtilsMessengerEXT",
                 error);
}

/* ---- Device ------------------------------------------------------------------------------------------------------ */

static bool find_queue_family(VkPhysicalDevice physical, VkSurfaceKHR surface, uint32_t *family)
{
    VkQueueFamilyProperties properties[32];
    uint32_t count = 32;
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, properties);
    const VkQueueFlags needed = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;
    for (*family = 0; *family < count; ++*family) {
        VkBool32 presents = VK_TRUE;
        if (surface)
            vkGetPhysicalDeviceSurfaceSupportKHR(physical, *family, surface, &presents);
        if (presents && (properties[*family].queueFlags & needed) == needed)
            return true;
    }
    return false;
}

/* Higher is better; 0: cannot be used. */
static int score(VkPhysicalDevice physical, VkSurfaceKHR surface)
{
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(physical, &properties);
    uint32_t family;
    if (properties.apiVersion < WF_VULKAN_API_VERSION || !find_queue_family(physical, surface, &family))
        return 0;
    switch (properties.deviceType) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return 5;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return 4;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return 3;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
        return 2;
    default:
        return 1;
    }
}

static bool choose_physical_device(device *device, VkSurfaceKHR surface, error *error)
{
    VkPhysicalDevice candidates[32];
    uint32_t count = 32;
    VkResult result = vkEnumeratePhysicalDevices(device->instance, &count, candidates);
    if (result == VK_ERROR_INITIALIZATION_FAILED) /* the loader's word for drivers that find nothing to drive */
        return error_set(
            error, "the Vulkan drivers here find no device; the package mesa-vulkan-drivers has one for any machine");
    if (result < 0)
        return vk_ok(result, "vkEnumeratePhysicalDevices", error);
    int best = 0;
    uint32_t equals = 0;
    for (uint32_t i = 0; i < count; i++) {
        int candidate = score(candidates[i], surface);
        equals = candidate > best ? 1 : equals + (candidate == best);
        best = candidate > best ? candidate : best;
        if (candidate == best && (equals == 1 || equals == device->number + 1))
            device->physical = candidates[i];
    }
    if (best == 0)
        return error_set(error, "no Vulkan device: none of the %u found has Vulkan 1.2 and can draw%s", count,
                         surface ? " to this display" : "");
    if (device->number >= equals)
        return error_set(error, "no Vulkan device %u: there %s %u as capable as the best", device->number,
                         equals == 1 ? "is" : "are", equals);
    find_queue_family(device->physical, surface, &device->queue_family);
    return true;
}

static void describe(device *device)
{
    VkPhysicalDeviceDriverProperties driver = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
    VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                              .pNext = &driver};
    vkGetPhysicalDeviceProperties2(device->physical, &properties);
    snprintf(device->name, sizeof device->name, "%s", properties.properties.deviceName);
    device->is_processor = properties.properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
    snprintf(device->driver, sizeof device->driver, "%.127s %.127s", driver.driverName, driver.driverInfo);
}

static bool create_logical_device(device *device, bool presents, error *error)
{
    wf_vulkan_needs needs;
    wf_vulkan_get_needs(device->physical, &needs);
    /* Without what Vulkan compute needs the node's other backends still work; they want timelines only. */
    VkPhysicalDeviceVulkan12Features timelines = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
                                                  .timelineSemaphore = VK_TRUE};
    const char *extensions[16];
    uint32_t count = 0;
    for (uint32_t i = 0; i < needs.extension_count; i++) {
        extensions[count++] = needs.extensions[i];
        if (strcmp(needs.extensions[i], VK_EXT_CALIBRATED_TIMESTAMPS_EXTENSION_NAME) == 0)
            device->has_calibrated_timestamps = true;
    }
    device->has_matrices = needs.complete && needs.matrices;
    if (presents)
        extensions[count++] = VK_KHR_SWAPCHAIN_EXTENSION_NAME;
    VkResult result = vkCreateDevice(device->physical,
                                     &(VkDeviceCreateInfo){
                                         .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                         .pNext = needs.complete ? (void *)&needs.features : &timelines,
                                         .queueCreateInfoCount = 1,
                                         .pQueueCreateInfos =
                                             &(VkDeviceQueueCreateInfo){
                                                 .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                                 .queueFamilyIndex = device->queue_family,
                                                 .queueCount = 1,
                                                 .pQueuePriorities = &(float){1},
                                             },
                                         .enabledExtensionCount = count,
                                         .ppEnabledExtensionNames = extensions,
                                     },
                                     NULL, &device->handle);
    return vk_ok(result, "vkCreateDevice", error);
}

static bool create_command_pool(device *device, error *error)
{
    return vk_ok(vkCreateCommandPool(device->handle,
                                     &(VkCommandPoolCreateInfo){
                                         .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                         .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
                                         .queueFamilyIndex = device->queue_family,
                                     },
                                     NULL, &device->commands),
                 "vkCreateCommandPool", error);
}

bool device_create(device *device, VkSurfaceKHR surface, error *error)
{
    if (!choose_physical_device(device, surface, error))
        return false;
    describe(device);
    if (!create_logical_device(device, surface != VK_NULL_HANDLE, error))
        return false;
    vkGetDeviceQueue(device->handle, device->queue_family, 0, &device->queue);
    return create_command_pool(device, error) &&
           vk_ok(vkCreatePipelineCache(
                     device->handle,
                     &(VkPipelineCacheCreateInfo){.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO}, NULL,
                     &device->cache),
                 "vkCreatePipelineCache", error);
}

void device_destroy(device *device)
{
    if (device->handle) {
        vkDeviceWaitIdle(device->handle);
        vkDestroyPipelineCache(device->handle, device->cache, NULL);
        vkDestroyCommandPool(device->handle, device->commands, NULL);
        vkDestroyDevice(device->handle, NULL);
    }
    if (device->messenger) {
        PFN_vkDestroyDebugUtilsMessengerEXT destroy = (PFN_vkDestroyDebugUtilsMessengerEXT)vkGetInstanceProcAddr(
            device->instance, "vkDestroyDebugUtilsMessengerEXT");
        destroy(device->instance, device->messenger, NULL);
    }
    if (device->instance)
        vkDestroyInstance(device->instance, NULL);
}

bool device_share(const device *device, struct device *shared, error *error)
{
    *shared = *device;
    shared->commands = VK_NULL_HANDLE;
    return create_command_pool(shared, error);
}

void device_unshare(device *shared)
{
    if (shared->handle)
        vkDestroyCommandPool(shared->handle, shared->commands, NULL);
    *shared = (device){0};
}
