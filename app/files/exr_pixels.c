#include "exr_reader.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SIZE 16384

/* In the file's coordinates. */
typedef struct window {
    int64_t x, y, width, height;
} window;

static window window_of(const exr_attr_box2i_t *box)
{
    return (window){box->min.x, box->min.y, (int64_t)box->max.x - box->min.x + 1, (int64_t)box->max.y - box->min.y + 1};
}

static bool check_window(const char *name, const window *window, error *error)
{
    bool fits = window->width >= 1 && window->width <= MAX_SIZE && window->height >= 1 && window->height <= MAX_SIZE;
    return fits || error_set(error, "its %s window is %lldx%lld pixels, expected 1x1 to %dx%d", name,
                             (long long)window->width, (long long)window->height, MAX_SIZE, MAX_SIZE);
}

static bool get_windows(const reader *reader, int part, window *data, window *display, error *error)
{
    exr_attr_box2i_t data_box, display_box;
    if (exr_get_data_window(reader->context, part, &data_box) != EXR_ERR_SUCCESS ||
        exr_get_display_window(reader->context, part, &display_box) != EXR_ERR_SUCCESS)
        return reader_fail(reader, "no data or display window", error);
    *data = window_of(&data_box);
    *display = window_of(&display_box);
    return check_window("data", data, error) && check_window("display", display, error);
}

static bool allocate(image *image, const window *display, int channels, error *error)
{
    image->width = (int)display->width;
    image->height = (int)display->height;
    image->channels = channels;
    image->pixels = calloc((size_t)(display->width * display->height), (size_t)channels * sizeof(float));
    return image->pixels ||
           error_set(error, "not enough memory for %dx%d pixels", (int)display->width, (int)display->height);
}

/* One channel's way into an image. */
typedef struct target {
    exr_pixel_type_t type;
    size_t before; /* bytes that one pixel of the channels before this one takes in the file */
    float *pixels; /* of the image, at the component */
    int stride;    /* floats from pixel to pixel */
} target;

#define MAX_TARGETS (4 * FRAME_LAYER_COUNT)

/* A part being read: what goes where. */
typedef struct transfer {
    const reader *reader;
    int part;
    window data, display;
    size_t pixel_size; /* bytes that one pixel of all channels takes */
    target targets[MAX_TARGETS];
    int target_count;
} transfer;

static size_t element_size(exr_pixel_type_t type)
{
    return type == EXR_PIXEL_HALF ? 2 : 4;
}

static float half_to_float(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, mantissa = half & 1023;
    if (exponent == 0)
        return (sign ? -1.0f : 1.0f) * (float)mantissa * 0x1p-24f;
    uint32_t bits = sign | (exponent == 31 ? 255 : exponent + 112) << 23 | mantissa << 13;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Copies count elements of a channel's line to every stride-th float. */
static void convert(exr_pixel_type_t type, const uint8_t *from, int64_t count, float *to, int stride)
{
    for (int64_t i = 0; i < count; i++) {
        uint16_t half;
        uint32_t whole;
        switch (type) {
        case EXR_PIXEL_HALF:
            memcpy(&half, from + 2 * i, sizeof half);
            to[i * stride] = half_to_float(half);
            break;
        case EXR_PIXEL_UINT:
            memcpy(&whole, from + 4 * i, sizeof whole);
            to[i * stride] = (float)whole;
            break;
        default:
            memcpy(&to[i * stride], from + 4 * i, sizeof(float));
        }
    }
}

/* Puts what of a chunk lies in the display window into the images. x, y is the chunk's corner in the file's coordinates;
 * its bytes are lines, each with all elements of the first channel, then of the next. */
static void place_chunk(const transfer *transfer, int64_t x, int64_t y, const exr_chunk_info_t *chunk,
                        const uint8_t *bytes)
{
    int64_t left = x - transfer->display.x, top = y - transfer->display.y; /* of the chunk, in the image */
    int64_t first = left < 0 ? -left : 0;
    int64_t last = left + chunk->width > transfer->display.width ? transfer->display.width - left : chunk->width;
    for (int64_t row = 0; row < chunk->height; row++) {
        const uint8_t *line = bytes + (size_t)(row * chunk->width) * transfer->pixel_size;
        if (top + row < 0 || top + row >= transfer->display.height)
            continue;
        for (int t = 0; t < transfer->target_count; t++) {
            const target *target = &transfer->targets[t];
            int64_t to = (top + row) * transfer->display.width + left + first;
            size_t from = (size_t)chunk->width * target->before + (size_t)first * element_size(target->type);
            convert(target->type, line + from, last - first, target->pixels + to * target->stride, target->stride);
        }
    }
}

/* Reads and decompresses. OpenEXR's own conversion to floats is not used: that of 3.1 writes through the null pointers of
 * channels that are not asked for. */
static bool decode(const transfer *transfer, const exr_chunk_info_t *chunk, exr_decode_pipeline_t *pipeline)
{
    exr_const_context_t context = transfer->reader->context;
    if (exr_decoding_initialize(context, transfer->part, chunk, pipeline) != EXR_ERR_SUCCESS ||
        exr_decoding_choose_default_routines(context, transfer->part, pipeline) != EXR_ERR_SUCCESS)
        return false;
    pipeline->unpack_and_convert_fn = NULL;
    if (chunk->packed_size == chunk->unpacked_size) /* stored as it is, which 3.1 forgets for B44 */
        pipeline->decompress_fn = NULL;
    return exr_decoding_run(context, transfer->part, pipeline) == EXR_ERR_SUCCESS;
}

/* x, y is the chunk's corner in the file's coordinates, which are the data window's. */
static bool read_chunk(const transfer *transfer, int64_t x, int64_t y, const exr_chunk_info_t *chunk, error *error)
{
    exr_decode_pipeline_t pipeline = EXR_DECODE_PIPELINE_INITIALIZER;
    uint64_t needed = (uint64_t)chunk->width * (uint64_t)chunk->height * transfer->pixel_size;
    bool stored_short = chunk->compression == EXR_COMPRESSION_NONE && chunk->packed_size != needed;
    bool read = chunk->unpacked_size == needed && !stored_short && decode(transfer, chunk, &pipeline);
    if (read)
        place_chunk(transfer, x, y, chunk, pipeline.unpacked_buffer);
    exr_decoding_destroy(transfer->reader->context, &pipeline);
    if (read)
        return true;
    char doing[64];
    snprintf(doing, sizeof doing, "cannot decode the pixels from x=%lld y=%lld on", (long long)x, (long long)y);
    return reader_fail(transfer->reader, doing, error);
}

static bool read_scanlines(const transfer *transfer, error *error)
{
    exr_const_context_t context = transfer->reader->context;
    const window *data = &transfer->data;
    int32_t lines = 0;
    if (exr_get_scanlines_per_chunk(context, transfer->part, &lines) != EXR_ERR_SUCCESS || lines < 1)
        return reader_fail(transfer->reader, "unknown compression", error);
    for (int64_t y = 0; y < data->height; y += lines) {
        exr_chunk_info_t chunk;
        if (exr_read_scanline_chunk_info(context, transfer->part, (int)(data->y + y), &chunk) != EXR_ERR_SUCCESS)
            return reader_fail(transfer->reader, "corrupt or truncated", error);
        if (!read_chunk(transfer, data->x, data->y + y, &chunk, error))
            return false;
    }
    return true;
}

static bool read_tiles(const transfer *transfer, error *error)
{
    exr_const_context_t context = transfer->reader->context;
    const window *data = &transfer->data;
    int32_t width = 0, height = 0;
    if (exr_get_tile_sizes(context, transfer->part, 0, 0, &width, &height) != EXR_ERR_SUCCESS || width < 1 ||
        height < 1)
        return reader_fail(transfer->reader, "unknown tile size", error);
    for (int64_t y = 0; y < data->height; y += height) {
        for (int64_t x = 0; x < data->width; x += width) {
            exr_chunk_info_t chunk;
            if (exr_read_tile_chunk_info(context, transfer->part, (int)(x / width), (int)(y / height), 0, 0, &chunk) !=
                EXR_ERR_SUCCESS)
                return reader_fail(transfer->reader, "corrupt or truncated", error);
            if (!read_chunk(transfer, data->x + x, data->y + y, &chunk, error))
                return false;
        }
    }
    return true;
}

static void add_target(transfer *transfer, const exr_attr_chlist_t *list, int channel, image *image, int component)
{
    target *target = &transfer->targets[transfer->target_count++];
    *target = (struct target){list->entries[channel].pixel_type, 0, image->pixels + component, image->channels};
    for (int i = 0; i < channel; i++)
        target->before += element_size(list->entries[i].pixel_type);
}

/* Where the layers that this part holds go; false with *error where it holds what cannot be read. */
static bool plan(transfer *transfer, const place *places, image *images, error *error)
{
    const exr_attr_chlist_t *list = NULL;
    const reader *reader = transfer->reader;
    if (exr_get_channels(reader->context, transfer->part, &list) != EXR_ERR_SUCCESS)
        return reader_fail(reader, "no channels", error);
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++)
        for (int i = 0; places[layer].found && places[layer].part == transfer->part && i < places[layer].count; i++)
            add_target(transfer, list, places[layer].channels[i], &images[layer], i);
    for (int i = 0; i < list->num_channels && transfer->target_count; i++) {
        const exr_attr_chlist_entry_t *channel = &list->entries[i];
        transfer->pixel_size += element_size(channel->pixel_type);
        if (channel->x_sampling != 1 || channel->y_sampling != 1)
            return error_set(error, "channel %s is subsampled %dx%d, expected 1x1", channel->name.str,
                             channel->x_sampling, channel->y_sampling);
    }
    return true;
}

static bool read_part(const reader *reader, int part, const place *places, image *images, error *error)
{
    transfer transfer = {.reader = reader, .part = part};
    if (!plan(&transfer, places, images, error))
        return false;
    if (transfer.target_count == 0)
        return true;
    if (!get_windows(reader, part, &transfer.data, &transfer.display, error))
        return false;
    exr_storage_t storage = EXR_STORAGE_LAST_TYPE;
    exr_get_storage(reader->context, part, &storage);
    return storage == EXR_STORAGE_SCANLINE ? read_scanlines(&transfer, error)
           : storage == EXR_STORAGE_TILED  ? read_tiles(&transfer, error)
                                           : error_set(error, "part %d is deep, expected a flat image", part);
}

/* ---- Layers --------------------------------------------------------------------------------------------------------- */

static bool check_finite(const image *image, frame_layer layer, error *error)
{
    size_t count = (size_t)image->width * (size_t)image->height * (size_t)image->channels, bad = 0, first = 0;
    for (size_t i = 0; i < count; i++)
        if (!isfinite(image->pixels[i]) && bad++ == 0)
            first = i;
    size_t pixel = first / (size_t)image->channels, width = (size_t)image->width;
    return bad == 0 || error_set(error, "%zu values of its %s are NaN or infinite, the first at pixel x=%zu y=%zu", bad,
                                 frame_layer_name(layer), pixel % width, pixel / width);
}

static void fill_alpha(image *image)
{
    size_t count = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; i < count; i++)
        image->pixels[4 * i + 3] = 1;
}

/* The frame's window, from the first layer found, and an image of that size for every layer found. */
static bool allocate_layers(const reader *reader, const place *places, image *images, error *error)
{
    window first = {0};
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++) {
        window data, display;
        if (!places[layer].found)
            continue;
        if (!get_windows(reader, places[layer].part, &data, &display, error))
            return false;
        if (!first.width)
            first = display;
        if (display.width != first.width || display.height != first.height)
            return error_set(error, "its %s is %lldx%lld pixels, its color %lldx%lld", frame_layer_name(layer),
                             (long long)display.width, (long long)display.height, (long long)first.width,
                             (long long)first.height);
        if (!allocate(&images[layer], &display, frame_layer_channels(layer), error))
            return false;
    }
    return true;
}

bool read_layers(const reader *reader, const place places[FRAME_LAYER_COUNT], image images[FRAME_LAYER_COUNT],
                 error *error)
{
    if (!allocate_layers(reader, places, images, error))
        return false;
    for (int part = 0; part < reader->part_count; part++)
        if (!read_part(reader, part, places, images, error))
            return false;
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++) {
        if (!places[layer].found)
            continue;
        if (!check_finite(&images[layer], layer, error))
            return false;
        if (images[layer].channels == 4 && layer != FRAME_NORMAL)
            fill_alpha(&images[layer]);
    }
    return true;
}
