/* The pyramid's filters: a head's logits in planes, then gather and splat as they are of any weights. */
#include "network.h"

#include "blend.comp.h"
#include "blend.h"
#include "halve.comp.h"
#include "join.comp.h"
#include "light.comp.h"

static const vulkan_shader light_shader = {light_comp, sizeof light_comp};
static const vulkan_shader halve_shader = {halve_comp, sizeof halve_comp};
static const vulkan_shader join_shader = {join_comp, sizeof join_comp};
static const vulkan_shader blend_shader = {blend_comp, sizeof blend_comp};

enum { RGB = 3, LIGHT_KINDS = 3 };

/* Compiles and records one thread a pixel. */
static wf_result record(wf_device *base, wf_stream stream, const vulkan_shader *shader, int kind, const void *push,
                        uint32_t push_size, int64_t width, int64_t height)
{
    vulkan_device *device = (vulkan_device *)base;
    vulkan_pipeline pipeline = {.shader = shader, .constants = {[0] = kind}};
    WF_TRY(wf_vulkan_get_pipeline(device, &pipeline));
    wf_vulkan_dispatch(device, stream, &pipeline, push, push_size, wf_vulkan_divide_up(width, WF_GROUP_WIDTH),
                       wf_vulkan_divide_up(height, WF_GROUP_HEIGHT));
    return WF_OK;
}

static wf_result prepare_kernel(vulkan_device *device, wf_operator op, int kernel)
{
    const wf_filter_call call = {.op = op,
                                 .filter = {kernel, kernel, 1, WF_SOFTMAX, 1},
                                 .input = wf_dense(NULL, WF_FLOAT32, 1, RGB, 1, 1),
                                 .weight = wf_dense(NULL, WF_FLOAT16, 1, kernel * kernel, 1, 1),
                                 .output = wf_dense(NULL, WF_FLOAT32, 1, RGB, 1, 1)};
    return wf_vulkan_prepare(&device->base, &call);
}

wf_result wf_vulkan_prepare_levels(vulkan_device *device, const wf_head *head, float epsilon)
{
    if (device->matrices)
        WF_TRY(wf_vulkan_prepare_level_matrix(device, head, epsilon));
    static const vulkan_shader *const shaders[] = {&halve_shader, &join_shader, &blend_shader};
    for (int kind = 0; kind < LIGHT_KINDS; kind++) {
        vulkan_pipeline pipeline = {.shader = &light_shader, .constants = {[0] = kind}};
        WF_TRY(wf_vulkan_get_pipeline(device, &pipeline));
    }
    for (size_t i = 0; i < sizeof shaders / sizeof *shaders; i++) {
        vulkan_pipeline pipeline = {.shader = shaders[i]};
        WF_TRY(wf_vulkan_get_pipeline(device, &pipeline));
    }
    for (int op = 0; op < WF_OPERATOR_COUNT && !wf_vulkan_has_level_matrix(device, head->kernel); op++)
        WF_TRY(prepare_kernel(device, (wf_operator)op, head->kernel));
    return head->albedo_kernel && !wf_vulkan_has_level_matrix(device, head->albedo_kernel)
               ? prepare_kernel(device, WF_GATHER, head->albedo_kernel)
               : WF_OK;
}

/* ---- Workspace --------------------------------------------------------------------------------------------------- */

/* Planes of light, or of albedo before and after, and then of logits. */
typedef struct workspace {
    wf_tensor light, filtered, logits;
    size_t size;
} workspace;

static workspace lay_out(void *data, const wf_activation *decoded, int images, int kernel)
{
    const int64_t height = decoded->height, width = decoded->width, taps = kernel * kernel;
    const size_t planes = RGB * (size_t)(width * height) * sizeof(float), aligned = (planes + 255) / 256 * 256;
    char *at = data;
    return (workspace){.light = wf_dense(at, WF_FLOAT32, 1, RGB, height, width),
                       .filtered = wf_dense(at + aligned, WF_FLOAT32, 1, RGB, height, width),
                       .logits = wf_dense(at + (size_t)images * aligned, WF_FLOAT16, 1, taps, height, width),
                       .size = (size_t)images * aligned + (size_t)(taps * width * height) * sizeof(uint16_t)};
}

size_t wf_vulkan_albedo_workspace(const wf_device *device, const wf_albedo_call *call)
{
    if (wf_vulkan_has_level_matrix((const vulkan_device *)device, call->head.albedo_kernel))
        return 0;
    return lay_out(NULL, &call->decoded, 2, call->head.albedo_kernel).size;
}

size_t wf_vulkan_level_workspace(const wf_device *device, const wf_level_call *call)
{
    if (wf_vulkan_has_level_matrix((const vulkan_device *)device, call->head.kernel))
        return 0;
    return lay_out(NULL, &call->decoded, 1, call->head.kernel).size;
}

/* ---- Light ------------------------------------------------------------------------------------------------------- */

static struct wf_light_push push_light(const wf_light *light, const wf_tensor *to)
{
    return (struct wf_light_push){.width = (int)light->planes.size[3],
                                  .height = (int)light->planes.size[2],
                                  .clean = light->clean,
                                  .epsilon = light->epsilon,
                                  .albedo_data = wf_vulkan_address(light->albedo.data),
                                  .from = wf_vulkan_planes(&light->planes),
                                  .to = wf_vulkan_planes(to)};
}

wf_result wf_vulkan_down_levels(wf_device *base, wf_stream stream, const wf_downs *downs)
{
    const wf_down_call *calls = downs->calls;
    const int count = downs->count;
    vulkan_device *device = (vulkan_device *)base;
    vulkan_pipeline pipeline = {.shader = &halve_shader};
    WF_TRY(wf_vulkan_get_pipeline(device, &pipeline));
    for (int first = 0; first < count; first += WF_HALVE_LEVELS) {
        const wf_light *input = &calls[first].input;
        const int64_t *half = calls[first].output.size;
        struct wf_halve_push push = {.width = (int)input->planes.size[3],
                                     .height = (int)input->planes.size[2],
                                     .clean = input->clean,
                                     .levels = count - first < WF_HALVE_LEVELS ? count - first : WF_HALVE_LEVELS,
                                     .epsilon = input->epsilon,
                                     .albedo_data = wf_vulkan_address(input->albedo.data),
                                     .from = wf_vulkan_planes(&input->planes)};
        for (int i = 0; i < push.levels; i++)
            push.to_data[i] = wf_vulkan_address(calls[first + i].output.data);
        if (first > 0)
            WF_TRY(wf_vulkan_barrier(base, stream));
        wf_vulkan_dispatch(device, stream, &pipeline, &push, sizeof push, wf_vulkan_divide_up(half[3], WF_HALVE_WIDTH),
                           wf_vulkan_divide_up(half[2], WF_HALVE_HEIGHT));
    }
    return WF_OK;
}

/* The logits of a part of the head and, when they are there, the filter. */
static wf_result filter(wf_device *device, wf_stream stream, wf_operator op, const wf_head *head,
                        const wf_activation *decoded, int first, int kernel, const wf_tensor *light,
                        const wf_tensor *logits, const wf_tensor *output)
{
    const wf_filter_call call = {
        .op = op, .filter = {kernel, kernel, 1, WF_SOFTMAX, 1}, .input = *light, .weight = *logits, .output = *output};
    WF_TRY(wf_vulkan_record_logits((vulkan_device *)device, stream, head, decoded, first, first + kernel * kernel, 0,
                                   decoded->height, logits->data, 0));
    WF_TRY(wf_vulkan_barrier(device, stream));
    WF_TRY(wf_vulkan_filter(device, stream, &call));
    return wf_vulkan_barrier(device, stream);
}

/* ---- Albedo ------------------------------------------------------------------------------------------------------ */

wf_result wf_vulkan_filter_albedo(wf_device *device, wf_stream stream, const wf_albedo_call *call)
{
    const wf_activation *decoded = &call->decoded;
    const wf_head *head = &call->head;
    if (wf_vulkan_has_level_matrix((const vulkan_device *)device, head->albedo_kernel))
        return wf_vulkan_filter_albedo_matrix((vulkan_device *)device, stream, call);
    const workspace w = lay_out(call->workspace, decoded, 2, head->albedo_kernel);
    struct wf_light_push push = {.width = decoded->width,
                                 .height = decoded->height,
                                 .from = wf_vulkan_planes(&call->albedo),
                                 .to = wf_vulkan_planes(&w.light)};
    WF_TRY(record(device, stream, &light_shader, WF_LIGHT_CLEAN, &push, sizeof push, push.width, push.height));
    WF_TRY(filter(device, stream, WF_GATHER, head, decoded, 2 * head->kernel * head->kernel, head->albedo_kernel,
                  &w.light, &w.logits, &w.filtered));
    push.from = wf_vulkan_planes(&w.filtered);
    push.to = (wf_plane_push){.data = wf_vulkan_address(call->output.data)};
    return record(device, stream, &light_shader, WF_LIGHT_HALVES, &push, sizeof push, push.width, push.height);
}

/* ---- Levels ------------------------------------------------------------------------------------------------------ */

/* D of an image. */
static wf_result halve(wf_device *device, wf_stream stream, const wf_tensor *image, const wf_tensor *half)
{
    const wf_downs downs = {.calls = {{.input = {.planes = *image}, .output = *half}}, .count = 1};
    return wf_vulkan_down_levels(device, stream, &downs);
}

wf_result wf_vulkan_filter_level(wf_device *device, wf_stream stream, const wf_level_call *call)
{
    const wf_head *head = &call->head;
    if (wf_vulkan_has_level_matrix((const vulkan_device *)device, head->kernel))
        return wf_vulkan_filter_level_matrix((vulkan_device *)device, stream, call);
    const workspace w = lay_out(call->workspace, &call->decoded, 1, head->kernel);
    const struct wf_light_push push = push_light(&call->light, &w.light);
    WF_TRY(record(device, stream, &light_shader, WF_LIGHT_PLANES, &push, sizeof push, push.width, push.height));
    if (head->alphas)
        WF_TRY(wf_vulkan_record_logits((vulkan_device *)device, stream, head, &call->decoded,
                                       head->outputs - head->alphas, head->outputs, 0, call->decoded.height,
                                       call->output.alpha.data, 1));
    for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (!(call->operators >> op & 1))
            continue;
        WF_TRY(wf_vulkan_check_planes(&device->log, wf_operator_name((wf_operator)op), &call->output.image[op]));
        WF_TRY(filter(device, stream, (wf_operator)op, head, &call->decoded, op * head->kernel * head->kernel,
                      head->kernel, &w.light, &w.logits, &call->output.image[op]));
        if (head->alphas)
            WF_TRY(halve(device, stream, &call->output.image[op], &call->output.blend[op]));
    }
    return WF_OK;
}

wf_result wf_vulkan_join(wf_device *device, wf_stream stream, const wf_level_call *call)
{
    const wf_filtered *own = &call->output, *coarser = &call->coarser;
    for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
        const struct wf_join_push push = {.width = (int)own->blend[op].size[3],
                                          .height = (int)own->blend[op].size[2],
                                          .splat = op == WF_SPLAT,
                                          .coarser_alpha_data = wf_vulkan_address(coarser->alpha.data),
                                          .blend = wf_vulkan_planes(&own->blend[op]),
                                          .coarser_image = wf_vulkan_planes(&coarser->image[op]),
                                          .coarser_blend = wf_vulkan_planes(&coarser->blend[op])};
        if (call->operators >> op & 1)
            WF_TRY(record(device, stream, &join_shader, 0, &push, sizeof push, push.width, push.height));
    }
    return WF_OK;
}

struct wf_blend_push wf_vulkan_blend_push(const wf_blend_call *call)
{
    const wf_filtered *filtered = &call->filtered;
    struct wf_blend_push push = {.epsilon = call->epsilon,
                                 .operators = (int)call->operators,
                                 .alpha_data = wf_vulkan_address(filtered->alpha.data),
                                 .albedo_data = wf_vulkan_address(call->albedo.data)};
    for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (!(call->operators >> op & 1))
            continue;
        push.width = (int)filtered->image[op].size[3];
        push.height = (int)filtered->image[op].size[2];
        push.image_data[op] = wf_vulkan_set_strides(push.image[op], &filtered->image[op]);
        push.blend_data[op] = wf_vulkan_address(filtered->blend[op].data);
    }
    return push;
}

wf_result wf_vulkan_blend(wf_device *device, wf_stream stream, const wf_blend_call *call)
{
    const struct wf_blend_push push = wf_vulkan_blend_push(call);
    return record(device, stream, &blend_shader, 0, &push, sizeof push, push.width, push.height);
}

/* ---- Logits ------------------------------------------------------------------------------------------------------ */

wf_result wf_vulkan_logits(wf_device *device, wf_stream stream, const wf_logits_call *call)
{
    if (call->logits)
        return wf_vulkan_copy_logits((vulkan_device *)device, stream, call);
    const int first = wf_head_first(&call->head, call->part), count = wf_head_count(&call->head, call->part);
    return wf_vulkan_record_logits((vulkan_device *)device, stream, &call->head, &call->decoded, first, first + count,
                                   call->first_row, call->rows, call->planes, 0);
}
