/* exr.h -- OpenEXR frames in and pictures out.
 *
 * What is read: single-part and multi-part files, scanline and tiled (level 0 of mip maps), HALF, FLOAT and UINT channels,
 * every compression that the OpenEXR in use has (3.1 to 3.3 lack HTJ2K). Channels with fewer samples than pixels are
 * interpolated; luminance and chroma (Y, RY, BY) become R,G,B, a lone Y grey. Channels are found by their names: an explicit
 * mapping LAYER=NAME first, else by the rules of exr_rules.c, which know what renderers write. In a multi-part file
 * PART.CHANNEL counts as a channel's name too. Of several views the first one is read. For OIDN, NAME.alb.exr and NAME.nrm.exr
 * beside NAME.hdr.exr are the albedo and the normal where that file has none of its own.
 *
 * A mapping's NAME is a group (Beauty for Beauty.R, Beauty.G, Beauty.B, or .X, .Y, .Z), or channels by their whole names with
 * commas between them: three of any names, two for motion, one for depth or a grey picture.
 *
 * The frame is the file's display window. What the data window does not cover is 0; what lies outside the display window
 * (overscan) is left out. */
#ifndef WFVIEW_EXR_H
#define WFVIEW_EXR_H

#include <stdio.h>

#include "app/error.h"
#include "app/frames/frame.h"

/* Reads a frame: color, and each guide layer the file (or its OIDN siblings) has. FRAME_REFERENCE is not read here.
 * On failure *frame is zeroed and the message names the file, with numbers: missing, no OpenEXR, truncated, corrupt; no color
 * (lists the channels there are), a mapping that fits no channels; deep parts, a compression that the library lacks; windows
 * not within 1x1 to 16384x16384, layers of different sizes; NaN or infinity in a channel that is used (count and first pixel). */
bool exr_read_frame(const char *path, const char *const *channels, int channel_count, frame *frame, error *error);

/* Reads only color, as 4 channels, for references. Of the mappings, reference=NAME counts, color=NAME does not. origin, if not
 * NULL: the channels that it is, to be freed. */
bool exr_read_color(const char *path, const char *const *channels, int channel_count, image *color, char **origin,
                    error *error);

/* Prints what is in a file, a line for each part and channel, and what exr_read_frame would take of it, or why it could not. False
 * and *error where it is no OpenEXR file. */
bool exr_list(const char *path, const char *const *channels, int channel_count, FILE *to, error *error);

/* How files are compressed: DWAA loses what eyes do not see, the others lose nothing. */
typedef enum exr_compression { EXR_NONE, EXR_ZIP, EXR_PIZ, EXR_DWAA, EXR_COMPRESSION_COUNT } exr_compression;

/* "none", "zip", "piz", "dwaa"; NULL for any other number. */
const char *exr_compression_name(int compression);

/* Writes channels of interleaved float rows as float32: names[i] is channel i of the pixels. The file appears whole or not at
 * all (written beside its place, then renamed). */
bool exr_write(const char *path, int width, int height, int channels, const char *const *names, const float *pixels,
               exr_compression compression, error *error);

/* Writes the layers that the frame has, the reference excepted, under plain names: R,G,B, albedo.R/G/B, normal.X/Y/Z, Z,
 * motion.X/Y. exr_read_frame gives them back as they are. */
bool exr_write_frame(const char *path, const frame *frame, exr_compression compression, error *error);

#endif
