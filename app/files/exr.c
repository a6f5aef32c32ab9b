#include "exr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/frames/normals.h"
#include "exr_reader.h"
#include "siblings.h"

static bool describe(const reader *reader, const place *places, frame *frame, error *error)
{
    bool ok = true;
    for (int layer = 0; layer < FRAME_LAYER_COUNT && ok; layer++)
        if (places[layer].found)
            ok = (frame->origins[layer] = describe_place(reader, &places[layer]));
    return ok || error_set(error, "not enough memory for the names of its channels");
}

/* Where the window lies in the picture that is shown. */
static void set_windows(frame *frame, const exr_window *window, const exr_window *display)
{
    frame->width = (int)window->width;
    frame->height = (int)window->height;
    frame->x = (int)(window->x - display->x);
    frame->y = (int)(window->y - display->y);
    frame->display_width = (int)display->width;
    frame->display_height = (int)display->height;
}

/* What was found, with the damage there is. */
static bool read_places(const reader *reader, const place *places, frame_layer wanted, frame *frame, error *error)
{
    exr_window window = {0};
    size_t size;
    FILE *damage = open_memstream(&frame->damage, &size);
    if (!damage)
        return error_set(error, "not enough memory");
    bool read = read_layers(reader->file, places, frame->layers, &window, damage, error);
    fclose(damage);
    if (frame->damage && !*frame->damage) {
        free(frame->damage);
        frame->damage = NULL;
    }
    if (read)
        set_windows(frame, &window, &exr_file_part(reader->file, places[wanted].parts[0])->display);
    return read;
}

static bool read_layers_of(reader *reader, frame_layer wanted, const char *const *channels, int channel_count,
                           frame *frame, error *error)
{
    place places[FRAME_LAYER_COUNT];
    if (!locate_layers(reader, wanted, channels, channel_count, places, error) ||
        !describe(reader, places, frame, error) || !read_places(reader, places, wanted, frame, error))
        return false;
    frame_decode_normals(frame);
    if (wanted == FRAME_COLOR) {
        frame->warnings = describe_missed(reader, places);
        frame->has_alpha = places[FRAME_COLOR].has_alpha;
    }
    return true;
}

/* Opens a file, finds what is wanted (see locate_layers) and reads it into *frame, which
   the caller frees in any case. */
static bool read_file(const char *path, frame_layer wanted, const char *const *channels, int channel_count,
                      frame *frame, error *error)
{
    reader reader;
    struct error inner = {""};
    frame->path = strdup(path);
    bool read =
        reader_open(&reader, path, &inner) && read_layers_of(&reader, wanted, channels, channel_count, frame, &inner);
    reader_close(&reader);
    return (read && frame->path) || error_set(error, "%s: %s", path, read ? "not enough memory" : inner.message);
}

/* ---- OIDN's siblings --------------------------------------------------------------------------------------------- */

static bool read_sibling(const char *path, frame_layer layer, frame *frame, error *error)
{
    return read_file(path, layer, NULL, 0, frame, error);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

bool exr_read_frame(const char *path, const char *const *channels, int channel_count, frame *frame, error *error)
{
    memset(frame, 0, sizeof *frame);
    if (read_file(path, FRAME_COLOR, channels, channel_count, frame, error) && siblings_add(frame, read_sibling, error))
        return true;
    frame_free(frame);
    return false;
}

bool exr_read_planes(const exr_planes *planes, const char *const *channels, int channel_count, frame *frame,
                     error *error)
{
    reader reader;
    struct error inner = {""};
    *frame = (struct frame){.path = strdup(planes->name)};
    bool read = reader_open_planes(&reader, planes, &inner) &&
                read_layers_of(&reader, FRAME_COLOR, channels, channel_count, frame, &inner);
    reader_close(&reader);
    if (read && frame->path)
        return true;
    frame_free(frame);
    return error_set(error, "%s: %s", planes->name, read ? "not enough memory" : inner.message);
}

bool exr_read_color(const char *path, const char *const *channels, int channel_count, frame *frame, error *error)
{
    memset(frame, 0, sizeof *frame);
    if (read_file(path, FRAME_REFERENCE, channels, channel_count, frame, error))
        return true;
    frame_free(frame);
    return false;
}
