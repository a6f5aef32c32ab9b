#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results.h"

#define DEFAULT_KERNEL 11 /* taps a side, for predictors */

bool viewer_draws(const viewer *viewer)
{
    return viewer->device.handle;
}

void viewer_note(viewer *viewer, const char *sentences, bool to_user)
{
    char *notes;
    for (const char *line = sentences; to_user && *line; line = strchr(line, '\n') + 1)
        fprintf(stderr, "wfview: warning: %.*s\n", (int)strcspn(line, "\n"), line);
    if (asprintf(&notes, "%s%s", viewer->notes ? viewer->notes : "", sentences) < 0)
        return;
    free(viewer->notes);
    viewer->notes = notes;
}

/* Files are filtered on the CPU without any Vulkan; what else is asked for says what it needs. */
static bool do_without_vulkan(viewer *viewer, error *error)
{
    const options *options = viewer->options;
    const struct error reason = *error;
    char note[sizeof reason.message + 64];
    device_destroy(&viewer->device);
    viewer->device = (device){0};
    if (options->scene)
        return error_set(error, "--scene %s: frames are traced with Vulkan: %s", options->scene, reason.message);
    if (options->screenshot)
        return error_set(error, "--screenshot %s: the view is drawn with Vulkan: %s", options->screenshot,
                         reason.message);
    if (options->measure)
        return error_set(error, "--measure %s: pictures are measured with Vulkan: %s", options->measure,
                         reason.message);
    if (options->beside_count > 0)
        return error_set(error, "%s%s: the view is drawn with Vulkan: %s",
                         options->beside[0] ? "--beside " : "sequences beside each other",
                         options->beside[0] ? options->beside[0] : "", reason.message);
    if (!options->automatic && options->backend != WF_CPU)
        return error_set(error, "--backend %s: needs Vulkan: %s", wf_backend_name(options->backend), reason.message);
    snprintf(note, sizeof note, "filtered on the CPU and drew nothing, without Vulkan: %s\n", reason.message);
    viewer_note(viewer, note, options->automatic);
    return true;
}

static bool open_device(viewer *viewer, error *error)
{
    const options *options = viewer->options;
    device *device = &viewer->device;
    uint32_t count = 0;
    if (options->headless)
        return (device_create_instance(device, NULL, 0, error) && device_create(device, VK_NULL_HANDLE, error)) ||
               do_without_vulkan(viewer, error);
    if (!window_open((uint32_t)options->width, (uint32_t)options->height, &viewer->window, error))
        return false;
    const char *const *extensions = window_extensions(&count);
    return device_create_instance(device, extensions, count, error) &&
           window_create_surface(&viewer->window, device, error) &&
           device_create(device, viewer->window.surface, error);
}

static void print_warnings(const feed *feed)
{
    const char *warnings = feed_describe(feed).warnings;
    for (const char *line = warnings ? warnings : ""; *line; line = strchr(line, '\n') + 1)
        fprintf(stderr, "wfview: warning: %s: %.*s\n", feed_path(feed, 0), (int)strcspn(line, "\n"), line);
}

static bool open_feed(viewer *viewer, error *error)
{
    feed *feed = &viewer->feed;
    if (!feed_open(viewer->options, feed, error))
        return false;
    viewer->context.frame_count = feed_count(feed);
    viewer->frames = calloc((size_t)viewer->context.frame_count, sizeof *viewer->frames);
    if (!viewer->frames)
        return error_set(error, "not enough memory for %d frames", viewer->context.frame_count);
    print_warnings(feed);
    if (viewer->options->keep_channels && viewer->options->compression == EXR_DWAA)
        viewer_note(viewer,
                    "--compression dwaa loses in kept channels called R, G, B or Y, too: of identifiers and normals\n",
                    true);
    return results_check_frames(viewer->options, feed, error);
}

/* A headless run needs a network only where its predictor runs one; in a window the user may choose it at any time. */
static bool open_network(viewer *viewer, error *error)
{
    const options *options = viewer->options;
    const int other = options->beside_predictor;
    const bool runs =
        predictor_rows[options->predictor].runs_network || (other >= 0 && predictor_rows[other].runs_network);
    return (options->headless && !runs) || network_open(options->network, &viewer->network, error);
}

static void set_up_view(viewer *viewer, bool has_guides)
{
    const options *options = viewer->options;
    for (int layer = FRAME_LAYER_COUNT; layer < LAYER_FURTHER_GATHER; layer++)
        viewer->context.has[layer] = true;
    viewer->context.has_camera = feed_describe(&viewer->feed).has_camera;
    viewer->context.hovered = -1;
    viewer->near_inverse = 1; /* until a frame tells */
    view *view = &viewer->view;
    view->first_row = !has_guides && !options->pane_list;
    view->columns = options->columns;
    view->arranged = options->pane_list;
    view->solo = options->solo - 1;
    view->wipe = (view_wipe){options->wipe >= 0, {0, 1}, options->wipe >= 0 ? (double)options->wipe : 0.5};
    view_set_place(view, &options->place);
    view->panels = true;
    view->inspector = options->pixel_count > 0;
    view->pin_count = options->pixel_count;
    memcpy(view->pins, options->pixels, sizeof view->pins);
    view->measures = options->measure;
    view->measured = options->measure ? options->measured.layer : LAYER_GATHER;
    view->against = options->measure ? options->measured.against : FRAME_REFERENCE;
    view->region = options->region;
    view->tone = options->tone;
    view->rate = options->rate;
    view->backend = options->backend;
    view->predictor.row = options->predictor;
    view->predictor.mode = options->mode;
    view->predictor.network_kernel = viewer->network.info.kernel_sizes[0];
    int height = options->kernel_height ? options->kernel_height : DEFAULT_KERNEL;
    int width = options->kernel_width ? options->kernel_width : DEFAULT_KERNEL;
    for (int row = 0; row < predictor_count; row++)
        if (predictor_rows[row].set_kernel)
            predictor_rows[row].set_kernel(&view->predictor, height, width);
}

/* A row of each. */
static void arrange_sequences(viewer *viewer)
{
    static const int layers[] = {FRAME_COLOR, LAYER_GATHER, LAYER_SPLAT};
    view *view = &viewer->view;
    view->columns = 3;
    view->arranged = true;
    for (int sequence = 0; sequence <= viewer->beside_count; sequence++)
        for (int i = 0; i < 3; i++)
            view->panes[view->pane_count++] = pane_of(layer_of_sequence(sequence, layers[i]));
}

/* Those of the command line, of which some may be of every level. */
static bool set_up_panes(viewer *viewer, error *error)
{
    view *view = &viewer->view;
    const int row = view->predictor.row, other = viewer->options->beside_predictor;
    const int levels[2] = {viewer_count_levels(viewer, row), viewer_count_levels(viewer, other < 0 ? row : other)};
    if (!options_read_panes(viewer->options, levels, view->panes, &view->pane_count, error))
        return false;
    if (view->pane_count == 0 && viewer->beside_count > 0)
        arrange_sequences(viewer);
    viewer->first_view = *view;
    return true;
}

bool viewer_measures(const viewer *viewer)
{
    return viewer->options->headless || viewer->options->frames > 0;
}

bool viewer_open(viewer *viewer, error *error)
{
    const options *options = viewer->options;
    bool has_guides;
    int width, height;
    if (!results_check(options, error) || !open_feed(viewer, error) || !open_device(viewer, error) ||
        !feed_inspect(&viewer->feed, &width, &height, &has_guides, error) ||
        !viewer_open_weights(viewer, width, height, error) || !open_network(viewer, error) ||
        !feed_start(&viewer->feed, &viewer->device, &viewer->view, error) || !viewer_open_beside(viewer, error) ||
        !capture_create(&viewer->device, &viewer->capture, error))
        return false;
    set_up_view(viewer, has_guides);
    if (!set_up_panes(viewer, error))
        return false;
    if (!viewer_draws(viewer))
        return true;
    window *window = options->headless ? NULL : &viewer->window;
    return screen_create(&viewer->device, window, (uint32_t)options->width, (uint32_t)options->height, options->scale,
                         &viewer->screen, error);
}

void viewer_close(viewer *viewer)
{
    screen_destroy(&viewer->screen);
    denoiser_destroy(&viewer->denoiser);
    viewer_close_beside(viewer);
    capture_destroy(&viewer->capture);
    if (!viewer->options->headless)
        window_close(&viewer->window);
    viewer_close_frames(viewer);
    device_destroy(&viewer->device);
    weights_free(&viewer->gather_weights);
    weights_free(&viewer->splat_weights);
    network_close(&viewer->network);
    profiler_destroy(viewer->kept);
    profiler_destroy(viewer->discarded);
    viewer_forget_layers(viewer);
    viewer_forget_inspection(viewer);
    free(viewer->notes);
}
