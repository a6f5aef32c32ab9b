/* error.h -- one sentence about what went wrong, carried up to main. */
#ifndef WFVIEW_ERROR_H
#define WFVIEW_ERROR_H

#include <stdbool.h>

typedef struct error {
    char message[1024]; /* one sentence without a newline; empty: no error */
} error;

/* Writes the sentence and returns false, so that a failing function ends with one statement. */
bool error_set(error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
