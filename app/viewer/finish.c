/* The end of a run: what is still to be captured, then the files that it leaves behind and what is said of it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/files/output.h"
#include "compare.h"
#include "report.h"
#include "state.h"

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

/* What is known of the frames, each array of as many as there are. */
typedef struct known_frames {
    report_metrics *metrics;
    report_problem *problems;
    report_measured *measured;
    int metrics_count, problem_count, measured_count;
} known_frames;

static void forget(known_frames *known)
{
    free(known->metrics);
    free(known->problems);
    free(known->measured);
}

static bool gather_known(const viewer *viewer, known_frames *known, error *error)
{
    const int count = viewer->context.frame_count;
    known->metrics = calloc((size_t)count, sizeof *known->metrics);
    known->problems = calloc((size_t)count, sizeof *known->problems);
    known->measured = calloc((size_t)count, sizeof *known->measured);
    if (!known->metrics || !known->problems || !known->measured)
        return error_set(error, "%s: not enough memory for %d frames", viewer->options->report, count);
    for (int i = 0; i < count; i++) {
        const frame_state *state = &viewer->frames[i];
        const char *path = feed_path(&viewer->feed, i);
        if (state->problem)
            known->problems[known->problem_count++] = (report_problem){path, state->problem, state->skipped};
        if (state->measured)
            known->measured[known->measured_count++] = (report_measured){path, state->measured};
        if (!state->has_metrics)
            continue;
        report_metrics *metrics = &known->metrics[known->metrics_count++];
        *metrics = (report_metrics){.frame = path, .has = state->has_metrics};
        memcpy(metrics->compared, state->metrics, sizeof metrics->compared);
    }
    return true;
}

static report_live live_of(const viewer *viewer)
{
    const feed_facts *feed = &viewer->facts.feed;
    return (report_live){feed->scene, feed->spp, feed->color_samples, feed->triangles};
}

static report make_report(const viewer *viewer, const report_live *live, const known_frames *known)
{
    const options *options = viewer->options;
    const predictor_row *predictor = &predictor_rows[viewer->applied.row];
    const bool files = viewer->applied.row == PREDICTOR_FILES;
    int kernel_height = viewer->gather_weights.kernel_height, kernel_width = viewer->gather_weights.kernel_width;
    if (predictor->get_kernel)
        predictor->get_kernel(&viewer->applied, &kernel_height, &kernel_width);
    return (report){
        .live = live->scene ? live : NULL,
        .vulkan_device = viewer_draws(viewer) ? viewer->device.name : NULL,
        .vulkan_driver = viewer_draws(viewer) ? viewer->device.driver : NULL,
        .node = viewer->facts.node,
        .requested_backend = options->automatic ? "auto" : wf_backend_name(options->backend),
        .predictor = predictor->label,
        .network = predictor->runs_network ? &viewer->network.info : NULL,
        .layers = viewer->origins,
        .mode = wf_mode_name(files ? viewer->applied.mode : predictor->mode),
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
        .metrics = known->metrics,
        .metrics_count = known->metrics_count,
        .inspected = viewer->inspected,
        .inspected_count = viewer->inspected_count,
        .measured = known->measured,
        .measured_count = known->measured_count,
        .histograms = viewer->has_measured ? &viewer->histograms : NULL,
        .histogram_count = viewer->measured.channel_count,
        .notes = viewer->notes,
        .problems = known->problems,
        .problem_count = known->problem_count,
    };
}

static bool write_report(const viewer *viewer, error *error)
{
    const report_live live = live_of(viewer);
    known_frames known = {0};
    bool ok = gather_known(viewer, &known, error);
    if (ok) {
        const report report = make_report(viewer, &live, &known);
        ok = report_write(viewer->options->report, &report, error);
    }
    forget(&known);
    return ok;
}

FILE *viewer_spoken(const viewer *viewer)
{
    options_file file;
    for (int i = 0; options_get_file(viewer->options, OPTIONS_WRITTEN, i, &file); i++)
        if (output_is_stdout(file.path))
            return stderr;
    return stdout;
}

static void print_summary(const viewer *viewer)
{
    profiler_stats stats = frame_stats(viewer);
    const wf_device_info *node = &viewer->facts.node;
    char size[32];
    snprintf(size, sizeof size, "%dx%d", viewer->context.image_width, viewer->context.image_height);
    fprintf(viewer_spoken(viewer), "%lld frame%s of %s on %s (%s): median %.2f ms, first picture after %.0f ms\n",
            (long long)stats.n, stats.n == 1 ? "" : "s", viewer->sizes_differ ? "several sizes" : size,
            wf_backend_name(node->backend), node->name, stats.median_ms, viewer->first_picture_ms);
}

/* As panels have it: what is no number is a dash. decimals < 0: six digits. */
static void print_figure(FILE *to, const char *label, int decimals, double value)
{
    if (isnan(value))
        fprintf(to, "%s -", label);
    else if (decimals < 0)
        fprintf(to, "%s %g", label, value);
    else
        fprintf(to, "%s %.*f", label, decimals, value);
}

/* Of the frame shown last: what --measure says of one frame is for people, --report is
   for programs and has all frames. */
static void print_measured(const viewer *viewer)
{
    const measurement *measured = &viewer->measured;
    const measure_pair *pair = &measured->request.pair;
    const frame_region *region = &measured->request.region;
    FILE *to = viewer_spoken(viewer);
    if (!viewer->has_measured)
        return;
    fprintf(to, "%s: %s", feed_path(&viewer->feed, measured->request.frame), layer_word(pair->layer));
    if (pair->against >= 0)
        fprintf(to, "-%s", layer_word(pair->against));
    if (viewer->options->region.width > 0) /* of which a part may lie outside */
        fprintf(to, " in %d,%d,%d,%d", region->x, region->y, region->width, region->height);
    if (pair->against >= 0)
        for (int i = 0; i < metric_count; i++) {
            fputs(i > 0 ? ", " : ": ", to);
            print_figure(to, metric_rows[i].label, metric_rows[i].decimals, measured->difference.values[i]);
        }
    for (int c = 0; c < measured->channel_count && pair->against < 0; c++) {
        const measured_channel *channel = &measured->channels[c];
        print_figure(to, c > 0 ? "; mean" : ": mean", -1, channel->mean);
        print_figure(to, ", deviation", -1, channel->deviation);
        print_figure(to, ", from", -1, channel->smallest);
        print_figure(to, " to", -1, channel->largest);
    }
    fputc('\n', to);
}

/* Both comparisons are made whatever the first one says. */
static bool compare_results(const viewer *viewer, error *error)
{
    const options *options = viewer->options;
    struct error other = {""};
    const report_live live = live_of(viewer);
    const known_frames none = {0};
    const report report = make_report(viewer, &live, &none);
    bool alike = !options->compare || compare_screenshot(options, viewer_spoken(viewer), error);
    bool fast =
        !options->compare_report || compare_report(options, &report, viewer_spoken(viewer), alike ? error : &other);
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
    if (options->headless) {
        print_summary(viewer);
        print_measured(viewer);
    }
    return compare_results(viewer, error);
}
