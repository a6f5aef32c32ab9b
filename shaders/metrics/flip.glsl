/* flip.glsl -- what FLIP's two passes have in common: app/view/flip.c is the same on the host. */
#ifndef WF_FLIP_GLSL
#define WF_FLIP_GLSL

#include "flip.h"

layout(binding = 4, std430) readonly buffer Filters { flip_filters filters; };

/* Of the picture and of the reference, filtered across: the four filters of colors; then the three of features. */
layout(binding = 5, rgba32f) uniform image2D across[4];

const vec3 white = vec3(FLIP_WHITE);

vec3 to_xyz(vec3 rgb)
{
    const vec3 rows[3] = vec3[](FLIP_TO_XYZ(vec3));
    return vec3(dot(rows[0], rgb), dot(rows[1], rgb), dot(rows[2], rgb)) / white;
}

vec3 from_xyz(vec3 xyz)
{
    const vec3 rows[3] = vec3[](FLIP_FROM_XYZ(vec3));
    vec3 scaled = xyz * white;
    return vec3(dot(rows[0], scaled), dot(rows[1], scaled), dot(rows[2], scaled));
}

vec3 to_opponent(vec3 rgb)
{
    vec3 xyz = to_xyz(rgb);
    return vec3(116 * xyz.y - 16, 500 * (xyz.x - xyz.y), 200 * (xyz.y - xyz.z));
}

vec3 from_opponent(vec3 opponent)
{
    float y = (opponent.x + 16) / 116;
    return from_xyz(vec3(y + opponent.y / 500, y, y - opponent.z / 200));
}

vec3 lab_curve(vec3 t)
{
    const float delta = FLIP_DELTA;
    vec3 line = t / (3 * delta * delta) + 4.0 / 29;
    return mix(line, pow(max(t, 0), vec3(1.0 / 3)), greaterThan(t, vec3(delta * delta * delta)));
}

/* CIELAB, with the colorfulness of the Hunt effect. */
vec3 to_hunt(vec3 rgb)
{
    vec3 curve = lab_curve(to_xyz(rgb));
    float lightness = 116 * curve.y - 16;
    return vec3(lightness, 0.01 * lightness * vec2(500 * (curve.x - curve.y), 200 * (curve.y - curve.z)));
}

float color_distance(vec3 a, vec3 b)
{
    return pow(abs(a.x - b.x) + length(a.yz - b.yz), FLIP_COLOR_EXPONENT);
}

#endif
