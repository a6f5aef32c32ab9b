/* packet.h -- packets of tev's protocol (https://github.com/Tom94/tev, include/tev/Ipc.h), read from bytes in memory.
 *
 * A packet is its length in bytes (uint32, these four included), its operation (a byte) and what that takes. Numbers
 * are little endian, texts end with a byte 0, a flag is a byte that is 1.
 *
 *     0 open image        flag grab focus, text PATH or PATH:SELECTOR
 *     1 reload image      flag grab focus, text NAME
 *     2 close image       text NAME
 *     3 update image      flag grab focus, text NAME, text CHANNEL, int32 x, y, width,
 *                         height, floats of the tile's rows
 *     4 create image      flag grab focus, text NAME, int32 width, height, int32 N, N texts CHANNEL
 *     5 update image, v2  as 3 with int32 N, N texts CHANNEL; floats of one channel after the other
 *     6 update image, v3  as 5, before the floats N int64 offsets and N int64 strides: the value of channel c at the
 *                         tile's pixel p is float offset[c] + p * stride[c]
 *     7 open image, v2    flag grab focus, text PATH, text SELECTOR
 *     8 vector graphics   flag grab focus, text NAME, ...: drawings over an image, which are not read
 *
 * Nothing of a packet is believed: every number in it is checked before it is used. */
#ifndef WFVIEW_IPC_PACKET_H
#define WFVIEW_IPC_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/error.h"

#define IPC_LENGTH_BYTES 4            /* at a packet's beginning */
#define IPC_MAX_PACKET   (512u << 20) /* bytes; tev's clients send tiles of 128x128 pixels */
#define IPC_MAX_NAME     1024         /* characters of an image's name or path */
#define IPC_MAX_CHANNEL  255          /* of a channel's */
#define IPC_MAX_CHANNELS 256          /* of an image */

typedef enum ipc_operation { IPC_OPEN, IPC_RELOAD, IPC_CLOSE, IPC_CREATE, IPC_UPDATE, IPC_DRAW } ipc_operation;

typedef struct ipc_channel {
    const char *name;
    int64_t offset, stride; /* of an update, in floats; all that they reach is in the packet */
} ipc_channel;

/* Texts point into the packet's bytes. */
typedef struct ipc_packet {
    ipc_operation operation;
    bool grab_focus;      /* the image is to be the one that is shown */
    const char *name;     /* or path; not empty */
    const char *selector; /* of channels, of IPC_OPEN: "" is all */
    int x, y;             /* of an update: the tile's place in the image */
    int width, height;    /* of an update the tile's, else the image's; from 1 to FRAME_FILE_MAX_SIZE */
    int channel_count;    /* from 1; 0: the operation has none */
    ipc_channel channels[IPC_MAX_CHANNELS];
    const uint8_t *samples; /* of an update: float32, little endian, at any address */
} ipc_packet;

/* How long the packet is that these bytes, at least IPC_LENGTH_BYTES, begin. False and *error: longer than
 * IPC_MAX_PACKET, or too short for a packet. */
bool ipc_packet_length(const uint8_t *bytes, uint32_t *length, error *error);

/* Reads a whole packet, as long as it says; one byte may be written to (the colon of operation 0).
 * False and *error where it is none. */
bool ipc_packet_read(uint8_t *bytes, size_t size, ipc_packet *packet, error *error);

/* Of an update: a channel's value at pixel p of the tile, counted row by row. */
float ipc_packet_sample(const ipc_packet *packet, int channel, int64_t pixel);

#endif
