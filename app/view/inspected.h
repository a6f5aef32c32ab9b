/* inspected.h -- the kernels of an inspected pixel (wf_node_inspect.h) as one looks at them: what the pixel is made of,
 * row by row, and figures of that. */
#ifndef WFVIEW_INSPECTED_H
#define WFVIEW_INSPECTED_H

#include <stdbool.h>

#include "wf_node_inspect.h"

#define INSPECTED_EFFECTIVE (-1)
#define INSPECTED_MOST      (WF_OPERATOR_COUNT * (WF_PYRAMID_MAX_LEVELS + 1))

/* Of the operator's filter at one level:
 *
 *     output[y][x] = sum over i, j of factors[i][j] * input[first_y + step*i][first_x + step*j]
 *
 * which of the splat is who contributed how much. */
typedef struct inspected_kernel {
    wf_operator op;
    int level;    /* 0: full resolution; INSPECTED_EFFECTIVE: what all levels make together at full resolution */
    wf_mode mode; /* that normalized it; of no meaning for the effective one */
    int x, y;     /* the inspected pixel's place in the level */
    int first_x, first_y, step;
    int width, height; /* of factors */
    float *factors;    /* 0 for what lies outside of the image; owned */
    bool has_alpha;
    float alpha; /* how much of the coarser levels' detail replaces this one's, 0 to 1 */

    /* With p = |factor| / sum of |factors|; 0 where all factors are. */
    double sum;              /* of factors */
    double entropy;          /* of p, in bits: 2^entropy equal taps have as much */
    double effective_radius; /* root of the mean squared distance by p, in pixels of the level */
} inspected_kernel;

/* What splat writes of the pixel, the other way round: of the level's pixel
 *
 *     output[first_y + step*i][first_x + step*j] has in it factors[i][j] * input[y][x]
 */
typedef inspected_kernel inspected_footprint;

/* Gather's levels from the finest, the effective one where there are several; then splat's. */
typedef struct inspected_pixel {
    int x, y;
    int count;
    inspected_kernel kernels[INSPECTED_MOST];
    inspected_footprint footprints[INSPECTED_MOST]; /* beside each of splat's kernels; factors NULL: there is none */
} inspected_pixel;

/* False for want of memory: *pixel is zeroed then. Of filters with groups: the first group's. */
bool inspected_read(const wf_node_inspected_pixel *told, inspected_pixel *pixel);
void inspected_free(inspected_pixel *pixel); /* leaves it zeroed; zeroed is fine */

/* What all the operator's levels make together; of a plain filter its only kernel. NULL: it has no output. */
const inspected_kernel *inspected_whole(const inspected_pixel *pixel, wf_operator op);

/* Beside inspected_whole's of splat. NULL: there is none. */
const inspected_footprint *inspected_written(const inspected_pixel *pixel);

/* How much two kernels are alike, from 0 to 1: the sum of the smaller p, over the taps at the same distance in columns
 * and rows from the inspected pixels. 0 for kernels of different steps. */
double inspected_overlap(const inspected_kernel *one, const inspected_kernel *other);

#endif
