/* The values that a pane shows, as a file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/files/exr.h"
#include "state.h"

/* A layer as R,G,B,A, or how two differ; layers of one channel are grey, the third of two is 0. */
static float value(const pane *pane, const image pictures[LAYER_COUNT], size_t pixel, int channel)
{
    float values[2] = {0, 0};
    const int layers[2] = {pane->layer, pane->against};
    for (int i = 0; i < 1 + pane_is_compared(pane); i++) {
        const image *picture = &pictures[layers[i]];
        const int from = picture->channels == 1 ? 0 : channel;
        values[i] = from < picture->channels ? picture->pixels[pixel * (size_t)picture->channels + (size_t)from] : 0;
    }
    return pane_is_compared(pane) ? measure_of(pane->measure, values[0], values[1]) : values[0];
}

/* "wfview.gather-splat.absolute.exr" */
static void name_file(const pane *pane, char path[PANE_WORDS + 16])
{
    char words[PANE_WORDS];
    struct pane alone = *pane;
    alone.exposure = 0; /* which does not change the values */
    pane_write(&alone, words);
    for (char *c = words; *c; c++)
        *c = *c == ':' || *c == '/' ? '.' : *c;
    snprintf(path, PANE_WORDS + 16, "wfview.%s.exr", words);
}

static bool save(viewer *viewer, const pane *pane, const char *path, error *error)
{
    const denoiser *denoiser = &viewer->denoiser;
    const int width = (int)denoiser->width, height = (int)denoiser->height;
    uint64_t layers = LAYER_BIT(pane->layer) | (pane_is_compared(pane) ? LAYER_BIT(pane->against) : 0);
    image pictures[LAYER_COUNT];
    if (!pane_has_layers(pane, viewer->context.has))
        return error_set(error, "%s: this frame has not all layers of the pane", path);
    if (!capture_layers(&viewer->capture, denoiser->slots[viewer->slot].images, layers, width, height, pictures, error))
        return false;
    const size_t count = (size_t)width * (size_t)height;
    frame frame = {.width = width, .height = height};
    image *color = &frame.layers[FRAME_COLOR];
    *color = (image){width, height, 4, malloc(count * 4 * sizeof(float))};
    if (!color->pixels)
        return error_set(error, "%s: not enough memory for %dx%d pixels", path, width, height);
    for (size_t i = 0; i < count; i++)
        for (int c = 0; c < 4; c++)
            color->pixels[4 * i + (size_t)c] = c < 3 ? value(pane, pictures, i, c) : 1;
    bool ok = exr_write_frame(path, &frame, viewer->options->compression, error);
    free(color->pixels);
    return ok;
}

bool viewer_save_pane(viewer *viewer, error *error)
{
    const int index = viewer->view.save_pane - 1;
    char path[PANE_WORDS + 16], notice[PANE_WORDS + 32];
    viewer->view.save_pane = 0;
    if (index < 0)
        return true;
    name_file(&viewer->view.panes[index], path);
    if (!save(viewer, &viewer->view.panes[index], path, error))
        return false;
    snprintf(notice, sizeof notice, "saved %s", path);
    viewer_notify(viewer, false, notice);
    return true;
}
