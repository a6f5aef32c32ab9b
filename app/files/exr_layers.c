#include "exr_reader.h"

#include <stdio.h>
#include <string.h>

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

/* The channel of a part called NAME, or X where the part's name and X make PART.X == NAME; -1: none. */
static int find_channel(const reader *reader, int part, const char *name)
{
    const exr_part *own = exr_file_part(reader->file, part);
    size_t length = strlen(own->name);
    const char *rest =
        length && strncmp(name, own->name, length) == 0 && name[length] == '.' ? name + length + 1 : name;
    for (int i = 0; i < own->channel_count; i++)
        if (strcmp(own->channels[i].name, name) == 0 || strcmp(own->channels[i].name, rest) == 0)
            return i;
    return -1;
}

/* PREFIX.C for each of `count` letters, all in one part. */
static bool find_in_part(const reader *reader, int part, const char *prefix, const char *letters, int count,
                         place *place)
{
    for (int i = 0; i < count; i++) {
        char name[EXR_MAX_PREFIX + 2];
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
        for (int part = 0; part < exr_file_part_count(reader->file); part++)
            if ((*prefix || !is_layer_name(exr_file_part(reader->file, part)->name)) &&
                find_in_part(reader, part, prefix, letters, count, place))
                return true;
        letters += count;
    }
    return false;
}

/* What * is where the channel NAME is *TAIL; false where it is not, or is a name that * does not stand for. */
static bool match_star(const char *name, const char *tail, char star[EXR_MAX_PREFIX])
{
    size_t length = strlen(name), tail_length = strlen(tail);
    if (length <= tail_length || length - tail_length >= EXR_MAX_PREFIX ||
        strcmp(name + length - tail_length, tail) != 0)
        return false;
    snprintf(star, EXR_MAX_PREFIX, "%.*s", (int)(length - tail_length), name);
    return strcmp(star, "Composite") != 0; /* Blender's compositor: a processed picture, not what was rendered */
}

/* Sets reader->star to the first name that fits a rule "*SUFFIX". For the rule "*" it must be the only one. */
static bool resolve_star(reader *reader, const struct rule *rule)
{
    char tail[EXR_MAX_PREFIX], star[EXR_MAX_PREFIX];
    bool bare = !rule->prefix[1];
    snprintf(tail, sizeof tail, "%s.%c", rule->prefix + 1, rule->components[0]);
    for (int part = 0; part < exr_file_part_count(reader->file); part++) {
        const exr_part *own = exr_file_part(reader->file, part);
        for (int i = 0; i < own->channel_count; i++) {
            char name[2 * EXR_MAX_PREFIX];
            snprintf(name, sizeof name, "%s%s%s", own->name, *own->name ? "." : "", own->channels[i].name);
            if (!match_star(own->channels[i].name, tail, star) && !match_star(name, tail, star))
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
    char prefix[2 * EXR_MAX_PREFIX];
    if (!known && !resolve_star(reader, rule))
        return false;
    snprintf(prefix, sizeof prefix, "%s%s", reader->star, rule->prefix + 1);
    bool found = strlen(prefix) < EXR_MAX_PREFIX && find_group(reader, prefix, rule->components, place);
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
    for (int part = 0; layer == FRAME_DEPTH && part < exr_file_part_count(reader->file); part++) {
        place->channels[0] = find_channel(reader, part, name);
        if (place->channels[0] >= 0) {
            place->found = true;
            place->part = part;
            place->count = 1;
            return true;
        }
    }
    return strlen(name) < EXR_MAX_PREFIX && find_group(reader, name, mapped_components[layer], place);
}

/* Luminance with chroma (RY, BY), or alone: then it is grey. */
static void find_luminance(const reader *reader, place *place)
{
    for (int part = 0; part < exr_file_part_count(reader->file) && !place->found; part++) {
        int y = find_channel(reader, part, "Y"), ry = find_channel(reader, part, "RY");
        int by = find_channel(reader, part, "BY");
        if (y < 0)
            continue;
        bool chroma = ry >= 0 && by >= 0;
        *place = (struct place){.found = true,
                                .chroma = chroma,
                                .part = part,
                                .count = 3,
                                .channels = {chroma ? ry : y, y, chroma ? by : y}};
    }
}

/* "A, B, C": all channels, or as many as fit. */
static const char *list_channels(const reader *reader, char text[512])
{
    size_t length = 0;
    text[0] = '\0';
    for (int part = 0; part < exr_file_part_count(reader->file); part++) {
        const exr_part *own = exr_file_part(reader->file, part);
        for (int i = 0; i < own->channel_count; i++) {
            const char *name = own->channels[i].name;
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
    const char *name = mapping_of(mapped, channels, channel_count);
    if (name)
        return find_mapped(reader, mapped, name, place) ||
               error_set(error, "--channel %s=%s: no such channels among %s", frame_layer_name(mapped), name,
                         list_channels(reader, list));
    for (size_t i = 0; i < RULE_COUNT && !place->found; i++)
        if (rules[i].layer == layer)
            apply_rule(reader, &rules[i], place);
    if (layer == FRAME_COLOR && !place->found)
        find_luminance(reader, place);
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

static bool locate_feature(const reader *reader, frame_layer layer, place *place, error *error)
{
    char list[512];
    return find_group(reader, "", mapped_components[layer], place) ||
           error_set(error, "no %s R,G,B or X,Y,Z among its channels %s", frame_layer_name(layer),
                     list_channels(reader, list));
}

bool locate_layers(reader *reader, frame_layer wanted, const char *const *channels, int channel_count,
                   place places[FRAME_LAYER_COUNT], error *error)
{
    memset(places, 0, FRAME_LAYER_COUNT * sizeof *places);
    if (wanted == FRAME_COLOR)
        return locate_frame(reader, channels, channel_count, places, error);
    if (wanted == FRAME_REFERENCE)
        return locate_color(reader, FRAME_REFERENCE, channels, channel_count, &places[FRAME_REFERENCE], error);
    return locate_feature(reader, wanted, &places[wanted], error);
}
