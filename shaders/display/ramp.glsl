/* ramp.glsl -- colors on the ramps of ramp.h, as the sum of the steps from stop to stop so far: arrays that a variable
 * indexes would be kept in memory by each thread. */
#ifndef WF_RAMP_GLSL
#define WF_RAMP_GLSL

#extension GL_EXT_control_flow_attributes : require

#include "ramp.h"

const vec3 ramp[] = vec3[](RAMP(vec3));
const vec3 signed_ramp[] = vec3[](SIGNED_RAMP(vec3));

/* Between -1 and 1. */
vec3 signed_color(float value)
{
    const int steps = signed_ramp.length() - 1;
    float position = (clamp(value, -1, 1) + 1) / 2 * steps;
    vec3 color = signed_ramp[0];
    [[unroll]] for (int i = 0; i < steps; i++)
        color += clamp(position - i, 0, 1) * (signed_ramp[i + 1] - signed_ramp[i]);
    return color;
}

vec3 error_color(float error)
{
    const int steps = ramp.length() - 1;
    float position = clamp(error, 0, 1) * steps;
    vec3 color = ramp[0];
    [[unroll]] for (int i = 0; i < steps; i++)
        color += clamp(position - i, 0, 1) * (ramp[i + 1] - ramp[i]);
    return color;
}

#endif
