/* convolve.h -- convolutions on the CPU: blocks of pixels, whose channels lie one after the other, times parameters in
 * groups of 16 outputs. Private. */
#ifndef WF_CPU_CONVOLVE_H
#define WF_CPU_CONVOLVE_H

#include "cpu.h"

enum {
    WF_CONVOLVE_GROUP = 16,  /* outputs that are computed at once */
    WF_CONVOLVE_PIXELS = 48, /* in a row of a block: a multiple of what convolve_row.c takes at once */
};

/* A row of a block. Parameters are the biases of all outputs, padded to whole groups, and then for each group
 * (size, size, inputs, 16) weights. */
typedef struct wf_convolve_row {
    const float *input; /* of the first tap's first pixel: (size rows, at least pixels + size - 1, inputs) */
    int64_t input_row;  /* floats from row to row */
    const float *parameters;
    int inputs, groups; /* groups: of all outputs */
    int first, last;    /* groups that are computed */
    int size, relu;
    float *output; /* (WF_CONVOLVE_PIXELS, 16 * (last - first)) */
} wf_convolve_row;

/* convolve_row.c, for each instruction set. */
typedef void wf_convolve_row_function(const wf_convolve_row *row);

/* The outputs first ... last - 1 of a head, in planes or, where that is NULL, channel after channel in each pixel. */
wf_result wf_cpu_head(wf_device *device, const wf_head *head, const wf_activation *decoded, int first, int last,
                      float *to_planes, float *to_pixels);

/* The same of some rows, in planes of all. */
wf_result wf_cpu_head_rows(wf_device *device, const wf_head *head, const wf_activation *decoded, int first, int last,
                           int first_row, int rows, float *to_planes);

size_t wf_cpu_convolution_bytes(const wf_device *device, const wf_convolution *shape);
void wf_cpu_arrange_convolution(const wf_device *device, const wf_convolution *shape, const float *weight,
                                const float *bias, void *parameters);
size_t wf_cpu_head_bytes(const wf_head *head);
void wf_cpu_arrange_head(const wf_head *head, const float *weight, const float *bias, void *parameters);
wf_result wf_cpu_convolve(wf_device *device, wf_stream stream, const wf_convolve_call *call);

#endif
