#include "viewer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/display/screen.h"
#include "app/files/exr.h"
#include "app/frames/feed.h"
#include "app/gpu/capture.h"
#include "app/view/steer.h"
#include "report.h"
#include "results.h"

#define DEFAULT_KERNEL   11        /* taps a side, for predictors */
#define PLAY_RATE        24        /* recorded frames a second */
#define METRICS_DELAY_NS 150000000 /* the view must rest that long before metrics are computed in a window */
#define IDLE_SECONDS     0.25      /* between pictures while nothing happens */
#define LEAST_SAMPLES    16        /* of a resting camera's reference, before anything is measured against it */
#define SETTLE_PICTURES  4         /* drawn after an event, until what it changed has been read back and laid out */

/* What is known of a frame of the sequence. */
typedef struct frame_state {
    bool shown, has_reference;
    bool captured; /* saved and measured, as far as that was asked for */
    bool has_metrics;
    metrics noisy, gather, splat;
} frame_state;

typedef struct viewer {
    const options *options;
    int64_t started_ns;
    feed feed;
    frame_state *frames;
    weights gather_weights, splat_weights; /* data NULL: none */
    device device;
    window window;
    screen screen;
    capture capture;
    node_log log;
    denoiser denoiser;
    uint64_t slot_pictures[DENOISER_SLOTS]; /* the last picture that reads each slot */
    profiler *kept, *discarded, *times;     /* times: one of the two */
    view view;
    predictor_options applied; /* what the denoiser was told */
    view_context context;
    ui_facts facts;
    ui_layout layout;
    int shown; /* the frame in the denoiser's latest slot; -1: none */
    uint32_t slot;
    float near_inverse, far_inverse; /* of depth, from the first frame that has it, and when live cameras come to rest;
                                        near 0: not known */
    double first_picture_ms;
    int64_t changed_ns;   /* when the picture last changed */
    bool has_moved;       /* the camera of live frames, since near and far were found */
    int measured_samples; /* a pixel, of a resting camera's reference when metrics were computed last */
    bool broken;          /* after a failure of the device nothing more can be drawn */
    char notice[sizeof((error *)0)->message]; /* empty: none */
} viewer;

/* ---- Opening ------------------------------------------------------------------------------------------------------ */

static bool open_device(viewer *viewer, error *error)
{
    const options *options = viewer->options;
    device *device = &viewer->device;
    uint32_t count = 0;
    if (options->headless)
        return device_create_instance(device, NULL, 0, error) && device_create(device, VK_NULL_HANDLE, error);
    if (!window_open((uint32_t)options->width, (uint32_t)options->height, &viewer->window, error))
        return false;
    const char *const *extensions = window_extensions(&count);
    return device_create_instance(device, extensions, count, error) &&
           window_create_surface(&viewer->window, device, error) &&
           device_create(device, viewer->window.surface, error);
}

/* Sentences about a scene, each on a line of its own. */
static void warn_of_scene(const live *live)
{
    const char *name = live->options->scene;
    for (const char *line = live->scene.warnings; *line; line = strchr(line, '\n') + 1)
        fprintf(stderr, "wfview: warning: %s: %.*s\n", name, (int)strcspn(line, "\n"), line);
    if (live->lit_by_sky)
        fprintf(stderr, "wfview: warning: %s: it has no light; a plain sky lights it (--environment chooses)\n", name);
}

static bool open_feed(viewer *viewer, error *error)
{
    const options *options = viewer->options;
    feed *feed = &viewer->feed;
    if (!feed_open(options, feed, error))
        return false;
    bool counts =
        feed->is_live && options->frames && !options->camera_path; /* a resting camera has any number of frames */
    viewer->context.frame_count = counts ? options->frames : feed_count(feed);
    viewer->frames = calloc((size_t)viewer->context.frame_count, sizeof *viewer->frames);
    if (!viewer->frames)
        return error_set(error, "not enough memory for %d frames", viewer->context.frame_count);
    if (feed->is_live)
        warn_of_scene(&feed->live);
    return true;
}

static bool read_weights(viewer *viewer, int image_width, int image_height, error *error)
{
    const options *options = viewer->options;
    if (!options->weights)
        return true;
    int height = options->kernel_height, width = options->kernel_width;
    return weights_read(options->weights, height, width, image_width, image_height, &viewer->gather_weights, error) &&
           (!options->splat_weights || weights_read(options->splat_weights, height, width, image_width, image_height,
                                                    &viewer->splat_weights, error));
}

static void set_up_view(viewer *viewer, bool has_guides)
{
    const options *options = viewer->options;
    viewer->context.has[LAYER_GATHER] = viewer->context.has[LAYER_SPLAT] = true;
    viewer->context.hovered = -1;
    view *view = &viewer->view;
    view->rows = has_guides ? VIEW_ROWS : 1;
    view->solo = -1;
    view->panels = view->fit = true;
    view->backend = options->backend;
    view->predictor.from_files = options->weights;
    view->predictor.mode = options->mode;
    int height = options->kernel_height ? options->kernel_height : DEFAULT_KERNEL;
    int width = options->kernel_width ? options->kernel_width : DEFAULT_KERNEL;
    view->predictor.bilateral = wf_bilateral_default(height, width);
}

/* Live frames: in a window the user has the camera, headless and in measured runs frames are numbered. */
static void set_up_live(viewer *viewer, bool is_interactive)
{
    feed *feed = &viewer->feed;
    view *view = &viewer->view;
    view->accumulate = viewer->options->accumulate;
    view->continuous = is_interactive;
    view->playing = is_interactive && viewer->options->camera_path;
    viewer->context.is_live = true;
    viewer->near_inverse = 1; /* until the first picture tells */
    feed->camera = feed->live.start;
    feed->is_steered = is_interactive || view->accumulate;
    feed->goes_on = true;
}

static const char *base_name(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path;
}

static void notify(viewer *viewer, bool is_warning, const char *notice)
{
    snprintf(viewer->notice, sizeof viewer->notice, "%s", notice);
    viewer->facts.is_warning = is_warning;
}

/* ---- Denoiser ----------------------------------------------------------------------------------------------------- */

static bool weights_fit(const weights *weights, const char *path, int width, int height, error *error)
{
    if (!weights->data || (weights->width == width && weights->height == height))
        return true;
    return error_set(error, "%s: weights for %dx%d pixels do not fit a frame of %dx%d", path, weights->width,
                     weights->height, width, height);
}

static bool set_predictor(viewer *viewer, denoiser *denoiser, error *error)
{
    const weights *splat = viewer->splat_weights.data ? &viewer->splat_weights : NULL;
    if (viewer->view.predictor.from_files) {
        int width = (int)denoiser->width, height = (int)denoiser->height;
        if (!weights_fit(&viewer->gather_weights, viewer->options->weights, width, height, error) ||
            !weights_fit(&viewer->splat_weights, viewer->options->splat_weights, width, height, error))
            return false;
    }
    return denoiser_set_predictor(denoiser, &viewer->view.predictor, &viewer->gather_weights, splat, error);
}

/* What was measured and read back belongs to a filter that is no longer. */
static void forget_results(viewer *viewer)
{
    for (int i = 0; i < viewer->context.frame_count; i++)
        viewer->frames[i].captured = viewer->frames[i].has_metrics = false;
    profiler_reset(viewer->times);
}

/* A new denoiser in the old one's place, which stays where that fails. */
static bool replace_denoiser(viewer *viewer, const denoiser_options *options, error *error)
{
    denoiser denoiser;
    *viewer->log.warning = 0;
    if (!denoiser_create(&viewer->device, options, &viewer->log, &denoiser, error))
        return false;
    if (!set_predictor(viewer, &denoiser, error) || !screen_wait(&viewer->screen, viewer->screen.drawn, error)) {
        denoiser_destroy(&denoiser);
        return false;
    }
    denoiser_destroy(&viewer->denoiser);
    viewer->denoiser = denoiser;
    viewer->shown = -1;
    viewer->view.backend = wf_node_backend(denoiser.node);
    wf_node_get_info(denoiser.node, &viewer->facts.node);
    notify(viewer, true, viewer->log.warning);
    return true;
}

/* Where that fails the former weights are gone too, and are set again. */
static bool change_predictor(viewer *viewer, error *error)
{
    if (set_predictor(viewer, &viewer->denoiser, error))
        return true;
    struct error ignored;
    viewer->view.predictor = viewer->applied;
    viewer->broken = !set_predictor(viewer, &viewer->denoiser, &ignored);
    return false;
}

/* Makes the denoiser what the frame's size and the user ask for. */
static bool fit_denoiser(viewer *viewer, const feed_frame *frame, error *error)
{
    const denoiser *current = &viewer->denoiser;
    denoiser_options options = {
        .automatic = viewer->options->automatic && !current->node,
        .backend = viewer->view.backend,
        .width = (uint32_t)frame->width,
        .height = (uint32_t)frame->height,
    };
    bool has_node = current->node, same_size = current->width == options.width && current->height == options.height;
    bool same_backend = has_node && wf_node_backend(current->node) == options.backend;
    bool same_predictor = memcmp(&viewer->applied, &viewer->view.predictor, sizeof viewer->applied) == 0;
    if (same_size && same_backend && same_predictor)
        return true;
    if (!same_size || !same_backend) {
        if (!replace_denoiser(viewer, &options, error))
            return false;
    } else if (!change_predictor(viewer, error)) {
        return false;
    }
    viewer->applied = viewer->view.predictor;
    if (has_node && !(same_backend && same_predictor))
        forget_results(viewer);
    return true;
}

/* ---- Frames ------------------------------------------------------------------------------------------------------- */

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The range of 1/depth, without its extremes, over about a thousand pixels that have a depth; down to 0 where that is all one
 * depth. */
static void find_depth_range(const image *depth, float *near_inverse, float *far_inverse)
{
    float samples[1024];
    size_t pixels = (size_t)depth->width * (size_t)depth->height, tries = pixels < 1024 ? pixels : 1024, count = 0;
    for (size_t i = 0; i < tries; i++) {
        float value = depth->pixels[i * pixels / tries];
        if (value > 0)
            samples[count++] = 1 / value;
    }
    qsort(samples, count, sizeof *samples, compare_floats);
    *near_inverse = count ? samples[count - 1 - count / 50] : 1;
    *far_inverse = count && samples[count / 50] < *near_inverse ? samples[count / 50] : 0;
}

static void note_frame(viewer *viewer, const feed_frame *frame, int index)
{
    viewer->shown = index;
    viewer->frames[index].shown = true;
    viewer->frames[index].has_reference = frame->input.has[FRAME_REFERENCE];
    bool had_reference = viewer->context.has[FRAME_REFERENCE];
    viewer->context.image_width = frame->width;
    viewer->context.image_height = frame->height;
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++)
        viewer->context.has[layer] = frame->input.has[layer];
    if (viewer->near_inverse == 0 && frame->recorded && frame->recorded->layers[FRAME_DEPTH].pixels)
        find_depth_range(&frame->recorded->layers[FRAME_DEPTH], &viewer->near_inverse, &viewer->far_inverse);
    /* While playing, a reference that only some frames have does not flash up. */
    view_arrange(&viewer->view, viewer->context.has[FRAME_REFERENCE] && (had_reference || !viewer->view.playing));
}

static live_mean wanted_mean(const viewer *viewer)
{
    return !viewer->feed.is_steered  ? LIVE_MEAN_UNUSED
           : viewer->view.accumulate ? LIVE_MEAN_IS_COLOR
                                     : LIVE_MEAN_IS_REFERENCE;
}

/* What the user wants of live frames. The path has the camera where another of its frames is chosen. */
static void ask_for_live(viewer *viewer, int index)
{
    feed *feed = &viewer->feed;
    feed->live.mean = wanted_mean(viewer);
    feed->goes_on = viewer->view.continuous || viewer->options->headless;
    if (index != viewer->shown && viewer->shown >= 0)
        feed->camera = live_camera(&feed->live, index);
}

/* Filters a frame. Where that fails before the device has work, the view stays as it was and can go on. */
static bool filter_frame(viewer *viewer, int index, wf_node_sync *sync, error *error)
{
    feed_frame frame;
    if (viewer->feed.is_live)
        ask_for_live(viewer, index);
    if (!feed_get(&viewer->feed, index, &frame, error) || !fit_denoiser(viewer, &frame, error))
        return false;
    uint32_t slot = denoiser_next_slot(&viewer->denoiser);
    viewer->broken = true;
    if (!screen_wait(&viewer->screen, viewer->slot_pictures[slot], error) ||
        !denoiser_run(&viewer->denoiser, &frame.input, viewer->times, sync, error))
        return false;
    viewer->broken = false;
    panes_bind(&viewer->screen.panes, slot, viewer->denoiser.slots[slot].images);
    viewer->slot = slot;
    viewer->changed_ns = profiler_now();
    note_frame(viewer, &frame, index);
    if (viewer->feed.is_steered && viewer->feed.live.averaged == 0) {
        viewer->has_moved = true;
        viewer->frames[index].has_metrics = viewer->frames[index].captured = false;
    }
    return true;
}

/* Samples a pixel in a live frame's color. */
static int color_samples(const viewer *viewer)
{
    const live *live = &viewer->feed.live;
    return live->mean == LIVE_MEAN_IS_COLOR ? (int)(live->averaged + live->added) : (int)live->frame.samples;
}

/* Samples a pixel in a reference that accumulates; 0: it does not. */
static int reference_samples(const viewer *viewer)
{
    const live *live = &viewer->feed.live;
    bool accumulates = live->mean == LIVE_MEAN_IS_REFERENCE && !live->reference.image;
    return accumulates ? (int)(live->averaged + live->added) : 0;
}

static void gather_facts(viewer *viewer)
{
    const options *options = viewer->options;
    const frame_state *state = &viewer->frames[viewer->shown];
    ui_facts *facts = &viewer->facts;
    facts->frame_name = base_name(feed_path(&viewer->feed, viewer->shown));
    facts->frames_loaded = viewer->feed.is_live ? viewer->context.frame_count : source_loaded(viewer->feed.source);
    facts->file_name = base_name(options->weights);
    facts->kernel_height = viewer->gather_weights.kernel_height;
    facts->kernel_width = viewer->gather_weights.kernel_width;
    facts->color_samples = color_samples(viewer);
    facts->most_samples = viewer->feed.live.mean == LIVE_MEAN_IS_COLOR ? (int)viewer->feed.live.most : 0;
    facts->reference_samples = reference_samples(viewer);
    facts->measured_samples = viewer->measured_samples;
    facts->times = viewer->kept;
    facts->noisy = state->has_metrics ? &state->noisy : NULL;
    facts->gather = state->has_metrics ? &state->gather : NULL;
    facts->splat = state->has_metrics ? &state->splat : NULL;
    facts->has_probe = viewer->context.hovered >= 0 && screen_probe(&viewer->screen, facts->probe);
    facts->notice = *viewer->notice ? viewer->notice : NULL;
    facts->placeholders = options->placeholders;
}

/* Of live frames, whose layers are on the device only. */
static bool read_depth_range(viewer *viewer, error *error)
{
    image pictures[LAYER_COUNT];
    const denoiser *denoiser = &viewer->denoiser;
    if (!capture_layers(&viewer->capture, denoiser->slots[viewer->slot].images, 1u << FRAME_DEPTH, (int)denoiser->width,
                        (int)denoiser->height, pictures, error))
        return false;
    find_depth_range(&pictures[FRAME_DEPTH], &viewer->near_inverse, &viewer->far_inverse);
    return true;
}

/* Draws the view; sync is that of a frame filtered just before, or NULL. */
static bool draw(viewer *viewer, const wf_node_sync *sync, error *error)
{
    screen *screen = &viewer->screen;
    denoiser_collect(&viewer->denoiser, viewer->times);
    gather_facts(viewer);
    if (screen->drawn == 0) /* a first layout, not drawn, in which things find their sizes */
        ui_build(&viewer->facts, &viewer->view, &viewer->context, &viewer->layout);
    ui_build(&viewer->facts, &viewer->view, &viewer->context, &viewer->layout);
    screen_picture picture = {
        .denoiser = &viewer->denoiser,
        .slot = viewer->slot,
        .sync = sync,
        .view = &viewer->view,
        .context = &viewer->context,
        .layout = &viewer->layout,
        .near_inverse = viewer->near_inverse,
        .far_inverse = viewer->far_inverse,
    };
    if (!screen_draw(screen, &picture, viewer->times, error))
        return false;
    viewer->slot_pictures[viewer->slot] = screen->drawn;
    if (screen->drawn > 1)
        return true;
    if (!screen_wait(screen, 1, error))
        return false;
    viewer->first_picture_ms = (double)(profiler_now() - viewer->started_ns) * 1e-6;
    return !viewer->feed.is_live || read_depth_range(viewer, error);
}

/* Filters and draws one frame. */
static bool step(viewer *viewer, int index, error *error)
{
    int64_t begin = profiler_now();
    wf_node_sync sync;
    viewer->view.frame = index;
    if (!screen_fit(&viewer->screen, error) || !filter_frame(viewer, index, &sync, error) ||
        !draw(viewer, &sync, error))
        return false;
    profiler_add(viewer->times, PROFILER_CPU, "frame", begin, profiler_now(), viewer->denoiser.frames);
    return true;
}

/* Waits for all pictures and takes in the times that are still out. */
static bool drain(viewer *viewer, error *error)
{
    if (!screen_wait(&viewer->screen, viewer->screen.drawn, error))
        return false;
    denoiser_collect(&viewer->denoiser, viewer->times);
    screen_collect(&viewer->screen, viewer->times);
    return true;
}

/* ---- Results ------------------------------------------------------------------------------------------------------ */

static bool save(viewer *viewer, const char *name, const image *picture, error *error)
{
    char path[4200];
    results_path(viewer->options, name, viewer->shown, viewer->context.frame_count, path, sizeof path);
    return capture_write(picture, path, error);
}

/* A live frame, as one that is read from a file. */
static bool save_frame(viewer *viewer, const image pictures[LAYER_COUNT], error *error)
{
    char path[4200];
    frame frame = {.width = pictures[FRAME_COLOR].width, .height = pictures[FRAME_COLOR].height};
    memcpy(frame.layers, pictures, sizeof frame.layers);
    results_path(viewer->options, "frame", viewer->shown, viewer->context.frame_count, path, sizeof path);
    return exr_write_frame(path, &frame, error);
}

static bool save_pictures(viewer *viewer, const image pictures[LAYER_COUNT], error *error)
{
    return save(viewer, "gather", &pictures[LAYER_GATHER], error) &&
           save(viewer, "splat", &pictures[LAYER_SPLAT], error) &&
           (!viewer->feed.is_live || save_frame(viewer, pictures, error));
}

/* Reads the shown frame back: measures it against the reference, and saves it if asked to. */
static bool capture_shown(viewer *viewer, bool to_files, error *error)
{
    const denoiser *denoiser = &viewer->denoiser;
    const unsigned compared = 1u << FRAME_COLOR | 1u << FRAME_REFERENCE | 1u << LAYER_GATHER | 1u << LAYER_SPLAT;
    const unsigned layers = to_files ? ~0u : compared;
    image pictures[LAYER_COUNT];
    if (!capture_layers(&viewer->capture, denoiser->slots[viewer->slot].images, layers, (int)denoiser->width,
                        (int)denoiser->height, pictures, error))
        return false;
    frame_state *state = &viewer->frames[viewer->shown];
    const image *reference = &pictures[FRAME_REFERENCE];
    if (reference->pixels && !state->has_metrics) {
        state->noisy = metrics_compare(&pictures[FRAME_COLOR], reference);
        state->gather = metrics_compare(&pictures[LAYER_GATHER], reference);
        state->splat = metrics_compare(&pictures[LAYER_SPLAT], reference);
        state->has_metrics = true;
    }
    state->captured = to_files;
    return !to_files || !viewer->options->save || save_pictures(viewer, pictures, error);
}

static bool wants_capture(const viewer *viewer, int index)
{
    const options *options = viewer->options;
    const frame_state *state = &viewer->frames[index];
    bool shows_metrics = state->has_reference && (options->report || options->screenshot);
    return state->shown && !state->captured && (options->save || shows_metrics);
}

/* Captures the frames that were shown and not captured then, and returns to the one shown last. Steered frames that were
 * shown before are gone. */
static bool capture_rest(viewer *viewer, error *error)
{
    int last = viewer->shown;
    viewer->times = viewer->discarded;
    if (wants_capture(viewer, last) && !capture_shown(viewer, true, error))
        return false;
    for (int i = 0; i < viewer->context.frame_count && !viewer->feed.is_steered; i++)
        if (wants_capture(viewer, i) && (!step(viewer, i, error) || !capture_shown(viewer, true, error)))
            return false;
    return (viewer->shown == last || step(viewer, last, error)) && drain(viewer, error);
}

static bool save_screenshot(viewer *viewer, const char *path, error *error)
{
    return screen_wait(&viewer->screen, viewer->screen.drawn, error) &&
           capture_target(&viewer->capture, &viewer->screen.target, path, error);
}

/* Of whole frames; n is 0 where none was measured. */
static profiler_stats frame_stats(const viewer *viewer)
{
    for (int i = 0; i < profiler_count(viewer->kept); i++) {
        profiler_stats stats = profiler_get(viewer->kept, i);
        if (strcmp(stats.name, "frame") == 0)
            return stats;
    }
    return (profiler_stats){0};
}

static bool write_report(const viewer *viewer, error *error)
{
    const options *options = viewer->options;
    report_metrics *metrics = calloc((size_t)viewer->context.frame_count, sizeof *metrics);
    if (!metrics)
        return error_set(error, "%s: not enough memory for %d frames", options->report, viewer->context.frame_count);
    int count = 0;
    for (int i = 0; i < viewer->context.frame_count; i++) {
        const frame_state *state = &viewer->frames[i];
        if (state->has_metrics)
            metrics[count++] = (report_metrics){feed_path(&viewer->feed, i), state->noisy, state->gather, state->splat};
    }
    const predictor_options *predictor = &viewer->applied;
    bool files = predictor->from_files;
    const weights *weights = &viewer->gather_weights;
    const live *live = &viewer->feed.live;
    const report_live live_facts = {options->scene, options->spp, color_samples(viewer), (int)live->triangle_count};
    bool ok = report_write(options->report,
                           &(report){
                               .live = viewer->feed.is_live ? &live_facts : NULL,
                               .vulkan_device = viewer->device.name,
                               .vulkan_driver = viewer->device.driver,
                               .node = viewer->facts.node,
                               .requested_backend = options->automatic ? "auto" : wf_backend_name(options->backend),
                               .predictor = files ? "file" : "bilateral (analytic)",
                               .mode = wf_mode_name(files ? predictor->mode : WF_NORMALIZED),
                               .kernel_height = files ? weights->kernel_height : predictor->bilateral.kernel_height,
                               .kernel_width = files ? weights->kernel_width : predictor->bilateral.kernel_width,
                               .width = (int)viewer->denoiser.width,
                               .height = (int)viewer->denoiser.height,
                               .frames = (int)frame_stats(viewer).n,
                               .warmup = options->warmup,
                               .slots = DENOISER_SLOTS,
                               .first_picture_ms = viewer->first_picture_ms,
                               .uncertainty_ns = viewer->denoiser.uncertainty_ns,
                               .profiler = viewer->kept,
                               .metrics = metrics,
                               .metrics_count = count,
                           },
                           error);
    free(metrics);
    return ok;
}

static void print_summary(const viewer *viewer)
{
    profiler_stats stats = frame_stats(viewer);
    const wf_device_info *node = &viewer->facts.node;
    printf("%lld frame%s of %dx%d on %s (%s): median %.2f ms, first picture after %.0f ms\n", (long long)stats.n,
           stats.n == 1 ? "" : "s", viewer->context.image_width, viewer->context.image_height,
           wf_backend_name(node->backend), node->name, stats.median_ms, viewer->first_picture_ms);
}

/* One more picture, with all there is to say in it, then the files. */
static bool write_results(viewer *viewer, error *error)
{
    const options *options = viewer->options;
    if (!capture_rest(viewer, error))
        return false;
    if (options->screenshot && (!draw(viewer, NULL, error) || !draw(viewer, NULL, error) ||
                                !save_screenshot(viewer, options->screenshot, error)))
        return false;
    if (options->report && !write_report(viewer, error))
        return false;
    const wf_device_info *node = &viewer->facts.node;
    return !options->trace || profiler_write_trace(viewer->kept, options->trace, wf_backend_name(node->backend),
                                                   viewer->denoiser.uncertainty_ns, error);
}

/* ---- Running ------------------------------------------------------------------------------------------------------ */

/* In a window: takes in what the user did; false to end. */
static bool obey(viewer *viewer, double seconds)
{
    window *window = &viewer->window;
    if (!window->handle)
        return true;
    if (!window_poll(window, seconds))
        return false;
    for (int i = 0; i < window->key_count && !viewer->layout.takes_keys; i++)
        view_key(&viewer->view, &viewer->context, window->keys[i]);
    return !viewer->view.quit;
}

/* Runs frames of the sequence in turn, from the first. capture: reads back in between, which takes time that a run for
 * its times should not take. */
static bool run_frames(viewer *viewer, int count, profiler *times, bool capture, error *error)
{
    viewer->times = times;
    bool goes_on = true;
    for (int i = 0; i < count && goes_on; i++) {
        if (!step(viewer, i % viewer->context.frame_count, error) ||
            (capture && wants_capture(viewer, viewer->shown) && !capture_shown(viewer, true, error)))
            return false;
        goes_on = obey(viewer, 0);
    }
    return drain(viewer, error);
}

/* All samples of a resting camera. */
static bool run_accumulation(viewer *viewer, error *error)
{
    live_restart(&viewer->feed.live);
    viewer->times = viewer->kept;
    bool goes_on = true;
    while (goes_on && !live_is_done(&viewer->feed.live)) {
        if (!step(viewer, 0, error))
            return false;
        goes_on = obey(viewer, 0);
    }
    return drain(viewer, error);
}

static bool run_measured(viewer *viewer, error *error)
{
    const options *options = viewer->options;
    if (options->accumulate)
        return run_frames(viewer, options->warmup, viewer->discarded, false, error) && run_accumulation(viewer, error);
    bool once = options->frames == 0; /* each frame */
    return run_frames(viewer, options->warmup, viewer->discarded, false, error) &&
           run_frames(viewer, once ? viewer->context.frame_count : options->frames, viewer->kept, once, error);
}

/* The frame to show next while playing: the one after, once it is due and loaded. */
static void advance(viewer *viewer, int64_t *due_ns)
{
    int64_t now = profiler_now();
    if (!viewer->view.playing || now < *due_ns)
        return;
    int next = (viewer->view.frame + 1) % viewer->context.frame_count;
    if (feed_is_ready(&viewer->feed, next))
        viewer->view.frame = next;
    int64_t period = 1000000000 / (viewer->feed.is_live ? CAMERA_PATH_RATE : PLAY_RATE);
    *due_ns = now - *due_ns < period ? *due_ns + period : now + period;
}

/* While a path is played, its frames are all there is. */
static bool has_new_noise(const viewer *viewer)
{
    return viewer->view.continuous && !viewer->view.playing && !live_is_done(&viewer->feed.live);
}

static bool needs_filter(const viewer *viewer)
{
    const view *view = &viewer->view;
    const live *live = &viewer->feed.live;
    bool moves = viewer->feed.is_live && (memcmp(&viewer->feed.camera, &live->frame.camera, sizeof live->start) != 0 ||
                                          live->mean != wanted_mean(viewer));
    bool goes_on = viewer->feed.is_live ? has_new_noise(viewer) : view->continuous;
    return moves || goes_on || view->frame != viewer->shown || view->backend != viewer->facts.node.backend ||
           memcmp(&viewer->applied, &view->predictor, sizeof viewer->applied) != 0;
}

static void steer_camera(viewer *viewer)
{
    const live *live = &viewer->feed.live;
    steer(&viewer->feed.camera, &viewer->view.hand, &live->start, live->reach);
    viewer->view.hand = (steering){0};
}

/* Filters if something changed, and draws. What cannot be filtered is said and taken back. */
static bool refresh(viewer *viewer, error *error)
{
    steer_camera(viewer);
    if (!needs_filter(viewer))
        return screen_fit(&viewer->screen, error) && draw(viewer, NULL, error);
    *viewer->notice = 0;
    if (step(viewer, viewer->view.frame, error))
        return true;
    if (viewer->broken || viewer->shown < 0)
        return false;
    notify(viewer, true, error->message);
    viewer->view.frame = viewer->shown;
    viewer->view.backend = viewer->facts.node.backend;
    viewer->view.predictor = viewer->applied;
    viewer->view.playing = false;
    return true;
}

/* What near and far are is found out anew when a live camera has come to rest. */
static bool fit_depth(viewer *viewer, error *error)
{
    if (!viewer->has_moved || viewer->feed.live.averaged == 0)
        return true;
    viewer->has_moved = false;
    return read_depth_range(viewer, error);
}

/* Metrics, once the user has stopped changing things; against a reference that accumulates whenever that has doubled. */
static bool measure_at_rest(viewer *viewer, error *error)
{
    frame_state *state = &viewer->frames[viewer->shown];
    int samples = reference_samples(viewer);
    bool resting = !viewer->view.playing && profiler_now() - viewer->changed_ns > METRICS_DELAY_NS;
    bool grown =
        !viewer->view.playing && samples >= (state->has_metrics ? 2 * viewer->measured_samples : LEAST_SAMPLES);
    bool due = samples > 0 ? grown : resting && !state->has_metrics;
    if (!due || !viewer->context.has[FRAME_REFERENCE])
        return true;
    state->has_metrics = false;
    viewer->measured_samples = samples;
    return capture_shown(viewer, false, error);
}

/* For the P key. */
static void take_screenshot(viewer *viewer)
{
    if (!viewer->view.save_screenshot)
        return;
    const char *path = viewer->options->screenshot ? viewer->options->screenshot : "wfview.png";
    error error;
    bool saved = save_screenshot(viewer, path, &error);
    if (saved)
        error_set(&error, "saved %s", path);
    notify(viewer, !saved, error.message);
    viewer->view.save_screenshot = false;
}

static double seconds_to_wait(const viewer *viewer, int settle, int64_t due_ns)
{
    if (viewer->view.playing)
        return fmax((double)(due_ns - profiler_now()) * 1e-9, 0);
    bool goes_on = viewer->feed.is_live ? has_new_noise(viewer) : viewer->view.continuous;
    return settle > 0 || goes_on ? 0 : IDLE_SECONDS;
}

static bool run_interactively(viewer *viewer, error *error)
{
    int settle = SETTLE_PICTURES;
    int64_t due_ns = 0;
    bool goes_on = true;
    while (goes_on) {
        if (!refresh(viewer, error) || !fit_depth(viewer, error) || !measure_at_rest(viewer, error))
            return false;
        take_screenshot(viewer);
        double seconds = seconds_to_wait(viewer, settle, due_ns);
        int64_t begin = profiler_now();
        goes_on = obey(viewer, seconds);
        bool event = (double)(profiler_now() - begin) * 1e-9 < seconds;
        settle = event ? SETTLE_PICTURES : settle - 1;
        advance(viewer, &due_ns);
    }
    return drain(viewer, error);
}

static bool run(viewer *viewer, error *error)
{
    const options *options = viewer->options;
    bool measures = options->headless || options->frames > 0, has_guides;
    int width, height;
    if (!results_check(options, error) || !open_feed(viewer, error) || !open_device(viewer, error) ||
        !feed_inspect(&viewer->feed, &width, &height, &has_guides, error) ||
        !read_weights(viewer, width, height, error) || !feed_start(&viewer->feed, &viewer->device, error) ||
        !capture_create(&viewer->device, &viewer->capture, error))
        return false;
    set_up_view(viewer, has_guides);
    if (viewer->feed.is_live)
        set_up_live(viewer, !measures);
    window *window = options->headless ? NULL : &viewer->window;
    if (!screen_create(&viewer->device, window, (uint32_t)options->width, (uint32_t)options->height, &viewer->screen,
                       error))
        return false;
    if (!(measures ? run_measured(viewer, error) : run_interactively(viewer, error)) || !write_results(viewer, error))
        return false;
    if (options->headless)
        print_summary(viewer);
    return true;
}

static void close_all(viewer *viewer)
{
    screen_destroy(&viewer->screen);
    denoiser_destroy(&viewer->denoiser);
    capture_destroy(&viewer->capture);
    if (!viewer->options->headless)
        window_close(&viewer->window);
    feed_close(&viewer->feed);
    device_destroy(&viewer->device);
    weights_free(&viewer->gather_weights);
    weights_free(&viewer->splat_weights);
    profiler_destroy(viewer->kept);
    profiler_destroy(viewer->discarded);
    free(viewer->frames);
}

bool viewer_run(const options *options, error *error)
{
    viewer viewer = {.options = options, .started_ns = results_process_start(), .shown = -1};
    viewer.times = viewer.kept = profiler_create();
    viewer.discarded = profiler_create();
    profiler_keep_spans(viewer.kept, options->trace);
    bool ok = run(&viewer, error);
    close_all(&viewer);
    int messages = viewer.device.validation_messages + viewer.log.validation_messages;
    if (ok && messages > 0)
        ok = error_set(error, "Vulkan's validation layer had %d message%s", messages, messages == 1 ? "" : "s");
    return ok;
}
