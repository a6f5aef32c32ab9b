#include "exr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exr_reader.h"

static void on_read_error(exr_const_context_t context, exr_result_t code, const char *message)
{
    void *user = NULL;
    (void)code;
    exr_get_user_data(context, &user);
    reader *reader = user;
    if (reader && !*reader->reason.message)
        error_set(&reader->reason, "%s", message);
}

static int64_t on_read(exr_const_context_t context, void *user, void *buffer, uint64_t size, uint64_t offset,
                       exr_stream_error_func_ptr_t report)
{
    reader *reader = user;
    error reason = {""};
    int64_t got = input_read(&reader->input, buffer, size, offset, &reason);
    if (got < 0)
        report(context, EXR_ERR_READ_IO, "%s", reason.message);
    return got;
}

static int64_t on_size(exr_const_context_t context, void *user)
{
    (void)context;
    return (int64_t)((reader *)user)->input.size;
}

bool reader_fail(const reader *reader, const char *doing, error *error)
{
    const char *reason = *reader->reason.message ? reader->reason.message : "corrupt";
    return error_set(error, "%s (%llu bytes in the file): %s", doing, (unsigned long long)reader->input.size, reason);
}

static bool open_reader(reader *reader, const char *path, error *error)
{
    memset(reader, 0, sizeof *reader);
    if (!input_open(&reader->input, path, error))
        return false;
    exr_context_initializer_t initializer = EXR_DEFAULT_CONTEXT_INITIALIZER;
    initializer.error_handler_fn = on_read_error;
    initializer.user_data = reader;
    initializer.read_fn = on_read;
    initializer.size_fn = on_size;
    initializer.flags = EXR_CONTEXT_FLAG_DISABLE_CHUNK_RECONSTRUCTION;
    if (exr_start_read(&reader->context, path, &initializer) == EXR_ERR_SUCCESS &&
        exr_get_count(reader->context, &reader->part_count) == EXR_ERR_SUCCESS)
        return true;
    reader_fail(reader, "not a readable OpenEXR file", error);
    exr_finish(&reader->context);
    input_close(&reader->input);
    return false;
}

static void close_reader(reader *reader)
{
    exr_finish(&reader->context);
    input_close(&reader->input);
}

/* Opens a file, finds what is wanted (see locate_layers) and reads it into images, which the caller frees in any case. */
static bool read_file(const char *path, frame_layer wanted, const char *const *channels, int channel_count,
                      image images[FRAME_LAYER_COUNT], error *error)
{
    reader reader;
    place places[FRAME_LAYER_COUNT];
    struct error inner = {""};
    bool read = open_reader(&reader, path, &inner);
    if (read) {
        read = locate_layers(&reader, wanted, channels, channel_count, places, &inner) &&
               read_layers(&reader, places, images, &inner);
        close_reader(&reader);
    }
    return read || error_set(error, "%s: %s", path, inner.message);
}

/* ---- OIDN's siblings ------------------------------------------------------------------------------------------------ */

static const struct sibling {
    frame_layer layer;
    const char *suffix;
} siblings[] = {{FRAME_ALBEDO, ".alb.exr"}, {FRAME_NORMAL, ".nrm.exr"}};

#define COLOR_SUFFIX ".hdr.exr"

/* NAME.alb.exr for NAME.hdr.exr; to be freed. NULL where the frame's name is another or there is no such file. */
static char *sibling_path(const char *path, const char *suffix)
{
    size_t length = strlen(path), tail = strlen(COLOR_SUFFIX);
    char *sibling = NULL;
    if (length <= tail || strcmp(path + length - tail, COLOR_SUFFIX) != 0)
        return NULL;
    if (asprintf(&sibling, "%.*s%s", (int)(length - tail), path, suffix) < 0)
        return NULL;
    if (access(sibling, F_OK) == 0)
        return sibling;
    free(sibling);
    return NULL;
}

static bool read_sibling(const char *path, const struct sibling *sibling, frame *frame, error *error)
{
    image *image = &frame->layers[sibling->layer];
    const struct image *color = &frame->layers[FRAME_COLOR];
    struct image images[FRAME_LAYER_COUNT] = {0};
    bool read = read_file(path, sibling->layer, NULL, 0, images, error);
    *image = images[sibling->layer];
    return read && ((image->width == color->width && image->height == color->height) ||
                    error_set(error, "%s: %dx%d pixels, %s has %dx%d", path, image->width, image->height, frame->path,
                              color->width, color->height));
}

static bool read_siblings(frame *frame, error *error)
{
    bool read = true;
    for (size_t i = 0; i < sizeof siblings / sizeof siblings[0] && read; i++) {
        const struct sibling *sibling = &siblings[i];
        char *path = frame->layers[sibling->layer].pixels ? NULL : sibling_path(frame->path, sibling->suffix);
        read = !path || read_sibling(path, sibling, frame, error);
        free(path);
    }
    return read;
}

/* ---- Reading -------------------------------------------------------------------------------------------------------- */

bool exr_read_frame(const char *path, const char *const *channels, int channel_count, frame *frame, error *error)
{
    memset(frame, 0, sizeof *frame);
    frame->path = strdup(path);
    if (frame->path && read_file(path, FRAME_COLOR, channels, channel_count, frame->layers, error) &&
        read_siblings(frame, error)) {
        frame->width = frame->layers[FRAME_COLOR].width;
        frame->height = frame->layers[FRAME_COLOR].height;
        return true;
    }
    frame_free(frame);
    return false;
}

bool exr_read_color(const char *path, const char *const *channels, int channel_count, image *color, error *error)
{
    image images[FRAME_LAYER_COUNT] = {0};
    bool read = read_file(path, FRAME_REFERENCE, channels, channel_count, images, error);
    if (!read)
        image_free(&images[FRAME_REFERENCE]);
    *color = images[FRAME_REFERENCE];
    return read;
}
