/* Convolutions: 3x3 ones, the pooling after them, and heads. */
#include <string.h>

#include "half.h"
#include "network.h"

#include "convolve.comp.h"
#include "logits.comp.h"
#include "pool.comp.h"

static const vulkan_shader convolve_shader = {convolve_comp, sizeof convolve_comp};
static const vulkan_shader pool_shader = {pool_comp, sizeof pool_comp};
static const vulkan_shader logits_shader = {logits_comp, sizeof logits_comp};

enum { TAPS = 9 };

/* ---- Parameters -------------------------------------------------------------------------------------------------- */

/* Biases of whole groups of outputs, then their weights. */
static size_t parameter_bytes(int outputs, int group, int inputs, int taps)
{
    const size_t padded = (size_t)((outputs + group - 1) / group * group);
    return padded * (sizeof(float) + (size_t)(inputs * taps) * sizeof(uint16_t));
}

static void arrange(int outputs, int group, int inputs, int taps, const float *weight, const float *bias,
                    void *parameters)
{
    const int groups = (outputs + group - 1) / group;
    uint16_t *to = (uint16_t *)((float *)parameters + groups * group);
    memcpy(parameters, bias, (size_t)outputs * sizeof *bias);
    for (int o = 0; o < outputs; o++) {
        for (int i = 0; i < inputs; i++) {
            for (int tap = 0; tap < taps; tap++)
                to[((o / group * taps + tap) * inputs + i) * group + o % group] = wf_float_to_half(*weight++);
        }
    }
}

size_t wf_vulkan_convolution_bytes(const wf_device *device, const wf_convolution *shape)
{
    if (((const vulkan_device *)device)->matrices)
        return wf_vulkan_matrix_convolution_bytes(shape);
    return parameter_bytes(shape->outputs, WF_CONVOLVE_OUTPUTS, shape->coarse + shape->inputs, TAPS);
}

void wf_vulkan_arrange_convolution(const wf_device *device, const wf_convolution *shape, const float *weight,
                                   const float *bias, void *parameters)
{
    if (((const vulkan_device *)device)->matrices)
        wf_vulkan_arrange_matrix_convolution(shape, weight, bias, parameters);
    else
        arrange(shape->outputs, WF_CONVOLVE_OUTPUTS, shape->coarse + shape->inputs, TAPS, weight, bias, parameters);
}

size_t wf_vulkan_plain_head_bytes(const wf_head *head)
{
    return (parameter_bytes(head->outputs, WF_LOGITS_COLUMNS, head->inputs, 1) + 15) / 16 * 16;
}

size_t wf_vulkan_head_bytes(const wf_head *head)
{
    return wf_vulkan_plain_head_bytes(head) + wf_vulkan_matrix_head_bytes(head);
}

/* Logits are kept in float16, which is finest around 0; a softmax does not mind what all
   of a kernel's have in common. */
static void center(float *biases, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += biases[i];
    for (int i = 0; i < count; i++)
        biases[i] -= (float)(sum / count);
}

void wf_vulkan_arrange_head(const wf_head *head, const float *weight, const float *bias, void *parameters)
{
    arrange(head->outputs, WF_LOGITS_COLUMNS, head->inputs, 1, weight, bias, parameters);
    const int taps = head->kernel * head->kernel;
    float *biases = parameters;
    center(biases, taps);
    center(biases + taps, taps);
    center(biases + 2 * taps, head->albedo_kernel * head->albedo_kernel);
    wf_vulkan_arrange_matrix_head(head, weight, biases, (char *)parameters + wf_vulkan_plain_head_bytes(head));
}

/* ---- 3x3 --------------------------------------------------------------------------------------------------------- */

/* Threads below each other in a workgroup: on a processor each vector of threads is one. */
static int threads_down(const vulkan_device *device)
{
    return device->is_processor ? 1 : 8;
}

static wf_result get_pipelines(vulkan_device *device, vulkan_pipeline *convolve, vulkan_pipeline *pool)
{
    *convolve = (vulkan_pipeline){.shader = &convolve_shader, .constants = {[0] = threads_down(device)}};
    *pool = (vulkan_pipeline){.shader = &pool_shader};
    WF_TRY(wf_vulkan_get_pipeline(device, convolve));
    return wf_vulkan_get_pipeline(device, pool);
}

static wf_result get_logits_pipeline(vulkan_device *device, int alphas, vulkan_pipeline *pipeline)
{
    *pipeline = (vulkan_pipeline){.shader = &logits_shader, .constants = {[0] = alphas}};
    return wf_vulkan_get_pipeline(device, pipeline);
}

wf_result wf_vulkan_prepare_logits(vulkan_device *device)
{
    vulkan_pipeline logits;
    WF_TRY(get_logits_pipeline(device, 0, &logits));
    return get_logits_pipeline(device, 1, &logits);
}

wf_result wf_vulkan_prepare_convolution(vulkan_device *device, const wf_convolve_call *call)
{
    vulkan_pipeline convolve, pool;
    return device->matrices ? wf_vulkan_prepare_convolution_matrix(device, call)
                            : get_pipelines(device, &convolve, &pool);
}

static void record_pool(vulkan_device *device, wf_stream stream, const vulkan_pipeline *pipeline,
                        const wf_convolve_call *call)
{
    const wf_activation *output = &call->output, *pooled = &call->pooled;
    const struct wf_pool_push push = {.width = output->width,
                                      .height = output->height,
                                      .channels = output->channels,
                                      .input_data = wf_vulkan_address(output->data),
                                      .output_data = wf_vulkan_address(pooled->data)};
    wf_vulkan_dispatch(device, stream, pipeline, &push, sizeof push, wf_vulkan_divide_up(pooled->width, WF_GROUP_WIDTH),
                       wf_vulkan_divide_up(pooled->height, WF_GROUP_HEIGHT) * (pooled->channels / 8));
}

struct wf_convolve_push wf_vulkan_convolve_push(const wf_convolve_call *call)
{
    return (struct wf_convolve_push){.width = call->output.width,
                                     .height = call->output.height,
                                     .outputs = call->shape.outputs,
                                     .coarse_channels = call->shape.coarse,
                                     .input_channels = call->shape.inputs,
                                     .coarse_data = wf_vulkan_address(call->coarse.data),
                                     .input_data = wf_vulkan_address(call->input.data),
                                     .output_data = wf_vulkan_address(call->output.data),
                                     .parameters_data = wf_vulkan_address(call->parameters)};
}

wf_result wf_vulkan_convolve(wf_device *base, wf_stream stream, const wf_convolve_call *call)
{
    vulkan_device *device = (vulkan_device *)base;
    const wf_activation *output = &call->output;
    if (device->matrices)
        return wf_vulkan_convolve_matrix(device, stream, call);
    vulkan_pipeline convolve, pool;
    WF_TRY(get_pipelines(device, &convolve, &pool));
    const struct wf_convolve_push push = wf_vulkan_convolve_push(call);
    wf_vulkan_dispatch(device, stream, &convolve, &push, sizeof push,
                       wf_vulkan_divide_up(output->width, WF_CONVOLVE_ACROSS_THREADS * WF_CONVOLVE_WIDTH),
                       wf_vulkan_divide_up(output->height, threads_down(device) * WF_CONVOLVE_HEIGHT) *
                           (call->shape.outputs / WF_CONVOLVE_OUTPUTS));
    if (!call->pooled.data)
        return WF_OK;
    WF_TRY(wf_vulkan_barrier(base, stream));
    record_pool(device, stream, &pool, call);
    return WF_OK;
}

/* ---- Heads ------------------------------------------------------------------------------------------------------- */

wf_result wf_vulkan_record_logits(vulkan_device *device, wf_stream stream, const wf_head *head,
                                  const wf_activation *decoded, int first, int last, int first_row, int rows,
                                  void *output, int alphas)
{
    vulkan_pipeline pipeline;
    WF_TRY(get_logits_pipeline(device, alphas, &pipeline));
    const int64_t pixels = (int64_t)rows * decoded->width;
    const struct wf_logits_push push = {.pixels = decoded->width * decoded->height,
                                        .first_pixel = first_row * decoded->width,
                                        .last_pixel = (first_row + rows) * decoded->width,
                                        .inputs = head->inputs,
                                        .columns = head->outputs,
                                        .first = first,
                                        .last = last,
                                        .decoded_data = wf_vulkan_address(decoded->data),
                                        .parameters_data = wf_vulkan_address(head->parameters),
                                        .output_data = wf_vulkan_address(output)};
    wf_vulkan_dispatch(device, stream, &pipeline, &push, sizeof push,
                       wf_vulkan_divide_up(pixels, WF_LOGITS_THREADS * WF_LOGITS_PIXELS),
                       wf_vulkan_divide_up(last, WF_LOGITS_COLUMNS) - first / WF_LOGITS_COLUMNS);
    return WF_OK;
}
