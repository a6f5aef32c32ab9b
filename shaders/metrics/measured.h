/* measured.h -- what the shaders that measure pictures are told, and what they leave; shared by C and GLSL. Structs are
 * of four-byte numbers alone, which both lay out alike (std430).
 *
 * Ranks are found by the digits of keys: unsigned numbers in the order of the floats. The counts of the first digit are
 * the histogram: 8 bins an octave, each an eighth of it wide, of either sign. */
#ifndef WF_MEASURED_H
#define WF_MEASURED_H

#include "../display/measure.h"

#ifndef VULKAN /* C */
#include <stdint.h>
typedef uint32_t uint;
typedef struct measured_moments measured_moments;
typedef struct measured_rank measured_rank;
typedef struct measured_results measured_results;
#endif

/* What a picture differs from another one by is summed: the values of each measure, and the squares of what display
 * values (clamped to [0,1], sRGB's curve) differ by. */
#define MEASURED_DISPLAY MEASURE_COUNT
#define MEASURED_SUMS    (MEASURE_COUNT + 1)

#define MEASURED_THREADS  256 /* of a workgroup */
#define MEASURED_GROUPS   256 /* workgroups, at most, which each leave a partial result; what others would leave is 0 */
#define MEASURED_EACH     8   /* pixels that a thread has before there are more workgroups */
#define MEASURED_CHANNELS 3

/* Thousandths of the values that are at most as large as what is found. */
#define MEASURED_QUANTILES      10, 250, 500, 750, 990
#define MEASURED_QUANTILE_COUNT 5

/* Bits of the digits of keys, the highest first. */
#define MEASURED_FIRST_BITS 12
#define MEASURED_NEXT_BITS  10
#define MEASURED_DIGITS     3
#define MEASURED_BINS       4096 /* of the first digit */
#define MEASURED_NEXT_BINS  1024

#define MEASURED_SIGN 0x80000000u

/* Of some values of a channel. */
struct measured_moments {
    uint count;              /* finite ones, which the next four are about */
    float mean, squares;     /* squares: the sum of squared distances to the mean */
    float smallest, largest; /* of none: +infinity, -infinity */
    uint nan, infinite;
};

struct measured_rank {
    uint key;  /* its digits found so far */
    uint rank; /* from 1, among the values that have these */
};

/* What the host reads. */
struct measured_results {
    float sums[MEASURED_GROUPS][MEASURED_SUMS]; /* over pixels and channels */
    measured_moments moments[MEASURED_GROUPS][MEASURED_CHANNELS];
    measured_rank ranks[MEASURED_CHANNELS][MEASURED_QUANTILE_COUNT]; /* in the end rank has no meaning */
    uint histogram[MEASURED_CHANNELS][MEASURED_BINS];
};

struct measured_work {
    measured_results results;
    uint counts[MEASURED_DIGITS - 1][MEASURED_CHANNELS][MEASURED_QUANTILE_COUNT]
               [MEASURED_NEXT_BINS]; /* of later digits */
};

struct measured_push {
    int x, y, width, height; /* the region */
    int digit;               /* from 0: that is counted, or found */
};

#endif
