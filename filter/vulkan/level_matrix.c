/* Levels of the pyramid in one kernel for each operator, where there are products of matrices. */
#include <string.h>

#include "half.h"
#include "network.h"

#include "level_copy.comp.h"
#include "level_emulated.comp.h"
#include "level_filter.comp.h"
#include "level_logits.comp.h"
#include "level_logits_emulated.comp.h"
#include "level_matrix.comp.h"

#define LOG2_E ((float)WF_SHARED_LOG2_E)

enum { SIDE = 16, WARP = 32, WIDTH = 32 /* of a tile */, PIECE = 16 /* bytes */ };

/* Measured on an H200, which gives the workgroups of a multiprocessor about 50 KB of shared memory:
   three of the albedo's share them. */
enum {
    MOST_THREADS = 256,
    ALBEDO_THREADS = 96,
    ALBEDO_GROUPS = 3,
    MOST_TILES = 16,
    FILTER_THREADS = 64 /* of a filter alone */
};

/* ---- Parameters: behind each other the parts of each kind -------------------------------------------------------- */

static int is_small(int kernel)
{
    return kernel == 3 || kernel == 5;
}

static int kernel_of(const wf_head *head, int kind)
{
    return kind == WF_LEVEL_ALBEDO ? head->albedo_kernel : head->kernel;
}

static int taps_of(const wf_head *head, int kind)
{
    return kernel_of(head, kind) * kernel_of(head, kind);
}

static int rows_of(const wf_head *head, int kind)
{
    return is_small(kernel_of(head, kind)) ? WF_LEVEL_ROWS : 0;
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
    const int taps = head->kernel * head->kernel;
    if (kind == WF_LEVEL_ALBEDO)
        return row < taps_of(head, kind) ? 2 * taps + row : -1;
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
            const float scale = row < taps_of(head, kind) ? LOG2_E : 1;
            for (int i = 0; i < head->inputs && column >= 0; i++)
                weights[row * head->inputs + i] = wf_float_to_half(scale * weight[column * head->inputs + i]);
            if (column >= 0)
                biases[row] = scale * bias[column];
        }
    }
}

/* ---- Pipelines --------------------------------------------------------------------------------------------------- */

/* How a level is divided, and what that takes of shared memory: pieces of 16 bytes,
   pairs of floats, pairs of halves. */
typedef struct shape {
    int threads, light, planes;
} shape;

static int larger_of(int a, int b)
{
    return a > b ? a : b;
}

/* Pairs of halves of so many rows' logits, where a tile has a margin. */
static int plane_pairs(int height, int margin, int rows)
{
    const int parts = ((WIDTH + 2 * margin) * (height + 2 * margin) + SIDE - 1) / SIDE;
    return larger_of(rows, SIDE) * 4 * (2 * parts | 1);
}

static shape shape_of(int threads, int kind, int kernel, int alphas)
{
    const int height = threads / 16, border = kernel / 2, taps = kernel * kernel, splats_alone = kind == WF_LEVEL_SPLAT;
    const int gather = splats_alone ? 0 : plane_pairs(height, 0, taps + alphas);
    const int splat = kind == WF_LEVEL_GATHER || kind == WF_LEVEL_ALBEDO
                          ? 0
                          : plane_pairs(height, border, taps + (splats_alone ? alphas : 0));
    return (shape){.threads = threads,
                   .light = 3 * (WIDTH / 2 + border) * (height + 2 * border),
                   .planes = larger_of(gather, splat)};
}

static int bytes_of(const shape *s)
{
    return s->threads * PIECE + s->light * 2 * (int)sizeof(float) + s->planes * (int)sizeof(uint32_t);
}

/* Where the logits are in memory. */
static shape shape_of_filter(int kernel)
{
    shape s = shape_of(FILTER_THREADS, WF_LEVEL_GATHER, kernel, 0);
    s.planes = 0;
    return s;
}

/* The highest tile that fits. */
static shape choose_shape(const vulkan_device *device, int kind, int kernel, int alphas)
{
    shape s = shape_of(kind == WF_LEVEL_ALBEDO ? ALBEDO_THREADS : MOST_THREADS, kind, kernel, alphas);
    while (bytes_of(&s) > (int)device->limits.maxComputeSharedMemorySize)
        s = shape_of(s.threads - WARP, kind, kernel, alphas);
    return s;
}

/* Whether its logits are in memory: where these are few, and inputs many. */
static int has_planes(const wf_head *head, int kind)
{
    return kind != WF_LEVEL_ALBEDO && !head->is_finest;
}

static wf_result get_logits_pipeline(vulkan_device *device, const wf_head *head, vulkan_pipeline *pipeline)
{
    static const vulkan_shader shaders[] = {
        [VULKAN_MATRICES_DEVICE] = {level_logits_comp, sizeof level_logits_comp},
        [VULKAN_MATRICES_EMULATED] = {level_logits_emulated_comp, sizeof level_logits_emulated_comp}};
    *pipeline = (vulkan_pipeline){
        .shader = &shaders[device->matrices],
        .constants = {
            [WF_LEVEL_KERNEL] = head->kernel, [WF_LEVEL_INPUTS] = head->inputs, [WF_LEVEL_ALPHAS] = head->alphas}};
    return wf_vulkan_get_pipeline(device, pipeline);
}

static wf_result get_copy_pipeline(vulkan_device *device, const wf_head *head, vulkan_pipeline *pipeline)
{
    static const vulkan_shader shader = {level_copy_comp, sizeof level_copy_comp};
    *pipeline = (vulkan_pipeline){.shader = &shader,
                                  .constants = {[WF_LEVEL_KERNEL] = head->kernel, [WF_LEVEL_ALPHAS] = head->alphas}};
    return wf_vulkan_get_pipeline(device, pipeline);
}

static wf_result get_pipeline(vulkan_device *device, const wf_head *head, int kind, int alphas, float epsilon,
                              shape *chosen, vulkan_pipeline *pipeline)
{
    static const vulkan_shader shaders[] = {
        [VULKAN_MATRICES_DEVICE] = {level_matrix_comp, sizeof level_matrix_comp},
        [VULKAN_MATRICES_EMULATED] = {level_emulated_comp, sizeof level_emulated_comp}};
    static const vulkan_shader filter = {level_filter_comp, sizeof level_filter_comp};
    const int kernel = kernel_of(head, kind), planes = has_planes(head, kind);
    const shape s = planes ? shape_of_filter(kernel) : choose_shape(device, kind, kernel, alphas);
    *pipeline = (vulkan_pipeline){.shader = planes ? &filter : &shaders[device->matrices],
                                  .constants = {[WF_LEVEL_THREADS] = s.threads,
                                                [WF_LEVEL_KERNEL] = kernel,
                                                [WF_LEVEL_KIND] = kind,
                                                [WF_LEVEL_INPUTS] = planes ? 0 : head->inputs,
                                                [WF_LEVEL_ALPHAS] = alphas,
                                                [WF_LEVEL_CLEAN] = head->is_finest,
                                                [WF_LEVEL_DIVIDE] = kind != WF_LEVEL_ALBEDO && head->albedo_kernel,
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
    if (has_planes(head, WF_LEVEL_BOTH)) {
        WF_TRY(get_logits_pipeline(device, head, &pipeline));
        WF_TRY(get_copy_pipeline(device, head, &pipeline));
    }
    WF_TRY(get_pipeline(device, head, WF_LEVEL_GATHER, head->alphas, epsilon, &s, &pipeline));
    WF_TRY(get_pipeline(device, head, WF_LEVEL_SPLAT, head->alphas, epsilon, &s, &pipeline));
    return get_pipeline(device, head, WF_LEVEL_BOTH, head->alphas, epsilon, &s, &pipeline);
}

/* Of a workgroup, the soonest done: one where inputs are many, or logits in memory. */
static int choose_tiles(const vulkan_device *device, const wf_head *head, int kind, int64_t columns, int64_t rows)
{
    const int64_t workgroups = device->multiprocessors * (kind == WF_LEVEL_ALBEDO ? ALBEDO_GROUPS : 1);
    const int most = head->inputs == SIDE && !has_planes(head, kind) ? MOST_TILES : 1;
    int best = 1;
    for (int tiles = 2; tiles <= most; tiles++) {
        if (wf_vulkan_time_of_tiles(workgroups, columns, rows, tiles) <
            wf_vulkan_time_of_tiles(workgroups, columns, rows, best))
            best = tiles;
    }
    return best;
}

static wf_result record(vulkan_device *device, wf_stream stream, const wf_head *head, int kind, int alphas,
                        float epsilon, struct wf_level_push *push)
{
    shape s;
    vulkan_pipeline pipeline;
    WF_TRY(get_pipeline(device, head, kind, alphas, epsilon, &s, &pipeline));
    const int64_t columns = wf_vulkan_divide_up(push->width, WIDTH);
    const int64_t rows = wf_vulkan_divide_up(push->height, s.threads / 16);
    push->tiles = choose_tiles(device, head, kind, columns, rows);
    wf_vulkan_dispatch(device, stream, &pipeline, push, sizeof *push, columns, wf_vulkan_divide_up(rows, push->tiles));
    return WF_OK;
}

/* ---- Levels ------------------------------------------------------------------------------------------------------ */

int wf_vulkan_has_level_matrix(const vulkan_device *device, int kernel)
{
    return device->matrices && is_small(kernel);
}

static const void *parameters_of(const wf_head *head, int kind)
{
    return (const char *)head->parameters + wf_vulkan_plain_head_bytes(head) + part_offset(head, kind);
}

static int planes_row(int width)
{
    return (int)wf_vulkan_divide_up(width, WARP) * WARP;
}

size_t wf_vulkan_level_logits_bytes(const wf_device *device, const wf_level_call *call)
{
    const wf_head *head = &call->head;
    const wf_activation *decoded = &call->decoded;
    if (!wf_vulkan_has_level_matrix((const vulkan_device *)device, head->kernel) || !has_planes(head, WF_LEVEL_BOTH))
        return 0;
    const int taps = head->kernel * head->kernel, border = head->kernel / 2;
    const int planes = 2 * taps + head->alphas;
    const size_t plane = (size_t)planes_row(decoded->width) * (size_t)(decoded->height + 2 * border);
    return ((size_t)planes * plane + 2 * WF_LEVEL_GUARD) * sizeof(uint16_t);
}

wf_result wf_vulkan_level_logits(wf_device *base, wf_stream stream, const wf_level_call *call)
{
    vulkan_device *device = (vulkan_device *)base;
    const wf_activation *decoded = &call->decoded;
    const struct wf_level_logits_push push = {.width = decoded->width,
                                              .height = decoded->height,
                                              .decoded_data = wf_vulkan_address(decoded->data),
                                              .parameters_data =
                                                  wf_vulkan_address(parameters_of(&call->head, WF_LEVEL_GATHER)),
                                              .logits_data = wf_vulkan_address(call->logits)};
    vulkan_pipeline pipeline;
    WF_TRY(get_logits_pipeline(device, &call->head, &pipeline));
    wf_vulkan_dispatch(device, stream, &pipeline, &push, sizeof push, wf_vulkan_divide_up(push.width, WARP),
                       wf_vulkan_divide_up(push.height, WF_LEVEL_LOGITS_THREADS / WARP));
    return WF_OK;
}

/* Gather's taps come first, then the alphas, then splat's taps. */
wf_result wf_vulkan_copy_logits(vulkan_device *device, wf_stream stream, const wf_logits_call *call)
{
    const wf_head *head = &call->head;
    const int taps = head->kernel * head->kernel, are_alphas = call->part == WF_LOGITS_ALPHAS;
    const int firsts[] = {[WF_LOGITS_GATHER] = 0, [WF_LOGITS_ALPHAS] = taps, [WF_LOGITS_SPLAT] = taps + head->alphas};
    const struct wf_level_copy_push push = {.width = call->decoded.width,
                                            .height = call->decoded.height,
                                            .first_row = call->first_row,
                                            .last_row = call->first_row + call->rows,
                                            .first = firsts[call->part],
                                            .count = wf_head_count(head, call->part),
                                            .factor = are_alphas ? 1 : 1 / LOG2_E,
                                            .logits_data = wf_vulkan_address(call->logits),
                                            .output_data = wf_vulkan_address(call->planes)};
    vulkan_pipeline pipeline;
    WF_TRY(get_copy_pipeline(device, head, &pipeline));
    wf_vulkan_dispatch(device, stream, &pipeline, &push, sizeof push, wf_vulkan_divide_up(push.width, WF_GROUP_WIDTH),
                       wf_vulkan_divide_up(call->rows, WF_GROUP_HEIGHT));
    return WF_OK;
}

wf_result wf_vulkan_filter_albedo_matrix(vulkan_device *device, wf_stream stream, const wf_albedo_call *call)
{
    const wf_head *head = &call->head;
    struct wf_level_push push = {
        .width = call->decoded.width,
        .height = call->decoded.height,
        .decoded_data = wf_vulkan_address(call->decoded.data),
        .parameters_data = wf_vulkan_address(parameters_of(head, WF_LEVEL_ALBEDO)),
        .image_data = {wf_vulkan_address(call->output.data)},
    };
    push.light_data = wf_vulkan_set_strides(push.light, &call->albedo);
    return record(device, stream, head, WF_LEVEL_ALBEDO, 0, 0, &push);
}

wf_result wf_vulkan_filter_level_matrix(vulkan_device *device, wf_stream stream, const wf_level_call *call)
{
    static const int kinds[] = {[1 << WF_GATHER] = WF_LEVEL_GATHER,
                                [1 << WF_SPLAT] = WF_LEVEL_SPLAT,
                                [1 << WF_GATHER | 1 << WF_SPLAT] = WF_LEVEL_BOTH};
    const wf_head *head = &call->head;
    const wf_filtered *own = &call->output;
    struct wf_level_push push = {
        .width = call->decoded.width,
        .height = call->decoded.height,
        .decoded_data = wf_vulkan_address(call->logits ? call->logits : call->decoded.data),
        .parameters_data = wf_vulkan_address(parameters_of(head, WF_LEVEL_GATHER)),
        .albedo_data = wf_vulkan_address(call->light.albedo.data),
        .alpha_data = wf_vulkan_address(own->alpha.data),
    };
    WF_TRY(wf_vulkan_check_planes(&device->base.log, "color", &call->light.planes));
    push.light_data = wf_vulkan_set_strides(push.light, &call->light.planes);
    for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (!(call->operators >> op & 1))
            continue;
        WF_TRY(wf_vulkan_check_planes(&device->base.log, wf_operator_name((wf_operator)op), &own->image[op]));
        push.image_data[op] = wf_vulkan_set_strides(push.image[op], &own->image[op]);
        push.mean_data[op] = wf_vulkan_address(own->blend[op].data);
    }
    return record(device, stream, head, kinds[call->operators], head->alphas, call->light.epsilon, &push);
}
