/* input.h -- reading a regular file at any offset, with its size known. */
#ifndef WFVIEW_INPUT_H
#define WFVIEW_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/error.h"

typedef struct input {
    int descriptor;
    uint64_t size; /* bytes, when it was opened */
} input;

/* Messages do not name the file: whoever knows the path puts it in front. */
bool input_open(input *input, const char *path, error *error);
void input_close(input *input);

/* Reads up to size bytes; less only at the end of the file. Returns the count, or -1 with *error set. Any thread. */
int64_t input_read(const input *input, void *to, uint64_t size, uint64_t offset, error *error);

/* All of a file, to be freed; NULL and *error where that fails. */
uint8_t *input_read_file(const char *path, size_t *size, error *error);

#endif
