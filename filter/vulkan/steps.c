/* Steps between the levels of a pyramid. */
#include "kernel.h"

#include "step_down.comp.h"
#include "step_up.comp.h"

static const vulkan_shader down = {step_down_comp, sizeof step_down_comp};
static const vulkan_shader up = {step_up_comp, sizeof step_up_comp};

wf_result wf_vulkan_prepare_steps(wf_device *device)
{
    vulkan_pipeline pipelines[] = {{.shader = &down}, {.shader = &up}};
    WF_TRY(wf_vulkan_get_pipeline((vulkan_device *)device, &pipelines[0]));
    return wf_vulkan_get_pipeline((vulkan_device *)device, &pipelines[1]);
}

/* One thread for each of these pixels. */
static wf_result record(vulkan_device *device, wf_stream stream, const vulkan_shader *shader, const wf_tensor *pixels,
                        const wf_step_call *call)
{
    vulkan_pipeline pipeline = {.shader = shader};
    WF_TRY(wf_vulkan_check_strides(&device->base.log, "image", &call->fine));
    WF_TRY(wf_vulkan_check_strides(&device->base.log, "alpha", &call->alpha));
    WF_TRY(wf_vulkan_get_pipeline(device, &pipeline));
    struct wf_step_push push = {.width = (int)call->fine.size[3],
                                .height = (int)call->fine.size[2],
                                .channels = (int)call->fine.size[1],
                                .subtract = call->subtract,
                                .alpha_half = call->alpha.dtype == WF_FLOAT16,
                                .fine_row = wf_vulkan_row(&call->fine),
                                .fine_step = wf_vulkan_step(&call->fine),
                                .alpha_row = wf_vulkan_row(&call->alpha),
                                .alpha_step = wf_vulkan_step(&call->alpha),
                                .fine_channel = call->fine.stride[1]};
    for (int64_t n = 0; n < call->fine.size[0]; n++) {
        push.fine_data = wf_vulkan_image(&call->fine, n);
        push.coarse_data = wf_vulkan_image(&call->coarse, n);
        push.alpha_data = wf_vulkan_image(&call->alpha, n);
        wf_vulkan_dispatch(device, stream, &pipeline, &push, sizeof push,
                           wf_vulkan_divide_up(pixels->size[3], WF_GROUP_WIDTH),
                           wf_vulkan_divide_up(pixels->size[2], WF_GROUP_HEIGHT));
    }
    return WF_OK;
}

wf_result wf_vulkan_step_down(wf_device *device, wf_stream stream, const wf_step_call *call)
{
    return record((vulkan_device *)device, stream, &down, &call->coarse, call);
}

wf_result wf_vulkan_step_up(wf_device *device, wf_stream stream, const wf_step_call *call)
{
    return record((vulkan_device *)device, stream, &up, &call->fine, call);
}
