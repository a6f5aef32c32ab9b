#include "state.h"

#include <math.h>
#include <string.h>

#define METRICS_DELAY_NS 150000000 /* the view must rest that long before metrics are computed in a window */
#define LOOK_NS          250000000 /* between looks at the shown frame's file */
#define IDLE_SECONDS     0.25      /* between pictures while nothing happens */
#define LEAST_SAMPLES    16        /* of a resting camera's reference, before anything is measured against it */
#define LISTEN_SECONDS   0.01 /* between looks at what clients send, which no window system wakes the program for */
#define SETTLE_PICTURES  4    /* drawn after an event, until what it changed has been read back and laid out */

/* A user's event, or a client's. False: the window is to be closed. */
static bool wait_for_event(viewer *viewer, double seconds)
{
    const int64_t begin = profiler_now();
    bool goes_on, event = false;
    double left = seconds;
    do {
        const double slice = viewer->options->ipc ? fmin(left, LISTEN_SECONDS) : left, before = left;
        goes_on = window_poll(&viewer->window, slice);
        left = seconds - (double)(profiler_now() - begin) * 1e-9;
        event = before - left < slice;
    } while (goes_on && !event && left > 0 && !feed_has_come(&viewer->feed));
    return goes_on;
}

bool viewer_obey(viewer *viewer, double seconds)
{
    window *window = &viewer->window;
    if (!window->handle)
        return true;
    if (!wait_for_event(viewer, seconds))
        return false;
    for (int i = 0; i < window->key_count && !viewer->layout.takes_keys; i++)
        view_key(&viewer->view, &viewer->context, window->keys[i]);
    return !viewer->view.quit;
}

/* The frame to show next while playing: the one after, once it is due and loaded. */
static void advance(viewer *viewer, int64_t *due_ns)
{
    int64_t now = profiler_now();
    if (!viewer->view.playing || now < *due_ns)
        return;
    const int count = viewer->context.frame_count, next = (viewer->view.frame + 1) % count;
    if (next == 0 && viewer->view.once)
        viewer->view.playing = false;
    else if (feed_is_ready(&viewer->feed, next) && viewer_beside_is_ready(viewer, next))
        viewer->view.frame = next;
    int64_t period = (int64_t)(1e9 / (viewer->view.rate > 0 ? (double)viewer->view.rate : viewer->facts.feed.rate));
    *due_ns = now - *due_ns < period ? *due_ns + period : now + period;
}

/* Looks now and then whether the frame's file has changed, and where that is asked for. */
static bool reload(viewer *viewer, int64_t *looked_ns, error *error)
{
    const int64_t now = profiler_now();
    if (!viewer->view.reload && (viewer->view.playing || now - *looked_ns < LOOK_NS))
        return true;
    *looked_ns = now;
    return viewer->shown < 0 || viewer_reload(viewer, error);
}

static bool needs_filter(const viewer *viewer)
{
    const view *view = &viewer->view;
    return viewer->is_stale || feed_has_more(&viewer->feed, view) || viewer_wants_inspection(viewer) ||
           viewer_wants_maps(viewer) || view->frame != viewer->shown || view->backend != viewer->facts.node.backend ||
           !predictor_same(&viewer->applied, &view->predictor);
}

/* The way that the view goes in the sequence, 1 or -1; 0: it has jumped somewhere. */
static int direction(const viewer *viewer)
{
    const int count = viewer->context.frame_count, frame = viewer->view.frame, shown = viewer->shown;
    if (shown < 0 || viewer->view.playing || frame == (shown + 1) % count)
        return 1;
    if (frame == (shown + count - 1) % count)
        return -1;
    return frame == 0 ? 1 : frame == count - 1 ? -1 : 0;
}

/* A frame cannot be read: on to the next one that can. False: there is no other than the one that is shown. */
static bool go_past(viewer *viewer, error *error)
{
    const struct error reason = *error;
    const int by = direction(viewer), count = viewer->context.frame_count, first = viewer->view.frame;
    const bool ends = viewer->view.playing && viewer->view.once;
    int next = (first + by + count) % count;
    while (by != 0 && viewer->unreadable && next != viewer->shown && next != first && !(ends && next == 0)) {
        if (viewer_step(viewer, next, error)) {
            viewer_notify(viewer, true, reason.message);
            return true;
        }
        next = (next + by + count) % count;
    }
    *error = reason;
    return false;
}

/* Filters if something changed, and draws. What cannot be filtered is said and taken back. */
static bool refresh(viewer *viewer, error *error)
{
    feed_steer(&viewer->feed, &viewer->view.hand);
    viewer->view.hand = (steering){0};
    if (!needs_filter(viewer))
        return screen_fit(&viewer->screen, error) && viewer_draw(viewer, error);
    if (!viewer->view.playing) /* then there is no time to read it */
        *viewer->notice = 0;
    viewer->is_stale = false;
    if (viewer_step(viewer, viewer->view.frame, error) ||
        (viewer->view.frame != viewer->shown && go_past(viewer, error)))
        return true;
    if (viewer->broken || viewer->shown < 0)
        return false;
    viewer_notify(viewer, true, error->message);
    viewer->view.frame = viewer->shown;
    viewer->view.backend = viewer->facts.node.backend;
    viewer->view.predictor = viewer->applied;
    viewer->view.playing = false;
    return true;
}

/* What near and far are is found out anew when the camera has come to rest. */
static bool fit_depth(viewer *viewer, error *error)
{
    if (!viewer->has_moved || viewer->is_moving)
        return true;
    viewer->has_moved = false;
    return viewer_read_depth_range(viewer, error);
}

/* Metrics, once the user has stopped changing things; against a reference that
   accumulates whenever that has doubled. */
static bool measure_at_rest(viewer *viewer, error *error)
{
    frame_state *state = &viewer->frames[viewer->shown];
    int samples = viewer->facts.feed.reference_samples;
    bool resting = !viewer->view.playing && profiler_now() - viewer->changed_ns > METRICS_DELAY_NS;
    bool grown = !viewer->view.playing && samples >= (state->metrics ? 2 * viewer->measured_samples : LEAST_SAMPLES);
    bool due = samples > 0 ? grown : resting && !state->metrics;
    if (!due || !viewer->context.has[FRAME_REFERENCE])
        return true;
    viewer_forget_capture(viewer, viewer->shown);
    viewer->measured_samples = samples;
    return viewer_capture(viewer, false, error);
}

/* For the P key. */
static void take_screenshot(viewer *viewer)
{
    if (!viewer->view.save_screenshot)
        return;
    const char *path = viewer->options->screenshot ? viewer->options->screenshot : "wfview.png";
    error error;
    bool saved = viewer_save_screenshot(viewer, path, &error);
    if (saved)
        error_set(&error, "saved %s", path);
    viewer_notify(viewer, !saved, error.message);
    viewer->view.save_screenshot = false;
}

/* What can be had from the view, besides. */
static void hand_out(viewer *viewer)
{
    error error;
    if (!viewer_save_pane(viewer, &error) || !viewer_copy_region(viewer, &error))
        viewer_notify(viewer, true, error.message);
    if (viewer->view.copy_command_line)
        viewer_copy_command_line(viewer);
    viewer->view.copy_command_line = false;
}

static double seconds_to_wait(const viewer *viewer, int settle, int64_t due_ns)
{
    if (viewer->view.playing)
        return fmax((double)(due_ns - profiler_now()) * 1e-9, 0);
    return settle > 0 || viewer->layout.has_more_input || feed_has_more(&viewer->feed, &viewer->view) ? 0
                                                                                                      : IDLE_SECONDS;
}

bool viewer_run_in_window(viewer *viewer, error *error)
{
    int settle = SETTLE_PICTURES;
    int64_t due_ns = 0, looked_ns = 0;
    bool goes_on = true;
    while (goes_on) {
        if (!viewer_listen(viewer, error) || !viewer_take_dropped(viewer, error) ||
            !reload(viewer, &looked_ns, error) || !refresh(viewer, error) || !fit_depth(viewer, error) ||
            !measure_at_rest(viewer, error))
            return false;
        take_screenshot(viewer);
        hand_out(viewer);
        viewer->times = viewer->view.times_pause ? viewer->discarded : viewer->kept;
        if (settle <= 0 && !viewer->view.playing)
            viewer_time_backends(viewer);
        double seconds = seconds_to_wait(viewer, settle, due_ns);
        int64_t begin = profiler_now();
        goes_on = viewer_obey(viewer, seconds);
        bool event = (double)(profiler_now() - begin) * 1e-9 < seconds;
        settle = event ? SETTLE_PICTURES : settle - 1;
        advance(viewer, &due_ns);
    }
    return viewer_drain(viewer, error) && viewer_keep_settings(viewer, error);
}
