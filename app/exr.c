#include "exr.h"

#include <errno.h>
#include <math.h>
#include <openexr.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "output.h"

#define MAX_SIZE   16384
#define MAX_PARTS  1024
#define MAX_PREFIX 256 /* of a layer's channel names; longer ones are not recognised */

/* Where each writer puts a layer: the first rule that a file satisfies wins. A layer's channels are PREFIX.C, or C where
 * the prefix is empty, for each letter C of one of the alternatives in `components`. In a prefix, * stands for the name of
 * Blender's view layer or Mitsuba's integrator; once a layer has matched it, it is the same for the layers that follow. */
static const struct rule {
    frame_layer layer;
    const char *prefix, *components;
} rules[] = {
    {FRAME_COLOR, "*.Combined", "RGB"}, /* Blender */
    {FRAME_COLOR, "", "RGB"},           /* plain, OIDN, Mitsuba */
    {FRAME_COLOR, "*", "RGB"},          /* Mitsuba: where one name only fits, and no other rule has it */

    {FRAME_ALBEDO, "*.Denoising Albedo", "RGB"}, /* Blender */
    {FRAME_ALBEDO, "albedo", "RGB"},             /* Mitsuba, plain */

    {FRAME_NORMAL, "*.Denoising Normal", "XYZ"}, /* Blender */
    {FRAME_NORMAL, "*.Normal", "XYZ"},
    {FRAME_NORMAL, "nn", "XYZ"}, /* Mitsuba */
    {FRAME_NORMAL, "sh_normal", "XYZ"},
    {FRAME_NORMAL, "normal", "XYZ|RGB"}, /* plain */

    {FRAME_DEPTH, "*.Denoising Depth", "Z"}, /* Blender */
    {FRAME_DEPTH, "*.Depth", "Z|V"},
    {FRAME_DEPTH, "dd", "T"}, /* Mitsuba */
    {FRAME_DEPTH, "dd.y", "T"},
    {FRAME_DEPTH, "depth", "Z|V|T"}, /* plain */
    {FRAME_DEPTH, "", "Z"},

    {FRAME_MOTION, "*.Vector", "XY"}, /* Blender */
    {FRAME_MOTION, "motion", "XY"},   /* plain */
};

#define RULE_COUNT (sizeof rules / sizeof rules[0])

/* Letters tried after the name that --channel gives for a layer. */
static const char *const mapped_components[FRAME_LAYER_COUNT] = {
    [FRAME_COLOR] = "RGB|XYZ", [FRAME_ALBEDO] = "RGB|XYZ",  [FRAME_NORMAL] = "XYZ|RGB",
    [FRAME_DEPTH] = "Z|V|T|Y", [FRAME_MOTION] = "XY|RG|UV", [FRAME_REFERENCE] = "RGB|XYZ",
};

/* An open file. Messages in here do not name it; the functions of exr.h put the path in front. */
typedef struct reader {
    input input;
    exr_context_t context;
    int part_count;
    error reason;          /* the first thing that OpenEXR complained about */
    char star[MAX_PREFIX]; /* what * stands for; empty: not known yet */
} reader;

/* Where a layer's components are: channel indices of one part. */
typedef struct place {
    bool found;
    int part, count;
    int channels[4];
} place;

/* One channel's way into an image. */
typedef struct target {
    int channel;   /* of the part */
    float *pixels; /* of the image, at the component */
    int stride;    /* floats from pixel to pixel */
} target;

/* ---- Open and close ------------------------------------------------------------------------------------------------- */

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

static bool fail(const reader *reader, const char *doing, error *error)
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
    fail(reader, "not a readable OpenEXR file", error);
    exr_finish(&reader->context);
    input_close(&reader->input);
    return false;
}

static void close_reader(reader *reader)
{
    exr_finish(&reader->context);
    input_close(&reader->input);
}

/* ---- Which channels ------------------------------------------------------------------------------------------------- */

static const exr_attr_chlist_t *channels_of(const reader *reader, int part)
{
    static const exr_attr_chlist_t none;
    const exr_attr_chlist_t *list = NULL;
    return exr_get_channels(reader->context, part, &list) == EXR_ERR_SUCCESS && list ? list : &none;
}

static const char *part_name(const reader *reader, int part)
{
    const char *name = NULL;
    return exr_get_name(reader->context, part, &name) == EXR_ERR_SUCCESS && name ? name : "";
}

/* The channel of a part called NAME, or X where the part's name and X make PART.X == NAME; -1: none. */
static int find_channel(const reader *reader, int part, const char *name)
{
    const exr_attr_chlist_t *list = channels_of(reader, part);
    const char *own = part_name(reader, part);
    size_t length = strlen(own);
    const char *rest = length && strncmp(name, own, length) == 0 && name[length] == '.' ? name + length + 1 : name;
    for (int i = 0; i < list->num_channels; i++)
        if (strcmp(list->entries[i].name.str, name) == 0 || strcmp(list->entries[i].name.str, rest) == 0)
            return i;
    return -1;
}

/* PREFIX.C for each of `count` letters, all in one part. */
static bool find_in_part(const reader *reader, int part, const char *prefix, const char *letters, int count,
                         place *place)
{
    for (int i = 0; i < count; i++) {
        char name[MAX_PREFIX + 2];
        snprintf(name, sizeof name, "%s%s%c", prefix, *prefix ? "." : "", letters[i]);
        place->channels[i] = find_channel(reader, part, name);
        if (place->channels[i] < 0)
            return false;
    }
    place->found = true;
    place->part = part;
    place->count = count;
    return true;
}

/* Whether a rule names layers so: then a part or an integrator of that name is not plain colour. */
static bool is_layer_name(const char *name)
{
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (*name && strcmp(rules[i].prefix, name) == 0)
            return true;
    return false;
}

static bool find_group(const reader *reader, const char *prefix, const char *components, place *place)
{
    for (const char *letters = components; *letters; letters += *letters == '|') {
        int count = (int)strcspn(letters, "|");
        for (int part = 0; part < reader->part_count; part++)
            if ((*prefix || !is_layer_name(part_name(reader, part))) &&
                find_in_part(reader, part, prefix, letters, count, place))
                return true;
        letters += count;
    }
    return false;
}

/* What * is where the channel NAME is *TAIL; false where it is not, or is a name that * does not stand for. */
static bool match_star(const char *name, const char *tail, char star[MAX_PREFIX])
{
    size_t length = strlen(name), tail_length = strlen(tail);
    if (length <= tail_length || length - tail_length >= MAX_PREFIX || strcmp(name + length - tail_length, tail) != 0)
        return false;
    snprintf(star, MAX_PREFIX, "%.*s", (int)(length - tail_length), name);
    return strcmp(star, "Composite") != 0; /* Blender's compositor: a processed picture, not what was rendered */
}

/* Sets reader->star to the first name that fits a rule "*SUFFIX". For the rule "*" it must be the only one. */
static bool resolve_star(reader *reader, const struct rule *rule)
{
    char tail[MAX_PREFIX], star[MAX_PREFIX];
    bool bare = !rule->prefix[1];
    snprintf(tail, sizeof tail, "%s.%c", rule->prefix + 1, rule->components[0]);
    for (int part = 0; part < reader->part_count; part++) {
        const exr_attr_chlist_t *list = channels_of(reader, part);
        for (int i = 0; i < list->num_channels; i++) {
            char name[2 * MAX_PREFIX];
            const char *own = part_name(reader, part);
            snprintf(name, sizeof name, "%s%s%s", own, *own ? "." : "", list->entries[i].name.str);
            if (!match_star(list->entries[i].name.str, tail, star) && !match_star(name, tail, star))
                continue;
            if (bare && (strchr(star, '.') || is_layer_name(star)))
                continue;
            if (bare && *reader->star) {
                *reader->star = '\0';
                return false;
            }
            strcpy(reader->star, star);
            if (!bare)
                return true;
        }
    }
    return *reader->star;
}

static bool apply_rule(reader *reader, const struct rule *rule, place *place)
{
    if (*rule->prefix != '*')
        return find_group(reader, rule->prefix, rule->components, place);
    bool known = *reader->star;
    char prefix[2 * MAX_PREFIX];
    if (!known && !resolve_star(reader, rule))
        return false;
    snprintf(prefix, sizeof prefix, "%s%s", reader->star, rule->prefix + 1);
    bool found = strlen(prefix) < MAX_PREFIX && find_group(reader, prefix, rule->components, place);
    if (!found && !known)
        *reader->star = '\0';
    return found;
}

/* The NAME of a mapping LAYER=NAME, or NULL. */
static const char *mapping_of(frame_layer layer, const char *const *channels, int channel_count)
{
    const char *name = frame_layer_name(layer);
    size_t length = strlen(name);
    for (int i = 0; i < channel_count; i++)
        if (strncmp(channels[i], name, length) == 0 && channels[i][length] == '=')
            return channels[i] + length + 1;
    return NULL;
}

static bool find_mapped(const reader *reader, frame_layer layer, const char *name, place *place)
{
    for (int part = 0; layer == FRAME_DEPTH && part < reader->part_count; part++) {
        place->channels[0] = find_channel(reader, part, name);
        if (place->channels[0] >= 0) {
            place->found = true;
            place->part = part;
            place->count = 1;
            return true;
        }
    }
    return strlen(name) < MAX_PREFIX && find_group(reader, name, mapped_components[layer], place);
}

/* "A, B, C": all channels, or as many as fit. */
static const char *list_channels(const reader *reader, char text[512])
{
    size_t length = 0;
    text[0] = '\0';
    for (int part = 0; part < reader->part_count; part++) {
        const exr_attr_chlist_t *list = channels_of(reader, part);
        for (int i = 0; i < list->num_channels; i++) {
            const char *name = list->entries[i].name.str;
            if (length + strlen(name) + 8 > 512) {
                strcpy(text + length, ", ...");
                return text;
            }
            length += (size_t)snprintf(text + length, 512 - length, "%s%s", length ? ", " : "", name);
        }
    }
    return text;
}

/* Finds a layer by the mapping of `mapped`, else by the rules. An error only where a mapping fits nothing. */
static bool locate(reader *reader, frame_layer layer, frame_layer mapped, const char *const *channels,
                   int channel_count, place *place, error *error)
{
    char list[512];
    memset(place, 0, sizeof *place);
    const char *name = mapping_of(mapped, channels, channel_count);
    if (name)
        return find_mapped(reader, mapped, name, place) ||
               error_set(error, "--channel %s=%s: no such channels among %s", frame_layer_name(mapped), name,
                         list_channels(reader, list));
    for (size_t i = 0; i < RULE_COUNT && !place->found; i++)
        if (rules[i].layer == layer)
            apply_rule(reader, &rules[i], place);
    return true;
}

/* ---- Pixels --------------------------------------------------------------------------------------------------------- */

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
        return fail(reader, "no data or display window", error);
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

/* Walks over the chunks of a part. */
typedef struct walk {
    const reader *reader;
    int part;
    window data, display;
    const target *targets;
    int target_count;
    exr_decode_pipeline_t decode;
    bool started;
    float *planes; /* the chunk's targets, one after the other */
    size_t plane_capacity;
} walk;

/* Copies what of the chunk lies in the display window. */
static void place_chunk(const walk *walk, int64_t x, int64_t y, const exr_chunk_info_t *chunk)
{
    int64_t left = x - walk->display.x, top = y - walk->display.y; /* of the chunk, in the image */
    int64_t first = left < 0 ? -left : 0;
    int64_t last = left + chunk->width > walk->display.width ? walk->display.width - left : chunk->width;
    size_t plane = (size_t)chunk->width * (size_t)chunk->height;
    for (int t = 0; t < walk->target_count; t++) {
        const target *target = &walk->targets[t];
        for (int64_t row = 0; row < chunk->height; row++) {
            if (top + row < 0 || top + row >= walk->display.height)
                continue;
            const float *from = walk->planes + (size_t)t * plane + (size_t)(row * chunk->width);
            float *to = target->pixels + ((top + row) * walk->display.width + left) * target->stride;
            for (int64_t i = first; i < last; i++)
                to[i * target->stride] = from[i];
        }
    }
}

static bool reserve_planes(walk *walk, const exr_chunk_info_t *chunk, error *error)
{
    size_t needed = (size_t)chunk->width * (size_t)chunk->height * (size_t)walk->target_count;
    if (needed <= walk->plane_capacity)
        return true;
    free(walk->planes);
    walk->planes = malloc(needed * sizeof(float));
    walk->plane_capacity = walk->planes ? needed : 0;
    return walk->planes || error_set(error, "not enough memory for %zu values", needed);
}

static void aim(walk *walk, const exr_chunk_info_t *chunk)
{
    size_t plane = (size_t)chunk->width * (size_t)chunk->height;
    for (int t = 0; t < walk->target_count; t++) {
        exr_coding_channel_info_t *channel = &walk->decode.channels[walk->targets[t].channel];
        channel->decode_to_ptr = (uint8_t *)(walk->planes + (size_t)t * plane);
        channel->user_data_type = EXR_PIXEL_FLOAT;
        channel->user_bytes_per_element = sizeof(float);
        channel->user_pixel_stride = sizeof(float);
        channel->user_line_stride = chunk->width * (int)sizeof(float);
    }
}

static bool decode_chunk(walk *walk, const exr_chunk_info_t *chunk)
{
    exr_const_context_t context = walk->reader->context;
    exr_result_t result = walk->started ? exr_decoding_update(context, walk->part, chunk, &walk->decode)
                                        : exr_decoding_initialize(context, walk->part, chunk, &walk->decode);
    if (result != EXR_ERR_SUCCESS)
        return false;
    walk->started = true;
    aim(walk, chunk);
    return exr_decoding_choose_default_routines(context, walk->part, &walk->decode) == EXR_ERR_SUCCESS &&
           exr_decoding_run(context, walk->part, &walk->decode) == EXR_ERR_SUCCESS;
}

/* Decodes the chunk that begins at x, y of the data window's coordinates. */
static bool read_chunk(walk *walk, int64_t x, int64_t y, const exr_chunk_info_t *chunk, error *error)
{
    if (!reserve_planes(walk, chunk, error))
        return false;
    if (!decode_chunk(walk, chunk)) {
        char doing[64];
        snprintf(doing, sizeof doing, "corrupt or truncated at pixel x=%lld y=%lld", (long long)x, (long long)y);
        return fail(walk->reader, doing, error);
    }
    place_chunk(walk, x, y, chunk);
    return true;
}

static bool walk_scanlines(walk *walk, error *error)
{
    exr_const_context_t context = walk->reader->context;
    int32_t lines = 0;
    if (exr_get_scanlines_per_chunk(context, walk->part, &lines) != EXR_ERR_SUCCESS || lines < 1)
        return fail(walk->reader, "unknown compression", error);
    for (int64_t y = 0; y < walk->data.height; y += lines) {
        exr_chunk_info_t chunk;
        int64_t line = walk->data.y + y;
        if (exr_read_scanline_chunk_info(context, walk->part, (int)line, &chunk) != EXR_ERR_SUCCESS)
            return fail(walk->reader, "corrupt or truncated chunk table", error);
        if (!read_chunk(walk, walk->data.x, line, &chunk, error))
            return false;
    }
    return true;
}

static bool walk_tiles(walk *walk, error *error)
{
    exr_const_context_t context = walk->reader->context;
    int32_t width = 0, height = 0;
    if (exr_get_tile_sizes(context, walk->part, 0, 0, &width, &height) != EXR_ERR_SUCCESS || width < 1 || height < 1)
        return fail(walk->reader, "unknown tile size", error);
    for (int64_t y = 0; y < walk->data.height; y += height) {
        for (int64_t x = 0; x < walk->data.width; x += width) {
            exr_chunk_info_t chunk;
            if (exr_read_tile_chunk_info(context, walk->part, (int)(x / width), (int)(y / height), 0, 0, &chunk) !=
                EXR_ERR_SUCCESS)
                return fail(walk->reader, "corrupt or truncated chunk table", error);
            if (!read_chunk(walk, walk->data.x + x, walk->data.y + y, &chunk, error))
                return false;
        }
    }
    return true;
}

static bool check_channels(const reader *reader, int part, const target *targets, int target_count, error *error)
{
    const exr_attr_chlist_t *list = channels_of(reader, part);
    for (int i = 0; i < target_count; i++) {
        const exr_attr_chlist_entry_t *channel = &list->entries[targets[i].channel];
        if (channel->x_sampling != 1 || channel->y_sampling != 1)
            return error_set(error, "channel %s is subsampled %dx%d, expected 1x1", channel->name.str,
                             channel->x_sampling, channel->y_sampling);
    }
    return true;
}

/* Fills the targets from one part; every image has the display window's size. */
static bool read_part(const reader *reader, int part, const target *targets, int target_count, error *error)
{
    walk walk = {.reader = reader, .part = part, .targets = targets, .target_count = target_count};
    exr_storage_t storage;
    if (!check_channels(reader, part, targets, target_count, error) ||
        !get_windows(reader, part, &walk.data, &walk.display, error))
        return false;
    exr_get_storage(reader->context, part, &storage);
    bool read = storage == EXR_STORAGE_SCANLINE ? walk_scanlines(&walk, error)
                : storage == EXR_STORAGE_TILED  ? walk_tiles(&walk, error)
                                                : error_set(error, "part %d is deep, expected a flat image", part);
    if (walk.started)
        exr_decoding_destroy(reader->context, &walk.decode);
    free(walk.planes);
    return read;
}

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
        if (images[layer].channels == 4 && layer != FRAME_NORMAL)
            fill_alpha(&images[layer]);
    }
    return true;
}

/* Reads the layers that were found into images, which the caller frees in any case. */
static bool read_layers(const reader *reader, const place places[FRAME_LAYER_COUNT], image images[FRAME_LAYER_COUNT],
                        error *error)
{
    if (!allocate_layers(reader, places, images, error))
        return false;
    for (int part = 0; part < reader->part_count; part++) {
        target targets[4 * FRAME_LAYER_COUNT];
        int count = 0;
        for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++) {
            const place *place = &places[layer];
            for (int i = 0; place->found && place->part == part && i < place->count; i++)
                targets[count++] = (target){place->channels[i], images[layer].pixels + i, images[layer].channels};
        }
        if (count && !read_part(reader, part, targets, count, error))
            return false;
    }
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++)
        if (places[layer].found && !check_finite(&images[layer], layer, error))
            return false;
    return true;
}

static bool locate_color(reader *reader, frame_layer mapped, const char *const *channels, int channel_count,
                         place *place, error *error)
{
    char list[512];
    if (!locate(reader, FRAME_COLOR, mapped, channels, channel_count, place, error))
        return false;
    return place->found || error_set(error, "no color among its channels %s; --channel %s=NAME tells where it is",
                                     list_channels(reader, list), frame_layer_name(mapped));
}

/* The ways to find layers in a file; `places` comes zeroed. */
typedef bool (*locate_function)(reader *reader, const char *const *channels, int channel_count,
                                place places[FRAME_LAYER_COUNT], error *error);

static bool locate_frame(reader *reader, const char *const *channels, int channel_count,
                         place places[FRAME_LAYER_COUNT], error *error)
{
    if (!locate_color(reader, FRAME_COLOR, channels, channel_count, &places[FRAME_COLOR], error))
        return false;
    for (int layer = FRAME_COLOR + 1; layer < FRAME_REFERENCE; layer++)
        if (!locate(reader, layer, layer, channels, channel_count, &places[layer], error))
            return false;
    return true;
}

static bool locate_reference(reader *reader, const char *const *channels, int channel_count,
                             place places[FRAME_LAYER_COUNT], error *error)
{
    return locate_color(reader, FRAME_REFERENCE, channels, channel_count, &places[FRAME_REFERENCE], error);
}

static bool locate_plain(reader *reader, frame_layer layer, place *places, error *error)
{
    char list[512];
    return find_group(reader, "", "RGB|XYZ", &places[layer]) ||
           error_set(error, "no %s R,G,B among its channels %s", frame_layer_name(layer), list_channels(reader, list));
}

static bool locate_albedo(reader *reader, const char *const *channels, int channel_count,
                          place places[FRAME_LAYER_COUNT], error *error)
{
    (void)channels;
    (void)channel_count;
    return locate_plain(reader, FRAME_ALBEDO, places, error);
}

static bool locate_normal(reader *reader, const char *const *channels, int channel_count,
                          place places[FRAME_LAYER_COUNT], error *error)
{
    (void)channels;
    (void)channel_count;
    return locate_plain(reader, FRAME_NORMAL, places, error);
}

/* Opens a file, finds layers in it and reads them into images, which the caller frees in any case. */
static bool read_file(const char *path, const char *const *channels, int channel_count, locate_function locate,
                      image images[FRAME_LAYER_COUNT], error *error)
{
    reader reader;
    place places[FRAME_LAYER_COUNT] = {0};
    struct error inner = {""};
    bool read = open_reader(&reader, path, &inner);
    if (read) {
        read = locate(&reader, channels, channel_count, places, &inner) && read_layers(&reader, places, images, &inner);
        close_reader(&reader);
    }
    return read || error_set(error, "%s: %s", path, inner.message);
}

/* ---- OIDN's siblings ------------------------------------------------------------------------------------------------ */

static const struct sibling {
    frame_layer layer;
    const char *suffix;
    locate_function locate;
} siblings[] = {{FRAME_ALBEDO, ".alb.exr", locate_albedo}, {FRAME_NORMAL, ".nrm.exr", locate_normal}};

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
    bool read = read_file(path, NULL, 0, sibling->locate, images, error);
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
    if (frame->path && read_file(path, channels, channel_count, locate_frame, frame->layers, error) &&
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
    bool read = read_file(path, channels, channel_count, locate_reference, images, error);
    if (!read)
        image_free(&images[FRAME_REFERENCE]);
    *color = images[FRAME_REFERENCE];
    return read;
}

/* ---- Writing -------------------------------------------------------------------------------------------------------- */

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
