/* sums.cuh -- the sums of one thread's pixels, and what the weight modes make of them. Private.
 *
 * A kernel feeds taps in batches: wf_sums_add_weights turns raw weights into factors, then the kernel adds
 * factor * input to color itself. Softmax is online: it keeps the largest logit so far and rescales its sums where that
 * grows, so that every weight is read once and no exponential exceeds 1. */
#ifndef WF_CUDA_SUMS_CUH
#define WF_CUDA_SUMS_CUH

#include <math.h>

#include "wf.h"

template <wf_mode MODE, int CHANNELS, int PIXELS> struct wf_sums {
    float color[CHANNELS][PIXELS];
    float weight[PIXELS];
    float largest[PIXELS];
};

/* The weight of a tap that does not count. */
template <wf_mode MODE> static __device__ constexpr float wf_no_weight()
{
    return MODE == WF_SOFTMAX ? -INFINITY : 0.0f;
}

template <wf_mode MODE, int CHANNELS, int PIXELS>
static __device__ __forceinline__ void wf_sums_start(wf_sums<MODE, CHANNELS, PIXELS> &sums)
{
#pragma unroll
    for (int p = 0; p < PIXELS; p++) {
#pragma unroll
        for (int c = 0; c < CHANNELS; c++)
            sums.color[c][p] = 0;
        sums.weight[p] = 0;
        sums.largest[p] = -INFINITY;
    }
}

/* Softmax: makes room for larger logits, then turns them into exponentials. */
template <int CHANNELS, int PIXELS, int TAPS>
static __device__ __forceinline__ void wf_sums_exponentiate(wf_sums<WF_SOFTMAX, CHANNELS, PIXELS> &sums,
                                                            float (&weights)[TAPS][PIXELS])
{
#pragma unroll
    for (int p = 0; p < PIXELS; p++) {
        float largest = sums.largest[p];
#pragma unroll
        for (int t = 0; t < TAPS; t++)
            largest = fmaxf(largest, weights[t][p]);
        float origin = largest == -INFINITY ? 0.0f : largest; /* -inf - -inf would be NaN */
        float shrink = __expf(sums.largest[p] - origin);
        sums.largest[p] = largest;
        sums.weight[p] *= shrink;
#pragma unroll
        for (int c = 0; c < CHANNELS; c++)
            sums.color[c][p] *= shrink;
#pragma unroll
        for (int t = 0; t < TAPS; t++)
            weights[t][p] = __expf(weights[t][p] - origin);
    }
}

/* weights[tap][pixel]: raw weights in, factors out. */
template <wf_mode MODE, int CHANNELS, int PIXELS, int TAPS>
static __device__ __forceinline__ void wf_sums_add_weights(wf_sums<MODE, CHANNELS, PIXELS> &sums,
                                                           float (&weights)[TAPS][PIXELS])
{
    if constexpr (MODE == WF_SOFTMAX)
        wf_sums_exponentiate(sums, weights);
    if constexpr (MODE != WF_LINEAR) {
#pragma unroll
        for (int t = 0; t < TAPS; t++) {
#pragma unroll
            for (int p = 0; p < PIXELS; p++)
                sums.weight[p] += weights[t][p];
        }
    }
}

template <wf_mode MODE, int CHANNELS, int PIXELS>
static __device__ __forceinline__ void wf_sums_finish(wf_sums<MODE, CHANNELS, PIXELS> &sums)
{
    if constexpr (MODE != WF_LINEAR) {
#pragma unroll
        for (int p = 0; p < PIXELS; p++) {
            float sum = sums.weight[p];
            if constexpr (MODE == WF_NORMALIZED)
                sum = copysignf(fmaxf(fabsf(sum), (float)WF_MIN_SUM), sum);
#pragma unroll
            for (int c = 0; c < CHANNELS; c++)
                sums.color[c][p] /= sum;
        }
    }
}

#endif
