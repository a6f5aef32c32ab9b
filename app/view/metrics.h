/* metrics.h -- picture quality against a reference, on linear r,g,b unless said. */
#ifndef WFVIEW_METRICS_H
#define WFVIEW_METRICS_H

#include "app/frames/frame.h"

/* The display transform that PSNR uses and panes show at exposure 0: exposure 2^EV, then clamp to [0,1], then the sRGB
 * transfer curve. Reports name it by this string. */
#define METRICS_DISPLAY_TRANSFORM "sRGB, exposure 0 EV, clamped to [0,1]"

typedef struct metrics {
    double smape;   /* mean(|d-r| / (|d|+|r|+0.01)) */
    double rel_mse; /* mean((d-r)^2 / (r^2+1e-4)) */
    double psnr;    /* dB, on the display transform; infinity for equal pictures */
} metrics;

/* Both images have at least 3 channels and the same size. */
metrics metrics_compare(const image *denoised, const image *reference);

#endif
