/* images.h -- pictures that are sent piece by piece. They lie in files of a folder of their own, which readers of frames open like any
 * other: their channels' names say which layers they are. */
#ifndef WFVIEW_IPC_IMAGES_H
#define WFVIEW_IPC_IMAGES_H

#include "packet.h"

#define IMAGES_MOST       64
#define IMAGES_MOST_BYTES (4ll << 30) /* of all of them */

typedef struct sent_image {
    char *name, *path; /* owned */
    int width, height, channel_count;
    char *channels[PACKET_MOST_CHANNELS]; /* owned */
    float *pixels;                        /* interleaved; owned */
    bool is_stale;                        /* its file has not all of it */
} sent_image;

typedef struct sent_images {
    char *folder; /* owned; NULL: it is not made yet */
    int made;     /* so far, for the names of files */
    sent_image list[IMAGES_MOST];
    int count;
} sent_images;

/* Zeroed are none. Closing removes files and folder. */
void images_close(sent_images *images);

sent_image *images_find(sent_images *images, const char *name); /* NULL: there is none */

/* Of PACKET_CREATE: black, in the place of one of that name. NULL and *error: there are too many, or too large ones. */
sent_image *images_create(sent_images *images, const packet *packet, error *error);

/* Of PACKET_UPDATE. NULL and *error: no image of that name, or one that has not the region or a channel. */
sent_image *images_update(sent_images *images, const packet *packet, error *error);

void images_remove(sent_images *images, sent_image *image);

/* Its file is as it is, then; made with the folder where it is the first one. */
bool images_write(sent_images *images, sent_image *image, error *error);

#endif
