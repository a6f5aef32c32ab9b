#include "pane.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *label;
} measures[] = {[MEASURE_SIGNED] = {"signed", "signed"},
                [MEASURE_ABSOLUTE] = {"absolute", "absolute"},
                [MEASURE_RELATIVE] = {"relative", "relative"},
                [MEASURE_SMAPE] = {"smape", "SMAPE"},
                [MEASURE_REL_MSE] = {"relmse", "relMSE"},
                [MEASURE_FLIP] = {"flip", "FLIP"},
                [MEASURE_COUNT] = {NULL, NULL}};

const char *measure_name(int measure)
{
    return measures[measure].name;
}

const char *measure_label(int measure)
{
    return measures[measure].label;
}

pane pane_of(int layer)
{
    return (pane){.layer = layer, .against = PANE_ALONE};
}

pane pane_error_of(int layer)
{
    return (pane){.layer = layer, .against = FRAME_REFERENCE, .measure = MEASURE_SMAPE};
}

bool pane_same(const pane *a, const pane *b)
{
    return a->layer == b->layer && a->against == b->against && (!pane_is_compared(a) || a->measure == b->measure) &&
           a->exposure == b->exposure;
}

bool pane_has_layers(const pane *pane, const bool has[SHOWN_LAYERS])
{
    return has[pane->layer] && (!pane_is_compared(pane) || has[pane->against]);
}

void pane_add_layers(const pane *pane, layer_set *layers)
{
    layers->has[pane->layer] = true;
    if (pane_is_compared(pane))
        layers->has[pane->against] = true;
}

/* ---- Words ------------------------------------------------------------------------------------------------------- */

static bool is_word(const char *word, const char *text, size_t length)
{
    return length > 0 && strlen(word) == length && strncmp(word, text, length) == 0;
}

static int find_map_of_level_0(const char *text, size_t length)
{
    for (int layer = LAYER_MAPS; layer < LAYER_MAPS + MAP_COUNT; layer++)
        if (length > 2 && strncmp(text + length - 2, "/0", 2) == 0 &&
            is_word(layer_row_of(layer)->name, text, length - 2))
            return layer;
    return PANE_ALONE;
}

static int find_own_layer(const char *text, size_t length)
{
    for (int layer = 0; layer < LAYER_COUNT; layer++)
        if (is_word(layer_word(layer), text, length) ||
            (layer_row_of(layer)->word && is_word(layer_row_of(layer)->name, text, length)))
            return layer;
    return find_map_of_level_0(text, length);
}

/* "2:" and the like: the number of a sequence. */
static bool begins_with_sequence(const char *text, size_t length)
{
    return length > 2 && text[0] >= '1' && text[0] <= '0' + SEQUENCES && text[1] == ':';
}

static int find_layer(const char *text, size_t length)
{
    const bool is_numbered = begins_with_sequence(text, length);
    const int layer = is_numbered ? find_own_layer(text + 2, length - 2) : find_own_layer(text, length);
    return layer >= 0 && is_numbered ? layer_of_sequence(text[0] - '1', layer) : layer;
}

/* The colon before a measure: the last one, unless it follows a sequence's number. NULL: there is none. */
static const char *find_colon(const char *text, size_t length)
{
    const char *colon = memrchr(text, ':', length);
    const bool is_sequence =
        colon && colon > text && begins_with_sequence(colon - 1, length) && (colon - 1 == text || colon[-2] == '-');
    return is_sequence ? NULL : colon;
}

/* A layer, or two with a dash between them; names may have dashes of their own. */
static bool find_layers(const char *text, size_t length, pane *pane)
{
    pane->layer = find_layer(text, length);
    pane->against = PANE_ALONE;
    for (size_t i = 1; pane->layer < 0 && i + 1 < length; i++) {
        if (text[i] != '-')
            continue;
        pane->against = find_layer(text + i + 1, length - i - 1);
        pane->layer = pane_is_compared(pane) ? find_layer(text, i) : PANE_ALONE;
    }
    return pane->layer >= 0;
}

static int find_measure(const char *text, size_t length)
{
    int measure = 0;
    while (measures[measure].name && !is_word(measures[measure].name, text, length))
        measure++;
    return measure;
}

static bool layers_error(const char *text, size_t length, error *error)
{
    char list[512];
    size_t end = 0;
    for (int layer = 0; layer < LAYER_MAPS + MAP_COUNT; layer++)
        if (*layer_word(layer) && end < sizeof list)
            end += (size_t)snprintf(list + end, sizeof list - end, "%s%s", end ? ", " : "",
                                    layer_is_map(layer) ? layer_row_of(layer)->name : layer_word(layer));
    return error_set(
        error,
        "'%.*s' is no layer, nor LAYER-LAYER; there are %s; maps of coarser levels are %s/1 to /%d, and of every "
        "level %s/*",
        (int)length, text, list, layer_row_of(LAYER_MAPS)->name, MAP_LEVELS - 1, layer_row_of(LAYER_MAPS)->name);
}

static bool read_pane(const char *text, size_t length, pane *pane, error *error)
{
    const char *const at = memchr(text, '@', length);
    size_t end = at ? (size_t)(at - text) : length;
    const char *const colon = find_colon(text, end);
    const char *const measure = colon ? colon + 1 : NULL;
    const size_t layers = colon ? (size_t)(colon - text) : end;
    *pane = pane_of(0);
    if (at) {
        char *rest;
        pane->exposure = strtof(at + 1, &rest);
        if (rest == at + 1 || rest != text + length || !(fabsf(pane->exposure) <= PANE_MOST_EV))
            return error_set(error, "%.*s: expected EV from -%g to %g after @", (int)length, text, (double)PANE_MOST_EV,
                             (double)PANE_MOST_EV);
    }
    if (!find_layers(text, layers, pane))
        return layers_error(text, layers, error);
    if (pane_is_compared(pane) && layer_row_of(pane->layer)->channels != layer_row_of(pane->against)->channels)
        return error_set(error, "%.*s: images of %d and of %d channels cannot be compared", (int)length, text,
                         layer_row_of(pane->layer)->channels, layer_row_of(pane->against)->channels);
    if (!measure)
        return true;
    pane->measure = find_measure(measure, end - layers - 1);
    if (pane->measure == MEASURE_FLIP && layer_row_of(pane->layer)->channels < 3)
        return error_set(error, "%.*s: FLIP compares pictures, not values of %d channel%s", (int)length, text,
                         layer_row_of(pane->layer)->channels, layer_row_of(pane->layer)->channels == 1 ? "" : "s");
    if (pane->measure < MEASURE_COUNT && pane_is_compared(pane))
        return true;
    char list[96] = "";
    for (int i = 0; i < MEASURE_COUNT; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", measures[i].name);
    return error_set(error, "%.*s: expected LAYER-LAYER:MEASURE with MEASURE one of %s", (int)length, text, list);
}

/* Of one level: its digit in each *'s place. */
static bool read_pane_of_level(const char *text, size_t length, int level, pane *pane, error *error)
{
    char words[PANE_WORDS];
    if (length >= sizeof words)
        return read_pane(text, length, pane, error);
    for (size_t i = 0; i < length; i++)
        words[i] = i > 0 && text[i] == '*' && text[i - 1] == '/' ? (char)('0' + level) : text[i];
    words[length] = 0;
    return read_pane(words, length, pane, error);
}

/* A pane, or one for each level. */
static bool is_of_all_levels(const char *text, size_t length)
{
    const char *star = strstr(text, "/*");
    return star && star < text + length;
}

bool panes_read(const char *text, const int levels[2], int most, pane *panes, int *count, error *error)
{
    *count = 0;
    for (const char *word = text;; word++) {
        const size_t length = strcspn(word, ",");
        const bool is_first = !begins_with_sequence(word, length) || *word == '1';
        const int count_of = is_of_all_levels(word, length) ? levels[is_first ? 0 : 1] : 1;
        for (int level = 0; level < count_of; level++) {
            if (*count == most)
                return error_set(error, "more than %d panes", most);
            if (!read_pane_of_level(word, length, level, &panes[*count], error))
                return false;
            ++*count;
        }
        word += length;
        if (!*word)
            return true;
    }
}

bool pane_is_plain(const char *text)
{
    return !strchr(text, '@') && !find_colon(text, strlen(text));
}

void pane_write(const pane *pane, char words[PANE_WORDS])
{
    char against[76] = "", exposure[24] = "";
    const bool is_signed = pane->measure == MEASURE_SIGNED;
    if (pane_is_compared(pane))
        snprintf(against, sizeof against, "-%s%s%s", layer_word(pane->against), is_signed ? "" : ":",
                 is_signed ? "" : measures[pane->measure].name);
    if (pane->exposure != 0)
        snprintf(exposure, sizeof exposure, "@%g", (double)pane->exposure);
    snprintf(words, PANE_WORDS, "%.60s%s%s", layer_word(pane->layer), against, exposure);
}
