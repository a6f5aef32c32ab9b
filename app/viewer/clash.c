#include "clash.h"

#include <stdlib.h>
#include <string.h>

#include "app/files/output.h"

static int compare_files(const void *a, const void *b)
{
    const struct stat *one = a, *other = b;
    if (one->st_dev != other->st_dev)
        return one->st_dev < other->st_dev ? -1 : 1;
    return (one->st_ino > other->st_ino) - (one->st_ino < other->st_ino);
}

static bool find_file(const char *path, struct stat *file)
{
    return path && stat(path, file) == 0 && S_ISREG(file->st_mode);
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat one, other;
    return find_file(a, &one) && find_file(b, &other) && compare_files(&one, &other) == 0;
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

bool clash_find_frames(clash_frames *frames, const feed *feed, error *error)
{
    const int count = feed_count(feed);
    *frames = (clash_frames){.files = calloc((size_t)count, sizeof *frames->files)};
    if (count > 0 && !frames->files)
        return error_set(error, "not enough memory for %d frames", count);
    for (int i = 0; i < count; i++)
        frames->count += find_file(feed_path(feed, i), &frames->files[frames->count]);
    qsort(frames->files, (size_t)frames->count, sizeof *frames->files, compare_files);
    return true;
}

bool clash_check_saved(const options *options, const clash_frames *frames, const char *path, error *error)
{
    struct stat saved;
    if (!find_file(path, &saved))
        return true;
    if (bsearch(&saved, frames->files, (size_t)frames->count, sizeof *frames->files, compare_files))
        return error_set(error, "--save %s: %s would take the place of the frame itself", options->save, path);
    const char *reader = reader_of(options, path);
    return !reader ||
           error_set(error, "--save %s: %s would take the place of what --%s reads", options->save, path, reader);
}
