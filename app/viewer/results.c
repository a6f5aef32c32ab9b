#include "results.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/files/output.h"
#include "app/frames/sequence.h"
#include "clash.h"
#include "compare.h"

static bool can_write(const char *path, error *error)
{
    output output;
    if (!output_open(&output, path, error))
        return false;
    output_close(&output, false, error);
    return true;
}

static bool can_write_all(const options *options, error *error)
{
    options_file file;
    for (int i = 0; options_get_file(options, OPTIONS_WRITTEN, i, &file); i++)
        if (file.path && !can_write(file.path, error))
            return false;
    return true;
}

/* Like mkdir -p. */
static bool make_directory(const char *path, error *error)
{
    char part[4096];
    struct stat status;
    if (strlen(path) >= sizeof part)
        return error_set(error, "--save: a path of %zu characters is too long", strlen(path));
    for (size_t i = 1; i <= strlen(path); i++) {
        if (path[i] && path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return error_set(error, "%s: cannot make this directory: %s", part, strerror(errno));
    }
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return error_set(error, "%s: is not a directory", path);
    return true;
}

static bool is_pattern(const options *options)
{
    return strchr(options->save, '{');
}

bool results_check(const options *options, error *error)
{
    if (options->save && !is_pattern(options) && !make_directory(options->save, error))
        return false;
    return clash_check(options, error) && can_write_all(options, error) && compare_check(options, error) &&
           compare_report_check(options, error);
}

/* ---- Names ------------------------------------------------------------------------------------------------------- */

void results_name(const feed *feed, int index, frame_name *name)
{
    if (feed_describe(feed).scene)
        *name = (frame_name){.name = "frame"};
    else
        feed_name(feed, index, name);
    if (!*name->number && feed_count(feed) > 1)
        snprintf(name->number, sizeof name->number, "%04d", index + 1);
}

/* The pattern's place for a word, "{name}", and what stands there; NULL at the end. */
static const char *find_place(const char *pattern, const char *layer, const frame_name *name, size_t *length,
                              const char **word)
{
    const struct {
        const char *place, *word;
    } places[] = {{"{layer}", layer}, {"{name}", name->name}, {"{number}", name->number}};
    const char *first = NULL;
    for (int i = 0; i < 3; i++) {
        const char *place = strstr(pattern, places[i].place);
        if (place && (!first || place < first)) {
            first = place;
            *length = strlen(places[i].place);
            *word = places[i].word;
        }
    }
    return first;
}

static void fill_pattern(const char *pattern, const char *layer, const frame_name *name, char *path, size_t size)
{
    size_t length = 0, used = 0;
    const char *word = "";
    for (const char *place; (place = find_place(pattern, layer, name, &length, &word)) && used < size;
         pattern = place + length)
        used += (size_t)snprintf(path + used, size - used, "%.*s%s", (int)(place - pattern), pattern, word);
    if (used < size)
        snprintf(path + used, size - used, "%s", pattern);
}

void results_path(const options *options, const char *layer, const feed *feed, int index, char *path, size_t size)
{
    frame_name name;
    results_name(feed, index, &name);
    char *pattern = is_pattern(options) ? sequence_path(options->save, *name.number ? name.number : "1") : NULL;
    if (pattern)
        fill_pattern(pattern, layer, &name, path, size);
    else
        snprintf(path, size, "%s/%s%s%s.exr", options->save, layer, *name.number ? "." : "", name.number);
    free(pattern);
}

bool results_make_folder(const char *path, error *error)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return true;
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    return make_directory(folder, error);
}

/* A file that will be written. */
typedef struct planned {
    char *path;
    int frame;
} planned;

static int compare_planned(const void *a, const void *b)
{
    const planned *one = a, *other = b;
    int order = strcmp(one->path, other->path);
    return order ? order : one->frame - other->frame;
}

static bool check_planned(const options *options, const feed *feed, planned *files, int count, error *error)
{
    if (!results_make_folder(files[0].path, error) || !can_write(files[0].path, error))
        return false;
    qsort(files, (size_t)count, sizeof *files, compare_planned);
    for (int i = 1; i < count; i++)
        if (strcmp(files[i - 1].path, files[i].path) == 0)
            return error_set(
                error,
                "--save %s: %s and %s (frames %d and %d) would both be saved as %s; {name} and {number} in a "
                "pattern tell frames apart",
                options->save, feed_path(feed, files[i - 1].frame), feed_path(feed, files[i].frame),
                files[i - 1].frame + 1, files[i].frame + 1, files[i].path);
    return true;
}

/* What the saved files would take the place of. */
static bool check_clashes(const options *options, const feed *feed, error *error)
{
    const char *const layers[] = {layer_rows[LAYER_GATHER].name, layer_rows[LAYER_SPLAT].name, "frame"};
    const int layer_count = feed_describe(feed).scene ? 3 : 2;
    char path[RESULTS_PATH];
    clash_frames frames;
    bool ok = clash_find_frames(&frames, feed, error);
    for (int i = 0; ok && i < feed_count(feed) * layer_count; i++) {
        results_path(options, layers[i % layer_count], feed, i / layer_count, path, sizeof path);
        ok = clash_check_saved(options, &frames, path, error);
    }
    free(frames.files);
    return ok;
}

bool results_check_frames(const options *options, const feed *feed, error *error)
{
    int count = feed_count(feed), named = 0;
    planned *files = options->save ? calloc((size_t)count, sizeof *files) : NULL;
    char path[RESULTS_PATH];
    if (!options->save)
        return true;
    for (; files && named < count; named++) {
        results_path(options, layer_rows[LAYER_GATHER].name, feed, named, path, sizeof path);
        files[named] = (planned){strdup(path), named};
        if (!files[named].path)
            break;
    }
    bool ok = files && named == count ? check_planned(options, feed, files, count, error)
                                      : error_set(error, "not enough memory for %d frames", count);
    ok = ok && check_clashes(options, feed, error);
    for (int i = 0; i < named; i++)
        free(files[i].path);
    free(files);
    return ok;
}
