#include "view.h"

#include <math.h>
#include <string.h>

#include "shaders/display/pane.h"

/* ---- Panes ------------------------------------------------------------------------------------------------------- */

enum { DEFAULT_COLUMNS = VIEW_DEFAULT_PANES / 2 };

void view_arrange(view *view, bool has_reference)
{
    static const int filtered[DEFAULT_COLUMNS] = {FRAME_COLOR, LAYER_GATHER, LAYER_SPLAT};
    static const int guides[DEFAULT_COLUMNS] = {FRAME_ALBEDO, FRAME_NORMAL, FRAME_DEPTH};
    if (view->arranged)
        return;
    view->pane_count = VIEW_DEFAULT_PANES;
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

int view_target_pane(const view *view, const view_context *context)
{
    if (context->hovered >= 0 && context->hovered < view->pane_count)
        return context->hovered;
    return view->wipe.on ? view->wipe.sides[0] : view->solo >= 0 ? view->solo : 0;
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
    view->wipe.on = view->wipe.on && view->pane_count > 1;
    view->wipe.sides[0] = 0;
    view->wipe.sides[1] = 1;
}

void view_flip(view *view, const view_context *context, int index)
{
    if (index < 0 || index >= view->pane_count)
        return;
    if (!view->wipe.on) {
        view->solo = index;
        return;
    }
    int *sides = view->wipe.sides;
    const int side = context->hovered == sides[0] ? 0 : 1;
    if (sides[1 - side] == index)
        sides[1 - side] = sides[side];
    sides[side] = index;
}

void view_turn_page(view *view, const view_context *context, int step)
{
    const int shown = view_target_pane(view, context), count = view->pane_count;
    const bool is_open = view->wipe.on || view->solo >= 0;
    view_flip(view, context, is_open ? (shown + step + count) % count : shown);
}

void view_toggle_wipe(view *view, const view_context *context)
{
    const int shown = view_target_pane(view, context);
    view->wipe.on = !view->wipe.on && view->pane_count > 1;
    view->solo = -1;
    if (!view->wipe.on)
        return;
    view->wipe.sides[0] = shown;
    view->wipe.sides[1] = (shown + 1) % view->pane_count;
}

static int rows_of(int count, int columns)
{
    return (count + columns - 1) / columns;
}

/* Target pixels a texel, where the picture fits its pane. */
static double zoom_of(int columns, int rows, const view_context *context, float width, float height)
{
    return fmin((double)width / columns / context->image_width, (double)height / rows / context->image_height);
}

/* As many columns as make the pictures largest. */
static int best_columns(int count, const view_context *context, float width, float height)
{
    int best = 1;
    double largest = 0;
    for (int columns = 1; columns <= count; columns++) {
        const double zoom = zoom_of(columns, rows_of(count, columns), context, width, height);
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
        return (view_grid){view->solo, 1, 1, 1, false};
    int columns = view->columns ? view->columns : best_columns(count, context, width, height);
    columns = columns > count ? count : columns;
    const int shown = view->first_row ? columns : count, rows = rows_of(shown, columns);
    if (!view->arranged && height > width &&
        zoom_of(rows, columns, context, width, height) > zoom_of(columns, rows, context, width, height))
        return (view_grid){0, shown, rows, columns, true};
    return (view_grid){0, shown, columns, rows, false};
}

static bool is_map(int layer)
{
    return layer_row_of(layer)->shown == PANE_ERROR || layer_row_of(layer)->shown == PANE_SIGNED;
}

float view_ramp_end(const view *view, const view_context *context, const pane *pane)
{
    const bool is_relative = pane_is_compared(pane) && pane->measure >= MEASURE_RELATIVE;
    float end = exp2f(-view->tone.exposure);
    if (is_relative)
        end = 1;
    else if (is_map(pane->layer))
        end = context->map_ends[pane->layer] > 0 ? context->map_ends[pane->layer] : 1;
    return end * exp2f(-pane->exposure);
}

bool view_ramp(const view *view, const view_context *context, const pane *pane, float *low, float *high)
{
    *high = view_ramp_end(view, context, pane);
    if (pane_is_compared(pane) || is_map(pane->layer)) {
        const bool is_signed =
            pane_is_compared(pane) ? pane->measure == MEASURE_SIGNED : layer_row_of(pane->layer)->shown == PANE_SIGNED;
        *low = is_signed ? -*high : 0;
        return true;
    }
    *low = (0 - view->tone.offset) * *high; /* not -0 */
    *high *= 1 - view->tone.offset;
    return view->tone.curve == TONE_FALSE && layer_row_of(pane->layer)->shown == PANE_RADIANCE;
}

/* ---- Pan and zoom ------------------------------------------------------------------------------------------------ */

double view_zoom(const view *view, const view_context *context)
{
    if (!view->fit)
        return view->zoom;
    double horizontal = context->pane.width / context->image_width;
    double vertical = context->pane.height / context->image_height;
    return fmin(horizontal, vertical);
}

view_place view_get_place(const view *view, const view_context *context)
{
    return (view_place){
        .center_x = view->fit ? 0.5 * context->image_width : view->center_x,
        .center_y = view->fit ? 0.5 * context->image_height : view->center_y,
        .zoom = view_zoom(view, context),
    };
}

void view_set_place(view *view, const view_place *place)
{
    view->fit = place->fit;
    view->zoom = place->zoom;
    view->center_x = place->center_x;
    view->center_y = place->center_y;
}

/* From following the pane's size to numbers that can be changed. */
static void leave_fit(view *view, const view_context *context)
{
    const view_place place = view_get_place(view, context);
    view_set_place(view, &place);
}

void view_origin(const view *view, const view_context *context, rectangle pane, double *x, double *y)
{
    const view_place place = view_get_place(view, context);
    *x = floor(pane.x + 0.5 * pane.width - place.center_x * place.zoom + 0.5);
    *y = floor(pane.y + 0.5 * pane.height - place.center_y * place.zoom + 0.5);
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
    double zoom = fmin(fmax(view->zoom * factor, PLACE_LEAST_ZOOM), PLACE_MOST_ZOOM);
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
    view->zoom = fmin(fmax(zoom, PLACE_LEAST_ZOOM), PLACE_MOST_ZOOM);
}

/* ---- Inspector --------------------------------------------------------------------------------------------------- */

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
