#include <stdlib.h>

#include "feed_source.h"
#include "source.h"
#include "staging.h"

/* Files, with their way to the device. */
typedef struct recorded {
    source *source;
    staging staging;
} recorded;

static bool is_asked_for(const options *options)
{
    return options->path_count > 0;
}

static void *open_files(const options *options, error *error)
{
    recorded *recorded = calloc(1, sizeof *recorded);
    if (!recorded) {
        error_set(error, "not enough memory");
        return NULL;
    }
    recorded->source = source_open(
        &(source_options){
            .paths = options->paths,
            .path_count = options->path_count,
            .reference = options->reference,
            .channels = options->channels,
            .channel_count = options->channel_count,
            .strict = options->strict,
        },
        error);
    if (recorded->source)
        return recorded;
    free(recorded);
    return NULL;
}

static bool start(void *self, const device *device, view *view, error *error)
{
    (void)view, (void)error;
    ((recorded *)self)->staging.device = device;
    return true;
}

static void close_files(void *self)
{
    recorded *recorded = self;
    staging_destroy(&recorded->staging);
    source_close(recorded->source);
    free(recorded);
}

static int count(const void *self)
{
    return source_count(((const recorded *)self)->source);
}

static const char *path(const void *self, int index)
{
    return source_path(((const recorded *)self)->source, index);
}

static feed_origin get_origin(const void *self, int index)
{
    return (feed_origin){.file = path(self, index)};
}

static void describe(void *self, feed_facts *facts)
{
    facts->warnings = source_warnings(((recorded *)self)->source);
    facts->rate = FEED_RATE;
    facts->loaded = source_loaded(((recorded *)self)->source);
    facts->is_repeatable = true;
}

static bool inspect(void *self, int *width, int *height, bool *has_guides, error *error)
{
    struct source *source = ((recorded *)self)->source;
    const frame *first = source_get(source, 0, error);
    struct error ignored;
    for (int i = 1; !first && i < source_count(source); i++)
        first = source_get(source, i, &ignored);
    if (!first)
        return false;
    *width = first->width;
    *height = first->height;
    *has_guides = first->layers[FRAME_REFERENCE].pixels || first->layers[FRAME_ALBEDO].pixels;
    return true;
}

static bool is_ready(void *self, int index)
{
    error error = {0};
    return source_poll(((recorded *)self)->source, index, &error) || *error.message;
}

static bool has_more(const void *self, const view *view)
{
    (void)self;
    return view->continuous;
}

static bool get(void *self, int index, const view *view, feed_frame *frame, error *error)
{
    recorded *recorded = self;
    const struct frame *loaded = source_get(recorded->source, index, error);
    source_load load;
    (void)view;
    if (!loaded)
        return false;
    source_take_load(recorded->source, index, &load);
    *frame = (feed_frame){.width = loaded->width,
                          .height = loaded->height,
                          .recorded = loaded,
                          .load_begin_ns = load.begin_ns,
                          .load_end_ns = load.end_ns,
                          .input = staging_input(&recorded->staging, loaded, index)};
    return true;
}

static bool is_outdated(void *self, int index)
{
    return source_is_outdated(((recorded *)self)->source, index);
}

static void reload(void *self, int index)
{
    recorded *recorded = self;
    source_reload(recorded->source, index);
    staging_forget(&recorded->staging, index);
}

const feed_source feed_recorded = {
    .is_asked_for = is_asked_for,
    .open = open_files,
    .start = start,
    .close = close_files,
    .count = count,
    .path = path,
    .get_origin = get_origin,
    .describe = describe,
    .inspect = inspect,
    .is_ready = is_ready,
    .has_more = has_more,
    .is_outdated = is_outdated,
    .reload = reload,
    .get = get,
};
