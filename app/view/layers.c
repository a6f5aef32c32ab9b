#include "layers.h"

#include <stddef.h>
#include <stdio.h>

#include "shaders/display/pane.h"
#include "wf_node.h"

#define NO_ROLE (-1)

#define MAP_ROLE(op, level, figure)                                                                                    \
    WF_NODE_MAP + (WF_##op * WF_PYRAMID_MAX_LEVELS + (level)) * WF_FIGURE_COUNT + WF_FIGURE_##figure

_Static_assert(MAP_LEVELS == WF_PYRAMID_MAX_LEVELS, "layers.h and wf_pyramid.h differ");

#define LAYER_ROW(number, ...)      [number] = {__VA_ARGS__},
#define MAP_ROW(level, number, ...) [(number) + (level)*MAP_COUNT] = {__VA_ARGS__},

/* A further layer, and what becomes of it. */
#define FURTHER_ROWS(n)                                                                                                \
    [FRAME_FURTHER + (n)] = {"further" #n, NULL, 0, 4, WF_NODE_LAYER + (n), PANE_RADIANCE, false, "", "", "RGB|XYZ"},  \
                     [LAYER_FURTHER_GATHER +                                                                           \
                         (n)] = {"gather of further" #n, NULL,  0,  4,  WF_NODE_LAYER_GATHER + (n),                    \
                                 PANE_RADIANCE,          false, "", "", ""},                                           \
                     [LAYER_FURTHER_SPLAT + (n)] = {"splat of further" #n, NULL,  0,  4,  WF_NODE_LAYER_SPLAT + (n),   \
                                                    PANE_RADIANCE,         false, "", "", ""},

const layer_row layer_rows[LAYER_COUNT] = {
    FRAME_LAYERS(LAYER_ROW) OUTPUT_LAYERS(LAYER_ROW) FURTHER_ROWS(0) FURTHER_ROWS(1) FURTHER_ROWS(2) FURTHER_ROWS(3)
        FURTHER_ROWS(4) FURTHER_ROWS(5) FURTHER_ROWS(6) FURTHER_ROWS(7) FURTHER_ROWS(8) FURTHER_ROWS(9) FURTHER_ROWS(10)
            FURTHER_ROWS(11) FURTHER_ROWS(12) FURTHER_ROWS(13) FURTHER_ROWS(14) FURTHER_ROWS(15)
                MAP_LAYERS(MAP_ROW, 0, "") MAP_LAYERS(MAP_ROW, 1, "/1") MAP_LAYERS(MAP_ROW, 2, "/2")
                    MAP_LAYERS(MAP_ROW, 3, "/3") MAP_LAYERS(MAP_ROW, 4, "/4") MAP_LAYERS(MAP_ROW, 5, "/5")
                        MAP_LAYERS(MAP_ROW, 6, "/6") MAP_LAYERS(MAP_ROW, 7, "/7")};

/* Of further layers, of their gathers and of their splats. */
static char further_words[3][MAX_FURTHER][64];

void layers_name_further(int index, const char *name)
{
    snprintf(further_words[0][index], sizeof **further_words, "%s", name);
    snprintf(further_words[1][index], sizeof **further_words, "gather of %s", name);
    snprintf(further_words[2][index], sizeof **further_words, "splat of %s", name);
}

static const char *own_word(int layer)
{
    if (layer_rows[layer].word)
        return layer_rows[layer].word;
    const int outputs = layer - LAYER_FURTHER_GATHER;
    return outputs < 0 ? further_words[0][layer - FRAME_FURTHER]
                       : further_words[1 + outputs / MAX_FURTHER][outputs % MAX_FURTHER];
}

const char *layer_word(int layer)
{
    static char words[SHOWN_LAYERS][72];
    const int sequence = layer_sequence(layer);
    const char *own = own_word(layer_own(layer));
    if (sequence == 0 || !*own)
        return own;
    snprintf(words[layer], sizeof *words, "%d:%s", sequence + 1, own);
    return words[layer];
}

const char *frame_layer_name(frame_layer layer)
{
    return layer_rows[layer].word ? layer_rows[layer].name : layer_word(layer);
}

int frame_layer_channels(frame_layer layer)
{
    return layer_rows[layer].channels;
}

int layer_compared(int place)
{
    static const int layers[COMPARED_LAYERS] = {FRAME_COLOR, LAYER_GATHER, LAYER_SPLAT};
    return layer_of_sequence(place / COMPARED_LAYERS, layers[place % COMPARED_LAYERS]);
}

int layer_map_level(int layer)
{
    return (layer_own(layer) - LAYER_MAPS) / MAP_COUNT;
}

int layer_map_figure(int layer)
{
    return (layer_own(layer) - LAYER_MAPS) % MAP_COUNT % WF_FIGURE_COUNT;
}

int layer_input(int layer)
{
    if (layer < FRAME_LAYER_COUNT)
        return layer;
    return layer < LAYER_FURTHER_GATHER || layer_is_map(layer)
               ? FRAME_COLOR
               : FRAME_FURTHER + (layer - LAYER_FURTHER_GATHER) % MAX_FURTHER;
}
