#include "clash.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/files/output.h"

typedef struct row {
    const char *name;
    size_t place; /* of its path in options */
} row;

static const row written[] = {
    {"screenshot", offsetof(options, screenshot)},
    {"report", offsetof(options, report)},
    {"trace", offsetof(options, trace)},
    {"times", offsetof(options, times)},
    {"compare-html", offsetof(options, compare_html)},
};

static const row read[] = {
    {"compare", offsetof(options, compare)},
    {"compare-report", offsetof(options, compare_report)},
    {"reference", offsetof(options, reference)},
    {"weights", offsetof(options, weights)},
    {"splat-weights", offsetof(options, splat_weights)},
    {"network", offsetof(options, network)},
    {"scene", offsetof(options, scene)},
    {"camera-path", offsetof(options, camera_path)},
    {"environment", offsetof(options, environment_file)},
};

enum { WRITTEN_COUNT = sizeof written / sizeof *written, READ_COUNT = sizeof read / sizeof *read };

static const char *path_of(const options *options, const row *row)
{
    return *(const char *const *)((const char *)options + row->place);
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat one, other;
    return a && b && stat(a, &one) == 0 && stat(b, &other) == 0 && S_ISREG(one.st_mode) && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/* Of files that need not be there yet. */
static bool is_same_place(const char *a, const char *b)
{
    char *one = a && b ? output_target(a) : NULL, *other = one ? output_target(b) : NULL;
    bool is = other && !output_is_stdout(a) && (strcmp(one, other) == 0 || is_same_file(a, b));
    free(one);
    free(other);
    return is;
}

bool clash_check(const options *options, error *error)
{
    for (int i = 0; i < WRITTEN_COUNT; i++) {
        const char *path = path_of(options, &written[i]);
        for (int j = 0; j < i; j++)
            if (is_same_place(path, path_of(options, &written[j])))
                return error_set(error, "--%s %s: --%s writes there, too", written[i].name, path, written[j].name);
        for (int j = 0; j < READ_COUNT; j++)
            if (is_same_file(path, path_of(options, &read[j])))
                return error_set(error, "--%s %s: would take the place of what --%s reads", written[i].name, path,
                                 read[j].name);
    }
    return true;
}

bool clash_check_saved(const options *options, const feed *feed, const char *path, error *error)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return true;
    for (int i = 0; i < feed_count(feed); i++)
        if (is_same_file(path, feed_path(feed, i)))
            return error_set(error, "--save %s: %s would take the place of the frame itself", options->save, path);
    for (int i = 0; i < READ_COUNT; i++)
        if (is_same_file(path, path_of(options, &read[i])))
            return error_set(error, "--save %s: %s would take the place of what --%s reads", options->save, path,
                             read[i].name);
    return true;
}
