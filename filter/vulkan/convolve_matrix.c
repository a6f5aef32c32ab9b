/* 3x3 convolutions as products of matrices. */
#include <string.h>

#include "half.h"
#include "network.h"

#include "convolve_emulated.comp.h"
#include "convolve_matrix.comp.h"

enum { TAPS = 9, SIDE = 16 /* of a matrix */, WARP = 32, PIECE = 16 /* bytes */ };

/* ---- Parameters: biases, then weights (16 inputs, tap, 16, output) --------------------------------------------------- */

size_t wf_vulkan_matrix_convolution_bytes(const wf_convolution *shape)
{
    return (size_t)shape->outputs *
           (sizeof(float) + (size_t)((shape->coarse + shape->inputs) * TAPS) * sizeof(uint16_t));
}

void wf_vulkan_arrange_matrix_convolution(const wf_convolution *shape, const float *weight, const float *bias,
                                          void *parameters)
{
    const int inputs = shape->coarse + shape->inputs, outputs = shape->outputs;
    uint16_t *to = (uint16_t *)((float *)parameters + outputs);
    memcpy(parameters, bias, (size_t)outputs * sizeof *bias);
    for (int o = 0; o < outputs; o++) {
        for (int i = 0; i < inputs; i++) {
            for (int tap = 0; tap < TAPS; tap++)
                to[((i / SIDE * TAPS + tap) * SIDE + i % SIDE) * outputs + o] = wf_float_to_half(*weight++);
        }
    }
}

/* ---- Tiles ----------------------------------------------------------------------------------------------------------- */

/* Of a warp: rows of 16 pixels, and 16 outputs each. Warps of a workgroup: below each other, beside each other, and for further
 * outputs. */
typedef struct tile {
    int rows, pairs, down, across, deep;
} tile;

/* Pieces of shared memory: for pixels and weights, or for outputs. */
static int memory_of(const tile *t)
{
    const int pixels = (SIDE * t->across + 2) * (t->rows * t->down + 2), columns = 2 * t->pairs * t->deep;
    const int staged = pixels * 3 + TAPS * SIDE * (columns + 1);
    const int outputs = t->down * t->across * t->deep * 2 * SIDE * (2 * t->pairs + 1);
    return staged > outputs ? staged : outputs;
}

/* Measured on an H200 for a network of 16, 48, 64, 128 and 160 channels. */
static tile wanted_tile(int outputs)
{
    const int groups = outputs / SIDE;
    if (groups % 4 == 0)
        return (tile){4, 2, 2, 2, 2};
    if (groups % 3 == 0)
        return (tile){4, 3, 4, 2, 1};
    if (groups % 2 == 0)
        return (tile){4, 2, 4, 2, 1};
    return (tile){4, 1, 4, 1, 1};
}

/* Lower where shared memory is less. */
static tile choose_tile(const vulkan_device *device, int outputs)
{
    tile t = wanted_tile(outputs);
    while (t.down > 1 && memory_of(&t) * PIECE > (int)device->limits.maxComputeSharedMemorySize)
        t.down /= 2;
    return t;
}

static wf_result get_pipeline(vulkan_device *device, const tile *t, vulkan_pipeline *pipeline)
{
    static const vulkan_shader shaders[] = {
        [VULKAN_MATRICES_DEVICE] = {convolve_matrix_comp, sizeof convolve_matrix_comp},
        [VULKAN_MATRICES_EMULATED] = {convolve_emulated_comp, sizeof convolve_emulated_comp}};
    *pipeline = (vulkan_pipeline){.shader = &shaders[device->matrices],
                                  .constants = {[WF_CONVOLVE_THREADS] = WARP * t->down * t->across * t->deep,
                                                [WF_CONVOLVE_ROWS] = t->rows,
                                                [WF_CONVOLVE_PAIRS] = t->pairs,
                                                [WF_CONVOLVE_DOWN] = t->down,
                                                [WF_CONVOLVE_ACROSS] = t->across,
                                                [WF_CONVOLVE_DEEP] = t->deep,
                                                [WF_CONVOLVE_MEMORY] = memory_of(t)}};
    return wf_vulkan_get_pipeline(device, pipeline);
}

wf_result wf_vulkan_prepare_convolution_matrix(vulkan_device *device, int outputs)
{
    const tile t = choose_tile(device, outputs);
    vulkan_pipeline pipeline;
    return get_pipeline(device, &t, &pipeline);
}

wf_result wf_vulkan_convolve_matrix(vulkan_device *device, wf_stream stream, const wf_convolve_call *call)
{
    const wf_activation *output = &call->output;
    const int outputs = call->shape.outputs;
    const tile t = choose_tile(device, outputs);
    vulkan_pipeline pipeline;
    WF_TRY(get_pipeline(device, &t, &pipeline));
    const struct wf_convolve_push push = {.width = output->width,
                                          .height = output->height,
                                          .outputs = outputs,
                                          .coarse_channels = call->shape.coarse,
                                          .input_channels = call->shape.inputs,
                                          .coarse_data = wf_vulkan_address(call->coarse.data),
                                          .input_data = wf_vulkan_address(call->input.data),
                                          .output_data = wf_vulkan_address(output->data),
                                          .parameters_data = wf_vulkan_address(call->parameters),
                                          .pooled_data = wf_vulkan_address(call->pooled.data)};
    wf_vulkan_dispatch(device, stream, &pipeline, &push, sizeof push,
                       wf_vulkan_divide_up(output->width, SIDE * t.across),
                       wf_vulkan_divide_up(output->height, t.rows * t.down) * (outputs / (SIDE * t.pairs * t.deep)));
    return WF_OK;
}
