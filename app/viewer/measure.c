/* What is measured of the pictures: what the view asks for, and the figures that have come. */
#include <stdio.h>
#include <stdlib.h>

#include "state.h"

/* The region of the view as far as it is in the frame. */
static bool find_region(viewer *viewer, frame_region *region, error *error)
{
    const int width = viewer->context.image_width, height = viewer->context.image_height;
    frame_region *wanted = &viewer->view.region;
    *region = region_within(*wanted, width, height);
    if (region->width > 0)
        return true;
    error_set(error, "--region %d,%d,%d,%d: not in %s, whose %dx%d pixels go from 0,0 to %d,%d", wanted->x, wanted->y,
              wanted->width, wanted->height, feed_path(&viewer->feed, viewer->shown), width, height, width - 1,
              height - 1);
    if (viewer_measures(viewer))
        return false;
    viewer_notify(viewer, true, error->message);
    *wanted = (frame_region){0};
    *region = region_within(*wanted, width, height);
    return true;
}

static bool slot_has(const viewer *viewer, int layer)
{
    const shown_images images = viewer_images(viewer);
    return image_exists(shown_image(&images, layer));
}

bool viewer_lacks_measured(const viewer *viewer)
{
    const view *view = &viewer->view;
    const bool *has = viewer->context.has;
    const bool lacks_layer = view->measured >= LAYER_COUNT && !has[view->measured];
    return lacks_layer || (view->against >= LAYER_COUNT && !has[view->against]);
}

static bool find_figures(viewer *viewer, measure_work *work, error *error)
{
    const view *view = &viewer->view;
    const bool *has = viewer->context.has;
    const bool compares = view->against >= 0 && has[view->against];
    const int missing = !has[view->measured] ? view->measured : !compares ? view->against : -1;
    if (!view->measures)
        return true;
    if (viewer_lacks_measured(viewer))
        return true;
    if (missing >= 0 && viewer->options->measure && viewer_measures(viewer))
        return error_set(error, "--measure %s: %s has no %s", viewer->options->measure,
                         feed_path(&viewer->feed, viewer->shown), layer_word(missing));
    if (!slot_has(viewer, view->measured) || (compares && !slot_has(viewer, view->against)))
        return true; /* maps that come with the next frame */
    work->figures = true;
    work->request.frame = viewer->shown;
    work->request.pair = (measure_pair){view->measured, compares ? view->against : -1};
    return find_region(viewer, &work->request.region, error);
}

static void add_map(measure_work *work, measure_pair pair)
{
    int map = 0;
    while (map < work->map_count && !measure_same_pair(work->maps[map], pair))
        map++;
    if (map == work->map_count)
        work->maps[work->map_count++] = pair;
}

/* Of panes that are shown; where one alone is, of all of them, so that going from one to the next changes nothing. */
static void find_maps(const viewer *viewer, measure_work *work)
{
    if (work->figures && work->request.pair.against >= 0)
        add_map(work, work->request.pair);
    for (int i = 0; i < viewer->view.pane_count; i++) {
        const pane *pane = &viewer->view.panes[i];
        if (pane_shows_flip(pane) && pane_has_layers(pane, viewer->context.has))
            add_map(work, (measure_pair){pane->layer, pane->against});
    }
}

bool viewer_fit_measure(viewer *viewer, error *error)
{
    const denoiser *denoiser = &viewer->denoiser;
    measure_work *work = &viewer->work;
    *work = (measure_work){0};
    if (!find_figures(viewer, work, error))
        return false;
    find_maps(viewer, work);
    const bool open = work->figures || work->map_count > 0;
    return screen_fit_measure(&viewer->screen, open ? denoiser->width : 0, open ? denoiser->height : 0, work->map_count,
                              error);
}

/* For the report, of each frame. */
static void keep(viewer *viewer, const measurement *measured)
{
    frame_state *state = &viewer->frames[measured->request.frame];
    if (!viewer->options->report)
        return;
    if (!state->measured)
        state->measured = malloc(sizeof *state->measured);
    if (state->measured)
        *state->measured = *measured;
}

bool viewer_take_measured(viewer *viewer, error *error)
{
    screen *screen = &viewer->screen;
    uint64_t done = 0;
    if (!viewer->view.measures)
        viewer->has_measured = false;
    if (!screen->measure.device)
        return true;
    /* The picture whose place the next one takes: nothing of it is lost, and the next one would wait for it, too. */
    const uint64_t oldest = screen->drawn + 1 > SCREEN_FRAMES ? screen->drawn + 1 - SCREEN_FRAMES : 0;
    if (!screen_wait(screen, oldest, error) ||
        !vk_ok(vkGetSemaphoreCounterValue(screen->device->handle, screen->timeline, &done),
               "vkGetSemaphoreCounterValue", error))
        return false;
    for (uint64_t number = viewer->taken >= oldest ? viewer->taken + 1
                           : oldest                ? oldest
                                                   : 1;
         number <= done; number++) {
        if (!screen_measured(screen, number, &viewer->measured, &viewer->histograms))
            continue;
        viewer->has_measured = viewer->view.measures;
        keep(viewer, &viewer->measured);
    }
    viewer->taken = done;
    return true;
}
