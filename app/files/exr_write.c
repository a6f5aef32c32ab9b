#include "exr.h"

#include <errno.h>
#include <openexr.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"

typedef struct writer {
    output output;
    int failure; /* errno of the first write that failed */
} writer;

/* What happened is in results. (exr_get_user_data of OpenEXR 3.1 breaks the lock of a context that writes, so a callback
 * could not find its writer.) */
static void ignore_message(exr_const_context_t context, exr_result_t code, const char *message)
{
    (void)context;
    (void)code;
    (void)message;
}

static int64_t on_write(exr_const_context_t context, void *user, const void *buffer, uint64_t size, uint64_t offset,
                        exr_stream_error_func_ptr_t report)
{
    writer *writer = user;
    FILE *file = writer->output.file;
    (void)context;
    (void)report;
    if (fseeko(file, (off_t)offset, SEEK_SET) == 0 && fwrite(buffer, 1, size, file) == size)
        return (int64_t)size;
    if (!writer->failure)
        writer->failure = errno;
    return -1;
}

static exr_result_t define(exr_context_t context, int width, int height, int channels, const char *const *names)
{
    int part;
    exr_result_t result = exr_add_part(context, "", EXR_STORAGE_SCANLINE, &part);
    if (!result)
        result = exr_initialize_required_attr_simple(context, part, width, height, EXR_COMPRESSION_ZIP);
    for (int i = 0; i < channels && !result; i++)
        result = exr_add_channel(context, part, names[i], EXR_PIXEL_FLOAT, EXR_PERCEPTUALLY_LOGARITHMIC, 1, 1);
    return result ? result : exr_write_header(context);
}

/* The file has the channels in alphabetical order: which of ours is it? */
static int index_of(const char *name, int channels, const char *const *names)
{
    int index = 0;
    while (index < channels - 1 && strcmp(names[index], name) != 0)
        index++;
    return index;
}

static exr_result_t encode_chunk(exr_context_t context, int y, exr_encode_pipeline_t *encode, int channels,
                                 const char *const *names, const float *rows)
{
    exr_chunk_info_t chunk;
    exr_result_t result = exr_write_scanline_chunk_info(context, 0, y, &chunk);
    if (!result)
        result = y == 0 ? exr_encoding_initialize(context, 0, &chunk, encode)
                        : exr_encoding_update(context, 0, &chunk, encode);
    for (int i = 0; i < encode->channel_count && !result; i++) {
        exr_coding_channel_info_t *channel = &encode->channels[i];
        channel->encode_from_ptr = (const uint8_t *)(rows + index_of(channel->channel_name, channels, names));
        channel->user_pixel_stride = channels * (int)sizeof(float);
        channel->user_line_stride = chunk.width * channel->user_pixel_stride;
    }
    if (!result)
        result = exr_encoding_choose_default_routines(context, 0, encode);
    return result ? result : exr_encoding_run(context, 0, encode);
}

static exr_result_t encode(exr_context_t context, int width, int height, int channels, const char *const *names,
                           const float *pixels)
{
    exr_encode_pipeline_t encode = EXR_ENCODE_PIPELINE_INITIALIZER;
    int32_t lines = 0;
    exr_result_t result = exr_get_scanlines_per_chunk(context, 0, &lines);
    for (int y = 0; y < height && !result; y += lines)
        result =
            encode_chunk(context, y, &encode, channels, names, pixels + (size_t)y * (size_t)width * (size_t)channels);
    exr_encoding_destroy(context, &encode);
    return result;
}

bool exr_write(const char *path, int width, int height, int channels, const char *const *names, const float *pixels,
               error *error)
{
    writer writer = {.failure = 0};
    if (!output_open(&writer.output, path, error))
        return false;
    exr_context_t context = NULL;
    exr_context_initializer_t initializer = EXR_DEFAULT_CONTEXT_INITIALIZER;
    initializer.error_handler_fn = ignore_message;
    initializer.user_data = &writer;
    initializer.write_fn = on_write;
    exr_result_t result = exr_start_write(&context, path, EXR_WRITE_FILE_DIRECTLY, &initializer);
    if (!result)
        result = define(context, width, height, channels, names);
    if (!result)
        result = encode(context, width, height, channels, names, pixels);
    exr_result_t finished = exr_finish(&context);
    result = result ? result : finished;
    if (result)
        error_set(error, "%s: cannot write: %s", path,
                  writer.failure ? strerror(writer.failure) : exr_get_default_error_message(result));
    return output_close(&writer.output, !result, error);
}

bool exr_write_frame(const char *path, const frame *frame, error *error)
{
    static const char *const names[FRAME_REFERENCE][4] = {{"R", "G", "B"},
                                                          {"albedo.R", "albedo.G", "albedo.B"},
                                                          {"normal.X", "normal.Y", "normal.Z"},
                                                          {"Z"},
                                                          {"motion.X", "motion.Y"}};
    const char *written[4 * FRAME_REFERENCE];
    const float *from[4 * FRAME_REFERENCE];
    int strides[4 * FRAME_REFERENCE], channels = 0;
    for (int layer = 0; layer < FRAME_REFERENCE; layer++) {
        const image *image = &frame->layers[layer];
        for (int c = 0; image->pixels && names[layer][c]; c++) {
            written[channels] = names[layer][c];
            from[channels] = image->pixels + c;
            strides[channels++] = image->channels;
        }
    }
    size_t count = (size_t)frame->width * (size_t)frame->height;
    float *pixels = malloc(count * (size_t)channels * sizeof *pixels);
    if (!pixels)
        return error_set(error, "%s: not enough memory for %dx%d pixels", path, frame->width, frame->height);
    for (size_t i = 0; i < count; i++)
        for (int c = 0; c < channels; c++)
            pixels[i * (size_t)channels + (size_t)c] = from[c][i * (size_t)strides[c]];
    bool ok = exr_write(path, frame->width, frame->height, channels, written, pixels, error);
    free(pixels);
    return ok;
}
