#version 460
#extension GL_GOOGLE_include_directive : require

// flip_down.comp.glsl -- FLIP, filters of columns, and the map that follows: NaN where a pixel of the pictures is. A
// thread computes some pixels of a column, out of a tile that its workgroup keeps.
#include "flip.glsl"

const int threads_x = FLIP_DOWN_WIDTH, threads_y = FLIP_DOWN_HEIGHT, each = FLIP_DOWN_EACH;
const int high = threads_y * each, tall = high + 2 * FLIP_RADIUS;
layout(local_size_x = threads_x, local_size_y = threads_y) in;
layout(binding = 0) uniform sampler2D picture;
layout(binding = 1) uniform sampler2D reference;
layout(binding = 3, r32f) uniform writeonly image2D flip_map;
shared vec4 tile[tall][threads_x];

struct seen {
    vec3 color;         /* to_hunt's */
    float edges, points; /* how strong they are */
};

ivec2 size, local;

/* Two images of the array, by constants: their index may not vary. */
vec4 load(int index, ivec2 p)
{
    switch (index) {
    case 0:
        return imageLoad(across[0], p);
    case 1:
        return imageLoad(across[1], p);
    case 2:
        return imageLoad(across[2], p);
    default:
        return imageLoad(across[3], p);
    }
}

void fill(int index)
{
    barrier();
    int x = min(int(gl_GlobalInvocationID.x), size.x - 1), top = int(gl_WorkGroupID.y) * high - FLIP_RADIUS;
    for (int i = local.y; i < tall; i += threads_y) {
        tile[i][local.x] = load(index, ivec2(x, clamp(top + i, 0, size.y - 1)));
    }
    barrier();
}

void look(int first, out seen result[each])
{
    fill(first);
    for (int i = 0; i < each; i++) {
        vec4 sums = vec4(0);
        for (int t = 0; t < FLIP_TAPS; t++) {
            sums += tile[local.y * each + i + t][local.x] *
                    vec4(filters.taps[FLIP_ACHROMATIC][t], filters.taps[FLIP_RED_GREEN][t],
                         filters.taps[FLIP_BLUE_YELLOW][t], filters.taps[FLIP_BLUE_YELLOW_2][t]);
        }
        result[i].color = to_hunt(clamp(from_opponent(vec3(sums.xy, sums.z + sums.w)), 0, 1));
    }
    fill(first + 1);
    for (int i = 0; i < each; i++) {
        vec2 edge = vec2(0), point = vec2(0);
        for (int t = 0; t < FLIP_TAPS; t++) {
            vec3 rows = tile[local.y * each + i + t][local.x].xyz;
            float smoothing = filters.taps[FLIP_SMOOTH][t];
            edge += vec2(rows.y * smoothing, rows.x * filters.taps[FLIP_EDGE][t]);
            point += vec2(rows.z * smoothing, rows.x * filters.taps[FLIP_POINT][t]);
        }
        result[i].edges = length(edge) / 116; /* of luminance: Y / 116 and a constant, which derivatives do not see */
        result[i].points = length(point) / 116;
    }
}

float difference(seen a, seen b)
{
    float distance = color_distance(a.color, b.color), knee = FLIP_KNEE_IN * filters.largest;
    float color = distance < knee ? distance * FLIP_KNEE_OUT / knee
                                  : FLIP_KNEE_OUT + (distance - knee) / (filters.largest - knee) * (1 - FLIP_KNEE_OUT);
    float feature = max(abs(a.edges - b.edges), abs(a.points - b.points));
    return pow(color, 1 - pow(feature / sqrt(2.0), FLIP_FEATURE_EXPONENT));
}

void main()
{
    size = textureSize(picture, 0);
    local = ivec2(gl_LocalInvocationID.xy);
    seen a[each], b[each];
    look(0, a);
    look(2, b);
    for (int i = 0; i < each; i++) {
        ivec2 p = ivec2(gl_GlobalInvocationID.x, (gl_WorkGroupID.y * threads_y + local.y) * each + i);
        if (any(greaterThanEqual(p, size))) {
            continue;
        }
        bool is_nan = any(isnan(texelFetch(picture, p, 0).rgb)) || any(isnan(texelFetch(reference, p, 0).rgb));
        imageStore(flip_map, p, vec4(is_nan ? uintBitsToFloat(0x7fc00000u) : difference(a[i], b[i]), 0, 0, 0));
    }
}
