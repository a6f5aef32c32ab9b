/* network_bench -- times a network's steps and whole frames on a backend.
 *
 *     network_bench [--backend cuda|vulkan|cpu] [--size WxH] [--repeats N] [--json FILE] NETWORK.safetensors
 *
 * Before anything is timed the network's answer is compared with its file's. A step is timed by itself, many times
 * one after another; a frame likewise, with all of its steps: medians of several batches, by the meters of
 * wf_bench. Frames are random numbers. Rates count the operations of convolutions as published networks do, nothing
 * padded, and the bytes that must move.
 *
 * JSON: {device, driver, backend, date, commit, network, width, height, memory_bytes, difference, milliseconds, flop,
 * copy_bytes_per_second, stages: {pack, network, filters}, steps: [{name, stage, milliseconds, flop, bytes}]}. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commit.h"
#include "meter.h"
#include "tensors.h"
#include "wf_network.h"

enum { LAYERS = 4, TENSORS = 6, PLANES = 16, BATCHES = 7, MAX_REPEATS = 1000 };

static const meter *const meters[WF_BACKEND_COUNT] = {&meter_cpu, &meter_vulkan, &meter_cuda};

typedef struct options {
    wf_backend backend;
    int width, height, repeats;
    const char *json, *network;
} options;

typedef struct bench {
    options options;
    wf_device *device;
    wf_network *network;
    wf_denoiser *denoiser;
    void *memory;
    wf_tensor tensors[TENSORS];
    wf_frame frame;
    int first, last; /* steps that are run */
} bench;

static void print_log(void *user, wf_log_level level, const char *message)
{
    (void)user;
    if (level == WF_LOG_ERROR)
        fprintf(stderr, "network_bench: %s\n", message);
}

/* ---- Command line ------------------------------------------------------------------------------------------------ */

static int parse_backend(const char *text, wf_backend *backend)
{
    for (int i = 0; i < WF_BACKEND_COUNT; i++) {
        *backend = (wf_backend)i;
        if (!strcmp(text, wf_backend_name(*backend)))
            return 1;
    }
    return 0;
}

static int parse_option(const char *name, const char *value, options *o)
{
    char rest;
    if (!strcmp(name, "--backend"))
        return parse_backend(value, &o->backend);
    if (!strcmp(name, "--size"))
        return sscanf(value, "%dx%d%c", &o->width, &o->height, &rest) == 2 && o->width > 0 && o->height > 0 &&
               o->width <= 16384 && o->height <= 16384;
    if (!strcmp(name, "--repeats"))
        return sscanf(value, "%d%c", &o->repeats, &rest) == 1 && o->repeats > 0 && o->repeats <= MAX_REPEATS;
    o->json = value;
    return !strcmp(name, "--json");
}

static int parse(int argc, char **argv, options *o)
{
    *o = (options){.backend = WF_CPU, .width = 1920, .height = 1080, .repeats = 20};
    int i = 1;
    for (; i < argc && !strncmp(argv[i], "--", 2); i += 2)
        if (i + 1 >= argc || !parse_option(argv[i], argv[i + 1], o))
            return 0;
    o->network = argv[i];
    return i + 1 == argc;
}

/* ---- Work -------------------------------------------------------------------------------------------------------- */

static wf_result fill_frame(bench *b)
{
    const size_t pixels = (size_t)b->options.width * (size_t)b->options.height, count = PLANES * pixels;
    random_state random = random_start();
    float *data = calloc(count, sizeof *data);
    if (!data)
        return WF_ERROR_OUT_OF_MEMORY;
    for (size_t i = 0; i < 10 * pixels; i++) {
        const double v = random_uniform(&random, 0, 1);
        data[i] = (float)(i < 3 * pixels   ? 4 * v * v * v * v
                          : i < 6 * pixels ? v
                          : i < 9 * pixels ? 2 * v - 1
                                           : 1 + 9 * v);
    }
    const wf_result result = wf_upload(b->device, b->memory, data, count * sizeof *data);
    free(data);
    return result;
}

static wf_result make_frame(bench *b)
{
    static const int channels[TENSORS] = {3, 3, 3, 1, 3, 3};
    const size_t pixels = (size_t)b->options.width * (size_t)b->options.height;
    const wf_result result = wf_alloc(b->device, PLANES * pixels * sizeof(float), &b->memory);
    if (result != WF_OK)
        return result;
    float *at = b->memory;
    for (int i = 0; i < TENSORS; at += (size_t)channels[i++] * pixels)
        b->tensors[i] = wf_dense(at, WF_FLOAT32, 1, channels[i], b->options.height, b->options.width);
    const wf_tensor *t = b->tensors;
    b->frame = (wf_frame){&t[0], &t[1], &t[2], &t[3], &t[4], &t[5]};
    return fill_frame(b);
}

static wf_result run(void *user, wf_device *device, wf_stream stream, int repetition)
{
    (void)device, (void)repetition;
    bench *b = user;
    return wf_denoise_steps(b->denoiser, stream, &b->frame, b->first, b->last);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static wf_result median(bench *b, meter_work work, int repeats, double *seconds)
{
    const meter *meter = meters[b->options.backend];
    double times[BATCHES + 1];
    for (int i = 0; i <= BATCHES; i++) { /* the first one warms up */
        wf_result result = meter->measure(b->device, work, b, repeats, &times[i]);
        if (result != WF_OK)
            return result;
    }
    qsort(times + 1, BATCHES, sizeof *times, compare);
    *seconds = times[1 + BATCHES / 2] / repeats;
    return WF_OK;
}

static wf_result copy_frame(void *user, wf_device *device, wf_stream stream, int repetition)
{
    (void)repetition;
    bench *b = user;
    const size_t half = PLANES / 2 * (size_t)b->options.width * (size_t)b->options.height * sizeof(float);
    return meters[b->options.backend]->copy(device, stream, b->memory, (char *)b->memory + half, half);
}

/* ---- Results ----------------------------------------------------------------------------------------------------- */

static wf_result time_steps(bench *b, cJSON *json, double stages[WF_STAGE_COUNT])
{
    cJSON *rows = cJSON_AddArrayToObject(json, "steps");
    printf("%-14s %9s %9s %9s %8s %8s\n", "step", "ms", "GFLOP", "MB", "TFLOP/s", "GB/s");
    for (int i = 0; i < wf_denoiser_steps(b->denoiser); i++) {
        wf_step_info info;
        double seconds;
        b->first = i, b->last = i + 1;
        wf_result result = wf_denoiser_step_info(b->denoiser, i, &info);
        if (result == WF_OK)
            result = median(b, run, b->options.repeats, &seconds);
        if (result != WF_OK)
            return result;
        stages[info.stage] += seconds;
        printf("%-14s %9.4f %9.3f %9.2f %8.1f %8.0f\n", info.name, 1e3 * seconds, 1e-9 * info.flop, 1e-6 * info.bytes,
               1e-12 * info.flop / seconds, 1e-9 * info.bytes / seconds);
        cJSON *row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "name", info.name);
        cJSON_AddStringToObject(row, "stage", wf_stage_name(info.stage));
        cJSON_AddNumberToObject(row, "milliseconds", 1e3 * seconds);
        cJSON_AddNumberToObject(row, "flop", info.flop);
        cJSON_AddNumberToObject(row, "bytes", info.bytes);
        cJSON_AddItemToArray(rows, row);
    }
    return WF_OK;
}

static wf_result measure(bench *b, cJSON *json)
{
    double difference, seconds, copy, stages[WF_STAGE_COUNT] = {0};
    wf_network_info info;
    wf_result result = wf_network_check(b->device, b->network, &difference);
    if (result == WF_OK)
        result = median(b, copy_frame, b->options.repeats, &copy);
    if (result == WF_OK)
        result = fill_frame(b); /* the copies were on it */
    if (result == WF_OK)
        result = time_steps(b, json, stages);
    b->first = 0, b->last = wf_denoiser_steps(b->denoiser);
    if (result == WF_OK)
        result = median(b, run, b->options.repeats, &seconds);
    if (result != WF_OK)
        return result;
    wf_network_get_info(b->network, &info);
    const double pixels = (double)b->options.width * b->options.height, flop = info.flop_per_pixel * pixels;
    const double copied = (double)PLANES * pixels * sizeof(float);
    printf("%s, %dx%d, %.1f MB, differs by %.2g from its reference\n", info.name, b->options.width, b->options.height,
           1e-6 * (double)wf_denoiser_memory(b->denoiser), difference);
    printf("frame %.4f ms, %.1f GFLOP, %.1f TFLOP/s; steps alone: pack %.4f, network %.4f, filters %.4f ms; copy %.0f "
           "GB/s\n",
           1e3 * seconds, 1e-9 * flop, 1e-12 * flop / seconds, 1e3 * stages[WF_STAGE_PACK],
           1e3 * stages[WF_STAGE_NETWORK], 1e3 * stages[WF_STAGE_FILTERS], 1e-9 * copied / copy);
    cJSON_AddStringToObject(json, "network", info.name);
    cJSON_AddNumberToObject(json, "memory_bytes", (double)wf_denoiser_memory(b->denoiser));
    cJSON_AddNumberToObject(json, "difference", difference);
    cJSON_AddNumberToObject(json, "milliseconds", 1e3 * seconds);
    cJSON_AddNumberToObject(json, "flop", flop);
    cJSON_AddNumberToObject(json, "copy_bytes_per_second", copied / copy);
    cJSON *parts = cJSON_AddObjectToObject(json, "stages");
    for (int i = 0; i < WF_STAGE_COUNT; i++)
        cJSON_AddNumberToObject(parts, wf_stage_name((wf_stage)i), 1e3 * stages[i]);
    return WF_OK;
}

static void describe(const bench *b, cJSON *json)
{
    wf_device_info info;
    char date[32];
    const time_t now = time(NULL);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    wf_get_info(b->device, &info);
    printf("%s, %s\n", info.name, info.driver);
    cJSON_AddStringToObject(json, "device", info.name);
    cJSON_AddStringToObject(json, "driver", info.driver);
    cJSON_AddStringToObject(json, "backend", wf_backend_name(b->options.backend));
    cJSON_AddStringToObject(json, "date", date);
    cJSON_AddStringToObject(json, "commit", WF_COMMIT);
    cJSON_AddNumberToObject(json, "width", b->options.width);
    cJSON_AddNumberToObject(json, "height", b->options.height);
}

static int write_json(const bench *b, const cJSON *json)
{
    FILE *file = fopen(b->options.json, "w");
    char *text = cJSON_Print(json);
    const int written = file && text && fprintf(file, "%s\n", text) > 0;
    free(text);
    if (file && fclose(file) == 0 && written)
        return 1;
    fprintf(stderr, "network_bench: cannot write %s\n", b->options.json);
    return 0;
}

static wf_result set_up(bench *b)
{
    const wf_log log = {.callback = print_log};
    wf_result result = wf_create(&(wf_device_options){.backend = b->options.backend, .log = log}, &b->device);
    if (result == WF_OK)
        result = wf_network_open(&log, b->options.network, &b->network);
    if (result == WF_OK)
        result = wf_denoiser_create(b->device, b->network, b->options.width, b->options.height, &b->denoiser);
    return result == WF_OK ? make_frame(b) : result;
}

int main(int argc, char **argv)
{
    bench b = {.device = NULL};
    if (!parse(argc, argv, &b.options)) {
        fprintf(stderr, "usage: network_bench [--backend cuda|vulkan|cpu] [--size WxH] [--repeats N] [--json FILE] "
                        "NETWORK.safetensors\n");
        return 2;
    }
    cJSON *json = cJSON_CreateObject();
    wf_result result = set_up(&b);
    if (result == WF_OK) {
        describe(&b, json);
        result = measure(&b, json);
    }
    int written = result == WF_OK && (!b.options.json || write_json(&b, json));
    cJSON_Delete(json);
    wf_denoiser_destroy(b.denoiser);
    wf_network_close(b.network);
    wf_free(b.device, b.memory);
    wf_destroy(b.device);
    return written ? 0 : 1;
}
