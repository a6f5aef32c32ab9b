#include "exr.h"

#include <errno.h>
#include <openexr.h>
#include <string.h>

#include "output.h"

typedef struct writer {
    output output;
    error reason;
} writer;

static void on_write_error(exr_const_context_t context, exr_result_t code, const char *message)
{
    void *user = NULL;
    (void)code;
    exr_get_user_data(context, &user);
    writer *writer = user;
    if (writer && !*writer->reason.message)
        error_set(&writer->reason, "%s", message);
}

static int64_t on_write(exr_const_context_t context, void *user, const void *buffer, uint64_t size, uint64_t offset,
                        exr_stream_error_func_ptr_t report)
{
    writer *writer = user;
    FILE *file = writer->output.file;
    if (fseeko(file, (off_t)offset, SEEK_SET) == 0 && fwrite(buffer, 1, size, file) == size)
        return (int64_t)size;
    report(context, EXR_ERR_WRITE_IO, "%s", strerror(errno));
    return -1;
}

static bool define(exr_context_t context, int width, int height, int channels, const char *const *names)
{
    int part;
    bool defined =
        exr_add_part(context, "", EXR_STORAGE_SCANLINE, &part) == EXR_ERR_SUCCESS &&
        exr_initialize_required_attr_simple(context, part, width, height, EXR_COMPRESSION_ZIP) == EXR_ERR_SUCCESS;
    for (int i = 0; i < channels && defined; i++)
        defined = exr_add_channel(context, part, names[i], EXR_PIXEL_FLOAT, EXR_PERCEPTUALLY_LOGARITHMIC, 1, 1) ==
                  EXR_ERR_SUCCESS;
    return defined && exr_write_header(context) == EXR_ERR_SUCCESS;
}

/* The file has the channels in alphabetical order: which of ours is it? */
static int index_of(const char *name, int channels, const char *const *names)
{
    int index = 0;
    while (index < channels - 1 && strcmp(names[index], name) != 0)
        index++;
    return index;
}

static bool encode_chunk(exr_context_t context, const exr_chunk_info_t *chunk, exr_encode_pipeline_t *encode,
                         bool first, int channels, const char *const *names, const float *rows)
{
    exr_result_t result =
        first ? exr_encoding_initialize(context, 0, chunk, encode) : exr_encoding_update(context, 0, chunk, encode);
    if (result != EXR_ERR_SUCCESS)
        return false;
    for (int i = 0; i < encode->channel_count; i++) {
        exr_coding_channel_info_t *channel = &encode->channels[i];
        channel->encode_from_ptr = (const uint8_t *)(rows + index_of(channel->channel_name, channels, names));
        channel->user_pixel_stride = channels * (int)sizeof(float);
        channel->user_line_stride = chunk->width * channel->user_pixel_stride;
    }
    return exr_encoding_choose_default_routines(context, 0, encode) == EXR_ERR_SUCCESS &&
           exr_encoding_run(context, 0, encode) == EXR_ERR_SUCCESS;
}

static bool encode(exr_context_t context, int width, int height, int channels, const char *const *names,
                   const float *pixels)
{
    exr_encode_pipeline_t encode = EXR_ENCODE_PIPELINE_INITIALIZER;
    int32_t lines = 0;
    bool encoded = exr_get_scanlines_per_chunk(context, 0, &lines) == EXR_ERR_SUCCESS;
    for (int y = 0; y < height && encoded; y += lines) {
        exr_chunk_info_t chunk;
        const float *rows = pixels + (size_t)y * (size_t)width * (size_t)channels;
        encoded = exr_write_scanline_chunk_info(context, 0, y, &chunk) == EXR_ERR_SUCCESS &&
                  encode_chunk(context, &chunk, &encode, y == 0, channels, names, rows);
    }
    exr_encoding_destroy(context, &encode);
    return encoded;
}

bool exr_write(const char *path, int width, int height, int channels, const char *const *names, const float *pixels,
               error *error)
{
    writer writer = {.reason = {""}};
    if (!output_open(&writer.output, path, error))
        return false;
    exr_context_t context = NULL;
    exr_context_initializer_t initializer = EXR_DEFAULT_CONTEXT_INITIALIZER;
    initializer.error_handler_fn = on_write_error;
    initializer.user_data = &writer;
    initializer.write_fn = on_write;
    bool written = exr_start_write(&context, path, EXR_WRITE_FILE_DIRECTLY, &initializer) == EXR_ERR_SUCCESS &&
                   define(context, width, height, channels, names) &&
                   encode(context, width, height, channels, names, pixels);
    written = exr_finish(&context) == EXR_ERR_SUCCESS && written;
    if (!written)
        error_set(error, "%s: cannot write: %s", path, writer.reason.message);
    return output_close(&writer.output, written, error);
}
