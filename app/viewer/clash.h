/* clash.h -- a run does not write over what it reads, nor twice to one file. */
#ifndef WFVIEW_CLASH_H
#define WFVIEW_CLASH_H

#include <sys/stat.h>

#include "app/error.h"
#include "app/frames/feed.h"
#include "app/options.h"

/* Whether some option's file would take the place of another one's; the standard output may be given more than once. */
bool clash_check(const options *options, error *error);

/* Which files a feed's frames are. Zeroed: none. */
typedef struct clash_frames {
    struct stat *files; /* sorted; owned, freed by free */
    int count;
} clash_frames;

/* Looks at each frame's file once. */
bool clash_find_frames(clash_frames *frames, const feed *feed, error *error);

/* Whether a file of --save would take the place of a frame or of what another option names. */
bool clash_check_saved(const options *options, const clash_frames *frames, const char *path, error *error);

#endif
