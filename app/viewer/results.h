/* results.h -- the files a run leaves behind. */
#ifndef WFVIEW_RESULTS_H
#define WFVIEW_RESULTS_H

#include <stddef.h>

#include "app/error.h"
#include "app/frames/feed.h"
#include "app/frames/frame_name.h"
#include "app/options.h"

#define RESULTS_PATH 4200 /* bytes: the longest path, and a name in it */

/* Makes the --save directory and finds out, before the long work, whether every file asked for can be written, and
 * is none that is read or written otherwise. */
bool results_check(const options *options, error *error);

/* The same of the files of each frame; two frames must not have the same ones, nor those that are read. */
bool results_check_frames(const options *options, const feed *feed, error *error);

/* What a frame's file is called, with its place among several where it has no number; of one
   that was rendered here "frame". */
void results_name(const feed *feed, int index, frame_name *name);

/* Where a layer of a frame is saved: DIR/LAYER.exr, with the number that the frame's file has,
 * shot.1004.exr's DIR/LAYER.1004.exr, or its place among several; or the pattern of --save with {name},
 * {number} and {layer} filled in. */
void results_path(const options *options, const char *layer, const feed *feed, int index, char *path, size_t size);

/* Makes the folder that a file goes to. */
bool results_make_folder(const char *path, error *error);

#endif
