/* Weights of files: one for all frames, or one beside each of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/frames/sequence.h"
#include "results.h"
#include "state.h"

/* What an option asks for, and where it goes. */
typedef struct kernels {
    const char *option, *path;
    weights *weights;
} kernels;

enum { KERNELS = 2 };

static void list_kernels(viewer *viewer, kernels list[KERNELS])
{
    const options *options = viewer->options;
    list[0] = (kernels){"weights", options->weights, &viewer->gather_weights};
    list[1] = (kernels){"splat-weights", options->splat_weights, &viewer->splat_weights};
}

static bool follows_frames(const kernels *kernels)
{
    return kernels->path && !weights_exist(kernels->path) && sequence_is_numbered(kernels->path);
}

/* To be freed; NULL and *error where the frame has no number, or for want of memory. */
static char *path_for(const viewer *viewer, const kernels *kernels, int index, error *error)
{
    frame_name name;
    results_name(&viewer->feed, index, &name);
    char *path = *name.number ? sequence_path(kernels->path, name.number) : NULL;
    if (!*name.number)
        error_set(error, "--%s %s: %s has no number to take weights by", kernels->option, kernels->path,
                  feed_path(&viewer->feed, index));
    else if (!path)
        error_set(error, "--%s %s: not enough memory", kernels->option, kernels->path);
    return path;
}

/* Which frames have no file of their own, said at once; it is refused where that is all of them. */
static bool find_missing(viewer *viewer, const kernels *kernels, error *error)
{
    int count = feed_count(&viewer->feed), missing = 0;
    char first[512] = "", sentence[1280];
    for (int i = 0; i < count; i++) {
        char *path = path_for(viewer, kernels, i, error);
        if (!path)
            return false;
        if (!weights_exist(path) && missing++ == 0)
            snprintf(first, sizeof first, "%s for %s", path, feed_path(&viewer->feed, i));
        free(path);
    }
    if (missing == count)
        return error_set(error, "--%s %s: no file for any of %d frame%s, the first would be %s", kernels->option,
                         kernels->path, count, count == 1 ? "" : "s", first);
    snprintf(sentence, sizeof sentence, "--%s %s: no file for %d of %d frames, the first would be %s\n",
             kernels->option, kernels->path, missing, count, first);
    if (missing > 0)
        viewer_note(viewer, sentence, true);
    return true;
}

static bool read_kernels(const viewer *viewer, const char *path, int width, int height, weights *weights, error *error)
{
    const options *options = viewer->options;
    return weights_read(path, options->kernel_height, options->kernel_width, width, height, weights, error);
}

bool viewer_open_weights(viewer *viewer, int width, int height, error *error)
{
    kernels list[KERNELS];
    list_kernels(viewer, list);
    viewer->weighed = -1;
    for (int i = 0; i < KERNELS; i++) {
        if (!list[i].path)
            continue;
        viewer->weights_follow = viewer->weights_follow || follows_frames(&list[i]);
        if (follows_frames(&list[i]) ? !find_missing(viewer, &list[i], error)
                                     : !read_kernels(viewer, list[i].path, width, height, list[i].weights, error))
            return false;
    }
    return true;
}

static bool load(viewer *viewer, const kernels *kernels, int index, int width, int height, error *error)
{
    char *path = path_for(viewer, kernels, index, error);
    if (!path)
        return false;
    weights_free(kernels->weights);
    bool ok = read_kernels(viewer, path, width, height, kernels->weights, error);
    free(path);
    return ok;
}

bool viewer_load_weights(viewer *viewer, int index, int width, int height, error *error)
{
    kernels list[KERNELS];
    const profiler_range range = profiler_begin("read weights");
    bool loaded = true;
    list_kernels(viewer, list);
    for (int i = 0; i < KERNELS && loaded; i++)
        loaded = !follows_frames(&list[i]) || load(viewer, &list[i], index, width, height, error);
    viewer->weighed = loaded ? index : -1;
    profiler_end(range, loaded ? viewer->times : NULL, viewer->denoiser.frames + 1);
    return loaded;
}
