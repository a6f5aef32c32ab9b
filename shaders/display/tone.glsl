/* tone.glsl -- the transforms of tone.h. */
#ifndef WF_TONE_GLSL
#define WF_TONE_GLSL

#include "../srgb.h"
#include "ramp.glsl"
#include "tone.h"

const vec3 luminance = vec3(SRGB_LUMINANCE);

vec3 srgb(vec3 linear)
{
    vec3 clamped = clamp(linear, 0, 1);
    vec3 curve = SRGB_SCALE * pow(clamped, vec3(1 / SRGB_EXPONENT)) - SRGB_OFFSET;
    return mix(SRGB_SLOPE * clamped, curve, greaterThan(clamped, vec3(SRGB_LINE_END)));
}

vec3 aces(vec3 linear)
{
    vec3 x = max(linear, 0);
    return x * (TONE_ACES_A * x + TONE_ACES_B) / (x * (TONE_ACES_C * x + TONE_ACES_D) + TONE_ACES_E);
}

vec3 select_channels(tone_push tone, vec3 color)
{
    if (tone.channels == TONE_ALL)
        return color;
    return vec3(tone.channels == TONE_LUMINANCE ? dot(color, luminance) : color[tone.channels - TONE_RED]);
}

vec3 apply_tone(tone_push tone, vec3 radiance)
{
    vec3 exposed = select_channels(tone, radiance * tone.exposure + tone.offset);
    vec3 shown = tone.curve == TONE_ACES ? aces(exposed) : exposed;
    if (tone.marks != 0 && any(greaterThan(shown, vec3(1))))
        return vec3(TONE_ABOVE);
    if (tone.marks != 0 && any(lessThan(exposed, vec3(0))))
        return vec3(TONE_BELOW);
    if (tone.curve == TONE_FALSE)
        return error_color(tone.channels == TONE_ALL ? dot(shown, luminance) : shown.r);
    return tone.curve == TONE_GAMMA ? pow(clamp(shown, 0, 1), vec3(1 / tone.gamma)) : srgb(shown);
}

#endif
