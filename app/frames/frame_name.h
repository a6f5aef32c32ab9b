/* frame_name.h -- what a frame's file name says: the shot's name and the frame's number. */
#ifndef WFVIEW_FRAME_NAME_H
#define WFVIEW_FRAME_NAME_H

#include <stdbool.h>

typedef struct frame_name {
    char name[256];   /* without folder, number and .exr, .hdr.exr, .pfm ...; "frame" where nothing is left */
    char number[32];  /* its digits as they are; "": it has none */
    char before[256]; /* the file's name up to the number and from there on: equal for the frames of a sequence */
    char after[256];
} frame_name;

/* The number is the digits that end the name: after a dot, an underscore, a hyphen, a space or nothing, or at least
 * three of them unless they are a version (v003) or a size (1920x1080). shot.1004.exr is number 1004 of shot. */
void frame_name_split(const char *path, frame_name *name);

/* Of what is known to have a number: fewer digits are it, too. shot7.exr is number 7 of shot. */
void frame_name_split_numbered(const char *path, frame_name *name);

/* Of one of several files: likewise where the one before or the one after, NULL where there is none, has the same name
 * but for the digits. */
void frame_name_split_among(const char *path, const char *before, const char *after, frame_name *name);

/* Both names, split as numbered, have a number and are equal but for it. */
bool frame_name_same_sequence(const frame_name *one, const frame_name *other);

/* Whether --save names its files so: gather or splat stands alone between dots, underscores or hyphens. */
bool frame_name_is_result(const char *path);

#endif
