/* Which channels are a frame's layers: by the rules for renderers, or as --channel and --also name them. */
#include "exr_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "exr_rules.h"

static bool equal(const char *text, size_t length, const char *other)
{
    return strncasecmp(text, other, length) == 0 && other[length] == '\0';
}

/* ---- One group of channels --------------------------------------------------------------------------------------- */

static bool is_component(const char *name, char letter)
{
    static const char *const words[] = {"red", "green", "blue"};
    if (equal(&letter, 1, name))
        return true;
    for (int i = 0; i < 3; i++)
        if (letter == "RGB"[i] && strcasecmp(name, words[i]) == 0)
            return true;
    return false;
}

/* Who asks for channels: rules do for those of the frame's view, by names without it; --channel for
   any, of other views as written. */
typedef enum asker { BY_RULE, BY_MAPPING } asker;

/* The names that a channel has for them. */
static int names_of(const reader *reader, const entry *entry, asker asker, const char *names[4])
{
    int count = 0;
    if (is_of_view(reader, entry)) {
        names[count++] = entry->name;
        names[count++] = entry->name + entry->own;
    }
    if (asker == BY_MAPPING) {
        names[count++] = entry->written;
        names[count++] = entry->written + entry->written_own;
    }
    return count;
}

/* The picture itself, "", is in a part without a name, or where the color is. */
static bool is_in_group(const reader *reader, const entry *entry, const char *group, asker asker)
{
    const char *names[4];
    int count = names_of(reader, entry, asker, names);
    bool found = false;
    for (int i = 0; i < count && *group; i++)
        found = found || equal(names[i], group_length(names[i]), group);
    if (*group || count == 0)
        return found;
    return group_length(entry->name + entry->own) == 0 && (entry->own == 0 || entry->part == reader->color_part);
}

static bool add_channel(place *place, const entry *entry)
{
    place->parts[place->count] = entry->part;
    place->channels[place->count++] = entry->channel;
    return true;
}

/* GROUP.C for each of `count` letters, all in one part. */
static bool find_in_part(const reader *reader, int part, const char *group, const char *letters, int count, asker asker,
                         place *place)
{
    place->count = 0;
    for (int i = 0; i < count; i++) {
        bool found = false;
        for (int e = 0; e < reader->entry_count && !found; e++) {
            const entry *entry = &reader->entries[e];
            found = entry->part == part && is_component(component_of(entry->name), letters[i]) &&
                    is_in_group(reader, entry, group, asker) && add_channel(place, entry);
        }
        if (!found)
            return false;
    }
    return place->found = true;
}

static bool find_group(const reader *reader, const char *group, const char *components, asker asker, place *place)
{
    for (const char *letters = components; *letters; letters += *letters == '|') {
        int count = (int)strcspn(letters, "|");
        for (int part = 0; part < exr_file_part_count(reader->file); part++)
            if (find_in_part(reader, part, group, letters, count, asker, place))
                return true;
        letters += count;
    }
    return false;
}

/* ---- Channels by their whole names ------------------------------------------------------------------------------- */

/* Rules do not look into parts. exact: in letters of this case. */
static const entry *find_channel(const reader *reader, const char *name, size_t length, asker asker, bool exact)
{
    for (int e = 0; e < reader->entry_count; e++) {
        const char *names[4];
        int count = names_of(reader, &reader->entries[e], asker, names);
        for (int i = 0; i < (asker == BY_RULE ? count / 2 : count); i++)
            if (equal(name, length, names[i]) && (!exact || strncmp(name, names[i], length) == 0))
                return &reader->entries[e];
    }
    return NULL;
}

/* Up to three names with commas between them. */
static bool find_list(const reader *reader, const char *list, asker asker, bool exact, place *place)
{
    place->count = 0;
    for (const char *name = list; place->count < 3; name++) {
        size_t length = strcspn(name, ",");
        const entry *entry = find_channel(reader, name, length, asker, exact);
        if (!entry || !add_channel(place, entry))
            return false;
        name += length;
        if (!*name)
            return place->found = true;
    }
    return false;
}

/* A color of one channel is gray. */
static void repeat_channel(place *place)
{
    while (place->count < 3) {
        place->parts[place->count] = place->parts[0];
        place->channels[place->count++] = place->channels[0];
    }
}

/* ---- Rules ------------------------------------------------------------------------------------------------------- */

/* Whether a rule names channels so that are no picture. */
static bool is_feature(const char *group)
{
    for (int i = 0; i < exr_rule_count; i++)
        if (exr_rules[i].layer != FRAME_COLOR && *group && strcasecmp(exr_rules[i].group, group) == 0)
            return true;
    return false;
}

bool match_star(const char *name, const char *tail, char star[EXR_MAX_GROUP])
{
    size_t length = group_length(name), tail_length = strlen(tail);
    if (length <= tail_length || length - tail_length >= EXR_MAX_GROUP ||
        strncasecmp(name + length - tail_length, tail, tail_length) != 0)
        return false;
    snprintf(star, EXR_MAX_GROUP, "%.*s", (int)(length - tail_length), name);
    return strcmp(star, "Composite") != 0; /* Blender's compositor: a processed picture, not what was rendered */
}

/* Whether the group is the one that "*" stands for: the first part that is a picture; in one
   part, a picture that is alone. */
static bool is_only_group(const reader *reader, const exr_rule *rule, const entry *entry, const char *star)
{
    char other[EXR_MAX_GROUP];
    place place = {0};
    if (strchr(star, '.') || is_feature(star) || !find_group(reader, star, rule->components, BY_RULE, &place))
        return false;
    for (int e = 0; e < reader->entry_count && !entry->own; e++) {
        const char *name = reader->entries[e].name;
        place.found = false;
        if (is_component(component_of(name), rule->components[0]) && match_star(name, "", other) &&
            !strchr(other, '.') && strcasecmp(other, star) != 0 && !is_feature(other) &&
            find_group(reader, other, rule->components, BY_RULE, &place))
            return false;
    }
    return true;
}

/* Sets reader->star to the first name that fits a rule "*TAIL". */
static bool resolve_star(reader *reader, const exr_rule *rule)
{
    const char *tail = rule->group + 1;
    for (int e = 0; e < reader->entry_count; e++) {
        const entry *entry = &reader->entries[e];
        char star[EXR_MAX_GROUP];
        if (!is_of_view(reader, entry) || !is_component(component_of(entry->name), rule->components[0]))
            continue;
        if (!match_star(entry->name + entry->own, tail, star) && !match_star(entry->name, tail, star))
            continue;
        if (*tail || is_only_group(reader, rule, entry, star)) {
            strcpy(reader->star, star);
            return true;
        }
    }
    return false;
}

static bool apply_star(reader *reader, const exr_rule *rule, place *place)
{
    bool known = *reader->star;
    char group[2 * EXR_MAX_GROUP];
    if (!known && !resolve_star(reader, rule))
        return false;
    snprintf(group, sizeof group, "%s%s", reader->star, rule->group + 1);
    bool found = find_group(reader, group, rule->components, BY_RULE, place);
    if (!found && !known)
        *reader->star = '\0';
    return found;
}

/* Y beside X is no luminance, nor V beside anything but alpha and depth. */
static bool is_other(const reader *reader, const exr_rule *rule)
{
    if (strcmp(rule->group, EXR_GRAY) == 0)
        return find_channel(reader, "X", 1, BY_RULE, false);
    for (int e = 0; e < reader->entry_count && strcmp(rule->group, EXR_VALUE) == 0; e++)
        if (strlen(reader->entries[e].written) != 1 || !strchr("VAZ", *reader->entries[e].written))
            return true;
    return false;
}

static bool apply_rule(reader *reader, const exr_rule *rule, place *place)
{
    bool found = !rule->components     ? find_list(reader, rule->group, BY_RULE, false, place)
                 : *rule->group == '*' ? apply_star(reader, rule, place)
                                       : find_group(reader, rule->group, rule->components, BY_RULE, place);
    if (!found || is_other(reader, rule))
        return place->found = false;
    place->writer = rule->writer;
    place->chroma = strcmp(rule->group, EXR_CHROMA) == 0;
    place->noisy = strcmp(rule->group, EXR_NOISY) == 0;
    place->tail = *rule->group == '*' ? rule->group + 1 : "";
    if (rule->layer == FRAME_COLOR)
        repeat_channel(place);
    return true;
}

/* ---- Layers ------------------------------------------------------------------------------------------------------ */

/* The NAME of a mapping LAYER=NAME, or NULL. */
static const char *mapping_of(frame_layer layer, const char *const *channels, int channel_count)
{
    const char *name = layer_rows[layer].name;
    size_t length = strlen(name);
    for (int i = 0; i < channel_count; i++)
        if (strncmp(channels[i], name, length) == 0 && channels[i][length] == '=')
            return channels[i] + length + 1;
    return NULL;
}

/* One channel may stand for all three of a color. */
static bool is_color(frame_layer layer)
{
    return layer_rows[layer].mapped[0] == 'R';
}

/* Channels by their whole names: as many as the layer has, or one for a color. */
static bool find_mapped_list(const reader *reader, frame_layer layer, const char *list, bool exact, place *place)
{
    return find_list(reader, list, BY_MAPPING, exact, place) &&
           (place->count == (int)strcspn(layer_rows[layer].mapped, "|") || (place->count == 1 && is_color(layer)));
}

static bool find_mapped(const reader *reader, frame_layer layer, const char *name, place *place)
{
    if (!find_mapped_list(reader, layer, name, true, place) &&
        !find_group(reader, name, layer_rows[layer].mapped, BY_MAPPING, place) &&
        !find_mapped_list(reader, layer, name, false, place))
        return false;
    place->writer = "--channel";
    if (is_color(layer))
        repeat_channel(place);
    return true;
}

/* "A, B, C": all channels, or as many as fit. */
static const char *list_channels(const reader *reader, char text[512])
{
    size_t length = 0;
    text[0] = '\0';
    for (int e = 0; e < reader->entry_count; e++) {
        const char *name = reader->entries[e].written + reader->entries[e].written_own;
        if (length + strlen(name) + 8 > 512) {
            strcpy(text + length, ", ...");
            return text;
        }
        length += (size_t)snprintf(text + length, 512 - length, "%s%s", length ? ", " : "", name);
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
    for (int i = 0; i < exr_rule_count && !place->found; i++)
        if (exr_rules[i].layer == layer)
            apply_rule(reader, &exr_rules[i], place);
    return true;
}

/* Whether some guide is *TAIL where * stands for this. */
static bool has_guides(const reader *reader, const char *star, int length)
{
    char group[2 * EXR_MAX_GROUP];
    place place = {0};
    for (int i = 0; i < exr_rule_count && length < EXR_MAX_GROUP && !place.found; i++) {
        const exr_rule *rule = &exr_rules[i];
        snprintf(group, sizeof group, "%.*s%s", length, star, *rule->group ? rule->group + 1 : "");
        if (rule->layer != FRAME_COLOR && *rule->group == '*')
            find_group(reader, group, rule->components, BY_RULE, &place);
    }
    return place.found;
}

/* Guides are of the view of a color that --channel names, and of its view layer where that has some; what is
 * filtered may belong there, too. */
static void take_surroundings(reader *reader, place *color)
{
    const entry *entry = entry_of(reader, color->parts[0], color->channels[0]);
    const char *names[] = {entry->name + entry->own, entry->name};
    reader->view = entry->view;
    for (int i = 0; i < 2 && !*reader->star; i++) {
        const size_t group = group_length(names[i]);
        const char *dot = memrchr(names[i], '.', group);
        int length = dot ? (int)(dot - names[i]) : 0;
        color->noisy = dot && equal(dot, group - (size_t)length, EXR_NOISY + 1);
        if (color->noisy || (length > 0 && has_guides(reader, names[i], length)))
            snprintf(reader->star, sizeof reader->star, "%.*s", length, names[i]);
    }
}

static bool locate_color(reader *reader, frame_layer mapped, const char *const *channels, int channel_count,
                         place *place, error *error)
{
    char list[512];
    if (!locate(reader, FRAME_COLOR, mapped, channels, channel_count, place, error))
        return false;
    if (!place->found)
        return error_set(error, "no color among its channels %s; --channel %s=NAME tells where it is",
                         list_channels(reader, list), frame_layer_name(mapped));
    reader->color_part = place->parts[0];
    if (mapping_of(mapped, channels, channel_count))
        take_surroundings(reader, place);
    return true;
}

/* Beside a color. */
static void locate_alpha(const reader *reader, place *color)
{
    const entry *first = entry_of(reader, color->parts[0], color->channels[0]);
    size_t length = group_length(first->written);
    color->has_alpha = false;
    for (int e = 0; e < reader->entry_count && !color->has_alpha; e++) {
        const entry *entry = &reader->entries[e];
        const exr_channel *channel = &exr_file_part(reader->file, entry->part)->channels[entry->channel];
        const char *component = component_of(entry->written);
        color->has_alpha = entry->part == first->part && group_length(entry->written) == length &&
                           strncmp(entry->written, first->written, length) == 0 &&
                           (strcasecmp(component, "A") == 0 || strcasecmp(component, "alpha") == 0) &&
                           channel->x_sampling == 1 && channel->y_sampling == 1;
        color->alpha = entry->channel;
    }
}

static bool same_channels(const place *a, const place *b)
{
    bool same = a->found && b->found && a->count == b->count;
    for (int i = 0; same && i < a->count; i++)
        same = a->parts[i] == b->parts[i] && a->channels[i] == b->channels[i];
    return same;
}

/* The name as it is, or beside the color's in a view layer. */
static bool find_further(const reader *reader, frame_layer layer, const char *name, place *place)
{
    char within[2 * EXR_MAX_GROUP];
    snprintf(within, sizeof within, "%s.%s", reader->star, name);
    return find_mapped(reader, layer, name, place) || (*reader->star && find_mapped(reader, layer, within, place));
}

/* NAME, NAME00, NAME01 ...: a picture of the ids, and their ranks. */
static bool is_rank_of(const char *cryptomatte, const char *group, size_t length)
{
    const size_t own = strlen(cryptomatte);
    return length >= own && strncmp(group, cryptomatte, own) == 0 && strspn(group + own, "0123456789") >= length - own;
}

/* Their means would be other ids. */
static bool check_ids(const reader *reader, const char *name, const place *place, error *error)
{
    static const char mixed[] = "which a filter would mix; --keep-channels leaves them as they are";
    for (int i = 0; i < place->count; i++) {
        const exr_part *part = exr_file_part(reader->file, place->parts[i]);
        const entry *entry = entry_of(reader, place->parts[i], place->channels[i]);
        const char *own = entry->written + entry->written_own;
        for (int c = 0; c < part->cryptomatte_count; c++)
            if (is_rank_of(part->cryptomattes[c], entry->written, group_length(entry->written)) ||
                is_rank_of(part->cryptomattes[c], own, group_length(own)))
                return error_set(error, "--also %s: has the ids of cryptomatte %s, %s", name, part->cryptomattes[c],
                                 mixed);
        if (strcmp(part->channels[place->channels[i]].type, "uint") == 0)
            return error_set(error, "--also %s: channel %s has whole numbers, as ids are, %s", name, own, mixed);
    }
    return true;
}

/* A pixel of the layer is where one of the color is. */
static bool check_further(const reader *reader, frame_layer layer, const place places[FRAME_LAYER_COUNT], error *error)
{
    const char *name = frame_layer_name(layer);
    const place *place = &places[layer];
    const exr_window *color = &exr_file_part(reader->file, places[FRAME_COLOR].parts[0])->data;
    for (int i = 0; i < place->count; i++) {
        const exr_part *part = exr_file_part(reader->file, place->parts[i]);
        const exr_channel *channel = &part->channels[place->channels[i]];
        const exr_window *own = &part->data;
        if (own->x != color->x || own->y != color->y || own->width != color->width || own->height != color->height)
            return error_set(error, "--also %s: has %lldx%lld pixels at %lld,%lld, the color %lldx%lld at %lld,%lld",
                             name, (long long)own->width, (long long)own->height, (long long)own->x, (long long)own->y,
                             (long long)color->width, (long long)color->height, (long long)color->x,
                             (long long)color->y);
        if (channel->x_sampling != 1 || channel->y_sampling != 1)
            return error_set(error, "--also %s: channel %s has a sample for %dx%d pixels", name, channel->name,
                             channel->x_sampling, channel->y_sampling);
    }
    for (int other = 0; other < (int)layer; other++)
        if ((other == FRAME_COLOR || other >= FRAME_FURTHER) && same_channels(place, &places[other]))
            return error_set(error, "--also %s: has the channels of the frame's %s", name,
                             frame_layer_name((frame_layer)other));
    return true;
}

static bool locate_further(const reader *reader, frame_layer layer, const char *const *channels, int channel_count,
                           place places[FRAME_LAYER_COUNT], error *error)
{
    char list[512];
    const char *name = mapping_of(layer, channels, channel_count);
    if (!name)
        return true;
    if (!find_further(reader, layer, name, &places[layer]))
        return error_set(error, "--also %s: no such layer among %s", name, list_channels(reader, list));
    places[layer].writer = "--also";
    return check_ids(reader, name, &places[layer], error) && check_further(reader, layer, places, error);
}

static bool locate_frame(reader *reader, const char *const *channels, int channel_count,
                         place places[FRAME_LAYER_COUNT], error *error)
{
    if (!locate_color(reader, FRAME_COLOR, channels, channel_count, &places[FRAME_COLOR], error))
        return false;
    locate_alpha(reader, &places[FRAME_COLOR]);
    for (int layer = FRAME_COLOR + 1; layer < FRAME_REFERENCE; layer++)
        if (!locate(reader, layer, layer, channels, channel_count, &places[layer], error))
            return false;
    for (int layer = FRAME_FURTHER; layer < FRAME_LAYER_COUNT; layer++)
        if (!locate_further(reader, layer, channels, channel_count, places, error))
            return false;
    return true;
}

static bool locate_feature(const reader *reader, frame_layer layer, place *place, error *error)
{
    char list[512];
    if (!find_group(reader, "", layer_rows[layer].mapped, BY_RULE, place))
        return error_set(error, "no %s R,G,B or X,Y,Z among its channels %s", frame_layer_name(layer),
                         list_channels(reader, list));
    place->writer = "OIDN";
    return true;
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

/* ---- Results ----------------------------------------------------------------------------------------------------- */

place locate_result(const reader *reader, const place *color)
{
    char group[2 * EXR_MAX_GROUP];
    place place = {0};
    snprintf(group, sizeof group, "%s%s", reader->star, EXR_DENOISED + 1);
    if (!color->noisy || !find_group(reader, group, "RGB", BY_RULE, &place))
        return *color;
    locate_alpha(reader, &place);
    return place;
}
