/* measure.h -- how two values of a channel are compared, for C and GLSL. app/view/pane.c has the measures' names. */
#ifndef WF_MEASURE_H
#define WF_MEASURE_H

#define MEASURE_SIGNED   0 /* a - b */
#define MEASURE_ABSOLUTE 1 /* |a - b| */
#define MEASURE_RELATIVE 2 /* |a - b| / (|b| + 0.01) */
#define MEASURE_SMAPE    3 /* |a - b| / (|a| + |b| + 0.01), 0 to 1 */
#define MEASURE_COUNT    4

#ifdef VULKAN /* GLSL */
#define MEASURE_FUNCTION float
#define MEASURE_SIZE(x)  abs(x)
#else
#include <math.h>
#define MEASURE_FUNCTION static inline float
#define MEASURE_SIZE(x)  fabsf(x)
#endif

MEASURE_FUNCTION measure_of(int measure, float a, float b)
{
    float difference = a - b;
    if (measure == MEASURE_SIGNED)
        return difference;
    difference = MEASURE_SIZE(difference);
    if (measure == MEASURE_RELATIVE)
        difference /= MEASURE_SIZE(b) + 0.01f;
    if (measure == MEASURE_SMAPE)
        difference /= MEASURE_SIZE(a) + MEASURE_SIZE(b) + 0.01f;
    return difference;
}

#endif
