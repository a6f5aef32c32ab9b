/* clash.h -- a run does not write over what it reads, nor twice to one file. */
#ifndef WFVIEW_CLASH_H
#define WFVIEW_CLASH_H

#include "app/error.h"
#include "app/frames/feed.h"
#include "app/options.h"

/* Whether some option's file would take the place of another one's; the standard output may be given more than once. */
bool clash_check(const options *options, error *error);

/* Whether a file of --save would take the place of a frame or of what another option names. */
bool clash_check_saved(const options *options, const feed *feed, const char *path, error *error);

#endif
