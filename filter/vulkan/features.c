/* A frame's exposure and the network's features. */
#include <inttypes.h>
#include <string.h>

#include "network.h"

#include "exposure.comp.h"
#include "features.comp.h"
#include "log_sums.comp.h"

__extension__ _Static_assert((int)WF_FEATURE_COLOR == WF_FEATURE_OF_COLOR, "backend_network.h and frame.h differ");
__extension__ _Static_assert((int)WF_FEATURE_DEMODULATED == WF_FEATURE_OF_DEMODULATED,
                             "backend_network.h and frame.h differ");
__extension__ _Static_assert((int)WF_FEATURE_ALBEDO == WF_FEATURE_OF_ALBEDO, "backend_network.h and frame.h differ");
__extension__ _Static_assert((int)WF_FEATURE_NORMAL == WF_FEATURE_OF_NORMAL, "backend_network.h and frame.h differ");
__extension__ _Static_assert((int)WF_FEATURE_DEPTH == WF_FEATURE_OF_DEPTH, "backend_network.h and frame.h differ");
__extension__ _Static_assert((int)WF_FEATURE_COUNT == WF_FEATURES, "backend_network.h and frame.h differ");
__extension__ _Static_assert(sizeof(struct wf_features_push) <= 128, "push constants are too large");
__extension__ _Static_assert(sizeof(struct wf_join_push) <= 128, "push constants are too large");
__extension__ _Static_assert(sizeof(struct wf_blend_push) <= 128, "push constants are too large");
__extension__ _Static_assert(sizeof(struct wf_light_push) <= 128, "push constants are too large");
__extension__ _Static_assert(sizeof(struct wf_halve_push) <= 128, "push constants are too large");
__extension__ _Static_assert(sizeof(struct wf_level_push) <= 128, "push constants are too large");

static const vulkan_shader log_sums_shader = {log_sums_comp, sizeof log_sums_comp};
static const vulkan_shader exposure_shader = {exposure_comp, sizeof exposure_comp};
static const vulkan_shader features_shader = {features_comp, sizeof features_comp};

/* ---- Planes ------------------------------------------------------------------------------------------------------ */

wf_plane_push wf_vulkan_planes(const wf_tensor *tensor)
{
    return (wf_plane_push){.data = wf_vulkan_address(tensor->data),
                           .channel = (int)tensor->stride[1],
                           .row = (int)tensor->stride[2],
                           .column = (int)tensor->stride[3]};
}

VkDeviceAddress wf_vulkan_set_strides(int strides[3], const wf_tensor *tensor)
{
    for (int i = 0; i < 3; i++)
        strides[i] = (int)tensor->stride[1 + i];
    return wf_vulkan_address(tensor->data);
}

wf_result wf_vulkan_check_planes(const wf_log *log, const char *name, const wf_tensor *tensor)
{
    for (int axis = 1; axis < 4 && tensor->data; axis++) {
        const int64_t stride = tensor->stride[axis], steps = axis == 1 ? 1 : tensor->size[axis];
        if (stride * steps != (int)(stride * steps))
            return wf_fail(log, WF_ERROR_UNSUPPORTED,
                           "%s has stride %" PRId64 " in axis %d, networks on the vulkan backend take up to 31 bits",
                           name, tensor->stride[axis], axis);
    }
    return WF_OK;
}

static wf_result check_layers(const wf_log *log, const wf_layers *layers)
{
    WF_TRY(wf_vulkan_check_planes(log, "color", &layers->color));
    WF_TRY(wf_vulkan_check_planes(log, "albedo", &layers->albedo));
    WF_TRY(wf_vulkan_check_planes(log, "normal", &layers->normal));
    return wf_vulkan_check_planes(log, "depth", &layers->depth);
}

/* ---- Pipelines --------------------------------------------------------------------------------------------------- */

static wf_result get_exposure_pipelines(vulkan_device *device, vulkan_pipeline *sums, vulkan_pipeline *exposure)
{
    *sums = (vulkan_pipeline){.shader = &log_sums_shader};
    *exposure = (vulkan_pipeline){.shader = &exposure_shader};
    WF_TRY(wf_vulkan_get_pipeline(device, sums));
    return wf_vulkan_get_pipeline(device, exposure);
}

void wf_vulkan_set_features(int32_t *constants, const wf_features_call *call)
{
    const float *gain = call->gain;
    memcpy(constants, call->scale, sizeof call->scale);
    memcpy(constants + WF_FEATURES_COLOR_GAIN, &gain[WF_FEATURE_COLOR], sizeof *gain);
    memcpy(constants + WF_FEATURES_DEMODULATED_GAIN, &gain[WF_FEATURE_DEMODULATED], sizeof *gain);
    memcpy(constants + WF_FEATURES_EPSILON, &call->epsilon, sizeof call->epsilon);
}

static wf_result get_features_pipeline(vulkan_device *device, const wf_features_call *call, vulkan_pipeline *pipeline)
{
    *pipeline = (vulkan_pipeline){.shader = &features_shader};
    wf_vulkan_set_features(pipeline->constants, call);
    return wf_vulkan_get_pipeline(device, pipeline);
}

wf_result wf_vulkan_prepare_features(vulkan_device *device, const wf_features_call *call)
{
    vulkan_pipeline sums, exposure, features;
    WF_TRY(get_exposure_pipelines(device, &sums, &exposure));
    return get_features_pipeline(device, call, &features);
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

static int64_t across(int width)
{
    return wf_vulkan_divide_up(width, WF_EXPOSURE_THREADS);
}

static int64_t down(int height)
{
    return wf_vulkan_divide_up(height, WF_BLOCK);
}

size_t wf_vulkan_expose_workspace(const wf_device *device, int width, int height)
{
    (void)device;
    return (size_t)(across(width) * down(height)) * 4 * sizeof(float);
}

wf_result wf_vulkan_expose(wf_device *base, wf_stream stream, const wf_expose_call *call)
{
    vulkan_device *device = (vulkan_device *)base;
    vulkan_pipeline sums, exposure;
    WF_TRY(check_layers(&base->log, &call->layers));
    WF_TRY(get_exposure_pipelines(device, &sums, &exposure));
    const int width = (int)call->layers.color.size[3], height = (int)call->layers.color.size[2];
    struct wf_exposure_push push = {.width = width,
                                    .height = height,
                                    .sums_data = wf_vulkan_address(call->workspace),
                                    .exposure_data = wf_vulkan_address(call->exposure),
                                    .color = wf_vulkan_planes(&call->layers.color),
                                    .depth = wf_vulkan_planes(&call->layers.depth)};
    wf_vulkan_dispatch(device, stream, &sums, &push, sizeof push, across(width), down(height));
    WF_TRY(wf_vulkan_barrier(base, stream));
    push.width = (int)across(width);
    push.height = (int)down(height);
    wf_vulkan_dispatch(device, stream, &exposure, &push, sizeof push, 1, 1);
    return WF_OK;
}

wf_result wf_vulkan_features(wf_device *base, wf_stream stream, const wf_features_call *call)
{
    vulkan_device *device = (vulkan_device *)base;
    const wf_activation *output = &call->output;
    vulkan_pipeline pipeline;
    WF_TRY(get_features_pipeline(device, call, &pipeline));
    const struct wf_features_push push = {.width = output->width,
                                          .height = output->height,
                                          .exposure_data = wf_vulkan_address(call->exposure),
                                          .output_data = wf_vulkan_address(output->data),
                                          .color = wf_vulkan_planes(&call->layers.color),
                                          .albedo = wf_vulkan_planes(&call->layers.albedo),
                                          .normal = wf_vulkan_planes(&call->layers.normal),
                                          .depth = wf_vulkan_planes(&call->layers.depth)};
    wf_vulkan_dispatch(device, stream, &pipeline, &push, sizeof push,
                       wf_vulkan_divide_up(output->width, WF_GROUP_WIDTH),
                       wf_vulkan_divide_up(output->height, WF_GROUP_HEIGHT));
    return WF_OK;
}
