/* The pyramid's filters: a head's logits in planes, then gather and splat as they are of any weights. */
#include <math.h>
#include <string.h>

#include "levels.h"
#include "network.h"

enum { RGB = 3 };

static float *at(const wf_tensor *planes, int64_t c, int64_t y, int64_t x)
{
    return wf_cpu_address(planes, 0, c, y, x);
}

static size_t plane_of(const wf_activation *a)
{
    return (size_t)a->width * (size_t)a->height;
}

static wf_tensor planes_at(float *data, int64_t count, const wf_activation *like)
{
    return wf_dense(data, WF_FLOAT32, 1, count, like->height, like->width);
}

static wf_result filter(wf_device *device, wf_operator op, int kernel, const wf_tensor *input, const wf_tensor *logits,
                        const wf_tensor *output)
{
    const wf_filter_call call = {
        .op = op, .filter = {kernel, kernel, 1, WF_SOFTMAX, 1}, .input = *input, .weight = *logits, .output = *output};
    return op == WF_SPLAT ? wf_cpu_splat(device, NULL, &call) : wf_cpu_gather(device, NULL, &call);
}

/* ---- Albedo ------------------------------------------------------------------------------------------------------ */

/* The clean albedo, what it is filtered to, and the kernel's logits. */
size_t wf_cpu_albedo_workspace(const wf_device *device, const wf_albedo_call *call)
{
    (void)device;
    const int taps = call->head.albedo_kernel * call->head.albedo_kernel;
    return (size_t)(2 * RGB + taps) * plane_of(&call->decoded) * sizeof(float);
}

wf_result wf_cpu_filter_albedo(wf_device *device, wf_stream stream, const wf_albedo_call *call)
{
    (void)stream;
    const wf_activation *decoded = &call->decoded;
    const int kernel = call->head.albedo_kernel, first = 2 * call->head.kernel * call->head.kernel;
    const wf_tensor clean = planes_at(call->workspace, RGB, decoded);
    const wf_tensor filtered = planes_at(at(&clean, RGB, 0, 0), RGB, decoded);
    const wf_tensor logits = planes_at(at(&filtered, RGB, 0, 0), kernel * kernel, decoded);
#pragma omp parallel for
    for (int64_t y = 0; y < decoded->height; y++) {
        for (int64_t x = 0; x < decoded->width; x++) {
            float rgb[RGB];
            wf_cpu_clean(&call->albedo, RGB, y, x, rgb);
            for (int c = 0; c < RGB; c++)
                *at(&clean, c, y, x) = fminf(fmaxf(rgb[c], 0), 1);
        }
    }
    WF_TRY(wf_cpu_head(device, &call->head, decoded, first, first + kernel * kernel, logits.data, NULL));
    WF_TRY(filter(device, WF_GATHER, kernel, &clean, &logits, &filtered));
    float *to = call->output.data;
#pragma omp parallel for
    for (int64_t y = 0; y < decoded->height; y++) {
        for (int64_t x = 0; x < decoded->width; x++) {
            for (int c = 0; c < RGB; c++)
                to[(y * decoded->width + x) * WF_ALBEDO_CHANNELS + c] = *at(&filtered, c, y, x);
        }
    }
    return WF_OK;
}

/* ---- Light ------------------------------------------------------------------------------------------------------- */

static void read_light(const wf_light *light, int64_t y, int64_t x, float rgb[RGB])
{
    const wf_activation *albedo = &light->albedo;
    if (light->clean)
        wf_cpu_clean(&light->planes, RGB, y, x, rgb);
    else
        for (int c = 0; c < RGB; c++)
            rgb[c] = *at(&light->planes, c, y, x);
    for (int c = 0; c < RGB && albedo->data; c++)
        rgb[c] /= ((const float *)albedo->data)[(y * albedo->width + x) * WF_ALBEDO_CHANNELS + c] + light->epsilon;
}

wf_result wf_cpu_down(wf_device *device, wf_stream stream, const wf_down_call *call)
{
    (void)device, (void)stream;
    const int64_t height = call->input.planes.size[2], width = call->input.planes.size[3];
#pragma omp parallel for
    for (int64_t y = 0; y < height; y += 2) {
        for (int64_t x = 0; x < width; x += 2) {
            const int64_t rows = wf_smaller(2, height - y), columns = wf_smaller(2, width - x);
            float sum[RGB] = {0};
            for (int64_t i = 0; i < rows * columns; i++) {
                float rgb[RGB];
                read_light(&call->input, y + i / columns, x + i % columns, rgb);
                for (int c = 0; c < RGB; c++)
                    sum[c] += rgb[c];
            }
            for (int c = 0; c < RGB; c++)
                *at(&call->output, c, y / 2, x / 2) = sum[c] / (float)(rows * columns);
        }
    }
    return WF_OK;
}

/* ---- Blending ---------------------------------------------------------------------------------------------------- */

static float sigmoid(float value)
{
    return 1 / (1 + expf(-value));
}

/* o of a level. */
static float blended(const wf_filtered *level, int op, int64_t c, int64_t y, int64_t x)
{
    const wf_activation *alpha = &level->alpha;
    const float filtered = *at(&level->image[op], c, y, x);
    if (!alpha->data)
        return filtered;
    const float logit = ((const float *)alpha->data)[(y * alpha->width + x) * WF_ALPHA_CHANNELS + op];
    return filtered + sigmoid(logit) * wf_level_up((wf_plane){&level->blend[op], 0, c}, y, x);
}

/* What the coarser levels add. */
static void write_blend(unsigned operators, const wf_filtered *own, const wf_filtered *coarser)
{
    const int64_t height = own->blend[0].size[2], width = own->blend[0].size[3];
#pragma omp parallel for
    for (int64_t y = 0; y < height; y++) {
        for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
            for (int c = 0; c < RGB && operators >> op & 1; c++) {
                for (int64_t x = 0; x < width; x++)
                    *at(&own->blend[op], c, y, x) =
                        blended(coarser, op, c, y, x) - wf_level_down((wf_plane){&own->image[op], 0, c}, y, x);
            }
        }
    }
}

wf_result wf_cpu_blend(wf_device *device, wf_stream stream, const wf_blend_call *call)
{
    (void)device, (void)stream;
    const wf_tensor *images = call->filtered.image;
    const wf_tensor *any = &images[call->operators & 1 << WF_GATHER ? WF_GATHER : WF_SPLAT];
    const int64_t height = any->size[2], width = any->size[3];
    const float *albedo = call->albedo.data;
#pragma omp parallel for
    for (int64_t y = 0; y < height; y++) {
        for (int64_t x = 0; x < width; x++) {
            for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
                for (int c = 0; c < RGB && call->operators >> op & 1; c++) {
                    const float o = blended(&call->filtered, op, c, y, x);
                    const float factor = albedo ? albedo[(y * width + x) * WF_ALBEDO_CHANNELS + c] + call->epsilon : 1;
                    *at(&images[op], c, y, x) = o * factor;
                }
            }
        }
    }
    return WF_OK;
}

/* ---- A level ----------------------------------------------------------------------------------------------------- */

/* The light in planes and one operator's logits. */
size_t wf_cpu_level_workspace(const wf_device *device, const wf_level_call *call)
{
    (void)device;
    const int taps = call->head.kernel * call->head.kernel;
    return (size_t)(RGB + taps) * plane_of(&call->decoded) * sizeof(float);
}

wf_result wf_cpu_filter_level(wf_device *device, wf_stream stream, const wf_level_call *call)
{
    (void)stream;
    const wf_head *head = &call->head;
    const wf_activation *decoded = &call->decoded;
    const int taps = head->kernel * head->kernel;
    const wf_tensor light = planes_at(call->workspace, RGB, decoded);
    const wf_tensor logits = planes_at(at(&light, RGB, 0, 0), taps, decoded);
#pragma omp parallel for
    for (int64_t y = 0; y < decoded->height; y++) {
        for (int64_t x = 0; x < decoded->width; x++) {
            float rgb[RGB];
            read_light(&call->light, y, x, rgb);
            for (int c = 0; c < RGB; c++)
                *at(&light, c, y, x) = rgb[c];
        }
    }
    for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (!(call->operators >> op & 1))
            continue;
        WF_TRY(wf_cpu_head(device, head, decoded, op * taps, (op + 1) * taps, logits.data, NULL));
        WF_TRY(filter(device, (wf_operator)op, head->kernel, &light, &logits, &call->output.image[op]));
    }
    if (!head->alphas)
        return WF_OK;
    WF_TRY(
        wf_cpu_head(device, head, decoded, head->outputs - head->alphas, head->outputs, NULL, call->output.alpha.data));
    write_blend(call->operators, &call->output, &call->coarser);
    return WF_OK;
}

/* ---- Logits ------------------------------------------------------------------------------------------------------ */

wf_result wf_cpu_logits(wf_device *device, wf_stream stream, const wf_logits_call *call)
{
    (void)stream;
    const int first = wf_head_first(&call->head, call->part), count = wf_head_count(&call->head, call->part);
    return wf_cpu_head_rows(device, &call->head, &call->decoded, first, first + count, call->first_row, call->rows,
                            call->planes);
}
