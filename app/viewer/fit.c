/* The denoiser that a frame is to have: of its size, and as the user asks for it. */
#include "state.h"

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
    viewer->is_automatic =
        options->automatic || (viewer->is_automatic && viewer->view.backend == viewer->facts.node.backend);
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
bool viewer_weigh(viewer *viewer, int index, const feed_frame *frame, bool *is_new, error *error)
{
    bool follows = viewer->weights_follow && viewer->view.predictor.row == PREDICTOR_FILES;
    *is_new = follows && viewer->weighed != index;
    return !*is_new || viewer_load_weights(viewer, index, frame->width, frame->height, error);
}

/* Makes the denoiser what the frame's size and the user ask for. */
bool viewer_fit_denoiser(viewer *viewer, const feed_frame *frame, bool has_new_weights, error *error)
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
