/* flip.h -- how different two pictures look when one is flipped to the other: FLIP, for pictures of low dynamic range.
 *
 * Formulas and constants: Andersson, Nilsson, Akenine-Moller, Oskarsson, Astrom, Fairchild 2020, "FLIP: A Difference
 * Evaluator for Alternating Images". Filters end, are normalized and go on beyond borders (with the border's pixel)
 * as in the authors' evaluator. */
#ifndef WFVIEW_FLIP_H
#define WFVIEW_FLIP_H

#include "app/frames/frame.h"

#define FLIP_PIXELS_PER_DEGREE 67.02 /* of the eye's view: 3840 pixels on 0.7 m, seen from 0.7 m */

/* A map of one channel, from 0 (no difference) to 1. Both pictures have at least 3 channels, of which the first 3
 * count: linear r,g,b of sRGB's primaries, in [0,1]; both have one size, which may be any. False: not enough memory.
 * *map is to be freed with image_free. Any thread. */
bool flip_compare(const image *picture, const image *reference, image *map, error *error);

/* What the shaders filter with; shaders/metrics/flip.h says what is where. */
struct flip_filters;
void flip_make_filters(struct flip_filters *filters);

#endif
