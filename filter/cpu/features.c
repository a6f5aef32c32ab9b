/* A frame's exposure and the network's features. */
#include <math.h>
#include <string.h>

#include "network.h"
#include "network/frame.h"

enum { BLOCK = WF_BLOCK };

static int are_numbers_at(const wf_tensor *layer, int64_t channels, int64_t y, int64_t x)
{
    int numbers = 1;
    for (int64_t c = 0; c < channels; c++)
        numbers &= fabsf(*(const float *)wf_cpu_address(layer, 0, c, y, x)) <= (float)WF_LARGEST;
    return numbers;
}

void wf_cpu_clean(const wf_tensor *layer, int64_t channels, int64_t y, int64_t x, float *to)
{
    if (layer->data && are_numbers_at(layer, channels, y, x)) {
        for (int64_t c = 0; c < channels; c++)
            to[c] = *(const float *)wf_cpu_address(layer, 0, c, y, x);
    } else {
        memset(to, 0, (size_t)channels * sizeof *to);
    }
}

/* 0 where nothing was hit. */
static float depth_at(const wf_tensor *depth, int64_t y, int64_t x)
{
    float value;
    wf_cpu_clean(depth, 1, y, x, &value);
    return value > 0 && value < (float)WF_FARTHEST ? value : 0;
}

/* ---- Exposure ---------------------------------------------------------------------------------------------------- */

/* Of a row of blocks. */
typedef struct logarithms {
    double light, depth;
    int64_t blocks, hits;
} logarithms;

size_t wf_cpu_expose_workspace(const wf_device *device, int width, int height)
{
    (void)device, (void)width;
    return (size_t)((height + BLOCK - 1) / BLOCK) * sizeof(logarithms);
}

static double mean_of_block(const wf_tensor *color, int64_t y0, int64_t y1, int64_t x0, int64_t x1)
{
    double sum = 0;
    for (int64_t y = y0; y < y1; y++) {
        for (int64_t x = x0; x < x1; x++) {
            float rgb[3];
            wf_cpu_clean(color, 3, y, x, rgb);
            for (int c = 0; c < 3; c++)
                sum += fmax(rgb[c], 0);
        }
    }
    return sum / (double)(3 * (y1 - y0) * (x1 - x0));
}

static logarithms add_row(const wf_layers *layers, int64_t y0)
{
    const int64_t height = layers->color.size[2], width = layers->color.size[3];
    const int64_t y1 = y0 + BLOCK < height ? y0 + BLOCK : height;
    logarithms sum = {0};
    for (int64_t x0 = 0; x0 < width; x0 += BLOCK) {
        const double mean = mean_of_block(&layers->color, y0, y1, x0, x0 + BLOCK < width ? x0 + BLOCK : width);
        if (mean > WF_DARKEST) {
            sum.light += log2(mean);
            sum.blocks++;
        }
    }
    for (int64_t y = y0; y < y1; y++) {
        for (int64_t x = 0; x < width; x++) {
            const float depth = depth_at(&layers->depth, y, x);
            if (depth > 0) {
                sum.depth += log(depth);
                sum.hits++;
            }
        }
    }
    return sum;
}

wf_result wf_cpu_expose(wf_device *device, wf_stream stream, const wf_expose_call *call)
{
    (void)device, (void)stream;
    logarithms *rows = call->workspace, all = {0};
    const int64_t count = (call->layers.color.size[2] + BLOCK - 1) / BLOCK;
#pragma omp parallel for
    for (int64_t i = 0; i < count; i++)
        rows[i] = add_row(&call->layers, i * BLOCK);
    for (int64_t i = 0; i < count; i++) {
        all.light += rows[i].light;
        all.depth += rows[i].depth;
        all.blocks += rows[i].blocks;
        all.hits += rows[i].hits;
    }
    *call->exposure = (wf_exposure){.exposure = all.blocks ? (float)(WF_KEY / exp2(all.light / (double)all.blocks)) : 1,
                                    .mean_log_depth = all.hits ? (float)(all.depth / (double)all.hits) : 0};
    return WF_OK;
}

/* ---- Features ---------------------------------------------------------------------------------------------------- */

static float clamp(float value, float low, float high)
{
    return value < low ? low : value > high ? high : value;
}

/* A frame's pixel, clean. */
typedef struct pixel {
    float exposed[3], albedo[3], normal[3], depth;
} pixel;

static pixel read_pixel(const wf_layers *layers, const wf_exposure *exposure, int64_t y, int64_t x)
{
    pixel p;
    wf_cpu_clean(&layers->color, 3, y, x, p.exposed);
    wf_cpu_clean(&layers->albedo, 3, y, x, p.albedo);
    wf_cpu_clean(&layers->normal, 3, y, x, p.normal);
    p.depth = depth_at(&layers->depth, y, x);
    for (int c = 0; c < 3; c++) {
        p.exposed[c] = fmaxf(p.exposed[c] * exposure->exposure, 0);
        p.albedo[c] = clamp(p.albedo[c], 0, 1);
        p.normal[c] = clamp(p.normal[c], -1, 1);
    }
    return p;
}

/* Planes in their places. */
static void write_pixel(const wf_features_call *call, const pixel *p, float to[WF_INPUT_CHANNELS])
{
    const float *scale = call->scale, *gain = call->gain;
    memset(to, 0, WF_INPUT_CHANNELS * sizeof *to);
    for (int c = 0; c < 3; c++) {
        const float light = p->exposed[c] / (p->albedo[c] + call->epsilon);
        to[c] = scale[WF_FEATURE_COLOR] * log1pf(gain[WF_FEATURE_COLOR] * p->exposed[c]);
        to[3 + c] = scale[WF_FEATURE_DEMODULATED] * log1pf(gain[WF_FEATURE_DEMODULATED] * light);
        to[6 + c] = scale[WF_FEATURE_ALBEDO] * p->albedo[c];
        to[9 + c] = scale[WF_FEATURE_NORMAL] * p->normal[c];
    }
    const float relative =
        clamp(logf(p->depth) - call->exposure->mean_log_depth, (float)-WF_DEPTH_LIMIT, (float)WF_DEPTH_LIMIT);
    to[12] = scale[WF_FEATURE_DEPTH] * (p->depth > 0 ? relative : (float)WF_NO_DEPTH);
}

wf_result wf_cpu_features(wf_device *device, wf_stream stream, const wf_features_call *call)
{
    (void)device, (void)stream;
    const wf_activation *output = &call->output;
#pragma omp parallel for
    for (int64_t y = 0; y < output->height; y++) {
        float *to = (float *)output->data + y * output->width * WF_INPUT_CHANNELS;
        for (int64_t x = 0; x < output->width; x++, to += WF_INPUT_CHANNELS) {
            const pixel p = read_pixel(&call->layers, call->exposure, y, x);
            write_pixel(call, &p, to);
        }
    }
    return WF_OK;
}
