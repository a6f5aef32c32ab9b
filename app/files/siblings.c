#include "siblings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const words[FRAME_LAYER_COUNT] = {[FRAME_ALBEDO] = ".alb", [FRAME_NORMAL] = ".nrm"};

#define COLOR_WORD ".hdr"

char *sibling_path(const char *path, frame_layer layer)
{
    const char *extension = strrchr(path, '.');
    size_t length = extension ? (size_t)(extension - path) : 0, tail = strlen(COLOR_WORD);
    char *sibling = NULL;
    if (!words[layer] || length <= tail || strncmp(extension - tail, COLOR_WORD, tail) != 0)
        return NULL;
    if (asprintf(&sibling, "%.*s%s%s", (int)(length - tail), path, words[layer], extension) < 0)
        return NULL;
    if (access(sibling, F_OK) == 0)
        return sibling;
    free(sibling);
    return NULL;
}

static bool add(const frame *sibling, frame_layer layer, const char *path, frame *frame, error *error)
{
    if (!frame_covers(sibling, frame))
        return frame_refuse(sibling, "", frame, error);
    if (asprintf(&frame->origins[layer], "%s of *%s%s", sibling->origins[layer], words[layer], strrchr(path, '.')) < 0)
        frame->origins[layer] = NULL;
    return (frame_cut(sibling, layer, frame, &frame->layers[layer]) && frame_add_damage(frame, sibling->damage)) ||
           error_set(error, "%s: not enough memory for %dx%d pixels", path, frame->width, frame->height);
}

bool siblings_add(frame *frame, sibling_reader *read, error *error)
{
    bool added = true;
    for (int layer = 0; layer < FRAME_LAYER_COUNT && added; layer++) {
        char *path = frame->layers[layer].pixels ? NULL : sibling_path(frame->path, layer);
        struct frame sibling = {0};
        added = !path || (read(path, layer, &sibling, error) && add(&sibling, layer, path, frame, error));
        frame_free(&sibling);
        free(path);
    }
    return added;
}
