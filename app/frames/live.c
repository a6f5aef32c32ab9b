/* Live frames: a scene, path-traced into the denoiser's own images.
 *
 * Headless and in measured runs frames are numbered: one is the same picture whenever it is rendered. Otherwise, and
 * where --accumulate is given, a hand steers the camera. Noise then continues one low-discrepancy sequence from frame
 * to frame, and while the camera rests the mean of its frames is kept: as the reference, or in the color's place. The
 * reference shares its samples with the frame it is compared to: of n samples a pixel, the frame's own are the part
 * that the frame cannot be blamed for. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/files/frame_file.h"
#include "app/trace/bvh.h"
#include "app/trace/camera_path.h"
#include "app/trace/tracer.h"
#include "app/view/steer.h"
#include "average.h"
#include "feed_source.h"

#define TURN_SAMPLES 16   /* a pixel, at least, that accumulate between two filtered frames where nobody sees these */
#define MOST_SAMPLES 4096 /* a resting camera accumulates so many a pixel, unless --accumulate says otherwise */

/* What the mean is for. */
typedef enum mean_use { MEAN_UNUSED, MEAN_IS_REFERENCE, MEAN_IS_COLOR } mean_use;

typedef struct live {
    const options *options;
    uint32_t width, height;
    uint32_t triangle_count;
    camera start;     /* the scene's, or the path's first */
    float reach;      /* the length of the scene's diagonal */
    camera_path path; /* count 0: none */
    bool lit_by_sky;  /* since nothing else gives light */
    char *warnings;   /* of opening */

    scene scene; /* until it is on the device */
    bvh bvh;
    tracer tracer;
    average average;
    image reference_pixels; /* of --reference */
    wf_node_image reference;

    bool is_steered;
    camera camera; /* of the next steered frame */
    int index;     /* of the frame got last; -1: none */
    mean_use mean;
    tracer_frame frame;       /* the next, or the one rendered last */
    uint32_t most;            /* samples a pixel that a resting camera accumulates */
    uint32_t turn;            /* samples a pixel of a frame, if there are as many: of several rounds of added */
    uint32_t averaged, added; /* samples a pixel in the mean, and those that the next frame adds */
} live;

/* Towards the sun of a plain sky: a late morning's, from the right behind a camera that looks along -z. */
static const vec3 sun_direction = {0.48f, 0.64f, 0.6f};

_Static_assert(TRACE_COLOR == (int)FRAME_COLOR && TRACE_ALBEDO == (int)FRAME_ALBEDO &&
                   TRACE_NORMAL == (int)FRAME_NORMAL && TRACE_DEPTH == (int)FRAME_DEPTH &&
                   TRACE_MOTION == (int)FRAME_MOTION,
               "the tracer's images are a frame's layers, in their order");

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

static bool set_surroundings(live *live, error *error)
{
    const options *options = live->options;
    environment *environment = &live->scene.environment;
    bool is_dark = options->environment == OPTIONS_SURROUNDINGS_DEFAULT && !live->scene.has_lights;
    live->lit_by_sky = is_dark;
    if (is_dark || options->environment == OPTIONS_SURROUNDINGS_SKY) {
        environment->kind = ENVIRONMENT_SKY;
        environment->sun_direction = sun_direction;
    } else if (options->environment == OPTIONS_SURROUNDINGS_COLOR) {
        environment->kind = ENVIRONMENT_CONSTANT;
        memcpy(environment->color, options->environment_color, sizeof environment->color);
    } else if (options->environment == OPTIONS_SURROUNDINGS_FILE) {
        frame file;
        environment->kind = ENVIRONMENT_IMAGE;
        return frame_file_read_color(options->environment_file, NULL, 0, &file, error) &&
               frame_take_sound(&file, FRAME_REFERENCE, &environment->image, error);
    }
    return true;
}

static bool read_reference(live *live, error *error)
{
    const options *options = live->options;
    frame file;
    if (!options->reference)
        return true;
    image *image = &live->reference_pixels;
    if (!frame_file_read_color(options->reference, options->channels, options->channel_count, &file, error) ||
        !frame_take_sound(&file, FRAME_REFERENCE, image, error))
        return false;
    return (image->width == options->render_width && image->height == options->render_height) ||
           error_set(error, "%s: the reference has %dx%d pixels, live frames have %dx%d (--render-size)",
                     options->reference, image->width, image->height, options->render_width, options->render_height);
}

static bool fill(live *live, error *error)
{
    const options *options = live->options;
    if (!scene_load(options->scene, &live->scene, error) || !set_surroundings(live, error) ||
        (options->camera_path && !camera_path_read(options->camera_path, &live->path, error)) ||
        !read_reference(live, error) || !bvh_build(&live->scene, &live->bvh, error))
        return false;
    live->triangle_count = live->scene.triangle_count;
    live->reach = vec3_length(vec3_subtract(live->scene.maximum, live->scene.minimum));
    live->start = live->path.count > 0 ? camera_path_at(&live->path, 0) : live->scene.camera;
    live->camera = live->start;
    return true;
}

/* What there is to warn of: the scene's own sentences, and one more. */
static bool collect_warnings(live *live, error *error)
{
    static const char dark[] = "it has no light; a plain sky lights it (--environment chooses)\n";
    return asprintf(&live->warnings, "%s%s", live->scene.warnings, live->lit_by_sky ? dark : "") >= 0 ||
           error_set(error, "not enough memory");
}

static void close_scene(void *self)
{
    live *live = self;
    if (live->tracer.device)
        image_destroy(live->tracer.device, &live->reference);
    average_destroy(&live->average);
    tracer_destroy(&live->tracer);
    scene_free(&live->scene);
    bvh_free(&live->bvh);
    image_free(&live->reference_pixels);
    camera_path_free(&live->path);
    free(live->warnings);
    free(live);
}

static bool is_asked_for(const options *options)
{
    return options->scene;
}

static void *open_scene(const options *options, error *error)
{
    live *live = calloc(1, sizeof *live);
    if (!live) {
        error_set(error, "not enough memory");
        return NULL;
    }
    live->options = options;
    live->width = (uint32_t)options->render_width;
    live->height = (uint32_t)options->render_height;
    live->most = options->accumulate ? (uint32_t)options->accumulate : MOST_SAMPLES;
    live->turn = options->accumulate && !options_want_views(options) ? TURN_SAMPLES : 0;
    live->index = -1;
    if (fill(live, error) && collect_warnings(live, error))
        return live;
    close_scene(live);
    return NULL;
}

/* ---- On the device ----------------------------------------------------------------------------------------------- */

static bool upload_reference(live *live, const device *device, error *error)
{
    buffer staging;
    VkCommandBuffer commands = VK_NULL_HANDLE;
    const size_t size = (size_t)live->width * live->height * 4 * sizeof(float);
    const VkBufferImageCopy copy = {.imageSubresource = image_layers, .imageExtent = {live->width, live->height, 1}};
    if (!image_create(device, live->width, live->height, VK_FORMAT_R32G32B32A32_SFLOAT,
                      VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
                      &live->reference, error) ||
        !buffer_create(device, size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, &staging, error))
        return false;
    memcpy(staging.mapped, live->reference_pixels.pixels, size);
    bool ok = commands_allocate(device, 1, &commands, error) && commands_begin(commands, error);
    if (ok) {
        commands_discard(commands, &live->reference.image, 1, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT,
                         VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT);
        vkCmdCopyBufferToImage(commands, staging.handle, live->reference.image, VK_IMAGE_LAYOUT_GENERAL, 1, &copy);
        ok = commands_finish(device, commands, error);
    }
    if (commands)
        vkFreeCommandBuffers(device->handle, device->commands, 1, &commands);
    buffer_destroy(device, &staging);
    return ok;
}

static bool start(void *self, const device *device, view *view, error *error)
{
    live *live = self;
    const options *options = live->options;
    bool is_interactive = !options->headless && options->frames == 0;
    const tracer_features features = options->features == OPTIONS_SAMPLED ? TRACER_SAMPLED : TRACER_FIRST_HIT;
    if (!tracer_create(device, &live->scene, &live->bvh, features, &live->tracer, error) ||
        !tracer_resize(&live->tracer, live->width, live->height, error) ||
        !average_create(device, live->width, live->height, &live->average, error) ||
        (live->reference_pixels.pixels && !upload_reference(live, device, error)))
        return false;
    scene_free(&live->scene);
    bvh_free(&live->bvh);
    image_free(&live->reference_pixels);
    live->is_steered = is_interactive || options->accumulate;
    view->accumulate = options->accumulate;
    view->continuous = is_interactive;
    view->playing = is_interactive && options->camera_path;
    return true;
}

/* ---- Which frame is next ----------------------------------------------------------------------------------------- */

/* Frames of the camera path; a resting camera has any number of them. */
static int count(const void *self)
{
    const live *live = self;
    if (live->path.count == 0)
        return live->options->frames ? live->options->frames : 1;
    double last = live->path.keys[live->path.count - 1].time;
    double frames = floor(last * CAMERA_PATH_RATE + 1e-6) + !live->path.loop;
    return (int)fmin(fmax(frames, 1), 1e6);
}

static camera camera_of(const live *live, int index)
{
    return live->path.count > 0 ? camera_path_at(&live->path, (double)index / CAMERA_PATH_RATE) : live->start;
}

static bool same_camera(const camera *a, const camera *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* The mean has all the samples it may have. */
static bool is_done(const live *live)
{
    return live->averaged + live->added >= live->most;
}

/* The next frame is number `index` of the path. */
static void play(live *live, int index)
{
    uint32_t samples = (uint32_t)live->options->spp;
    live->frame = (tracer_frame){
        .camera = camera_of(live, index),
        .previous = camera_of(live, index > 0 ? index - 1 : 0),
        .first_sample = (uint32_t)index * samples,
        .samples = samples,
        .max_bounces = TRACER_DEFAULT_BOUNCES,
        .look_through = TRACER_LOOK_THROUGH,
    };
    live->averaged = 0;
    live->added = samples;
}

/* The next frame is the steered camera's: with new noise and, where the camera has not moved since, averaged with those
 * before; the frame before again, for another filter, if !go_on or most samples are there. */
static void continue_steered(live *live, bool go_on)
{
    tracer_frame last = live->frame;
    bool is_first = last.samples == 0, rests = !is_first && same_camera(&live->camera, &last.camera);
    live->averaged += live->added;
    if (!rests)
        live->averaged = 0;
    live->added = 0;
    if (rests && (!go_on || is_done(live)))
        return;
    uint32_t left = live->most - live->averaged, samples = (uint32_t)live->options->spp;
    live->added = samples < left ? samples : left;
    live->frame = (tracer_frame){
        .camera = live->camera,
        .previous = is_first ? live->camera : last.camera,
        .first_sample = last.first_sample + last.samples,
        .samples = live->added,
        .max_bounces = TRACER_DEFAULT_BOUNCES,
        .look_through = TRACER_LOOK_THROUGH,
    };
}

static mean_use wanted_mean(const live *live, const view *view)
{
    return !live->is_steered ? MEAN_UNUSED : view->accumulate ? MEAN_IS_COLOR : MEAN_IS_REFERENCE;
}

static bool goes_on(const live *live, const view *view)
{
    return view->continuous || live->options->headless;
}

static bool has_more(const void *self, const view *view)
{
    const live *live = self;
    bool moves = !same_camera(&live->camera, &live->frame.camera) || live->mean != wanted_mean(live, view);
    return moves ||
           (goes_on(live, view) && !view->playing && !is_done(live)); /* a path's frames are all there is of it */
}

static void steer_camera(void *self, const steering *by)
{
    live *live = self;
    steer(&live->camera, by, &live->start, live->reach);
}

/* Noise begins with the first sample. */
static void restart(void *self)
{
    live *live = self;
    live->frame = (tracer_frame){0};
    live->averaged = live->added = 0;
}

/* ---- Tracing ----------------------------------------------------------------------------------------------------- */

static void record_round(live *live, const denoiser_turn *turn)
{
    tracer_render(&live->tracer, turn->commands, turn->slot, &live->frame);
    if (live->mean != MEAN_UNUSED)
        average_record(&live->average, turn, (float)live->added / (float)(live->averaged + live->added),
                       live->mean == MEAN_IS_COLOR);
}

static bool record(void *maker, const denoiser_turn *turn, error *error)
{
    live *live = maker;
    (void)error;
    tracer_bind(&live->tracer, turn->slot, turn->images);
    average_bind(&live->average, turn);
    record_round(live, turn);
    for (uint32_t samples = live->added; samples < live->turn && !is_done(live); samples += live->added) {
        continue_steered(live, true);
        record_round(live, turn);
    }
    return true;
}

static denoiser_input input_of(live *live)
{
    denoiser_input input = {.stage = "trace", .record = record, .maker = live};
    for (int layer = FRAME_COLOR; layer <= FRAME_MOTION; layer++)
        input.has[layer] = true;
    if (live->reference.image)
        input.reference = &live->reference;
    else if (live->mean == MEAN_IS_REFERENCE)
        input.reference = &live->average.mean;
    input.has[FRAME_REFERENCE] = input.reference;
    return input;
}

static bool get(void *self, int index, const view *view, feed_frame *frame, error *error)
{
    live *live = self;
    (void)error;
    live->mean = wanted_mean(live, view);
    if (live->index >= 0 && index != live->index) /* the path has the camera where another of its frames is chosen */
        live->camera = camera_of(live, index);
    live->index = index;
    if (live->is_steered)
        continue_steered(live, goes_on(live, view));
    else
        play(live, index);
    *frame = (feed_frame){.width = (int)live->width,
                          .height = (int)live->height,
                          .is_new = live->is_steered && live->averaged == 0,
                          .input = input_of(live)};
    return true;
}

/* ---- What there is to say ---------------------------------------------------------------------------------------- */

static const char *path(const void *self, int index)
{
    (void)index;
    return ((const live *)self)->options->scene;
}

static bool inspect(void *self, int *width, int *height, bool *has_guides, error *error)
{
    const live *live = self;
    (void)error;
    *width = (int)live->width;
    *height = (int)live->height;
    *has_guides = true;
    return true;
}

static bool is_ready(void *self, int index)
{
    (void)self, (void)index;
    return true;
}

static void describe(void *self, feed_facts *facts)
{
    const live *live = self;
    int mean_samples = (int)(live->averaged + live->added);
    bool is_color = live->mean == MEAN_IS_COLOR,
         is_reference = live->mean == MEAN_IS_REFERENCE && !live->reference.image;
    facts->warnings = live->warnings;
    facts->rate = CAMERA_PATH_RATE;
    facts->loaded = count(live);
    facts->is_repeatable = !live->is_steered;
    facts->color_samples = is_color ? mean_samples : (int)live->frame.samples;
    facts->most_samples = is_color ? (int)live->most : 0;
    facts->reference_samples = is_reference ? mean_samples : 0;
    facts->scene = live->options->scene;
    facts->spp = live->options->spp;
    facts->triangles = (int)live->triangle_count;
}

const feed_source feed_live = {
    .is_asked_for = is_asked_for,
    .open = open_scene,
    .start = start,
    .close = close_scene,
    .count = count,
    .path = path,
    .describe = describe,
    .inspect = inspect,
    .is_ready = is_ready,
    .steer = steer_camera,
    .has_more = has_more,
    .restart = restart,
    .get = get,
};
