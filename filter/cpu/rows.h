/* rows.h -- arithmetic on rows of pixels. rows.c is compiled once for each instruction set; the device chooses among the
 * results when it opens. Private. */
#ifndef WF_CPU_ROWS_H
#define WF_CPU_ROWS_H

#include <stdint.h>

enum { WF_ROW_TAPS = 5 };

/* Neighbouring taps of one kernel row over the same pixels: each has a row of weights, and a row of input in every channel,
 * of float32 or float16. */
typedef struct wf_row_taps {
    int taps;
    int half_weight, half_input;
    const void *weight[WF_ROW_TAPS];
    const void *input[WF_ROW_TAPS]; /* in the first channel */
    int64_t input_stride;           /* elements from channel to channel */
    int64_t prefetch;               /* bytes from these weights to those of the next taps */
} wf_row_taps;

/* Each function works on `count` elements; rows need no alignment and, but for in-place ones, must not overlap. */
typedef struct wf_rows {
    void (*from_half)(float *to, const uint16_t *from, int64_t count);
    void (*to_half)(uint16_t *to, const float *from, int64_t count);

    void (*fill)(float *row, float value, int64_t count);

    /* sum[c] += weight * input[c] for every channel, where the channels' sums lie `stride` apart, and, unless it is NULL,
     * total += weight. */
    void (*add_taps)(float *sum, int64_t stride, int64_t channels, float *total, const wf_row_taps *taps,
                     int64_t count);

    void (*multiply)(float *row, const float *factor, int64_t count);
    void (*divide)(float *row, const float *divisor, int64_t count);
    void (*offset)(float *row, float value, int64_t count); /* row += value */

    /* From a sum of weights to what WF_NORMALIZED divides by. */
    void (*clamp_divisor)(float *sum, int64_t count);

    /* largest = max(largest, row); NaN raises nothing. */
    void (*raise)(float *largest, const float *row, int64_t count);

    /* to = exp(a - b), where a <= b. */
    void (*exp_difference)(float *to, const float *a, const float *b, int64_t count);

    /* row = exp(row), where row <= 0. */
    void (*exponential)(float *row, int64_t count);

    /* sum -= (scale[r] (a[r] - b[r]))^2 for each of `rows` pairs of rows. */
    void (*subtract_squares)(float *sum, int rows, const float *const *a, const float *const *b, const float *scale,
                             int64_t count);

    /* sum -= (scale (a - b) / (1e-3 + min(|a|, |b|)))^2 */
    void (*subtract_relative_square)(float *sum, const float *a, const float *b, float scale, int64_t count);

    /* sum += c / (1 + c), c = max(row, 0) */
    void (*add_compressed)(float *sum, const float *row, int64_t count);
} wf_rows;

extern const wf_rows wf_rows_baseline; /* what the compiler may assume anyway */
#if defined(__x86_64__)
extern const wf_rows wf_rows_avx2;   /* with FMA and F16C */
extern const wf_rows wf_rows_avx512; /* F, BW, DQ, VL */
#endif

#endif
