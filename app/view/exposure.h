/* exposure.h -- the exposure that a picture needs, from its values alone. */
#ifndef WFVIEW_EXPOSURE_H
#define WFVIEW_EXPOSURE_H

#include "app/frames/frame.h"
#include "pane.h"

/* EV at which the 99th percentile of the picture's luminance becomes 1; of two pictures that a pane compares,
 * that of the channel that differs most, by the pane's measure. Of up to 65536 pixels at equal distances; those
 * that are not finite do not count. False: that is not above 0. Both pictures have the same size and channels;
 * against NULL: it is one picture. */
bool exposure_find(const pane *pane, const image *picture, const image *against, float *ev);

#endif
