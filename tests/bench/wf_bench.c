/* wf_bench: verifies every combination it is asked for against the float64 reference, then times it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "meter.h"
#include "options.h"
#include "results.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* More than any device caches: as much is read before the same tensors are read again. */
#define ROTATED_BYTES ((double)(512 << 20))
#define MAX_ROTATION  64
#define COPIED_BYTES  ((size_t)1 << 29)

static const meter *const meters[WF_BACKEND_COUNT] = {
    [WF_CPU] = &meter_cpu, [WF_VULKAN] = &meter_vulkan, [WF_CUDA] = &meter_cuda};

static void print_log(void *user, wf_log_level level, const char *message)
{
    (void)user;
    fprintf(stderr, "wf_bench: %s%s\n", level == WF_LOG_ERROR ? "" : "note: ", message);
}

static wf_result open_device(const bench_options *options, wf_device **device)
{
    static const wf_backend order[] = {WF_CUDA, WF_VULKAN, WF_CPU};
    const wf_log log = {.callback = print_log};
    if (!options->automatic)
        return wf_create(&(wf_device_options){.backend = options->backend, .log = log}, device);
    wf_result result = WF_ERROR_NO_DEVICE;
    for (size_t i = 0; i < LENGTH(order) && result != WF_OK; i++)
        result = wf_create(&(wf_device_options){.backend = order[i], .log = log}, device);
    return result;
}

/* ---- Verification -------------------------------------------------------------------------------------------------- */

static int verify_case(wf_device *device, const filter_case *shape, random_state *random)
{
    char text[256];
    problem p = problem_make(shape, random);
    wf_result result = problem_solve(&p, device);
    double error = result == WF_OK ? problem_error(&p) : NAN;
    problem_free(&p);
    if (error <= filter_case_limit(shape))
        return 1;
    fprintf(stderr, "wf_bench: %s: relative error %g, the limit is %g\n", filter_case_describe(shape, text), error,
            filter_case_limit(shape));
    return 0;
}

/* On images that vector and tile paths can take, and on odd ones. */
static int verify(wf_device *device, const bench_row *row, random_state *random)
{
    static const int sizes[][2] = {{24, 136}, {11, 37}};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        const filter_case shape = {.op = row->op,
                                   .mode = row->mode,
                                   .dtype = row->types.image,
                                   .weight_dtype = row->types.weight,
                                   .n = 1 + (int)i,
                                   .c = row->channels,
                                   .h = sizes[i][0],
                                   .w = sizes[i][1],
                                   .kernel_height = row->kernel.height,
                                   .kernel_width = row->kernel.width,
                                   .dilation = 1,
                                   .has_bias = 1};
        if (!verify_case(device, &shape, random))
            return 0;
    }
    return 1;
}

/* ---- Tensors ------------------------------------------------------------------------------------------------------- */

enum { INPUT, WEIGHT, OUTPUT, TENSORS };

/* Several sets of the same tensors, so that no call finds its own in the cache. */
typedef struct rotation {
    wf_tensor (*sets)[TENSORS];
    int count;
} rotation;

static size_t bytes_of(const wf_tensor *tensor)
{
    const int64_t *size = tensor->size;
    return (size_t)(size[0] * size[1] * size[2] * size[3]) * wf_dtype_size(tensor->dtype);
}

/* A few million random numbers of each type, which device memory is filled with again and again. */
typedef struct random_blocks {
    host_tensor of[WF_DTYPE_COUNT];
} random_blocks;

static random_blocks make_random_blocks(random_state *random)
{
    random_blocks blocks;
    for (wf_dtype dtype = WF_FLOAT32; dtype < WF_DTYPE_COUNT; dtype++) {
        blocks.of[dtype] = host_tensor_make(dtype, 1, 1, 1, 4194301, LAYOUT_DENSE);
        host_tensor_randomize(&blocks.of[dtype], random, 0, 1);
    }
    return blocks;
}

static void free_random_blocks(random_blocks *blocks)
{
    for (int dtype = 0; dtype < WF_DTYPE_COUNT; dtype++)
        host_tensor_free(&blocks->of[dtype]);
}

static wf_result randomize(wf_device *device, const wf_tensor *tensor, const random_blocks *blocks)
{
    const wf_tensor *block = &blocks->of[tensor->dtype].view;
    size_t size = bytes_of(tensor), step = bytes_of(block);
    wf_result result = WF_OK;
    for (size_t at = 0; at < size && result == WF_OK; at += step)
        result = wf_upload(device, (char *)tensor->data + at, block->data, size - at < step ? size - at : step);
    return result;
}

static wf_result make_tensor(wf_device *device, wf_dtype dtype, int channels, const bench_row *row,
                             const random_blocks *blocks, wf_tensor *tensor)
{
    *tensor = wf_dense(NULL, dtype, 1, channels, row->height, row->width);
    wf_result result = wf_alloc(device, bytes_of(tensor), &tensor->data);
    return result == WF_OK ? randomize(device, tensor, blocks) : result;
}

static void free_rotation(wf_device *device, rotation *rotation)
{
    for (int i = 0; i < rotation->count * TENSORS; i++)
        wf_free(device, rotation->sets[i / TENSORS][i % TENSORS].data);
    free(rotation->sets);
}

static wf_result make_rotation(wf_device *device, const bench_row *row, const random_blocks *blocks, rotation *rotation)
{
    const int taps = row->kernel.height * row->kernel.width;
    rotation->count = 1 + (int)fmin(ROTATED_BYTES / row->bytes, MAX_ROTATION - 1);
    rotation->sets = calloc((size_t)rotation->count, sizeof *rotation->sets);
    if (!rotation->sets) {
        fprintf(stderr, "wf_bench: no memory for %d sets of tensors\n", rotation->count);
        return WF_ERROR_OUT_OF_MEMORY;
    }
    wf_result result = WF_OK;
    for (int i = 0; i < rotation->count && result == WF_OK; i++) {
        wf_tensor *set = rotation->sets[i];
        result = make_tensor(device, row->types.image, row->channels, row, blocks, &set[INPUT]);
        if (result == WF_OK)
            result = make_tensor(device, row->types.weight, taps, row, blocks, &set[WEIGHT]);
        if (result == WF_OK)
            result = make_tensor(device, row->types.image, row->channels, row, blocks, &set[OUTPUT]);
    }
    if (result != WF_OK)
        free_rotation(device, rotation);
    return result;
}

/* ---- Timing -------------------------------------------------------------------------------------------------------- */

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

typedef struct filter_work {
    const bench_row *row;
    const rotation *rotation;
} filter_work;

static wf_result apply(void *user, wf_device *device, wf_stream stream, int repetition)
{
    const filter_work *work = user;
    const wf_tensor *set = work->rotation->sets[repetition % work->rotation->count];
    const wf_filter filter = {.kernel_height = work->row->kernel.height,
                              .kernel_width = work->row->kernel.width,
                              .dilation = 1,
                              .mode = work->row->mode,
                              .groups = 1};
    return wf_apply(work->row->op, device, stream, &filter, &set[INPUT], &set[WEIGHT], NULL, &set[OUTPUT], NULL);
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
                              const random_blocks *blocks, double *bytes_per_second)
{
    copy_work work = {.meter = meter};
    double seconds = 0;
    wf_result result = WF_OK;
    for (int i = 0; i < 2 && result == WF_OK; i++) {
        wf_tensor all = wf_dense(NULL, WF_FLOAT32, 1, 1, 1, (int64_t)(COPIED_BYTES / sizeof(float)));
        result = wf_alloc(device, COPIED_BYTES, &work.buffers[i]);
        all.data = work.buffers[i];
        if (result == WF_OK)
            result = randomize(device, &all, blocks);
    }
    if (result == WF_OK)
        result = measure(options, device, meter, copy, &work, &seconds);
    *bytes_per_second = 2.0 * (double)COPIED_BYTES / seconds;
    wf_free(device, work.buffers[0]);
    wf_free(device, work.buffers[1]);
    return result;
}

/* ---- All combinations ---------------------------------------------------------------------------------------------- */

typedef struct bench {
    const bench_options *options;
    wf_device *device;
    const meter *meter;
    random_state random;
    random_blocks blocks;
    bench_results results;
} bench;

/* Operators and modes share the tensors. */
static int run_operators_and_modes(bench *b, bench_row row, const rotation *rotation)
{
    for (int i = 0; i < b->options->mode_count; i++) {
        for (int j = 0; j < b->options->operator_count; j++) {
            row.mode = b->options->modes[i], row.op = b->options->operators[j];
            filter_work work = {&row, rotation};
            if (!verify(b->device, &row, &b->random) ||
                measure(b->options, b->device, b->meter, apply, &work, &row.seconds) != WF_OK)
                return 0;
            b->results.rows[b->results.row_count++] = row;
            bench_print_row(&b->results, &row);
        }
    }
    return 1;
}

static int run_tensors(bench *b, bench_types types, int channels, bench_kernel kernel)
{
    bench_row row = {.types = types,
                     .kernel = kernel,
                     .width = b->options->width,
                     .height = b->options->height,
                     .channels = channels};
    row.bytes = (double)row.width * row.height *
                ((double)kernel.height * kernel.width * (double)wf_dtype_size(types.weight) +
                 2.0 * channels * (double)wf_dtype_size(types.image));
    rotation rotation;
    if (make_rotation(b->device, &row, &b->blocks, &rotation) != WF_OK)
        return 0;
    int done = run_operators_and_modes(b, row, &rotation);
    free_rotation(b->device, &rotation);
    return done;
}

static int run_all(bench *b)
{
    const bench_options *o = b->options;
    if (measure_copy(o, b->device, b->meter, &b->blocks, &b->results.copy_speed) != WF_OK)
        return 0;
    bench_print_head(&b->results);
    for (int t = 0; t < o->type_count; t++) {
        for (int c = 0; c < o->channel_count; c++) {
            for (int k = 0; k < o->kernel_count; k++) {
                if (!run_tensors(b, o->types[t], o->channels[c], o->kernels[k]))
                    return 0;
            }
        }
    }
    return !o->json || bench_write_json(&b->results, o->json);
}

int main(int argc, char **argv)
{
    bench_options options;
    bench_request request = bench_options_parse(argc, argv, &options);
    if (request != BENCH_RUN)
        return request == BENCH_HELP ? 0 : 2;
    bench b = {.options = &options, .random = random_start()};
    if (open_device(&options, &b.device) != WF_OK)
        return 1;
    int rows =
        options.operator_count * options.mode_count * options.type_count * options.channel_count * options.kernel_count;
    b.results.rows = calloc((size_t)rows, sizeof *b.results.rows);
    int done = b.results.rows && wf_get_info(b.device, &b.results.device) == WF_OK;
    b.meter = meters[b.results.device.backend];
    b.blocks = make_random_blocks(&b.random);
    done = done && run_all(&b);
    free_random_blocks(&b.blocks);
    free(b.results.rows);
    wf_destroy(b.device);
    return done ? 0 : 1;
}
