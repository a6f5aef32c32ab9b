/* metrics.h -- picture quality against a reference, on linear r,g,b unless said. metrics.c has a row for each. */
#ifndef WFVIEW_METRICS_H
#define WFVIEW_METRICS_H

#include "app/frames/frame.h"

/* The display transform that PSNR uses and panes show at exposure 0: exposure 2^EV, then clamp to [0,1], then the sRGB
 * transfer curve. Reports name it by this string. */
#define METRICS_DISPLAY_TRANSFORM "sRGB, exposure 0 EV, clamped to [0,1]"

typedef struct metric {
    const char *key;   /* in reports */
    const char *label; /* in the view, with its unit */
    int decimals;      /* in the view */
    bool higher_is_better;

    /* Both images have at least 3 channels, of which the first 3 count, and the same size. A NaN in one gives NaN. */
    double (*compare)(const image *denoised, const image *reference);
} metric;

#define METRICS_MOST 8 /* room for as many */

extern const metric metric_rows[];
extern const int metric_count;

typedef struct metrics {
    double values[METRICS_MOST]; /* by row */
} metrics;

metrics metrics_compare(const image *denoised, const image *reference);

#endif
