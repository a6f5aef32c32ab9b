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

template <wf_mode MODE, int CHANNELS, int PIXELS, typename Real>
static __device__ __forceinline__ void wf_sums_start(wf_sums<MODE, CHANNELS, PIXELS, Real> &sums)
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

/* ---- Pairs of float16 logits ------------------------------------------------------------------------------------- */

/* Origins of float16 logits, which are float16, too; scaled: times log2(e). */
template <int PIXELS> struct wf_half_origins {
    __half2 pairs[PIXELS / 2];
    float scaled[PIXELS];
};

/* Those with which a logit of -INFINITY less its origin is no NaN are at least those of wf_half_origins_start. */
template <int PIXELS>
static __device__ __forceinline__ void wf_half_origins_set(wf_half_origins<PIXELS> &origins,
                                                           const __half2 (&pairs)[PIXELS / 2])
{
#pragma unroll
    for (int p = 0; p < PIXELS; p++) {
        if (p % 2 == 0)
            origins.pairs[p / 2] = pairs[p / 2];
        origins.scaled[p] = WF_LOG2_E * (p % 2 ? __high2float(pairs[p / 2]) : __low2float(pairs[p / 2]));
    }
}

template <int PIXELS> static __device__ __forceinline__ void wf_half_origins_start(wf_half_origins<PIXELS> &origins)
{
    __half2 lowest[PIXELS / 2];
#pragma unroll
    for (int p = 0; p < PIXELS / 2; p++)
        lowest[p] = __float2half2_rn(-65504);
    wf_half_origins_set(origins, lowest);
}

/* Of each pixel's taps first <= t < last. */
template <int HALF_PIXELS, int TAPS>
static __device__ __forceinline__ void wf_largest_logits(const __half2 (&logits)[TAPS][HALF_PIXELS], int first,
                                                         int last, __half2 (&largest)[HALF_PIXELS])
{
#pragma unroll
    for (int p = 0; p < HALF_PIXELS; p++) {
        largest[p] = logits[max(first, 0)][p];
#pragma unroll
        for (int t = 1; t < TAPS; t++) {
            if (first < t && t < last)
                largest[p] = __hmax2(largest[p], logits[t][p]);
        }
    }
}

/* The factors of a tap, which are summed up. */
template <int CHANNELS, int PIXELS>
static __device__ __forceinline__ void wf_sums_add_powers(wf_sums<WF_SOFTMAX, CHANNELS, PIXELS> &sums,
                                                          const wf_half_origins<PIXELS> &origins,
                                                          const __half2 (&logits)[PIXELS / 2], float (&factors)[PIXELS])
{
#pragma unroll
    for (int p = 0; p < PIXELS; p++) {
        const float logit = p % 2 ? __high2float(logits[p / 2]) : __low2float(logits[p / 2]);
        factors[p] = wf_exp2(logit * WF_LOG2_E - origins.scaled[p]);
        sums.weight[p] += factors[p];
    }
}

/* As wf_sums_add_weights: logits are compared two at a time and stay so small until they are factors. */
template <int CHANNELS, int PIXELS, int TAPS>
static __device__ __forceinline__ void
wf_sums_add_logits(wf_sums<WF_SOFTMAX, CHANNELS, PIXELS> &sums, wf_half_origins<PIXELS> &origins,
                   const __half2 (&logits)[TAPS][PIXELS / 2], float (&factors)[TAPS][PIXELS], int first, int last)
{
    __half2 largest[PIXELS / 2];
    wf_largest_logits(logits, first, last, largest);
    bool stay = true;
#pragma unroll
    for (int p = 0; p < PIXELS / 2; p++)
        stay &= __hble2(__hsub2(largest[p], origins.pairs[p]), __float2half2_rn(WF_SOFTMAX_HEADROOM));
    if (!stay) {
        const wf_half_origins<PIXELS> before = origins;
#pragma unroll
        for (int p = 0; p < PIXELS / 2; p++)
            largest[p] = __hmax2(largest[p], before.pairs[p]);
        wf_half_origins_set(origins, largest);
#pragma unroll
        for (int p = 0; p < PIXELS; p++) {
            const float shrink = wf_exp2(before.scaled[p] - origins.scaled[p]);
            sums.weight[p] *= shrink;
#pragma unroll
            for (int c = 0; c < CHANNELS; c++)
                sums.color[c][p] *= shrink;
        }
    }
#pragma unroll
    for (int t = 0; t < TAPS; t++) {
        if (t >= first && t < last)
            wf_sums_add_powers(sums, origins, logits[t], factors[t]);
    }
}

/* Once all taps are added: the sums as those of float logits are. */
template <int CHANNELS, int PIXELS>
static __device__ __forceinline__ void wf_sums_end_logits(wf_sums<WF_SOFTMAX, CHANNELS, PIXELS> &sums,
                                                          const wf_half_origins<PIXELS> &origins)
{
#pragma unroll
    for (int p = 0; p < PIXELS; p++)
        sums.origin[p] = p % 2 ? __high2float(origins.pairs[p / 2]) : __low2float(origins.pairs[p / 2]);
}

/* ---- The end ----------------------------------------------------------------------------------------------------- */

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

/* wf_sums_finish in a few instructions for sums of powers: they are at least exp(-WF_SOFTMAX_HEADROOM) and far from the
 * largest numbers. */
template <wf_mode MODE, int CHANNELS, int PIXELS>
static __device__ __forceinline__ void wf_sums_finish_fast(wf_sums<MODE, CHANNELS, PIXELS> &sums)
{
    if constexpr (MODE == WF_SOFTMAX) {
#pragma unroll
        for (int p = 0; p < PIXELS; p++) {
            const float factor = __fdividef(1, sums.weight[p]);
#pragma unroll
            for (int c = 0; c < CHANNELS; c++)
                sums.color[c][p] *= factor;
        }
    } else {
        wf_sums_finish(sums);
    }
}

/* wf.h's coverage, but for WF_LINEAR's. */
template <wf_mode MODE, int CHANNELS, int PIXELS, typename Real>
static __device__ __forceinline__ Real wf_sums_coverage(const wf_sums<MODE, CHANNELS, PIXELS, Real> &sums, int p)
{
    return MODE == WF_SOFTMAX ? sums.origin[p] + log(sums.weight[p]) : sums.weight[p];
}

#endif
