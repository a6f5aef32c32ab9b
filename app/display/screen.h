/* screen.h -- draws the view: panes and user interface into the target, and the target to
   the window where there is one. */
#ifndef WFVIEW_SCREEN_H
#define WFVIEW_SCREEN_H

#include "app/denoise/denoiser.h"
#include "app/gpu/target.h"
#include "app/gpu/timer.h"
#include "app/gpu/window.h"
#include "app/ui/ui.h"
#include "measure.h"
#include "panes.h"
#include "readback.h"

#define SCREEN_FRAMES MEASURE_FRAMES /* pictures in flight */

typedef struct screen_frame {
    VkCommandBuffer commands;
    VkSemaphore acquired; /* the window's image is there to be written */
    readback probed;      /* the texel under the mouse */
    readback printed;     /* what the view prints of the layers that it shows */
    uint64_t untimed;     /* the denoiser's frame in a picture whose time is not in the profiler yet; 0: none */
    bool measures;
} screen_frame;

typedef struct screen {
    const device *device;
    window *window;     /* NULL: headless */
    float scale;        /* of the user interface, asked for; 0: the display's */
    float fitted_scale; /* screen_scale's, of the picture drawn last */
    target target;
    panes panes;
    measure measure;
    timer timer;          /* of each frame a span for what it displays, and one for what it measures */
    VkSemaphore timeline; /* counts pictures that are done */
    uint64_t drawn;       /* pictures submitted */
    screen_frame frames[SCREEN_FRAMES];
} screen;

/* The frame of a sequence. */
typedef struct screen_sequence {
    denoiser *denoiser; /* NULL: there is none; the first sequence always has one */
    uint32_t slot;
    const wf_node_sync *sync; /* of the slot's new frame, which this picture acquires; NULL: acquired before */
} screen_sequence;

/* What is drawn. */
typedef struct screen_picture {
    screen_sequence sequences[SEQUENCES];
    const view *view;
    const view_context *context;
    const ui_layout *layout;         /* NULL: nothing is drawn, and frames are acquired all the same */
    const measure_work *measure;     /* NULL: nothing. It has the maps of FLIP that the panes show */
    float near_inverse, far_inverse; /* 1/depth shown white and black */
} screen_picture;

/* window: open and with its surface, or NULL; it stays the caller's. Makes the user interface too, of
   that scale; 0: the display's. */
bool screen_create(const device *device, window *window, uint32_t width, uint32_t height, float scale, screen *screen,
                   error *error);
void screen_destroy(screen *screen); /* waits for pictures in flight; zeroed is fine */

/* Follows the window's size and the display's scale: before ui_build. */
bool screen_fit(screen *screen, error *error);

/* That of the user interface; 0: by the height. */
float screen_scale(const screen *screen);

/* Opens what measures images of that size and makes so many maps of FLIP, or closes it: 0 x 0, and none. Waits for
 * pictures in flight where that is a change. */
bool screen_fit_measure(screen *screen, uint32_t width, uint32_t height, int map_count, error *error);

/* Submits the picture that ui_build laid out last. Adds the times of pictures that are done. */
bool screen_draw(screen *screen, const screen_picture *picture, profiler *profiler, error *error);

/* Waits until that picture, counted from 1, is done. Nothing waits for picture 0: a zeroed screen, which draws none, is
 * fine, as it is for screen_fit and screen_collect. */
bool screen_wait(screen *screen, uint64_t picture, error *error);

/* Of the latest finished picture, and of the layers that it shows: the texel under the mouse, and what the panes print;
 * where there is none, no area. Until the next screen_draw. */
values screen_probed(const screen *screen);
values screen_printed(const screen *screen);

/* What picture `number`, counted from 1, has measured: one of the last SCREEN_FRAMES, and done. False: nothing. */
bool screen_measured(const screen *screen, uint64_t number, measurement *measured, measured_histograms *histograms);

/* Adds the times that have not been added yet; every picture is done. */
void screen_collect(screen *screen, profiler *profiler);

#endif
