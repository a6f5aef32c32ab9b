/* summary.h -- figures of a kernel, from its factors one after the other: the formulas of wf_node_inspect.h's maps, for
 * C and CUDA; shaders/filter/summarize.comp.glsl has them for GLSL. */
#ifndef WF_SUMMARY_H
#define WF_SUMMARY_H

#include <float.h>
#include <math.h>

#include "shared.h"
#include "taps.h"

/* With p = |factor| / sum of |factors|. */
typedef struct wf_summary {
    float sum;     /* of factors */
    float size;    /* of |factors| */
    float logs;    /* of |factors| times their binary logarithms */
    float squares; /* of |factors| times their squared distances, in pixels */
    float own;     /* the factor of the tap without an offset */
} wf_summary;

/* Of |factor|; of 0 a finite number. */
WF_INLINE float wf_summary_log2(float factor)
{
    const float size = fmaxf(fabsf(factor), FLT_MIN);
#ifdef __CUDA_ARCH__
    return __log2f(size);
#else
    return log2f(size);
#endif
}

/* A factor, its binary logarithm, and the square of its distance. */
WF_INLINE void wf_summary_add(wf_summary *s, float factor, float logarithm, float square)
{
    const float size = fabsf(factor);
    s->sum += factor;
    s->size += size;
    s->logs += size * logarithm;
    s->squares += size * square;
    s->own = square == 0 ? factor : s->own;
}

/* As if all factors had been 2^shift times as large; shift is not positive. */
WF_INLINE void wf_summary_scale(wf_summary *s, float shift)
{
    const float scale = exp2f(shift);
    s->sum *= scale;
    s->logs = scale * (s->logs + shift * s->size);
    s->size *= scale;
    s->squares *= scale;
    s->own *= scale;
}

/* The binary logarithm of a softmax's factor, by the largest logit. NaN stays. */
WF_INLINE float wf_summary_exponent(float logit, float largest)
{
    const float exponent = (logit - largest) * (float)WF_SHARED_LOG2_E;
    return exponent < WF_SHARED_LEAST_EXPONENT ? WF_SHARED_LEAST_EXPONENT : exponent;
}

/* Of p, in bits. */
WF_INLINE float wf_summary_entropy(const wf_summary *s)
{
    return s->size > 0 ? fmaxf(log2f(s->size) - s->logs / s->size, 0) : 0;
}

/* The root of the mean squared distance by p. */
WF_INLINE float wf_summary_radius(const wf_summary *s)
{
    return s->size > 0 ? sqrtf(s->squares / s->size) : 0;
}

/* What a mode divides factors by. */
WF_INLINE float wf_summary_divisor(const wf_summary *s, int is_linear, float least)
{
    return is_linear ? 1 : copysignf(fmaxf(fabsf(s->sum), least), s->sum);
}

#endif
