/* exr_reader.h -- what the files that read OpenEXR share. Private to exr*.c.
 *
 * Messages made below exr.c do not name the file: exr.c puts the path in front. */
#ifndef WFVIEW_EXR_READER_H
#define WFVIEW_EXR_READER_H

#include <stddef.h>
#include <stdio.h>

#include "app/error.h"
#include "app/frames/frame.h"
#include "exr_file.h"

#define EXR_MAX_GROUP 256 /* characters that * in exr_rules.c can stand for */

/* A channel by its names. Both are PART.CHANNEL where the file has several parts and this one a name, else CHANNEL. */
typedef struct entry {
    int part, channel;
    char *written;      /* as in the file; owned */
    size_t written_own; /* where CHANNEL begins in it */
    const char *view;   /* "": the first one, or none */
    char *name;         /* the same without the view's name (left in ViewLayer.Combined.left.R); owned */
    size_t own;
} entry;

/* An open file. */
typedef struct reader {
    exr_file *file;
    entry *entries;
    int entry_count;
    const char *view; /* whose channels rules take: the first one, "", or that of a color that --channel names */
    int color_part;   /* once the color is found; else -1 */
    char star[EXR_MAX_GROUP]; /* what * in exr_rules.c stands for; empty: not known yet */
} reader;

/* ---- exr_names.c ------------------------------------------------------------------------------------------------- */

bool reader_open(reader *reader, const char *path, error *error);
bool reader_open_planes(reader *reader, const exr_planes *planes, error *error);
void reader_close(reader *reader); /* also after a failure */

/* Of a channel's name, with its part's name or without: the length of what is before the
   last dot, and what is behind it. */
size_t group_length(const char *name);
const char *component_of(const char *name);

/* Rules take it. */
bool is_of_view(const reader *reader, const entry *entry);

/* Of a channel that there is. */
const entry *entry_of(const reader *reader, int part, int channel);

/* A channel's name in the file, with its part's where that is needed. Valid until reader_close. */
const char *written_name(const reader *reader, int part, int channel);

/* ---- exr_layers.c: which channels are a frame's layers ----------------------------------------------------------- */

/* Where a layer's components are. */
typedef struct place {
    bool found;
    bool chroma;      /* the channels are RY, Y, BY and to become R, G, B */
    bool noisy;       /* beside a picture that the renderer denoised */
    const char *tail; /* of a rule *TAIL; else "" or NULL */
    int count;
    int parts[3], channels[3]; /* of each component; one channel may be there more than once */
    bool has_alpha;            /* of a color: beside it, with a sample for each pixel */
    int alpha;                 /* that channel, of the first component's part */
    const char *writer;        /* who names them so */
} place;

/* Finds layers. wanted is FRAME_COLOR: color, and whatever other layers of a frame there are; FRAME_REFERENCE: a file's
 * color, as the reference; FRAME_ALBEDO or FRAME_NORMAL: plain channels, as that layer (OIDN's files).
 * channels are mappings LAYER=NAME. False and *error where a mapping names channels that are not there,
 * or what is wanted is missing. */
bool locate_layers(reader *reader, frame_layer wanted, const char *const *channels, int channel_count,
                   place places[FRAME_LAYER_COUNT], error *error);

/* Where the color belongs once it is filtered: mostly where it is. */
place locate_result(const reader *reader, const place *color);

/* What * is where a channel's group is *TAIL; false where it is not, or is a name that * does not stand for. */
bool match_star(const char *name, const char *tail, char star[EXR_MAX_GROUP]);

/* ---- exr_describe.c ---------------------------------------------------------------------------------------------- */

/* "ViewLayer.Combined.R,G,B"; to be freed. NULL: no memory. */
char *describe_place(const reader *reader, const place *place);

/* Sentences, each with a newline, about pictures of other views and view layers, and channels that look like layers
 * which were not found; to be freed. NULL: no memory. */
char *describe_missed(const reader *reader, const place places[FRAME_LAYER_COUNT]);

/* ---- exr_pixels.c: from places to images ------------------------------------------------------------------------- */

/* The frame's window: the data window of its color's, or its first layer's, part. False and *error where what was found
 * is no frame: of deep parts, of parts whose display windows differ in size, of windows not within 1x1 to
 * FRAME_FILE_MAX_SIZE x FRAME_FILE_MAX_SIZE. */
bool find_window(const exr_file *file, const place places[FRAME_LAYER_COUNT], exr_window *window, error *error);

/* Reads the layers that were found into images, which the caller frees in any case, and says what part of the file's
 * pixels they are: the color's data window. What another part's data window does not cover is 0. What is not finite is
 * mended, and a line in damage says so. */
bool read_layers(exr_file *file, const place places[FRAME_LAYER_COUNT], image images[FRAME_LAYER_COUNT],
                 exr_window *window, FILE *damage, error *error);

#endif
