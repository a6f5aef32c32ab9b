/* results.h -- what wf_bench measured, as a table and as JSON. */
#ifndef WF_BENCH_RESULTS_H
#define WF_BENCH_RESULTS_H

#include "row.h"

typedef struct bench_results {
    wf_device_info device;
    double copy_speed; /* bytes per second, read and written ones both counted */
    const bench_row *rows;
    int row_count;
} bench_results;

void bench_print_head(const bench_results *results);
void bench_print_row(const bench_results *results, const bench_row *row);

/* Writes {device, driver, backend, date, commit, copy_bytes_per_second, rows: [{operator, direction, mode, dtype,
 * weight_dtype, kernel_height, kernel_width, width, height, batch, channels, bytes, milliseconds, bytes_per_second,
 * fraction_of_copy, skipped}]}. skipped is null, or the reason why the three before it are. Returns 0, after one line
 * on stderr, where the file cannot be written. */
int bench_write_json(const bench_results *results, const char *path);

#endif
