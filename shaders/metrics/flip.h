/* flip.h -- FLIP's constants and taps, shared by C, which makes the taps, and GLSL.
 *
 * Andersson, Nilsson, Akenine-Moller, Oskarsson, Astrom, Fairchild 2020, "FLIP: A Difference Evaluator for Alternating
 * Images". Rows of matrices are ROW(a, b, c) with commas between them. */
#ifndef WF_FLIP_H
#define WF_FLIP_H

#define FLIP_WHITE 0.950428545, 1.0, 1.088900371 /* D65 */

/* Between sRGB's primaries (IEC 61966-2-1) and X, Y, Z. */
#define FLIP_TO_XYZ(ROW)                                                                                               \
    ROW(10135552 / 24577794., 8788810 / 24577794., 4435075 / 24577794.),                                               \
        ROW(2613072 / 12288897., 8788810 / 12288897., 887015 / 12288897.),                                             \
        ROW(1425312 / 73733382., 8788810 / 73733382., 70074185 / 73733382.)
#define FLIP_FROM_XYZ(ROW)                                                                                             \
    ROW(3.241003275, -1.537398934, -0.498615861), ROW(-0.969224334, 1.875930071, 0.041554224),                         \
        ROW(0.055639423, -0.204011202, 1.057148933)

/* Of CIELAB's curve: a root above DELTA^3, a line below. */
#define FLIP_DELTA (6. / 29)

#define FLIP_COLOR_EXPONENT   0.7
#define FLIP_FEATURE_EXPONENT 0.5
#define FLIP_KNEE_IN          0.4  /* of the largest difference of colors, which ... */
#define FLIP_KNEE_OUT         0.95 /* ... becomes this much of the range */

/* Filters are separable: taps of one axis, the middle one at FLIP_RADIUS; as far as the widest
   reaches, 0 beyond their own reach. */
#define FLIP_RADIUS 10
#define FLIP_TAPS   21

#define FLIP_ACHROMATIC    0
#define FLIP_RED_GREEN     1
#define FLIP_BLUE_YELLOW   2 /* a sum of this one and the next */
#define FLIP_BLUE_YELLOW_2 3
#define FLIP_SMOOTH        4 /* features: this across what changes along the other axis, */
#define FLIP_EDGE          5 /* once */
#define FLIP_POINT         6 /* or twice */
#define FLIP_FILTERS       7

/* Threads of a workgroup of each pass, and the pixels of a column that one thread computes. */
#define FLIP_ACROSS_WIDTH  64
#define FLIP_ACROSS_HEIGHT 4
#define FLIP_DOWN_WIDTH    32
#define FLIP_DOWN_HEIGHT   8
#define FLIP_DOWN_EACH     4

struct flip_filters {
    float taps[FLIP_FILTERS][FLIP_TAPS];
    float largest; /* distance of colors, of those that differ most */
};

#endif
