#include "exr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exr_reader.h"

/* Opens a file, finds what is wanted (see locate_layers) and reads it into images, which the caller frees in any case. */
static bool read_file(const char *path, frame_layer wanted, const char *const *channels, int channel_count,
                      image images[FRAME_LAYER_COUNT], error *error)
{
    reader reader;
    place places[FRAME_LAYER_COUNT];
    struct error inner = {""};
    bool read = reader_open(&reader, path, &inner) &&
                locate_layers(&reader, wanted, channels, channel_count, places, &inner) &&
                read_layers(reader.file, places, images, &inner);
    reader_close(&reader);
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
