/* Other frames than those that the program was started with, and frames that have changed. */
#include <stdlib.h>
#include <string.h>

#include "results.h"
#include "state.h"

static void free_frames(viewer *viewer)
{
    for (int i = 0; viewer->frames && i < viewer->context.frame_count; i++)
        viewer_forget_frame(viewer, i);
    free(viewer->frames);
    viewer->frames = NULL;
}

/* Opened, with a frame that can be read; else closed again. */
static bool open_feed(viewer *viewer, const options *options, feed *feed, frame_state **frames, error *error)
{
    int width, height;
    bool has_guides;
    *frames = NULL;
    if (feed_open(options, feed, error) && feed_inspect(feed, &width, &height, &has_guides, error) &&
        results_check_frames(options, feed, error) && feed_start(feed, &viewer->device, &viewer->view, error)) {
        *frames = calloc((size_t)feed_count(feed), sizeof **frames);
        if (*frames)
            return true;
        error_set(error, "not enough memory for %d frames", feed_count(feed));
    }
    feed_close(feed);
    return false;
}

/* These files in the place of all frames there were; nothing is shown yet. Where no frame of them can be
   read, the former frames stay. */
static bool reopen(viewer *viewer, const char *const *paths, int count, error *error)
{
    options options = *viewer->options;
    feed feed;
    frame_state *frames;
    options.paths = paths;
    options.path_count = count;
    if (viewer->facts.feed.scene)
        return error_set(error, "%s: not together with a scene", paths[0]);
    if (!viewer_drain(viewer, error) || !open_feed(viewer, &options, &feed, &frames, error))
        return false;
    free_frames(viewer);
    feed_close(&viewer->feed);
    viewer_forget_beside(viewer, -1);
    viewer_forget_layers(viewer);
    viewer_forget_inspection(viewer);
    viewer->feed = feed;
    viewer->frames = frames;
    viewer->context.frame_count = feed_count(&feed);
    viewer->weighed = -1;
    viewer->has_depth_range = false;
    viewer->view.frame = 0;
    viewer->view.playing = false;
    viewer->shown = -1;
    return true;
}

void viewer_close_frames(viewer *viewer)
{
    free_frames(viewer);
    feed_close(&viewer->feed);
}

/* The first frame that can be read is shown. */
static bool show_first(viewer *viewer, error *error)
{
    for (int i = 0; i < viewer->context.frame_count; i++) {
        if (viewer_step(viewer, i, error))
            return true;
        if (!viewer->unreadable)
            return false;
    }
    return false;
}

bool viewer_take_dropped(viewer *viewer, error *error)
{
    window *window = &viewer->window;
    struct error reason = {""};
    if (window->dropped_count == 0)
        return true;
    const char *const *dropped = (const char *const *)window->dropped;
    if (viewer->options->ipc) { /* beside those that others have sent */
        for (int i = 0; i < window->dropped_count; i++)
            feed_offer(&viewer->feed, dropped[i]);
        window_forget_dropped(window);
        return true;
    }
    const bool opened = reopen(viewer, dropped, window->dropped_count, &reason);
    window_forget_dropped(window);
    if (!opened) {
        viewer_notify(viewer, true, reason.message);
        return true;
    }
    return show_first(viewer, error);
}

void viewer_forget_frame(viewer *viewer, int index)
{
    frame_state *state = &viewer->frames[index];
    free(state->problem);
    free(state->metrics);
    free(state->measured);
    *state = (frame_state){0};
}

bool viewer_reload(viewer *viewer, error *error)
{
    const int index = viewer->view.frame;
    const bool asked = viewer->view.reload;
    viewer->view.reload = false;
    if (!viewer_reload_beside(viewer, asked, error))
        return false;
    if (!asked && !feed_is_outdated(&viewer->feed, index))
        return true;
    if (!viewer_drain(viewer, error))
        return false;
    feed_reload(&viewer->feed, index);
    viewer_forget_beside(viewer, index);
    viewer_forget_frame(viewer, index);
    viewer->is_stale = true;
    return true;
}
