/* process_start.h -- when the program started. */
#ifndef WFVIEW_PROCESS_START_H
#define WFVIEW_PROCESS_START_H

#include <stdint.h>

/* When this process was started, on profiler_now()'s clock, to about 10 ms. */
int64_t process_start(void);

#endif
