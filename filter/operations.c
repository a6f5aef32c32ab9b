/* The operator: every argument is checked here, once, and each group of channels handed to the device's backend. */
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "arguments.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

/* ---- Checks ------------------------------------------------------------------------------------------------------ */

static wf_result check_filter(const wf_log *log, wf_operator op, const wf_filter *filter)
{
    WF_TRY(wf_check_enum(log, "operator", (int)op, WF_OPERATOR_COUNT));
    WF_TRY(wf_check_pointer(log, "filter", filter));
    WF_TRY(wf_check_kernel_size(log, filter->kernel_height, filter->kernel_width));
    if (filter->dilation < 1 || filter->dilation > WF_MAX_DILATION)
        return WF_INVALID(log, "dilation is %d, it is 1 to %d", filter->dilation, WF_MAX_DILATION);
    if (filter->groups < 1)
        return WF_INVALID(log, "groups is %d, it is at least 1", filter->groups);
    return wf_check_enum(log, "mode", (int)filter->mode, WF_MODE_COUNT);
}

static wf_dtype sum_dtype(wf_dtype image)
{
    return image == WF_FLOAT64 ? WF_FLOAT64 : WF_FLOAT32;
}

/* A tensor of weights: the forward call's, or the gradient of it. */
static wf_result check_weight(const wf_log *log, const char *name, const wf_filter *filter, const wf_tensor *input,
                              const wf_tensor *weight)
{
    WF_TRY(wf_check_tensor(log, name, weight));
    WF_TRY(wf_check_taps(log, name, weight, filter->kernel_height, filter->kernel_width, filter->groups));
    WF_TRY(wf_check_sizes(log, name, weight, weight->size[AXIS_C], "input", input));
    if (input->dtype == weight->dtype || (input->dtype == WF_FLOAT32 && weight->dtype != WF_FLOAT64))
        return WF_OK;
    return WF_INVALID(log, "%s is %s and input is %s, %s images take %s weights", name, wf_dtype_name(weight->dtype),
                      wf_dtype_name(input->dtype), wf_dtype_name(input->dtype),
                      input->dtype == WF_FLOAT32 ? "float32, float16 or bfloat16" : wf_dtype_name(input->dtype));
}

static wf_result check_bias(const wf_log *log, const char *name, const wf_tensor *bias, const wf_tensor *input)
{
    const int64_t channels = input->size[AXIS_C];
    if (!bias)
        return WF_OK;
    WF_TRY(wf_check_tensor(log, name, bias));
    WF_TRY(wf_check_dtype(log, name, bias->dtype, sum_dtype(input->dtype)));
    if (bias->size[AXIS_N] != 1 || bias->size[AXIS_C] != channels || bias->size[AXIS_H] != 1 || bias->size[AXIS_W] != 1)
        return WF_INVALID(log, "%s has sizes %" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ", needs 1,%" PRId64 ",1,1",
                          name, bias->size[0], bias->size[1], bias->size[2], bias->size[3], channels);
    if (channels > 1 && bias->stride[AXIS_C] != 1)
        return WF_INVALID(log, "%s has stride %" PRId64 " in C, needs 1", name, bias->stride[AXIS_C]);
    return WF_OK;
}

/* An output, or a gradient, of the input's size and type. */
static wf_result check_image(const wf_log *log, const char *name, const wf_tensor *image, const wf_tensor *input)
{
    WF_TRY(wf_check_tensor(log, name, image));
    WF_TRY(wf_check_sizes(log, name, image, input->size[AXIS_C], "input", input));
    return wf_check_dtype(log, name, image->dtype, input->dtype);
}

static wf_result check_coverage(const wf_log *log, const wf_tensor *coverage, const wf_filter *filter,
                                const wf_tensor *input)
{
    WF_TRY(wf_check_tensor(log, "coverage", coverage));
    WF_TRY(wf_check_sizes(log, "coverage", coverage, filter->groups, "input", input));
    return wf_check_dtype(log, "coverage", coverage->dtype, sum_dtype(input->dtype));
}

static wf_result check_input_and_weight(const wf_log *log, const wf_filter *filter, const wf_tensor *input,
                                        const wf_tensor *weight)
{
    WF_TRY(wf_check_tensor(log, "input", input));
    return check_weight(log, "weight", filter, input, weight);
}

/* Where all of them lie: inputs first, then outputs, each of which overlaps no other. */
static wf_result check_memory(const wf_log *log, const wf_named_tensor *tensors, int inputs, int count)
{
    for (int i = 0; i < count; i++) {
        if (tensors[i].tensor)
            WF_TRY(wf_check_data(log, tensors[i].name, tensors[i].tensor));
    }
    for (int i = inputs; i < count; i++) {
        if (tensors[i].tensor)
            WF_TRY(wf_check_output(log, tensors[i].name, tensors[i].tensor, tensors, i));
    }
    return WF_OK;
}

/* Valid arguments that the device's backend cannot work on. */
static wf_result check_abilities(const wf_device *device, const wf_named_tensor *tensors, int count)
{
    const wf_backend_abilities *abilities = &device->table->abilities;
    const char *backend = wf_backend_name(device->backend);
    for (int i = 0; i < count; i++) {
        const wf_tensor *tensor = tensors[i].tensor;
        if (!tensor)
            continue;
        if (!(abilities->dtypes >> tensor->dtype & 1))
            return wf_fail(&device->log, WF_ERROR_UNSUPPORTED, "%s is %s, the %s backend has no %s", tensors[i].name,
                           wf_dtype_name(tensor->dtype), backend, wf_dtype_name(tensor->dtype));
        if (!abilities->any_stride && tensor->size[AXIS_W] > 1 && tensor->stride[AXIS_W] != 1)
            return wf_fail(&device->log, WF_ERROR_UNSUPPORTED,
                           "%s has stride %" PRId64 " in W, the %s backend takes only 1", tensors[i].name,
                           tensor->stride[AXIS_W], backend);
    }
    return WF_OK;
}

static wf_result no_ability(const wf_device *device, const char *what)
{
    return wf_fail(&device->log, WF_ERROR_UNSUPPORTED, "the %s backend has no %s yet", wf_backend_name(device->backend),
                   what);
}

/* ---- Groups ------------------------------------------------------------------------------------------------------ */

typedef struct group {
    int64_t index;
    int64_t channel, channels; /* those c with floor(c * groups / C) = index */
    int64_t tap, taps;
} group;

static group find_group(const wf_filter *filter, int64_t channels, int64_t index)
{
    const int64_t groups = filter->groups, taps = (int64_t)filter->kernel_height * filter->kernel_width;
    const int64_t first = (index * channels + groups - 1) / groups;
    const int64_t last = ((index + 1) * channels + groups - 1) / groups;
    return (group){.index = index, .channel = first, .channels = last - first, .tap = index * taps, .taps = taps};
}

/* The filter that backends see. */
static wf_filter one_group(const wf_filter *filter)
{
    wf_filter one = *filter;
    one.groups = 1;
    return one;
}

static wf_tensor slice(const wf_tensor *tensor, int64_t first, int64_t count)
{
    if (!tensor)
        return (wf_tensor){0};
    wf_tensor part = *tensor;
    part.size[AXIS_C] = count;
    if (first > 0 && count > 0 && part.data)
        part.data = (char *)part.data + first * part.stride[AXIS_C] * (int64_t)wf_dtype_size(part.dtype);
    return part;
}

static const void *bias_of(const wf_tensor *bias, const group *g)
{
    return bias && bias->data ? (const char *)bias->data + (size_t)g->channel * wf_dtype_size(bias->dtype) : NULL;
}

static wf_filter_call filter_call(wf_operator op, const wf_filter *filter, const group *g, const wf_tensor *input,
                                  const wf_tensor *weight, const wf_tensor *bias, const wf_tensor *output,
                                  const wf_tensor *coverage)
{
    return (wf_filter_call){.op = op,
                            .filter = one_group(filter),
                            .input = slice(input, g->channel, g->channels),
                            .weight = slice(weight, g->tap, g->taps),
                            .output = slice(output, g->channel, g->channels),
                            .coverage = slice(coverage, g->index, 1),
                            .bias = bias_of(bias, g)};
}

/* Of the operation before. */
static void forget_kernels(wf_device *device)
{
    memset(device->kernels, 0, sizeof device->kernels);
}

/* ---- Forward ----------------------------------------------------------------------------------------------------- */

wf_result wf_apply(wf_device *device, wf_stream stream, wf_operator op, const wf_filter *filter, const wf_tensor *input,
                   const wf_tensor *weight, const wf_tensor *bias, const wf_tensor *output, const wf_tensor *coverage)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    const wf_log *log = &device->log;
    WF_TRY(check_filter(log, op, filter));
    WF_TRY(check_input_and_weight(log, filter, input, weight));
    WF_TRY(check_bias(log, "bias", bias, input));
    WF_TRY(check_image(log, "output", output, input));
    if (coverage)
        WF_TRY(check_coverage(log, coverage, filter, input));
    const wf_named_tensor tensors[] = {
        {"input", input}, {"weight", weight}, {"bias", bias}, {"output", output}, {"coverage", coverage}};
    WF_TRY(check_memory(log, tensors, 3, LENGTH(tensors)));
    WF_TRY(wf_check_stream(device, stream));
    WF_TRY(check_abilities(device, tensors, LENGTH(tensors)));
    if (coverage && !device->table->abilities.coverage)
        return no_ability(device, "coverage output");

    forget_kernels(device);
    for (int64_t i = 0; i < filter->groups; i++) {
        const group g = find_group(filter, input->size[AXIS_C], i);
        if (g.channels == 0 && !coverage)
            continue;
        const wf_filter_call call = filter_call(op, filter, &g, input, weight, bias, output, coverage);
        WF_TRY(op == WF_SPLAT ? device->table->splat(device, stream, &call)
                              : device->table->gather(device, stream, &call));
    }
    return WF_OK;
}

wf_result wf_gather(wf_device *device, wf_stream stream, const wf_filter *filter, const wf_tensor *input,
                    const wf_tensor *weight, const wf_tensor *bias, const wf_tensor *output, const wf_tensor *coverage)
{
    return wf_apply(device, stream, WF_GATHER, filter, input, weight, bias, output, coverage);
}

wf_result wf_splat(wf_device *device, wf_stream stream, const wf_filter *filter, const wf_tensor *input,
                   const wf_tensor *weight, const wf_tensor *bias, const wf_tensor *output, const wf_tensor *coverage)
{
    return wf_apply(device, stream, WF_SPLAT, filter, input, weight, bias, output, coverage);
}

wf_result wf_gather_splat(wf_device *device, wf_stream stream, const wf_filter *filter, const wf_tensor *input,
                          const wf_tensor *weight, const wf_tensor *bias, const wf_tensor *gather_output,
                          const wf_tensor *splat_output)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    const wf_log *log = &device->log;
    WF_TRY(check_filter(log, WF_GATHER, filter));
    WF_TRY(check_input_and_weight(log, filter, input, weight));
    WF_TRY(check_bias(log, "bias", bias, input));
    WF_TRY(check_image(log, "gather_output", gather_output, input));
    WF_TRY(check_image(log, "splat_output", splat_output, input));
    const wf_named_tensor tensors[] = {{"input", input},
                                       {"weight", weight},
                                       {"bias", bias},
                                       {"gather_output", gather_output},
                                       {"splat_output", splat_output}};
    WF_TRY(check_memory(log, tensors, 3, LENGTH(tensors)));
    WF_TRY(wf_check_stream(device, stream));
    WF_TRY(check_abilities(device, tensors, LENGTH(tensors)));
    if (!device->table->gather_splat)
        return no_ability(device, "fused gather and splat");

    forget_kernels(device);
    for (int64_t i = 0; i < filter->groups; i++) {
        const group g = find_group(filter, input->size[AXIS_C], i);
        if (g.channels == 0)
            continue;
        const wf_filter_call gather = filter_call(WF_GATHER, filter, &g, input, weight, bias, gather_output, NULL);
        const wf_filter_call splat = filter_call(WF_SPLAT, filter, &g, input, weight, bias, splat_output, NULL);
        WF_TRY(device->table->gather_splat(device, stream, &gather, &splat));
    }
    return WF_OK;
}

wf_result wf_prepare(wf_device *device, wf_operator op, const wf_filter *filter, const wf_tensor *input,
                     const wf_tensor *weight)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    WF_TRY(check_filter(&device->log, op, filter));
    WF_TRY(check_input_and_weight(&device->log, filter, input, weight));
    const wf_named_tensor tensors[] = {{"input", input}, {"weight", weight}};
    WF_TRY(check_abilities(device, tensors, LENGTH(tensors)));
    for (int64_t i = 0; i < filter->groups; i++) {
        const group g = find_group(filter, input->size[AXIS_C], i);
        const wf_filter_call call = filter_call(op, filter, &g, input, weight, NULL, input, NULL);
        if (g.channels > 0)
            WF_TRY(device->table->prepare(device, &call));
    }
    return WF_OK;
}

wf_result wf_prepare_gather_splat(wf_device *device, const wf_filter *filter, const wf_tensor *input,
                                  const wf_tensor *weight)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    WF_TRY(check_filter(&device->log, WF_GATHER, filter));
    WF_TRY(check_input_and_weight(&device->log, filter, input, weight));
    const wf_named_tensor tensors[] = {{"input", input}, {"weight", weight}};
    WF_TRY(check_abilities(device, tensors, LENGTH(tensors)));
    if (!device->table->gather_splat)
        return no_ability(device, "fused gather and splat");
    for (int64_t i = 0; i < filter->groups && device->table->prepare_gather_splat; i++) {
        const group g = find_group(filter, input->size[AXIS_C], i);
        const wf_filter_call gather = filter_call(WF_GATHER, filter, &g, input, weight, NULL, input, NULL);
        const wf_filter_call splat = filter_call(WF_SPLAT, filter, &g, input, weight, NULL, input, NULL);
        if (g.channels > 0)
            WF_TRY(device->table->prepare_gather_splat(device, &gather, &splat));
    }
    return WF_OK;
}

/* ---- Backward ---------------------------------------------------------------------------------------------------- */

/* All but where the tensors lie. */
static wf_result check_gradients(const wf_log *log, wf_operator op, const wf_filter *filter, const wf_gradients *g)
{
    WF_TRY(check_filter(log, op, filter));
    WF_TRY(wf_check_pointer(log, "gradients", g));
    WF_TRY(check_input_and_weight(log, filter, g->input, g->weight));
    WF_TRY(check_bias(log, "bias", g->bias, g->input));
    WF_TRY(check_image(log, "grad_output", g->grad_output, g->input));
    if (filter->mode != WF_LINEAR) {
        WF_TRY(check_image(log, "output", g->output, g->input));
        WF_TRY(check_coverage(log, g->coverage, filter, g->input));
    }
    if (!g->grad_input && !g->grad_weight && !g->grad_bias)
        return WF_INVALID(log, "grad_input, grad_weight and grad_bias are NULL, at least one is wanted");
    if (g->grad_input)
        WF_TRY(check_image(log, "grad_input", g->grad_input, g->input));
    if (g->grad_weight) {
        WF_TRY(check_weight(log, "grad_weight", filter, g->input, g->grad_weight));
        WF_TRY(wf_check_dtype(log, "grad_weight", g->grad_weight->dtype, g->weight->dtype));
    }
    return check_bias(log, "grad_bias", g->grad_bias, g->input);
}

/* What backward works on, where the mode needs it. */
static const wf_tensor *for_mode(const wf_filter *filter, const wf_tensor *tensor)
{
    return filter->mode == WF_LINEAR ? NULL : tensor;
}

static wf_backward_call backward_call(wf_operator op, const wf_filter *filter, const group *g, const wf_gradients *all)
{
    return (wf_backward_call){.op = op,
                              .filter = one_group(filter),
                              .input = slice(all->input, g->channel, g->channels),
                              .weight = slice(all->weight, g->tap, g->taps),
                              .output = slice(for_mode(filter, all->output), g->channel, g->channels),
                              .coverage = slice(for_mode(filter, all->coverage), g->index, 1),
                              .grad_output = slice(all->grad_output, g->channel, g->channels),
                              .grad_input = slice(all->grad_input, g->channel, g->channels),
                              .grad_weight = slice(all->grad_weight, g->tap, g->taps),
                              .grad_bias = slice(all->grad_bias, g->channel, g->channels),
                              .bias = bias_of(all->bias, g)};
}

static size_t workspace_of(const wf_device *device, const wf_backward_call *call)
{
    size_t size = device->table->backward_workspace(call);
    return (size + WF_WORKSPACE_ALIGNMENT - 1) / WF_WORKSPACE_ALIGNMENT * WF_WORKSPACE_ALIGNMENT;
}

/* Each group has its own. */
static size_t workspace_of_groups(const wf_device *device, wf_operator op, const wf_filter *filter,
                                  const wf_gradients *gradients)
{
    size_t size = 0;
    for (int64_t i = 0; device->table->backward_workspace && i < filter->groups; i++) {
        const group g = find_group(filter, gradients->input->size[AXIS_C], i);
        const wf_backward_call call = backward_call(op, filter, &g, gradients);
        size += workspace_of(device, &call);
    }
    return size;
}

/* Of every group. */
static wf_result run_backward(wf_device *device, wf_stream stream, wf_operator op, const wf_filter *filter,
                              const wf_gradients *gradients)
{
    char *workspace = gradients->workspace;
    forget_kernels(device);
    for (int64_t i = 0; i < filter->groups; i++) {
        const group g = find_group(filter, gradients->input->size[AXIS_C], i);
        wf_backward_call call = backward_call(op, filter, &g, gradients);
        const size_t size = workspace_of(device, &call);
        call.workspace = size > 0 ? workspace : NULL;
        workspace = size > 0 ? workspace + size : workspace;
        if (g.channels > 0 || gradients->grad_weight)
            WF_TRY(device->table->backward(device, stream, &call));
    }
    return WF_OK;
}

size_t wf_backward_workspace(wf_device *device, wf_operator op, const wf_filter *filter, const wf_gradients *gradients)
{
    if (!device || check_gradients(&device->log, op, filter, gradients) != WF_OK)
        return 0;
    return workspace_of_groups(device, op, filter, gradients);
}

wf_result wf_backward(wf_device *device, wf_stream stream, wf_operator op, const wf_filter *filter,
                      const wf_gradients *gradients)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    const wf_log *log = &device->log;
    const wf_gradients *g = gradients;
    WF_TRY(check_gradients(log, op, filter, g));
    const wf_named_tensor tensors[] = {{"input", g->input},
                                       {"weight", g->weight},
                                       {"bias", g->bias},
                                       {"output", for_mode(filter, g->output)},
                                       {"coverage", for_mode(filter, g->coverage)},
                                       {"grad_output", g->grad_output},
                                       {"grad_input", g->grad_input},
                                       {"grad_weight", g->grad_weight},
                                       {"grad_bias", g->grad_bias}};
    WF_TRY(check_memory(log, tensors, 6, LENGTH(tensors)));
    WF_TRY(wf_check_stream(device, stream));
    if (!device->table->backward)
        return no_ability(device, "backward");
    WF_TRY(check_abilities(device, tensors, LENGTH(tensors)));
    WF_TRY(wf_check_workspace(log, g->workspace, workspace_of_groups(device, op, filter, g), tensors, LENGTH(tensors)));
    return run_backward(device, stream, op, filter, g);
}

wf_result wf_grad_weight(wf_device *device, wf_stream stream, wf_operator op, const wf_filter *filter,
                         const wf_tensor *input, const wf_tensor *grad_output, const wf_tensor *grad_weight)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    const wf_log *log = &device->log;
    WF_TRY(check_filter(log, op, filter));
    if (filter->mode != WF_LINEAR)
        return WF_INVALID(log, "mode is %s, wf_grad_weight takes only linear", wf_mode_name(filter->mode));
    WF_TRY(wf_check_tensor(log, "input", input));
    WF_TRY(check_image(log, "grad_output", grad_output, input));
    WF_TRY(check_weight(log, "grad_weight", filter, input, grad_weight));
    const wf_named_tensor tensors[] = {{"input", input}, {"grad_output", grad_output}, {"grad_weight", grad_weight}};
    WF_TRY(check_memory(log, tensors, 2, LENGTH(tensors)));
    WF_TRY(wf_check_stream(device, stream));
    if (!device->table->backward)
        return no_ability(device, "backward");
    WF_TRY(check_abilities(device, tensors, LENGTH(tensors)));
    return run_backward(device, stream, op, filter,
                        &(wf_gradients){.input = input, .grad_output = grad_output, .grad_weight = grad_weight});
}
