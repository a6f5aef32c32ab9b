#include "state.h"

/* One of the sequence, captured if that is asked for; where it cannot be read it is skipped, and that is said. */
static bool run_frame(viewer *viewer, int index, bool capture, error *error)
{
    if (!feed_await(&viewer->feed, index, error))
        return false;
    if (viewer_step(viewer, index, error))
        return !capture || !viewer_wants_capture(viewer, viewer->shown) || viewer_capture(viewer, true, error);
    if (!viewer->unreadable)
        return false;
    viewer_note_skipped(viewer, index, error);
    return true;
}

/* Runs frames of the sequence in turn, from the first. capture: reads back in between, which takes time that a run for
 * its times should not take. */
static bool run_frames(viewer *viewer, int count, profiler *times, bool capture, error *error)
{
    viewer->times = times;
    bool goes_on = true;
    for (int i = 0; i < count && goes_on; i++) {
        if (!run_frame(viewer, i % viewer->context.frame_count, capture, error))
            return false;
        goes_on = viewer_obey(viewer, 0);
    }
    return viewer_drain(viewer, error);
}

/* All samples of a resting camera. */
static bool run_accumulation(viewer *viewer, error *error)
{
    feed_restart(&viewer->feed);
    viewer->times = viewer->kept;
    bool goes_on = true;
    while (goes_on && feed_has_more(&viewer->feed, &viewer->view)) {
        if (!viewer_step(viewer, 0, error))
            return false;
        goes_on = viewer_obey(viewer, 0);
    }
    return viewer_drain(viewer, error);
}

bool viewer_run_measured(viewer *viewer, error *error)
{
    const options *options = viewer->options;
    if (options->accumulate)
        return run_frames(viewer, options->warmup, viewer->discarded, false, error) && run_accumulation(viewer, error);
    const bool once = options->frames == 0 || options->ipc; /* each frame */
    return run_frames(viewer, options->warmup, viewer->discarded, false, error) &&
           run_frames(viewer, once ? viewer->context.frame_count : options->frames, viewer->kept, once, error);
}
