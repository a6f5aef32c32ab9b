/* color.h -- light in Rec. 709's primaries: its luminance, and sRGB's curve between values in [0,1] and
   linear light (IEC 61966-2-1). */
#ifndef WFVIEW_COLOR_H
#define WFVIEW_COLOR_H

#include <math.h>

static inline float color_luminance(const float rgb[3])
{
    return 0.2126f * rgb[0] + 0.7152f * rgb[1] + 0.0722f * rgb[2];
}

static inline float color_from_srgb(float value)
{
    return value > 0.04045f ? powf((value + 0.055f) / 1.055f, 2.4f) : value / 12.92f;
}

static inline float color_to_srgb(float linear)
{
    return linear <= 0.0031308f ? 12.92f * linear : 1.055f * powf(linear, 1 / 2.4f) - 0.055f;
}

#endif
