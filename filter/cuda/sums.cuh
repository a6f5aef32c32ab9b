/* sums.cuh -- the sums of one thread's pixels, and what the weight modes make of them. Private.
 *
 * A kernel feeds taps in batches: wf_sums_add_weights turns raw weights into factors, then the kernel adds
 * factor * input to color itself. Softmax is online, so that every weight is read once: exponentials are taken relative
 * to an origin, and where a logit exceeds that by more than WF_SOFTMAX_HEADROOM, the origin moves there and the sums so
 * far shrink. No exponential exceeds exp(WF_SOFTMAX_HEADROOM), and most batches move no origin. */
#ifndef WF_CUDA_SUMS_CUH
#define WF_CUDA_SUMS_CUH

#include <cuda_fp16.h>
#include <float.h>
#include <math.h>

#include "exp2.cuh"
#include "wf.h"

#define WF_SOFTMAX_HEADROOM 8

/* weight and origin are those of WF_NORMALIZED and WF_SOFTMAX. */
template <wf_mode MODE, int CHANNELS, int PIXELS, typename Real = float> struct wf_sums {
    Real color[CHANNELS][PIXELS];
    Real weight[PIXELS];
    Real origin[PIXELS];
};

/* As __expf, which takes instructions more so that results below 2^-126 are not 0: beside a sum that is at least 1. */
static __device__ __forceinline__ float wf_exp(float value)
{
    return wf_exp2(value * WF_LOG2_E);
}

static __device__ __forceinline__ double wf_exp(double value)
{
    return exp(value);
}

/* What WF_NORMALIZED divides by. */
static __device__ __forceinline__ float wf_divisor(float sum)
{
    return copysignf(fmaxf(fabsf(sum), (float)WF_MIN_SUM), sum);
}

static __device__ __forceinline__ double wf_divisor(double sum)
{
    return copysign(fmax(fabs(sum), WF_MIN_SUM), sum);
}

/* The weight of a tap that does not count. */
template <wf_mode MODE> static __device__ constexpr float wf_no_weight()
{
    return MODE == WF_SOFTMAX ? -INFINITY : 0.0f;
}

/* No finite logit is less than `lowest`. */
template <wf_mode MODE, int CHANNELS, int PIXELS, typename Real>
static __device__ __forceinline__ void wf_sums_start(wf_sums<MODE, CHANNELS, PIXELS, Real> &sums,
                                                     float lowest = -FLT_MAX)
{
#pragma unroll
    for (int p = 0; p < PIXELS; p++) {
#pragma unroll
        for (int c = 0; c < CHANNELS; c++)
            sums.color[c][p] = 0;
        sums.weight[p] = 0;
        sums.origin[p] = lowest;
    }
}

/* Softmax: moves origins where logits of the taps first <= t < last exceed them too far. */
template <int CHANNELS, int PIXELS, int TAPS, typename Real>
static __device__ __forceinline__ void wf_sums_move_origins(wf_sums<WF_SOFTMAX, CHANNELS, PIXELS, Real> &sums,
                                                            const Real (&logits)[TAPS][PIXELS], int first, int last)
{
    Real largest[PIXELS];
    bool moves = false;
#pragma unroll
    for (int p = 0; p < PIXELS; p++) {
#pragma unroll
        for (int t = 0; t < TAPS; t++) {
            if (first <= t && t < last)
                largest[p] = t == max(first, 0) ? logits[t][p] : max(largest[p], logits[t][p]);
        }
        moves |= largest[p] - sums.origin[p] > WF_SOFTMAX_HEADROOM;
    }
    if (!moves)
        return;
#pragma unroll
    for (int p = 0; p < PIXELS; p++) {
        Real origin = max(largest[p], sums.origin[p]), shrink = wf_exp(sums.origin[p] - origin);
        sums.origin[p] = origin;
        sums.weight[p] *= shrink;
#pragma unroll
        for (int c = 0; c < CHANNELS; c++)
            sums.color[c][p] *= shrink;
    }
}

/* weights[tap][pixel]: raw weights in, factors out, of the taps first <= t < last. */
template <wf_mode MODE, int CHANNELS, int PIXELS, int TAPS, typename Real>
static __device__ __forceinline__ void wf_sums_add_weights(wf_sums<MODE, CHANNELS, PIXELS, Real> &sums,
                                                           Real (&weights)[TAPS][PIXELS], int first = 0,
                                                           int last = TAPS)
{
    if constexpr (MODE == WF_SOFTMAX)
        wf_sums_move_origins(sums, weights, first, last);
    if constexpr (MODE != WF_LINEAR) {
#pragma unroll
        for (int t = 0; t < TAPS; t++) {
            if (t < first || t >= last)
                continue;
#pragma unroll
            for (int p = 0; p < PIXELS; p++) {
                if constexpr (MODE == WF_SOFTMAX)
                    weights[t][p] = wf_exp(weights[t][p] - sums.origin[p]);
                sums.weight[p] += weights[t][p];
            }
        }
    }
}

/* The same of pairs of float16 logits, which are compared two at a time and stay so small until they are factors.
 * Logits times log2(e) are finite, and origins from the start. */
template <int CHANNELS, int PIXELS, int TAPS>
static __device__ __forceinline__ void wf_sums_add_logits(wf_sums<WF_SOFTMAX, CHANNELS, PIXELS> &sums,
                                                          const __half2 (&logits)[TAPS][PIXELS / 2],
                                                          float (&factors)[TAPS][PIXELS], int first, int last)
{
    float largest[1][PIXELS];
#pragma unroll
    for (int p = 0; p < PIXELS; p += 2) {
        __half2 pair = logits[max(first, 0)][p / 2];
#pragma unroll
        for (int t = 1; t < TAPS; t++) {
            if (first < t && t < last)
                pair = __hmax2(pair, logits[t][p / 2]);
        }
        largest[0][p] = __low2float(pair), largest[0][p + 1] = __high2float(pair);
    }
    wf_sums_move_origins(sums, largest, 0, 1);
#pragma unroll
    for (int t = 0; t < TAPS; t++) {
        if (t < first || t >= last)
            continue;
#pragma unroll
        for (int p = 0; p < PIXELS; p++) {
            const float logit = p % 2 ? __high2float(logits[t][p / 2]) : __low2float(logits[t][p / 2]);
            factors[t][p] = wf_exp2(logit * WF_LOG2_E - sums.origin[p] * WF_LOG2_E);
            sums.weight[p] += factors[t][p];
        }
    }
}

template <wf_mode MODE, int CHANNELS, int PIXELS, typename Real>
static __device__ __forceinline__ void wf_sums_finish(wf_sums<MODE, CHANNELS, PIXELS, Real> &sums)
{
    if constexpr (MODE != WF_LINEAR) {
#pragma unroll
        for (int p = 0; p < PIXELS; p++) {
            Real factor = 1 / (MODE == WF_NORMALIZED ? wf_divisor(sums.weight[p]) : sums.weight[p]);
#pragma unroll
            for (int c = 0; c < CHANNELS; c++)
                sums.color[c][p] *= factor;
        }
    }
}

/* wf.h's coverage, but for WF_LINEAR's. */
template <wf_mode MODE, int CHANNELS, int PIXELS, typename Real>
static __device__ __forceinline__ Real wf_sums_coverage(const wf_sums<MODE, CHANNELS, PIXELS, Real> &sums, int p)
{
    return MODE == WF_SOFTMAX ? sums.origin[p] + log(sums.weight[p]) : sums.weight[p];
}

#endif
