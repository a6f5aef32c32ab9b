#version 460
#extension GL_GOOGLE_include_directive : require

// flip_across.comp.glsl -- FLIP, filters of rows: of the picture where the workgroup's z is 0, else of the reference.
#include "flip.glsl"

const int threads_x = FLIP_ACROSS_WIDTH, threads_y = FLIP_ACROSS_HEIGHT, span = threads_x + 2 * FLIP_RADIUS;
layout(local_size_x = threads_x, local_size_y = threads_y) in;
layout(binding = 0) uniform sampler2D picture;
layout(binding = 1) uniform sampler2D reference;
shared float rows[3][threads_y][span];

/* In [0,1]; NaN is black, so that it stays where it is: flip_down says NaN there. */
vec3 shown(vec3 linear)
{
    return mix(vec3(0), min(linear, 1), greaterThan(linear, vec3(0)));
}

void main()
{
    ivec2 size = textureSize(picture, 0), local = ivec2(gl_LocalInvocationID.xy), p = ivec2(gl_GlobalInvocationID.xy);
    int left = int(gl_WorkGroupID.x) * threads_x - FLIP_RADIUS, y = min(p.y, size.y - 1);
    bool of_picture = gl_WorkGroupID.z == 0;
    for (int i = local.x; i < span; i += threads_x) {
        ivec2 from = ivec2(clamp(left + i, 0, size.x - 1), y);
        vec4 color = of_picture ? texelFetch(picture, from, 0) : texelFetch(reference, from, 0);
        vec3 opponent = to_opponent(shown(color.rgb));
        rows[0][local.y][i] = opponent.x;
        rows[1][local.y][i] = opponent.y;
        rows[2][local.y][i] = opponent.z;
    }
    barrier();
    vec4 colors = vec4(0);
    vec3 features = vec3(0);
    for (int t = 0; t < FLIP_TAPS; t++) {
        int from = local.x + t;
        vec3 opponent = vec3(rows[0][local.y][from], rows[1][local.y][from], rows[2][local.y][from]);
        colors += opponent.xyzz * vec4(filters.taps[FLIP_ACHROMATIC][t], filters.taps[FLIP_RED_GREEN][t],
                                       filters.taps[FLIP_BLUE_YELLOW][t], filters.taps[FLIP_BLUE_YELLOW_2][t]);
        features += opponent.x * vec3(filters.taps[FLIP_SMOOTH][t], filters.taps[FLIP_EDGE][t],
                                      filters.taps[FLIP_POINT][t]);
    }
    if (any(greaterThanEqual(p, size))) {
        return;
    }
    if (of_picture) {
        imageStore(across[0], p, colors);
        imageStore(across[1], p, vec4(features, 0));
    } else {
        imageStore(across[2], p, colors);
        imageStore(across[3], p, vec4(features, 0));
    }
}
