/* Steps between the levels of a pyramid. */
#include "half.h"
#include "levels.h"

wf_result wf_cpu_step_down(wf_device *device, wf_stream stream, const wf_step_call *call)
{
    (void)device, (void)stream;
    const int64_t *size = call->coarse.size;
#pragma omp parallel for
    for (int64_t row = 0; row < size[0] * size[1] * size[2]; row++) {
        const int64_t n = row / size[2] / size[1], c = row / size[2] % size[1], y = row % size[2];
        for (int64_t x = 0; x < size[3]; x++) {
            float *to = wf_plane_at((wf_plane){&call->coarse, n, c}, y, x);
            const float mean = wf_level_down((wf_plane){&call->fine, n, c}, y, x);
            *to = call->subtract ? *to - mean : mean;
        }
    }
    return WF_OK;
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
            *wf_plane_at((wf_plane){&call->fine, n, c}, y, x) +=
                factor * wf_level_up((wf_plane){&call->coarse, n, c}, y, x);
        }
    }
    return WF_OK;
}
