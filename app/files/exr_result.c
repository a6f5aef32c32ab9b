#include <string.h>

#include "exr.h"
#include "exr_reader.h"
#include "frame_file.h"

#define MAX_PLANES (7 + 3 * MAX_FURTHER)
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

/* Each further layer in the channels that it came from; a gray one in its only channel. */
static void add_further(plan *plan, const exr_result *result, const reader *reader, const place *places)
{
    for (int i = 0; result->further && i < MAX_FURTHER; i++) {
        const image *picture = &result->further[i];
        const place *place = &places[FRAME_FURTHER + i];
        for (int c = 0; picture->pixels && place->found && c < place->count; c++) {
            const char *name = result->keep_channels ? channel_of(reader, place, c)->name
                                                     : written_name(reader, place->parts[c], place->channels[c]);
            if (c == 0 || place->channels[c] != place->channels[0])
                add_plane(plan, result->keep_channels ? place->parts[c] : 0, name, picture->pixels + c,
                          picture->channels);
        }
    }
}

/* No two channels of a part have one name. */
static bool check_names(const plan *plan, error *error)
{
    for (int i = 0; i < plan->count; i++)
        for (int other = 0; other < i; other++)
            if (plan->planes[i].part == plan->planes[other].part &&
                strcmp(plan->planes[i].name, plan->planes[other].name) == 0)
                return error_set(error, "two of the channels to write are called %s", plan->planes[i].name);
    return true;
}

/* R,G,B and A, or the channels of the source that these take the place of; then further layers. */
static void fill_plan(plan *plan, const exr_result *result, const reader *reader, const place *places)
{
    if (result->keep_channels)
        plan_kept(plan, reader, &places[FRAME_COLOR]);
    else
        add_picture(plan, 0);
    if (!result->keep_channels && places[FRAME_COLOR].has_alpha)
        add_plane(plan, 0, "A", plan->picture->pixels + ALPHA, plan->picture->channels);
    add_further(plan, result, reader, places);
}

static bool is_opaque(const image *picture)
{
    const size_t count = (size_t)picture->width * (size_t)picture->height;
    for (size_t i = 0; picture->channels > ALPHA && i < count; i++)
        if (picture->pixels[(size_t)picture->channels * i + ALPHA] != 1)
            return false;
    return true;
}

static bool write_result(const char *path, const exr_result *result, const reader *reader, const place *places,
                         error *error)
{
    plan plan = {.picture = result->picture};
    exr_writing writing = {.compression = result->compression,
                           .width = result->picture->width,
                           .height = result->picture->height,
                           .planes = plan.planes};
    struct error inner = {""};
    if (reader) {
        fill_plan(&plan, result, reader, places);
        writing.source = reader->file;
        writing.part = result->keep_channels ? -1 : places[FRAME_COLOR].parts[0];
    } else {
        add_picture(&plan, 0);
        if (result->source && !is_opaque(result->picture))
            add_plane(&plan, 0, "A", result->picture->pixels + ALPHA, result->picture->channels);
    }
    writing.plane_count = plan.count;
    return check_names(&plan, &inner) ? exr_file_write(path, &writing, error)
                                      : error_set(error, "%s: %s", path, inner.message);
}

static bool is_of_another_format(const char *path)
{
    const frame_format *format = frame_file_format(path);
    return format && format->decode;
}

bool exr_write_result(const char *path, const exr_result *result, error *error)
{
    reader reader;
    place places[FRAME_LAYER_COUNT];
    const place *color = &places[FRAME_COLOR];
    struct error inner = {""};
    if (!result->planes && (!result->source || is_of_another_format(result->source)))
        return write_result(path, result, NULL, NULL, error);
    bool ok = (result->planes ? reader_open_planes(&reader, result->planes, &inner)
                              : reader_open(&reader, result->source, &inner)) &&
              locate_layers(&reader, FRAME_COLOR, result->channels, result->channel_count, places, &inner) &&
              check_sizes(&reader, color, result->picture, &inner);
    if (ok)
        ok = write_result(path, result, &reader, places, error);
    else
        error_set(error, "%s: %s", result->planes ? result->planes->name : result->source, inner.message);
    reader_close(&reader);
    return ok;
}
