/* row.h -- what wf_bench measures in one row of its table. */
#ifndef WF_BENCH_ROW_H
#define WF_BENCH_ROW_H

#include "wf.h"

/* gather_splat: both fused, wf_gather_splat. */
typedef enum bench_operator { BENCH_GATHER, BENCH_SPLAT, BENCH_GATHER_SPLAT, BENCH_OPERATOR_COUNT } bench_operator;

typedef enum bench_direction {
    BENCH_FORWARD,
    BENCH_BACKWARD,        /* wf_backward: the gradients to input and to weight */
    BENCH_BACKWARD_INPUT,  /* that to input alone */
    BENCH_BACKWARD_WEIGHT, /* that to weight alone */
    BENCH_GRAD_WEIGHT,     /* wf_grad_weight */
    BENCH_DIRECTION_COUNT
} bench_direction;

/* Storage of images and weights. */
typedef struct bench_types {
    wf_dtype image, weight;
} bench_types;

typedef struct bench_row {
    bench_operator op;
    bench_direction direction;
    wf_mode mode;
    bench_types types;
    int kernel_height, kernel_width;
    int batch, channels, height, width;
    double seconds;   /* of one call, the median */
    char kernel[128]; /* of the backend, by name (wf_last_kernel): "filter_tiles", or several with " + " between them */
    char skipped[256]; /* why there is no time: refused or wrong; else "" */
} bench_row;

/* "gather", "splat", "gather_splat"; "forward", "backward", "backward_input", "backward_weight", "grad_weight". */
const char *bench_operator_name(bench_operator op);
const char *bench_direction_name(bench_direction direction);

/* The type's name, or "mixed" for float32 images with float16 weights. */
const char *bench_types_name(bench_types types);

/* The library's operator; WF_GATHER for gather_splat. */
wf_operator bench_row_operator(const bench_row *row);

/* Whether there is such a call: gather_splat is forward only, wf_grad_weight linear only. */
int bench_row_exists(const bench_row *row);

/* Whether both work on tensors of the same types and sizes. */
int bench_rows_share_tensors(const bench_row *a, const bench_row *b);

/* Bytes that must move: each tensor that the call needs is read once, each that it writes is written once. */
double bench_row_bytes(const bench_row *row);

#endif
