/* pixel.h -- one output of the filter; direction is +1 for gather and -1 for splat. */
#ifndef WF_CPU_PIXEL_H
#define WF_CPU_PIXEL_H

#include <math.h>

#include "backend.h"
#include "element.h"
#include "taps.h"

static inline float filter_pixel(const wf_filter_call *call, int direction, int64_t n, int64_t c, int64_t y, int64_t x)
{
    const wf_filter *filter = &call->filter;
    int kh = filter->kernel_height, kw = filter->kernel_width, first_i, last_i, first_j, last_j;
    wf_tap_range(y, call->input.size[2], kh, filter->dilation, direction, &first_i, &last_i);
    wf_tap_range(x, call->input.size[3], kw, filter->dilation, direction, &first_j, &last_j);
    float largest = -3e38f, sum = 0, total = 0;
    for (int pass = filter->mode == WF_SOFTMAX ? 0 : 1; pass < 2; pass++) {
        for (int i = first_i; i < last_i; i++) {
            for (int j = first_j; j < last_j; j++) {
                int64_t ty = y + direction * wf_tap_offset(i, kh, filter->dilation);
                int64_t tx = x + direction * wf_tap_offset(j, kw, filter->dilation);
                float weight = load(&call->weight, n, i * kw + j, direction > 0 ? y : ty, direction > 0 ? x : tx);
                if (pass == 0) {
                    largest = fmaxf(largest, weight);
                    continue;
                }
                if (filter->mode == WF_SOFTMAX)
                    weight = expf(weight - largest);
                sum += weight;
                total += weight * load(&call->input, n, c, ty, tx);
            }
        }
    }
    if (filter->mode == WF_NORMALIZED)
        total /= copysignf(fmaxf(fabsf(sum), WF_MIN_SUM), sum);
    if (filter->mode == WF_SOFTMAX)
        total /= sum;
    return total + (call->bias ? call->bias[c] : 0);
}

static inline void filter_image(const wf_filter_call *call, int direction)
{
    const int64_t *size = call->output.size;
#pragma omp parallel for collapse(3) schedule(dynamic)
    for (int64_t n = 0; n < size[0]; n++)
        for (int64_t c = 0; c < size[1]; c++)
            for (int64_t y = 0; y < size[2]; y++)
                for (int64_t x = 0; x < size[3]; x++)
                    store(&call->output, n, c, y, x, filter_pixel(call, direction, n, c, y, x));
}

#endif
