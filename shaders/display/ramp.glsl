/* ramp.glsl -- colors on the ramps of ramp.h. */
#ifndef WF_RAMP_GLSL
#define WF_RAMP_GLSL

#include "ramp.h"

const vec3 ramp[] = vec3[](RAMP(vec3));
const vec3 signed_ramp[] = vec3[](SIGNED_RAMP(vec3));

/* Between -1 and 1. */
vec3 signed_color(float value)
{
    float position = (clamp(value, -1, 1) + 1) / 2 * (signed_ramp.length() - 1);
    int stop = min(int(position), signed_ramp.length() - 2);
    return mix(signed_ramp[stop], signed_ramp[stop + 1], position - stop);
}

vec3 error_color(float error)
{
    float position = clamp(error, 0, 1) * (ramp.length() - 1);
    int stop = min(int(position), ramp.length() - 2);
    return mix(ramp[stop], ramp[stop + 1], position - stop);
}

#endif
