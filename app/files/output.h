/* output.h -- files that appear whole or not at all.
 *
 * What is written goes to a temporary file beside the place asked for; output_close renames it there. A failure on the
 * way, full disks included, removes the temporary file and leaves what was there before. */
#ifndef WFVIEW_OUTPUT_H
#define WFVIEW_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "app/error.h"

typedef struct output {
    FILE *file; /* write here, with any stdio call; its error state is checked once, in output_close */
    char *path, *temporary;
} output;

/* Refuses, with the system's reason, places that cannot be written and anything that exists and is no regular file. */
bool output_open(output *output, const char *path, error *error);

/* Ends the file. With success false, or where a write failed, it is discarded: the result is then false, and *error says
 * why where nothing has said so before. */
bool output_close(output *output, bool success, error *error);

#endif
