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

bool compare_report(const options *options, const profiler *times, FILE *said, error *error)
{
    cJSON *root = read_report(options->compare_report, error);
    bool ok = root && compare(options, cJSON_GetObjectItem(root, "stages"), times, said, error);
    cJSON_Delete(root);
    return ok;
}
