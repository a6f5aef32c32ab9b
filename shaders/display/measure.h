/* measure.h -- how two values of a channel are compared, for C and GLSL. app/view/pane.c has the measures' names. */
#ifndef WF_MEASURE_H
#define WF_MEASURE_H

#define MEASURE_SIGNED   0 /* a - b */
#define MEASURE_ABSOLUTE 1 /* |a - b| */
#define MEASURE_RELATIVE 2
#define MEASURE_SMAPE    3 /* 0 to 1 */
#define MEASURE_REL_MSE  4
#define MEASURE_FLIP     5 /* 0 to 1: of pictures, not of values. metrics/flip.h */
#define MEASURE_COUNT    6

#ifdef VULKAN /* GLSL */
#define MEASURE_FUNCTION float
#define MEASURE_SIZE(x)  abs(x)
#else
#include <math.h>
#define MEASURE_FUNCTION static inline float
#define MEASURE_SIZE(x)  fabs(x)
#endif

/* Of floats, doubles or vectors. */
#define MEASURE_RELATIVE_TERM(a, b) (MEASURE_SIZE((a) - (b)) / (MEASURE_SIZE(b) + 0.01))
#define MEASURE_SMAPE_TERM(a, b)    (MEASURE_SIZE((a) - (b)) / (MEASURE_SIZE(a) + MEASURE_SIZE(b) + 0.01))
#define MEASURE_REL_MSE_TERM(a, b)  (((a) - (b)) * ((a) - (b)) / ((b) * (b) + 1e-4))

/* All but FLIP. */
MEASURE_FUNCTION measure_of(int measure, float a, float b)
{
    switch (measure) {
    case MEASURE_ABSOLUTE:
        return MEASURE_SIZE(a - b);
    case MEASURE_RELATIVE:
        return MEASURE_RELATIVE_TERM(a, b);
    case MEASURE_SMAPE:
        return MEASURE_SMAPE_TERM(a, b);
    case MEASURE_REL_MSE:
        return MEASURE_REL_MSE_TERM(a, b);
    default:
        return a - b;
    }
}

#endif
