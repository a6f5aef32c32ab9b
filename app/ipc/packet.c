#include "packet.h"

#include <string.h>

#include "app/files/frame_file.h"

/* In the protocol's numbers. */
enum {
    OPEN_IMAGE,
    RELOAD_IMAGE,
    CLOSE_IMAGE,
    UPDATE_IMAGE,
    CREATE_IMAGE,
    UPDATE_IMAGE_V2,
    UPDATE_IMAGE_V3,
    OPEN_IMAGE_V2,
    VECTOR_GRAPHICS,
    OPERATIONS
};

static const ipc_operation operations[OPERATIONS] = {
    [OPEN_IMAGE] = IPC_OPEN,        [RELOAD_IMAGE] = IPC_RELOAD, [CLOSE_IMAGE] = IPC_CLOSE,
    [UPDATE_IMAGE] = IPC_UPDATE,    [CREATE_IMAGE] = IPC_CREATE, [UPDATE_IMAGE_V2] = IPC_UPDATE,
    [UPDATE_IMAGE_V3] = IPC_UPDATE, [OPEN_IMAGE_V2] = IPC_OPEN,  [VECTOR_GRAPHICS] = IPC_DRAW,
};

/* What is left of a packet. */
typedef struct cursor {
    uint8_t *bytes;
    size_t left;
    error *error;
} cursor;

/* ---- Numbers and texts ------------------------------------------------------------------------------------------- */

static uint64_t little_endian(const uint8_t *bytes, int count)
{
    uint64_t value = 0;
    for (int i = 0; i < count; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

static bool take(cursor *cursor, int count, uint64_t *value)
{
    *value = 0;
    if (cursor->left < (size_t)count)
        return error_set(cursor->error, "a packet ends too early");
    *value = little_endian(cursor->bytes, count);
    cursor->bytes += count;
    cursor->left -= (size_t)count;
    return true;
}

static bool take_flag(cursor *cursor, bool *flag)
{
    uint64_t value;
    if (!take(cursor, 1, &value))
        return false;
    *flag = value == 1;
    return true;
}

static bool take_int(cursor *cursor, int *number)
{
    uint64_t value;
    if (!take(cursor, 4, &value))
        return false;
    *number = (int32_t)(uint32_t)value;
    return true;
}

static bool take_long(cursor *cursor, int64_t *number)
{
    uint64_t value;
    if (!take(cursor, 8, &value))
        return false;
    *number = (int64_t)value;
    return true;
}

static bool take_text(cursor *cursor, size_t most, const char **text)
{
    const size_t length = strnlen((const char *)cursor->bytes, cursor->left);
    if (length == cursor->left)
        return error_set(cursor->error, "a packet ends too early");
    if (length > most)
        return error_set(cursor->error, "a name has %zu characters, expected at most %zu", length, most);
    *text = (const char *)cursor->bytes;
    cursor->bytes += length + 1;
    cursor->left -= length + 1;
    return true;
}

static bool take_name(cursor *cursor, ipc_packet *packet)
{
    return take_text(cursor, IPC_MAX_NAME, &packet->name) &&
           (*packet->name || error_set(cursor->error, "the image has no name"));
}

/* ---- Operations -------------------------------------------------------------------------------------------------- */

/* PATH:SELECTOR, as tev tells them apart; "C:\a" has no selector. */
static void split_selector(ipc_packet *packet)
{
    char *colon = strrchr(packet->name, ':');
    const bool is_drive = colon == packet->name + 1 && (colon[1] == '\\' || colon[1] == '/');
    packet->selector = "";
    if (!colon || is_drive || colon == packet->name)
        return;
    *colon = '\0';
    packet->selector = colon + 1;
}

static bool take_channels(cursor *cursor, ipc_packet *packet)
{
    if (!take_int(cursor, &packet->channel_count))
        return false;
    if (packet->channel_count < 1 || packet->channel_count > IPC_MAX_CHANNELS)
        return error_set(cursor->error, "%s has %d channels, expected 1 to %d", packet->name, packet->channel_count,
                         IPC_MAX_CHANNELS);
    for (int i = 0; i < packet->channel_count; i++)
        if (!take_text(cursor, IPC_MAX_CHANNEL, &packet->channels[i].name))
            return false;
    return true;
}

static bool take_size(cursor *cursor, ipc_packet *packet)
{
    const int most = FRAME_FILE_MAX_SIZE;
    if (!take_int(cursor, &packet->width) || !take_int(cursor, &packet->height))
        return false;
    return (packet->width >= 1 && packet->height >= 1 && packet->width <= most && packet->height <= most) ||
           error_set(cursor->error, "%s is %dx%d pixels, expected 1x1 to %dx%d", packet->name, packet->width,
                     packet->height, most, most);
}

static void lay_out_planes(ipc_packet *packet)
{
    for (int i = 0; i < packet->channel_count; i++) {
        packet->channels[i].offset = (int64_t)packet->width * packet->height * i;
        packet->channels[i].stride = 1;
    }
}

static bool take_layout(cursor *cursor, ipc_packet *packet)
{
    for (int i = 0; i < packet->channel_count; i++)
        if (!take_long(cursor, &packet->channels[i].offset))
            return false;
    for (int i = 0; i < packet->channel_count; i++)
        if (!take_long(cursor, &packet->channels[i].stride))
            return false;
    return true;
}

/* What the channel reaches first and last is among the packet's floats. */
static bool check_reach(const ipc_channel *channel, int64_t pixels, int64_t floats)
{
    int64_t last;
    return !__builtin_mul_overflow(channel->stride, pixels - 1, &last) &&
           !__builtin_add_overflow(last, channel->offset, &last) && channel->offset >= 0 && channel->offset < floats &&
           last >= 0 && last < floats;
}

static bool take_samples(cursor *cursor, ipc_packet *packet)
{
    const int64_t pixels = (int64_t)packet->width * packet->height, floats = (int64_t)(cursor->left / sizeof(float));
    for (int i = 0; i < packet->channel_count; i++) {
        const ipc_channel *channel = &packet->channels[i];
        if (!check_reach(channel, pixels, floats))
            return error_set(
                cursor->error,
                "%s: channel %s of %dx%d pixels begins at float %lld with stride %lld, the packet has %lld "
                "floats",
                packet->name, channel->name, packet->width, packet->height, (long long)channel->offset,
                (long long)channel->stride, (long long)floats);
    }
    packet->samples = cursor->bytes;
    return true;
}

static bool take_tile(cursor *cursor, int number, ipc_packet *packet)
{
    packet->channel_count = 1;
    if (!(number == UPDATE_IMAGE ? take_text(cursor, IPC_MAX_CHANNEL, &packet->channels[0].name)
                                 : take_channels(cursor, packet)) ||
        !take_int(cursor, &packet->x) || !take_int(cursor, &packet->y) || !take_size(cursor, packet))
        return false;
    lay_out_planes(packet);
    return (number != UPDATE_IMAGE_V3 || take_layout(cursor, packet)) && take_samples(cursor, packet);
}

static bool take_operation(cursor *cursor, int number, ipc_packet *packet)
{
    if ((number != CLOSE_IMAGE && !take_flag(cursor, &packet->grab_focus)) || !take_name(cursor, packet))
        return false;
    switch (packet->operation) {
    case IPC_OPEN:
        if (number == OPEN_IMAGE_V2)
            return take_text(cursor, IPC_MAX_NAME, &packet->selector);
        split_selector(packet);
        return true;
    case IPC_CREATE:
        return take_size(cursor, packet) && take_channels(cursor, packet);
    case IPC_UPDATE:
        return take_tile(cursor, number, packet);
    default:
        return true;
    }
}

/* ---- The interface ----------------------------------------------------------------------------------------------- */

bool ipc_packet_length(const uint8_t *bytes, uint32_t *length, error *error)
{
    *length = (uint32_t)little_endian(bytes, IPC_LENGTH_BYTES);
    if (*length > IPC_LENGTH_BYTES && *length <= IPC_MAX_PACKET)
        return true;
    return error_set(error, "a message of %u bytes, expected %d to %u", *length, IPC_LENGTH_BYTES + 1, IPC_MAX_PACKET);
}

bool ipc_packet_read(uint8_t *bytes, size_t size, ipc_packet *packet, error *error)
{
    cursor cursor = {bytes, size, error};
    uint64_t length, number;
    memset(packet, 0, sizeof *packet);
    packet->selector = "";
    if (!take(&cursor, IPC_LENGTH_BYTES, &length) || !take(&cursor, 1, &number))
        return false;
    if (length != size)
        return error_set(error, "a packet of %zu bytes says that it has %llu", size, (unsigned long long)length);
    if (number >= OPERATIONS)
        return error_set(error, "a message of kind %d, expected 0 to %d", (int)number, OPERATIONS - 1);
    packet->operation = operations[number];
    return take_operation(&cursor, (int)number, packet);
}

float ipc_packet_sample(const ipc_packet *packet, int channel, int64_t pixel)
{
    const ipc_channel *from = &packet->channels[channel];
    const uint8_t *bytes = packet->samples + sizeof(float) * (size_t)(from->offset + pixel * from->stride);
    const uint32_t bits = (uint32_t)little_endian(bytes, sizeof(float));
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
