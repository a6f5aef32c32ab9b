/* Steps between the levels of a pyramid. */
#include "cpu.h"
#include "half.h"

static float *at(const wf_tensor *image, int64_t n, int64_t c, int64_t y, int64_t x)
{
    return wf_cpu_address(image, n, c, y, x);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The mean of the fine pixels that a coarse one stands for. */
static float mean_of(const wf_tensor *fine, int64_t n, int64_t c, int64_t y, int64_t x)
{
    const int64_t rows = smaller(2, fine->size[2] - 2 * y), columns = smaller(2, fine->size[3] - 2 * x);
    float sum = 0;
    for (int64_t i = 0; i < rows * columns; i++)
        sum += *at(fine, n, c, 2 * y + i / columns, 2 * x + i % columns);
    return sum / (float)(rows * columns);
}

wf_result wf_cpu_step_down(wf_device *device, wf_stream stream, const wf_step_call *call)
{
    (void)device, (void)stream;
    const int64_t *size = call->coarse.size;
#pragma omp parallel for
    for (int64_t row = 0; row < size[0] * size[1] * size[2]; row++) {
        const int64_t n = row / size[2] / size[1], c = row / size[2] % size[1], y = row % size[2];
        for (int64_t x = 0; x < size[3]; x++) {
            float *to = at(&call->coarse, n, c, y, x);
            *to = (call->subtract ? *to : 0) + (call->subtract ? -1 : 1) * mean_of(&call->fine, n, c, y, x);
        }
    }
    return WF_OK;
}

/* The coarse pixel that has the other quarter of a fine one, in one dimension. */
static int64_t neighbour(int64_t fine, int64_t last)
{
    const int64_t coarse = fine / 2;
    return fine % 2 ? smaller(coarse + 1, last) : coarse > 0 ? coarse - 1 : 0;
}

static float interpolate(const wf_tensor *coarse, int64_t n, int64_t c, int64_t y, int64_t x)
{
    const int64_t y1 = neighbour(y, coarse->size[2] - 1), x1 = neighbour(x, coarse->size[3] - 1);
    const float near = 0.75f * *at(coarse, n, c, y / 2, x / 2) + 0.25f * *at(coarse, n, c, y / 2, x1);
    const float far = 0.75f * *at(coarse, n, c, y1, x / 2) + 0.25f * *at(coarse, n, c, y1, x1);
    return 0.75f * near + 0.25f * far;
}

wf_result wf_cpu_step_up(wf_device *device, wf_stream stream, const wf_step_call *call)
{
    (void)device, (void)stream;
    const int64_t *size = call->fine.size;
#pragma omp parallel for
    for (int64_t row = 0; row < size[0] * size[1] * size[2]; row++) {
        const int64_t n = row / size[2] / size[1], c = row / size[2] % size[1], y = row % size[2];
        for (int64_t x = 0; x < size[3]; x++) {
            const void *alpha = wf_cpu_address(&call->alpha, n, 0, y, x);
            const float factor =
                call->alpha.dtype == WF_FLOAT16 ? wf_half_to_float(*(const uint16_t *)alpha) : *(const float *)alpha;
            *at(&call->fine, n, c, y, x) += factor * interpolate(&call->coarse, n, c, y, x);
        }
    }
    return WF_OK;
}
