/* reference.h -- which file is a frame's reference. */
#ifndef WFVIEW_REFERENCE_H
#define WFVIEW_REFERENCE_H

#include <stdbool.h>

#include "app/error.h"

typedef enum reference_kind {
    REFERENCE_BESIDE,  /* nothing was asked for: for FOLDER/NAME.exr reference/NAME.exr, NAME.ref.exr, NAME_ref.exr */
    REFERENCE_SHARED,  /* a file, of all frames; whether it can be read is not looked at */
    REFERENCE_FOLDER,  /* a directory: its file of the same name */
    REFERENCE_NUMBERED /* shot.%04d.exr, ####, $F4 (sequence.h), where no file is called so: by the frame's number */
} reference_kind;

/* Of what --reference says, or NULL. */
reference_kind reference_kind_of(const char *asked);

#define REFERENCE_PLACE 512

/* The file of a frame, to be freed, where there is one, else NULL; not of REFERENCE_SHARED. Where it is,
   as people read it: "*.ref.exr". */
char *reference_find(const char *asked, const char *frame, char place[REFERENCE_PLACE]);

/* Looks for those that are asked for. Of frames that have none *sentence says how many, with a newline, to be freed;
 * NULL: all have one, or nothing was asked for. False and *error where that is all of them. */
bool reference_check(const char *asked, char *const *frames, int count, char **sentence, error *error);

#endif
