#include "frame.h"

#include <stdlib.h>
#include <string.h>

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
