#include "state.h"

#include <stdlib.h>

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The range of 1/depth, without its extremes, over about a thousand pixels that have a depth; down to
 * 0 where that is all one depth. */
void viewer_find_depth_range(viewer *viewer, const image *depth)
{
    float samples[1024];
    size_t pixels = (size_t)depth->width * (size_t)depth->height, tries = pixels < 1024 ? pixels : 1024, count = 0;
    for (size_t i = 0; i < tries; i++) {
        float value = depth->pixels[i * pixels / tries];
        if (value > 0)
            samples[count++] = 1 / value;
    }
    qsort(samples, count, sizeof *samples, compare_floats);
    viewer->near_inverse = count ? samples[count - 1 - count / 50] : 1;
    viewer->far_inverse = count && samples[count / 50] < viewer->near_inverse ? samples[count / 50] : 0;
    viewer->has_depth_range = true;
}

bool viewer_read_depth_range(viewer *viewer, error *error)
{
    image pictures[SHOWN_LAYERS];
    const shown_images images = viewer_images(viewer);
    const layer_set depth = {.has[FRAME_DEPTH] = true};
    const denoiser *denoiser = &viewer->denoiser;
    if (!capture_layers(&viewer->capture, &images, &depth, (int)denoiser->width, (int)denoiser->height, pictures,
                        error))
        return false;
    viewer_find_depth_range(viewer, &pictures[FRAME_DEPTH]);
    return true;
}
