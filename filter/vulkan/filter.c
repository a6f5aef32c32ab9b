/* Gather, splat, and both at once: shaders that differ in their operators, the same push constants, the same grid. */
#include "kernel.h"

__extension__ _Static_assert(WF_NORMALIZED == WF_SHARED_NORMALIZED, "wf.h and shared.h differ");
__extension__ _Static_assert(WF_SOFTMAX == WF_SHARED_SOFTMAX, "wf.h and shared.h differ");
__extension__ _Static_assert(WF_GATHER == WF_SHARED_GATHER, "wf.h and shared.h differ");
__extension__ _Static_assert(WF_SPLAT == WF_SHARED_SPLAT, "wf.h and shared.h differ");
__extension__ _Static_assert(WF_FLOAT32 == WF_SHARED_FLOAT32, "wf.h and shared.h differ");
__extension__ _Static_assert(WF_FLOAT16 == WF_SHARED_FLOAT16, "wf.h and shared.h differ");
__extension__ _Static_assert(WF_BFLOAT16 == WF_SHARED_BFLOAT16, "wf.h and shared.h differ");

static const vulkan_shader *const shaders[] = {[VULKAN_GATHER] = &wf_vulkan_gather_shader,
                                               [VULKAN_SPLAT] = &wf_vulkan_splat_shader,
                                               [VULKAN_GATHER_SPLAT] = &wf_vulkan_gather_splat_shader};

static const char *const names[] = {
    [VULKAN_GATHER] = "gather", [VULKAN_SPLAT] = "splat", [VULKAN_GATHER_SPLAT] = "gather_splat"};

static vulkan_shape shape_of(const vulkan_filter *f)
{
    const wf_tensor *const tensors[] = {f->input, f->weight, f->output, f->extra};
    return wf_vulkan_choose_shape(f->work, f->filter.kernel_width, (int64_t)wf_dtype_size(f->weight->dtype),
                                  wf_vulkan_aligned_pixels(&f->filter, tensors, 4));
}

static wf_result get_pipeline(vulkan_device *device, const vulkan_filter *f, const vulkan_shape *shape,
                              vulkan_pipeline *pipeline)
{
    *pipeline = (vulkan_pipeline){.shader = shaders[f->work],
                                  .constants = {[WF_KERNEL_INPUT_TYPE] = (int32_t)f->input->dtype,
                                                [WF_KERNEL_WEIGHT_TYPE] = (int32_t)f->weight->dtype,
                                                [WF_KERNEL_OUTPUT_TYPE] = (int32_t)f->output->dtype,
                                                [WF_KERNEL_INPUT_STEP] = wf_vulkan_step(f->input),
                                                [WF_KERNEL_WEIGHT_STEP] = wf_vulkan_step(f->weight),
                                                [WF_KERNEL_OUTPUT_STEP] = wf_vulkan_step(f->output),
                                                [WF_FILTER_COVERAGE] = f->work != VULKAN_GATHER_SPLAT &&
                                                                       !f->given_softmax && wf_present(f->extra),
                                                [WF_FILTER_EXTRA_STEP] = wf_vulkan_step(f->extra)}};
    wf_vulkan_specialize(pipeline, shape, &f->filter, f->input->size[1]);
    if (f->given_softmax)
        pipeline->constants[WF_KERNEL_MODE] = WF_SHARED_GIVEN_SOFTMAX;
    return wf_vulkan_get_pipeline(device, pipeline);
}

wf_result wf_vulkan_prepare_filter(vulkan_device *device, const vulkan_filter *filter)
{
    const vulkan_shape shape = shape_of(filter);
    vulkan_pipeline pipeline;
    return get_pipeline(device, filter, &shape, &pipeline);
}

static wf_result check_strides(const wf_log *log, const vulkan_filter *f)
{
    WF_TRY(wf_vulkan_check_strides(log, "input", f->input));
    WF_TRY(wf_vulkan_check_strides(log, "weight", f->weight));
    WF_TRY(wf_vulkan_check_strides(log, "output", f->output));
    return wf_vulkan_check_strides(log, "coverage", f->extra);
}

wf_result wf_vulkan_record_filter(vulkan_device *device, wf_stream stream, const vulkan_filter *f)
{
    const vulkan_shape shape = shape_of(f);
    vulkan_pipeline pipeline;
    WF_TRY(check_strides(&device->base.log, f));
    WF_TRY(get_pipeline(device, f, &shape, &pipeline));
    wf_note_kernel(&device->base, names[f->work]);

    const int64_t *size = f->input->size;
    struct wf_filter_push push = {.width = (int)size[3],
                                  .height = (int)size[2],
                                  .channels = (int)size[1],
                                  .input_row = wf_vulkan_row(f->input),
                                  .weight_row = wf_vulkan_row(f->weight),
                                  .output_row = wf_vulkan_row(f->output),
                                  .extra_row = wf_vulkan_row(f->extra),
                                  .bias_data = (uintptr_t)f->bias,
                                  .input_channel = f->input->stride[1],
                                  .weight_tap = f->weight->stride[1],
                                  .output_channel = f->output->stride[1],
                                  .extra_channel = f->extra->stride[1]};
    for (int64_t n = 0; n < size[0]; n++) {
        push.input_data = wf_vulkan_image(f->input, n);
        push.weight_data = wf_vulkan_image(f->weight, n);
        push.output_data = wf_vulkan_image(f->output, n);
        push.extra_data = wf_vulkan_image(f->extra, n);
        wf_vulkan_dispatch(device, stream, &pipeline, &push, sizeof push,
                           wf_vulkan_divide_up(size[3], (int64_t)shape.width * shape.pixels) *
                               wf_vulkan_passes(&shape, size[1]),
                           wf_vulkan_divide_up(size[2], shape.height));
    }
    return WF_OK;
}

/* ---- The table's entries ---- */

static vulkan_filter filter_of(const wf_filter_call *call)
{
    return (vulkan_filter){.work = call->op == WF_SPLAT ? VULKAN_SPLAT : VULKAN_GATHER,
                           .filter = call->filter,
                           .input = &call->input,
                           .weight = &call->weight,
                           .output = &call->output,
                           .extra = &call->coverage,
                           .bias = call->bias};
}

/* Both at once. */
static vulkan_filter filter_of_both(const wf_filter_call *gather, const wf_filter_call *splat)
{
    vulkan_filter filter = filter_of(gather);
    filter.work = VULKAN_GATHER_SPLAT;
    filter.extra = &splat->output;
    return filter;
}

wf_result wf_vulkan_prepare(wf_device *device, const wf_filter_call *call)
{
    const vulkan_filter filter = filter_of(call);
    return wf_vulkan_prepare_filter((vulkan_device *)device, &filter);
}

wf_result wf_vulkan_prepare_gather_splat(wf_device *device, const wf_filter_call *gather, const wf_filter_call *splat)
{
    const vulkan_filter filter = filter_of_both(gather, splat);
    return wf_vulkan_prepare_filter((vulkan_device *)device, &filter);
}

wf_result wf_vulkan_filter(wf_device *device, wf_stream stream, const wf_filter_call *call)
{
    const vulkan_filter filter = filter_of(call);
    return wf_vulkan_record_filter((vulkan_device *)device, stream, &filter);
}

wf_result wf_vulkan_gather_splat(wf_device *device, wf_stream stream, const wf_filter_call *gather,
                                 const wf_filter_call *splat)
{
    const vulkan_filter filter = filter_of_both(gather, splat);
    return wf_vulkan_record_filter((vulkan_device *)device, stream, &filter);
}
