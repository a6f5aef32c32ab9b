/* feed.h -- where the viewer's frames come from: numbered frames of one source, which feed_source.h describes. */
#ifndef WFVIEW_FEED_H
#define WFVIEW_FEED_H

#include "app/denoise/denoiser.h"
#include "app/files/exr.h"
#include "app/options.h"
#include "app/view/view.h"
#include "feed_facts.h"
#include "frame_name.h"

typedef struct feed_source feed_source;

typedef struct feed {
    const feed_source *source; /* NULL: not open */
    void *self;                /* the source's own */
} feed;

typedef struct feed_frame {
    int width, height;
    const frame *recorded;              /* NULL: its layers are on the device only */
    bool is_none;                       /* it stands for a frame while there is none: nothing is kept of it */
    bool is_new;                        /* what was known of an earlier frame of this number does not hold for it */
    int64_t load_begin_ns, load_end_ns; /* of its file, CLOCK_MONOTONIC; 0: it was there before, or there is none */
    denoiser_input input;
} feed_frame;

/* What a frame is made of, for what is written of it; valid until the feed's next frame.
   Both NULL: it is rendered here. */
typedef struct feed_origin {
    const char *file;
    const exr_planes *planes;
} feed_origin;

/* Of frames that come and go. */
typedef struct feed_news {
    enum { FEED_ADDED, FEED_REMOVED, FEED_CHANGED, FEED_SAID } kind;
    int index; /* of the frame: it is there now, those after it have moved on or back by one, or it is another one */
    bool is_first;     /* of FEED_ADDED: it takes the place of one that stood for none */
    bool wants_focus;  /* it is to be shown */
    const char *words; /* of FEED_SAID: a sentence for the user; valid until the next call */
} feed_news;

/* The source that the options ask for. Zeroed and not opened is fine for feed_close, and
   so is what a failed call left. */
bool feed_open(const options *options, feed *feed, error *error);

/* Once the device is there. The view begins as the source's frames want it. */
bool feed_start(feed *feed, const device *device, view *view, error *error);
void feed_close(feed *feed); /* nothing in flight uses it */

/* Numbered frames, and the path of one; and what that says, among those before and after it. */
int feed_count(const feed *feed);
const char *feed_path(const feed *feed, int index);
void feed_name(const feed *feed, int index, frame_name *name);
feed_facts feed_describe(const feed *feed);

feed_origin feed_get_origin(const feed *feed, int index);

/* Takes in what has come from elsewhere, for a few milliseconds and without waiting; feed_tell then tells of one thing
 * after the other, and false once all is told. Sources whose frames are all there at first have no news. */
void feed_listen(feed *feed);
bool feed_tell(feed *feed, feed_news *news);

/* One more file, of which feed_tell tells; ignored by sources whose frames do not come. */
void feed_offer(feed *feed, const char *path);

/* There are such sources: whether something has come that feed_listen would take in. */
bool feed_has_come(const feed *feed);

/* Waits for a frame of a run that is for its frames. False and *error: it does not come. */
bool feed_await(feed *feed, int index, error *error);

/* Of the first frame that can be had, which may be loaded for that. guides: whether it
   has anything but color to show. */
bool feed_inspect(feed *feed, int *width, int *height, bool *has_guides, error *error);

/* feed_get would not wait for this frame. Loads it in the background otherwise. */
bool feed_is_ready(feed *feed, int index);

/* The source's camera, if it has one, is moved so. */
void feed_steer(feed *feed, const steering *by);

/* The frame got last is not what the view asks for, or the view asks for ever new ones. */
bool feed_has_more(const feed *feed, const view *view);

/* The frame is no longer what it is made of: its file has changed. feed_reload: it is made anew when it is
 * got again, if it is of a file. */
bool feed_is_outdated(feed *feed, int index);
void feed_reload(feed *feed, int index);

/* Forgets what accumulated: frames are those of a feed that was just started. */
void feed_restart(feed *feed);

/* A frame for denoiser_run, as the view asks for it; valid until the next call. */
bool feed_get(feed *feed, int index, const view *view, feed_frame *frame, error *error);

#endif
