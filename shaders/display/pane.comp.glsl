#version 460
#extension GL_GOOGLE_include_directive : require

/* pane.comp.glsl -- a pane, one thread a target pixel. Each shows the mean of the texels it covers, so that magnified
 * texels are squares and minified ones are filtered. Means are taken of linear values, before exposure and tone. */

#include "pane.h"
#include "tone.glsl"

layout(local_size_x = PANE_GROUP, local_size_y = PANE_GROUP) in;
layout(push_constant) uniform Push
{
    pane_push push;
};
layout(set = 0, binding = 0) uniform sampler2D image;
layout(set = 1, binding = 0) uniform sampler2D against;
layout(set = 2, binding = 0, rgba8) uniform writeonly image2D target;

const int max_texels = 24; /* along an axis and under one target pixel; beyond it every nth is taken */
const float motion_half = 4; /* pixels of motion shown at half brightness */

const vec3 surround = vec3(0.055, 0.055, 0.057);

const vec3 grid = vec3(0.3); /* between texels */

/* The channel that is farthest from 0. */
float farthest(vec3 value)
{
    vec3 size = abs(value);
    return size.r >= max(size.g, size.b) ? value.r : size.g >= size.b ? value.g : value.b;
}

vec3 hue(vec2 direction)
{
    float turn = atan(direction.y, direction.x) / 6.2831853;
    return clamp(abs(mod(6 * turn + vec3(0, 4, 2), 6) - 3) - 1, 0, 1);
}

/* What is averaged. */
vec3 value(ivec2 texel)
{
    vec3 shown = texelFetch(image, texel, 0).rgb;
    if (push.mode == PANE_DEPTH)
        return vec3(shown.x > 0 ? 1 / shown.x - push.far_inverse : 0) / (push.near_inverse - push.far_inverse);
    if (push.measure < 0)
        return shown;
    vec3 other = texelFetch(against, texel, 0).rgb;
    vec3 measured = vec3(measure_of(push.measure, shown.r, other.r), measure_of(push.measure, shown.g, other.g),
                         measure_of(push.measure, shown.b, other.b));
    return mix(shown, measured, lessThan(ivec3(0, 1, 2), ivec3(push.channels)));
}

vec3 display(vec3 mean)
{
    switch (push.mode) {
    case PANE_RADIANCE:
        return apply_tone(push.tone, mean);
    case PANE_ALBEDO:
        return srgb(select_channels(push.tone, mean));
    case PANE_NORMAL:
        return 0.5 * mean + 0.5;
    case PANE_MOTION:
        float pixels = length(mean.xy);
        return pixels / (pixels + motion_half) * hue(mean.xy);
    case PANE_ERROR:
        return error_color(push.scale * (mean.r + mean.g + mean.b) / push.channels);
    case PANE_SIGNED:
        return signed_color(push.scale * farthest(mean));
    default:
        return mean;
    }
}

vec3 ramp_color(float place)
{
    return push.mode == PANE_RAMP ? error_color(place) : signed_color(2 * place - 1);
}

/* Of the texels between two corners, in texels. */
vec3 mean_of(vec2 begin, vec2 end)
{
    ivec2 first = ivec2(begin);
    ivec2 last = max(ivec2(ceil(end)) - 1, first);
    ivec2 stride = (last - first) / max_texels + 1;
    vec3 sum = vec3(0);
    float area = 0;
    for (int y = first.y; y <= last.y; y += stride.y) {
        float height = min(end.y, y + 1) - max(begin.y, y);
        for (int x = first.x; x <= last.x; x += stride.x) {
            float weight = height * (min(end.x, x + 1) - max(begin.x, x));
            sum += weight * value(ivec2(x, y));
            area += weight;
        }
    }
    return sum / area;
}

vec3 color_of(ivec2 pixel)
{
    vec2 origin = vec2(push.origin_x, push.origin_y), size = vec2(push.width, push.height);
    vec2 begin = clamp((pixel - origin) / push.zoom, vec2(0), size);
    vec2 end = clamp((pixel + 1 - origin) / push.zoom, vec2(0), size);
    if (any(lessThanEqual(end, begin)))
        return surround;
    if (push.mode == PANE_RAMP || push.mode == PANE_SIGNED_RAMP)
        return ramp_color(begin.x / push.width);
    vec3 mean = mean_of(begin, end);
    vec3 shown = any(isnan(mean)) ? vec3(TONE_NAN) : any(isinf(mean)) ? vec3(TONE_INFINITE) : display(mean);
    bool first_of_texel = any(notEqual(ivec2((pixel - 1 - origin) / push.zoom), ivec2(begin)));
    return push.zoom >= PANE_GRID_ZOOM && first_of_texel ? mix(shown, grid, 0.35) : shown;
}

void main()
{
    ivec2 place = ivec2(gl_GlobalInvocationID.xy);
    if (place.x >= push.columns || place.y >= push.rows)
        return;
    ivec2 pixel = ivec2(push.left, push.top) + place;
    imageStore(target, pixel, vec4(color_of(pixel), 1));
}
