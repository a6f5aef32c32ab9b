/* Gather and splat: one shader each, the same push constants, the same grid. */
#include "device.h"

#define MAX_CHANNELS 8 /* that one thread sums */

__extension__ _Static_assert(WF_NORMALIZED == WF_SHARED_NORMALIZED, "wf.h and shared.h differ");
__extension__ _Static_assert(WF_SOFTMAX == WF_SHARED_SOFTMAX, "wf.h and shared.h differ");

static int64_t chunk_count(const wf_filter_call *call)
{
    return wf_vulkan_divide_up(call->input.size[1], MAX_CHANNELS);
}

/* Rows of threads: one for WF_THREAD_ROWS pixels of a column that are dilation apart. */
static int64_t thread_rows(int64_t height, int dilation)
{
    return wf_vulkan_divide_up(height, (int64_t)WF_THREAD_ROWS * dilation) * dilation;
}

static wf_result get_pipeline(vulkan_device *device, const wf_filter_call *call, vulkan_pipeline *pipeline)
{
    const wf_filter *filter = &call->filter;
    int64_t channels = wf_vulkan_divide_up(call->input.size[1], chunk_count(call));
    *pipeline = (vulkan_pipeline){.shader = call->op == WF_SPLAT ? &wf_vulkan_splat_shader : &wf_vulkan_gather_shader,
                                  .constants = {[WF_FILTER_KERNEL_HEIGHT] = filter->kernel_height,
                                                [WF_FILTER_KERNEL_WIDTH] = filter->kernel_width,
                                                [WF_FILTER_DILATION] = filter->dilation,
                                                [WF_FILTER_MODE] = (int32_t)filter->mode,
                                                [WF_FILTER_CHANNELS] = (int32_t)channels,
                                                [WF_FILTER_IMAGE_HALF] = call->input.dtype == WF_FLOAT16,
                                                [WF_FILTER_WEIGHT_HALF] = call->weight.dtype == WF_FLOAT16}};
    return wf_vulkan_get_pipeline(device, pipeline);
}

wf_result wf_vulkan_prepare(wf_device *device, const wf_filter_call *call)
{
    vulkan_pipeline pipeline;
    return get_pipeline((vulkan_device *)device, call, &pipeline);
}

wf_result wf_vulkan_filter(wf_device *base, wf_stream stream, const wf_filter_call *call)
{
    vulkan_device *device = (vulkan_device *)base;
    vulkan_pipeline pipeline;
    wf_result result = get_pipeline(device, call, &pipeline);
    if (result != WF_OK)
        return result;

    const int64_t *size = call->input.size;
    struct wf_filter_push push = {.width = (int)size[3],
                                  .height = (int)size[2],
                                  .channels = (int)size[1],
                                  .bias_data = (uintptr_t)call->bias,
                                  .input_row = call->input.stride[2],
                                  .input_channel = call->input.stride[1],
                                  .weight_row = call->weight.stride[2],
                                  .weight_tap = call->weight.stride[1],
                                  .output_row = call->output.stride[2],
                                  .output_channel = call->output.stride[1]};
    for (int64_t n = 0; n < size[0]; n++) {
        push.input_data = wf_vulkan_image(&call->input, n);
        push.weight_data = wf_vulkan_image(&call->weight, n);
        push.output_data = wf_vulkan_image(&call->output, n);
        wf_vulkan_dispatch(device, stream, &pipeline, &push, sizeof push,
                           wf_vulkan_divide_up(size[3], WF_GROUP_WIDTH) * chunk_count(call),
                           wf_vulkan_divide_up(thread_rows(size[2], call->filter.dilation), WF_GROUP_HEIGHT));
    }
    return WF_OK;
}
