#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void warn(const char *path, const char *sentences, const char *end)
{
    for (const char *line = sentences; line && *line; line = strchr(line, '\n') + 1)
        fprintf(stderr, "wfview: warning: %s: %.*s%s\n", path, (int)strcspn(line, "\n"), line, end);
}

static void say(const frame *frame)
{
    char *layers = frame_describe(frame);
    fprintf(stderr, "wfview: %s: %s\n", frame->path, layers ? layers : "not enough memory to say what its layers are");
    free(layers);
    warn(frame->path, frame->warnings, "");
}

/* In a window: the first of the sentences. */
static void notify_line(viewer *viewer, const char *sentences, const char *end)
{
    char notice[sizeof viewer->notice];
    snprintf(notice, sizeof notice, "%.*s%s", (int)strcspn(sentences, "\n"), sentences, end);
    viewer_notify(viewer, true, notice);
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
    else if (changed && frame->warnings)
        notify_line(viewer, frame->warnings, "");
}

void viewer_forget_layers(viewer *viewer)
{
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++) {
        free(viewer->origins[layer]);
        viewer->origins[layer] = NULL;
    }
}

void viewer_note_damage(viewer *viewer, int index, const frame *frame)
{
    frame_state *state = &viewer->frames[index];
    if (!frame->damage || state->problem)
        return;
    state->problem = strdup(frame->damage);
    if (viewer->options->headless) {
        warn(frame->path, frame->damage, "; mended");
        return;
    }
    notify_line(viewer, frame->damage, "; mended");
}

void viewer_note_skipped(viewer *viewer, int index, const error *reason)
{
    frame_state *state = &viewer->frames[index];
    if (state->skipped)
        return;
    state->skipped = true;
    free(state->problem);
    if (asprintf(&state->problem, "%s\n", reason->message) < 0)
        state->problem = NULL;
    fprintf(stderr, "wfview: %s\n", reason->message);
}

int viewer_skipped_count(const viewer *viewer)
{
    int count = 0;
    for (int i = 0; viewer->frames && i < viewer->context.frame_count; i++)
        count += viewer->frames[i].skipped;
    return count;
}
