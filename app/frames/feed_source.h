/* feed_source.h -- what a source of frames implements, in a file of its own; feed.c has a row for each. The functions
 * are feed.h's of their names, `self` is what open gave. */
#ifndef WFVIEW_FEED_SOURCE_H
#define WFVIEW_FEED_SOURCE_H

#include "feed.h"

struct feed_source {
    bool (*is_asked_for)(const options *options);
    void *(*open)(const options *options, error *error); /* NULL and *error on failure. *options outlives it */
    bool (*start)(void *self, const device *device, view *view, error *error);
    void (*close)(void *self);
    int (*count)(const void *self);
    const char *(*path)(const void *self, int index);
    feed_origin (*get_origin)(const void *self, int index); /* NULL: frames are rendered here */
    void (*describe)(void *self, feed_facts *facts);        /* *facts is zeroed */
    bool (*inspect)(void *self, int *width, int *height, bool *has_guides, error *error);
    bool (*is_ready)(void *self, int index);
    void (*steer)(void *self, const steering *by); /* NULL: there is no camera */
    bool (*has_more)(const void *self, const view *view);
    void (*restart)(void *self);                /* NULL: nothing accumulates */
    bool (*is_outdated)(void *self, int index); /* NULL: frames never are, and there is no reload */
    void (*reload)(void *self, int index);
    void (*listen)(void *self); /* NULL: all frames are there at first, and the next four are NULL, too */
    void (*offer)(void *self, const char *path);
    bool (*tell)(void *self, feed_news *news);
    bool (*has_come)(const void *self);
    bool (*await)(void *self, int index, error *error);
    bool (*get)(void *self, int index, const view *view, feed_frame *frame, error *error);
};

#define FEED_RATE 24 /* frames a second, of sources that say nothing else */

extern const feed_source feed_live;     /* live.c: a scene, path-traced */
extern const feed_source feed_recorded; /* recorded.c: files */
extern const feed_source feed_streamed; /* streamed.c: what clients of --ipc send */

#endif
