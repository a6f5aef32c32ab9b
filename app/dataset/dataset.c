#include "dataset.h"

#include <limits.h>
#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/dataset/scenes/random_scene.h"
#include "app/interrupt.h"
#include "app/trace/render.h"
#include "record.h"

#define LANES           3  /* that render: one uploads and another packs while the third's pictures are traced */
#define MAX_MAKERS      32 /* threads that make scenes */
#define SPARE_JOBS      12 /* made or rendered, that wait: for a disk, or a scene that took long */
#define MAX_JOBS        (MAX_MAKERS + LANES + SPARE_JOBS)
#define LARGEST_BLOCK   (1 << 25) /* that glibc keeps */
#define PART_SAMPLES    256       /* of a reference between two looks at whether to stop */
#define REPORT_SECONDS  10        /* between lines of progress where stderr is no terminal */
#define TERMINAL_REPORT 0.5

typedef enum job_state { JOB_FREE, JOB_MADE, JOB_RENDERED } job_state;

/* A pair on its way: number i is in job i % job_count. */
typedef struct job {
    job_state state;
    random_scene scene; /* while made */
    dataset_pair pair;  /* while rendered: this, or its record */
    uint8_t *record;
} job;

typedef struct pipeline {
    dataset_settings settings;
    bool keeps_records; /* else frames */
    assets assets;
    device device;
    pthread_mutex_t mutex; /* guards all that follows */
    pthread_cond_t changed;
    job jobs[MAX_JOBS];
    int job_count;
    int next_made, next_rendered, next_written; /* pairs that a thread takes next */
    int end;                                    /* behind the last */
    double making, waiting;                     /* seconds: of makers at scenes, of lanes for them */
    bool stop;
    error error; /* the first */
} pipeline;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* ---- What all threads share -------------------------------------------------------------------------------------- */

static job *job_of(pipeline *pipeline, int index)
{
    return &pipeline->jobs[index % pipeline->job_count];
}

static void fail(pipeline *pipeline, const error *error)
{
    pthread_mutex_lock(&pipeline->mutex);
    if (!pipeline->stop)
        pipeline->error = *error;
    pipeline->stop = true;
    pthread_cond_broadcast(&pipeline->changed);
    pthread_mutex_unlock(&pipeline->mutex);
}

static bool is_stopped(pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->mutex);
    bool stop = pipeline->stop;
    pthread_mutex_unlock(&pipeline->mutex);
    return stop;
}

/* *sum is one of the pipeline's. */
static void set_state(pipeline *pipeline, job *job, job_state state, double *sum, double seconds)
{
    pthread_mutex_lock(&pipeline->mutex);
    job->state = state;
    *sum += seconds;
    pthread_cond_broadcast(&pipeline->changed);
    pthread_mutex_unlock(&pipeline->mutex);
}

static void free_rendered(job *job)
{
    dataset_pair_free(&job->pair);
    free(job->record);
    job->record = NULL;
}

/* ---- Scenes ------------------------------------------------------------------------------------------------------ */

/* Takes the next scene's number, once its job is free; -1: there is nothing more to do. */
static int take_to_make(pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->mutex);
    int index = pipeline->next_made < pipeline->end ? pipeline->next_made++ : -1;
    while (index >= 0 && !pipeline->stop && index >= pipeline->next_written + pipeline->job_count)
        pthread_cond_wait(&pipeline->changed, &pipeline->mutex);
    index = pipeline->stop ? -1 : index;
    pthread_mutex_unlock(&pipeline->mutex);
    return index;
}

static void *make_scenes(void *user)
{
    pipeline *pipeline = user;
    error error = {0};
    bvh_use_one_thread(); /* there are as many makers as processors */
    for (int index; (index = take_to_make(pipeline)) >= 0;) {
        job *job = job_of(pipeline, index);
        double start = now();
        if (random_scene_create(pipeline->settings.seed, (uint32_t)index, &pipeline->assets, &job->scene, &error)) {
            set_state(pipeline, job, JOB_MADE, &pipeline->making, now() - start);
            continue;
        }
        fail(pipeline, &error);
        break;
    }
    return NULL;
}

/* ---- Pictures ---------------------------------------------------------------------------------------------------- */

/* A thread's share of the device, and what renders on it, from the first scene on. */
typedef struct lane {
    pipeline *pipeline;
    device device;
    render render;
} lane;

static int take_to_render(pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->mutex);
    int index = pipeline->next_rendered < pipeline->end ? pipeline->next_rendered++ : -1;
    while (index >= 0 && !pipeline->stop &&
           (index >= pipeline->next_written + pipeline->job_count || job_of(pipeline, index)->state != JOB_MADE))
        pthread_cond_wait(&pipeline->changed, &pipeline->mutex);
    index = pipeline->stop ? -1 : index;
    pthread_mutex_unlock(&pipeline->mutex);
    return index;
}

static bool show_scene(lane *lane, const random_scene *scene, error *error)
{
    const dataset_settings *settings = &lane->pipeline->settings;
    if (lane->render.tracer.device)
        return tracer_set_scene(&lane->render.tracer, &scene->scene, &scene->bvh, error);
    return render_create(&lane->device, &scene->scene, &scene->bvh, TRACER_SAMPLED, (uint32_t)settings->width,
                         (uint32_t)settings->height, &lane->render, error);
}

/* In parts, so that it can be stopped. */
static bool render_reference(lane *lane, tracer_frame wanted, frame *out, error *error)
{
    uint32_t samples = wanted.samples;
    *out = (frame){0};
    for (uint32_t done = 0; done < samples; done += wanted.samples) {
        if (is_stopped(lane->pipeline))
            return error_set(error, "stopped");
        frame_free(out);
        wanted.samples = samples - done < PART_SAMPLES ? samples - done : PART_SAMPLES;
        wanted.first_sample = done;
        wanted.accumulate = done > 0;
        if (!render_frame(&lane->render, &wanted, out, error))
            return false;
    }
    return true;
}

static bool is_finite(const frame *frame)
{
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++) {
        const image *image = &frame->layers[layer];
        size_t count = (size_t)image->width * (size_t)image->height * (size_t)image->channels;
        for (size_t i = 0; i < count; i++)
            if (!isfinite(image->pixels[i]))
                return false;
    }
    return true;
}

static bool refuse_infinite(const dataset_settings *settings, int index, error *error)
{
    return error_set(error, "pair %d of seed %llu: the picture has values that are not finite", index,
                     (unsigned long long)settings->seed);
}

/* What renderers differ in: most follow mirrors and glass for their features, some only perfect ones, some none. */
static float pick_look_through(rng *rng)
{
    static const float roughnesses[] = {TRACER_LOOK_THROUGH, 0, -1};
    return roughnesses[rng_pick(rng, (float[]){0.7f, 0.15f, 0.15f}, 3)];
}

static bool render_buffers(lane *lane, int index, const random_scene *scene, dataset_pair *pair, error *error)
{
    const dataset_settings *settings = &lane->pipeline->settings;
    rng noise = rng_stream(settings->seed, (uint64_t)index, UINT64_MAX);
    tracer_frame wanted = {
        .camera = scene->scene.camera,
        .previous = scene->previous,
        .samples = (uint32_t)settings->spp,
        .max_bounces = TRACER_DEFAULT_BOUNCES,
        .look_through = pick_look_through(&noise),
    };
    wanted.seed = (uint32_t)rng_bits(&noise);
    wanted.pictures = (uint32_t)settings->buffers;
    if (!render_pictures(&lane->render, &wanted, pair->buffers, error))
        return false;
    for (int i = 0; i < settings->buffers; i++)
        if (!is_finite(&pair->buffers[i]))
            return refuse_infinite(settings, index, error);
    wanted.seed = (uint32_t)rng_bits(&noise);
    wanted.pictures = 1;
    wanted.samples = (uint32_t)settings->reference_spp;
    return render_reference(lane, wanted, &pair->clean, error) &&
           (is_finite(&pair->clean) || refuse_infinite(settings, index, error));
}

static bool render_pair(lane *lane, int index, const random_scene *scene, dataset_pair *pair, error *error)
{
    *pair = (dataset_pair){0};
    if (show_scene(lane, scene, error) && render_buffers(lane, index, scene, pair, error))
        return true;
    dataset_pair_free(pair);
    return false;
}

static bool pack(const pipeline *pipeline, int index, job *job, error *error)
{
    job->record = malloc(dataset_record_size(&pipeline->settings));
    if (job->record)
        dataset_pack(&pipeline->settings, (uint32_t)index, &job->pair, job->record);
    dataset_pair_free(&job->pair);
    return job->record || error_set(error, "not enough memory");
}

static bool render_pairs(lane *lane, error *error)
{
    pipeline *pipeline = lane->pipeline;
    double start = now();
    for (int index; (index = take_to_render(pipeline)) >= 0; start = now()) {
        job *job = job_of(pipeline, index);
        double waited = now() - start;
        if (!render_pair(lane, index, &job->scene, &job->pair, error))
            return false;
        if (pipeline->keeps_records && !pack(pipeline, index, job, error))
            return false;
        random_scene_free(&job->scene);
        set_state(pipeline, job, JOB_RENDERED, &pipeline->waiting, waited);
    }
    return true;
}

static void *run_lane(void *user)
{
    lane lane = {.pipeline = user};
    error error = {0};
    bool ok = device_share(&lane.pipeline->device, &lane.device, &error) && render_pairs(&lane, &error);
    render_destroy(&lane.render);
    device_unshare(&lane.device);
    if (!ok)
        fail(lane.pipeline, &error);
    return NULL;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

typedef struct progress {
    int first, count;
    bool terminal;
    double started, reported;
} progress;

static void report(progress *progress, int done)
{
    double time = now(), seconds = time - progress->started;
    bool last = done == progress->count;
    if (!last && time - progress->reported < (progress->terminal ? TERMINAL_REPORT : REPORT_SECONDS))
        return;
    progress->reported = time;
    double rate = (done - progress->first) / fmax(seconds, 1e-9);
    fprintf(stderr, "%s%d of %d pairs, %.2f a second, %.0f s left%s", progress->terminal ? "\r" : "", done,
            progress->count, rate, rate > 0 ? (progress->count - done) / rate : 0,
            progress->terminal && !last ? "   " : "\n");
}

/* What to look at where it goes too slowly. */
static void report_times(pipeline *pipeline, const progress *progress, int done)
{
    pthread_mutex_lock(&pipeline->mutex);
    double making = pipeline->making, waiting = pipeline->waiting;
    pthread_mutex_unlock(&pipeline->mutex);
    fprintf(stderr, "a scene took %.3f s of a thread; the GPU's threads waited %.0f %% of their time for scenes\n",
            making / (done - progress->first), 100 * waiting / LANES / fmax(now() - progress->started, 1e-9));
}

/* Waits until the next pair is rendered. False: stopped, or interrupted. */
static bool wait_for_pair(pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->mutex);
    while (!pipeline->stop && !interrupt_came() && job_of(pipeline, pipeline->next_written)->state != JOB_RENDERED) {
        struct timespec soon;
        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_nsec += 100000000;
        soon.tv_sec += soon.tv_nsec / 1000000000;
        soon.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&pipeline->changed, &pipeline->mutex, &soon);
    }
    bool ready = !pipeline->stop && !interrupt_came();
    pthread_mutex_unlock(&pipeline->mutex);
    return ready;
}

static void write_pairs(pipeline *pipeline, dataset_store *store)
{
    progress progress = {store->done, store->settings.count, isatty(STDERR_FILENO), now(), now()};
    error error = {0};
    while (store->done < store->settings.count && wait_for_pair(pipeline)) {
        job *job = job_of(pipeline, store->settings.first + store->done);
        bool written = job->record ? dataset_store_append(store, job->record, &error)
                                   : dataset_store_write(store, &job->pair, &error);
        free_rendered(job);
        if (!written) {
            fail(pipeline, &error);
            return;
        }
        pthread_mutex_lock(&pipeline->mutex);
        job->state = JOB_FREE;
        pipeline->next_written++;
        pthread_cond_broadcast(&pipeline->changed);
        pthread_mutex_unlock(&pipeline->mutex);
        report(&progress, store->done);
    }
    if (store->done > progress.first)
        report_times(pipeline, &progress, store->done);
    if (interrupt_came() && store->done < store->settings.count) {
        error_set(&error, "interrupted after %d of %d pairs; the same command goes on from there", store->done,
                  store->settings.count);
        fail(pipeline, &error);
    }
}

/* ---- All --------------------------------------------------------------------------------------------------------- */

static int count_makers(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > MAX_MAKERS ? MAX_MAKERS : (int)processors;
}

static bool run_threads(pipeline *pipeline, dataset_store *store, error *error)
{
    pthread_t threads[MAX_MAKERS + LANES];
    int makers = count_makers(), count = 0;
    pipeline->job_count = makers + LANES + SPARE_JOBS;
    for (int i = 0; i < makers + LANES; i++) {
        if (pthread_create(&threads[count], NULL, i < makers ? make_scenes : run_lane, pipeline) == 0) {
            count++;
            continue;
        }
        error_set(error, "cannot start %d threads", makers + LANES);
        fail(pipeline, error);
        break;
    }
    write_pairs(pipeline, store);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < pipeline->job_count; i++) {
        random_scene_free(&pipeline->jobs[i].scene);
        free_rendered(&pipeline->jobs[i]);
    }
    *error = pipeline->error;
    return !pipeline->stop;
}

static bool fill(pipeline *pipeline, dataset_store *store, error *error)
{
    if (store->done == store->settings.count && store->file < 0) {
        fprintf(stderr, "%s: all %d pairs are there\n", store->path, store->done);
        return true;
    }
    pipeline->settings = store->settings;
    pipeline->keeps_records = store->part;
    pipeline->next_made = pipeline->next_rendered = pipeline->next_written = store->settings.first + store->done;
    pipeline->end = store->settings.first + store->settings.count;
    interrupt_hold(); /* until the program ends: what is rendered is written */
    bool ok = run_threads(pipeline, store, error);
    const int messages = pipeline->device.validation_messages;
    if (ok && messages > 0)
        ok = error_set(error, "%d Vulkan validation messages", messages);
    return ok && dataset_store_finish(store, error);
}

/* The store is opened when nothing else is missing, so that a failure leaves none that is empty. */
static bool run(pipeline *pipeline, const options *options, const dataset_settings *settings, error *error)
{
    dataset_store store;
    pipeline->device.number = (uint32_t)options->device;
    if (!assets_load(options->models, options->environments, &pipeline->assets, error) ||
        !device_create_instance(&pipeline->device, NULL, 0, error) ||
        !device_create(&pipeline->device, VK_NULL_HANDLE, error) ||
        !dataset_store_open(options->dataset, settings, &store, error))
        return false;
    bool ok = fill(pipeline, &store, error);
    dataset_store_close(&store);
    return ok;
}

bool dataset_run(const options *options, error *error)
{
    const dataset_settings settings = {
        .seed = options->seed,
        .first = options->first,
        .count = options->count,
        .buffers = options->buffers,
        .width = options->render_width,
        .height = options->render_height,
        .spp = options->spp,
        .reference_spp = options->reference_spp,
    };
    /* Scenes and pictures take and give back the same large blocks over and over: pages that stay need not be cleared
     * anew, by a kernel that lets one thread of a process at it at a time. */
    mallopt(M_MMAP_THRESHOLD, LARGEST_BLOCK);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    pipeline *pipeline = calloc(1, sizeof *pipeline);
    if (!pipeline)
        return error_set(error, "not enough memory");
    pthread_mutex_init(&pipeline->mutex, NULL);
    pthread_cond_init(&pipeline->changed, NULL);
    bool ok = run(pipeline, options, &settings, error);
    device_destroy(&pipeline->device);
    assets_free(&pipeline->assets);
    pthread_mutex_destroy(&pipeline->mutex);
    pthread_cond_destroy(&pipeline->changed);
    free(pipeline);
    return ok;
}
