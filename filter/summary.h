/* summary.h -- figures of a kernel, from its factors one after the other: the formulas of wf_node_inspect.h's maps, for C and CUDA;
 * shaders/filter/summary.comp.glsl has them for GLSL. */
#ifndef WF_SUMMARY_H
#define WF_SUMMARY_H

#include <math.h>

#include "taps.h"

/* With p = |factor| / sum of |factors|. */
typedef struct wf_summary {
    float sum;     /* of factors */
    float size;    /* of |factors| */
    float logs;    /* of |factors| times their binary logarithms */
    float squares; /* of |factors| times their squared distances, in pixels */
    float own;     /* the factor of the tap without an offset */
} wf_summary;

WF_INLINE void wf_summary_add(wf_summary *s, float factor, int dy, int dx)
{
    const float size = fabsf(factor);
    s->sum += factor;
    s->size += size;
    s->logs += size > 0 ? size * log2f(size) : 0;
    s->squares += size * (float)(dy * dy + dx * dx);
    s->own = dy == 0 && dx == 0 ? factor : s->own;
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
