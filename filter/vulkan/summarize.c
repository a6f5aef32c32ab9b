/* Figures of every pixel's kernel. */
#include "kernel.h"

#include "summarize.comp.h"

_Static_assert((int)WF_FIGURE_SUM == WF_SHARED_FIGURE_SUM && (int)WF_FIGURE_ENTROPY == WF_SHARED_FIGURE_ENTROPY &&
                   (int)WF_FIGURE_RADIUS == WF_SHARED_FIGURE_RADIUS && (int)WF_FIGURE_OWN == WF_SHARED_FIGURE_OWN &&
                   (int)WF_FIGURE_BLEND == WF_SHARED_FIGURE_BLEND && (int)WF_FIGURE_COUNT == WF_SHARED_FIGURES,
               "shared.h has wf_figure's values");

static const vulkan_shader summarize = {summarize_comp, sizeof summarize_comp};

wf_result wf_vulkan_summarize(wf_device *base, wf_stream stream, const wf_summary_call *call)
{
    vulkan_device *device = (vulkan_device *)base;
    vulkan_pipeline pipeline = {.shader = &summarize, .constants = {[WF_SUMMARIZE_TYPE] = (int32_t)call->weight.dtype}};
    WF_TRY(wf_vulkan_check_strides(&base->log, "weight", &call->weight));
    WF_TRY(wf_vulkan_get_pipeline(device, &pipeline));
    struct wf_summarize_push push = {.width = (int)call->weight.size[3],
                                     .height = (int)call->weight.size[2],
                                     .output_width = call->width,
                                     .output_height = call->height,
                                     .kernel_height = wf_summary_rows(call),
                                     .kernel_width = call->filter.kernel_width,
                                     .dilation = call->filter.dilation,
                                     .mode = (int)call->filter.mode,
                                     .landing = call->landing,
                                     .level = call->level,
                                     .alpha_half = call->alpha.dtype == WF_FLOAT16,
                                     .alpha_is_logit = call->alpha_is_logit,
                                     .weight_row = wf_vulkan_row(&call->weight),
                                     .weight_step = wf_vulkan_step(&call->weight),
                                     .weight_data = wf_vulkan_image(&call->weight, 0),
                                     .alpha_data = wf_present(&call->alpha) ? wf_vulkan_image(&call->alpha, 0) : 0,
                                     .weight_tap = call->weight.stride[1]};
    for (int figure = 0; figure < WF_FIGURE_COUNT; figure++)
        push.output_data[figure] = (uintptr_t)call->outputs[figure];
    wf_vulkan_dispatch(device, stream, &pipeline, &push, sizeof push, wf_vulkan_divide_up(push.width, WF_GROUP_WIDTH),
                       wf_vulkan_divide_up(push.height, WF_GROUP_HEIGHT));
    return WF_OK;
}
