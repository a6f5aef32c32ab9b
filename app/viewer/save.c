#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "app/files/exr.h"
#include "app/interrupt.h"
#include "results.h"

/* What an operator made of the frame, and of each further layer. */
static bool save(viewer *viewer, const char *name, const image *picture, const image *further, error *error)
{
    char path[RESULTS_PATH];
    const options *options = viewer->options;
    const feed_origin origin = feed_get_origin(&viewer->feed, viewer->shown);
    const exr_result result = {
        .picture = picture,
        .further = further,
        .source = origin.file,
        .planes = origin.planes,
        .channels = options->channels,
        .channel_count = options->channel_count,
        .keep_channels = options->keep_channels,
        .compression = options->compression,
    };
    results_path(options, name, &viewer->feed, viewer->shown, path, sizeof path);
    return results_make_folder(path, error) && exr_write_result(path, &result, error);
}

/* A frame that was rendered here, as one that is read from a file. */
static bool save_frame(viewer *viewer, const image pictures[SHOWN_LAYERS], error *error)
{
    char path[RESULTS_PATH];
    frame frame = {.width = pictures[FRAME_COLOR].width, .height = pictures[FRAME_COLOR].height};
    memcpy(frame.layers, pictures, sizeof frame.layers);
    results_path(viewer->options, "frame", &viewer->feed, viewer->shown, path, sizeof path);
    return results_make_folder(path, error) && exr_write_frame(path, &frame, viewer->options->compression, error);
}

static bool write_pictures(viewer *viewer, const image pictures[SHOWN_LAYERS], error *error)
{
    return save(viewer, layer_rows[LAYER_GATHER].name, &pictures[LAYER_GATHER], &pictures[LAYER_FURTHER_GATHER],
                error) &&
           save(viewer, layer_rows[LAYER_SPLAT].name, &pictures[LAYER_SPLAT], &pictures[LAYER_FURTHER_SPLAT], error) &&
           (!viewer->facts.feed.scene || save_frame(viewer, pictures, error));
}

/* All files of the frame, or none of them that is not whole. */
static bool save_pictures(viewer *viewer, const image pictures[SHOWN_LAYERS], error *error)
{
    interrupt_hold();
    bool ok = write_pictures(viewer, pictures, error);
    interrupt_release();
    return ok;
}

bool viewer_capture(viewer *viewer, bool to_files, error *error)
{
    const denoiser *denoiser = &viewer->denoiser;
    layer_set layers = {0};
    for (int layer = 0; layer < LAYER_COUNT; layer++)
        layers.has[layer] = to_files || layer == FRAME_REFERENCE;
    for (int place = 0; place < COMPARED_COUNT; place++)
        layers.has[layer_compared(place)] = true;
    image pictures[SHOWN_LAYERS];
    const shown_images images = viewer_images(viewer);
    if (!capture_layers(&viewer->capture, &images, &layers, (int)denoiser->width, (int)denoiser->height, pictures,
                        error))
        return false;
    frame_state *state = &viewer->frames[viewer->shown];
    const image *reference = &pictures[FRAME_REFERENCE];
    if (reference->pixels && !state->metrics) {
        state->metrics = calloc(COMPARED_COUNT, sizeof *state->metrics);
        if (!state->metrics)
            return error_set(error, "not enough memory");
        for (int place = 0; place < COMPARED_COUNT; place++) {
            const image *picture = &pictures[layer_compared(place)];
            if (!picture->pixels)
                continue;
            state->metrics[place] = metrics_compare(picture, reference);
            state->has_metrics |= 1u << place;
        }
    }
    state->captured = to_files;
    return !to_files || !viewer->options->save || save_pictures(viewer, pictures, error);
}

void viewer_forget_capture(viewer *viewer, int index)
{
    frame_state *state = &viewer->frames[index];
    free(state->metrics);
    state->metrics = NULL;
    state->has_metrics = 0;
    state->captured = false;
}

bool viewer_wants_capture(const viewer *viewer, int index)
{
    const options *options = viewer->options;
    const frame_state *state = &viewer->frames[index];
    bool shows_metrics = state->has_reference && (options->report || options->screenshot);
    return state->shown && !state->captured && (options->save || shows_metrics);
}

bool viewer_save_screenshot(viewer *viewer, const char *path, error *error)
{
    return screen_wait(&viewer->screen, viewer->screen.drawn, error) &&
           capture_target(&viewer->capture, &viewer->screen.target, path, error);
}
