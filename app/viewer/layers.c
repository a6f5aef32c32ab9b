#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void say(const frame *frame)
{
    char *layers = frame_describe(frame);
    fprintf(stderr, "wfview: %s: %s\n", frame->path, layers ? layers : "not enough memory to say what its layers are");
    free(layers);
    for (const char *line = frame->warnings; line && *line; line = strchr(line, '\n') + 1)
        fprintf(stderr, "wfview: warning: %s: %.*s\n", frame->path, (int)strcspn(line, "\n"), line);
}

void viewer_note_layers(viewer *viewer, const frame *frame)
{
    bool changed = false;
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++) {
        char **kept = &viewer->origins[layer];
        if (same(*kept, frame->origins[layer]))
            continue;
        changed = true;
        free(*kept);
        *kept = frame->origins[layer] ? strdup(frame->origins[layer]) : NULL;
    }
    if (changed && viewer->options->headless)
        say(frame);
}

void viewer_forget_layers(viewer *viewer)
{
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++)
        free(viewer->origins[layer]);
}
