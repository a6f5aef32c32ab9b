#include "palette.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* ---- What they do ------------------------------------------------------------------------------------------------ */

/* What a command turns on and off, or asks the viewer for. */
static bool *flag_at(view *view, int place)
{
    return (bool *)((char *)view + place);
}

static void toggle(view *view, const view_context *context, int place)
{
    (void)context;
    *flag_at(view, place) = !*flag_at(view, place);
}

static void ask(view *view, const view_context *context, int place)
{
    (void)context;
    *flag_at(view, place) = true;
}

static void open_palette(view *view, const view_context *context, int argument)
{
    (void)argument;
    palette_open(view, context);
}

static void set_zoom(view *view, const view_context *context, int percent)
{
    view_set_zoom(view, context, 0.01 * percent);
}

static void zoom(view *view, const view_context *context, int steps)
{
    view_set_zoom(view, context, view_zoom(view, context) * pow(2, 0.5 * steps));
}

static void toggle_solo(view *view, const view_context *context, int argument)
{
    (void)argument;
    view->solo = view->solo >= 0 || view->wipe.on ? -1 : view_target_pane(view, context);
    view->wipe.on = false;
}

static void toggle_wipe(view *view, const view_context *context, int argument)
{
    (void)argument;
    view_toggle_wipe(view, context);
}

static void show_pane(view *view, const view_context *context, int index)
{
    view_flip(view, context, index);
}

static void add_pane(view *view, const view_context *context, int argument)
{
    (void)argument;
    view_add_pane(view, view_target_pane(view, context));
}

static void remove_pane(view *view, const view_context *context, int argument)
{
    (void)argument;
    view_remove_pane(view, view_target_pane(view, context));
}

static void toggle_error(view *view, const view_context *context, int argument)
{
    const int index = view_target_pane(view, context), layer = view->panes[index].layer;
    (void)argument;
    if (pane_is_compared(&view->panes[index]))
        view_show(view, index, pane_of(layer));
    else if (context->has[FRAME_REFERENCE] && layer_row_of(layer)->has_error)
        view_show(view, index, pane_error_of(layer));
}

/* Of the sequence that the pane shows. */
static void show_layer(view *view, const view_context *context, int layer)
{
    const int index = view_target_pane(view, context);
    const int shown = layer_of_sequence(layer_sequence(view->panes[index].layer), layer);
    if (context->has[shown])
        view_show(view, index, pane_of(shown));
}

static void next_sequence(view *view, const view_context *context, int argument)
{
    const int index = view_target_pane(view, context);
    pane shown = view->panes[index];
    const int next = (layer_sequence(shown.layer) + 1) % context->sequences;
    (void)argument;
    shown.layer = layer_of_sequence(next, layer_own(shown.layer));
    view_show(view, index, shown);
}

static void expose(view *view, const view_context *context, int steps)
{
    (void)context;
    view->tone.exposure = fminf(fmaxf(view->tone.exposure + 0.5f * (float)steps, -TONE_MOST_EV), TONE_MOST_EV);
}

static void next_window(view *view, const view_context *context, int argument)
{
    (void)context, (void)argument;
    view->times_window = (view->times_window + 1) % VIEW_TIMES_WINDOWS;
}

static void reset_exposure(view *view, const view_context *context, int argument)
{
    (void)context, (void)argument;
    view->tone.exposure = 0;
}

static void next_curve(view *view, const view_context *context, int argument)
{
    (void)context, (void)argument;
    view->tone.curve = (view->tone.curve + 1) % TONE_COUNT;
}

static void next_channels(view *view, const view_context *context, int argument)
{
    (void)context, (void)argument;
    view->tone.channels = (view->tone.channels + 1) % TONE_CHANNELS;
}

static void play(view *view, const view_context *context, int argument)
{
    (void)argument;
    view->playing = !view->playing && context->frame_count > 1;
}

static void step(view *view, const view_context *context, int frames)
{
    view->playing = false;
    view->frame = (view->frame + frames + context->frame_count) % context->frame_count;
}

/* To the first one, or the last. */
static void go_to_end(view *view, const view_context *context, int last)
{
    step(view, context, last ? context->frame_count - 1 - view->frame : -view->frame);
}

static void set_pace(view *view, const view_context *context, int steps)
{
    static const float rates[] = {1, 2, 4, 8, 12, 24, 25, 30, 48, 50, 60, 120};
    const int count = sizeof rates / sizeof *rates;
    const float now = view->rate > 0 ? view->rate : (float)context->frame_rate;
    int i = steps > 0 ? 0 : count - 1;
    while (i + steps >= 0 && i + steps < count && (steps > 0 ? rates[i] <= now : rates[i] >= now))
        i += steps;
    view->rate = rates[i];
}

static void go_home(view *view, const view_context *context, int argument)
{
    (void)context, (void)argument;
    view->hand.home = true;
    view->playing = false;
}

static void save_pane(view *view, const view_context *context, int argument)
{
    (void)argument;
    view->save_pane = view_target_pane(view, context) + 1;
}

static int of_level(int layer, int level)
{
    const bool is_map = layer >= 0 && layer_is_map(layer);
    return is_map ? layer + (level - layer_map_level(layer)) * MAP_COUNT : layer;
}

static pane pane_of_level(const pane *pane, int level)
{
    struct pane moved = *pane;
    moved.layer = of_level(pane->layer, level);
    moved.against = of_level(pane->against, level);
    return moved;
}

static void next_map_level(view *view, const view_context *context, int argument)
{
    const int index = view_target_pane(view, context);
    const pane *pane = &view->panes[index];
    (void)argument;
    if (!layer_is_map(pane->layer))
        return;
    const int next = layer_map_level(pane->layer) + 1;
    view_show(view, index, pane_of_level(pane, next < context->map_levels[layer_sequence(pane->layer)] ? next : 0));
}

static void spread_map(view *view, const view_context *context, int argument)
{
    const int index = view_target_pane(view, context);
    (void)argument;
    if (!layer_is_map(view->panes[index].layer))
        return;
    const int levels = context->map_levels[layer_sequence(view->panes[index].layer)];
    for (int level = 0; level < levels; level++) {
        const int place = index + level;
        if (level > 0 && view->pane_count == VIEW_PANES)
            return;
        if (level > 0)
            view_add_pane(view, place - 1);
        view_show(view, place, pane_of_level(&view->panes[place], level));
    }
}

static bool has_sequence(const view_context *context)
{
    return context->frame_count > 1;
}

static bool has_sequences(const view_context *context)
{
    return context->sequences > 1;
}

static bool has_reference(const view_context *context)
{
    return context->has[FRAME_REFERENCE];
}

static bool has_no_camera(const view_context *context)
{
    return !context->has_camera;
}

static bool has_camera(const view_context *context)
{
    return context->has_camera;
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

#define TOGGLE(field) .run = toggle, .argument = offsetof(view, field), .flag = offsetof(view, field)
#define ASK(field)    .run = ask, .argument = offsetof(view, field)

/* clang-format off */
static const command rows[] = {
    {"fit", "fit the picture", COMMANDS_VIEW, {'f'}, ASK(fit)},
    {"actual-size", "one pixel a texel", COMMANDS_VIEW, {'F'}, .run = set_zoom, .argument = 100},
    {"zoom-in", "zoom in", COMMANDS_VIEW, {'+', '='}, .run = zoom, .argument = 1, .repeats = true},
    {"zoom-out", "zoom out", COMMANDS_VIEW, {'-'}, .run = zoom, .argument = -1, .repeats = true},
    {"panels", "panels", COMMANDS_VIEW, {KEY_TAB}, TOGGLE(panels)},
    {"inspector", "inspect the kernels of the pixel under the cursor; a click pins it, one with Shift a second pixel",
     COMMANDS_VIEW, {'i'}, TOGGLE(inspector)},
    {"footprint", "footprints: beside the kernels, and outlined over splat, what a pixel writes", COMMANDS_VIEW, {'I'},
     TOGGLE(footprint)},
    {"metrics", "metrics and a histogram; a drag with Shift chooses a region", COMMANDS_VIEW, {'k'}, TOGGLE(measures)},
    {"times", "times of all stages, plotted, and the hand-over's state", COMMANDS_VIEW, {'T'}, TOGGLE(times)},
    {"times-window", "times of more of the latest samples, or of the fewest", COMMANDS_VIEW, {KEY_CONTROL | 'h'},
     .run = next_window},
    {"times-pause", "pause the times", COMMANDS_VIEW, {KEY_CONTROL | 't'}, TOGGLE(times_pause), .passing = true},

    {"solo", "the pane under the cursor alone, or all again", COMMANDS_PANES, {KEY_ENTER}, .run = toggle_solo},
    {"wipe", "the pane under the cursor and the next one over each other, with an edge to drag", COMMANDS_PANES, {'w'},
     .run = toggle_wipe, .flag = offsetof(view, wipe.on), .passing = true},
    {"previous-pane", "the pane before, alone", COMMANDS_PANES, {','},
     .run = view_turn_page, .argument = -1, .repeats = true},
    {"next-pane", "the next pane, alone", COMMANDS_PANES, {'.'}, .run = view_turn_page, .argument = 1, .repeats = true},
    {"add-pane", "one more pane beside the one under the cursor", COMMANDS_PANES, {KEY_CONTROL | 'n'}, .run = add_pane},
    {"remove-pane", "without the pane under the cursor", COMMANDS_PANES, {KEY_CONTROL | 'w'}, .run = remove_pane},
    {"first-row", "the first row of panes alone", COMMANDS_PANES, {'l'}, TOGGLE(first_row)},
    {"error", "error against the reference in the pane under the cursor", COMMANDS_PANES, {'x'}, .run = toggle_error,
     .applies = has_reference},

    {"exposure-up", "exposure up", COMMANDS_TONE, {'e'}, .run = expose, .argument = 1, .repeats = true},
    {"exposure-down", "exposure down", COMMANDS_TONE, {'E'}, .run = expose, .argument = -1, .repeats = true},
    {"exposure-reset", "exposure of 0 EV", COMMANDS_TONE, {'0'}, .run = reset_exposure},
    {"auto-exposure", "exposure by the picture under the cursor: its 99th percentile becomes 1; of a difference alone",
     COMMANDS_TONE, {'j'}, ASK(auto_exposure)},
    {"next-tone", "next tone curve", COMMANDS_TONE, {'y'}, .run = next_curve},
    {"next-channel", "next channel, or all", COMMANDS_TONE, {'b'}, .run = next_channels},
    {"clipped", "mark clipped pixels", COMMANDS_TONE, {'z'}, TOGGLE(tone.mark_clipped), .passing = true},

    {"play", "play or pause", COMMANDS_SEQUENCE, {' '},
     .run = play, .applies = has_sequence, .flag = offsetof(view, playing), .passing = true},
    {"previous", "the frame before", COMMANDS_SEQUENCE, {KEY_LEFT},
     .run = step, .argument = -1, .applies = has_sequence, .repeats = true},
    {"next", "the next frame", COMMANDS_SEQUENCE, {KEY_RIGHT},
     .run = step, .argument = 1, .applies = has_sequence, .repeats = true},
    {"first", "the first frame", COMMANDS_SEQUENCE, {KEY_HOME},
     .run = go_to_end, .argument = 0, .applies = has_sequence},
    {"last", "the last frame", COMMANDS_SEQUENCE, {KEY_END}, .run = go_to_end, .argument = 1, .applies = has_sequence},

    {"play-once", "end with the last frame instead of beginning anew", COMMANDS_SEQUENCE, {'R'},
     .applies = has_sequence, TOGGLE(once)},
    {"slower", "fewer frames a second", COMMANDS_SEQUENCE, {'['},
     .run = set_pace, .argument = -1, .applies = has_sequence, .repeats = true},
    {"faster", "more frames a second", COMMANDS_SEQUENCE, {']'},
     .run = set_pace, .argument = 1, .applies = has_sequence, .repeats = true},
    {"reload", "read the frame's file anew; where it changes, that is done by itself", COMMANDS_SEQUENCE, {KEY_F5},
     ASK(reload), .applies = has_no_camera},

    {"continuous", "filter continuously; of a resting camera, show new noise", COMMANDS_FILTER, {'c'},
     TOGGLE(continuous)},
    {"together", "gather and splat in one stage, where they have the same weights", COMMANDS_FILTER, {'t'},
     TOGGLE(predictor.together)},

    {"next-sequence", "the same of the next sequence in the pane under the cursor", COMMANDS_PANES, {';'},
     .run = next_sequence, .applies = has_sequences},
    {"map-level", "a map of kernels under the cursor: of the next coarser level, or full resolution again",
     COMMANDS_PANES, {'L'}, .run = next_map_level},
    {"map-levels", "a map of kernels under the cursor: a pane for each level", COMMANDS_PANES, {KEY_CONTROL | 'l'},
     .run = spread_map},

    {"home", "the scene's own camera", COMMANDS_CAMERA, {'v'}, .run = go_home, .applies = has_camera},
    {"accumulate", "accumulate in the noisy picture instead of the reference", COMMANDS_CAMERA, {'u'},
     .applies = has_camera, TOGGLE(accumulate)},

    {"screenshot", "save a screenshot", COMMANDS_FILE, {'p', 'P'}, ASK(save_screenshot)}, /* P: while Shift pins */
    {"save-pane", "save the values in the pane under the cursor as wfview.PANE.exr", COMMANDS_FILE, {KEY_CONTROL | 's'},
     .run = save_pane},
    {"copy-region", "copy the values in the region that metrics are of, of all panes' layers, as CSV",
     COMMANDS_FILE, {KEY_CONTROL | 'r'}, ASK(copy_region)},
    {"copy-command-line", "copy the command line that shows this view, headless too",
     COMMANDS_FILE, {KEY_CONTROL | 'c'}, ASK(copy_command_line)},
    {"quit", "quit", COMMANDS_FILE, {'q', KEY_ESCAPE}, ASK(quit)},

    {"commands", "search the commands", COMMANDS_HELP, {KEY_CONTROL | 'p', '/'}, .run = open_palette},
    {"menu", "menu", COMMANDS_HELP, {KEY_F10}, TOGGLE(menu), .passing = true},
    {"help", "mouse and keys", COMMANDS_HELP, {KEY_F1, 'h', '?'}, TOGGLE(help), .passing = true},
};
/* clang-format on */

/* Panes as the pages of a flip-book. */
#define PANE(number, key)                                                                                              \
    {                                                                                                                  \
        "pane-" number, "pane " number " alone, or in a wipe under the cursor", COMMANDS_PANES, {key},                 \
            .run = show_pane, .argument = key - '1'                                                                    \
    }
static const command panes[] = {PANE("1", '1'), PANE("2", '2'), PANE("3", '3'), PANE("4", '4'), PANE("5", '5'),
                                PANE("6", '6'), PANE("7", '7'), PANE("8", '8'), PANE("9", '9')};

enum {
    ROWS = sizeof rows / sizeof *rows,
    PANES = sizeof panes / sizeof *panes,
    LAYERS_AT = ROWS + PANES,
};

const char *command_group_name(command_group group)
{
    static const char *const names[COMMAND_GROUPS] = {
        [COMMANDS_VIEW] = "View",         [COMMANDS_PANES] = "Panes",   [COMMANDS_TONE] = "Tone",
        [COMMANDS_SEQUENCE] = "Sequence", [COMMANDS_FILTER] = "Filter", [COMMANDS_CAMERA] = "Camera",
        [COMMANDS_FILE] = "File",         [COMMANDS_HELP] = "Help"};
    return names[group];
}

/* Layers in the order of commands: those that have keys, then further ones. */
static int layer_at(int place)
{
    const int frame = FRAME_FURTHER, outputs = LAYER_FURTHER_GATHER - FRAME_LAYER_COUNT;
    if (place < frame)
        return place;
    if (place < frame + outputs)
        return FRAME_LAYER_COUNT + place - frame;
    return place < frame + outputs + MAX_FURTHER ? place - outputs : place;
}

bool command_get(int index, command *command)
{
    if (index < 0 || index >= LAYERS_AT + LAYER_COUNT)
        return false;
    if (index < LAYERS_AT) {
        *command = index < ROWS ? rows[index] : panes[index - ROWS];
        return true;
    }
    const int layer = layer_at(index - LAYERS_AT);
    *command = (struct command){
        .name = layer_row_of(layer)->name,
        .words = layer_word(layer),
        .group = COMMANDS_PANES,
        .keys = {layer_row_of(layer)->key},
        .run = show_layer,
        .argument = layer,
    };
    return true;
}

static bool applies(const command *command, const view_context *context)
{
    return command->run == show_layer ? context->has[command->argument]
                                      : !command->applies || command->applies(context);
}

int command_rows(void)
{
    return ROWS;
}

int command_find(const view_context *context, const char *name)
{
    command command;
    for (int i = 0; command_get(i, &command); i++)
        if (strcmp(command.name, name) == 0 && applies(&command, context))
            return i;
    return -1;
}

int command_of_key(const view_context *context, int key)
{
    command command;
    for (int i = 0; command_get(i, &command); i++)
        for (int j = 0; j < COMMAND_KEYS && command.keys[j]; j++)
            if (command.keys[j] == key && applies(&command, context))
                return i;
    return -1;
}

bool command_applies(int index, const view_context *context)
{
    command command;
    return command_get(index, &command) && applies(&command, context);
}

bool command_is_on(const command *command, const view *view)
{
    return command->flag && *(const bool *)((const char *)view + command->flag);
}

void command_run(int index, view *view, const view_context *context)
{
    command command;
    if (command_get(index, &command) && applies(&command, context))
        command.run(view, context, command.argument);
}

static bool close_what_is_open(view *view)
{
    const bool was_open = view->help || view->menu;
    view->help = view->menu = false;
    return was_open;
}

void view_key(view *view, const view_context *context, int key)
{
    if (view->palette.is_open) {
        palette_key(view, context, key & ~KEY_REPEATED);
        return;
    }
    const int index = command_of_key(context, key & ~KEY_REPEATED);
    command command;
    if (index < 0 || !command_get(index, &command) || (key & KEY_REPEATED && !command.repeats))
        return;
    if (key == KEY_ESCAPE && close_what_is_open(view))
        return;
    command_run(index, view, context);
}

/* ---- Lists of names ---------------------------------------------------------------------------------------------- */

/* The next name of the list, which goes on behind it; false after the last. */
static bool next_name(const char **names, char name[COMMAND_TEXT])
{
    const size_t length = strcspn(*names, ",");
    snprintf(name, COMMAND_TEXT, "%.*s", (int)length, *names);
    const bool any = length > 0 || **names;
    *names += length + ((*names)[length] == ',');
    return any;
}

const char *command_word(int index)
{
    command command;
    return command_get(index, &command) && (index < LAYERS_AT || command.keys[0]) ? command.name : NULL;
}

bool commands_known(const char *names, char unknown[COMMAND_TEXT])
{
    while (next_name(&names, unknown)) {
        bool known = false;
        for (int i = 0; !known && command_word(i); i++)
            known = strcmp(command_word(i), unknown) == 0;
        if (!known)
            return false;
    }
    return true;
}

void commands_run(const char *names, view *view, const view_context *context)
{
    char name[COMMAND_TEXT];
    while (next_name(&names, name))
        command_run(command_find(context, name), view, context);
}

void commands_difference(const view *view, const struct view *other, const view_context *context, char *names,
                         size_t size)
{
    size_t length = 0;
    *names = 0;
    for (int i = 0; i < ROWS; i++)
        if (!rows[i].passing && applies(&rows[i], context) &&
            command_is_on(&rows[i], view) != command_is_on(&rows[i], other) && length < size)
            length += (size_t)snprintf(names + length, size - length, "%s%s", length ? "," : "", rows[i].name);
}
