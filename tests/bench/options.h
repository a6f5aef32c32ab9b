/* options.h -- what wf_bench is asked to do. */
#ifndef WF_BENCH_OPTIONS_H
#define WF_BENCH_OPTIONS_H

#include "row.h"

typedef struct bench_options {
    int automatic; /* 1: the first backend that opens; backend is ignored */
    wf_backend backend;
    bench_row *rows; /* in this order; the caller frees them */
    int row_count;
    int batches;          /* of which the median is reported */
    double batch_seconds; /* that a batch should last */
    const char *json;     /* NULL: no file */
} bench_options;

typedef enum bench_request { BENCH_RUN, BENCH_HELP, BENCH_WRONG_USAGE } bench_request;

/* Parses the command line; prints the manual, or what is wrong with the numbers in it. */
bench_request bench_options_parse(int argc, char **argv, bench_options *options);

#endif
