/* exposure.h -- how bright a scene's picture is, and what makes it neither black nor burnt out. */
#ifndef WFVIEW_TRACE_RANDOM_EXPOSURE_H
#define WFVIEW_TRACE_RANDOM_EXPOSURE_H

#include "app/trace/bvh_ray.h"
#include "random.h"

#define EXPOSURE_GRID 20 /* pixels along a side of the picture that is estimated */

/* Estimates the luminance of GRID * GRID pixels by paths on the CPU, in a simpler model than the tracer's: surfaces
 * are matte, metal or clear. *noise: from 0, both halves of the samples say the same, to 1, what one has found the
 * other has not. False: no memory. */
bool exposure_probe(const scene *scene, const bvh *bvh, const camera *camera, rng *rng,
                    float luminance[EXPOSURE_GRID * EXPOSURE_GRID], float *noise, error *error);

/* The factor for all lights with which the mean of x / (1 + x) over the lit pixels' luminances x is that `key`, but
 * that leaves 85 of 100 pixels below 1 and 95 below 4. 0: with it, more than the part `most_dark` of the pixels would
 * be black, or all are the same. */
float exposure_scale(const float luminance[EXPOSURE_GRID * EXPOSURE_GRID], float key, float most_dark);

/* Multiplies all of a scene's lights. */
void exposure_apply(scene *scene, float scale);

#endif
