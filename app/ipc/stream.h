/* stream.h -- a connection's bytes, as they come, to whole packets. Knows no sockets. */
#ifndef WFVIEW_IPC_STREAM_H
#define WFVIEW_IPC_STREAM_H

#include "packet.h"

/* Zeroed it is empty. It holds no more than what came and was not read as packets yet, which is at most IPC_MAX_PACKET
 * and what was added last; a length that a packet claims allocates nothing. */
typedef struct ipc_stream {
    uint8_t *bytes;
    size_t size, capacity, read; /* read: of size, what packets were made of */
} ipc_stream;

void ipc_stream_free(ipc_stream *stream); /* leaves it empty */

/* False: no memory. */
bool ipc_stream_add(ipc_stream *stream, const uint8_t *bytes, size_t size, error *error);

typedef enum ipc_progress { IPC_PACKET, IPC_MORE, IPC_BROKEN } ipc_progress;

/* The next packet, valid until bytes are added. IPC_MORE: it is not whole yet; IPC_BROKEN and *error: it is no packet,
 * and nothing after it can be read. */
ipc_progress ipc_stream_next(ipc_stream *stream, ipc_packet *packet, error *error);

/* It ended between two packets. */
bool ipc_stream_is_whole(const ipc_stream *stream);

#endif
