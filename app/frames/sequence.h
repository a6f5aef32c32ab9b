/* sequence.h -- which files a path on the command line stands for. */
#ifndef WFVIEW_SEQUENCE_H
#define WFVIEW_SEQUENCE_H

#include <stdio.h>

#include "app/error.h"

typedef struct sequence {
    char **paths; /* owned */
    int count;
    /* Sentences about numbers that are missing and files of other formats, each with a newline; owned, NULL: none. */
    char *warnings;
} sequence;

/* Appends the files that path stands for. An existing file stands for itself. A directory, and a pattern with *, ? or
 * [...], stand for the frames in it or among what matches: every file of the first of the formats (frame_file.h)
 * that is there, every .exr where there are some, except references (NAME.ref.exr, NAME_ref.exr), OIDN's features
 * (NAME.alb.exr, NAME.nrm.exr), results of --save (frame_name.h; a pattern that names them has them) and hidden
 * files; folders within are not entered. A pattern with %d, %0Nd, #### or $F4 in its file name stands for the
 * files with such numbers. In natural order: frame.9 before frame.10. Standing for no file is an error, which
 * says what a folder has instead. */
bool sequence_add(sequence *sequence, const char *path, error *error);

void sequence_free(sequence *sequence);

/* frame_file_list of the first file that path stands for. Where that is another one than path itself: before it a line
 * that says how many frames there are, from which to which, and the warnings. */
bool sequence_list(const char *path, const char *const *channels, int channel_count, FILE *to, error *error);

/* The path's file name has a place for a number, as above. */
bool sequence_is_numbered(const char *path);

/* Such a path with the number, decimal digits, in that place: to be freed. NULL: no memory. */
char *sequence_path(const char *path, const char *number);

#endif
