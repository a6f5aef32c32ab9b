/* feed.h -- where the viewer's frames come from: recorded files (source.h) or a live scene (live.h), one interface for both. */
#ifndef WFVIEW_FEED_H
#define WFVIEW_FEED_H

#include "app/options.h"
#include "live.h"
#include "source.h"
#include "staging.h"

typedef struct feed {
    bool is_live;
    source *source; /* of recorded frames, with their way to the device */
    staging staging;
    live live;

    /* What feed_get gives of live frames: those of a camera that moves as the user likes, instead of numbered ones. */
    bool is_steered;
    camera camera;
    bool goes_on; /* with new noise where the camera rests */
} feed;

typedef struct feed_frame {
    int width, height;
    const frame *recorded; /* NULL: live, its layers are on the device only */
    denoiser_input input;
} feed_frame;

/* Zeroed and not opened is fine for feed_close, and so is what a failed call left. feed_start: once the device is there. */
bool feed_open(const options *options, feed *feed, error *error);
bool feed_start(feed *feed, const device *device, error *error);
void feed_close(feed *feed);

/* Numbered frames, and the path of one (a scene's frames have the scene's). */
int feed_count(const feed *feed);
const char *feed_path(const feed *feed, int index);

/* Of the first frame, which may be loaded for that. guides: whether it has anything but color to show. */
bool feed_inspect(feed *feed, int *width, int *height, bool *has_guides, error *error);

/* feed_get would not wait for this frame. Loads it in the background otherwise. */
bool feed_is_ready(feed *feed, int index);

/* A frame for denoiser_run, valid until the next call. */
bool feed_get(feed *feed, int index, feed_frame *frame, error *error);

#endif
