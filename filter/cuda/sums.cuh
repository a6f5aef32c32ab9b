/* sums.cuh -- the sums of one thread's pixels, and what the weight modes make of them. Private.
 *
 * A kernel feeds taps in batches: wf_sums_add_weights turns raw weights into factors, then the kernel adds
 * factor * input to color itself. Softmax is online, so that every weight is read once: exponentials are taken relative
 * to an origin, and where a logit exceeds that by more than WF_SOFTMAX_HEADROOM, the origin moves there and the sums so
 * far shrink. No exponential exceeds exp(WF_SOFTMAX_HEADROOM), and most batches move no origin. */
#ifndef WF_CUDA_SUMS_CUH
#define WF_CUDA_SUMS_CUH

#include <float.h>
#include <math.h>

#include "wf.h"

#define WF_SOFTMAX_HEADROOM 8.0f

template <wf_mode MODE, int CHANNELS, int PIXELS> struct wf_sums {
    float color[CHANNELS][PIXELS];
    float weight[PIXELS];
    float origin[PIXELS];
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
        sums.origin[p] = -FLT_MAX;
    }
}

/* Softmax: moves origins where logits exceed them too far. */
template <int CHANNELS, int PIXELS, int TAPS>
static __device__ __forceinline__ void wf_sums_move_origins(wf_sums<WF_SOFTMAX, CHANNELS, PIXELS> &sums,
                                                            const float (&logits)[TAPS][PIXELS])
{
    float largest[PIXELS];
    bool moves = false;
#pragma unroll
    for (int p = 0; p < PIXELS; p++) {
        largest[p] = logits[0][p];
#pragma unroll
        for (int t = 1; t < TAPS; t++)
            largest[p] = fmaxf(largest[p], logits[t][p]);
        moves |= largest[p] - sums.origin[p] > WF_SOFTMAX_HEADROOM;
    }
    if (!moves)
        return;
#pragma unroll
    for (int p = 0; p < PIXELS; p++) {
        float origin = fmaxf(largest[p], sums.origin[p]), shrink = __expf(sums.origin[p] - origin);
        sums.origin[p] = origin;
        sums.weight[p] *= shrink;
#pragma unroll
        for (int c = 0; c < CHANNELS; c++)
            sums.color[c][p] *= shrink;
    }
}

/* weights[tap][pixel]: raw weights in, factors out. */
template <wf_mode MODE, int CHANNELS, int PIXELS, int TAPS>
static __device__ __forceinline__ void wf_sums_add_weights(wf_sums<MODE, CHANNELS, PIXELS> &sums,
                                                           float (&weights)[TAPS][PIXELS])
{
    if constexpr (MODE == WF_SOFTMAX)
        wf_sums_move_origins(sums, weights);
    if constexpr (MODE != WF_LINEAR) {
#pragma unroll
        for (int t = 0; t < TAPS; t++) {
#pragma unroll
            for (int p = 0; p < PIXELS; p++) {
                if constexpr (MODE == WF_SOFTMAX)
                    weights[t][p] = __expf(weights[t][p] - sums.origin[p]);
                sums.weight[p] += weights[t][p];
            }
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
            float factor = 1 / sum;
#pragma unroll
            for (int c = 0; c < CHANNELS; c++)
                sums.color[c][p] *= factor;
        }
    }
}

#endif
