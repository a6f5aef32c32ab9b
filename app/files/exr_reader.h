/* exr_reader.h -- what the files that read OpenEXR share. Private to exr_*.c.
 *
 * Messages made below exr.c do not name the file: exr.c puts the path in front. */
#ifndef WFVIEW_EXR_READER_H
#define WFVIEW_EXR_READER_H

#include "app/error.h"
#include "app/frames/frame.h"
#include "exr_file.h"

#define EXR_MAX_PREFIX 256 /* characters of a layer's name in a file; longer ones are not recognized */

/* An open file. */
typedef struct reader {
    exr_file *file;
    char star[EXR_MAX_PREFIX]; /* what * in the rules of exr_layers.c stands for; empty: not known yet */
} reader;

/* ---- exr_layers.c: which channels are a frame's layers -------------------------------------------------------------- */

/* Where a layer's components are: channels of one part. */
typedef struct place {
    bool found;
    bool chroma; /* the channels are RY, Y, BY and to become R, G, B */
    int part, count;
    int channels[4]; /* indices into the part's channel list; one may be there more than once */
} place;

/* Finds layers. wanted is FRAME_COLOR: color, and whatever other layers of a frame there are; FRAME_REFERENCE: a file's
 * color, as the reference; FRAME_ALBEDO or FRAME_NORMAL: plain channels, as that layer (OIDN's files). channels are mappings
 * LAYER=NAME. False and *error where a mapping names channels that are not there, or what is wanted is missing. */
bool locate_layers(reader *reader, frame_layer wanted, const char *const *channels, int channel_count,
                   place places[FRAME_LAYER_COUNT], error *error);

/* ---- exr_pixels.c: from places to images ---------------------------------------------------------------------------- */

/* Reads the layers that were found into images, which the caller frees in any case. */
bool read_layers(exr_file *file, const place places[FRAME_LAYER_COUNT], image images[FRAME_LAYER_COUNT], error *error);

#endif
