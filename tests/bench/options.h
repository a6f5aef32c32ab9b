/* options.h -- what wf_bench is asked to do. */
#ifndef WF_BENCH_OPTIONS_H
#define WF_BENCH_OPTIONS_H

#include "wf.h"

#define BENCH_MAX_LIST 32

/* Storage of images and weights. */
typedef struct bench_types {
    wf_dtype image, weight;
} bench_types;

typedef struct bench_kernel {
    int height, width;
} bench_kernel;

typedef struct bench_options {
    int automatic; /* 1: the first backend that opens; backend is ignored */
    wf_backend backend;
    wf_operator operators[BENCH_MAX_LIST];
    wf_mode modes[BENCH_MAX_LIST];
    bench_types types[BENCH_MAX_LIST];
    bench_kernel kernels[BENCH_MAX_LIST];
    int channels[BENCH_MAX_LIST];
    int operator_count, mode_count, type_count, kernel_count, channel_count;
    int width, height;
    int batches;          /* of which the median is reported */
    double batch_seconds; /* that a batch should last */
    const char *json;     /* NULL: no file */
} bench_options;

typedef enum bench_request { BENCH_RUN, BENCH_HELP, BENCH_WRONG_USAGE } bench_request;

/* Parses the command line; prints the manual, or what is wrong with the numbers in it. */
bench_request bench_options_parse(int argc, char **argv, bench_options *options);

/* "float32", "float16", or "mixed" for float32 images with float16 weights. */
const char *bench_types_name(bench_types types);

#endif
