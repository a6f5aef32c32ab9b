/* pattern.h -- pictures made of patterns, that repeat without a seam. */
#ifndef WFVIEW_TRACE_RANDOM_TEXTURE_H
#define WFVIEW_TRACE_RANDOM_TEXTURE_H

#include "app/trace/scene/scene.h"
#include "random.h"

typedef enum pattern_kind {
    PATTERN_CHECKS,
    PATTERN_STRIPES,
    PATTERN_BRICKS,
    PATTERN_DOTS,
    PATTERN_NOISE,
    PATTERN_MARBLE,
    PATTERN_WOOD,
    PATTERN_CELLS,
    PATTERN_MOSAIC,
    PATTERN_TEXT,
    PATTERN_GRAIN, /* each texel by itself */
    PATTERN_WAVES, /* soft, of low frequency */
    PATTERN_COUNT
} pattern_kind;

/* A value in [0,1] at each point; cells: how many of the pattern's features along a side of the picture. */
typedef struct pattern {
    pattern_kind kind;
    uint32_t seed;
    int cells;
} pattern;

/* Linear colors for the values from 0 to 1. */
typedef struct ramp {
    float colors[3][3];
    int count; /* 2 or 3 */
} ramp;

pattern pattern_random(rng *rng);
float pattern_value(const pattern *pattern, float u, float v); /* u and v in [0,1) */

/* Pictures of a pattern, of size * size texels; false: no memory. Color: by the ramp, in sRGB. Normals: of the pattern
 * as a relief whose steepest slopes are about that. Roughness: between low and high, in g; b is 1. Leaf: color, and
 * alpha is 0 outside of a pointed oval along v. Net: color, and alpha is 0 in the meshes of a net. */
bool texture_color(const pattern *pattern, const ramp *ramp, int size, texture *texture);
bool texture_normals(const pattern *pattern, float slope, int size, texture *texture);
bool texture_roughness(const pattern *pattern, float low, float high, int size, texture *texture);
bool texture_leaf(const pattern *pattern, const ramp *ramp, int size, texture *texture);
bool texture_net(const pattern *pattern, const ramp *ramp, int size, texture *texture);

#endif
