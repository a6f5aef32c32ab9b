#include "frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void image_free(image *image)
{
    free(image->pixels);
    memset(image, 0, sizeof *image);
}

void frame_free(frame *frame)
{
    for (int i = 0; i < FRAME_LAYER_COUNT; i++) {
        image_free(&frame->layers[i]);
        free(frame->origins[i]);
    }
    free(frame->warnings);
    free(frame->path);
    memset(frame, 0, sizeof *frame);
}

char *frame_describe(const frame *frame)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    const char *separator = "";
    for (int i = 0; stream && i < FRAME_LAYER_COUNT; i++) {
        if (!frame->origins[i])
            continue;
        fprintf(stream, "%s%s from %s", separator, frame_layer_name((frame_layer)i), frame->origins[i]);
        separator = "; ";
    }
    return stream && fclose(stream) == 0 ? text : NULL;
}
