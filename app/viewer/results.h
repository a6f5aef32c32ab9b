/* results.h -- the files a run leaves behind, and when the program started. */
#ifndef WFVIEW_RESULTS_H
#define WFVIEW_RESULTS_H

#include <stddef.h>
#include <stdint.h>

#include "app/error.h"
#include "app/options.h"

/* Makes the --save directory and finds out, before the long work, whether every file asked for can be written. */
bool results_check(const options *options, error *error);

/* "DIR/gather.exr", or "DIR/gather.0001.exr" for frame 0 of several. */
void results_path(const options *options, const char *name, int frame, int frame_count, char *path, size_t size);

/* When this process was started, on profiler_now()'s clock, to about 10 ms. */
int64_t results_process_start(void);

#endif
