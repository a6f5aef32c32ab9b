/* output.h -- files that appear whole or not at all.
 *
 * What is written goes to a temporary file beside the place asked for; output_close renames it there. A failure on the
 * way, full disks included, removes the temporary file and leaves what was there
 * before; so does a signal (interrupt.h).
 *
 * At the end of symbolic links their target is the place. What is there keeps its permissions. Devices, pipes and the
 * program's own descriptors (/dev/stdout, /dev/fd/5) are written to when all is there to write, and are never
 * replaced. "-" is /dev/stdout. */
#ifndef WFVIEW_OUTPUT_H
#define WFVIEW_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "app/error.h"

typedef struct output {
    FILE *file; /* write here, with any stdio call, and seek; its error state is checked once, in output_close */
    char *path;
    char *target;    /* of what symbolic links lead to */
    char *temporary; /* NULL: a device or descriptor, and what is written goes to a file without a name first */
    int descriptor;  /* -1: none */
} output;

/* Refuses, with the system's reason, places that cannot be written, and directories. */
bool output_open(output *output, const char *path, error *error);

/* Ends the file. With success false, or where a write failed, it is discarded: the result is then false, and *error
 * says why where nothing has said so before. */
bool output_close(output *output, bool success, error *error);

/* What a path leads to, which need not exist: to be freed. NULL and errno where links lead in circles. */
char *output_target(const char *path);

/* What is written there goes to the standard output. */
bool output_is_stdout(const char *path);

#endif
