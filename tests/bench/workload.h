/* workload.h -- a row's tensors on a device, in real sizes, and its call on them. */
#ifndef WF_BENCH_WORKLOAD_H
#define WF_BENCH_WORKLOAD_H

#include "row.h"
#include "tensors.h"

/* Numbers of each type, drawn when first needed, which device memory is filled with again and again. */
typedef struct random_blocks {
    random_state *random;
    host_tensor of[WF_DTYPE_COUNT];
} random_blocks;

void random_blocks_free(random_blocks *blocks);
wf_result random_blocks_fill(random_blocks *blocks, wf_device *device, const wf_tensor *tensor);

enum { INPUT, WEIGHT, OUTPUT, SECOND_OUTPUT, COVERAGE, GRAD_OUTPUT, GRAD_INPUT, GRAD_WEIGHT, TENSORS };

/* Several sets of the same tensors, so that no call finds its own in a cache. */
typedef struct workload {
    wf_device *device;
    bench_row row;
    wf_tensor (*sets)[TENSORS]; /* data is NULL where no row needed the tensor yet */
    int set_count;
    void *workspace;
} workload;

/* Makes the workload one for this row: keeps the tensors where it can, makes those that are missing, and lets
 * the forward pass write what a backward one reads. Any error is that of the call that failed. Zero a
 * workload before its first use. */
wf_result workload_set(workload *load, wf_device *device, const bench_row *row, random_blocks *blocks);
void workload_free(workload *load);

/* A meter_work of a workload. */
wf_result workload_run(void *load, wf_device *device, wf_stream stream, int repetition);

#endif
