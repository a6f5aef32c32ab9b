/* The gradients: grad_input is the other operator's work on the gradient to the output, grad_weight a correlation, and
 * grad_bias sums. For normalized and softmax, what they need of every destination is found before. */
#include "kernel.h"

#include "destinations.comp.h"
#include "sum.comp.h"

enum { VALUES = 2 /* planes: D and L */, MOST_SHARES = 512 };

static const vulkan_shader destinations_shader = {destinations_comp, sizeof destinations_comp};
static const vulkan_shader sum_shader = {sum_comp, sizeof sum_comp};

/* ---- Workspace ---- */

typedef struct workspace {
    int64_t planes;    /* of destinations.comp.glsl, of each image: 0, D and L, or these and g' */
    int64_t shares;    /* of an image's rows that are summed by themselves */
    size_t sums, size; /* bytes: where the shares' sums begin, and of all */
} workspace;

/* The call without channels has gradients of 0, which linear finds. */
static wf_mode mode_of(const wf_backward_call *call)
{
    return call->grad_output.size[1] > 0 ? call->filter.mode : WF_LINEAR;
}

static workspace plan(const wf_backward_call *call)
{
    const int64_t *size = call->grad_output.size;
    const wf_mode mode = mode_of(call);
    workspace w = {0};
    if (mode != WF_LINEAR && (wf_present(&call->grad_input) || wf_present(&call->grad_weight)))
        w.planes = VALUES + (mode == WF_NORMALIZED ? size[1] : 0);
    w.size = w.sums = (size_t)(size[0] * w.planes * size[2] * size[3]) * sizeof(float);
    if (wf_present(&call->grad_bias) && size[1] > 0) {
        w.shares = size[2] < MOST_SHARES ? size[2] : MOST_SHARES;
        w.size += (size_t)(size[0] * size[1] * w.shares) * 2 * sizeof(float);
    }
    return w;
}

size_t wf_vulkan_backward_workspace(const wf_backward_call *call)
{
    return plan(call).size;
}

/* Planes of the workspace, as a tensor. */
static wf_tensor planes_of(const wf_backward_call *call, const workspace *w, int64_t first, int64_t count)
{
    const int64_t *size = call->grad_output.size;
    wf_tensor tensor = wf_dense((char *)call->workspace + (size_t)(first * size[2] * size[3]) * sizeof(float),
                                WF_FLOAT32, size[0], w->planes, size[2], size[3]);
    tensor.size[1] = count;
    return tensor;
}

/* ---- Values of each destination ---- */

static wf_result record_destinations(vulkan_device *device, wf_stream stream, const wf_backward_call *call,
                                     const workspace *w)
{
    const int64_t *size = call->grad_output.size;
    const wf_tensor values = planes_of(call, w, 0, w->planes);
    vulkan_pipeline pipeline = {.shader = &destinations_shader,
                                .constants = {[WF_DESTINATIONS_TYPE] = (int32_t)call->grad_output.dtype,
                                              [WF_DESTINATIONS_NORMALIZED] = call->filter.mode == WF_NORMALIZED,
                                              [WF_DESTINATIONS_GRADIENT_STEP] = wf_vulkan_step(&call->grad_output),
                                              [WF_DESTINATIONS_OUTPUT_STEP] = wf_vulkan_step(&call->output),
                                              [WF_DESTINATIONS_COVERAGE_STEP] = wf_vulkan_step(&call->coverage)}};
    WF_TRY(wf_vulkan_get_pipeline(device, &pipeline));
    struct wf_destinations_push push = {.width = (int)size[3],
                                        .height = (int)size[2],
                                        .channels = (int)size[1],
                                        .gradient_row = wf_vulkan_row(&call->grad_output),
                                        .output_row = wf_vulkan_row(&call->output),
                                        .coverage_row = wf_vulkan_row(&call->coverage),
                                        .bias_data = (uintptr_t)call->bias,
                                        .gradient_channel = call->grad_output.stride[1],
                                        .output_channel = call->output.stride[1]};
    for (int64_t n = 0; n < size[0]; n++) {
        push.gradient_data = wf_vulkan_image(&call->grad_output, n);
        push.output_data = wf_vulkan_image(&call->output, n);
        push.coverage_data = wf_vulkan_image(&call->coverage, n);
        push.values_data = wf_vulkan_image(&values, n);
        wf_vulkan_dispatch(device, stream, &pipeline, &push, sizeof push, wf_vulkan_divide_up(size[3], WF_GROUP_WIDTH),
                           wf_vulkan_divide_up(size[2], WF_GROUP_HEIGHT));
    }
    return WF_OK;
}

/* ---- grad_bias ---- */

static wf_result record_sums(vulkan_device *device, wf_stream stream, const wf_tensor *of, int last, int64_t shares,
                             VkDeviceAddress sums, int64_t sums_channel)
{
    vulkan_pipeline pipeline = {
        .shader = &sum_shader,
        .constants = {[WF_SUM_TYPE] = (int32_t)of->dtype, [WF_SUM_STEP] = wf_vulkan_step(of), [WF_SUM_LAST] = last}};
    WF_TRY(wf_vulkan_get_pipeline(device, &pipeline));
    struct wf_sum_push push = {.width = (int)of->size[3],
                               .height = (int)of->size[2],
                               .shares = (int)shares,
                               .row = wf_vulkan_row(of),
                               .channel = of->stride[1],
                               .sums_channel = sums_channel};
    for (int64_t n = 0; n < of->size[0]; n++) {
        push.data = wf_vulkan_image(of, n);
        push.sums_data = sums + (VkDeviceAddress)(n * shares) * 2 * sizeof(float);
        wf_vulkan_dispatch(device, stream, &pipeline, &push, sizeof push, shares, of->size[1]);
    }
    return WF_OK;
}

static VkDeviceAddress share_sums(const wf_backward_call *call, const workspace *w)
{
    return (VkDeviceAddress)(uintptr_t)call->workspace + w->sums;
}

static wf_result sum_shares(vulkan_device *device, wf_stream stream, const wf_backward_call *call, const workspace *w)
{
    const int64_t images = call->grad_output.size[0];
    return record_sums(device, stream, &call->grad_output, 0, w->shares, share_sums(call, w), images * w->shares * 2);
}

static wf_result sum_all(vulkan_device *device, wf_stream stream, const wf_backward_call *call, const workspace *w)
{
    const int64_t *size = call->grad_output.size;
    const wf_tensor shares =
        wf_dense((void *)(uintptr_t)share_sums(call, w), WF_FLOAT32, 1, size[1], 1, size[0] * w->shares * 2);
    return record_sums(device, stream, &shares, 1, 1, (uintptr_t)call->grad_bias.data, 1);
}

/* ---- grad_weight and grad_input ---- */

static wf_result record_grad_weight(vulkan_device *device, wf_stream stream, const wf_backward_call *call,
                                    const wf_tensor *gradient, const wf_tensor *values)
{
    const int splat = call->op == WF_SPLAT;
    vulkan_grad_weight g = {.op = call->op,
                            .filter = call->filter,
                            .own = splat ? &call->input : gradient,
                            .input = splat ? gradient : &call->input,
                            .weight = &call->weight,
                            .output = &call->grad_weight,
                            .values = values};
    g.filter.mode = mode_of(call);
    return wf_vulkan_record_grad_weight(device, stream, &g);
}

static wf_result record_grad_input(vulkan_device *device, wf_stream stream, const wf_backward_call *call,
                                   const wf_tensor *gradient, const wf_tensor *coverage)
{
    vulkan_filter f = {.work = call->op == WF_SPLAT ? VULKAN_GATHER : VULKAN_SPLAT,
                       .filter = call->filter,
                       .given_softmax = call->filter.mode == WF_SOFTMAX,
                       .input = gradient,
                       .weight = &call->weight,
                       .output = &call->grad_input,
                       .extra = coverage};
    f.filter.mode = WF_LINEAR;
    return wf_vulkan_record_filter(device, stream, &f);
}

static wf_result check_strides(const wf_log *log, const wf_backward_call *call)
{
    const struct {
        const char *name;
        const wf_tensor *tensor;
    } tensors[] = {{"input", &call->input},
                   {"weight", &call->weight},
                   {"output", &call->output},
                   {"coverage", &call->coverage},
                   {"grad_output", &call->grad_output},
                   {"grad_input", &call->grad_input},
                   {"grad_weight", &call->grad_weight}};
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++)
        WF_TRY(wf_vulkan_check_strides(log, tensors[i].name, tensors[i].tensor));
    return WF_OK;
}

wf_result wf_vulkan_backward(wf_device *base, wf_stream stream, const wf_backward_call *call)
{
    vulkan_device *device = (vulkan_device *)base;
    const workspace w = plan(call);
    const wf_tensor absent = {0};
    const wf_tensor values = w.planes > 0 ? planes_of(call, &w, 0, VALUES) : absent;
    const wf_tensor coverage = w.planes > 0 ? planes_of(call, &w, 1, 1) : absent;
    const wf_tensor gradient = w.planes > VALUES ? planes_of(call, &w, VALUES, w.planes - VALUES) : call->grad_output;
    WF_TRY(check_strides(&base->log, call));
    if (w.planes > 0)
        WF_TRY(record_destinations(device, stream, call, &w));
    if (w.shares > 0)
        WF_TRY(sum_shares(device, stream, call, &w));
    if (w.size > 0)
        WF_TRY(wf_vulkan_barrier(base, stream));
    if (wf_present(&call->grad_weight))
        WF_TRY(record_grad_weight(device, stream, call, &gradient, &values));
    if (wf_present(&call->grad_input) && call->grad_input.size[1] > 0)
        WF_TRY(record_grad_input(device, stream, call, &gradient, &coverage));
    return w.shares > 0 ? sum_all(device, stream, call, &w) : WF_OK;
}
