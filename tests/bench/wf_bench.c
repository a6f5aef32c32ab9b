/* wf_bench: verifies every row that it is asked for against the float64 reference, then times it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meter.h"
#include "options.h"
#include "results.h"
#include "verify.h"
#include "workload.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define COPIED_BYTES  ((size_t)1 << 29)

static const meter *const meters[WF_BACKEND_COUNT] = {
    [WF_CPU] = &meter_cpu, [WF_VULKAN] = &meter_vulkan, [WF_CUDA] = &meter_cuda};

/* Why the last call that failed did. */
static char reason[256];

static void keep_log(void *user, wf_log_level level, const char *message)
{
    (void)user;
    if (level == WF_LOG_ERROR)
        snprintf(reason, sizeof reason, "%s", message);
    else
        fprintf(stderr, "wf_bench: note: %s\n", message);
}

static wf_result open_device(const bench_options *options, wf_device **device)
{
    static const wf_backend order[] = {WF_CUDA, WF_VULKAN, WF_CPU};
    wf_result result = WF_ERROR_NO_DEVICE;
    for (size_t i = 0; i < LENGTH(order) && result != WF_OK; i++) {
        if (!options->automatic && order[i] != options->backend)
            continue;
        result = wf_create(&(wf_device_options){.backend = order[i], .log = {.callback = keep_log}}, device);
        if (result != WF_OK)
            fprintf(stderr, "wf_bench: %s\n", reason);
    }
    return result;
}

/* ---- Timing ------------------------------------------------------------------------------------------------------ */

static int compare_seconds(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median over batches of the seconds that one repetition takes. */
static wf_result measure(const bench_options *options, wf_device *device, const meter *meter, meter_work work,
                         void *user, double *seconds)
{
    double batch[16];
    wf_result result = meter->measure(device, work, user, 1, seconds); /* warms up */
    if (result == WF_OK)
        result = meter->measure(device, work, user, 3, seconds);
    int repetitions = 1 + (int)(options->batch_seconds / (*seconds / 3));
    for (int i = 0; i < options->batches && result == WF_OK; i++) {
        result = meter->measure(device, work, user, repetitions, &batch[i]);
        batch[i] /= repetitions;
    }
    qsort(batch, (size_t)options->batches, sizeof *batch, compare_seconds);
    *seconds = batch[options->batches / 2];
    return result;
}

typedef struct copy_work {
    const meter *meter;
    void *buffers[2];
} copy_work;

static wf_result copy(void *user, wf_device *device, wf_stream stream, int repetition)
{
    const copy_work *work = user;
    return work->meter->copy(device, stream, work->buffers[repetition % 2], work->buffers[1 - repetition % 2],
                             COPIED_BYTES);
}

static wf_result measure_copy(const bench_options *options, wf_device *device, const meter *meter,
                              random_blocks *blocks, double *bytes_per_second)
{
    copy_work work = {.meter = meter};
    double seconds = 0;
    wf_result result = WF_OK;
    for (int i = 0; i < 2 && result == WF_OK; i++) {
        wf_tensor all = wf_dense(NULL, WF_FLOAT32, 1, 1, 1, (int64_t)(COPIED_BYTES / sizeof(float)));
        result = wf_alloc(device, COPIED_BYTES, &work.buffers[i]);
        all.data = work.buffers[i];
        if (result == WF_OK)
            result = random_blocks_fill(blocks, device, &all);
    }
    if (result == WF_OK)
        result = measure(options, device, meter, copy, &work, &seconds);
    *bytes_per_second = 2.0 * (double)COPIED_BYTES / seconds;
    wf_free(device, work.buffers[0]);
    wf_free(device, work.buffers[1]);
    return result;
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

typedef struct bench {
    const bench_options *options;
    wf_device *device;
    const meter *meter;
    random_blocks blocks;
    workload load;
    bench_results results;
    int wrong; /* rows */
} bench;

/* Of the last call. */
static void note_kernels(const wf_device *device, bench_row *row)
{
    size_t length = 0;
    for (int i = 0; wf_last_kernel(device, i) && length < sizeof row->kernel; i++)
        length += (size_t)snprintf(row->kernel + length, sizeof row->kernel - length, "%s%s", i > 0 ? " + " : "",
                                   wf_last_kernel(device, i));
}

/* A row that is wrong or refused is skipped; the others are measured all the same. */
static wf_result run_row(bench *b, bench_row *row)
{
    wf_result result = bench_verify(b->device, row, b->blocks.random, row->skipped);
    if (*row->skipped) {
        b->wrong++;
        return WF_OK;
    }
    if (result == WF_OK)
        result = workload_set(&b->load, b->device, row, &b->blocks);
    if (result == WF_OK)
        result = measure(b->options, b->device, b->meter, workload_run, &b->load, &row->seconds);
    if (result == WF_OK)
        note_kernels(b->device, row);
    if (result == WF_ERROR_UNSUPPORTED || result == WF_ERROR_OUT_OF_MEMORY) {
        workload_free(&b->load);
        snprintf(row->skipped, sizeof row->skipped, "%s", reason);
        result = WF_OK;
    }
    return result;
}

static wf_result run_rows(bench *b)
{
    const bench_options *o = b->options;
    wf_result result = measure_copy(o, b->device, b->meter, &b->blocks, &b->results.copy_speed);
    if (result == WF_OK)
        bench_print_head(&b->results);
    for (int i = 0; i < o->row_count && result == WF_OK; i++) {
        result = run_row(b, &o->rows[i]);
        if (result == WF_OK)
            bench_print_row(&b->results, &o->rows[i]);
    }
    if (result != WF_OK)
        fprintf(stderr, "wf_bench: %s\n", *reason ? reason : wf_result_name(result));
    return result;
}

/* The program's exit status. */
static int run(const bench_options *options, wf_device *device)
{
    random_state random = random_start();
    bench b = {.options = options,
               .device = device,
               .blocks = {.random = &random},
               .results = {.rows = options->rows, .row_count = options->row_count}};
    wf_result result = wf_get_info(device, &b.results.device);
    b.meter = meters[b.results.device.backend];
    if (result == WF_OK)
        result = run_rows(&b);
    workload_free(&b.load);
    random_blocks_free(&b.blocks);
    const int written = result == WF_OK && (!options->json || bench_write_json(&b.results, options->json));
    return !written || b.wrong > 0;
}

/* A GPU that only Vulkan uses takes its clocks down between submissions, an H200 to a fifth of them and for
 * seconds. With a CUDA context beside, as the node has one, it stays at those of compute work. NULL where that
 * is not to be had or not needed. */
static wf_device *open_companion(const wf_device *device)
{
    wf_device_info info;
    wf_device *companion = NULL;
    if (wf_get_info(device, &info) == WF_OK && info.backend == WF_VULKAN && wf_backend_built(WF_CUDA))
        wf_create(&(wf_device_options){.backend = WF_CUDA}, &companion);
    return companion;
}

int main(int argc, char **argv)
{
    bench_options options;
    bench_request request = bench_options_parse(argc, argv, &options);
    wf_device *device;
    int status = request == BENCH_WRONG_USAGE ? 2 : 0;
    if (request == BENCH_RUN && open_device(&options, &device) == WF_OK) {
        wf_device *companion = open_companion(device);
        status = run(&options, device);
        wf_destroy(companion);
        wf_destroy(device);
    } else if (request == BENCH_RUN) {
        status = 1;
    }
    free(options.rows);
    return status;
}
