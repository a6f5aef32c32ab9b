/* The values that a pane shows, as a file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/files/exr.h"
#include "app/view/flip.h"
#include "state.h"

/* A layer as R,G,B,A, or how two differ; layers of one channel are gray, the third of two is 0. */
static float value(const pane *pane, const image pictures[SHOWN_LAYERS], const image *flip, size_t pixel, int channel)
{
    if (flip->pixels)
        return flip->pixels[pixel];
    float values[2] = {0, 0};
    const int layers[2] = {pane->layer, pane->against};
    for (int i = 0; i < 1 + pane_is_compared(pane); i++) {
        const image *picture = &pictures[layers[i]];
        const int from = picture->channels == 1 ? 0 : channel;
        values[i] = from < picture->channels ? picture->pixels[pixel * (size_t)picture->channels + (size_t)from] : 0;
    }
    return pane_is_compared(pane) ? measure_of(pane->measure, values[0], values[1]) : values[0];
}

/* What FLIP looks at: r,g,b as far as they can be shown. To be freed; no pixels for want of memory. */
static image make_shown(const image *picture)
{
    const size_t count = (size_t)picture->width * (size_t)picture->height;
    image shown = {picture->width, picture->height, 3, malloc(3 * count * sizeof(float))};
    for (size_t i = 0; shown.pixels && i < 3 * count; i++)
        shown.pixels[i] = fminf(fmaxf(picture->pixels[i / 3 * (size_t)picture->channels + i % 3], 0), 1);
    return shown;
}

static bool make_flip(const image *picture, const image *against, image *map, error *error)
{
    image shown[2] = {make_shown(picture), make_shown(against)};
    const bool ok = (shown[0].pixels && shown[1].pixels)
                        ? flip_compare(&shown[0], &shown[1], map, error)
                        : error_set(error, "not enough memory to compare pictures of %dx%d pixels", picture->width,
                                    picture->height);
    image_free(&shown[0]);
    image_free(&shown[1]);
    return ok;
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
    layer_set layers = {0};
    image pictures[SHOWN_LAYERS];
    const shown_images images = viewer_images(viewer);
    image flip = {0};
    pane_add_layers(pane, &layers);
    if (!pane_has_layers(pane, viewer->context.has) || viewer_wants_maps(viewer))
        return error_set(error, "%s: this frame has not all layers of the pane", path);
    if (!capture_layers(&viewer->capture, &images, &layers, width, height, pictures, error))
        return false;
    if (pane_shows_flip(pane) && !make_flip(&pictures[pane->layer], &pictures[pane->against], &flip, error))
        return false;
    const size_t count = (size_t)width * (size_t)height;
    frame frame = {.width = width, .height = height};
    image *color = &frame.layers[FRAME_COLOR];
    *color = (image){width, height, 4, malloc(count * 4 * sizeof(float))};
    for (size_t i = 0; color->pixels && i < count; i++)
        for (int c = 0; c < 4; c++)
            color->pixels[4 * i + (size_t)c] = c < 3 ? value(pane, pictures, &flip, i, c) : 1;
    bool ok = color->pixels ? exr_write_frame(path, &frame, viewer->options->compression, error)
                            : error_set(error, "%s: not enough memory for %dx%d pixels", path, width, height);
    image_free(&flip);
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
    if (viewer->options->headless)
        fprintf(viewer_spoken(viewer), "%s\n", notice);
    viewer_notify(viewer, false, notice);
    return true;
}
