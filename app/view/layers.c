#include "layers.h"

#include <stddef.h>

#include "shaders/display/pane.h"
#include "wf_node.h"

#define NO_ROLE (-1)

#define LAYER_ROW(number, ...) [number] = {__VA_ARGS__},

const layer_row layer_rows[LAYER_COUNT] = {FRAME_LAYERS(LAYER_ROW) OUTPUT_LAYERS(LAYER_ROW)};

const char *frame_layer_name(frame_layer layer)
{
    return layer_rows[layer].name;
}

int frame_layer_channels(frame_layer layer)
{
    return layer_rows[layer].channels;
}
