/* Frames that come and go while the program runs. */
#include <stdlib.h>
#include <string.h>

#include "state.h"

/* A place for one more frame's state at the index. */
static bool add_state(viewer *viewer, int index, error *error)
{
    const int count = viewer->context.frame_count;
    frame_state *frames = realloc(viewer->frames, sizeof *frames * (size_t)(count + 1));
    if (!frames)
        return error_set(error, "not enough memory for %d frames", count + 1);
    memmove(frames + index + 1, frames + index, sizeof *frames * (size_t)(count - index));
    frames[index] = (frame_state){0};
    viewer->frames = frames;
    viewer->context.frame_count = count + 1;
    return true;
}

static void remove_state(viewer *viewer, int index)
{
    frame_state *frames = viewer->frames;
    viewer_forget_frame(viewer, index);
    if (viewer->context.frame_count == 1) /* what stands for a frame has that place now */
        return;
    viewer->context.frame_count--;
    memmove(frames + index, frames + index + 1, sizeof *frames * (size_t)(viewer->context.frame_count - index));
}

/* In the place of what stood for a frame: the view begins as it would with it. */
static bool show_first(viewer *viewer, error *error)
{
    int width, height;
    bool has_guides;
    viewer_forget_frame(viewer, 0);
    if (!feed_inspect(&viewer->feed, &width, &height, &has_guides, error))
        return false;
    viewer->view.first_row = viewer->view.first_row && !has_guides;
    viewer->shown = -1;
    return true;
}

static bool add(viewer *viewer, const feed_news *news, error *error)
{
    if (news->is_first)
        return show_first(viewer, error);
    if (!add_state(viewer, news->index, error))
        return false;
    if (news->wants_focus)
        viewer->view.frame = news->index;
    return true;
}

static void take_away(viewer *viewer, int index)
{
    remove_state(viewer, index);
    const int last = viewer->context.frame_count - 1;
    if (viewer->shown == index)
        viewer->shown = -1;
    else if (viewer->shown > index)
        viewer->shown--;
    if (viewer->view.frame > index || viewer->view.frame > last)
        viewer->view.frame = viewer->view.frame > 0 ? viewer->view.frame - 1 : 0;
}

static void change(viewer *viewer, const feed_news *news)
{
    viewer_forget_frame(viewer, news->index);
    viewer->is_stale = viewer->is_stale || news->index == viewer->shown;
    if (news->wants_focus)
        viewer->view.frame = news->index;
}

static bool take(viewer *viewer, const feed_news *news, error *error)
{
    if (news->kind == FEED_SAID) {
        viewer_notify(viewer, true, news->words);
        return true;
    }
    if (!viewer_drain(viewer, error))
        return false;
    viewer->has_depth_range = false;
    if (news->kind == FEED_ADDED)
        return add(viewer, news, error);
    if (news->kind == FEED_REMOVED)
        take_away(viewer, news->index);
    else
        change(viewer, news);
    return true;
}

bool viewer_listen(viewer *viewer, error *error)
{
    feed_news news;
    feed_listen(&viewer->feed);
    while (feed_tell(&viewer->feed, &news))
        if (!take(viewer, &news, error))
            return false;
    return true;
}
