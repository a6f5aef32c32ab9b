/* color.h -- light in Rec. 709's primaries: its luminance, and sRGB's curve between values in [0,1] and
   linear light (IEC 61966-2-1). */
#ifndef WFVIEW_COLOR_H
#define WFVIEW_COLOR_H

#include <math.h>

#include "shaders/srgb.h"

static inline float color_luminance(const float rgb[3])
{
    static const float weights[3] = {SRGB_LUMINANCE};
    return weights[0] * rgb[0] + weights[1] * rgb[1] + weights[2] * rgb[2];
}

static inline float color_from_srgb(float value)
{
    if (value <= (float)SRGB_ENCODED_END)
        return value / (float)SRGB_SLOPE;
    return powf((value + (float)SRGB_OFFSET) / (float)SRGB_SCALE, (float)SRGB_EXPONENT);
}

/* In that type and with its function for powers. */
#define COLOR_TO_SRGB(type, power, linear)                                                                             \
    ((linear) <= (type)SRGB_LINE_END ? (type)SRGB_SLOPE * (linear)                                                     \
                                     : (type)SRGB_SCALE * power(linear, 1 / (type)SRGB_EXPONENT) - (type)SRGB_OFFSET)

static inline float color_to_srgb(float linear)
{
    return COLOR_TO_SRGB(float, powf, linear);
}

static inline double color_to_srgb_double(double linear)
{
    return COLOR_TO_SRGB(double, pow, linear);
}

#endif
