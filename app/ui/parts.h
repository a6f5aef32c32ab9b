/* parts.h -- what the files of the user interface share. C++; private to ui/. */
#ifndef WFVIEW_UI_PARTS_H
#define WFVIEW_UI_PARTS_H

#include <imgui.h>

extern "C" {
#include "app/view/commands.h"
#include "ui.h"
}

namespace parts
{

/* ---- look.cpp: colors, sizes and fonts --------------------------------------------------------------------------- */

const ImU32 ground = IM_COL32(27, 27, 29, 255);
const ImU32 line = IM_COL32(48, 48, 51, 255);
const ImU32 text = IM_COL32(222, 222, 224, 255);
const ImU32 soft = IM_COL32(170, 171, 176, 255); /* on what lies over the view */
const ImU32 dim = IM_COL32(142, 143, 148, 255);
const ImU32 faint = IM_COL32(84, 85, 90, 255);
const ImU32 accent = IM_COL32(88, 166, 214, 255);
const ImU32 amber = IM_COL32(229, 172, 84, 255);
const ImU32 well = IM_COL32(14, 14, 15, 255);     /* below what is plotted */
const ImU32 trough = IM_COL32(255, 255, 255, 10); /* below bars of times */

extern const ImU32 channel_colors[3];                  /* of words: red, green, blue */
extern const ImU32 track_colors[PROFILER_TRACK_COUNT]; /* of the clocks that measured stages */

struct Look {
    float scale; /* target pixels a unit; 0: fonts are not made yet */
    ImFont *body, *strong, *small;
};
extern Look look;

float px(float units); /* whole target pixels */
void set_style();
void add_fonts();

/* ---- draw.cpp: boxes, and words in them -------------------------------------------------------------------------- */

/* In target pixels. */
struct Box {
    float x, y, width, height;

    float right() const
    {
        return x + width;
    }
    float bottom() const
    {
        return y + height;
    }
    /* Takes a strip off the top or bottom. */
    Box take_top(float units)
    {
        Box top = {x, y, width, units};
        y += units;
        height -= units;
        return top;
    }
    Box take_bottom(float units)
    {
        height -= units;
        return {x, y + height, width, units};
    }
    Box inset(float horizontal, float vertical) const
    {
        return {x + horizontal, y + vertical, width - 2 * horizontal, height - 2 * vertical};
    }
};

enum Align { left_align, center_align, right_align };

float text_width(ImFont *font, const char *words);

/* One line, centered vertically in the box, shortened to its width. Returns its own width. */
float draw_text(ImFont *font, Box box, Align align, ImU32 color, const char *words);
float draw_format(ImFont *font, Box box, Align align, ImU32 color, const char *format, ...) IM_FMTARGS(5);

/* A stage, behind a dot of its clock's color. */
void draw_stage_name(Box box, const profiler_stats &stats, ImU32 color);

/* A value at the right, and its name in what that leaves of the box. */
void draw_pair(ImFont *font, Box box, const char *name, const char *format, ...) IM_FMTARGS(4);

void fill(Box box, ImU32 color);
void outline(ImVec2 low, ImVec2 high, ImU32 color, float thickness); /* set off by a dark one around it */
void draw_arrow(ImDrawList *list, ImVec2 center, ImU32 color);       /* downwards: a list opens */

/* In an open list. */
void close_on_escape();

/* ---- names.cpp --------------------------------------------------------------------------------------------------- */

void layer_label(int layer, char (&label)[64]); /* "Noisy" */
const char *backend_name(wf_backend backend);
const char *predictor_name(const ui_facts *facts, int row); /* NULL: it cannot be chosen */
void kernel_size(const ui_facts *facts, const view *view, int *height, int *width);

/* ---- widgets.cpp: rows of a panel, taken off a box's top --------------------------------------------------------- */

void heading(Box *box, const char *words);

/* A labeled row; the next widget fills what is right of the label. */
void label(Box *box, const char *words, ImFont *font = look.body, ImU32 color = dim);

/* As ImGui::BeginCombo, with a quiet arrow. */
bool begin_combo(const char *id, const char *preview);

/* A slider whose filled part, from zero or the low end, shows the value. */
void slider(const char *id, float *value, float low, float high, const char *format, bool logarithmic);
void parameter(Box *box, const char *name, float *value, float low, float high, const char *format);

void toggle(Box *box, const char *name, bool *value);
bool button(Box row, const char *name);

/* ---- Parts of the view, each in the file of its name ------------------------------------------------------------- */

void build_panes(const ui_facts *facts, view *view, view_context *context, ui_layout *layout, Box area);

/* pane_header.cpp: a pane's title, whose menu says what it shows; beside it values under the mouse, or a ramp. */
void build_pane_header(const ui_facts *facts, view *view, const view_context *context, ui_layout *layout, int index,
                       Box header);

/* pane_values.cpp: texels that are large enough have their values in them. */
bool prints_values(const view *view, const view_context *context);
texel_area visible_texels(const view *view, const view_context *context, rectangle picture);
void draw_values(const ui_facts *facts, const view *view, const view_context *context, const pane *pane,
                 rectangle picture);

/* panes.cpp: where a picture's texels are in the target, and the picture itself. */
struct Texels {
    double x, y, zoom;

    ImVec2 corner(int column, int row) const;
    ImVec2 middle(int column, int row) const;
};
Texels find_texels(const view *view, const view_context *context, rectangle picture);
ImVec2 low_of(rectangle picture);
ImVec2 high_of(rectangle picture);

/* hand.cpp: whether the mouse holds ImGui's item, with that button: also in the picture in which it lets go, for a slow
 * one sees the last move and the release at once. */
bool is_held();
bool is_held_by(ImGuiMouseButton button);

/* hand.cpp: what the mouse does in a pane, which is ImGui's item: to the picture, or to the camera of live frames. */
void move_picture(view *view, const view_context *context, rectangle picture);
void move_camera(view *view, const view_context *context, rectangle picture);
void fly(view *view); /* once a frame */

/* mouse.cpp: ImGui before 1.87 asks once a picture where the mouse is, so that of a slow picture's press and move the
 * press would be where the move ended. Here each picture sees what the mouse did up to one button's change, as later
 * ones of ImGui have it themselves. step_mouse: between the new frame of ImGui's platform and ImGui's; whether there is
 * more to be seen. */
void listen_to_mouse(GLFWwindow *window);
bool step_mouse();

void build_filter(const ui_facts *facts, view *view, Box box);                            /* panel_filter.cpp */
void build_view(const ui_facts *facts, view *view, const view_context *context, Box box); /* panel_view.cpp */
void build_quality(const ui_facts *facts, const view_context *context, Box box);          /* panel_quality.cpp */
void build_timing(const ui_facts *facts, Box box);                                        /* panel_timing.cpp */

/* panel_inspector.cpp: the kernels of the inspected pixels, beside the panes. */
float inspector_width(const view *view);
void build_inspector(const ui_facts *facts, const view *view, Box box);

/* panel_times.cpp: each stage's times, plotted, and the hand-over's state, beside the panes. */
float times_width();
void build_times(const ui_facts *facts, view *view, Box box);

/* panel_metrics.cpp: figures of a layer, beside the panes; histogram.cpp: of its channels, with axes. */
float metrics_width(const view *view);
void build_metrics(const ui_facts *facts, view *view, const view_context *context, Box box);
void draw_histogram(const measurement *measured, const measured_histograms *histograms, Box box);

/* region.cpp: the part of the frame that is measured: chosen by a drag with Shift in a pane, which is ImGui's item
 * (true: it has the mouse); by a click with Shift it is the whole frame. */
bool drag_region(view *view, const view_context *context, rectangle picture);
void outline_region(const view *view, const view_context *context, rectangle picture);

/* footprint.cpp: over a pane, the outline of what the inspected pixels are made of: in the pane of the splat by the
 * splat, else by the gather. Of taps with at least a tenth of the largest one's factor. */
void draw_footprints(const ui_facts *facts, const view *view, const view_context *context, int layer,
                     rectangle picture);

void build_sequence(const ui_facts *facts, view *view, const view_context *context, Box box);
void build_status(const ui_facts *facts, const view_context *context, const ui_layout *layout, Box box);

/* What lies over the view, of the commands' table; each in the file of its name. */
void build_help(view *view, const view_context *context);
void build_menu(view *view, const view_context *context);
void build_palette(view *view, const view_context *context); /* it is searched with what is typed */

} // namespace parts

#endif
