/* temporary.h -- a folder for the files of one test program, removed when it exits. */
#ifndef TESTS_TEMPORARY_H
#define TESTS_TEMPORARY_H

#include <stddef.h>

/* FOLDER/NAME; valid until eight further calls. */
const char *temporary_path(const char *name);

/* How many files the folder holds. */
int temporary_count(void);

/* Removes a file, or a folder with all that is in it. */
void temporary_remove(const char *path);

/* Removes all that the folder holds. */
void temporary_clear(void);

/* Writes a file there / reads one whole, with a 0 behind it, to be freed. */
void temporary_write(const char *name, const void *bytes, size_t size);
char *temporary_read(const char *name, size_t *size);

#endif
