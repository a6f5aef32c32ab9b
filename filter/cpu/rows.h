/* rows.h -- arithmetic on rows of pixels. rows.c is compiled once for each instruction set and each type of sums
 * (real.h); the device chooses among the results when it opens. Private. */
#ifndef WF_CPU_ROWS_H
#define WF_CPU_ROWS_H

#include <stdint.h>

#include "real.h"
#include "wf.h"

/* Taps that are added at once: at most so many, and so many with gradients, which need more registers. */
enum { WF_ROW_TAPS = 8, WF_ROW_GRADIENT_TAPS = 5 };

/* Neighboring taps of one kernel row over the same pixels: each has a row of weights, real or as stored in images, and
 * a row of input in every channel. */
typedef struct wf_row_taps {
    int taps;
    wf_dtype weight_dtype;
    const void *weight;   /* of the first tap */
    int64_t weight_step;  /* bytes from tap to tap */
    const real *input;    /* of the first tap, in the first channel */
    int64_t input_step;   /* from tap to tap: the dilation */
    int64_t input_stride; /* from channel to channel */

    /* Those of its elements that each tap has: others are neither read nor, of its gradient, written. */
    int64_t first[WF_ROW_TAPS], last[WF_ROW_TAPS];
} wf_row_taps;

/* What add_taps adds to. */
typedef struct wf_row_sums {
    real *sum; /* += weight * input: a row for each channel, `stride` apart */
    int64_t stride, channels;
    real *total; /* += weight. NULL: not wanted */

    /* Softmax: the weights are logits, sums and total count in units of the exponential of this one, which is raised
     * where logits are much larger. NULL: weights as they are. */
    real *unit;
} wf_row_sums;

/* What add_gradients adds to. The taps' input is grad_output. */
typedef struct wf_row_gradients {
    wf_mode mode;
    real *sum; /* grad_input, += weight * input: as above. NULL: not wanted */
    int64_t stride, channels;
    const real *other; /* the forward call's input, in rows like sum. NULL: no grad_weight is wanted */

    /* wf_cpu_workspace's, at the taps' input. Not used for WF_LINEAR. */
    const real *factor[WF_ROW_GRADIENT_TAPS], *less[WF_ROW_GRADIENT_TAPS];

    /* Each tap's grad_weight: the sum over channels of input * other, and at last what the mode makes of it. */
    void *grad[WF_ROW_GRADIENT_TAPS];
    wf_dtype grad_dtype; /* real, or where it streams as stored in images */
    int continues;       /* grad has the sum over other channels */
    int complete;        /* no channels are missing after these */
    int streams; /* past the caches, where the processor can: grad is not read again soon, and need not be read first */
} wf_row_gradients;

/* Each function works on `count` elements; rows need no alignment and, but for in-place ones, must not overlap. */
typedef struct WF_REAL(wf_rows) {
    /* Between storage, elements `stride` apart, and rows of real. */
    void (*load)(real *to, const void *from, wf_dtype dtype, int64_t stride, int64_t count);
    void (*store)(void *to, wf_dtype dtype, int64_t stride, const real *from, int64_t count);

    void (*fill)(real *row, real value, int64_t count);

    void (*add_taps)(const wf_row_sums *to, const wf_row_taps *taps, int64_t count);

    void (*add_gradients)(const wf_row_gradients *to, const wf_row_taps *taps, int64_t count);

    /* Called before other threads may read what add_gradients has streamed. */
    void (*settle)(void);

    void (*multiply)(real *row, const real *factor, int64_t count);
    void (*divide)(real *row, const real *divisor, int64_t count);
    void (*offset)(real *row, real value, int64_t count);                        /* row += value */
    void (*add_product)(real *sum, const real *a, const real *b, int64_t count); /* sum += a * b */
    double (*sum)(const real *row, int64_t count);

    /* From a sum of weights to what WF_NORMALIZED divides by. */
    void (*clamp_divisor)(real *sum, int64_t count);

    /* row = exp(row), where row <= 0. */
    void (*exponential)(real *row, int64_t count);

    /* row = log(row) + added */
    void (*log_plus)(real *row, const real *added, int64_t count);

    /* sum -= (scale[r] (a[r] - b[r]))^2 for each of `rows` pairs of rows. */
    void (*subtract_squares)(real *sum, int rows, const real *const *a, const real *const *b, const real *scale,
                             int64_t count);

    /* sum -= (scale (a - b) / (WF_LEAST_DEPTH + min(|a|, |b|)))^2 */
    void (*subtract_relative_square)(real *sum, const real *a, const real *b, real scale, int64_t count);

    /* sum += c / (1 + c), c = max(row, 0) */
    void (*add_compressed)(real *sum, const real *row, int64_t count);
} wf_rows;

/* What runs on every processor that the library is built for. */
extern const wf_rows WF_REAL(wf_rows_baseline);

#endif
