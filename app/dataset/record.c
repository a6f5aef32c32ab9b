#include "record.h"

#include <endian.h>
#include <half.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef enum source { EACH_BUFFER, FIRST_BUFFER, CLEAN } source;

/* The arrays of a record, in their order: layers of frames. */
static const struct {
    const char *name;
    source source;
    frame_layer layer;
    int channels;
} arrays[] = {
    {"color", EACH_BUFFER, FRAME_COLOR, 3},       {"albedo", EACH_BUFFER, FRAME_ALBEDO, 3},
    {"normal", EACH_BUFFER, FRAME_NORMAL, 3},     {"depth", EACH_BUFFER, FRAME_DEPTH, 1},
    {"reference", CLEAN, FRAME_COLOR, 3},         {"reference_albedo", CLEAN, FRAME_ALBEDO, 3},
    {"reference_normal", CLEAN, FRAME_NORMAL, 3}, {"motion", FIRST_BUFFER, FRAME_MOTION, 2},
};

enum { ARRAYS = sizeof arrays / sizeof *arrays, MAGIC_SIZE = 10 };

_Static_assert(BYTE_ORDER == LITTLE_ENDIAN, "arrays are copied as they are");

static int frames_of(const dataset_settings *settings, int array)
{
    return arrays[array].source == EACH_BUFFER ? settings->buffers : 1;
}

static size_t pixel_count(const dataset_settings *settings)
{
    return (size_t)settings->width * (size_t)settings->height;
}

size_t dataset_header(const dataset_settings *settings, char header[DATASET_HEADER_MAX])
{
    char *text = header + MAGIC_SIZE;
    size_t room = DATASET_HEADER_MAX - MAGIC_SIZE;
    int length =
        snprintf(text, room, "{'descr': [('seed', '<u8'), ('index', '<u4'), ('spp', '<u4'), ('reference_spp', '<u4')");
    for (int i = 0; i < ARRAYS; i++) {
        length += snprintf(text + length, room - (size_t)length, ", ('%s', '<f2', (", arrays[i].name);
        if (arrays[i].source == EACH_BUFFER)
            length += snprintf(text + length, room - (size_t)length, "%d, ", settings->buffers);
        if (arrays[i].channels > 1)
            length += snprintf(text + length, room - (size_t)length, "%d, ", arrays[i].channels);
        length += snprintf(text + length, room - (size_t)length, "%d, %d))", settings->height, settings->width);
    }
    length +=
        snprintf(text + length, room - (size_t)length, "], 'fortran_order': False, 'shape': (%d,), }", settings->count);
    size_t size = (MAGIC_SIZE + (size_t)length + 1 + 63) / 64 * 64;
    memset(text + length, ' ', size - MAGIC_SIZE - (size_t)length);
    header[size - 1] = '\n';
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)((size - MAGIC_SIZE) & 255);
    header[9] = (char)((size - MAGIC_SIZE) >> 8);
    return size;
}

bool dataset_read_header(const char *header, size_t size, dataset_settings *settings)
{
    char text[DATASET_HEADER_MAX + 1] = {0}, again[DATASET_HEADER_MAX];
    if (size <= MAGIC_SIZE || size > DATASET_HEADER_MAX)
        return false;
    memcpy(text, header + MAGIC_SIZE, size - MAGIC_SIZE);
    const char *color = strstr(text, "'color', '<f2', ("), *shape = strstr(text, "'shape': (");
    if (!color || !shape ||
        sscanf(color, "'color', '<f2', (%d, 3, %d, %d)", &settings->buffers, &settings->height, &settings->width) !=
            3 ||
        sscanf(shape, "'shape': (%d,)", &settings->count) != 1)
        return false;
    return dataset_header(settings, again) <= size && memcmp(header, again, dataset_header(settings, again)) == 0;
}

size_t dataset_record_size(const dataset_settings *settings)
{
    size_t size = DATASET_IDENTITY_SIZE;
    for (int i = 0; i < ARRAYS; i++)
        size += pixel_count(settings) * (size_t)(arrays[i].channels * frames_of(settings, i)) * sizeof(uint16_t);
    return size;
}

/* One channel of an interleaved image as a plane. Returns the plane's end. */
static uint8_t *pack_plane(const image *image, int channel, size_t count, uint8_t *to)
{
    const float *from = image->pixels + channel;
    for (size_t i = 0; i < count; i++, from += image->channels, to += sizeof(uint16_t)) {
        uint16_t half = imath_float_to_half(fminf(fmaxf(*from, -(float)HALF_MAX), (float)HALF_MAX));
        memcpy(to, &half, sizeof half);
    }
    return to;
}

void dataset_pack(const dataset_settings *settings, uint32_t index, const dataset_pair *pair, uint8_t *record)
{
    const uint32_t numbers[] = {index, (uint32_t)settings->spp, (uint32_t)settings->reference_spp};
    memcpy(record, &settings->seed, sizeof settings->seed);
    memcpy(record + sizeof settings->seed, numbers, sizeof numbers);
    uint8_t *to = record + DATASET_IDENTITY_SIZE;
    for (int i = 0; i < ARRAYS; i++) {
        const frame *frames = arrays[i].source == CLEAN ? &pair->clean : pair->buffers;
        for (int k = 0; k < frames_of(settings, i); k++)
            for (int channel = 0; channel < arrays[i].channels; channel++)
                to = pack_plane(&frames[k].layers[arrays[i].layer], channel, pixel_count(settings), to);
    }
}

void dataset_identify(const uint8_t *record, dataset_settings *settings, uint32_t *index)
{
    uint32_t numbers[3];
    memcpy(&settings->seed, record, sizeof settings->seed);
    memcpy(numbers, record + sizeof settings->seed, sizeof numbers);
    *index = numbers[0];
    settings->spp = (int)numbers[1];
    settings->reference_spp = (int)numbers[2];
}
