#include <string.h>

#include "exr.h"
#include "exr_reader.h"

#define MAX_PLANES 7
#define ALPHA      3 /* its place in the picture's pixels */

/* What is written where. */
typedef struct plan {
    const image *picture;
    exr_plane planes[MAX_PLANES];
    int count;
} plan;

static void add_plane(plan *plan, int part, const char *name, const float *samples, int stride)
{
    plan->planes[plan->count++] = (exr_plane){part, name, samples, stride, (int64_t)stride * plan->picture->width};
}

/* R,G,B in a part. */
static void add_picture(plan *plan, int part)
{
    static const char *const names[] = {"R", "G", "B"};
    for (int c = 0; c < 3; c++)
        add_plane(plan, part, names[c], plan->picture->pixels + c, plan->picture->channels);
}

static const exr_channel *channel_of(const reader *reader, const place *place, int component)
{
    return &exr_file_part(reader->file, place->parts[component])->channels[place->channels[component]];
}

/* Three channels that a picture's pixels can stand in. */
static bool holds_pictures(const reader *reader, const place *place)
{
    bool holds = !place->chroma && place->channels[0] != place->channels[1];
    for (int c = 0; c < 3; c++) {
        const exr_channel *channel = channel_of(reader, place, c);
        holds = holds && channel->x_sampling == 1 && channel->y_sampling == 1;
    }
    return holds;
}

static bool check_sizes(const reader *reader, const place *place, const image *picture, error *error)
{
    for (int c = 0; c < 3; c++) {
        const exr_window *data = &exr_file_part(reader->file, place->parts[c])->data;
        if (data->width != picture->width || data->height != picture->height)
            return error_set(error, "its color has %lldx%lld pixels now, the picture that was filtered %dx%d",
                             (long long)data->width, (long long)data->height, picture->width, picture->height);
    }
    return true;
}

static void plan_kept(plan *plan, const reader *reader, const place *color)
{
    place place = locate_result(reader, color);
    bool in_place = holds_pictures(reader, &place);
    if (!in_place)
        add_picture(plan, place.parts[0]);
    for (int c = 0; c < 3; c++)
        if (in_place || c == 0 || place.channels[c] != place.channels[0])
            add_plane(plan, place.parts[c], channel_of(reader, &place, c)->name,
                      in_place ? plan->picture->pixels + c : NULL, plan->picture->channels);
    if (color->has_alpha && place.has_alpha)
        add_plane(plan, place.parts[0], exr_file_part(reader->file, place.parts[0])->channels[place.alpha].name,
                  plan->picture->pixels + ALPHA, plan->picture->channels);
}

static bool write_result(const char *path, const exr_result *result, const reader *reader, const place *color,
                         error *error)
{
    plan plan = {.picture = result->picture};
    exr_writing writing = {.compression = result->compression,
                           .width = result->picture->width,
                           .height = result->picture->height,
                           .planes = plan.planes};
    if (result->keep_channels)
        plan_kept(&plan, reader, color);
    else
        add_picture(&plan, 0);
    if (reader && !result->keep_channels && color->has_alpha)
        add_plane(&plan, 0, "A", plan.picture->pixels + ALPHA, plan.picture->channels);
    if (reader) {
        writing.source = reader->file;
        writing.part = result->keep_channels ? -1 : color->parts[0];
    }
    writing.plane_count = plan.count;
    return exr_file_write(path, &writing, error);
}

bool exr_write_result(const char *path, const exr_result *result, error *error)
{
    reader reader;
    place places[FRAME_LAYER_COUNT];
    const place *color = &places[FRAME_COLOR];
    struct error inner = {""};
    if (!result->source)
        return write_result(path, result, NULL, NULL, error);
    bool ok = reader_open(&reader, result->source, &inner) &&
              locate_layers(&reader, FRAME_COLOR, result->channels, result->channel_count, places, &inner) &&
              check_sizes(&reader, color, result->picture, &inner);
    if (ok)
        ok = write_result(path, result, &reader, color, error);
    else
        error_set(error, "%s: %s", result->source, inner.message);
    reader_close(&reader);
    return ok;
}
