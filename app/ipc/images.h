/* images.h -- pictures that clients create and update, by their names, in memory. */
#ifndef WFVIEW_IPC_IMAGES_H
#define WFVIEW_IPC_IMAGES_H

#include "packet.h"

#define IPC_MAX_BYTES ((uint64_t)4 << 30) /* of all pictures together */

typedef struct ipc_image {
    char *name;
    int width, height, channel_count;
    char **channels; /* their names */
    float **planes;  /* of each channel, rows from top to bottom; 0 until they are updated */
    uint64_t bytes;
} ipc_image;

/* Zeroed, or freed, it is none. */
void ipc_image_free(ipc_image *image);

/* As a packet (IPC_CREATE) asks for it, where others have so many bytes already. False and *error, which names it: two
 * channels of one name, too large, no memory; *image is zeroed then. */
bool ipc_image_create(const ipc_packet *packet, uint64_t others, ipc_image *image, error *error);

/* Writes a tile (IPC_UPDATE). False and *error, and nothing written: it lies outside of the image, the image lacks a
 * channel, or two have one name. */
bool ipc_image_update(ipc_image *image, const ipc_packet *packet, error *error);

#endif
