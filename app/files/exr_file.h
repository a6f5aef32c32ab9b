/* exr_file.h -- OpenEXR files as OpenEXR's C++ library has them: parts, channels, samples. What they mean to a frame is
 * told by the other exr files. Private to exr*.c.
 *
 * The C++ library and not the C core: that of 3.1 has no DWA, and stores a ZIP chunk which does not shrink so that
 * readers take it for raw pixels. No exception leaves these functions. Messages do not name the file: whoever
 * knows the path puts it in front. */
#ifndef WFVIEW_EXR_FILE_H
#define WFVIEW_EXR_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/error.h"
#include "exr.h"

/* A rectangle of pixels, in the file's coordinates; y grows downwards. */
typedef struct exr_window {
    int64_t x, y, width, height;
} exr_window;

typedef struct exr_channel {
    const char *name;
    const char *type;           /* "half", "float" or "uint" */
    int x_sampling, y_sampling; /* a sample at every x_sampling-th pixel of every y_sampling-th row; mostly 1 and 1 */
} exr_channel;

typedef struct exr_part {
    const char *name, *view;  /* "": it has none */
    const char *const *views; /* of its multiView attribute: the first one is that of channels that name none */
    int view_count;
    const char *const *cryptomattes; /* names of its layers of ids: NAME's channels are NAME00.R, NAME01.R ... */
    int cryptomatte_count;
    const char *compression; /* "ZIP" */
    bool deep, tiled;
    exr_window data, display; /* as the header has them: may be empty or huge */
    const exr_channel *channels;
    int channel_count;
} exr_part;

typedef struct exr_file exr_file;

/* Reads the headers, nothing of which is believed to fit in memory because the header says so. NULL and *error where
 * the file is missing, no OpenEXR file, or damaged. */
exr_file *exr_file_open(const char *path, error *error);

/* The same of channels in memory, which stay the caller's and as they are until exr_file_close: one part without a
 * name. It can be a source of exr_file_write where none of its channels are kept. */
exr_file *exr_file_of_planes(const exr_planes *planes, error *error);
void exr_file_close(exr_file *file); /* NULL is ignored */

/* Both are valid until exr_file_close. */
int exr_file_part_count(const exr_file *file);
const exr_part *exr_file_part(const exr_file *file, int part);

/* Where samples of a channel go: rows from top to bottom of the data window, width/x_sampling samples each. */
typedef struct exr_target {
    int channel; /* of the part; no two targets have the same one */
    float *samples;
    int64_t stride, row_stride; /* floats from sample to sample and from row to row */
} exr_target;

/* Reads channels of a part, level 0 of mip maps; HALF and UINT become floats. False and *error where the part is deep,
 * its compression is unknown to the library in use, the file is cut off or damaged, or there is no memory. */
bool exr_file_read(exr_file *file, int part, const exr_target *targets, int count, error *error);

/* What linear r,g,b count in a part's Y, which depends on its primaries. False and *error
   where they make no color space. */
bool exr_file_luminance(const exr_file *file, int part, float luminance[3], error *error);

/* A channel that is written, as float32: samples in rows of its part's data window. samples
   NULL: the channel is left out. */
typedef struct exr_plane {
    int part;
    const char *name;
    const float *samples;
    int64_t stride, row_stride; /* floats from pixel to pixel and from row to row */
} exr_plane;

typedef struct exr_writing {
    exr_compression compression;
    int width, height; /* without a source */
    exr_file *source;  /* NULL, or an open file whose windows and attributes the new one has: */
    int part; /* those of this part, none of its channels; -1: all parts, and all channels but those among the planes */
    const exr_plane *planes;
    int plane_count;
} exr_writing;

/* Writes scan lines. Channels of the source keep their types and samples, to the bit. The file appears whole or
 * not at all. False and *error, which names the path, where it cannot be written, a part of the source is deep,
 * or the source cannot be read. */
bool exr_file_write(const char *path, const exr_writing *writing, error *error);

#endif
