#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "app/files/input.h"
#include "compare.h"

/* A stage's median in a report; a negative number: it has none. */
static double former_median(const cJSON *stages, const char *name)
{
    const cJSON *stage;
    cJSON_ArrayForEach(stage, stages)
    {
        const cJSON *own = cJSON_GetObjectItem(stage, "name"), *median = cJSON_GetObjectItem(stage, "median");
        if (cJSON_IsString(own) && cJSON_IsNumber(median) && strcmp(own->valuestring, name) == 0)
            return median->valuedouble;
    }
    return -1;
}

/* Keys of a report that say what its times are of. */
static const char *const work_keys[] = {"device", "backend", "predictor", "mode", "kernel", "size", "scene", "spp"};

enum { WORK_KEYS = sizeof work_keys / sizeof *work_keys };

/* Times of other work are no measure of this one, but somebody may want to compare them all the same. */
static void say_other_work(const options *options, const cJSON *former, const cJSON *now)
{
    const char *joint = "is of other work: ";
    for (int i = 0; i < WORK_KEYS; i++) {
        const cJSON *there = cJSON_GetObjectItem(former, work_keys[i]), *here = cJSON_GetObjectItem(now, work_keys[i]);
        if (!there || cJSON_Compare(there, here, true))
            continue;
        char *old = cJSON_PrintUnformatted(there), *own = cJSON_PrintUnformatted(here);
        if (*joint == 'i')
            fprintf(stderr, "wfview: warning: %s ", options->compare_report);
        fprintf(stderr, "%s%s %s, not %s", joint, work_keys[i], old ? old : "", own ? own : "");
        joint = "; ";
        cJSON_free(old);
        cJSON_free(own);
    }
    if (*joint == ';')
        fputc('\n', stderr);
}

static bool compare(const options *options, const cJSON *stages, const profiler *times, FILE *said, error *error)
{
    const double slower = (double)options->slower;
    int compared = 0, count = 0;
    for (int i = 0; i < profiler_count(times); i++) {
        const profiler_stats now = profiler_get(times, i);
        const double former = now.n > 0 ? former_median(stages, now.name) : -1;
        if (former < 0)
            continue;
        compared++;
        if (now.median_ms <= slower * former)
            continue;
        count++;
        fprintf(stderr, "wfview: %s: median %.4f ms, %.3f times the %.4f ms of %s\n", now.name, now.median_ms,
                now.median_ms / former, former, options->compare_report);
    }
    if (compared == 0)
        return error_set(error, "%s: has no stage of this run to compare with", options->compare_report);
    if (count > 0)
        return error_set(error, "%d of %d stages have medians of more than %g times those of %s", count, compared,
                         slower, options->compare_report);
    fprintf(said, "no median of %d stages is more than %g times that of %s\n", compared, slower,
            options->compare_report);
    return true;
}

/* NULL and *error: it is no report. To be deleted. */
static cJSON *read_report(const char *path, error *error)
{
    struct error inner = {""};
    size_t size;
    uint8_t *bytes = input_read_file(path, &size, &inner);
    if (!bytes) {
        error_set(error, "%s: %s", path, inner.message);
        return NULL;
    }
    cJSON *root = cJSON_ParseWithLength((char *)bytes, size);
    free(bytes);
    if (cJSON_IsArray(cJSON_GetObjectItem(root, "stages")))
        return root;
    error_set(error, "%s: is not what --report writes: it has no array \"stages\"", path);
    cJSON_Delete(root);
    return NULL;
}

bool compare_report_check(const options *options, error *error)
{
    if (!options->compare_report)
        return true;
    cJSON *root = read_report(options->compare_report, error);
    const bool ok = root;
    cJSON_Delete(root);
    return ok;
}

bool compare_report(const options *options, const report *report, FILE *said, error *error)
{
    cJSON *former = read_report(options->compare_report, error), *now = report_build(report);
    if (former)
        say_other_work(options, former, now);
    bool ok = former && compare(options, cJSON_GetObjectItem(former, "stages"), report->profiler, said, error);
    cJSON_Delete(former);
    cJSON_Delete(now);
    return ok;
}
