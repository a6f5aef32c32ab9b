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
    return row->bytes / row->seconds / results->copy_speed;
}

/* ---- Table ---- */

void bench_print_head(const bench_results *results)
{
    printf("%s, %s, %s\n", wf_backend_name(results->device.backend), results->device.name, results->device.driver);
    printf("copy %.1f GB/s\n\n", 1e-9 * results->copy_speed);
    printf("%-8s%-12s%-9s%8s%12s%10s%11s%10s%10s\n", "op", "mode", "dtype", "kernel", "size", "channels", "ms", "MB",
           "of copy");
    fflush(stdout);
}

void bench_print_row(const bench_results *results, const bench_row *row)
{
    char kernel[32], size[32];
    snprintf(kernel, sizeof kernel, "%dx%d", row->kernel.height, row->kernel.width);
    snprintf(size, sizeof size, "%dx%d", row->width, row->height);
    printf("%-8s%-12s%-9s%8s%12s%10d%11.4f%10.1f%10.3f\n", wf_operator_name(row->op), wf_mode_name(row->mode),
           bench_types_name(row->types), kernel, size, row->channels, 1e3 * row->seconds, 1e-6 * row->bytes,
           fraction(results, row));
    fflush(stdout);
}

/* ---- JSON ---- */

static void add_row(cJSON *rows, const bench_results *results, const bench_row *row)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "operator", wf_operator_name(row->op));
    cJSON_AddStringToObject(object, "mode", wf_mode_name(row->mode));
    cJSON_AddStringToObject(object, "dtype", wf_dtype_name(row->types.image));
    cJSON_AddStringToObject(object, "weight_dtype", wf_dtype_name(row->types.weight));
    cJSON_AddNumberToObject(object, "kernel_height", row->kernel.height);
    cJSON_AddNumberToObject(object, "kernel_width", row->kernel.width);
    cJSON_AddNumberToObject(object, "width", row->width);
    cJSON_AddNumberToObject(object, "height", row->height);
    cJSON_AddNumberToObject(object, "channels", row->channels);
    cJSON_AddNumberToObject(object, "milliseconds", 1e3 * row->seconds);
    cJSON_AddNumberToObject(object, "bytes", row->bytes);
    cJSON_AddNumberToObject(object, "bytes_per_second", row->bytes / row->seconds);
    cJSON_AddNumberToObject(object, "fraction_of_copy", fraction(results, row));
    cJSON_AddItemToArray(rows, object);
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
        add_row(rows, results, &results->rows[i]);
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
