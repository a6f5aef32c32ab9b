/* exr.h -- OpenEXR frames in and pictures out.
 *
 * What is read: single-part and multi-part files, scanline and tiled (level 0 of mip maps), HALF, FLOAT and UINT
 * channels, every compression that the OpenEXR in use has (3.1 to 3.3 lack HTJ2K). Channels with fewer samples than
 * pixels are interpolated; luminance and chroma (Y, RY, BY) become R,G,B, a lone Y gray. Channels are found by their
 * names: an explicit mapping LAYER=NAME first, else by the rules of exr_rules.c, which know what renderers write. In a
 * multi-part file PART.CHANNEL counts as a channel's name too. Of several views the first one is read. For OIDN,
 * NAME.alb.exr and NAME.nrm.exr beside NAME.hdr.exr are the albedo and the normal where that file has none of its own.
 *
 * A mapping's NAME is a group (Beauty for Beauty.R, Beauty.G, Beauty.B, or .X, .Y, .Z), or channels by their whole
 * names with commas between them: three of any names, two for motion, one for depth or a gray picture.
 *
 * Further layers (FRAME_FURTHER and on) are there where a mapping names them. Their NAME may lack the view layer's name
 * that the color has: DiffDir for ViewLayer.DiffDir. They lie in data windows like the color's.
 *
 * The frame is the data window of its color: nothing outside counts, and overscan is part of it. What the data windows
 * of other parts do not cover is 0. */
#ifndef WFVIEW_EXR_H
#define WFVIEW_EXR_H

#include <stdio.h>

#include "app/error.h"
#include "app/frames/frame.h"

/* Reads a frame: color, and each guide layer the file (or its OIDN siblings) has. FRAME_REFERENCE is not read here.
 * On failure *frame is zeroed and the message names the file, with numbers: missing, no OpenEXR, truncated, corrupt;
 * no color (lists the channels there are), a mapping that fits no channels; deep parts, a compression that the
 * library lacks; windows not within 1x1 to 16384x16384, layers of different sizes. What is not sound is mended
 * (app/frames/mend.h): frame->damage says it. */
bool exr_read_frame(const char *path, const char *const *channels, int channel_count, frame *frame, error *error);

/* Channels that are in memory, as an OpenEXR file of one part would have them: float32, rows from top to
 * bottom. No two have one name. */
typedef struct exr_planes {
    const char *name; /* what the frame is called, as a file by its path */
    int width, height, count;
    const char *const *channels;
    const float *const *samples;
} exr_planes;

/* exr_read_frame of those; frame->path is the name. */
bool exr_read_planes(const exr_planes *planes, const char *const *channels, int channel_count, frame *frame,
                     error *error);

/* Whether a layer of that name is light that its renderer writes without the albedo of what it falls on. */
bool exr_lacks_albedo(const char *name);

/* Reads only color, as FRAME_REFERENCE of a frame that has nothing else. Of the mappings,
 * reference=NAME counts, color=NAME does not. */
bool exr_read_color(const char *path, const char *const *channels, int channel_count, frame *frame, error *error);

/* Prints what is in a file, a line for each part and channel, and what exr_read_frame would take of it, or why it could
 * not. False and *error where it is no OpenEXR file. */
bool exr_list(const char *path, const char *const *channels, int channel_count, FILE *to, error *error);

/* How files are compressed: DWAA loses what eyes do not see, the others lose nothing. */
typedef enum exr_compression { EXR_NONE, EXR_ZIP, EXR_PIZ, EXR_DWAA, EXR_COMPRESSION_COUNT } exr_compression;

/* "none", "zip", "piz", "dwaa"; NULL for any other number. */
const char *exr_compression_name(int compression);

/* Writes channels of interleaved float rows as float32: names[i] is channel i of the pixels. The file appears whole or
 * not at all (written beside its place, then renamed). */
bool exr_write(const char *path, int width, int height, int channels, const char *const *names, const float *pixels,
               exr_compression compression, error *error);

/* A filtered picture, which takes the place of a frame's color. */
typedef struct exr_result {
    const image *picture; /* of its channels the first three are r,g,b, the fourth is alpha where the source has one */
    const image *further; /* what became of the frame's further layers, MAX_FURTHER pictures; NULL: none */
    const char *source;   /* the frame's file, and the mappings that it was read with; NULL: it is of no file */
    const exr_planes *planes; /* NULL, or what it was read from instead of a file; nothing else can be kept of that */
    const char *const *channels;
    int channel_count;
    bool keep_channels;
    exr_compression compression;
} exr_result;

/* Writes it as R,G,B, float32, and A where the source has an alpha beside its color; with the source's windows and
 * attributes. Of a source of another format (frame_file.h) nothing else is kept than an alpha that is not 1 everywhere.
 * keep_channels: with all of the source's parts and channels instead, the picture under its color's names (under those
 * of Combined, where the color is the noisy image beside that; as R,G,B in the place of luminance and chroma). Further
 * layers have the names of their channels in the source; PART.CHANNEL where that has parts and they are not kept. False
 * and *error also where the source has changed, or a deep part cannot be kept. */
bool exr_write_result(const char *path, const exr_result *result, error *error);

/* Writes the layers that the frame has, the reference excepted, under plain names: R,G,B, albedo.R/G/B, normal.X/Y/Z,
 * Z, motion.X/Y. exr_read_frame gives them back as they are. */
bool exr_write_frame(const char *path, const frame *frame, exr_compression compression, error *error);

#endif
