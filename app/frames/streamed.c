/* Two kinds of runs: in a window every image is a frame, and they come and go; headless the images are frames 0 to N-1
 * in the order in which they become whole, each is there once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/files/frame_file.h"
#include "app/ipc/album.h"
#include "app/ipc/server.h"
#include "app/viewer/profiler.h"
#include "feed_source.h"
#include "staging.h"

#define LISTEN_NS    20000000   /* that packets are taken in before a picture is drawn */
#define REST_NS      500000000  /* after a connection has ended, in which another one may go on with its image */
#define WAIT_SECONDS 0.05       /* between looks at the clock */
#define NS           1000000000 /* a second */

#define EMPTY_WIDTH  320 /* of what stands for a frame while there is none */
#define EMPTY_HEIGHT 180

typedef struct streamed {
    const options *options;
    ipc_server *server;
    ipc_album album;
    char *said; /* a sentence that was not told yet, or NULL; owned */
    error last; /* the sentence that was said last: it is not repeated */

    /* Headless: */
    ipc_entry current; /* the image that was whole last */
    char **names;      /* of those that were */
    int taken;

    staging staging;
    frame reference; /* of --reference */
    frame empty;
    frame frame;      /* what was read last, of an entry of ... */
    uint64_t version; /* ... this version; 0: of none */
    char label[64];
    exr_planes planes;
    char told[sizeof((error *)0)->message];
} streamed;

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

static bool is_asked_for(const options *options)
{
    return options->ipc;
}

static bool make_empty(streamed *streamed, error *error)
{
    image *color = &streamed->empty.layers[FRAME_COLOR];
    if (asprintf(&streamed->empty.path, "nothing yet on %s", streamed->options->ipc) < 0)
        streamed->empty.path = NULL;
    if (streamed->empty.path)
        streamed->empty.origins[FRAME_COLOR] = strdup(streamed->empty.path); /* panes say so */
    streamed->empty.width = color->width = EMPTY_WIDTH;
    streamed->empty.height = color->height = EMPTY_HEIGHT;
    color->channels = 4;
    color->pixels = calloc((size_t)EMPTY_WIDTH * EMPTY_HEIGHT * 4, sizeof *color->pixels);
    return (color->pixels && streamed->empty.path) || error_set(error, "not enough memory");
}

static void close_all(void *self)
{
    streamed *streamed = self;
    ipc_server_close(streamed->server);
    ipc_album_free(&streamed->album);
    ipc_entry_free(&streamed->current);
    for (int i = 0; i < streamed->taken; i++)
        free(streamed->names[i]);
    free(streamed->names);
    free(streamed->said);
    staging_destroy(&streamed->staging);
    frame_free(&streamed->reference);
    frame_free(&streamed->empty);
    frame_free(&streamed->frame);
    free(streamed);
}

static bool fill(streamed *streamed, error *error)
{
    const options *options = streamed->options;
    ipc_album *album = &streamed->album;
    if (!ipc_album_open(album, error) ||
        (options->reference && !frame_file_read_color(options->reference, options->channels, options->channel_count,
                                                      &streamed->reference, error)))
        return false;
    for (int i = 0; i < album->count; i++)
        album->entries[i].seen = album->entries[i].version;
    streamed->server = ipc_server_open(options->ipc, error);
    return streamed->server && make_empty(streamed, error);
}

static void *open_server(const options *options, error *error)
{
    streamed *streamed = calloc(1, sizeof *streamed);
    if (!streamed) {
        error_set(error, "not enough memory");
        return NULL;
    }
    streamed->options = options;
    streamed->album.reading = (source_options){.paths = options->paths,
                                               .path_count = options->path_count,
                                               .reference = options->reference,
                                               .channels = options->channels,
                                               .channel_count = options->channel_count,
                                               .strict = options->strict};
    if (fill(streamed, error))
        return streamed;
    close_all(streamed);
    return NULL;
}

static bool start(void *self, const device *device, view *view, error *error)
{
    (void)view, (void)error;
    ((streamed *)self)->staging.device = device;
    return true;
}

/* ---- What comes -------------------------------------------------------------------------------------------------- */

/* On stderr, and for the user in front of a window. */
static void say(streamed *streamed, const char *prefix, const error *error)
{
    if (strcmp(error->message, streamed->last.message) == 0)
        return;
    streamed->last = *error;
    free(streamed->said);
    if (asprintf(&streamed->said, "%s%s", prefix, error->message) < 0)
        streamed->said = NULL;
    if (streamed->said)
        fprintf(stderr, "wfview: warning: %s\n", streamed->said);
}

static void note_gone(streamed *streamed, const ipc_event *event)
{
    for (int i = 0; i < streamed->album.count; i++)
        if (streamed->album.entries[i].client == event->client)
            streamed->album.entries[i].gone_ns = profiler_now();
    *streamed->last.message = '\0'; /* which another client is told, too */
    if (*event->error.message)
        say(streamed, "--ipc: ", &event->error);
}

/* Takes in one thing; false: there is nothing more. */
static bool take_in(streamed *streamed)
{
    ipc_event event;
    error error = {""};
    ipc_server_next(streamed->server, &event);
    if (event.kind == IPC_GONE)
        note_gone(streamed, &event);
    if (event.kind == IPC_RECEIVED && !ipc_album_take(&streamed->album, event.packet, event.client, &error))
        say(streamed, "--ipc: ", &error);
    return event.kind != IPC_NOTHING;
}

static void listen_to(void *self)
{
    const int64_t begin = profiler_now();
    while (take_in(self) && profiler_now() - begin < LISTEN_NS)
        ;
}

static void offer(void *self, const char *path)
{
    streamed *streamed = self;
    ipc_packet packet = {.operation = IPC_OPEN, .grab_focus = true, .name = path};
    error error = {""};
    if (!ipc_album_take(&streamed->album, &packet, 0, &error))
        say(streamed, "", &error);
}

static bool has_come(const void *self)
{
    return ipc_server_wait(((const streamed *)self)->server, 0);
}

/* ---- Headless: whole images -------------------------------------------------------------------------------------- */

static bool is_whole(const ipc_entry *entry)
{
    return entry->is_closed || entry->source || (entry->gone_ns && profiler_now() - entry->gone_ns > REST_NS);
}

/* The first image that is whole becomes the current one; false: none is. */
static bool take_whole(streamed *streamed, error *error)
{
    int index = 0;
    while (index < streamed->album.count && !is_whole(&streamed->album.entries[index]))
        index++;
    if (index == streamed->album.count)
        return false;
    char **names = realloc(streamed->names, sizeof *names * (size_t)(streamed->taken + 1));
    streamed->names = names ? names : streamed->names;
    char *name = names ? strdup(streamed->album.entries[index].name) : NULL;
    if (!name)
        return error_set(error, "not enough memory for the images' names");
    ipc_entry_free(&streamed->current);
    streamed->current = ipc_album_move(&streamed->album, index);
    names[streamed->taken++] = name;
    return true;
}

static int wanted(const streamed *streamed)
{
    return streamed->options->frames ? streamed->options->frames : 1;
}

static bool await_whole(void *self, int index, error *error)
{
    streamed *streamed = self;
    const int seconds = streamed->options->ipc_wait;
    const int64_t end = profiler_now() + (int64_t)seconds * NS;
    *error->message = '\0';
    while (index >= streamed->taken) {
        while (!take_whole(streamed, error) && !*error->message && take_in(streamed))
            ;
        if (*error->message)
            return false;
        if (index < streamed->taken)
            break;
        if (profiler_now() > end)
            return error_set(error, "--ipc %s: no whole image came within %d s (--ipc-wait), after %d of %d",
                             streamed->options->ipc, seconds, streamed->taken, wanted(streamed));
        ipc_server_wait(streamed->server, WAIT_SECONDS);
    }
    return true;
}

/* ---- In a window: images come and go ----------------------------------------------------------------------------- */

static int count_seen(const streamed *streamed)
{
    int seen = 0;
    for (int i = 0; i < streamed->album.count; i++)
        seen += streamed->album.entries[i].seen != 0;
    return seen;
}

static bool tell_sentence(streamed *streamed, feed_news *news)
{
    if (!streamed->said)
        return false;
    snprintf(streamed->told, sizeof streamed->told, "%s", streamed->said);
    free(streamed->said);
    streamed->said = NULL;
    *news = (feed_news){.kind = FEED_SAID, .words = streamed->told};
    return true;
}

/* In the order of the entries, so that those that were told of are the first ones. */
static bool tell(void *self, feed_news *news)
{
    streamed *streamed = self;
    ipc_album *album = &streamed->album;
    for (int i = 0; i < album->count; i++) {
        ipc_entry *entry = &album->entries[i];
        const bool was_seen = entry->seen;
        if (entry->is_closed) {
            ipc_album_remove(album, i);
            *news = (feed_news){.kind = FEED_REMOVED, .index = i};
            if (was_seen)
                return true;
            i--;
        } else if (entry->seen != entry->version) {
            *news = (feed_news){.kind = was_seen ? FEED_CHANGED : FEED_ADDED,
                                .index = i,
                                .is_first = !was_seen && count_seen(streamed) == 0,
                                .wants_focus = entry->wants_focus};
            entry->seen = entry->version;
            entry->wants_focus = false;
            return true;
        }
    }
    return tell_sentence(streamed, news);
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

/* NULL: none, there is only what stands for a frame. */
static const ipc_entry *entry_of(const streamed *streamed, int index)
{
    if (streamed->options->headless)
        return index == streamed->taken - 1 ? &streamed->current : NULL;
    return index < count_seen(streamed) ? &streamed->album.entries[index] : NULL;
}

static bool add_reference(const streamed *streamed, frame *frame, error *error)
{
    const struct frame *reference = &streamed->reference;
    image *layer = &frame->layers[FRAME_REFERENCE];
    if (!reference->path)
        return true;
    if (!frame_covers(reference, frame))
        return frame_refuse(reference, "the reference has ", frame, error);
    frame->origins[FRAME_REFERENCE] = strdup(reference->origins[FRAME_REFERENCE]);
    return frame_cut(reference, FRAME_REFERENCE, frame, layer) ||
           error_set(error, "%s: not enough memory for %dx%d pixels", reference->path, frame->width, frame->height);
}

/* As it is now: of an image, in streamed->frame. NULL and *error. */
static const frame *read_entry(streamed *streamed, const ipc_entry *entry, error *error)
{
    if (entry->source)
        return source_get(entry->source, entry->frame, error);
    if (streamed->version == entry->version)
        return &streamed->frame;
    streamed->version = 0;
    frame_free(&streamed->frame);
    if (!ipc_album_read(&streamed->album, entry, &streamed->frame, error) ||
        !add_reference(streamed, &streamed->frame, error) ||
        (streamed->options->strict && !frame_is_sound(&streamed->frame, error)))
        return NULL;
    streamed->version = entry->version;
    return &streamed->frame;
}

static bool get(void *self, int index, const view *view, feed_frame *frame, error *error)
{
    streamed *streamed = self;
    const ipc_entry *entry = entry_of(streamed, index);
    (void)view;
    const struct frame *read = entry ? read_entry(streamed, entry, error) : &streamed->empty;
    if (!read)
        return false;
    *frame = (feed_frame){.width = read->width,
                          .height = read->height,
                          .recorded = read,
                          .is_none = !entry,
                          .input = staging_input(&streamed->staging, read, entry ? (int)entry->version : 0)};
    return true;
}

/* What in a window has to fit a frame is opened once there is one. */
static bool waits(const options *options)
{
    return options->weights || options->pixel_count > 0 || options->region.width > 0;
}

static bool inspect(void *self, int *width, int *height, bool *has_guides, error *error)
{
    streamed *streamed = self;
    const options *options = streamed->options;
    if (options->headless && !await_whole(streamed, 0, error))
        return false;
    while (!options->headless && waits(options) && streamed->album.count == 0) {
        ipc_server_wait(streamed->server, WAIT_SECONDS);
        take_in(streamed);
    }
    const frame *read = NULL;
    if (options->headless)
        read = read_entry(streamed, &streamed->current, error);
    for (int i = 0; !options->headless && !read && i < streamed->album.count; i++)
        read = read_entry(streamed, &streamed->album.entries[i], error);
    if (!read && (options->headless || streamed->album.count > 0))
        return false;
    read = read ? read : &streamed->empty;
    *width = read->width;
    *height = read->height;
    *has_guides = read->layers[FRAME_REFERENCE].pixels || read->layers[FRAME_ALBEDO].pixels;
    return true;
}

static bool is_outdated(void *self, int index)
{
    const ipc_entry *entry = entry_of(self, index);
    return entry && entry->source && source_is_outdated(entry->source, entry->frame);
}

static void reload(void *self, int index)
{
    streamed *streamed = self;
    if (streamed->options->headless || !entry_of(self, index))
        return;
    ipc_entry *entry = &streamed->album.entries[index];
    if (entry->source) {
        source_reload(entry->source, entry->frame);
        entry->seen = entry->version = ++streamed->album.versions;
    }
}

static bool is_ready(void *self, int index)
{
    const ipc_entry *entry = entry_of(self, index);
    error error = {0};
    return !entry || !entry->source || source_poll(entry->source, entry->frame, &error) || *error.message;
}

static bool has_more(const void *self, const view *view)
{
    (void)self;
    return view->continuous;
}

/* ---- What there is to say ---------------------------------------------------------------------------------------- */

static int count(const void *self)
{
    const streamed *streamed = self;
    const int seen = count_seen(streamed);
    return streamed->options->headless ? wanted(streamed) : seen > 0 ? seen : 1;
}

static const char *path(const void *self, int index)
{
    streamed *streamed = (struct streamed *)self;
    if (streamed->options->headless && index < streamed->taken)
        return streamed->names[index];
    if (streamed->options->headless) {
        snprintf(streamed->label, sizeof streamed->label, "%d of --ipc", index + 1);
        return streamed->label;
    }
    return entry_of(streamed, index) ? streamed->album.entries[index].name : streamed->empty.path;
}

static feed_origin get_origin(const void *self, int index)
{
    streamed *streamed = (struct streamed *)self;
    const ipc_entry *entry = entry_of(streamed, index);
    if (!entry)
        return (feed_origin){0};
    if (entry->source)
        return (feed_origin){.file = entry->name};
    streamed->planes = ipc_entry_planes(entry);
    return (feed_origin){.planes = &streamed->planes};
}

static void describe(void *self, feed_facts *facts)
{
    const streamed *streamed = self;
    facts->rate = FEED_RATE;
    facts->loaded = count(streamed);
    if (streamed->album.given) {
        const int waiting = source_count(streamed->album.given) - source_loaded(streamed->album.given);
        facts->warnings = source_warnings(streamed->album.given);
        facts->loaded = facts->loaded > waiting ? facts->loaded - waiting : 0;
    }
    facts->is_repeatable = !streamed->options->headless;
}

const feed_source feed_streamed = {
    .is_asked_for = is_asked_for,
    .open = open_server,
    .start = start,
    .close = close_all,
    .count = count,
    .path = path,
    .get_origin = get_origin,
    .describe = describe,
    .inspect = inspect,
    .is_ready = is_ready,
    .has_more = has_more,
    .is_outdated = is_outdated,
    .reload = reload,
    .listen = listen_to,
    .offer = offer,
    .tell = tell,
    .has_come = has_come,
    .await = await_whole,
    .get = get,
};
