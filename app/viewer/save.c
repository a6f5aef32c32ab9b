#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/files/exr.h"
#include "app/files/output.h"
#include "app/interrupt.h"
#include "compare.h"
#include "report.h"
#include "results.h"

/* What an operator made of the frame, and of each further layer. */
static bool save(viewer *viewer, const char *name, const image *picture, const image *further, error *error)
{
    char path[4200];
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
    char path[4200];
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

/* Captures the frames that were shown and not captured then, and returns to the one shown last. Frames of
 * a steered camera that were shown before are gone. */
static bool capture_rest(viewer *viewer, error *error)
{
    int last = viewer->shown;
    viewer->times = viewer->discarded;
    if (viewer_wants_capture(viewer, last) && !viewer_capture(viewer, true, error))
        return false;
    for (int i = 0; i < viewer->context.frame_count && viewer->facts.feed.is_repeatable; i++)
        if (viewer_wants_capture(viewer, i) && (!viewer_step(viewer, i, error) || !viewer_capture(viewer, true, error)))
            return false;
    return (viewer->shown == last || viewer_step(viewer, last, error)) && viewer_drain(viewer, error);
}

bool viewer_save_screenshot(viewer *viewer, const char *path, error *error)
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
    report_problem *problems = calloc((size_t)viewer->context.frame_count, sizeof *problems);
    report_measured *measured = calloc((size_t)viewer->context.frame_count, sizeof *measured);
    if (!metrics || !problems || !measured) {
        free(measured);
        free(metrics);
        free(problems);
        return error_set(error, "%s: not enough memory for %d frames", options->report, viewer->context.frame_count);
    }
    int count = 0, problem_count = 0, measured_count = 0;
    for (int i = 0; i < viewer->context.frame_count; i++) {
        const frame_state *state = &viewer->frames[i];
        if (state->problem)
            problems[problem_count++] = (report_problem){feed_path(&viewer->feed, i), state->problem, state->skipped};
        if (state->measured)
            measured[measured_count++] = (report_measured){feed_path(&viewer->feed, i), state->measured};
        if (!state->has_metrics)
            continue;
        metrics[count] = (report_metrics){.frame = feed_path(&viewer->feed, i), .has = state->has_metrics};
        memcpy(metrics[count++].compared, state->metrics, sizeof metrics->compared);
    }
    const predictor_row *predictor = &predictor_rows[viewer->applied.row];
    bool files = viewer->applied.row == PREDICTOR_FILES;
    int kernel_height = viewer->gather_weights.kernel_height, kernel_width = viewer->gather_weights.kernel_width;
    if (predictor->get_kernel)
        predictor->get_kernel(&viewer->applied, &kernel_height, &kernel_width);
    const feed_facts *feed = &viewer->facts.feed;
    const report_live live = {feed->scene, feed->spp, feed->color_samples, feed->triangles};
    bool ok = report_write(options->report,
                           &(report){
                               .live = feed->scene ? &live : NULL,
                               .vulkan_device = viewer_draws(viewer) ? viewer->device.name : NULL,
                               .vulkan_driver = viewer_draws(viewer) ? viewer->device.driver : NULL,
                               .node = viewer->facts.node,
                               .requested_backend = options->automatic ? "auto" : wf_backend_name(options->backend),
                               .predictor = predictor->label,
                               .network = predictor->runs_network ? &viewer->network.info : NULL,
                               .layers = viewer->origins,
                               .mode = wf_mode_name(files ? viewer->applied.mode : WF_NORMALIZED),
                               .kernel_height = kernel_height,
                               .kernel_width = kernel_width,
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
                               .inspected = viewer->inspected,
                               .inspected_count = viewer->inspected_count,
                               .measured = measured,
                               .measured_count = measured_count,
                               .histograms = viewer->has_measured ? &viewer->histograms : NULL,
                               .histogram_count = viewer->measured.channel_count,
                               .notes = viewer->notes,
                               .problems = problems,
                               .problem_count = problem_count,
                           },
                           error);
    free(measured);
    free(metrics);
    free(problems);
    return ok;
}

FILE *viewer_spoken(const viewer *viewer)
{
    const options *options = viewer->options;
    const char *const paths[] = {options->screenshot, options->report, options->trace, options->times,
                                 options->compare_html};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (output_is_stdout(paths[i]))
            return stderr;
    return stdout;
}

static void print_summary(const viewer *viewer)
{
    profiler_stats stats = frame_stats(viewer);
    const wf_device_info *node = &viewer->facts.node;
    fprintf(viewer_spoken(viewer), "%lld frame%s of %dx%d on %s (%s): median %.2f ms, first picture after %.0f ms\n",
            (long long)stats.n, stats.n == 1 ? "" : "s", viewer->context.image_width, viewer->context.image_height,
            wf_backend_name(node->backend), node->name, stats.median_ms, viewer->first_picture_ms);
}

/* Both comparisons are made whatever the first one says. */
static bool compare_results(const viewer *viewer, error *error)
{
    const options *options = viewer->options;
    struct error other = {""};
    bool alike = !options->compare || compare_screenshot(options, viewer_spoken(viewer), error);
    bool fast = !options->compare_report ||
                compare_report(options, viewer->kept, viewer_spoken(viewer), alike ? error : &other);
    if (*other.message)
        fprintf(stderr, "wfview: %s\n", other.message);
    return alike && fast;
}

bool viewer_write_results(viewer *viewer, error *error)
{
    const options *options = viewer->options;
    if (!capture_rest(viewer, error))
        return false;
    viewer_take_inspection(viewer);
    /* The second picture has what the first one reads back. */
    if (options->screenshot &&
        (!viewer_draw(viewer, error) || !viewer_drain(viewer, error) || !viewer_draw(viewer, error) ||
         !viewer_save_screenshot(viewer, options->screenshot, error)))
        return false;
    if (viewer->view.copy_command_line && options->headless)
        viewer_copy_command_line(viewer);
    if (!viewer_save_pane(viewer, error) || !viewer_copy_region(viewer, error))
        return false;
    if (options->report && !write_report(viewer, error))
        return false;
    const wf_device_info *node = &viewer->facts.node;
    if (options->trace && !profiler_write_trace(viewer->kept, options->trace, wf_backend_name(node->backend),
                                                viewer->denoiser.uncertainty_ns, error))
        return false;
    if (options->times && !profiler_write_table(viewer->kept, options->times, error))
        return false;
    if (options->headless)
        print_summary(viewer);
    return compare_results(viewer, error);
}
