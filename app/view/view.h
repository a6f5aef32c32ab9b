/* view.h -- what the user controls: panes and what they show, pan, zoom and exposure, the filter, the sequence. Keys,
 * mouse and panels change it, the viewer obeys it. No Vulkan and no user interface in here. */
#ifndef WFVIEW_VIEW_H
#define WFVIEW_VIEW_H

#include <stdbool.h>

#include "app/denoise/predictor.h"
#include "measured.h"
#include "pane.h"
#include "place.h"
#include "tone.h"
#include "wf_node_inspect.h"

#define VIEW_PANES         12 /* at most */
#define VIEW_DEFAULT_PANES 6  /* until the user has chosen */

typedef struct rectangle {
    float x, y, width, height; /* pixels of the target */
} rectangle;

/* What a hand does to the camera of live frames, until the viewer has done it: zeroed then. */
typedef struct steering {
    float orbit_right, orbit_up;          /* radians, about the target */
    float look_right, look_up;            /* radians, about the eye */
    float closer;                         /* steps of the wheel */
    float fly_right, fly_up, fly_forward; /* parts of the scene's diagonal */
    bool home;                            /* back to the scene's own camera, before all that */
} steering;

/* Two panes over each other, with an edge between them that stays where it is on the screen. */
typedef struct view_wipe {
    bool on;
    int sides[2]; /* panes left and right of it */
    double edge;  /* 0 to 1, of the width */
} view_wipe;

/* The list of commands, see palette.h. */
typedef struct view_palette {
    bool is_open;
    char typed[64];
    int chosen;  /* of those that match, from 0 */
    int hovered; /* the pane under the cursor when it was opened, which commands act on; -1: none */
} view_palette;

/* Of how many of the latest samples times are shown. */
#define VIEW_TIMES_WINDOWS 4
static const int view_times_windows[VIEW_TIMES_WINDOWS] = {64, 256, 1024, 8192};

typedef struct view {
    pane panes[VIEW_PANES]; /* row by row */
    int pane_count;
    int columns;    /* 0: as many as make the pictures largest */
    bool arranged;  /* the user chose what panes show: view_arrange leaves them alone */
    bool first_row; /* only that is shown */
    int solo;       /* the pane that fills the view; -1: all are shown */
    view_wipe wipe; /* where no pane fills it */
    bool panels;
    bool help, menu;                        /* what lies over the view, ... */
    view_palette palette;                   /* ... and this */
    bool inspector;                         /* it is open */
    bool footprint;                         /* the inspector has what splat writes of the pixel, too */
    wf_node_pixel pins[WF_NODE_MAX_PIXELS]; /* what it inspects; without any, the pixel under the mouse */
    int pin_count;
    bool times;                /* the panel of times is open */
    bool times_pause;          /* no samples are taken */
    int times_window;          /* of view_times_windows */
    bool measures;             /* the panel of metrics is open */
    int measured, against;     /* layers: what is measured, and what that is compared with; -1: nothing */
    frame_region region;       /* of which; 0 x 0: the whole frame */
    bool fit;                  /* zoom and center follow the pane's size */
    double zoom;               /* target pixels a texel */
    double center_x, center_y; /* the texel coordinate at each pane's center */
    tone_settings tone;        /* of all panes alike */
    bool playing, continuous;  /* continuous: filter even where nothing has changed; live: new noise at rest */
    int frame;                 /* index in the sequence */
    float rate;                /* frames a second while playing; 0: the source's own */
    bool once;                 /* playing ends with the last frame, else it begins anew */
    bool reload;               /* the frame's file, asked for; reset by the viewer */
    wf_backend backend;        /* wanted */
    predictor_options predictor;
    steering hand;
    bool flying;     /* keys are the camera's */
    bool accumulate; /* live: the noisy picture is the mean of all frames since the camera rests */
    bool quit;
    bool auto_exposure;   /* asked for; reset by the viewer */
    bool save_screenshot; /* asked for; reset by the viewer, and so is the next one */
    bool copy_command_line, copy_region;
    int save_pane; /* of that pane, from 1, the values; 0: of none */
} view;

/* What keys and mouse need to know. */
typedef struct view_context {
    int image_width, image_height;
    int frame_count;
    int sequences;     /* beside each other, the first one included; 0: not known yet */
    double frame_rate; /* the source's own, frames a second */
    bool has[SHOWN_LAYERS];
    int map_levels[SEQUENCES];    /* of each one's kernels, which maps may be of; 0: not known yet */
    float map_ends[SHOWN_LAYERS]; /* of layers shown as PANE_ERROR or PANE_SIGNED: the value at the high end; 0: 1 */
    bool has_camera;              /* frames are of a camera that the hand moves */
    int hovered;                  /* pane under the mouse, -1: none */
    rectangle pane;               /* any visible pane's picture, at least one pixel: all have the same size */
} view_context;

/* Until the user has chosen: noisy, gather, splat; below them reference and errors where there is a reference, else
 * albedo, normal and depth. */
void view_arrange(view *view, bool has_reference);

/* The user's choice of what a pane shows, of one more pane, which shows the same as pane `index`, beside it, and of one
 * less; the last one stays, and at VIEW_PANES no more come. */
void view_show(view *view, int index, pane shown);
void view_add_pane(view *view, int index);
void view_remove_pane(view *view, int index);

/* The pane that keys act on: the one under the mouse, else one that is seen. */
int view_target_pane(const view *view, const view_context *context);

/* A pane alone, as a flip-book; in a wipe it takes the side under the mouse. Outside of what there is: nothing. */
void view_flip(view *view, const view_context *context, int index);

/* To a pane before or after it, in the flip-book, which the first page opens, or in the wipe. */
void view_turn_page(view *view, const view_context *context, int step);

/* The same for two panes over each other: the one that keys act on and the next one; or back to all. */
void view_toggle_wipe(view *view, const view_context *context);

/* Which panes are shown, in how many columns and rows, of an area of that many target pixels: view->solo alone, or from
 * the first on. down: they fill a column before the next one, as those of view_arrange do, with rows and columns
 * exchanged, in an area that is higher than wide, where that makes pictures larger. Those of a wipe are not arranged by
 * this. */
typedef struct view_grid {
    int first, count, columns, rows;
    bool down;
} view_grid;
view_grid view_arrange_grid(const view *view, const view_context *context, float width, float height);

/* The value at the high end of a pane's ramp. The tone's exposure counts for differences of radiance, not for relative
 * ones, nor for maps, which have ends of their own (context); the pane's own for all. */
float view_ramp_end(const view *view, const view_context *context, const pane *pane);

/* The values at both ends. False: the pane has no ramp, since its colors are those of the picture. */
bool view_ramp(const view *view, const view_context *context, const pane *pane, float *low, float *high);

/* Zoom and center as they apply to a pane's picture, fit included, and the texel under a target pixel. */
double view_zoom(const view *view, const view_context *context);
void view_origin(const view *view, const view_context *context, rectangle pane, double *x, double *y);
void view_texel(const view *view, const view_context *context, rectangle pane, double x, double y, int *column,
                int *row);

/* What a click does while the inspector is open: pins the pixel in the others' place, or beside one
   other; a pinned one is let go. */
void view_pin(view *view, const view_context *context, int column, int row, bool beside);

/* Zooms by a factor, keeping the image where it is at the target pixel x, y in the pane. */
void view_zoom_at(view *view, const view_context *context, rectangle pane, double x, double y, double factor);
void view_pan(view *view, const view_context *context, double dx, double dy); /* target pixels */
void view_set_zoom(view *view, const view_context *context, double zoom);     /* about the pane's center */

/* The same as numbers: of now, fit included; and any. */
view_place view_get_place(const view *view, const view_context *context);
void view_set_place(view *view, const view_place *place);

/* Keys that are no characters; with Ctrl held they are characters, small letters, and KEY_CONTROL.
   KEY_REPEATED: it was down before. */
enum {
    KEY_ESCAPE = 0x110000,
    KEY_ENTER,
    KEY_TAB,
    KEY_BACKSPACE,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_UP,
    KEY_DOWN,
    KEY_HOME,
    KEY_END,
    KEY_F1,
    KEY_F5,
    KEY_F10
};
enum { KEY_CONTROL = 1 << 24, KEY_REPEATED = 1 << 25 };

/* Obeys a key: a KEY_ or a character (Unicode). What it does is a row in commands.c. */
void view_key(view *view, const view_context *context, int key);

#endif
