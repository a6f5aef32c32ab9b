/* png.h -- 8-bit sRGB PNG files through libpng. */
#ifndef WFVIEW_PNG_H
#define WFVIEW_PNG_H

#include <stdint.h>
#include <stdio.h>

#include "app/error.h"

/* Writes width x height rows of r,g,b,a bytes (alpha is dropped). The file appears whole or not at all. */
bool png_write(const char *path, int width, int height, const uint8_t *rgba, error *error);

/* The same to a file that is open, whose error state tells a failure to write. */
bool png_encode(FILE *to, int width, int height, const uint8_t *rgba, error *error);

#endif
