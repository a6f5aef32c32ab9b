#include "stream.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_CAPACITY ((size_t)1 << 16)

void ipc_stream_free(ipc_stream *stream)
{
    free(stream->bytes);
    *stream = (ipc_stream){0};
}

static bool make_room(ipc_stream *stream, size_t size)
{
    size_t capacity = stream->capacity ? stream->capacity : LEAST_CAPACITY;
    while (capacity - stream->size < size)
        capacity *= 2;
    uint8_t *bytes = capacity > stream->capacity ? realloc(stream->bytes, capacity) : stream->bytes;
    if (!bytes)
        return false;
    stream->bytes = bytes;
    stream->capacity = capacity;
    return true;
}

bool ipc_stream_add(ipc_stream *stream, const uint8_t *bytes, size_t size, error *error)
{
    if (stream->read > 0) {
        stream->size -= stream->read;
        memmove(stream->bytes, stream->bytes + stream->read, stream->size);
        stream->read = 0;
    }
    if (!make_room(stream, size))
        return error_set(error, "not enough memory for a packet of more than %zu bytes", stream->size);
    memcpy(stream->bytes + stream->size, bytes, size);
    stream->size += size;
    return true;
}

ipc_progress ipc_stream_next(ipc_stream *stream, ipc_packet *packet, error *error)
{
    const size_t left = stream->size - stream->read;
    uint8_t *bytes = stream->bytes + stream->read;
    uint32_t length;
    if (left < IPC_LENGTH_BYTES)
        return IPC_MORE;
    if (!ipc_packet_length(bytes, &length, error))
        return IPC_BROKEN;
    if (left < length)
        return IPC_MORE;
    stream->read += length;
    return ipc_packet_read(bytes, length, packet, error) ? IPC_PACKET : IPC_BROKEN;
}

bool ipc_stream_is_whole(const ipc_stream *stream)
{
    return stream->read == stream->size;
}
