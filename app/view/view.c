#include "view.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MIN_ZOOM (1.0 / 64)
#define MAX_ZOOM 256.0

/* ---- Help --------------------------------------------------------------------------------------------------------- */

/* Keys and words. These keys stand for those of layers, whose names go before the words. */
static const char pictures[] = "pictures", guides[] = "guides";

static const char *const picture_help[][2] = {
    {"Drag, wheel", "pan, zoom under the cursor"},
    {"C", "filter continuously"},
    {NULL, NULL},
};

static const char *const camera_help[][2] = {
    {"Drag", "orbit"},
    {"Wheel", "closer, farther"},
    {"Right drag", "look around; with W A S D fly, with Q E down and up, with Shift faster"},
    {"V", "the scene's own camera"},
    {"U", "accumulate in the noisy picture instead of the reference"},
    {"C", "new noise while the camera rests"},
    {"Middle drag, Ctrl+wheel", "pan, zoom under the cursor"},
    {NULL, NULL},
};

static const char *const common_help[][2] = {
    {"F or double-click", "fit the picture"},
    {"1  +  -", "one pixel a texel, zoom in, zoom out"},
    {"E  Shift+E  0", "exposure up, down, reset"},
    {"Y  B  Z", "next tone curve, next channel or all, clipped pixels marked"},
    {"Space", "play or pause"},
    {"Left  Right  Home  End", "step through the sequence"},
    {pictures, " in the pane under the cursor"},
    {guides, " there"},
    {"I", "inspect the kernels of the pixel there; a click pins it, one with Shift a second pixel"},
    {"X", "error against the reference there"},
    {"Enter", "that pane alone, or all again"},
    {"L", "first row of panes, or all"},
    {"Tab", "panels"},
    {"T", "gather and splat together, in one stage, where they have the same weights"},
    {"P", "save a screenshot"},
    {"F1 or H", "this help"},
    {"Q or Escape", "quit"},
    {NULL, NULL},
};

/* Pictures in the order of who reads them: what is filtered, its reference; then guides. */
static int rank(int layer)
{
    return layer_rows[layer].has_error ? 0 : layer == FRAME_REFERENCE ? 1 : 2;
}

static void list_layers(int first_rank, int last_rank, char keys[VIEW_HELP_SIZE], char words[VIEW_HELP_SIZE])
{
    size_t key_length = 0, length = 0;
    for (int at = first_rank; at <= last_rank; at++)
        for (int layer = 0; layer < LAYER_COUNT && length < VIEW_HELP_SIZE && key_length < VIEW_HELP_SIZE; layer++) {
            const layer_row *row = &layer_rows[layer];
            if (rank(layer) != at || !row->key)
                continue;
            key_length += (size_t)snprintf(keys + key_length, VIEW_HELP_SIZE - key_length, "%s%c",
                                           key_length ? "  " : "", toupper(row->key));
            length += (size_t)snprintf(words + length, VIEW_HELP_SIZE - length, "%s%s", length ? ", " : "",
                                       layer_word(layer));
        }
}

bool view_help(const view_context *context, int index, char keys[VIEW_HELP_SIZE], char words[VIEW_HELP_SIZE])
{
    const char *const(*first)[2] = context->has_camera ? camera_help : picture_help;
    int count = 0;
    while (first[count][0])
        count++;
    const char *const *line = index < count ? first[index] : common_help[index - count];
    if (!line[0])
        return false;
    char list[VIEW_HELP_SIZE] = "";
    snprintf(keys, VIEW_HELP_SIZE, "%s", line[0]);
    if (line[0] == pictures)
        list_layers(0, 1, keys, list);
    else if (line[0] == guides)
        list_layers(2, 2, keys, list);
    snprintf(words, VIEW_HELP_SIZE, "%s%s", list, line[1]);
    return true;
}

/* ---- Panes -------------------------------------------------------------------------------------------------------- */

enum { DEFAULT_COLUMNS = 3, DEFAULT_PANES = 2 * DEFAULT_COLUMNS };

void view_arrange(view *view, bool has_reference)
{
    static const int filtered[DEFAULT_COLUMNS] = {FRAME_COLOR, LAYER_GATHER, LAYER_SPLAT};
    static const int guides[DEFAULT_COLUMNS] = {FRAME_ALBEDO, FRAME_NORMAL, FRAME_DEPTH};
    if (view->arranged)
        return;
    view->pane_count = DEFAULT_PANES;
    view->columns = DEFAULT_COLUMNS;
    for (int i = 0; i < DEFAULT_COLUMNS; i++) {
        const pane compared = i == 0 ? pane_of(FRAME_REFERENCE) : pane_error_of(filtered[i]);
        view->panes[i] = pane_of(filtered[i]);
        view->panes[DEFAULT_COLUMNS + i] = has_reference ? compared : pane_of(guides[i]);
    }
}

void view_show(view *view, int index, pane shown)
{
    view->panes[index] = shown;
    view->arranged = true;
}

void view_add_pane(view *view, int index)
{
    if (view->pane_count == VIEW_PANES)
        return;
    memmove(&view->panes[index + 1], &view->panes[index], sizeof(pane) * (size_t)(view->pane_count - index));
    view->pane_count++;
    view->columns = 0;
    view->arranged = true;
}

void view_remove_pane(view *view, int index)
{
    if (view->pane_count == 1)
        return;
    view->pane_count--;
    memmove(&view->panes[index], &view->panes[index + 1], sizeof(pane) * (size_t)(view->pane_count - index));
    view->columns = 0;
    view->arranged = true;
    if (view->solo >= view->pane_count)
        view->solo = view->pane_count - 1;
}

static int rows_of(int count, int columns)
{
    return (count + columns - 1) / columns;
}

/* As many columns as make the pictures largest. */
static int best_columns(int count, const view_context *context, float width, float height)
{
    int best = 1;
    double largest = 0;
    for (int columns = 1; columns <= count; columns++) {
        const double across = (double)width / columns / context->image_width;
        const double down = (double)height / rows_of(count, columns) / context->image_height;
        const double zoom = fmin(across, down);
        if (zoom > largest) {
            largest = zoom;
            best = columns;
        }
    }
    return best;
}

view_grid view_arrange_grid(const view *view, const view_context *context, float width, float height)
{
    const int count = view->pane_count;
    if (view->solo >= 0)
        return (view_grid){view->solo, 1, 1, 1};
    int columns = view->columns ? view->columns : best_columns(count, context, width, height);
    columns = columns > count ? count : columns;
    if (view->first_row)
        return (view_grid){0, columns, columns, 1};
    return (view_grid){0, count, columns, rows_of(count, columns)};
}

float view_ramp_end(const view *view, const pane *pane)
{
    const bool is_relative = pane->measure == MEASURE_RELATIVE || pane->measure == MEASURE_SMAPE;
    return exp2f(-pane->exposure - (is_relative ? 0 : view->tone.exposure));
}

/* ---- Pan and zoom ------------------------------------------------------------------------------------------------- */

double view_zoom(const view *view, const view_context *context)
{
    if (!view->fit)
        return view->zoom;
    double horizontal = context->pane.width / context->image_width;
    double vertical = context->pane.height / context->image_height;
    return fmin(horizontal, vertical);
}

/* From following the pane's size to numbers that can be changed. */
static void leave_fit(view *view, const view_context *context)
{
    if (!view->fit)
        return;
    view->zoom = view_zoom(view, context);
    view->center_x = 0.5 * context->image_width;
    view->center_y = 0.5 * context->image_height;
    view->fit = false;
}

void view_origin(const view *view, const view_context *context, rectangle pane, double *x, double *y)
{
    double zoom = view_zoom(view, context);
    double center_x = view->fit ? 0.5 * context->image_width : view->center_x;
    double center_y = view->fit ? 0.5 * context->image_height : view->center_y;
    *x = floor(pane.x + 0.5 * pane.width - center_x * zoom + 0.5);
    *y = floor(pane.y + 0.5 * pane.height - center_y * zoom + 0.5);
}

void view_texel(const view *view, const view_context *context, rectangle pane, double x, double y, int *column,
                int *row)
{
    double origin_x, origin_y, zoom = view_zoom(view, context);
    view_origin(view, context, pane, &origin_x, &origin_y);
    *column = (int)floor((x - origin_x) / zoom);
    *row = (int)floor((y - origin_y) / zoom);
}

static void keep_center_inside(view *view, const view_context *context)
{
    view->center_x = fmin(fmax(view->center_x, 0), context->image_width);
    view->center_y = fmin(fmax(view->center_y, 0), context->image_height);
}

void view_zoom_at(view *view, const view_context *context, rectangle pane, double x, double y, double factor)
{
    leave_fit(view, context);
    double zoom = fmin(fmax(view->zoom * factor, MIN_ZOOM), MAX_ZOOM);
    double shift = 1 / view->zoom - 1 / zoom;
    view->center_x += (x - pane.x - 0.5 * pane.width) * shift;
    view->center_y += (y - pane.y - 0.5 * pane.height) * shift;
    view->zoom = zoom;
    keep_center_inside(view, context);
}

void view_pan(view *view, const view_context *context, double dx, double dy)
{
    leave_fit(view, context);
    view->center_x -= dx / view->zoom;
    view->center_y -= dy / view->zoom;
    keep_center_inside(view, context);
}

void view_set_zoom(view *view, const view_context *context, double zoom)
{
    leave_fit(view, context);
    view->zoom = fmin(fmax(zoom, MIN_ZOOM), MAX_ZOOM);
}

/* ---- Inspector ---------------------------------------------------------------------------------------------------- */

static void unpin(view *view, int index)
{
    view->pin_count--;
    for (int i = index; i < view->pin_count; i++)
        view->pins[i] = view->pins[i + 1];
}

void view_pin(view *view, const view_context *context, int column, int row, bool beside)
{
    if (column < 0 || row < 0 || column >= context->image_width || row >= context->image_height)
        return;
    const wf_node_pixel pixel = {(uint32_t)column, (uint32_t)row};
    for (int i = 0; i < view->pin_count; i++) {
        if (view->pins[i].x == pixel.x && view->pins[i].y == pixel.y) {
            unpin(view, i);
            return;
        }
    }
    const int kept = !beside ? 0 : view->pin_count < WF_NODE_MAX_PIXELS ? view->pin_count : WF_NODE_MAX_PIXELS - 1;
    view->pins[kept] = pixel;
    view->pin_count = kept + 1;
}

/* ---- Keys --------------------------------------------------------------------------------------------------------- */

/* The pane that keys act on. */
static int target_pane(const view *view, const view_context *context)
{
    return context->hovered >= 0 ? context->hovered : view->solo >= 0 ? view->solo : 0;
}

static void show_layer(view *view, const view_context *context, int key)
{
    for (int layer = 0; layer < LAYER_COUNT; layer++)
        if (layer_rows[layer].key == key && context->has[layer])
            view_show(view, target_pane(view, context), pane_of(layer));
}

static void toggle_error(view *view, const view_context *context)
{
    const int index = target_pane(view, context), layer = view->panes[index].layer;
    if (pane_is_compared(&view->panes[index]))
        view_show(view, index, pane_of(layer));
    else if (context->has[FRAME_REFERENCE] && layer_rows[layer].has_error)
        view_show(view, index, pane_error_of(layer));
}

static void expose(view *view, float steps)
{
    view->tone.exposure = fminf(fmaxf(view->tone.exposure + 0.5f * steps, -TONE_MOST_EV), TONE_MOST_EV);
}

static void step(view *view, const view_context *context, int frames)
{
    view->playing = false;
    view->frame = (view->frame + frames + context->frame_count) % context->frame_count;
}

static void leave(view *view)
{
    if (view->help)
        view->help = false;
    else
        view->quit = true;
}

void view_key(view *view, const view_context *context, int key)
{
    switch (key) {
    case 'f':
    case 'F':
        view->fit = true;
        break;
    case '1':
        view_set_zoom(view, context, 1);
        break;
    case '+':
    case '=':
        view_set_zoom(view, context, view_zoom(view, context) * sqrt(2));
        break;
    case '-':
        view_set_zoom(view, context, view_zoom(view, context) / sqrt(2));
        break;
    case 'e':
        expose(view, 1);
        break;
    case 'E':
        expose(view, -1);
        break;
    case '0':
        view->tone.exposure = 0;
        break;
    case 'y':
        view->tone.curve = (view->tone.curve + 1) % TONE_COUNT;
        break;
    case 'b':
        view->tone.channels = (view->tone.channels + 1) % TONE_CHANNELS;
        break;
    case 'z':
        view->tone.mark_clipped = !view->tone.mark_clipped;
        break;
    case ' ':
        view->playing = !view->playing && context->frame_count > 1;
        break;
    case KEY_LEFT:
        step(view, context, -1);
        break;
    case KEY_RIGHT:
        step(view, context, 1);
        break;
    case KEY_HOME:
        step(view, context, -view->frame);
        break;
    case KEY_END:
        step(view, context, context->frame_count - 1 - view->frame);
        break;
    case 'i':
        view->inspector = !view->inspector;
        break;
    case 'x':
        toggle_error(view, context);
        break;
    case KEY_ENTER:
        view->solo = view->solo >= 0 ? -1 : target_pane(view, context);
        break;
    case 'l':
        view->first_row = !view->first_row;
        break;
    case 'v':
        view->hand.home = context->has_camera;
        view->playing = view->playing && !context->has_camera;
        break;
    case 'u':
        view->accumulate = !view->accumulate;
        break;
    case 'c':
        view->continuous = !view->continuous;
        break;
    case 't':
        view->predictor.together = !view->predictor.together;
        break;
    case KEY_TAB:
        view->panels = !view->panels;
        break;
    case 'p':
    case 'P': /* while Shift pins */
        view->save_screenshot = true;
        break;
    case KEY_F1:
    case 'h':
    case '?':
        view->help = !view->help;
        break;
    case KEY_ESCAPE:
        leave(view);
        break;
    case 'q':
        view->quit = true;
        break;
    default:
        show_layer(view, context, key);
    }
}
