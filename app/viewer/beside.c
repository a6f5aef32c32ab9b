/* Sequences beside the first one: whose frame stands with which of the first one's, and what becomes of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/frames/reference.h"
#include "state.h"

#define NO_NUMBER (-1)

static long long number_of(const feed *feed, int index)
{
    frame_name name;
    feed_name(feed, index, &name);
    return *name.number ? strtoll(name.number, NULL, 10) : NO_NUMBER;
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

static bool read_numbers(beside *beside, error *error)
{
    const int count = feed_count(&beside->feed);
    beside->numbers = calloc((size_t)count, sizeof *beside->numbers);
    if (!beside->numbers)
        return error_set(error, "not enough memory for %d frames", count);
    for (int i = 0; i < count; i++)
        beside->numbers[i] = number_of(&beside->feed, i);
    return true;
}

/* The frame that stands with that one of the first sequence: of its number, or its place where it has none;
   the only one with all. -1: none. */
static int find_frame(const viewer *viewer, const beside *beside, int index)
{
    if (!beside->path)
        return index;
    const int count = feed_count(&beside->feed);
    const long long number = number_of(&viewer->feed, index);
    if (count == 1)
        return 0;
    if (number == NO_NUMBER)
        return index < count ? index : -1;
    for (int i = 0; i < count; i++)
        if (beside->numbers[i] == number)
            return i;
    return -1;
}

/* Says how many of the first sequence's frames have none. */
static void note_gaps(viewer *viewer, const beside *beside)
{
    const int count = feed_count(&viewer->feed);
    int missing = 0, first = 0;
    char note[4200];
    for (int i = count - 1; i >= 0; i--) {
        if (find_frame(viewer, beside, i) >= 0)
            continue;
        missing++;
        first = i;
    }
    if (missing == 0)
        return;
    snprintf(note, sizeof note, "--beside %s has none of its %d frames for %d of %d, the first is %s\n", beside->path,
             feed_count(&beside->feed), missing, count, feed_path(&viewer->feed, first));
    viewer_note(viewer, note, true);
}

static bool open_beside(viewer *viewer, const char *path, beside *beside, error *error)
{
    int width, height;
    bool has_guides;
    options options = *viewer->options;
    options.paths = &path;
    options.path_count = 1;
    if (reference_kind_of(options.reference) != REFERENCE_SHARED)
        options.reference = NULL; /* those are for the first one's frames */
    beside->path = path;
    beside->frame = beside->weighed = -1;
    beside->staging.device = &viewer->device;
    if (!path)
        return true;
    if (!feed_open(&options, &beside->feed, error) ||
        !feed_inspect(&beside->feed, &width, &height, &has_guides, error) ||
        !feed_start(&beside->feed, &viewer->device, &viewer->view, error) || !read_numbers(beside, error))
        return false;
    note_gaps(viewer, beside);
    return true;
}

bool viewer_open_beside(viewer *viewer, error *error)
{
    const options *options = viewer->options;
    viewer->context.sequences = 1;
    for (int i = 0; i < options->beside_count && viewer_draws(viewer); i++) {
        viewer->beside_count++;
        viewer->context.sequences++;
        if (!open_beside(viewer, options->beside[i], &viewer->beside[i], error))
            return false;
    }
    return true;
}

void viewer_close_beside(viewer *viewer)
{
    for (int i = 0; i < viewer->beside_count; i++) {
        beside *beside = &viewer->beside[i];
        denoiser_destroy(&beside->denoiser);
        staging_destroy(&beside->staging);
        feed_close(&beside->feed);
        free(beside->numbers);
    }
    viewer->beside_count = 0;
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

static predictor_options predictor_for(const viewer *viewer)
{
    predictor_options predictor = viewer->view.predictor;
    if (viewer->options->beside_predictor >= 0)
        predictor.row = viewer->options->beside_predictor;
    return predictor;
}

/* A denoiser like the first sequence's, which is there, but for what the options say otherwise. */
static bool fit_denoiser(viewer *viewer, beside *beside, const feed_frame *frame, error *error)
{
    const denoiser *first = &viewer->denoiser;
    denoiser *own = &beside->denoiser;
    const predictor_options wanted = predictor_for(viewer);
    const int backend = viewer->options->beside_backend;
    const denoiser_options options = {
        .backend = backend < 0 ? wf_node_backend(first->node) : (wf_backend)backend,
        .width = first->width,
        .height = first->height,
        .together = wanted.together,
        .alpha = frame->input.has_alpha,
        .plain = viewer->options->plain,
    };
    const bool fits = own->node && own->width == options.width && own->height == options.height &&
                      wf_node_backend(own->node) == options.backend && own->alpha == options.alpha &&
                      beside->applied.together == options.together;
    if (!fits) {
        if (!screen_wait(&viewer->screen, viewer->screen.drawn, error))
            return false;
        denoiser_destroy(own);
        if (!denoiser_create(&viewer->device, &options, &beside->log, own, error))
            return false;
    }
    const bool weighs = viewer->weights_follow && beside->weighed != viewer->weighed;
    if (fits && !weighs && predictor_same(&beside->applied, &wanted))
        return true;
    const predictor_inputs inputs = viewer_inputs(viewer);
    beside->applied = wanted;
    beside->weighed = viewer->weighed;
    return denoiser_set_predictor(own, &beside->applied, &inputs, error);
}

/* Why there is none, as a sentence; it is said once a frame. */
static void note_problem(viewer *viewer, int sequence, int index, const char *problem)
{
    beside *beside = &viewer->beside[sequence - 1];
    frame_state *state = &viewer->frames[index];
    char *all = NULL;
    snprintf(beside->problem, sizeof beside->problem, "%s", problem);
    if (state->lacks >> sequence & 1)
        return;
    state->lacks |= 1u << sequence;
    if (viewer->options->headless)
        fprintf(stderr, "wfview: warning: %s: %s\n", feed_path(&viewer->feed, index), problem);
    if (asprintf(&all, "%s%s\n", state->problem ? state->problem : "", problem) < 0)
        return;
    free(state->problem);
    state->problem = all;
}

/* Gets the frame that stands with `index`; false: there is none, and that is noted. */
static bool get_frame(viewer *viewer, int sequence, int index, const feed_frame *first_frame, feed_frame *frame)
{
    beside *beside = &viewer->beside[sequence - 1];
    const denoiser *first = &viewer->denoiser;
    error problem;
    beside->frame = find_frame(viewer, beside, index);
    if (!beside->path) {
        *frame = *first_frame;
        frame->input = staging_input(&beside->staging, first_frame->recorded, index);
        return true;
    }
    if (beside->frame < 0) {
        const long long number = number_of(&viewer->feed, index);
        if (number == NO_NUMBER)
            error_set(&problem, "%s has only %d frames", beside->path, feed_count(&beside->feed));
        else
            error_set(&problem, "%s has no frame %lld", beside->path, number);
    } else if (feed_get(&beside->feed, beside->frame, &viewer->view, frame, &problem)) {
        const struct frame *own = frame->recorded, *other = first_frame->recorded;
        const char *path = feed_path(&beside->feed, beside->frame);
        const bool has_size = frame->width == (int)first->width && frame->height == (int)first->height;
        if (has_size && (!own || !other || frame_covers(own, other)))
            return true;
        if (has_size)
            error_set(&problem, "%s has pixels from %d,%d on, the frame that it stands beside from %d,%d", path, own->x,
                      own->y, other->x, other->y);
        else
            error_set(&problem, "%s has %dx%d pixels, the frame that it stands beside has %ux%u", path, frame->width,
                      frame->height, first->width, first->height);
    }
    beside->frame = -1;
    note_problem(viewer, sequence, index, problem.message);
    return false;
}

/* "v2/shot.0004.exr, bilateral (analytic), vulkan". */
static void label(const viewer *viewer, beside *beside)
{
    const options *options = viewer->options;
    const char *path = beside->path ? feed_path(&beside->feed, beside->frame) : "", *name = strchr(path, 0);
    for (int slashes = 0; name > path && (slashes += name[-1] == '/') < 2;)
        name--;
    const bool predicts = options->beside_predictor >= 0, runs = options->beside_backend >= 0;
    snprintf(beside->label, sizeof beside->label, "%s%s%s%s%s", name, *name && (predicts || runs) ? ", " : "",
             predicts ? predictor_rows[options->beside_predictor].label : "", predicts && runs ? ", " : "",
             runs ? wf_backend_name((wf_backend)options->beside_backend) : "");
}

static bool filter_beside(viewer *viewer, int sequence, int index, const feed_frame *first, error *error)
{
    beside *beside = &viewer->beside[sequence - 1];
    feed_frame frame;
    *beside->problem = 0;
    viewer_note_sequence(viewer, sequence, NULL);
    if (!get_frame(viewer, sequence, index, first, &frame))
        return true;
    if (!fit_denoiser(viewer, beside, &frame, error))
        return false;
    viewer_ask_maps(viewer, sequence, &beside->denoiser);
    const uint32_t slot = denoiser_next_slot(&beside->denoiser);
    if (!screen_wait(&viewer->screen, beside->slot_pictures[slot], error) ||
        !denoiser_run(&beside->denoiser, &frame.input, viewer->discarded, &beside->sync, error))
        return false;
    panes_bind(&viewer->screen.panes, sequence, slot, beside->denoiser.slots[slot].images);
    beside->slot = slot;
    beside->is_new = true;
    label(viewer, beside);
    viewer_note_maps(viewer, sequence);
    viewer_note_sequence(viewer, sequence, &frame);
    return true;
}

bool viewer_filter_beside(viewer *viewer, int index, const feed_frame *first, error *error)
{
    for (int sequence = 1; sequence <= viewer->beside_count; sequence++)
        if (!filter_beside(viewer, sequence, index, first, error))
            return false;
    return true;
}

/* ---- What others see --------------------------------------------------------------------------------------------- */

shown_images viewer_images(const viewer *viewer)
{
    shown_images images = {{viewer->denoiser.slots[viewer->slot].images}};
    for (int i = 0; i < viewer->beside_count; i++) {
        const beside *beside = &viewer->beside[i];
        images.of[i + 1] = beside->frame >= 0 ? beside->denoiser.slots[beside->slot].images : NULL;
    }
    return images;
}

void viewer_show_beside(viewer *viewer, screen_picture *picture)
{
    for (int i = 0; i < viewer->beside_count; i++) {
        beside *beside = &viewer->beside[i];
        if (beside->frame >= 0)
            picture->sequences[i + 1] =
                (screen_sequence){&beside->denoiser, beside->slot, beside->is_new ? &beside->sync : NULL};
    }
}

void viewer_note_shown(viewer *viewer)
{
    for (int i = 0; i < viewer->beside_count; i++) {
        beside *beside = &viewer->beside[i];
        if (beside->frame < 0)
            continue;
        beside->slot_pictures[beside->slot] = viewer->screen.drawn;
        beside->is_new = false;
    }
}

void viewer_describe_beside(const viewer *viewer, ui_facts *facts)
{
    for (int i = 0; i < viewer->beside_count; i++) {
        const beside *beside = &viewer->beside[i];
        const bool has_frame = beside->frame >= 0;
        facts->beside[i + 1] = has_frame ? beside->label : NULL;
        facts->lacks[i + 1] = has_frame ? NULL : beside->problem;
    }
}

bool viewer_beside_is_ready(viewer *viewer, int index)
{
    bool ready = true;
    for (int i = 0; i < viewer->beside_count; i++) {
        const int frame = find_frame(viewer, &viewer->beside[i], index);
        ready = (!viewer->beside[i].path || frame < 0 || feed_is_ready(&viewer->beside[i].feed, frame)) && ready;
    }
    return ready;
}

bool viewer_reload_beside(viewer *viewer, bool asked, error *error)
{
    for (int i = 0; i < viewer->beside_count; i++) {
        beside *beside = &viewer->beside[i];
        const int frame = find_frame(viewer, beside, viewer->view.frame);
        if (!beside->path || frame < 0 || (!asked && !feed_is_outdated(&beside->feed, frame)))
            continue;
        if (!viewer_drain(viewer, error))
            return false;
        feed_reload(&beside->feed, frame);
        viewer_forget_frame(viewer, viewer->view.frame);
        viewer->is_stale = true;
    }
    return true;
}

void viewer_forget_beside(viewer *viewer, int index)
{
    for (int i = 0; i < viewer->beside_count; i++) {
        staging *staging = &viewer->beside[i].staging;
        if (index >= 0)
            staging_forget(staging, index);
        for (int slot = 0; slot < DENOISER_SLOTS && index < 0; slot++)
            staging->slots[slot].held = 0;
    }
}
