/* Levels of the pyramid in one kernel for each operator, where there are products of matrices. */
#include <string.h>

#include "half.h"
#include "network.h"

#include "level_emulated.comp.h"
#include "level_matrix.comp.h"

enum { SIDE = 16, WARP = 32, WIDTH = 32 /* of a tile */, MOST_THREADS = 256, PIECE = 16 /* bytes */ };

/* ---- Parameters: behind each other the parts of each kind ------------------------------------------------------------ */

static int is_small(int kernel)
{
    return kernel == 3 || kernel == 5;
}

static int rows_of(const wf_head *head, int kind)
{
    return is_small(kind == WF_LEVEL_ALBEDO ? head->albedo_kernel : head->kernel) ? WF_LEVEL_ROWS : 0;
}

static size_t part_bytes(const wf_head *head, int kind)
{
    return (size_t)rows_of(head, kind) * (sizeof(float) + (size_t)head->inputs * sizeof(uint16_t));
}

static size_t part_offset(const wf_head *head, int kind)
{
    size_t offset = 0;
    for (int k = 0; k < kind; k++)
        offset += part_bytes(head, k);
    return offset;
}

size_t wf_vulkan_matrix_head_bytes(const wf_head *head)
{
    return part_offset(head, WF_LEVEL_ALBEDO + 1);
}

/* The head's column of a part's row; -1 for rows of zeros. */
static int column_of(const wf_head *head, int kind, int row)
{
    const int taps = head->kernel * head->kernel, albedo_taps = head->albedo_kernel * head->albedo_kernel;
    if (kind == WF_LEVEL_ALBEDO)
        return row < albedo_taps ? 2 * taps + row : -1;
    if (row < taps)
        return kind * taps + row;
    return row < taps + head->alphas ? head->outputs - head->alphas + row - taps : -1;
}

void wf_vulkan_arrange_matrix_head(const wf_head *head, const float *weight, const float *bias, void *parameters)
{
    for (int kind = 0; kind <= WF_LEVEL_ALBEDO; kind++) {
        const int rows = rows_of(head, kind);
        float *biases = (float *)((char *)parameters + part_offset(head, kind));
        uint16_t *weights = (uint16_t *)(biases + rows);
        for (int row = 0; row < rows; row++) {
            const int column = column_of(head, kind, row);
            for (int i = 0; i < head->inputs && column >= 0; i++)
                weights[row * head->inputs + i] = wf_float_to_half(weight[column * head->inputs + i]);
            if (column >= 0)
                biases[row] = bias[column];
        }
    }
}

/* ---- Pipelines ------------------------------------------------------------------------------------------------------- */

/* How a level is divided, how many parts a warp has, an even number, and what that takes of shared memory: pieces of 16 bytes, pairs of
 * floats, pairs of halves. */
typedef struct shape {
    int threads, batch, memory, light, planes;
} shape;

static shape shape_of(int threads, int kind, int kernel, int alphas)
{
    const int margin = kind == WF_LEVEL_SPLAT ? kernel / 2 : 0, height = threads / 16, border = kernel / 2;
    const int parts = ((WIDTH + 2 * margin) * (height + 2 * margin) + SIDE - 1) / SIDE, warps = threads / WARP;
    const int rows = kernel * kernel + alphas, planes = rows < SIDE ? SIDE : rows;
    return (shape){.threads = threads,
                   .batch = ((parts + warps - 1) / warps + 1) / 2 * 2,
                   .memory = warps * 2 * SIDE * 3,
                   .light = 3 * (WIDTH / 2 + border) * (height + 2 * border),
                   .planes = planes * 4 * (2 * parts | 1)};
}

static int bytes_of(const shape *s)
{
    return s->memory * PIECE + s->light * 2 * (int)sizeof(float) + s->planes * (int)sizeof(uint32_t);
}

/* The highest tile that fits. */
static shape choose_shape(const vulkan_device *device, int kind, int kernel, int alphas)
{
    shape s = shape_of(MOST_THREADS, kind, kernel, alphas);
    while (bytes_of(&s) > (int)device->limits.maxComputeSharedMemorySize)
        s = shape_of(s.threads - WARP, kind, kernel, alphas);
    return s;
}

static wf_result get_pipeline(vulkan_device *device, const wf_head *head, int kind, int alphas, float epsilon,
                              shape *chosen, vulkan_pipeline *pipeline)
{
    static const vulkan_shader shaders[] = {
        [VULKAN_MATRICES_DEVICE] = {level_matrix_comp, sizeof level_matrix_comp},
        [VULKAN_MATRICES_EMULATED] = {level_emulated_comp, sizeof level_emulated_comp}};
    const int kernel = kind == WF_LEVEL_ALBEDO ? head->albedo_kernel : head->kernel;
    const shape s = choose_shape(device, kind, kernel, alphas);
    *pipeline = (vulkan_pipeline){.shader = &shaders[device->matrices],
                                  .constants = {[WF_LEVEL_THREADS] = s.threads,
                                                [WF_LEVEL_KERNEL] = kernel,
                                                [WF_LEVEL_KIND] = kind,
                                                [WF_LEVEL_INPUTS] = head->inputs,
                                                [WF_LEVEL_ALPHAS] = alphas,
                                                [WF_LEVEL_CLEAN] = head->is_finest,
                                                [WF_LEVEL_DIVIDE] = kind != WF_LEVEL_ALBEDO && head->albedo_kernel,
                                                [WF_LEVEL_BATCH] = s.batch,
                                                [WF_LEVEL_MEMORY] = s.memory,
                                                [WF_LEVEL_LIGHT] = s.light,
                                                [WF_LEVEL_PLANES] = s.planes}};
    memcpy(&pipeline->constants[WF_LEVEL_EPSILON], &epsilon, sizeof epsilon);
    *chosen = s;
    return wf_vulkan_get_pipeline(device, pipeline);
}

wf_result wf_vulkan_prepare_level_matrix(vulkan_device *device, const wf_head *head, float epsilon)
{
    shape s;
    vulkan_pipeline pipeline;
    if (is_small(head->albedo_kernel))
        WF_TRY(get_pipeline(device, head, WF_LEVEL_ALBEDO, 0, 0, &s, &pipeline));
    if (!is_small(head->kernel))
        return WF_OK;
    WF_TRY(get_pipeline(device, head, WF_LEVEL_GATHER, head->alphas, epsilon, &s, &pipeline));
    WF_TRY(get_pipeline(device, head, WF_LEVEL_SPLAT, 0, epsilon, &s, &pipeline));
    return get_pipeline(device, head, WF_LEVEL_SPLAT, head->alphas, epsilon, &s, &pipeline);
}

static wf_result record(vulkan_device *device, wf_stream stream, const wf_head *head, int kind, int alphas,
                        float epsilon, const struct wf_level_push *push)
{
    shape s;
    vulkan_pipeline pipeline;
    WF_TRY(get_pipeline(device, head, kind, alphas, epsilon, &s, &pipeline));
    wf_vulkan_dispatch(device, stream, &pipeline, push, sizeof *push, wf_vulkan_divide_up(push->width, WIDTH),
                       wf_vulkan_divide_up(push->height, s.threads / 16));
    return WF_OK;
}

/* ---- Levels ---------------------------------------------------------------------------------------------------------- */

int wf_vulkan_has_level_matrix(const vulkan_device *device, int kernel)
{
    return device->matrices && is_small(kernel);
}

static const void *parameters_of(const wf_head *head, int kind)
{
    return (const char *)head->parameters + wf_vulkan_plain_head_bytes(head) + part_offset(head, kind);
}

wf_result wf_vulkan_filter_albedo_matrix(vulkan_device *device, wf_stream stream, const wf_albedo_call *call)
{
    const wf_head *head = &call->head;
    const struct wf_level_push push = {
        .width = call->decoded.width,
        .height = call->decoded.height,
        .decoded_data = wf_vulkan_address(call->decoded.data),
        .parameters_data = wf_vulkan_address(parameters_of(head, WF_LEVEL_ALBEDO)),
        .light = wf_vulkan_planes(&call->albedo),
        .image = {.data = wf_vulkan_address(call->output.data)},
    };
    return record(device, stream, head, WF_LEVEL_ALBEDO, 0, 0, &push);
}

static wf_result filter(vulkan_device *device, wf_stream stream, const wf_level_call *call, wf_operator op, int alphas)
{
    const wf_head *head = &call->head;
    const wf_filtered *own = &call->output, *coarser = &call->coarser;
    const int kind = op == WF_SPLAT ? WF_LEVEL_SPLAT : WF_LEVEL_GATHER;
    const struct wf_level_push push = {
        .width = call->decoded.width,
        .height = call->decoded.height,
        .decoded_data = wf_vulkan_address(call->decoded.data),
        .parameters_data = wf_vulkan_address(parameters_of(head, kind)),
        .albedo_data = wf_vulkan_address(call->light.albedo.data),
        .light = wf_vulkan_planes(&call->light.planes),
        .image = wf_vulkan_planes(&own->image[op]),
        .alpha_data = wf_vulkan_address(own->alpha.data),
        .blend_data = wf_vulkan_address(own->blend[op].data),
        .coarser_image_data = wf_vulkan_address(coarser->image[op].data),
        .coarser_blend_data = wf_vulkan_address(coarser->blend[op].data),
        .coarser_alpha_data = wf_vulkan_address(coarser->alpha.data),
    };
    return record(device, stream, head, kind, alphas, call->light.epsilon, &push);
}

/* The first operator writes the alphas, too. */
wf_result wf_vulkan_filter_level_matrix(vulkan_device *device, wf_stream stream, const wf_level_call *call)
{
    int alphas = call->head.alphas;
    for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (!(call->operators >> op & 1))
            continue;
        WF_TRY(wf_vulkan_check_planes(&device->base.log, wf_operator_name((wf_operator)op), &call->output.image[op]));
        WF_TRY(filter(device, stream, call, (wf_operator)op, alphas));
        alphas = 0;
    }
    return WF_OK;
}
