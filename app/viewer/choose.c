#include <stdio.h>
#include <string.h>

#include "app/denoise/race.h"
#include "state.h"

#define LONG_RUN 100 /* frames, of which the first may wait */

/* Why CUDA is taken where it works, or nothing. */
static void take_cuda(viewer *viewer, const char *why)
{
    viewer->chosen = WF_CUDA;
    snprintf(viewer->choice, sizeof viewer->choice, "auto takes cuda: %s\n", why);
}

static void take(viewer *viewer, const choice *choice)
{
    viewer->chosen = choice->backend;
    choice_describe(choice, viewer->choice, sizeof viewer->choice);
}

static bool time_both(viewer *viewer, race *race, const char *work)
{
    choice choice;
    const bool chosen = choice_time(work, race_time, race, &choice);
    viewer->log.validation_messages += race->validation_messages;
    if (chosen)
        take(viewer, &choice);
    return chosen;
}

static bool is_long(const viewer *viewer)
{
    const options *options = viewer->options;
    const int frames = options->frames > 0 ? options->frames : viewer->context.frame_count;
    return viewer_measures(viewer) && frames + options->warmup >= LONG_RUN;
}

/* For networks Vulkan would first compile for many seconds, and not be faster. */
static bool is_rival(const viewer *viewer)
{
    return !predictor_rows[viewer->view.predictor.row].runs_network;
}

static bool choose(viewer *viewer, const denoiser_options *options, const denoiser_input *input)
{
    choice choice;
    char work[CHOICE_WORK_SIZE];
    const predictor_inputs inputs = viewer_inputs(viewer);
    race race = {&viewer->device, options, &viewer->view.predictor, &inputs, input, 0};
    if (!options->automatic || !viewer_draws(viewer) || viewer->device.is_processor || !wf_backend_built(WF_CUDA))
        return false;
    race_describe(&race, work);
    if (!is_rival(viewer))
        take_cuda(viewer, "networks run faster there, and are not timed");
    else if (choice_recall(work, &choice))
        take(viewer, &choice);
    else if (is_long(viewer))
        return time_both(viewer, &race, work);
    else if (viewer_measures(viewer))
        take_cuda(viewer, "not timed against vulkan, which short runs would wait for");
    else {
        viewer->untimed = *input;
        viewer->is_untimed = true;
        return false;
    }
    return true;
}

bool viewer_choose_backend(viewer *viewer, denoiser_options *options, const denoiser_input *input)
{
    if (!choose(viewer, options, input))
        return false;
    if (viewer->chosen == WF_VULKAN) {
        options->automatic = false; /* else it would be CUDA first, and Vulkan without it */
        options->backend = WF_VULKAN;
    }
    return true;
}

void viewer_say_choice(viewer *viewer)
{
    if (viewer->view.backend != viewer->chosen)
        return;
    viewer_note(viewer, viewer->choice, false);
    if (viewer->options->headless)
        fprintf(stderr, "wfview: %s", viewer->choice);
}

void viewer_time_backends(viewer *viewer)
{
    char work[CHOICE_WORK_SIZE];
    const denoiser *denoiser = &viewer->denoiser;
    const predictor_inputs inputs = viewer_inputs(viewer);
    const denoiser_options options = {.width = denoiser->width,
                                      .height = denoiser->height,
                                      .together = viewer->view.predictor.together,
                                      .alpha = denoiser->alpha,
                                      .plain = viewer->options->plain};
    race race = {&viewer->device, &options, &viewer->view.predictor, &inputs, &viewer->untimed, 0};
    if (!viewer->is_untimed)
        return;
    viewer->is_untimed = false;
    if (viewer->view.backend != WF_CUDA || !is_rival(viewer))
        return;
    race_describe(&race, work);
    if (!time_both(viewer, &race, work))
        return;
    viewer->view.backend = viewer->chosen;
    viewer_note(viewer, viewer->choice, false);
}
