#include "packet.h"

#include <string.h>

enum { LEAST_BYTES = 5 };

/* What messages call their kinds; of open and update there are older ones, too. */
enum { OPEN, RELOAD, CLOSE, UPDATE, CREATE, UPDATE_CHANNELS, UPDATE_STRIDES, OPEN_SELECTED, DRAWING };

typedef struct reader {
    const uint8_t *at, *end;
    error *error;
} reader;

/* The next bytes of the message; NULL: there are not so many. */
static const uint8_t *take(reader *reader, size_t size, const char *what)
{
    const size_t left = (size_t)(reader->end - reader->at);
    const uint8_t *bytes = reader->at;
    if (left < size) {
        error_set(reader->error, "the message ends within %s: %zu bytes are left, it needs %zu", what, left, size);
        return NULL;
    }
    reader->at += size;
    return bytes;
}

static uint64_t number(const uint8_t *bytes, int size)
{
    uint64_t value = 0;
    for (int i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

static bool take_int(reader *reader, const char *what, int *value)
{
    const uint8_t *bytes = take(reader, 4, what);
    if (bytes)
        *value = (int)(int32_t)(uint32_t)number(bytes, 4);
    return bytes;
}

static bool take_bool(reader *reader, const char *what, bool *value)
{
    const uint8_t *byte = take(reader, 1, what);
    if (byte)
        *value = *byte;
    return byte;
}

static bool take_string(reader *reader, const char *what, const char **string)
{
    const uint8_t *zero = memchr(reader->at, 0, (size_t)(reader->end - reader->at));
    if (!zero)
        return error_set(reader->error, "the message ends within %s, which has no end", what);
    *string = (const char *)reader->at;
    reader->at = zero + 1;
    return true;
}

static bool take_name(reader *reader, packet *packet)
{
    return take_string(reader, "the image's name", &packet->image) &&
           (*packet->image || error_set(reader->error, "the image's name is empty"));
}

static bool take_channels(reader *reader, packet *packet)
{
    for (int i = 0; i < packet->channel_count; i++)
        if (!take_string(reader, "a channel's name", &packet->channels[i]))
            return false;
    return true;
}

static bool check_count(reader *reader, const packet *packet)
{
    return (packet->channel_count >= 1 && packet->channel_count <= PACKET_MOST_CHANNELS) ||
           error_set(reader->error, "%s: has %d channels, expected 1 to %d", packet->image, packet->channel_count,
                     PACKET_MOST_CHANNELS);
}

static bool take_size(reader *reader, packet *packet)
{
    if (!take_int(reader, "the width", &packet->width) || !take_int(reader, "the height", &packet->height))
        return false;
    return (packet->width >= 1 && packet->height >= 1 && packet->width <= PACKET_MOST_SIZE &&
            packet->height <= PACKET_MOST_SIZE) ||
           error_set(reader->error, "%s: %dx%d pixels, expected 1 to %d each", packet->image, packet->width,
                     packet->height, PACKET_MOST_SIZE);
}

static bool take_place(reader *reader, packet *packet)
{
    if (!take_int(reader, "x", &packet->x) || !take_int(reader, "y", &packet->y) || !take_size(reader, packet))
        return false;
    return (packet->x >= 0 && packet->y >= 0 && packet->x <= PACKET_MOST_SIZE && packet->y <= PACKET_MOST_SIZE) ||
           error_set(reader->error, "%s: a region at %d,%d, expected 0 to %d each", packet->image, packet->x, packet->y,
                     PACKET_MOST_SIZE);
}

static bool take_numbers(reader *reader, const packet *packet, const char *what, int64_t *numbers)
{
    for (int i = 0; i < packet->channel_count; i++) {
        const uint8_t *bytes = take(reader, 8, what);
        if (!bytes)
            return false;
        numbers[i] = (int64_t)number(bytes, 8);
    }
    return true;
}

/* All values that offsets and strides lead to are there. */
static bool take_values(reader *reader, packet *packet)
{
    const int64_t pixels = (int64_t)packet->width * packet->height, left = (reader->end - reader->at) / 4;
    for (int i = 0; i < packet->channel_count; i++) {
        const int64_t offset = packet->offsets[i], stride = packet->strides[i];
        const bool fits = offset >= 0 && stride >= 0 && offset < left &&
                          (pixels == 1 || stride <= (left - 1 - offset) / (pixels - 1));
        if (!fits)
            return error_set(
                reader->error,
                "%s: has %lld values; channel %s of %dx%d pixels at offset %lld with stride %lld needs others",
                packet->image, (long long)left, packet->channels[i], packet->width, packet->height, (long long)offset,
                (long long)stride);
    }
    packet->values = reader->at;
    return true;
}

static bool read_update(reader *reader, int kind, packet *packet)
{
    packet->channel_count = 1;
    if (kind != UPDATE && !take_int(reader, "the number of channels", &packet->channel_count))
        return false;
    if (!check_count(reader, packet) || !take_channels(reader, packet) || !take_place(reader, packet))
        return false;
    for (int i = 0; i < packet->channel_count; i++) {
        packet->offsets[i] = (int64_t)i * packet->width * packet->height;
        packet->strides[i] = 1;
    }
    return (kind != UPDATE_STRIDES || (take_numbers(reader, packet, "the channels' offsets", packet->offsets) &&
                                       take_numbers(reader, packet, "the channels' strides", packet->strides))) &&
           take_values(reader, packet);
}

static bool read_create(reader *reader, packet *packet)
{
    return take_size(reader, packet) && take_int(reader, "the number of channels", &packet->channel_count) &&
           check_count(reader, packet) && take_channels(reader, packet);
}

uint32_t packet_size(const uint8_t *bytes, error *error)
{
    const uint32_t size = (uint32_t)number(bytes, 4);
    if (size >= LEAST_BYTES && size <= PACKET_MOST_BYTES)
        return size;
    error_set(error, "a message of %u bytes, expected %d to %u", size, LEAST_BYTES, PACKET_MOST_BYTES);
    return 0;
}

bool packet_read(const uint8_t *bytes, uint32_t size, packet *packet, error *error)
{
    static const packet_kind kinds[] = {PACKET_OPEN,   PACKET_RELOAD, PACKET_CLOSE, PACKET_UPDATE, PACKET_CREATE,
                                        PACKET_UPDATE, PACKET_UPDATE, PACKET_OPEN,  PACKET_DRAWING};
    if (size < LEAST_BYTES)
        return error_set(error, "a message of %u bytes, expected %d at least", size, LEAST_BYTES);
    reader reader = {bytes + LEAST_BYTES, bytes + size, error};
    const unsigned kind = bytes[4];
    if (kind >= sizeof kinds / sizeof *kinds)
        return error_set(error, "a message of kind %u, expected 0 to %d", kind, DRAWING);
    *packet = (struct packet){.kind = kinds[kind]};
    if ((kind != CLOSE && !take_bool(&reader, "its first truth", &packet->grabs_focus)) || !take_name(&reader, packet))
        return false;
    switch (packet->kind) {
    case PACKET_CREATE:
        return read_create(&reader, packet);
    case PACKET_UPDATE:
        return read_update(&reader, (int)kind, packet);
    default:
        return true;
    }
}

float packet_value(const packet *packet, int channel, int64_t pixel)
{
    const int64_t place = packet->offsets[channel] + pixel * packet->strides[channel];
    const uint32_t bits = (uint32_t)number(packet->values + 4 * place, 4);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
