/* The bilateral predictor: one shader compresses the color into scratch, the next compares pixels. */
#include <math.h>

#include "device.h"

#include "compress.comp.h"
#include "predict.comp.h"

static const vulkan_shader compress_shader = {compress_comp, sizeof compress_comp};
static const vulkan_shader predict_shader = {predict_comp, sizeof predict_comp};

static wf_result get_pipelines(vulkan_device *device, const wf_bilateral *parameters, wf_dtype weight_dtype,
                               vulkan_pipeline *compress, vulkan_pipeline *predict)
{
    *compress = (vulkan_pipeline){.shader = &compress_shader};
    *predict = (vulkan_pipeline){.shader = &predict_shader,
                                 .constants = {[WF_PREDICT_KERNEL_HEIGHT] = parameters->kernel_height,
                                               [WF_PREDICT_KERNEL_WIDTH] = parameters->kernel_width,
                                               [WF_PREDICT_WEIGHT_HALF] = weight_dtype == WF_FLOAT16}};
    WF_TRY(wf_vulkan_get_pipeline(device, compress));
    return wf_vulkan_get_pipeline(device, predict);
}

wf_result wf_vulkan_prepare_bilateral(wf_device *device, const wf_bilateral_call *call)
{
    vulkan_pipeline compress, predict;
    return get_pipelines((vulkan_device *)device, &call->parameters, call->weight.dtype, &compress, &predict);
}

/* exp(-d^2 / (2 sigma^2)) = exp(-(scale d)^2) */
static float scale_of(float sigma)
{
    return sqrtf(0.5f) / sigma;
}

static void record_compress(vulkan_device *device, wf_stream stream, const vulkan_pipeline *pipeline,
                            const wf_bilateral_call *call, int64_t n)
{
    const int64_t *size = call->color.size;
    const struct wf_compress_push push = {.width = (int)size[3],
                                          .height = (int)size[2],
                                          .color_data = wf_vulkan_image(&call->color, n),
                                          .scratch_data = wf_vulkan_image(&call->scratch, n),
                                          .color_row = call->color.stride[2],
                                          .color_channel = call->color.stride[1],
                                          .scale = scale_of(call->parameters.sigma_color),
                                          .firefly_ratio = call->parameters.firefly_ratio};
    wf_vulkan_dispatch(device, stream, pipeline, &push, sizeof push, wf_vulkan_divide_up(size[3], WF_GROUP_WIDTH),
                       wf_vulkan_divide_up(size[2], WF_GROUP_HEIGHT));
}

static void record_predict(vulkan_device *device, wf_stream stream, const vulkan_pipeline *pipeline,
                           const wf_bilateral_call *call, int64_t n)
{
    const int64_t *size = call->color.size;
    const struct wf_predict_push push = {.width = (int)size[3],
                                         .height = (int)size[2],
                                         .space_scale = scale_of(call->parameters.sigma_space),
                                         .albedo_scale = scale_of(call->parameters.sigma_albedo),
                                         .normal_scale = scale_of(call->parameters.sigma_normal),
                                         .depth_scale = scale_of(call->parameters.sigma_depth),
                                         .scratch_data = wf_vulkan_image(&call->scratch, n),
                                         .albedo_data = wf_vulkan_image(&call->albedo, n),
                                         .normal_data = wf_vulkan_image(&call->normal, n),
                                         .depth_data = wf_vulkan_image(&call->depth, n),
                                         .weight_data = wf_vulkan_image(&call->weight, n),
                                         .albedo_row = call->albedo.stride[2],
                                         .albedo_channel = call->albedo.stride[1],
                                         .normal_row = call->normal.stride[2],
                                         .normal_channel = call->normal.stride[1],
                                         .depth_row = call->depth.stride[2],
                                         .weight_row = call->weight.stride[2],
                                         .weight_tap = call->weight.stride[1]};
    wf_vulkan_dispatch(device, stream, pipeline, &push, sizeof push, wf_vulkan_divide_up(size[3], WF_GROUP_WIDTH),
                       wf_vulkan_divide_up(size[2], WF_GROUP_HEIGHT * WF_THREAD_ROWS));
}

wf_result wf_vulkan_predict_bilateral(wf_device *base, wf_stream stream, const wf_bilateral_call *call)
{
    vulkan_device *device = (vulkan_device *)base;
    vulkan_pipeline compress, predict;
    WF_TRY(get_pipelines(device, &call->parameters, call->weight.dtype, &compress, &predict));
    for (int64_t n = 0; n < call->color.size[0]; n++)
        record_compress(device, stream, &compress, call, n);
    WF_TRY(wf_vulkan_barrier(base, stream));
    for (int64_t n = 0; n < call->color.size[0]; n++)
        record_predict(device, stream, &predict, call, n);
    return WF_OK;
}
