/* The gradient to the weights. */
#include "kernel.h"

#include "grad_weight.comp.h"

static const vulkan_shader shader = {grad_weight_comp, sizeof grad_weight_comp};

static wf_result get_pipeline(vulkan_device *device, const vulkan_grad_weight *g, const vulkan_shape *shape,
                              vulkan_pipeline *pipeline)
{
    *pipeline =
        (vulkan_pipeline){.shader = &shader,
                          .constants = {[WF_KERNEL_INPUT_TYPE] = (int32_t)g->input->dtype,
                                        [WF_KERNEL_WEIGHT_TYPE] = (int32_t)g->weight->dtype,
                                        [WF_KERNEL_OUTPUT_TYPE] = (int32_t)g->output->dtype,
                                        [WF_KERNEL_INPUT_STEP] = wf_vulkan_step(g->input),
                                        [WF_KERNEL_WEIGHT_STEP] = wf_vulkan_step(g->weight),
                                        [WF_KERNEL_OUTPUT_STEP] = wf_vulkan_step(g->output),
                                        [WF_GRAD_WEIGHT_SPLAT] = g->op == WF_SPLAT,
                                        [WF_GRAD_WEIGHT_OWN_TYPE] = (int32_t)g->own->dtype,
                                        [WF_GRAD_WEIGHT_OWN_STEP] = wf_vulkan_step(g->own),
                                        [WF_GRAD_WEIGHT_ONE_PASS] =
                                            g->own->size[1] > 0 && wf_vulkan_passes(shape, g->own->size[1]) == 1}};
    wf_vulkan_specialize(pipeline, shape, &g->filter, g->own->size[1]);
    return wf_vulkan_get_pipeline(device, pipeline);
}

wf_result wf_vulkan_record_grad_weight(vulkan_device *device, wf_stream stream, const vulkan_grad_weight *g)
{
    const wf_tensor *const tensors[] = {g->own, g->input, g->weight, g->output, g->values};
    const vulkan_shape shape =
        wf_vulkan_choose_shape(VULKAN_GRAD_WEIGHT, g->filter.kernel_width, (int64_t)wf_dtype_size(g->output->dtype),
                               wf_vulkan_aligned_pixels(&g->filter, tensors, 5));
    vulkan_pipeline pipeline;
    WF_TRY(get_pipeline(device, g, &shape, &pipeline));
    wf_note_kernel(&device->base, "grad_weight");

    const int64_t *size = g->output->size;
    struct wf_grad_weight_push push = {.width = (int)size[3],
                                       .height = (int)size[2],
                                       .channels = (int)g->own->size[1],
                                       .own_row = wf_vulkan_row(g->own),
                                       .input_row = wf_vulkan_row(g->input),
                                       .weight_row = wf_vulkan_row(g->weight),
                                       .output_row = wf_vulkan_row(g->output),
                                       .own_channel = g->own->stride[1],
                                       .input_channel = g->input->stride[1],
                                       .weight_tap = g->weight->stride[1],
                                       .output_tap = g->output->stride[1]};
    for (int64_t n = 0; n < size[0]; n++) {
        push.own_data = wf_vulkan_image(g->own, n);
        push.input_data = wf_vulkan_image(g->input, n);
        push.weight_data = wf_vulkan_image(g->weight, n);
        push.output_data = wf_vulkan_image(g->output, n);
        push.values_data = wf_vulkan_image(g->values, n);
        wf_vulkan_dispatch(device, stream, &pipeline, &push, sizeof push,
                           wf_vulkan_divide_up(size[3], (int64_t)shape.width * shape.pixels),
                           wf_vulkan_divide_up(size[2], shape.height));
    }
    return WF_OK;
}
