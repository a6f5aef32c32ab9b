#include "results.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commit.h"

static double fraction(const bench_results *results, const bench_row *row)
{
    return bench_row_bytes(row) / row->seconds / results->copy_speed;
}

/* ---- Table ---- */

void bench_print_head(const bench_results *results)
{
    printf("%s, %s, %s\n", wf_backend_name(results->device.backend), results->device.name, results->device.driver);
    printf("copy %.1f GB/s\n\n", 1e-9 * results->copy_speed);
    printf("%-14s%-17s%-12s%-10s%8s%16s%10s%11s%10s%10s  %s\n", "op", "direction", "mode", "dtype", "taps", "size",
           "channels", "MB", "ms", "of copy", "kernel");
    fflush(stdout);
}

void bench_print_row(const bench_results *results, const bench_row *row)
{
    char taps[32], size[48];
    snprintf(taps, sizeof taps, "%dx%d", row->kernel_height, row->kernel_width);
    snprintf(size, sizeof size, "%dx%dx%d", row->batch, row->width, row->height);
    printf("%-14s%-17s%-12s%-10s%8s%16s%10d%11.1f", bench_operator_name(row->op), bench_direction_name(row->direction),
           wf_mode_name(row->mode), bench_types_name(row->types), taps, size, row->channels,
           1e-6 * bench_row_bytes(row));
    if (*row->skipped)
        printf("  skipped: %s\n", row->skipped);
    else
        printf("%10.4f%10.3f  %s\n", 1e3 * row->seconds, fraction(results, row), row->kernel);
    fflush(stdout);
}

/* ---- JSON ---- */

static void add_measured(cJSON *object, const char *name, const bench_row *row, double value)
{
    if (*row->skipped)
        cJSON_AddNullToObject(object, name);
    else
        cJSON_AddNumberToObject(object, name, value);
}

static cJSON *row_object(const bench_results *results, const bench_row *row)
{
    cJSON *object = cJSON_CreateObject();
    const double bytes = bench_row_bytes(row);
    cJSON_AddStringToObject(object, "operator", bench_operator_name(row->op));
    cJSON_AddStringToObject(object, "direction", bench_direction_name(row->direction));
    cJSON_AddStringToObject(object, "mode", wf_mode_name(row->mode));
    cJSON_AddStringToObject(object, "dtype", wf_dtype_name(row->types.image));
    cJSON_AddStringToObject(object, "weight_dtype", wf_dtype_name(row->types.weight));
    cJSON_AddNumberToObject(object, "kernel_height", row->kernel_height);
    cJSON_AddNumberToObject(object, "kernel_width", row->kernel_width);
    cJSON_AddNumberToObject(object, "width", row->width);
    cJSON_AddNumberToObject(object, "height", row->height);
    cJSON_AddNumberToObject(object, "batch", row->batch);
    cJSON_AddNumberToObject(object, "channels", row->channels);
    if (*row->kernel)
        cJSON_AddStringToObject(object, "kernel", row->kernel);
    else
        cJSON_AddNullToObject(object, "kernel");
    cJSON_AddNumberToObject(object, "bytes", bytes);
    add_measured(object, "milliseconds", row, 1e3 * row->seconds);
    add_measured(object, "bytes_per_second", row, bytes / row->seconds);
    add_measured(object, "fraction_of_copy", row, fraction(results, row));
    if (*row->skipped)
        cJSON_AddStringToObject(object, "skipped", row->skipped);
    else
        cJSON_AddNullToObject(object, "skipped");
    return object;
}

static char *to_text(const bench_results *results)
{
    char date[32];
    time_t now = time(NULL);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "device", results->device.name);
    cJSON_AddStringToObject(root, "driver", results->device.driver);
    cJSON_AddStringToObject(root, "backend", wf_backend_name(results->device.backend));
    cJSON_AddStringToObject(root, "date", date);
    cJSON_AddStringToObject(root, "commit", WF_COMMIT);
    cJSON_AddNumberToObject(root, "copy_bytes_per_second", results->copy_speed);
    cJSON *rows = cJSON_AddArrayToObject(root, "rows");
    for (int i = 0; i < results->row_count; i++)
        cJSON_AddItemToArray(rows, row_object(results, &results->rows[i]));
    char *text = cJSON_Print(root);
    cJSON_Delete(root);
    return text;
}

int bench_write_json(const bench_results *results, const char *path)
{
    char *text = to_text(results);
    FILE *file = text ? fopen(path, "w") : NULL;
    int written = file && fprintf(file, "%s\n", text) > 0;
    if (file && fclose(file))
        written = 0;
    if (!written)
        fprintf(stderr, "wf_bench: cannot write %s: %s\n", path, strerror(errno));
    free(text);
    return written;
}
