/* option_writer.h -- options as words of a command line, which options_parse reads again. */
#ifndef WFVIEW_OPTION_WRITER_H
#define WFVIEW_OPTION_WRITER_H

#include "options.h"

typedef struct options_writer {
    FILE *file;
    char between;   /* what comes before a word of a line for a shell, or after one */
    bool for_shell; /* words are quoted where a shell needs that */
} options_writer;

void options_write(options_writer *writer, const char *name, const char *value); /* NULL: it takes none */
void options_write_path(options_writer *writer, const char *path);

/* The options that were given, but for those that are replaced. */
void options_write_given(const options *options, bool (*is_replaced)(const char *name, const void *user),
                         const void *user, options_writer *writer);

#endif
