/* frame.h -- one renderer frame in host memory. */
#ifndef WFVIEW_FRAME_H
#define WFVIEW_FRAME_H

#include "app/error.h"
#include "app/view/layers.h"

/* Rows from top to bottom, channels interleaved, float32. */
typedef struct image {
    int width, height, channels;
    float *pixels; /* NULL: absent. Owned, freed by image_free */
} image;

typedef struct frame {
    char *path; /* of the color file; owned */
    int width, height;
    int x, y;                          /* where it lies in the picture that is shown, of ... */
    int display_width, display_height; /* ... these sizes: it may be a part of that, or reach beyond. 0: not known */
    image layers[FRAME_LAYER_COUNT];   /* FRAME_COLOR is always there; all have the frame's size */
    bool has_alpha;                    /* the color has the file's, else 1 */

    /* What each layer is in its file, "ViewLayer.Combined.R,G,B"; owned, NULL where it is absent or of no file. */
    char *origins[FRAME_LAYER_COUNT];
    char *warnings; /* sentences about the file's channels, each with a newline; owned, NULL: none */
    char *damage;   /* the same about pixels that were not finite and are mended now (mend.h) */
} frame;

void image_free(image *image);
void frame_free(frame *frame); /* leaves *frame zeroed */

/* Frees all of it but a layer, which it gives. */
image frame_take(frame *frame, frame_layer layer);

/* Whether a layer of one frame has all pixels of another one: the other lies within it where both are of pictures of
 * one size that is shown, else both have one size. */
bool frame_covers(const frame *frame, const struct frame *other);

/* Makes *error the sentence that it has not, which begins with the frame's path and `what`, "the
   reference has " or nothing; false. */
bool frame_refuse(const frame *frame, const char *what, const struct frame *other, error *error);

/* A layer's pixels where the other frame is, which is covered, in memory of their own. False: no memory. */
bool frame_cut(const frame *frame, frame_layer layer, const struct frame *other, image *image);

/* Adds sentences to the frame's damage; NULL: none. */
bool frame_add_damage(frame *frame, const char *sentences);

/* False where it has damage: *error is "PATH: the first sentence about it". */
bool frame_is_sound(const frame *frame, error *error);

/* frame_take of a sound frame; else all of it is freed, and *error as above. */
bool frame_take_sound(frame *frame, frame_layer layer, image *image, error *error);

/* "color from R,G,B; albedo from albedo.R,G,B": every layer that has an origin; to be freed. NULL: no memory. */
char *frame_describe(const frame *frame);

#endif
