/* profiler.h -- times of named stages: current, median, p95, p99, max, and the spans behind them for a trace. */
#ifndef WFVIEW_PROFILER_H
#define WFVIEW_PROFILER_H

#include <stdbool.h>
#include <stdint.h>

#include "app/error.h"

typedef struct profiler profiler;

/* Which clock measured a span; a row ("thread") of its own in the trace. */
typedef enum profiler_track {
    PROFILER_CPU,
    PROFILER_VULKAN,
    PROFILER_NODE,
    PROFILER_LOADER, /* CLOCK_MONOTONIC on the thread that loads frames ahead */
    PROFILER_TRACK_COUNT
} profiler_track;

/* As tables and reports call it: "cpu", "vulkan", "node" or "loader". */
const char *profiler_clock(profiler_track track);

typedef struct profiler_stats {
    const char *name; /* the profiler's copy */
    profiler_track track;
    int64_t n;                                /* samples since creation or reset */
    double current_ms;                        /* the latest */
    double median_ms, p95_ms, p99_ms, max_ms; /* over the last PROFILER_WINDOW samples; nearest-rank percentiles */
} profiler_stats;

#define PROFILER_WINDOW 8192

profiler *profiler_create(void);
void profiler_destroy(profiler *profiler);
void profiler_reset(profiler *profiler); /* forgets samples and spans, keeps the stages' order */

/* Adds one span, in CLOCK_MONOTONIC nanoseconds. Stages are listed in the order in which they were first seen, or
 * expected: one that was only expected has no samples. */
void profiler_add(profiler *profiler, profiler_track track, const char *stage, int64_t begin_ns, int64_t end_ns,
                  uint64_t frame);
void profiler_expect(profiler *profiler, profiler_track track, const char *stage);

/* A span of the CPU's track that begins now, and ends; a range of that name for tools (wf_labels.h). They nest, in one
 * thread; stage lives as long. profiler NULL: nothing is added. */
typedef struct profiler_range {
    const char *stage;
    int64_t begin_ns;
} profiler_range;

profiler_range profiler_begin(const char *stage);
void profiler_end(profiler_range range, profiler *profiler, uint64_t frame);

int profiler_count(const profiler *profiler);
profiler_stats profiler_get(const profiler *profiler, int index);

/* The same of the latest `window` samples alone; n is how many there are. And these samples in milliseconds, from the
 * oldest, to room for as many: returns how many. */
profiler_stats profiler_get_latest(const profiler *profiler, int index, int window);
int profiler_latest(const profiler *profiler, int index, int window, double *samples);

/* Writes the kept spans as lines "frame,clock,stage,begin_ns,end_ns", after one that says so, in the order in which
 * they came. Whole file or none. */
bool profiler_write_table(const profiler *profiler, const char *path, error *error);

/* Spans are kept for a trace only after this; at most a million. */
void profiler_keep_spans(profiler *profiler, bool keep);

/* Writes the kept spans as a Chrome trace (JSON, opens in Perfetto): pid 1, a thread per track, names from node_name.
 * The uncertainty of the node's clock is stated in the trace's metadata. Whole file or none. */
bool profiler_write_trace(const profiler *profiler, const char *path, const char *node_name, int64_t uncertainty_ns,
                          error *error);

int64_t profiler_now(void); /* CLOCK_MONOTONIC, ns */

#endif
