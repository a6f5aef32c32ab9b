/* frame_file.h -- frames and references from files of any format, by a table of readers.
 *
 * OpenEXR frames have layers and all that exr.h tells. The other formats have one picture, which is the color of a
 * frame without guides, or a reference; OIDN's three PFM files (siblings.h) are one frame. */
#ifndef WFVIEW_FRAME_FILE_H
#define WFVIEW_FRAME_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "app/frames/frame.h"

#define FRAME_FILE_MAX_SIZE 16384 /* width and height */

/* Pixels of four channels, not yet mended, of a file that is whole in memory. False and *error: it is damaged. */
typedef bool picture_decoder(const uint8_t *bytes, size_t size, image *image, bool *has_alpha, error *error);

typedef struct frame_format {
    const char *extension;   /* ".pfm", in whatever case */
    const char *name;        /* "PFM" */
    const char *values;      /* what it holds, for the manual */
    picture_decoder *decode; /* NULL: OpenEXR */
} frame_format;

/* In the order in which a folder's files are frames: where there are .exr files, others are not. */
extern const frame_format frame_formats[];
extern const int frame_format_count;

/* The row of a file by its extension; NULL: none. */
const frame_format *frame_file_format(const char *path);

/* exr_read_frame and exr_read_color for any format; a file of an unknown one is read as OpenEXR. On failure *frame is
 * zeroed and the message names the file; mappings of channels (--channel) fail where a file has one picture. */
bool frame_file_read(const char *path, const char *const *channels, int channel_count, frame *frame, error *error);
bool frame_file_read_color(const char *path, const char *const *channels, int channel_count, frame *frame,
                           error *error);

/* exr_list for any format. */
bool frame_file_list(const char *path, const char *const *channels, int channel_count, FILE *to, error *error);

/* ---- The decoders ------------------------------------------------------------------------------------------------ */

/* pfm.c: PF and Pf, float32, of either byte order, rows from bottom to top, times the scale (as OIDN reads it). */
picture_decoder pfm_decode;

/* radiance.c: RGBE, as stb_image reads it: linear, mantissa times 2^(e - 136). XYZE and
   other orientations are refused. */
picture_decoder radiance_decode;

/* png_read.c: 8 and 16 bits, gray, palettes and color; linear from sRGB, unless its gAMA says that
   it is linear; times its alpha. */
picture_decoder png_decode;

#endif
