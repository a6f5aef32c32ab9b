/* A few pixels' weights, out of all. */
#include "kernel.h"

#include "pick.comp.h"

static const vulkan_shader pick = {pick_comp, sizeof pick_comp};

static wf_result get_pipeline(vulkan_device *device, wf_dtype dtype, vulkan_pipeline *pipeline)
{
    *pipeline = (vulkan_pipeline){.shader = &pick, .constants = {[WF_PICK_TYPE] = (int32_t)dtype}};
    return wf_vulkan_get_pipeline(device, pipeline);
}

wf_result wf_vulkan_prepare_pick(wf_device *device)
{
    static const wf_dtype types[] = {WF_FLOAT32, WF_FLOAT16, WF_BFLOAT16};
    vulkan_pipeline pipeline;
    for (int i = 0; i < 3; i++)
        WF_TRY(get_pipeline((vulkan_device *)device, types[i], &pipeline));
    return WF_OK;
}

wf_result wf_vulkan_pick(wf_device *base, wf_stream stream, const wf_pick_call *call)
{
    vulkan_device *device = (vulkan_device *)base;
    vulkan_pipeline pipeline;
    WF_TRY(wf_vulkan_check_strides(&base->log, "weight", &call->weight));
    WF_TRY(get_pipeline(device, call->weight.dtype, &pipeline));
    const struct wf_pick_push push = {.width = (int)call->weight.size[3],
                                      .height = (int)call->weight.size[2],
                                      .x = call->x,
                                      .y = call->y,
                                      .rows = call->rows,
                                      .columns = call->columns,
                                      .kernel_height = call->filter.kernel_height,
                                      .kernel_width = call->filter.kernel_width,
                                      .dilation = call->filter.dilation,
                                      .taps = (int)call->weight.size[1],
                                      .landing = call->landing,
                                      .weight_row = wf_vulkan_row(&call->weight),
                                      .weight_step = wf_vulkan_step(&call->weight),
                                      .weight_data = wf_vulkan_image(&call->weight, 0),
                                      .output_data = (uintptr_t)call->output,
                                      .weight_tap = call->weight.stride[1]};
    wf_vulkan_dispatch(device, stream, &pipeline, &push, sizeof push, wf_vulkan_divide_up(push.taps, WF_GROUP_WIDTH),
                       wf_vulkan_divide_up((int64_t)push.rows * push.columns, WF_GROUP_HEIGHT));
    return WF_OK;
}
