/* metrics.h -- picture quality against a reference, on linear r,g,b unless said. metrics.c has a row for each. */
#ifndef WFVIEW_METRICS_H
#define WFVIEW_METRICS_H

#include "app/frames/frame.h"
#include "shaders/metrics/measured.h"

/* The display transform that PSNR uses, that FLIP looks at and that panes show at exposure 0: exposure 2^EV, then clamp
 * to [0,1], then the sRGB transfer curve. Reports name it by this string. */
#define METRICS_DISPLAY_TRANSFORM "sRGB, exposure 0 EV, clamped to [0,1]"

typedef struct metric {
    const char *key;   /* in reports */
    const char *label; /* in the view, with its unit */
    int decimals;      /* in the view */
    bool higher_is_better;
    int sum;                        /* what it is made of: the mean of a MEASURE_, or MEASURED_DISPLAY, ... */
    double (*of_mean)(double mean); /* ... by this; NULL: it is the mean */
} metric;

#define METRICS_MOST    8 /* room for as many */
#define METRICS_SUMMARY 3 /* the first ones, which every picture with a reference is measured by */

extern const metric metric_rows[];
extern const int metric_count;

typedef struct metrics {
    double values[METRICS_MOST]; /* by row; what is not known is NaN */
} metrics;

metrics metrics_of_means(const double means[MEASURED_SUMS]);

/* On the host, all but FLIP. Both images have at least 3 channels, of which the first 3 count, and the same
 * size. A NaN in one gives NaN. */
metrics metrics_compare(const image *denoised, const image *reference);

#endif
