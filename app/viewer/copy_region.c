/* The values of a region as a table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

enum { MOST_PIXELS = 1 << 18 };

/* Those in panes, in their order, that the frame has. */
static int list_layers(const viewer *viewer, int layers[2 * VIEW_PANES])
{
    const view *view = &viewer->view;
    int count = 0;
    for (int i = 0; i < 2 * view->pane_count; i++) {
        const pane *pane = &view->panes[i / 2];
        const int layer = i % 2 ? pane->against : pane->layer;
        bool is_listed = layer < 0 || !viewer->context.has[layer];
        for (int j = 0; j < count; j++)
            is_listed = is_listed || layers[j] == layer;
        if (!is_listed)
            layers[count++] = layer;
    }
    return count;
}

/* A line of names, then one a pixel, from the top left. */
static void write_table(FILE *file, const frame_region *region, const image *pictures, const int *layers, int count)
{
    fputs("x,y", file);
    for (int i = 0; i < count; i++)
        for (int c = 0; c < pictures[layers[i]].channels && c < 3; c++)
            fprintf(file, ",%s.%c", layer_word(layers[i]), pictures[layers[i]].channels == 1 ? 'Z' : "RGB"[c]);
    fputc('\n', file);
    for (int y = region->y; y < region->y + region->height; y++)
        for (int x = region->x; x < region->x + region->width; x++) {
            fprintf(file, "%d,%d", x, y);
            for (int i = 0; i < count; i++) {
                const image *picture = &pictures[layers[i]];
                const size_t pixel = (size_t)y * (size_t)picture->width + (size_t)x;
                for (int c = 0; c < picture->channels && c < 3; c++)
                    fprintf(file, ",%.9g", (double)picture->pixels[pixel * (size_t)picture->channels + (size_t)c]);
            }
            fputc('\n', file);
        }
}

static bool check(const viewer *viewer, const frame_region *region, error *error)
{
    const int width = viewer->context.image_width, height = viewer->context.image_height;
    if (region->width == 0 || region->height == 0)
        return error_set(error,
                         "no region is chosen: drag one with Shift while the metrics are open, or give --region");
    if (region->x + region->width > width || region->y + region->height > height)
        return error_set(error, "the region %d,%d,%d,%d is not in this frame of %dx%d", region->x, region->y,
                         region->width, region->height, width, height);
    if ((long long)region->width * region->height > MOST_PIXELS)
        return error_set(error, "the region of %dx%d pixels is too large to copy: at most %d", region->width,
                         region->height, MOST_PIXELS);
    return true;
}

static bool write_region(viewer *viewer, char **table, error *error)
{
    const frame_region *region = &viewer->view.region;
    const denoiser *denoiser = &viewer->denoiser;
    int layers[2 * VIEW_PANES];
    image pictures[SHOWN_LAYERS];
    const shown_images images = viewer_images(viewer);
    size_t size;
    if (!check(viewer, region, error))
        return false;
    const int count = list_layers(viewer, layers);
    layer_set listed = {0};
    for (int i = 0; i < count; i++)
        listed.has[layers[i]] = true;
    if (!capture_layers(&viewer->capture, &images, &listed, (int)denoiser->width, (int)denoiser->height, pictures,
                        error))
        return false;
    FILE *file = open_memstream(table, &size);
    if (!file)
        return error_set(error, "not enough memory to copy %dx%d pixels", region->width, region->height);
    write_table(file, region, pictures, layers, count);
    return fclose(file) == 0 ||
           error_set(error, "not enough memory to copy %dx%d pixels", region->width, region->height);
}

bool viewer_copy_region(viewer *viewer, error *error)
{
    char *table = NULL;
    if (!viewer->view.copy_region)
        return true;
    viewer->view.copy_region = false;
    const bool ok = write_region(viewer, &table, error);
    if (ok && viewer->window.handle)
        window_copy_text(&viewer->window, table);
    else if (ok)
        fputs(table, viewer_spoken(viewer));
    if (ok)
        viewer_notify(viewer, false, "copied the region's values");
    free(table);
    return ok;
}
