#include "frame_file.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/frames/mend.h"
#include "app/frames/normals.h"
#include "exr.h"
#include "input.h"
#include "siblings.h"

const frame_format frame_formats[] = {
    {".exr", "OpenEXR", "layers by the names of channels; half, float, uint", NULL},
    {".pfm", "PFM", "one picture of floats, color or gray; either byte order", pfm_decode},
    {".hdr", "Radiance HDR", "one picture, RGBE", radiance_decode},
    {".png", "PNG", "one picture of 8 or 16 bits, sRGB unless gAMA says linear", png_decode},
};

const int frame_format_count = sizeof frame_formats / sizeof *frame_formats;

const frame_format *frame_file_format(const char *path)
{
    const char *extension = strrchr(path, '.');
    for (int i = 0; extension && extension > path && extension[-1] != '/' && i < frame_format_count; i++)
        if (strcasecmp(extension, frame_formats[i].extension) == 0)
            return &frame_formats[i];
    return NULL;
}

/* ---- One picture ------------------------------------------------------------------------------------------------- */

/* What is not finite is mended, and said. */
static bool mend(frame *frame, frame_layer layer, error *error)
{
    size_t size;
    FILE *damage = open_memstream(&frame->damage, &size);
    if (!damage)
        return error_set(error, "not enough memory");
    image_mend(&frame->layers[layer], layer, damage);
    fclose(damage);
    if (frame->damage && !*frame->damage) {
        free(frame->damage);
        frame->damage = NULL;
    }
    return true;
}

static bool decode(const frame_format *format, const char *path, frame_layer layer, frame *frame, error *error)
{
    image *image = &frame->layers[layer];
    size_t size = 0;
    uint8_t *bytes = input_read_file(path, &size, error);
    bool ok = bytes && format->decode(bytes, size, image, &frame->has_alpha, error) && mend(frame, layer, error);
    free(bytes);
    frame->width = frame->display_width = image->width;
    frame->height = frame->display_height = image->height;
    frame->origins[layer] = strdup(layer == FRAME_NORMAL ? "X,Y,Z" : "R,G,B");
    if (ok)
        frame_decode_normals(frame);
    return ok;
}

/* Into *frame, which the caller frees in any case. */
static bool read_picture(const char *path, frame_layer layer, frame *frame, error *error)
{
    const frame_format *format = frame_file_format(path);
    struct error inner = {""};
    *frame = (struct frame){.path = strdup(path)};
    bool read = decode(format, path, layer, frame, &inner);
    return (read && frame->path && frame->origins[layer]) ||
           error_set(error, "%s: %s", path, *inner.message ? inner.message : "not enough memory");
}

/* The name of --also where it made the mapping, else NULL. */
static const char *also_of(const char *mapping)
{
    const char *name = strchr(mapping, '=') + 1;
    for (int layer = FRAME_FURTHER; layer < FRAME_LAYER_COUNT; layer++) {
        const size_t length = strlen(layer_rows[layer].name);
        if (strncmp(mapping, layer_rows[layer].name, length) == 0 && mapping + length + 1 == name)
            return name;
    }
    return NULL;
}

/* Of a frame count all mappings but the reference's; of a reference that one. */
static bool check_mappings(const char *path, frame_layer layer, const char *const *channels, int count, error *error)
{
    static const char own[] = "reference=";
    for (int i = 0; i < count; i++) {
        const char *also = also_of(channels[i]);
        if ((strncmp(channels[i], own, sizeof own - 1) == 0) == (layer == FRAME_REFERENCE))
            return error_set(error, "%s: %s has no channels by names, %s%s cannot be in it", path,
                             frame_file_format(path)->name, also ? "--also " : "", also ? also : channels[i]);
    }
    return true;
}

static bool read_layer(const char *path, frame_layer layer, const char *const *channels, int channel_count,
                       frame *frame, error *error)
{
    *frame = (struct frame){0};
    if (check_mappings(path, layer, channels, channel_count, error) && read_picture(path, layer, frame, error) &&
        (layer != FRAME_COLOR || siblings_add(frame, read_picture, error)))
        return true;
    frame_free(frame);
    return false;
}

/* ---- Any file ---------------------------------------------------------------------------------------------------- */

static bool is_picture(const char *path)
{
    const frame_format *format = frame_file_format(path);
    return format && format->decode;
}

/* False and *error: a file that is neither named as one of a format, nor begins as an OpenEXR file. */
static bool may_be_exr(const char *path, error *error)
{
    static const uint8_t magic[4] = {0x76, 0x2f, 0x31, 0x01};
    uint8_t begin[sizeof magic];
    input input;
    if (frame_file_format(path) || !input_open(&input, path, error))
        return true; /* what reads it says why it cannot */
    bool is_other =
        input_read(&input, begin, sizeof begin, 0, error) == sizeof begin && memcmp(begin, magic, sizeof magic);
    input_close(&input);
    return !is_other ||
           error_set(error, "%s: is no OpenEXR file, nor named as one of another format (.pfm, .hdr, .png)", path);
}

bool frame_file_read(const char *path, const char *const *channels, int channel_count, frame *frame, error *error)
{
    *frame = (struct frame){0};
    return is_picture(path) ? read_layer(path, FRAME_COLOR, channels, channel_count, frame, error)
                            : may_be_exr(path, error) && exr_read_frame(path, channels, channel_count, frame, error);
}

bool frame_file_read_color(const char *path, const char *const *channels, int channel_count, frame *frame, error *error)
{
    *frame = (struct frame){0};
    return is_picture(path) ? read_layer(path, FRAME_REFERENCE, channels, channel_count, frame, error)
                            : may_be_exr(path, error) && exr_read_color(path, channels, channel_count, frame, error);
}

bool frame_file_list(const char *path, const char *const *channels, int channel_count, FILE *to, error *error)
{
    frame frame;
    if (!is_picture(path))
        return may_be_exr(path, error) && exr_list(path, channels, channel_count, to, error);
    if (!read_layer(path, FRAME_COLOR, channels, channel_count, &frame, error))
        return false;
    fprintf(to, "%s: %dx%d pixels%s\n", frame_file_format(path)->name, frame.width, frame.height,
            frame.has_alpha ? ", with alpha" : "");
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++)
        if (frame.origins[layer])
            fprintf(to, "%s from %s\n", frame_layer_name((frame_layer)layer), frame.origins[layer]);
    fputs(frame.damage ? frame.damage : "", to);
    frame_free(&frame);
    return true;
}
