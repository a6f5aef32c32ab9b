/* ui.h -- the user interface, through Dear ImGui: panels, labels, and where the panes go.
 *
 * Pictures are not ImGui's: ui_build leaves room for them and tells where, panes.h draws them, and ui_draw draws the
 * rest over them. One user interface at a time; one thread. */
#ifndef WFVIEW_UI_H
#define WFVIEW_UI_H

#include "app/frames/feed_facts.h"
#include "app/gpu/device.h"
#include "app/view/inspected.h"
#include "app/view/measured.h"
#include "app/view/metrics.h"
#include "app/view/values.h"
#include "app/view/view.h"
#include "app/viewer/profiler.h"
#include "wf.h"

typedef struct GLFWwindow GLFWwindow;

/* frames: how many may be in flight; draws in subpass 0 of render_pass. window may be NULL: no mouse, no keyboard, and
 * time that goes by a fixed step. */
bool ui_create(const device *device, VkRenderPass render_pass, uint32_t frames, GLFWwindow *window, error *error);
void ui_destroy(void); /* nothing in flight uses it; not created is fine */

/* The size of the target, and the scale of text and controls; 0: by the height. Fonts are made anew where the scale
 * changes: nothing in flight uses the user interface. */
bool ui_resize(uint32_t width, uint32_t height, float scale, error *error);

/* How the renderer's images come to the filters and back, of the frame that was filtered last. */
typedef struct hand_over_facts {
    const char *path, *reason; /* what becomes of images, and of which backend that is */
    bool has_timeline;
    uint64_t reached, ready, done; /* values: now; when inputs were written; when outputs are */
    int in_flight, slots;          /* frames that are not known to be done, of at most so many */
    int64_t uncertainty_ns;        /* of the node's clock */
} hand_over_facts;

/* What is shown beside the pictures. */
typedef struct ui_facts {
    const char *frame_name; /* of the frame that is shown */
    char *const
        *origins; /* FRAME_LAYER_COUNT: what its layers are in its file (frame.h); NULL for one that is of none */
    const char *beside[SEQUENCES]; /* the frame of each sequence but the first one; NULL: it has none there, ... */
    const char *lacks[SEQUENCES];  /* ... and a sentence why */
    feed_facts feed;
    const char *file_name; /* of the weights; NULL: none were given */
    const char *network_label, *network_origin;
    bool splat_has_own_weights;      /* and a file of its own */
    int kernel_height, kernel_width; /* of the weights file */
    int measured_samples;            /* of a reference that accumulates, when the metrics were computed */
    wf_device_info node;
    const profiler *times;
    hand_over_facts hand_over;
    const metrics *quality;           /* of the frame that is shown, by places (layer_compared); NULL: not known */
    unsigned has_quality;             /* bit of each place that is known */
    const inspected_pixel *inspected; /* the pixels of the inspector, as far as they are known */
    int inspected_count;
    const measurement *measured; /* NULL: not there yet */
    const measured_histograms *histograms;
    values probed;      /* linear values under the mouse, in a picture before */
    values printed;     /* of a picture before: what layout.printed asked for then */
    const char *choice; /* why the backend is the one it is, a sentence; NULL: it is no choice of the program */
    const char *notice; /* NULL or a sentence for the user */
    bool is_warning;    /* the notice is one */
    bool placeholders;  /* dashes for times and device names */
} ui_facts;

/* Where things are, for drawing and for the next frame's input. */
typedef struct ui_layout {
    rectangle pictures[VIEW_PANES]; /* whole pixels; width 0: the pane is not shown */
    rectangle shown[VIEW_PANES];    /* what is drawn of each: in a wipe a part of it */
    rectangle ramps[VIEW_PANES];    /* the error ramp beside a pane's label; width 0: none */
    texel_area printed;             /* texels whose values the panes print, of the layers that they show */
    int column, row;                /* the texel under the mouse, where a pane is; may lie outside the image */
    bool takes_keys;                /* a text field or an open list takes them */
    bool has_more_input;            /* the mouse did more than one frame can obey: the next one goes on */
} ui_layout;

/* Lays out one frame and obeys the mouse. Sets the context's pane and what is hovered. */
void ui_build(const ui_facts *facts, view *view, view_context *context, ui_layout *layout);

/* Records the frame built last, inside the render pass. */
void ui_draw(VkCommandBuffer commands);

#endif
