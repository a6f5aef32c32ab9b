/* The Vulkan device on handles that exist already: what they need to have, creation, the table. */
#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const int wf_vulkan_built = 1;

/* ---- Needs ---- */

static void find_missing(wf_vulkan_needs *needs, VkPhysicalDevice physical_device)
{
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(physical_device, &properties);
    if (properties.apiVersion < WF_VULKAN_API_VERSION) {
        snprintf(needs->missing, sizeof needs->missing, "Vulkan 1.2 (it has %u.%u)",
                 VK_API_VERSION_MAJOR(properties.apiVersion), VK_API_VERSION_MINOR(properties.apiVersion));
        return;
    }
    VkPhysicalDeviceVulkan12Features vulkan12 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES};
    VkPhysicalDeviceVulkan11Features vulkan11 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES,
                                                 .pNext = &vulkan12};
    VkPhysicalDeviceFeatures2 features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &vulkan11};
    vkGetPhysicalDeviceFeatures2(physical_device, &features);
    const struct {
        VkBool32 present;
        const char *name;
    } needed[] = {{vulkan12.bufferDeviceAddress, "bufferDeviceAddress"},
                  {vulkan12.timelineSemaphore, "timelineSemaphore"},
                  {vulkan12.scalarBlockLayout, "scalarBlockLayout"},
                  {vulkan11.storageBuffer16BitAccess, "storageBuffer16BitAccess"},
                  {features.features.shaderInt64, "shaderInt64"},
                  {features.features.shaderStorageImageWriteWithoutFormat, "shaderStorageImageWriteWithoutFormat"}};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (!needed[i].present)
            snprintf(needs->missing, sizeof needs->missing, "%s", needed[i].name);
    }
}

static void find_extensions(wf_vulkan_needs *needs, VkPhysicalDevice physical_device)
{
    static const char *const wanted[] = {"VK_KHR_external_memory_fd", "VK_KHR_external_semaphore_fd",
                                         "VK_EXT_calibrated_timestamps"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (wf_vulkan_has_extension(physical_device, wanted[i]))
            needs->extensions[needs->extension_count++] = wanted[i];
    }
}

void wf_vulkan_get_needs(VkPhysicalDevice physical_device, wf_vulkan_needs *needs)
{
    if (!needs)
        return;
    *needs = (wf_vulkan_needs){
        .features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                     .pNext = &needs->vulkan11,
                     .features = {.shaderInt64 = VK_TRUE, .shaderStorageImageWriteWithoutFormat = VK_TRUE}},
        .vulkan11 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES,
                     .pNext = &needs->vulkan12,
                     .storageBuffer16BitAccess = VK_TRUE},
        .vulkan12 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
                     .bufferDeviceAddress = VK_TRUE,
                     .timelineSemaphore = VK_TRUE,
                     .scalarBlockLayout = VK_TRUE},
    };
    if (!physical_device) {
        snprintf(needs->missing, sizeof needs->missing, "a VkPhysicalDevice (it is NULL)");
        return;
    }
    find_missing(needs, physical_device);
    needs->complete = !needs->missing[0];
    find_extensions(needs, physical_device);
    wf_vulkan_add_matrices(needs, physical_device);
}

/* ---- The table ---- */

static void destroy(wf_device *base)
{
    vulkan_device *device = (vulkan_device *)base;
    wf_vulkan_destroy_pipelines(device);
    wf_vulkan_destroy_memory(device);
    wf_vulkan_destroy_streams(device);
    wf_vulkan_close(device->owner);
    free(device);
}

static wf_result info(const wf_device *base, wf_device_info *info)
{
    const vulkan_device *device = (const vulkan_device *)base;
    VkPhysicalDeviceDriverProperties driver = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
    VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES, .pNext = &driver};
    VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &id};
    vkGetPhysicalDeviceProperties2(device->physical_device, &properties);
    snprintf(info->name, sizeof info->name, "%s", properties.properties.deviceName);
    static const char *const matrices[] = {[VULKAN_MATRICES_NONE] = "",
                                           [VULKAN_MATRICES_DEVICE] = ", cooperative matrices",
                                           [VULKAN_MATRICES_EMULATED] = ", emulated matrices"};
    snprintf(info->driver, sizeof info->driver, "%.100s %.125s%s", driver.driverName, driver.driverInfo,
             matrices[device->matrices]);
    memcpy(info->uuid, id.deviceUUID, sizeof info->uuid);
    return WF_OK;
}

static wf_result prepare_network(wf_device *base, const wf_features_call *features, const wf_head *head)
{
    vulkan_device *device = (vulkan_device *)base;
    device->collects_pipelines = 1;
    wf_result result = wf_vulkan_prepare_features(device, features);
    if (result == WF_OK)
        result = wf_vulkan_prepare_logits(device);
    if (result == WF_OK)
        result = wf_vulkan_prepare_levels(device, head, features->epsilon);
    device->collects_pipelines = 0;
    return result;
}

static wf_result prepare_convolution(wf_device *base, const wf_convolve_call *call)
{
    vulkan_device *device = (vulkan_device *)base;
    device->collects_pipelines = 1;
    const wf_result result = wf_vulkan_prepare_convolution(device, call);
    device->collects_pipelines = 0;
    return result;
}

static wf_result finish_network(wf_device *device)
{
    return wf_vulkan_compile_collected((vulkan_device *)device);
}

static const wf_network_table network = {.dtype = WF_FLOAT16,
                                         .convolution_bytes = wf_vulkan_convolution_bytes,
                                         .arrange_convolution = wf_vulkan_arrange_convolution,
                                         .head_bytes = wf_vulkan_head_bytes,
                                         .arrange_head = wf_vulkan_arrange_head,
                                         .prepare = prepare_network,
                                         .prepare_convolution = prepare_convolution,
                                         .finish_preparation = finish_network,
                                         .fuses = wf_vulkan_fuses,
                                         .expose = wf_vulkan_expose,
                                         .features = wf_vulkan_features,
                                         .convolve = wf_vulkan_convolve,
                                         .filter_albedo = wf_vulkan_filter_albedo,
                                         .down_levels = wf_vulkan_down_levels,
                                         .level_logits = wf_vulkan_level_logits,
                                         .filter_level = wf_vulkan_filter_level,
                                         .join = wf_vulkan_join,
                                         .blend = wf_vulkan_blend,
                                         .logits = wf_vulkan_logits,
                                         .expose_workspace = wf_vulkan_expose_workspace,
                                         .albedo_workspace = wf_vulkan_albedo_workspace,
                                         .level_workspace = wf_vulkan_level_workspace,
                                         .level_logits_bytes = wf_vulkan_level_logits_bytes};

static const wf_backend_table table = {
    .abilities = {.dtypes = 1 << WF_FLOAT32 | 1 << WF_FLOAT16 | 1 << WF_BFLOAT16, .any_stride = 1, .coverage = 1},
    .destroy = destroy,
    .info = info,
    .gather = wf_vulkan_filter,
    .splat = wf_vulkan_filter,
    .gather_splat = wf_vulkan_gather_splat,
    .backward = wf_vulkan_backward,
    .backward_workspace = wf_vulkan_backward_workspace,
    .prepare = wf_vulkan_prepare,
    .prepare_gather_splat = wf_vulkan_prepare_gather_splat,
    .step_down = wf_vulkan_step_down,
    .step_up = wf_vulkan_step_up,
    .prepare_steps = wf_vulkan_prepare_steps,
    .pick = wf_vulkan_pick,
    .prepare_pick = wf_vulkan_prepare_pick,
    .summarize = wf_vulkan_summarize,
    .predict_bilateral = wf_vulkan_predict_bilateral,
    .prepare_bilateral = wf_vulkan_prepare_bilateral,
    .alloc = wf_vulkan_alloc,
    .free = wf_vulkan_free,
    .upload = wf_vulkan_upload,
    .download = wf_vulkan_download,
    .begin = wf_vulkan_begin,
    .finish = wf_vulkan_finish,
    .barrier = wf_vulkan_barrier,
    .network = &network};

/* ---- Creation ---- */

wf_result wf_vulkan_check_needs(const wf_log *log, VkPhysicalDevice physical_device)
{
    wf_vulkan_needs needs;
    wf_vulkan_get_needs(physical_device, &needs);
    if (needs.complete)
        return WF_OK;
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(physical_device, &properties);
    return wf_fail(log, WF_ERROR_UNSUPPORTED, "%s lacks %s", properties.deviceName, needs.missing);
}

static wf_result create_parts(vulkan_device *device)
{
    WF_TRY(wf_vulkan_create_streams(device));
    WF_TRY(wf_vulkan_create_memory(device));
    return wf_vulkan_create_pipelines(device);
}

wf_result wf_vulkan_create(const wf_vulkan_options *options, wf_device **device)
{
    if (device)
        *device = NULL;
    if (!options)
        return WF_ERROR_INVALID_ARGUMENT;
    if (!device || !options->physical_device || !options->device || !options->queue)
        return WF_INVALID(&options->log, "%s is NULL",
                          !device                     ? "device"
                          : !options->physical_device ? "the VkPhysicalDevice"
                          : !options->device          ? "the VkDevice"
                                                      : "the VkQueue");
    WF_TRY(wf_vulkan_check_needs(&options->log, options->physical_device));

    vulkan_device *created = calloc(1, sizeof *created);
    if (!created)
        return wf_fail(&options->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for a vulkan device");
    created->base = (wf_device){.table = &table, .backend = WF_VULKAN, .log = options->log};
    created->physical_device = options->physical_device;
    created->device = options->device;
    created->queue_family = options->queue_family;
    created->queue = options->queue;
    created->pipeline_cache = options->pipeline_cache;
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(options->physical_device, &properties);
    created->limits = properties.limits;
    created->is_processor = properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
    vkGetPhysicalDeviceMemoryProperties(options->physical_device, &created->memory);

    wf_result result = wf_vulkan_choose_matrices(created, options);
    if (result == WF_OK)
        result = create_parts(created);
    if (result != WF_OK)
        destroy(&created->base);
    else
        *device = &created->base;
    return result;
}
