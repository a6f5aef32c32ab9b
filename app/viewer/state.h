/* state.h -- the viewer's state, and what its files do with it. Private to viewer/. */
#ifndef WFVIEW_STATE_H
#define WFVIEW_STATE_H

#include "app/denoise/network.h"
#include "app/display/screen.h"
#include "app/frames/feed.h"
#include "app/frames/staging.h"
#include "app/gpu/capture.h"
#include "app/view/commands.h"
#include "app/view/inspected.h"
#include "app/view/measured.h"
#include "viewer.h"

/* What is known of a frame of the sequence. */
typedef struct frame_state {
    bool shown, has_reference;
    bool captured;        /* saved and measured, as far as that was asked for */
    unsigned has_metrics; /* bit of each place (layer_compared) */
    unsigned lacks;       /* bit of each sequence that has no frame beside this one, once that was said */
    char *problem;    /* what was wrong with its file: sentences, each with a newline; owned, NULL: nothing is known */
    bool skipped;     /* since it could not be read */
    metrics *metrics; /* COMPARED_COUNT of these places; owned, NULL: they are not known */
    measurement *measured; /* for the report, NULL: nothing was; owned */
} frame_state;

_Static_assert(sizeof(frame_state) <= 64, "long runs have one of each frame, be anything known of it or not");

/* A sequence beside the first one. */
typedef struct beside {
    const char *path; /* of --beside; NULL: the frames are the first one's, by a staging of its own and no feed */
    feed feed;
    staging staging;
    long long *numbers; /* of its frames, -1: none; owned */
    node_log log;
    denoiser denoiser;
    predictor_options applied;              /* what that was told, ... */
    int weighed;                            /* ... and the frame whose weights it has */
    uint64_t slot_pictures[DENOISER_SLOTS]; /* the last picture that reads each slot */
    int frame;                              /* its frame beside the one that is shown; -1: none */
    uint32_t slot;
    wf_node_sync sync; /* of that slot's frame, ... */
    bool is_new;       /* ... which no picture has acquired yet */
    char label[256];   /* of its frame, and of what filters it where that is not what filters the first one's */
    char problem[sizeof((error *)0)->message]; /* why it has no frame there; empty: it has */
} beside;

typedef struct viewer {
    const options *options;
    int64_t started_ns;
    feed feed;
    frame_state *frames;
    beside beside[SEQUENCES - 1];
    int beside_count;
    weights gather_weights, splat_weights; /* data NULL: none */
    bool weights_follow;                   /* frames have weights of their own */
    int weighed;                           /* the frame whose weights are there then; -1: none */
    network network;
    device device;
    window window;
    screen screen;
    capture capture;
    node_log log;
    denoiser denoiser;
    uint64_t slot_pictures[DENOISER_SLOTS]; /* the last picture that reads each slot */
    profiler *kept, *discarded, *times;     /* times: one of the two */
    view view, first_view;                  /* as it is, and as it was when it began */
    predictor_options applied;              /* what the denoiser was told */
    view_context context;
    wf_node_pixel asked[WF_NODE_MAX_PIXELS]; /* what the node was told to inspect */
    int asked_count;
    inspected_pixel inspected[WF_NODE_MAX_PIXELS]; /* what it told, of the node's frame of that number; owned */
    int inspected_count;
    uint64_t inspected_frame;
    measure_work work; /* what is to be measured of the picture that is drawn next */
    bool has_measured;
    measurement measured; /* of the picture that is done last */
    measured_histograms histograms;
    uint64_t taken; /* pictures whose figures were taken in */
    ui_facts facts;
    ui_layout layout;
    char *origins[FRAME_LAYER_COUNT]; /* what the layers of the frame shown last are in its file, see frame.h; owned */
    int shown;                        /* the frame in the denoiser's latest slot; -1: none */
    uint32_t slot;
    wf_node_sync sync;               /* of that slot's frame */
    float near_inverse, far_inverse; /* of depth, from the first frame that has it, and when cameras come to rest */
    bool has_depth_range;
    double first_picture_ms;
    bool sizes_differ;      /* of the frames that were shown */
    int64_t changed_ns;     /* when the picture last changed */
    bool is_moving;         /* the camera, before the frame that is shown */
    bool has_moved;         /* it, since near and far were found */
    int measured_samples;   /* a pixel, of a resting camera's reference when metrics were computed last */
    bool unreadable;        /* viewer_step failed since the frame or its weights could not be had: others may be */
    bool is_stale;          /* the frame that is shown has changed since */
    bool broken;            /* after a failure of the device nothing more can be drawn */
    bool is_automatic;      /* the backend in use is what --backend auto came to, not one that was asked for */
    wf_backend chosen;      /* the backend that --backend auto takes, */
    char choice[160];       /* and why: a sentence with a newline; empty: nothing was chosen */
    denoiser_input untimed; /* frames like this, which backends are to be timed at where is_untimed */
    bool is_untimed;
    char notice[sizeof((error *)0)->message]; /* empty: none */
    char *notes;                              /* for the report: sentences, each with a newline; owned, NULL: none */
} viewer;

/* ---- open.c ------------------------------------------------------------------------------------------------------ */

/* Frames, device, weights, view and screen, as the options ask for them. viewer_close:
   zeroed or opened in part is fine. */
bool viewer_open(viewer *viewer, error *error);
void viewer_close(viewer *viewer);

/* There is Vulkan, and a view. Without it frames are filtered on the CPU, and that is all. */
bool viewer_draws(const viewer *viewer);

/* Adds sentences, each with a newline, to the report's notes; to_user: they are warnings on stderr, too. */
void viewer_note(viewer *viewer, const char *sentences, bool to_user);

/* The run is for its measured frames, headless or in a window; else a window that the user closes. */
bool viewer_measures(const viewer *viewer);

/* ---- reopen.c ---------------------------------------------------------------------------------------------------- */

void viewer_close_frames(viewer *viewer);

/* In a window: what was dropped onto it is opened and shown, or the user told why not. */
bool viewer_take_dropped(viewer *viewer, error *error);

/* A frame that has changed, or that the view asks for anew, is stale. */
bool viewer_reload(viewer *viewer, error *error);

/* Nothing is known of the frame any more. Nothing in flight is of it. */
void viewer_forget_frame(viewer *viewer, int index);

/* ---- listen.c ---------------------------------------------------------------------------------------------------- */

/* In a window: takes in what clients have sent. Frames come, go, and are stale. */
bool viewer_listen(viewer *viewer, error *error);

/* ---- kernels.c: weights of files --------------------------------------------------------------------------------- */

/* Reads those of all frames, for the size of the first one; of those that follow the frames says which are missing. */
bool viewer_open_weights(viewer *viewer, int width, int height, error *error);

/* Reads those that the frame has of its own, in place of the last one's. */
bool viewer_load_weights(viewer *viewer, int index, int width, int height, error *error);

/* ---- inspect.c --------------------------------------------------------------------------------------------------- */

/* Pixels are to be inspected that were not in the frame filtered last. */
bool viewer_wants_inspection(const viewer *viewer);

/* Before a frame: tells the node which pixels. One that is outside of it is an error in measured runs; in a window pins
 * are dropped, and that is said. */
bool viewer_ask(viewer *viewer, int index, error *error);

/* Takes in what the node has told of the frame that is shown, without waiting. */
void viewer_take_inspection(viewer *viewer);
void viewer_forget_inspection(viewer *viewer);

/* ---- maps.c ------------------------------------------------------------------------------------------------------ */

/* Maps are to be shown or measured that the frame filtered last does not have. */
bool viewer_wants_maps(const viewer *viewer);

/* Before a frame of a sequence: tells its denoiser which. */
void viewer_ask_maps(viewer *viewer, int sequence, denoiser *denoiser);

/* How many levels a sequence's kernels have, and the ends of its maps' ramps. */
void viewer_note_maps(viewer *viewer, int sequence);

/* Of kernels that a predictor makes, a row of predictor_rows. */
int viewer_count_levels(const viewer *viewer, int row);

/* ---- beside.c: sequences beside the first one -------------------------------------------------------------------- */

/* Those of --beside, where pictures are drawn. Frames of the first one that have none beside them are said. */
bool viewer_open_beside(viewer *viewer, error *error);
void viewer_close_beside(viewer *viewer);

/* After the first sequence's frame: those that stand beside it, as far as they are there; which are not is noted. */
bool viewer_filter_beside(viewer *viewer, int index, const feed_frame *first, error *error);

/* What is shown of all sequences now. */
shown_images viewer_images(const viewer *viewer);

/* For a picture; and after it was submitted. */
void viewer_show_beside(viewer *viewer, screen_picture *picture);
void viewer_note_shown(viewer *viewer);

void viewer_describe_beside(const viewer *viewer, ui_facts *facts);

/* As feed_is_ready and viewer_reload, of the frames beside. */
bool viewer_beside_is_ready(viewer *viewer, int index);
bool viewer_reload_beside(viewer *viewer, bool asked, error *error);

/* The first sequence's frame of that number is another one from now on; -1: all of them are. Nothing is in flight. */
void viewer_forget_beside(viewer *viewer, int index);

/* ---- measure.c --------------------------------------------------------------------------------------------------- */

/* After the user interface was laid out: finds out what is to be measured of the picture, and opens or closes what does
 * that. In measured runs a region outside of the frame is an error, and so is a layer that it lacks; in a window the
 * first is said and the region gone. */
bool viewer_fit_measure(viewer *viewer, error *error);

/* Takes in the figures of pictures that are done. */
bool viewer_take_measured(viewer *viewer, error *error);

/* What is to be measured is of a sequence that has no frame beside the one that is shown, which was said. */
bool viewer_lacks_measured(const viewer *viewer);

/* ---- layers.c: what is said of frames' files --------------------------------------------------------------------- */

/* Keeps what the layers of a recorded frame are. Headless, says so on stderr where the frame before had others: a
 * line "wfview: PATH: color from R,G,B; albedo from albedo.R,G,B", and each warning; in a window the panes say so,
 * and the first warning is a notice. */
void viewer_note_layers(viewer *viewer, const frame *frame);
void viewer_forget_layers(viewer *viewer);

/* Keeps, once a frame, and says: that it is mended (headless a warning on stderr, else a notice), or
 * skipped, since it could not be read. */
void viewer_note_damage(viewer *viewer, int index, const frame *frame);
void viewer_note_skipped(viewer *viewer, int index, const error *reason);
int viewer_skipped_count(const viewer *viewer);

/* ---- choose.c: which backend --backend auto takes ---------------------------------------------------------------- */

/* For frames like this, where both CUDA and Vulkan may work on a GPU: the one that is remembered to be faster, and
 * viewer->choice says why. Before a long run both are timed. False: there is no choice, or not yet: in a window CUDA
 * has the first picture, and viewer_time_backends comes later. */
bool viewer_choose_backend(viewer *viewer, denoiser_options *options, const denoiser_input *input);

/* Where the denoiser has that backend: in the report, and on stderr in headless runs. */
void viewer_say_choice(viewer *viewer);

/* When the user rests: times what is still to be timed, once, which takes about a second; the view
   asks for the faster one then. */
void viewer_time_backends(viewer *viewer);

/* ---- fit.c: the denoiser that a frame is to have ----------------------------------------------------------------- */

/* Reads weights of the frame's own, where it has such; is_new: there are others now. */
bool viewer_weigh(viewer *viewer, int index, const feed_frame *frame, bool *is_new, error *error);

/* Makes the denoiser what the frame's size and the user ask for. Where that fails the former one stays, as far
 * as it can; else viewer->broken. */
bool viewer_fit_denoiser(viewer *viewer, const feed_frame *frame, bool has_new_weights, error *error);

/* What predictors take, as the viewer has it. */
predictor_inputs viewer_inputs(const viewer *viewer);

/* ---- step.c: filters and draws ----------------------------------------------------------------------------------- */

/* One frame of the sequence, filtered and drawn. Where that fails before the device has work, the view stays as it was
 * and can go on; else viewer->broken. */
bool viewer_step(viewer *viewer, int index, error *error);

/* Which layers a sequence has now; NULL: no frame. */
void viewer_note_sequence(viewer *viewer, int sequence, const feed_frame *frame);

/* The view, with the frame that was filtered last. Without Vulkan: nothing. */
bool viewer_draw(viewer *viewer, error *error);

/* Waits for all pictures and takes in the times that are still out. */
bool viewer_drain(viewer *viewer, error *error);

/* ---- facts.c: what the user interface says ----------------------------------------------------------------------- */

/* Of the frame that is shown, before the view is laid out. */
void viewer_gather_facts(viewer *viewer);

/* A sentence for the user; empty: none. */
void viewer_notify(viewer *viewer, bool is_warning, const char *notice);

/* ---- depth.c: near and far --------------------------------------------------------------------------------------- */

/* Of these values, and of those that the device has. */
void viewer_find_depth_range(viewer *viewer, const image *depth);
bool viewer_read_depth_range(viewer *viewer, error *error);

/* ---- expose.c ---------------------------------------------------------------------------------------------------- */

/* Finds the exposure from the frame that is shown, where that was asked for; the next picture has it. */
bool viewer_expose(viewer *viewer, error *error);

/* ---- save.c: the shown frame and the view, to files -------------------------------------------------------------- */

/* Whether the frame was shown and not yet captured, as far as that was asked for. */
bool viewer_wants_capture(const viewer *viewer, int index);

/* Reads the shown frame back: measures it against the reference, and to files: saves it if asked to. */
bool viewer_capture(viewer *viewer, bool to_files, error *error);
void viewer_forget_capture(viewer *viewer, int index);

bool viewer_save_screenshot(viewer *viewer, const char *path, error *error);

/* ---- finish.c: what a run leaves behind -------------------------------------------------------------------------- */

/* One more picture, with all there is to say in it, then the files; headless, a line on stdout. */
bool viewer_write_results(viewer *viewer, error *error);

/* Where sentences go that nothing on the standard output stands in the way of. */
FILE *viewer_spoken(const viewer *viewer);

/* ---- save_pane.c ------------------------------------------------------------------------------------------------- */

/* The values in the pane that the view asks for, if it does, as wfview.PANE.exr in the current folder. */
bool viewer_save_pane(viewer *viewer, error *error);

/* ---- copy_region.c ----------------------------------------------------------------------------------------------- */

/* The values in the view's region, of the layers that panes show, as CSV, if that is asked for: to the
   clipboard; headless they are said. */
bool viewer_copy_region(viewer *viewer, error *error);

/* ---- command_line.c ---------------------------------------------------------------------------------------------- */

/* To the clipboard; headless it is said. A camera that was moved is no part of it. */
void viewer_copy_command_line(viewer *viewer);

/* What the next window begins with. */
bool viewer_keep_settings(const viewer *viewer, error *error);

/* ---- run_measured.c, run_window.c -------------------------------------------------------------------------------- */

bool viewer_run_measured(viewer *viewer, error *error);
bool viewer_run_in_window(viewer *viewer, error *error);

/* In a window: takes in what the user did, waiting for it up to `seconds`; false to end. */
bool viewer_obey(viewer *viewer, double seconds);

#endif
