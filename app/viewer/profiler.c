#include "profiler.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/files/output.h"
#include "wf_labels.h"

#define MAX_SPANS 1000000

typedef struct stage {
    char *name;
    profiler_track track;
    int64_t n;
    double latest[PROFILER_WINDOW]; /* milliseconds, a ring: sample i is at i % PROFILER_WINDOW */
    double sorted[PROFILER_WINDOW]; /* the same samples in ascending order */
} stage;

typedef struct span {
    int stage;
    int64_t begin_ns, end_ns;
    uint64_t frame;
} span;

struct profiler {
    stage **stages;
    int stage_count;
    bool keep;
    span *spans;
    int span_count, span_capacity;
};

profiler *profiler_create(void)
{
    return calloc(1, sizeof(profiler));
}

void profiler_destroy(profiler *profiler)
{
    if (!profiler)
        return;
    for (int i = 0; i < profiler->stage_count; i++) {
        free(profiler->stages[i]->name);
        free(profiler->stages[i]);
    }
    free(profiler->stages);
    free(profiler->spans);
    free(profiler);
}

void profiler_reset(profiler *profiler)
{
    for (int i = 0; i < profiler->stage_count; i++)
        profiler->stages[i]->n = 0;
    profiler->span_count = 0;
}

/* The index of a stage, made if it is new; -1 without memory for it. */
static int stage_of(profiler *profiler, profiler_track track, const char *name)
{
    for (int i = 0; i < profiler->stage_count; i++)
        if (profiler->stages[i]->track == track && strcmp(profiler->stages[i]->name, name) == 0)
            return i;
    stage **stages = realloc(profiler->stages, sizeof *stages * ((size_t)profiler->stage_count + 1));
    if (!stages)
        return -1;
    profiler->stages = stages;
    stage *stage = calloc(1, sizeof *stage);
    char *copy = strdup(name);
    if (!stage || !copy) {
        free(stage);
        free(copy);
        return -1;
    }
    stage->name = copy;
    stage->track = track;
    stages[profiler->stage_count] = stage;
    return profiler->stage_count++;
}

/* The first of count ascending values that is not less than value. */
static size_t lower_bound(const double *sorted, size_t count, double value)
{
    size_t low = 0;
    while (count > 0) {
        size_t half = count / 2;
        if (sorted[low + half] < value) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low;
}

static size_t window_of(const stage *stage)
{
    return stage->n < PROFILER_WINDOW ? (size_t)stage->n : PROFILER_WINDOW;
}

/* Keeps `sorted` in order while the newest sample takes the oldest one's place, so that reading percentiles is free. */
static void add_sample(stage *stage, double milliseconds)
{
    size_t count = window_of(stage);
    double *slot = &stage->latest[stage->n % PROFILER_WINDOW], *sorted = stage->sorted;
    size_t hole = count < PROFILER_WINDOW ? count++ : lower_bound(sorted, count, *slot);
    for (; hole > 0 && sorted[hole - 1] > milliseconds; hole--)
        sorted[hole] = sorted[hole - 1];
    for (; hole + 1 < count && sorted[hole + 1] < milliseconds; hole++)
        sorted[hole] = sorted[hole + 1];
    sorted[hole] = *slot = milliseconds;
    stage->n++;
}

static void add_span(profiler *profiler, span span)
{
    if (profiler->span_count == MAX_SPANS)
        return;
    if (profiler->span_count == profiler->span_capacity) {
        int capacity = profiler->span_capacity ? 2 * profiler->span_capacity : 4096;
        void *spans = realloc(profiler->spans, sizeof span * (size_t)capacity);
        if (!spans)
            return;
        profiler->spans = spans;
        profiler->span_capacity = capacity;
    }
    profiler->spans[profiler->span_count++] = span;
}

void profiler_expect(profiler *profiler, profiler_track track, const char *stage)
{
    stage_of(profiler, track, stage);
}

void profiler_add(profiler *profiler, profiler_track track, const char *stage, int64_t begin_ns, int64_t end_ns,
                  uint64_t frame)
{
    int index = stage_of(profiler, track, stage);
    if (index < 0)
        return;
    add_sample(profiler->stages[index], (double)(end_ns - begin_ns) * 1e-6);
    if (profiler->keep)
        add_span(profiler, (span){index, begin_ns, end_ns, frame});
}

profiler_range profiler_begin(const char *stage)
{
    wf_range_begin(stage);
    return (profiler_range){stage, profiler_now()};
}

void profiler_end(profiler_range range, profiler *profiler, uint64_t frame)
{
    if (profiler)
        profiler_add(profiler, PROFILER_CPU, range.stage, range.begin_ns, profiler_now(), frame);
    wf_range_end();
}

const char *profiler_clock(profiler_track track)
{
    static const char *const clocks[PROFILER_TRACK_COUNT] = {
        [PROFILER_CPU] = "cpu", [PROFILER_VULKAN] = "vulkan", [PROFILER_NODE] = "node", [PROFILER_LOADER] = "loader"};
    return clocks[track];
}

int profiler_count(const profiler *profiler)
{
    return profiler->stage_count;
}

/* Nearest rank: the smallest sample that at least percent of all samples do not exceed. */
static double percentile(const double *sorted, size_t count, size_t percent)
{
    return count ? sorted[(count * percent + 99) / 100 - 1] : 0;
}

profiler_stats profiler_get(const profiler *profiler, int index)
{
    const stage *stage = profiler->stages[index];
    size_t count = window_of(stage);
    return (profiler_stats){
        .name = stage->name,
        .track = stage->track,
        .n = stage->n,
        .current_ms = count ? stage->latest[(stage->n - 1) % PROFILER_WINDOW] : 0,
        .median_ms = percentile(stage->sorted, count, 50),
        .p95_ms = percentile(stage->sorted, count, 95),
        .p99_ms = percentile(stage->sorted, count, 99),
        .max_ms = percentile(stage->sorted, count, 100),
    };
}

int profiler_latest(const profiler *profiler, int index, int window, double *samples)
{
    const stage *stage = profiler->stages[index];
    const int64_t all = (int64_t)window_of(stage), count = window < all ? window : all;
    for (int64_t i = 0; i < count; i++)
        samples[i] = stage->latest[(stage->n - count + i) % PROFILER_WINDOW];
    return (int)count;
}

static int compare_times(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

profiler_stats profiler_get_latest(const profiler *profiler, int index, int window)
{
    profiler_stats stats = profiler_get(profiler, index);
    double sorted[PROFILER_WINDOW];
    const int count = profiler_latest(profiler, index, window < PROFILER_WINDOW ? window : PROFILER_WINDOW, sorted);
    stats.n = count;
    qsort(sorted, (size_t)count, sizeof *sorted, compare_times);
    stats.median_ms = percentile(sorted, (size_t)count, 50);
    stats.p95_ms = percentile(sorted, (size_t)count, 95);
    stats.p99_ms = percentile(sorted, (size_t)count, 99);
    stats.max_ms = percentile(sorted, (size_t)count, 100);
    return stats;
}

void profiler_keep_spans(profiler *profiler, bool keep)
{
    profiler->keep = keep;
}

int64_t profiler_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A JSON string literal, quotes included, for a text of any kind. To be freed; NULL without memory. */
static char *quote(const char *text)
{
    cJSON *string = cJSON_CreateString(text);
    char *quoted = cJSON_PrintUnformatted(string);
    cJSON_Delete(string);
    return quoted;
}

static void write_thread(FILE *file, int track, const char *name)
{
    fprintf(file, "{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":1,\"tid\":%d,\"args\":{\"name\":%s}},\n", track,
            name);
}

static void write_span(FILE *file, const profiler *profiler, const char *name, const span *span)
{
    /* Microseconds with three decimals hold every nanosecond; a double would not. */
    int64_t begin = span->begin_ns, length = span->end_ns > begin ? span->end_ns - begin : 0;
    fprintf(file,
            "{\"ph\":\"X\",\"name\":%s,\"pid\":1,\"tid\":%d,\"ts\":%" PRId64 ".%03d,\"dur\":%" PRId64
            ".%03d,\"args\":{\"frame\":%" PRIu64 "}},\n",
            name, (int)profiler->stages[span->stage]->track, begin / 1000, (int)(begin % 1000), length / 1000,
            (int)(length % 1000), span->frame);
}

bool profiler_write_trace(const profiler *profiler, const char *path, const char *node_name, int64_t uncertainty_ns,
                          error *error)
{
    output output;
    if (!output_open(&output, path, error))
        return false;
    FILE *file = output.file;
    char *node = quote(node_name);
    char **names = calloc((size_t)profiler->stage_count + 1, sizeof *names);
    bool ready = node && names;
    for (int i = 0; ready && i < profiler->stage_count; i++)
        ready = (names[i] = quote(profiler->stages[i]->name)) != NULL;
    if (ready) {
        fprintf(file,
                "{\"displayTimeUnit\":\"ms\",\n\"otherData\":{\"clock\":\"CLOCK_MONOTONIC\","
                "\"node_uncertainty_ns\":%" PRId64 "},\n\"traceEvents\":[\n",
                uncertainty_ns);
        write_thread(file, PROFILER_CPU, "\"CPU\"");
        write_thread(file, PROFILER_VULKAN, "\"Vulkan\"");
        write_thread(file, PROFILER_NODE, node);
        write_thread(file, PROFILER_LOADER, "\"loader\"");
        for (int i = 0; i < profiler->span_count; i++)
            write_span(file, profiler, names[profiler->spans[i].stage], &profiler->spans[i]);
        fputs("{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":1,\"args\":{\"name\":\"wfview\"}}\n]}\n", file);
    } else {
        error_set(error, "%s: not enough memory to write the trace", path);
    }
    for (int i = 0; names && i < profiler->stage_count; i++)
        cJSON_free(names[i]);
    free(names);
    cJSON_free(node);
    return output_close(&output, ready, error);
}

bool profiler_write_table(const profiler *profiler, const char *path, error *error)
{
    output output;
    if (!output_open(&output, path, error))
        return false;
    fputs("frame,clock,stage,begin_ns,end_ns\n", output.file);
    for (int i = 0; i < profiler->span_count; i++) {
        const span *span = &profiler->spans[i];
        const stage *stage = profiler->stages[span->stage];
        fprintf(output.file, "%" PRIu64 ",%s,%s,%" PRId64 ",%" PRId64 "\n", span->frame, profiler_clock(stage->track),
                stage->name, span->begin_ns, span->end_ns);
    }
    return output_close(&output, true, error);
}
