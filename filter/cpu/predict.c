#include <math.h>

#include "cpu.h"
#include "element.h"
#include "taps.h"

static float compressed_mean(const wf_tensor *color, int64_t n, int64_t c, int64_t y, int64_t x)
{
    float sum = 0;
    int count = 0;
    for (int64_t v = y - 1; v <= y + 1; v++) {
        for (int64_t u = x - 1; u <= x + 1; u++) {
            if (v < 0 || u < 0 || v >= color->size[2] || u >= color->size[3])
                continue;
            float value = fmaxf(load(color, n, c, v, u), 0);
            sum += value / (1 + value);
            count++;
        }
    }
    return sum / (float)count;
}

static float squared_distance(const wf_tensor *image, int64_t n, int64_t y, int64_t x, int64_t v, int64_t u)
{
    float sum = 0;
    for (int64_t c = 0; c < image->size[1]; c++) {
        float difference = load(image, n, c, v, u) - load(image, n, c, y, x);
        sum += difference * difference;
    }
    return sum;
}

static float bilateral_weight(const wf_bilateral_call *call, int64_t n, int64_t y, int64_t x, int64_t v, int64_t u)
{
    const wf_bilateral *p = &call->parameters;
    if (v < 0 || u < 0 || v >= call->color.size[2] || u >= call->color.size[3])
        return 0;
    float e = (float)((v - y) * (v - y) + (u - x) * (u - x)) / (p->sigma_space * p->sigma_space);
    e += squared_distance(&call->scratch, n, y, x, v, u) / (p->sigma_color * p->sigma_color);
    if (call->albedo.data)
        e += squared_distance(&call->albedo, n, y, x, v, u) / (p->sigma_albedo * p->sigma_albedo);
    if (call->normal.data)
        e += squared_distance(&call->normal, n, y, x, v, u) / (p->sigma_normal * p->sigma_normal);
    if (call->depth.data) {
        float there = fabsf(load(&call->depth, n, 0, v, u)), here = fabsf(load(&call->depth, n, 0, y, x));
        float scale = p->sigma_depth * (1e-3f + fminf(there, here));
        e += squared_distance(&call->depth, n, y, x, v, u) / (scale * scale);
    }
    return expf(-e / 2);
}

wf_result wf_cpu_predict_bilateral(wf_device *device, wf_stream stream, const wf_bilateral_call *call)
{
    (void)device, (void)stream;
    const int64_t *size = call->color.size;
    const wf_bilateral *p = &call->parameters;
#pragma omp parallel for collapse(3)
    for (int64_t n = 0; n < size[0]; n++)
        for (int64_t c = 0; c < 3; c++)
            for (int64_t y = 0; y < size[2]; y++)
                for (int64_t x = 0; x < size[3]; x++)
                    store(&call->scratch, n, c, y, x, compressed_mean(&call->color, n, c, y, x));
#pragma omp parallel for collapse(2)
    for (int64_t n = 0; n < size[0]; n++)
        for (int64_t y = 0; y < size[2]; y++)
            for (int64_t x = 0; x < size[3]; x++)
                for (int t = 0; t < p->kernel_height * p->kernel_width; t++)
                    store(&call->weight, n, t, y, x,
                          bilateral_weight(call, n, y, x, y + wf_tap_offset(t / p->kernel_width, p->kernel_height, 1),
                                           x + wf_tap_offset(t % p->kernel_width, p->kernel_width, 1)));
    return WF_OK;
}
