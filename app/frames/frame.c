#include "frame.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int channels;
} layers[FRAME_LAYER_COUNT] = {
    [FRAME_COLOR] = {"color", 4}, [FRAME_ALBEDO] = {"albedo", 4}, [FRAME_NORMAL] = {"normal", 4},
    [FRAME_DEPTH] = {"depth", 1}, [FRAME_MOTION] = {"motion", 2}, [FRAME_REFERENCE] = {"reference", 4},
};

const char *frame_layer_name(frame_layer layer)
{
    return layers[layer].name;
}

int frame_layer_channels(frame_layer layer)
{
    return layers[layer].channels;
}

void image_free(image *image)
{
    free(image->pixels);
    memset(image, 0, sizeof *image);
}

void frame_free(frame *frame)
{
    for (int i = 0; i < FRAME_LAYER_COUNT; i++)
        image_free(&frame->layers[i]);
    free(frame->path);
    memset(frame, 0, sizeof *frame);
}
