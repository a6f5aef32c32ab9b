#include <stb_image.h>
#include <stdlib.h>
#include <string.h>

#include "frame_file.h"

#define BUFFER 128  /* bytes that stb_image asks for ahead; fewer are needed at once */
#define BEYOND 0xff /* of a file's end: a run, with which decoding comes to its own end */

/* stb_image takes what is missing at a file's end for zeros, and waits for ever for a run that is not empty. */
typedef struct stream {
    const uint8_t *bytes;
    size_t size, position;
    bool goes_on; /* beyond the end: only where the header is known to be whole */
    bool is_short;
} stream;

static int read_some(void *user, char *to, int size)
{
    stream *stream = user;
    const size_t left = stream->size - stream->position, count = (size_t)size < left ? (size_t)size : left;
    memcpy(to, stream->bytes + stream->position, count);
    stream->position += count;
    if (!stream->goes_on || (count > 0 && (size >= BUFFER || count == (size_t)size)))
        return (int)count;
    memset(to + count, BEYOND, (size_t)size - count);
    stream->is_short = true;
    return size;
}

static void skip(void *user, int count)
{
    stream *stream = user;
    const size_t left = stream->size - stream->position;
    stream->position = count < 0 ? stream->position - (size_t)-count
                                 : stream->position + ((size_t)count < left ? (size_t)count : left);
}

static int is_at_end(void *user)
{
    const stream *stream = user;
    return stream->position == stream->size;
}

static const stbi_io_callbacks callbacks = {read_some, skip, is_at_end};

bool radiance_decode(const uint8_t *bytes, size_t size, image *image, bool *has_alpha, error *error)
{
    stream first = {bytes, size, 0, false, false}, second = first, whole = {bytes, size, 0, true, false};
    int width, height, channels;
    if (!stbi_is_hdr_from_callbacks(&callbacks, &first))
        return error_set(error, "it is no Radiance HDR: #?RADIANCE or #?RGBE was expected");
    if (!stbi_info_from_callbacks(&callbacks, &second, &width, &height, &channels))
        return error_set(error, "its header is not that of an RGBE picture of rows from top to bottom");
    if (width < 1 || height < 1 || width > FRAME_FILE_MAX_SIZE || height > FRAME_FILE_MAX_SIZE)
        return error_set(error, "it is %dx%d pixels, expected 1x1 to %dx%d", width, height, FRAME_FILE_MAX_SIZE,
                         FRAME_FILE_MAX_SIZE);
    float *pixels = stbi_loadf_from_callbacks(&callbacks, &whole, &width, &height, &channels, 4);
    if (pixels && !whole.is_short) {
        *image = (struct image){width, height, 4, pixels};
        *has_alpha = false;
        return true;
    }
    stbi_image_free(pixels);
    return whole.is_short
               ? error_set(error, "it is cut off: %zu bytes are not all of %dx%d pixels", size, width, height)
               : error_set(error, "%s", stbi_failure_reason());
}
