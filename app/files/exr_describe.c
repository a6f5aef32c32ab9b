/* What is said of the layers that were found in a file, and of those that were not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exr_reader.h"
#include "exr_rules.h"

char *describe_place(const reader *reader, const place *place)
{
    char *text = NULL;
    size_t size, length = 0;
    FILE *stream = open_memstream(&text, &size);
    const char *group = NULL;
    int count = place->count > 1 && place->channels[0] == place->channels[1] ? 1 : place->count;
    for (int i = 0; stream && i < count; i++) {
        const char *name = entry_of(reader, place->parts[i], place->channels[i])->written;
        bool same = group && group_length(name) == length && strncmp(name, group, length) == 0;
        fprintf(stream, "%s%s", i ? "," : "", same ? component_of(name) : name);
        group = name;
        length = group_length(name);
    }
    return stream && fclose(stream) == 0 ? text : NULL;
}

static bool has_word(const char *name, const char *words)
{
    for (; words && *words; words += strspn(words, "|")) {
        char word[32];
        size_t length = strcspn(words, "|");
        snprintf(word, sizeof word, "%.*s", (int)length, words);
        if (strcasestr(name, word))
            return true;
        words += length;
    }
    return false;
}

/* The view layer whose picture this channel begins, where that is not the color's: star; NULL: none. */
static const char *other_view_layer(const reader *reader, const place *color, const entry *entry,
                                    char star[EXR_MAX_GROUP])
{
    bool found =
        color->tail && *color->tail && is_of_view(reader, entry) &&
        (match_star(entry->name + entry->own, color->tail, star) || match_star(entry->name, color->tail, star));
    return found && strcmp(star, reader->star) != 0 ? star : NULL;
}

/* Pictures of other views and view layers stay noisy. */
static void describe_others(const reader *reader, const place *color, FILE *to)
{
    const entry *taken = entry_of(reader, color->parts[0], color->channels[0]);
    for (int e = 0; e < reader->entry_count; e++) {
        const entry *other = &reader->entries[e];
        char star[EXR_MAX_GROUP];
        int length = (int)group_length(other->written);
        if (length == 0 || strcmp(component_of(other->name), component_of(taken->name)) != 0)
            continue;
        bool is_other_view = !*taken->view && *other->view && strcmp(other->name, taken->name) == 0;
        const char *layer = other_view_layer(reader, color, other, star);
        if (is_other_view || layer)
            fprintf(to, "its %s %s is not taken: --channel color=%.*s does\n", layer ? "view layer" : "view",
                    layer ? layer : other->view, length, other->written);
    }
}

char *describe_missed(const reader *reader, const place places[FRAME_LAYER_COUNT])
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (stream && places[FRAME_COLOR].found)
        describe_others(reader, &places[FRAME_COLOR], stream);
    for (int layer = FRAME_COLOR + 1; stream && layer < FRAME_REFERENCE; layer++) {
        bool missed = false;
        for (int e = 0; e < reader->entry_count && !places[layer].found && !missed; e++) {
            const entry *entry = &reader->entries[e];
            missed = is_of_view(reader, entry) && has_word(entry->name, exr_rule_words(layer));
            if (missed)
                fprintf(stream, "its channel %s looks like %s, but no rule takes it: --channel %s=NAME does\n",
                        entry->written, frame_layer_name(layer), frame_layer_name(layer));
        }
    }
    return stream && fclose(stream) == 0 ? text : NULL;
}
