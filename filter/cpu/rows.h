/* rows.h -- arithmetic on rows of pixels. rows.c is compiled once for each instruction set and each type of sums (real.h);
 * the device chooses among the results when it opens. Private. */
#ifndef WF_CPU_ROWS_H
#define WF_CPU_ROWS_H

#include <stdint.h>

#include "real.h"
#include "wf.h"

enum { WF_ROW_TAPS = 5 };

/* Neighbouring taps of one kernel row over the same pixels: each has a row of weights, and a row of input in every channel.
 * Weights and input are both as stored in images, or the one or the other is real; weights of 16 bits go with real input. */
typedef struct wf_row_taps {
    int taps;
    wf_dtype weight_dtype, input_dtype;
    const void *weight[WF_ROW_TAPS];
    const void *input[WF_ROW_TAPS]; /* in the first channel */
    int64_t input_stride;           /* elements from channel to channel */
    int64_t prefetch;               /* bytes from these weights to those of the next taps */
} wf_row_taps;

/* Each function works on `count` elements; rows need no alignment and, but for in-place ones, must not overlap. */
typedef struct WF_REAL(wf_rows) {
    /* Between storage, elements `stride` apart, and rows of real. */
    void (*load)(real *to, const void *from, wf_dtype dtype, int64_t stride, int64_t count);
    void (*store)(void *to, wf_dtype dtype, int64_t stride, const real *from, int64_t count);

    /* As store, for what is not read again soon: past the caches where the processor can, without reading it first. */
    void (*stream)(void *to, wf_dtype dtype, int64_t stride, const real *from, int64_t count);

    void (*fill)(real *row, real value, int64_t count);

    /* sum[c] += weight * input[c] for every channel, where the channels' sums lie `stride` apart, and, unless it is NULL,
     * total += weight. */
    void (*add_taps)(real *sum, int64_t stride, int64_t channels, real *total, const wf_row_taps *taps, int64_t count);

    /* sum[t] += input[t][c] * other[c] over all channels, for each tap; its sums lie sum_stride, other's channels
     * other_stride apart. Weights are not used. */
    void (*correlate)(real *sum, int64_t sum_stride, const wf_row_taps *taps, const real *other, int64_t other_stride,
                      int64_t channels, int64_t count);

    void (*multiply)(real *row, const real *factor, int64_t count);
    void (*divide)(real *row, const real *divisor, int64_t count);
    void (*offset)(real *row, real value, int64_t count);                           /* row += value */
    void (*add_product)(real *sum, const real *a, const real *b, int64_t count);    /* sum += a * b */
    void (*scale_rest)(real *row, const real *less, const real *by, int64_t count); /* row = (row - less) * by */
    double (*sum)(const real *row, int64_t count);

    /* From a sum of weights to what WF_NORMALIZED divides by. */
    void (*clamp_divisor)(real *sum, int64_t count);

    /* largest = max(largest, row); NaN raises nothing. */
    void (*raise)(real *largest, const real *row, int64_t count);

    /* to = exp(a - b), where a <= b but for rounding. */
    void (*exp_difference)(real *to, const real *a, const real *b, int64_t count);

    /* row = exp(row), where row <= 0. */
    void (*exponential)(real *row, int64_t count);

    /* row = log(row) + added */
    void (*log_plus)(real *row, const real *added, int64_t count);

    /* sum -= (scale[r] (a[r] - b[r]))^2 for each of `rows` pairs of rows. */
    void (*subtract_squares)(real *sum, int rows, const real *const *a, const real *const *b, const real *scale,
                             int64_t count);

    /* sum -= (scale (a - b) / (1e-3 + min(|a|, |b|)))^2 */
    void (*subtract_relative_square)(real *sum, const real *a, const real *b, real scale, int64_t count);

    /* sum += c / (1 + c), c = max(row, 0) */
    void (*add_compressed)(real *sum, const real *row, int64_t count);
} wf_rows;

/* What runs on every processor that the library is built for. */
extern const wf_rows WF_REAL(wf_rows_baseline);

#endif
