/* The present view as a command line, and what of it the next window begins with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/option_writer.h"
#include "app/settings.h"
#include "state.h"

/* An option that says what the view is like; its words replace those that the program was started with. */
typedef struct view_option {
    const char *name;
    bool kept; /* for the next window */
    void (*write)(const viewer *viewer, options_writer *writer);
} view_option;

static void write_number(options_writer *writer, const char *name, double value, double usual)
{
    char words[32];
    snprintf(words, sizeof words, "%.9g", value);
    if (value != usual)
        options_write(writer, name, words);
}

static void write_word(options_writer *writer, const char *name, const char *word, bool is_usual)
{
    if (!is_usual)
        options_write(writer, name, word);
}

static void write_size(const viewer *viewer, options_writer *writer)
{
    char words[32];
    const target *target = &viewer->screen.target;
    if (!viewer_draws(viewer))
        return;
    snprintf(words, sizeof words, "%ux%u", target->width, target->height);
    write_word(writer, "size", words, strcmp(words, "1280x720") == 0);
}

static void write_scale(const viewer *viewer, options_writer *writer)
{
    if (viewer_draws(viewer))
        write_number(writer, "scale", (double)screen_scale(&viewer->screen), 0);
}

/* The one that is used, which another time might not be chosen. */
static void write_backend(const viewer *viewer, options_writer *writer)
{
    options_write(writer, "backend", wf_backend_name(viewer->view.backend));
}

static void write_predictor(const viewer *viewer, options_writer *writer)
{
    const predictor_options *now = &viewer->view.predictor;
    if (now->row != PREDICTOR_FILES)
        options_write(writer, "predictor", predictor_rows[now->row].name);
}

static void write_kernel_size(const viewer *viewer, options_writer *writer)
{
    const predictor_options *now = &viewer->view.predictor;
    char words[32];
    int height = viewer->options->kernel_height, width = viewer->options->kernel_width;
    const int beside = viewer->options->beside_predictor;
    const int row = predictor_rows[now->row].set_kernel || beside < 0 ? now->row : beside;
    if (predictor_rows[row].set_kernel)
        predictor_rows[row].get_kernel(now, &height, &width);
    else if (now->row != PREDICTOR_FILES)
        return;
    snprintf(words, sizeof words, "%dx%d", height, width);
    write_word(writer, "kernel-size", words, height == 0);
}

static void write_mode(const viewer *viewer, options_writer *writer)
{
    const predictor_options *now = &viewer->view.predictor;
    write_word(writer, "weight-mode", wf_mode_name(now->mode), now->row != PREDICTOR_FILES || now->mode == WF_LINEAR);
}

static void write_panes(const viewer *viewer, options_writer *writer)
{
    const view *view = &viewer->view;
    char list[VIEW_PANES * PANE_WORDS] = "", words[PANE_WORDS];
    for (int i = 0; i < view->pane_count; i++) {
        pane_write(&view->panes[i], words);
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? "," : "", words);
    }
    write_word(writer, "panes", list, !view->arranged);
}

static void write_columns(const viewer *viewer, options_writer *writer)
{
    if (viewer->view.arranged)
        write_number(writer, "columns", viewer->view.columns, 0);
}

static void write_solo(const viewer *viewer, options_writer *writer)
{
    write_number(writer, "solo", viewer->view.solo + 1, 0);
}

static void write_wipe(const viewer *viewer, options_writer *writer)
{
    const view_wipe *wipe = &viewer->view.wipe;
    write_number(writer, "wipe", wipe->on && viewer->view.solo < 0 ? wipe->edge : -1, -1);
}

static void write_rate(const viewer *viewer, options_writer *writer)
{
    write_number(writer, "rate", (double)viewer->view.rate, 0);
}

static void write_place(const viewer *viewer, options_writer *writer)
{
    char words[PLACE_WORDS];
    const view_place place = view_get_place(&viewer->view, &viewer->context);
    place_write(&place, words);
    write_word(writer, "view", words, place.fit);
}

static void write_pixels(const viewer *viewer, options_writer *writer)
{
    for (int i = 0; i < viewer->view.pin_count; i++) {
        char words[32];
        snprintf(words, sizeof words, "%u,%u", viewer->view.pins[i].x, viewer->view.pins[i].y);
        options_write(writer, "pixel", words);
    }
}

/* What is measured while that is shown. */
static void write_measured(const viewer *viewer, options_writer *writer)
{
    char words[PANE_WORDS];
    const view *view = &viewer->view;
    pane_write(&(pane){.layer = view->measured, .against = view->against}, words);
    write_word(writer, "measure", words, !view->measures);
}

static void write_region(const viewer *viewer, options_writer *writer)
{
    char words[64];
    const frame_region *region = &viewer->view.region;
    snprintf(words, sizeof words, "%d,%d,%d,%d", region->x, region->y, region->width, region->height);
    write_word(writer, "region", words, !viewer->view.measures || region->width == 0);
}

static void write_tone(const viewer *viewer, options_writer *writer)
{
    const tone_settings *tone = &viewer->view.tone;
    write_word(writer, "tone", tone_curve_name(tone->curve), tone->curve == tone_default().curve);
}

static void write_exposure(const viewer *viewer, options_writer *writer)
{
    write_number(writer, "exposure", (double)viewer->view.tone.exposure, 0);
}

static void write_offset(const viewer *viewer, options_writer *writer)
{
    write_number(writer, "offset", (double)viewer->view.tone.offset, 0);
}

static void write_gamma(const viewer *viewer, options_writer *writer)
{
    write_number(writer, "gamma", (double)viewer->view.tone.gamma, (double)tone_default().gamma);
}

static void write_channels(const viewer *viewer, options_writer *writer)
{
    const int channels = viewer->view.tone.channels;
    write_word(writer, "channel-shown", tone_channels_name(channels), channels == TONE_ALL);
}

static void write_marks(const viewer *viewer, options_writer *writer)
{
    if (viewer->view.tone.mark_clipped)
        options_write(writer, "mark-clipped", NULL);
}

/* The toggles that differ from what a view with all the other options begins with. */
static void write_toggles(const viewer *viewer, options_writer *writer)
{
    char names[512];
    view begin = viewer->first_view;
    begin.inspector = viewer->view.pin_count > 0;
    begin.measures = viewer->view.measures;
    begin.first_row = begin.first_row && !viewer->view.arranged;
    commands_difference(&viewer->view, &begin, &viewer->context, names, sizeof names);
    write_word(writer, "do", names, !*names);
}

static const view_option rows[] = {
    {"size", true, write_size},
    {"scale", false, write_scale},
    {"backend", false, write_backend},
    {"predictor", false, write_predictor},
    {"kernel-size", false, write_kernel_size},
    {"weight-mode", false, write_mode},
    {"panes", false, write_panes},
    {"columns", false, write_columns},
    {"solo", false, write_solo},
    {"wipe", false, write_wipe},
    {"view", false, write_place},
    {"rate", true, write_rate},
    {"pixel", false, write_pixels},
    {"measure", false, write_measured},
    {"region", false, write_region},
    {"tone", true, write_tone},
    {"exposure", false, write_exposure},
    {"offset", false, write_offset},
    {"gamma", true, write_gamma},
    {"channel-shown", false, write_channels},
    {"mark-clipped", false, write_marks},
    {"do", true, write_toggles},
};

enum { ROWS = sizeof rows / sizeof *rows };

/* Files of weights and networks go with the predictor that reads them. */
static bool is_replaced(const char *name, const void *user)
{
    const viewer *viewer = user;
    const int row = viewer->view.predictor.row, beside = viewer->options->beside_predictor;
    const bool runs_network = predictor_rows[row].runs_network || beside == PREDICTOR_NETWORK;
    bool found = (strcmp(name, "network") == 0 && !runs_network) || (strstr(name, "weights") && row != PREDICTOR_FILES);
    for (int i = 0; i < ROWS; i++)
        found = found || strcmp(rows[i].name, name) == 0;
    return found;
}

/* The frame that is shown in all frames' place. */
static char *compose(const viewer *viewer)
{
    char *line = NULL;
    size_t size;
    FILE *file = open_memstream(&line, &size);
    if (!file)
        return NULL;
    fputs("wfview", file);
    options_writer writer = {file, ' ', true};
    options_write_given(viewer->options, is_replaced, viewer, &writer);
    for (int i = 0; i < ROWS; i++)
        rows[i].write(viewer, &writer);
    const feed_origin origin = feed_get_origin(&viewer->feed, viewer->shown);
    if (origin.file && !viewer->options->ipc)
        options_write_path(&writer, origin.file);
    fclose(file);
    return line;
}

void viewer_copy_command_line(viewer *viewer)
{
    char *line = compose(viewer);
    if (line && viewer->window.handle)
        window_copy_text(&viewer->window, line);
    else if (line)
        fprintf(viewer_spoken(viewer), "%s\n", line);
    viewer_notify(viewer, !line, line ? "copied the command line of this view" : "not enough memory to copy the view");
    free(line);
}

bool viewer_keep_settings(const viewer *viewer, error *error)
{
    char *words = NULL;
    size_t size;
    FILE *file = open_memstream(&words, &size);
    if (!file)
        return error_set(error, "not enough memory for the settings");
    options_writer writer = {file, '\n', false};
    for (int i = 0; i < ROWS; i++)
        if (rows[i].kept)
            rows[i].write(viewer, &writer);
    fclose(file);
    const bool ok = settings_write(words, error);
    free(words);
    return ok;
}
