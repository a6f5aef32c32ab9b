#include "clash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/files/output.h"

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

/* The option whose file that is the run reads; NULL: none. */
static const char *reader_of(const options *options, const char *path)
{
    options_file read;
    for (int i = 0; options_get_file(options, OPTIONS_READ, i, &read); i++)
        if (is_same_file(path, read.path))
            return read.option;
    return NULL;
}

bool clash_check(const options *options, error *error)
{
    options_file file, other;
    for (int i = 0; options_get_file(options, OPTIONS_WRITTEN, i, &file); i++) {
        for (int j = 0; j < i && options_get_file(options, OPTIONS_WRITTEN, j, &other); j++)
            if (is_same_place(file.path, other.path))
                return error_set(error, "--%s %s: --%s writes there, too", file.option, file.path, other.option);
        const char *reader = reader_of(options, file.path);
        if (reader)
            return error_set(error, "--%s %s: would take the place of what --%s reads", file.option, file.path, reader);
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
    const char *reader = reader_of(options, path);
    return !reader ||
           error_set(error, "--save %s: %s would take the place of what --%s reads", options->save, path, reader);
}
