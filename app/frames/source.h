/* source.h -- recorded frames, from files.
 *
 * A source has a known number of frames, loads them on a background thread ahead of use, and keeps what fits a memory
 * budget. One thread uses a source. */
#ifndef WFVIEW_SOURCE_H
#define WFVIEW_SOURCE_H

#include <stdint.h>

#include "app/error.h"
#include "frame.h"

typedef struct source source;

typedef struct source_options {
    const char *const *paths; /* files, directories, patterns: see sequence.h */
    int path_count;           /* at least 1 */

    /* NULL, a file for every frame, or where each has its own: see reference.h. Must outlive the source. */
    const char *reference;

    const char *const *channels; /* mappings LAYER=NAME, see exr.h. Must outlive the source */
    int channel_count;
    bool strict; /* refuses frames and references with pixels that are not finite, which are mended otherwise: mend.h */

    /* Bytes of decoded frames kept; 0: 1 GiB. Beyond it those needed last, playing on from the frame asked for last and
     * around, are dropped or not loaded ahead. */
    long long memory_budget;
} source_options;

/* Expands paths; loading starts in the background. NULL and *error where a path stands for no frames. Whether a frame
 * can be read, and with its reference of the same size, source_get tells. */
source *source_open(const source_options *options, error *error);
void source_close(source *source); /* waits for the thread; NULL is ignored */

int source_count(const source *source);

/* Sentences about the frames that there are, each with a newline; NULL: none. Valid until source_close. */
const char *source_warnings(const source *source);

/* How many frames are in memory now: for progress. */
int source_loaded(source *source);

/* The frame's path, whether loaded or not. Valid until source_close. */
const char *source_path(const source *source, int index);

/* The frame, loading it first if need be; loading continues with index + 1 and on, wrapping. Valid until two
 * further calls of source_get; source_poll counts where it gives a frame. NULL and *error on failure (and on
 * every later call for that index). */
const frame *source_get(source *source, int index, error *error);

/* The same without waiting: NULL, and error->message empty, where the frame is not in memory yet. */
const frame *source_poll(source *source, int index, error *error);

/* When the frame's file was read and decoded, CLOCK_MONOTONIC; each time once: false
   after that, until it is read anew. */
typedef struct source_load {
    int64_t begin_ns, end_ns;
} source_load;

bool source_take_load(source *source, int index, source_load *load);

/* The frame's file is another one than that which was read, and nothing was written to it for a moment. */
bool source_is_outdated(source *source, int index);

/* Forgets the frame, or that it could not be read: it is read again when it is needed. What source_get gave of it is no
 * longer valid. A reference for every frame stays. */
void source_reload(source *source, int index);

#endif
