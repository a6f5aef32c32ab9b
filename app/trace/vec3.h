/* vec3.h -- what one does with three floats. */
#ifndef WFVIEW_TRACE_VEC3_H
#define WFVIEW_TRACE_VEC3_H

#include <math.h>
#include <stdbool.h>

#include "shaders/trace/vec3.h"

#define TAU 6.2831853f /* a full turn, in radians */

static inline vec3 vec3_add(vec3 a, vec3 b)
{
    return (vec3){a.x + b.x, a.y + b.y, a.z + b.z};
}

static inline vec3 vec3_subtract(vec3 a, vec3 b)
{
    return (vec3){a.x - b.x, a.y - b.y, a.z - b.z};
}

static inline vec3 vec3_scale(vec3 a, float factor)
{
    return (vec3){a.x * factor, a.y * factor, a.z * factor};
}

static inline float vec3_dot(vec3 a, vec3 b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static inline vec3 vec3_cross(vec3 a, vec3 b)
{
    return (vec3){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

static inline float vec3_length(vec3 a)
{
    return sqrtf(vec3_dot(a, a));
}

/* a must not be 0. */
static inline vec3 vec3_normalize(vec3 a)
{
    return vec3_scale(a, 1 / vec3_length(a));
}

static inline vec3 vec3_minimum(vec3 a, vec3 b)
{
    return (vec3){a.x < b.x ? a.x : b.x, a.y < b.y ? a.y : b.y, a.z < b.z ? a.z : b.z};
}

static inline vec3 vec3_maximum(vec3 a, vec3 b)
{
    return (vec3){a.x > b.x ? a.x : b.x, a.y > b.y ? a.y : b.y, a.z > b.z ? a.z : b.z};
}

static inline bool vec3_is_finite(vec3 a)
{
    return isfinite(a.x) && isfinite(a.y) && isfinite(a.z);
}

#endif
