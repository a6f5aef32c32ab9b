#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Denoiser ----------------------------------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path;
}

void viewer_notify(viewer *viewer, bool is_warning, const char *notice)
{
    snprintf(viewer->notice, sizeof viewer->notice, "%s", notice);
    viewer->facts.is_warning = is_warning;
}

static bool weights_fit(const weights *weights, const char *path, int width, int height, error *error)
{
    if (!weights->data || (weights->width == width && weights->height == height))
        return true;
    return error_set(error, "%s: weights for %dx%d pixels do not fit a frame of %dx%d", path, weights->width,
                     weights->height, width, height);
}

predictor_inputs viewer_inputs(const viewer *viewer)
{
    return (predictor_inputs){.gather = &viewer->gather_weights,
                              .splat = viewer->splat_weights.data ? &viewer->splat_weights : NULL,
                              .network = viewer->network.handle};
}

static bool set_predictor(viewer *viewer, denoiser *denoiser, error *error)
{
    if (viewer->view.predictor.row == PREDICTOR_FILES) {
        int width = (int)denoiser->width, height = (int)denoiser->height;
        if (!weights_fit(&viewer->gather_weights, viewer->options->weights, width, height, error) ||
            !weights_fit(&viewer->splat_weights, viewer->options->splat_weights, width, height, error))
            return false;
    }
    const predictor_inputs inputs = viewer_inputs(viewer);
    return denoiser_set_predictor(denoiser, &viewer->view.predictor, &inputs, error);
}

/* What was measured and read back belongs to a filter that is no longer. */
static void forget_results(viewer *viewer)
{
    for (int i = 0; i < viewer->context.frame_count; i++)
        viewer_forget_capture(viewer, i);
    profiler_reset(viewer->times);
}

/* A new denoiser in the old one's place, which stays where that fails. */
static bool replace_denoiser(viewer *viewer, denoiser_options *options, const denoiser_input *input, error *error)
{
    denoiser denoiser;
    *viewer->log.warning = 0;
    const bool chose = viewer_choose_backend(viewer, options, input);
    if (!denoiser_create(&viewer->device, options, &viewer->log, &denoiser, error))
        return false;
    if (!set_predictor(viewer, &denoiser, error) || !screen_wait(&viewer->screen, viewer->screen.drawn, error)) {
        denoiser_destroy(&denoiser);
        return false;
    }
    denoiser_destroy(&viewer->denoiser);
    viewer->denoiser = denoiser;
    viewer->shown = -1;
    viewer->asked_count = 0;
    viewer_forget_inspection(viewer);
    viewer->view.backend = wf_node_backend(denoiser.node);
    wf_node_get_info(denoiser.node, &viewer->facts.node);
    viewer_notify(viewer, true, viewer->log.warning);
    viewer_note(viewer, viewer->log.passed_over, viewer->view.backend == WF_CPU && !viewer->device.is_processor);
    if (chose)
        viewer_say_choice(viewer);
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

/* Weights of the frame's own, where it has such. */
static bool weigh(viewer *viewer, int index, const feed_frame *frame, bool *is_new, error *error)
{
    bool follows = viewer->weights_follow && viewer->view.predictor.row == PREDICTOR_FILES;
    *is_new = follows && viewer->weighed != index;
    return !*is_new || viewer_load_weights(viewer, index, frame->width, frame->height, error);
}

/* Makes the denoiser what the frame's size and the user ask for. */
static bool fit_denoiser(viewer *viewer, const feed_frame *frame, bool has_new_weights, error *error)
{
    const denoiser *current = &viewer->denoiser;
    denoiser_options options = {
        .automatic = viewer->options->automatic && !current->node,
        .backend = viewer->view.backend,
        .width = (uint32_t)frame->width,
        .height = (uint32_t)frame->height,
        .together = viewer->view.predictor.together,
        .alpha = frame->input.has_alpha,
        .plain = viewer->options->plain,
    };
    bool has_node = current->node, same_size = current->width == options.width && current->height == options.height;
    bool same_backend = has_node && wf_node_backend(current->node) == options.backend;
    bool same_predictor = predictor_same(&viewer->applied, &viewer->view.predictor);
    bool same_stages = viewer->applied.together == options.together && current->alpha == options.alpha;
    if (same_size && same_backend && same_predictor && current->alpha == options.alpha) {
        viewer->broken = has_new_weights && !set_predictor(viewer, &viewer->denoiser, error);
        return !viewer->broken;
    }
    if (!same_size || !same_backend || !same_stages) {
        if (!replace_denoiser(viewer, &options, &frame->input, error))
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
static void find_depth_range(viewer *viewer, const image *depth)
{
    float samples[1024];
    size_t pixels = (size_t)depth->width * (size_t)depth->height, tries = pixels < 1024 ? pixels : 1024, count = 0;
    for (size_t i = 0; i < tries; i++) {
        float value = depth->pixels[i * pixels / tries];
        if (value > 0)
            samples[count++] = 1 / value;
    }
    qsort(samples, count, sizeof *samples, compare_floats);
    viewer->near_inverse = count ? samples[count - 1 - count / 50] : 1;
    viewer->far_inverse = count && samples[count / 50] < viewer->near_inverse ? samples[count / 50] : 0;
    viewer->has_depth_range = true;
}

void viewer_note_sequence(viewer *viewer, int sequence, const feed_frame *frame)
{
    bool *has = &viewer->context.has[layer_of_sequence(sequence, 0)];
    for (int layer = 0; layer < LAYER_COUNT; layer++)
        has[layer] = frame && frame->input.has[layer_input(layer)] &&
                     (!layer_is_map(layer) || layer_map_level(layer) < viewer->context.map_levels[sequence]);
}

static void note_frame(viewer *viewer, const feed_frame *frame, int index)
{
    viewer->shown = index;
    viewer->frames[index].shown = !frame->is_none;
    viewer->frames[index].has_reference = frame->input.has[FRAME_REFERENCE];
    bool had_reference = viewer->context.has[FRAME_REFERENCE];
    viewer->sizes_differ |= viewer->context.image_width > 0 && (viewer->context.image_width != frame->width ||
                                                                viewer->context.image_height != frame->height);
    viewer->context.image_width = frame->width;
    viewer->context.image_height = frame->height;
    viewer_note_maps(viewer, 0);
    viewer_note_sequence(viewer, 0, frame);
    if (frame->recorded) {
        viewer_note_layers(viewer, frame->recorded);
        viewer_note_damage(viewer, index, frame->recorded);
    }
    if (!viewer->has_depth_range && frame->recorded && frame->recorded->layers[FRAME_DEPTH].pixels)
        find_depth_range(viewer, &frame->recorded->layers[FRAME_DEPTH]);
    /* While playing, a reference that only some frames have does not flash up. */
    view_arrange(&viewer->view, viewer->context.has[FRAME_REFERENCE] && (had_reference || !viewer->view.playing));
}

static bool filter_frame(viewer *viewer, int index, wf_node_sync *sync, error *error)
{
    feed_frame frame;
    bool has_new_weights = false;
    viewer->unreadable = !feed_get(&viewer->feed, index, &viewer->view, &frame, error) ||
                         !weigh(viewer, index, &frame, &has_new_weights, error);
    if (viewer->unreadable || !fit_denoiser(viewer, &frame, has_new_weights, error) ||
        !viewer_ask(viewer, index, error))
        return false;
    viewer_ask_maps(viewer, 0, &viewer->denoiser);
    uint32_t slot = denoiser_next_slot(&viewer->denoiser);
    viewer->broken = true;
    if (!screen_wait(&viewer->screen, viewer->slot_pictures[slot], error) ||
        !denoiser_run(&viewer->denoiser, &frame.input, viewer->times, sync, error))
        return false;
    if (viewer_draws(viewer))
        panes_bind(&viewer->screen.panes, 0, slot, viewer->denoiser.slots[slot].images);
    viewer->slot = slot;
    viewer->sync = *sync;
    viewer->changed_ns = profiler_now();
    if (frame.load_end_ns > 0)
        profiler_add(viewer->times, PROFILER_LOADER, "load", frame.load_begin_ns, frame.load_end_ns,
                     viewer->denoiser.frames);
    note_frame(viewer, &frame, index);
    if (!viewer_filter_beside(viewer, index, &frame, error))
        return false;
    viewer->broken = false;
    viewer->is_moving = frame.is_new;
    if (frame.is_new) {
        viewer->has_moved = true;
        viewer_forget_capture(viewer, index);
    }
    return true;
}

static hand_over_facts describe_hand_over(const viewer *viewer)
{
    static const char *const paths[WF_BACKEND_COUNT] = {
        [WF_CPU] = "copies: to the host and back",
        [WF_VULKAN] = "none: the filters run in the queue of the images",
        [WF_CUDA] = "zero-copy: CUDA works on the images themselves",
    };
    static const char *const reasons[WF_BACKEND_COUNT] = {
        [WF_CPU] = "--backend cpu", [WF_VULKAN] = "--backend vulkan", [WF_CUDA] = "--backend cuda"};
    const wf_backend backend = viewer->facts.node.backend;
    hand_over_facts facts = {
        .path = viewer_draws(viewer) ? paths[backend] : "none: images are in host memory",
        .reason = reasons[backend],
        .has_timeline = viewer->sync.timeline,
        .ready = viewer->sync.ready,
        .done = viewer->sync.done,
        .in_flight = denoiser_in_flight(&viewer->denoiser),
        .slots = DENOISER_SLOTS,
        .uncertainty_ns = viewer->denoiser.uncertainty_ns,
    };
    if (facts.has_timeline)
        vkGetSemaphoreCounterValue(viewer->device.handle, viewer->sync.timeline, &facts.reached);
    return facts;
}

static void gather_facts(viewer *viewer)
{
    const options *options = viewer->options;
    const frame_state *state = &viewer->frames[viewer->shown];
    ui_facts *facts = &viewer->facts;
    facts->frame_name = base_name(feed_path(&viewer->feed, viewer->shown));
    facts->origins = viewer->origins;
    viewer_describe_beside(viewer, facts);
    facts->feed = feed_describe(&viewer->feed);
    viewer->context.frame_rate = facts->feed.rate;
    facts->file_name = base_name(options->weights);
    facts->network_label = viewer->network.label;
    facts->network_origin = viewer->network.info.origin;
    facts->splat_has_own_weights = viewer->splat_weights.data;
    facts->kernel_height = viewer->gather_weights.kernel_height;
    facts->kernel_width = viewer->gather_weights.kernel_width;
    facts->measured_samples = viewer->measured_samples;
    facts->times = viewer->kept;
    facts->hand_over = describe_hand_over(viewer);
    facts->quality = state->has_metrics ? state->metrics : NULL;
    facts->has_quality = state->has_metrics;
    if (viewer_draws(viewer)) {
        facts->probed = viewer->context.hovered >= 0 ? screen_probed(&viewer->screen) : (values){0};
        facts->printed = screen_printed(&viewer->screen);
    }
    facts->measured = viewer->has_measured && !viewer_lacks_measured(viewer) ? &viewer->measured : NULL;
    facts->histograms = &viewer->histograms;
    viewer_take_inspection(viewer);
    facts->inspected = viewer->inspected;
    facts->inspected_count = viewer->inspected_count;
    facts->choice = *viewer->choice && viewer->chosen == facts->node.backend ? viewer->choice : NULL;
    facts->notice = *viewer->notice ? viewer->notice : NULL;
    facts->placeholders = options->placeholders;
}

bool viewer_read_depth_range(viewer *viewer, error *error)
{
    image pictures[SHOWN_LAYERS];
    const shown_images images = viewer_images(viewer);
    const layer_set depth = {.has[FRAME_DEPTH] = true};
    const denoiser *denoiser = &viewer->denoiser;
    if (!capture_layers(&viewer->capture, &images, &depth, (int)denoiser->width, (int)denoiser->height, pictures,
                        error))
        return false;
    find_depth_range(viewer, &pictures[FRAME_DEPTH]);
    return true;
}

static void note_first_picture(viewer *viewer)
{
    viewer->first_picture_ms = (double)(profiler_now() - viewer->started_ns) * 1e-6;
}

/* A frame that was filtered just before is what there is to see. */
static bool acquire(viewer *viewer, const wf_node_sync *sync, error *error)
{
    if (viewer->first_picture_ms == 0)
        note_first_picture(viewer);
    return !sync || denoiser_acquire(&viewer->denoiser, viewer->slot, VK_NULL_HANDLE, error);
}

/* Draws the view; sync is that of a frame filtered just before, or NULL. */
static bool draw(viewer *viewer, const wf_node_sync *sync, error *error)
{
    screen *screen = &viewer->screen;
    denoiser_collect(&viewer->denoiser, viewer->times);
    if (viewer_draws(viewer) && !viewer_take_measured(viewer, error))
        return false;
    gather_facts(viewer);
    if (!viewer_draws(viewer))
        return acquire(viewer, sync, error);
    if (screen->drawn == 0) { /* a first layout, not drawn, in which things find their sizes */
        ui_build(&viewer->facts, &viewer->view, &viewer->context, &viewer->layout);
        for (int i = 0; i < viewer->options->do_count; i++)
            commands_run(viewer->options->do_names[i], &viewer->view, &viewer->context);
    }
    ui_build(&viewer->facts, &viewer->view, &viewer->context, &viewer->layout);
    if (!viewer_fit_measure(viewer, error))
        return false;
    screen_picture picture = {
        .sequences = {{&viewer->denoiser, viewer->slot, sync}},
        .view = &viewer->view,
        .context = &viewer->context,
        .layout = &viewer->layout,
        .measure = viewer->work.figures || viewer->work.map_count > 0 ? &viewer->work : NULL,
        .near_inverse = viewer->near_inverse,
        .far_inverse = viewer->far_inverse,
    };
    viewer_show_beside(viewer, &picture);
    if (!screen_draw(screen, &picture, viewer->times, error))
        return false;
    viewer_note_shown(viewer);
    viewer->slot_pictures[viewer->slot] = screen->drawn;
    if (screen->drawn > 1)
        return viewer_expose(viewer, error);
    if (!screen_wait(screen, 1, error))
        return false;
    note_first_picture(viewer);
    const bool knows_depth = !viewer->context.has[FRAME_DEPTH] || viewer->has_depth_range;
    return (knows_depth || viewer_read_depth_range(viewer, error)) && viewer_expose(viewer, error);
}

bool viewer_draw(viewer *viewer, error *error)
{
    return draw(viewer, NULL, error);
}

bool viewer_step(viewer *viewer, int index, error *error)
{
    const profiler_range range = profiler_begin("frame");
    wf_node_sync sync;
    viewer->view.frame = index;
    const bool drawn =
        screen_fit(&viewer->screen, error) && filter_frame(viewer, index, &sync, error) && draw(viewer, &sync, error);
    profiler_end(range, drawn ? viewer->times : NULL, viewer->denoiser.frames);
    return drawn;
}

bool viewer_drain(viewer *viewer, error *error)
{
    if (!screen_wait(&viewer->screen, viewer->screen.drawn, error))
        return false;
    denoiser_collect(&viewer->denoiser, viewer->times);
    screen_collect(&viewer->screen, viewer->times);
    return viewer_take_measured(viewer, error);
}
