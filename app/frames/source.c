#include "source.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "app/files/frame_file.h"
#include "app/viewer/profiler.h"
#include "reference.h"
#include "sequence.h"

#define DEFAULT_BUDGET (1LL << 30)
#define NOTHING        (-1)
#define REST_SECONDS   0.3 /* that nothing was written to a file, for it to count as whole */

typedef enum entry_state { ENTRY_ABSENT, ENTRY_LOADED, ENTRY_FAILED } entry_state;

/* Of a file, to notice that it is another one. */
typedef struct stamp {
    struct timespec modified;
    off_t size;
    ino_t number;
} stamp;

typedef struct entry {
    entry_state state;
    stamp stamp;      /* of the file before it was read */
    source_load load; /* that was not taken; 0, 0: none */
    frame frame;      /* while loaded; its reference is not its own where it is the shared one */
    long long bytes;  /* of the frame's own pixels */
    error *failure;
} entry;

struct source {
    sequence sequence;
    const char *const *channels;
    int channel_count;
    bool strict;
    const char *shared_path; /* of the reference for every frame, or NULL */
    const char *references;  /* where each frame has its own, or NULL: beside it */
    frame shared;            /* that reference, once loaded; the loading thread's */
    long long budget;

    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool stop;
    entry *entries;
    int cursor;               /* the frame asked for last: those after it are needed next */
    int urgent;               /* a frame that is waited for, or NOTHING */
    int pinned[2];            /* the last two frames handed out, or NOTHING */
    long long bytes, largest; /* of loaded frames, and of the largest frame so far */
};

/* ---- Loading one frame, without the mutex ------------------------------------------------------------------------ */

/* "R,G,B of PLACE"; to be freed. NULL: no memory. */
static char *name_origin(const char *channels, const char *place)
{
    char *origin = NULL;
    return channels && asprintf(&origin, "%s of %s", channels, place) >= 0 ? origin : NULL;
}

/* Gives a frame the reference's pixels where it is, which are the frame's own unless all frames
   share them and have its size. */
static bool add_reference(const source *source, const frame *reference, const char *place, frame *frame, error *error)
{
    image *layer = &frame->layers[FRAME_REFERENCE];
    if (source->strict && !frame_is_sound(reference, error))
        return false;
    if (!frame_covers(reference, frame))
        return frame_refuse(reference, "the reference has ", frame, error);
    frame->origins[FRAME_REFERENCE] = name_origin(reference->origins[FRAME_REFERENCE], place);
    if (!frame_add_damage(frame, reference->damage))
        return error_set(error, "%s: not enough memory", frame->path);
    if (reference == &source->shared && reference->width == frame->width && reference->height == frame->height) {
        *layer = reference->layers[FRAME_REFERENCE];
        return true;
    }
    return frame_cut(reference, FRAME_REFERENCE, frame, layer) ||
           error_set(error, "%s: not enough memory for %dx%d pixels", reference->path, frame->width, frame->height);
}

static bool add_shared_reference(source *source, frame *frame, error *error)
{
    if (!source->shared.layers[FRAME_REFERENCE].pixels &&
        !frame_file_read_color(source->shared_path, source->channels, source->channel_count, &source->shared, error))
        return false;
    return add_reference(source, &source->shared, source->shared_path, frame, error);
}

static bool add_own_reference(const source *source, frame *frame, error *error)
{
    struct frame reference;
    char place[REFERENCE_PLACE], *path = reference_find(source->references, frame->path, place);
    if (!path)
        return true;
    bool added = frame_file_read_color(path, source->channels, source->channel_count, &reference, error);
    if (added) {
        added = add_reference(source, &reference, place, frame, error);
        frame_free(&reference);
    }
    free(path);
    return added;
}

static bool has_shared_reference(const source *source, const frame *frame)
{
    const float *pixels = frame->layers[FRAME_REFERENCE].pixels;
    return pixels && pixels == source->shared.layers[FRAME_REFERENCE].pixels;
}

static void discard(const source *source, frame *frame)
{
    if (has_shared_reference(source, frame))
        frame->layers[FRAME_REFERENCE].pixels = NULL;
    frame_free(frame);
}

static bool load(source *source, int index, frame *frame, error *error)
{
    if (!frame_file_read(source->sequence.paths[index], source->channels, source->channel_count, frame, error))
        return false;
    bool accepted = !source->strict || frame_is_sound(frame, error);
    if (accepted &&
        (source->shared_path ? add_shared_reference(source, frame, error) : add_own_reference(source, frame, error)))
        return true;
    discard(source, frame);
    return false;
}

static long long bytes_of(const source *source, const frame *frame)
{
    long long bytes = 0;
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++) {
        const image *image = &frame->layers[layer];
        if (image->pixels && (layer != FRAME_REFERENCE || !has_shared_reference(source, frame)))
            bytes += (long long)image->width * image->height * image->channels * (long long)sizeof(float);
    }
    return bytes;
}

/* Zeroed where there is no such file. */
static stamp stamp_of(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return (stamp){0};
    return (stamp){status.st_mtim, status.st_size, status.st_ino};
}

static bool same_stamp(const stamp *a, const stamp *b)
{
    return a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec &&
           a->size == b->size && a->number == b->number;
}

/* It was not written to just now. */
static bool rests(const stamp *stamp)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const double age =
        (double)(now.tv_sec - stamp->modified.tv_sec) + 1e-9 * (double)(now.tv_nsec - stamp->modified.tv_nsec);
    return age < 0 || age > REST_SECONDS;
}

/* ---- What to keep and what to load next, under the mutex --------------------------------------------------------- */

/* How many frames are needed before this one, playing on from the cursor and around. */
static int distance(const source *source, int index)
{
    int count = source->sequence.count;
    return (index - source->cursor + count) % count;
}

static bool is_pinned(const source *source, int index)
{
    return index == source->pinned[0] || index == source->pinned[1];
}

static void evict(source *source, int index)
{
    entry *entry = &source->entries[index];
    source->bytes -= entry->bytes;
    discard(source, &entry->frame);
    entry->state = ENTRY_ABSENT;
}

/* Drops frames that are needed later than `index`, last ones first, until one more fits the budget. */
static bool make_room(source *source, int index)
{
    while (source->bytes + source->largest > source->budget) {
        int victim = NOTHING, farthest = distance(source, index);
        for (int i = 0; i < source->sequence.count; i++) {
            if (source->entries[i].state == ENTRY_LOADED && !is_pinned(source, i) && distance(source, i) > farthest) {
                victim = i;
                farthest = distance(source, i);
            }
        }
        if (victim == NOTHING)
            return false;
        evict(source, victim);
    }
    return true;
}

/* The frame to load now, with room made for it, or NOTHING. */
static int choose(source *source)
{
    int urgent = source->urgent;
    if (urgent != NOTHING && source->entries[urgent].state == ENTRY_ABSENT) {
        make_room(source, urgent); /* one that is waited for is loaded even beyond the budget */
        return urgent;
    }
    for (int ahead = 0; ahead < source->sequence.count; ahead++) {
        int index = (source->cursor + ahead) % source->sequence.count;
        if (source->entries[index].state == ENTRY_ABSENT)
            return make_room(source, index) ? index : NOTHING;
    }
    return NOTHING;
}

static void store(source *source, int index, const frame *frame, const error *failure)
{
    entry *entry = &source->entries[index];
    if (failure) {
        entry->state = ENTRY_FAILED;
        entry->failure = malloc(sizeof *failure);
        if (entry->failure)
            *entry->failure = *failure;
        return;
    }
    entry->state = ENTRY_LOADED;
    entry->frame = *frame;
    entry->bytes = bytes_of(source, frame);
    source->bytes += entry->bytes;
    if (entry->bytes > source->largest)
        source->largest = entry->bytes;
}

static void *run(void *user)
{
    source *source = user;
    pthread_mutex_lock(&source->mutex);
    while (!source->stop) {
        int index = choose(source);
        if (index == NOTHING) {
            pthread_cond_wait(&source->changed, &source->mutex);
            continue;
        }
        frame frame;
        error error = {""};
        pthread_mutex_unlock(&source->mutex);
        const stamp stamp = stamp_of(source->sequence.paths[index]);
        source_load when = {.begin_ns = profiler_now()};
        bool loaded = load(source, index, &frame, &error);
        when.end_ns = profiler_now();
        pthread_mutex_lock(&source->mutex);
        store(source, index, &frame, loaded ? NULL : &error);
        source->entries[index].stamp = stamp;
        source->entries[index].load = when;
        pthread_cond_broadcast(&source->changed);
    }
    pthread_mutex_unlock(&source->mutex);
    return NULL;
}

/* ---- The interface ----------------------------------------------------------------------------------------------- */

static void destroy(source *source)
{
    for (int i = 0; source->entries && i < source->sequence.count; i++) {
        discard(source, &source->entries[i].frame);
        free(source->entries[i].failure);
    }
    free(source->entries);
    frame_free(&source->shared);
    sequence_free(&source->sequence);
    pthread_mutex_destroy(&source->mutex);
    pthread_cond_destroy(&source->changed);
    free(source);
}

/* Frames without one are compared with nothing, which is said. */
static bool find_references(source *source, error *error)
{
    sequence *sequence = &source->sequence;
    char *lacking, *all = NULL;
    if (!reference_check(source->references, sequence->paths, sequence->count, &lacking, error))
        return false;
    if (lacking && asprintf(&all, "%s%s", sequence->warnings ? sequence->warnings : "", lacking) >= 0) {
        free(sequence->warnings);
        sequence->warnings = all;
    }
    free(lacking);
    return true;
}

static bool start(source *source, const source_options *options, error *error)
{
    for (int i = 0; i < options->path_count; i++)
        if (!sequence_add(&source->sequence, options->paths[i], error))
            return false;
    if (!find_references(source, error))
        return false;
    source->entries = calloc((size_t)source->sequence.count, sizeof *source->entries);
    if (!source->entries)
        return error_set(error, "not enough memory for %d frames", source->sequence.count);
    return pthread_create(&source->thread, NULL, run, source) == 0 ||
           error_set(error, "cannot start a thread to load %d frames", source->sequence.count);
}

source *source_open(const source_options *options, error *error)
{
    source *source = calloc(1, sizeof *source);
    if (!source) {
        error_set(error, "not enough memory");
        return NULL;
    }
    source->channels = options->channels;
    source->channel_count = options->channel_count;
    source->strict = options->strict;
    const bool is_shared = reference_kind_of(options->reference) == REFERENCE_SHARED;
    source->shared_path = is_shared ? options->reference : NULL;
    source->references = is_shared ? NULL : options->reference;
    source->budget = options->memory_budget ? options->memory_budget : DEFAULT_BUDGET;
    source->urgent = source->pinned[0] = source->pinned[1] = NOTHING;
    pthread_mutex_init(&source->mutex, NULL);
    pthread_cond_init(&source->changed, NULL);
    if (start(source, options, error))
        return source;
    destroy(source);
    return NULL;
}

void source_close(source *source)
{
    if (!source)
        return;
    pthread_mutex_lock(&source->mutex);
    source->stop = true;
    pthread_cond_broadcast(&source->changed);
    pthread_mutex_unlock(&source->mutex);
    pthread_join(source->thread, NULL);
    destroy(source);
}

int source_count(const source *source)
{
    return source->sequence.count;
}

const char *source_warnings(const source *source)
{
    return source->sequence.warnings;
}

int source_loaded(source *source)
{
    int loaded = 0;
    pthread_mutex_lock(&source->mutex);
    for (int i = 0; i < source->sequence.count; i++)
        loaded += source->entries[i].state == ENTRY_LOADED;
    pthread_mutex_unlock(&source->mutex);
    return loaded;
}

const char *source_path(const source *source, int index)
{
    return source->sequence.paths[index];
}

static const frame *request(source *source, int index, bool wait, error *error)
{
    entry *entry = &source->entries[index];
    *error->message = '\0';
    pthread_mutex_lock(&source->mutex);
    source->cursor = source->urgent = index;
    if (wait || entry->state == ENTRY_LOADED) {
        source->pinned[0] = source->pinned[1];
        source->pinned[1] = index;
    }
    pthread_cond_broadcast(&source->changed);
    while (wait && entry->state == ENTRY_ABSENT)
        pthread_cond_wait(&source->changed, &source->mutex);
    const frame *frame = entry->state == ENTRY_LOADED ? &entry->frame : NULL;
    if (entry->state == ENTRY_FAILED)
        error_set(error, "%s", entry->failure ? entry->failure->message : "not enough memory");
    pthread_mutex_unlock(&source->mutex);
    return frame;
}

const frame *source_get(source *source, int index, error *error)
{
    return request(source, index, true, error);
}

const frame *source_poll(source *source, int index, error *error)
{
    return request(source, index, false, error);
}

bool source_take_load(source *source, int index, source_load *load)
{
    entry *entry = &source->entries[index];
    pthread_mutex_lock(&source->mutex);
    *load = entry->load;
    entry->load = (source_load){0};
    pthread_mutex_unlock(&source->mutex);
    return load->end_ns > 0;
}

bool source_is_outdated(source *source, int index)
{
    const stamp now = stamp_of(source->sequence.paths[index]);
    const entry *entry = &source->entries[index];
    pthread_mutex_lock(&source->mutex);
    const bool outdated = entry->state != ENTRY_ABSENT && !same_stamp(&now, &entry->stamp);
    pthread_mutex_unlock(&source->mutex);
    return outdated && now.number && rests(&now);
}

void source_reload(source *source, int index)
{
    entry *entry = &source->entries[index];
    pthread_mutex_lock(&source->mutex);
    if (entry->state == ENTRY_LOADED)
        evict(source, index);
    free(entry->failure);
    entry->failure = NULL;
    entry->state = ENTRY_ABSENT;
    pthread_cond_broadcast(&source->changed);
    pthread_mutex_unlock(&source->mutex);
}
