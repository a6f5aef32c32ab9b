/* packet.h -- messages of the protocol by which renderers and scripts feed the viewer tev, as its own client sends them.
 *
 * A message is its length (uint32, of all of it), its kind (uint8), then what the kind has: strings end with a zero, numbers are
 * little-endian, a truth is a byte. github.com/Tom94/tev documents it by its client, whose kinds these are. */
#ifndef WFVIEW_IPC_PACKET_H
#define WFVIEW_IPC_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "app/error.h"

typedef enum packet_kind {
    PACKET_OPEN,
    PACKET_RELOAD,
    PACKET_CLOSE,
    PACKET_CREATE,
    PACKET_UPDATE,
    PACKET_DRAWING /* of lines over an image, which are not shown */
} packet_kind;

#define PACKET_MOST_BYTES    (1u << 30)
#define PACKET_MOST_CHANNELS 64
#define PACKET_MOST_SIZE     16384 /* of an image's sides */

typedef struct packet {
    packet_kind kind;
    bool grabs_focus;  /* the image is shown */
    const char *image; /* name, or path; within the message, as all of this is */
    int channel_count; /* of create and update, at least 1 */
    const char *channels[PACKET_MOST_CHANNELS];
    int x, y, width,
        height; /* of create the size, of update the region: at least one pixel, within the largest image */

    /* Of update: channel c of the region's pixel i, counted row by row, is float offset + i * stride of the values. */
    int64_t offsets[PACKET_MOST_CHANNELS], strides[PACKET_MOST_CHANNELS];
    const uint8_t *values; /* not aligned */
} packet;

/* How long the message is that begins so, of which 4 bytes are there at least; 0 and *error: there is no such message. */
uint32_t packet_size(const uint8_t *bytes, error *error);

/* A whole message. False, and a sentence about what is wrong: then nothing of it counts. *packet is valid as long as the bytes. */
bool packet_read(const uint8_t *bytes, uint32_t size, packet *packet, error *error);

float packet_value(const packet *packet, int channel, int64_t pixel);

#endif
