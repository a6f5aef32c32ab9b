/* Auto exposure. */
#include <math.h>

#include "app/view/exposure.h"
#include "shaders/display/pane.h"
#include "state.h"

static bool is_radiance(const pane *pane)
{
    return !pane_is_compared(pane) && layer_row_of(pane->layer)->shown == PANE_RADIANCE;
}

/* The pane whose exposure is found: that which keys act on, or else the first one with radiance. -1: none. */
static int find_pane(const viewer *viewer)
{
    const view *view = &viewer->view;
    const bool *has = viewer->context.has;
    const int wanted = view_target_pane(view, &viewer->context);
    const pane *pane = &view->panes[wanted];
    if (pane_has_layers(pane, has) && (is_radiance(pane) || (pane_is_compared(pane) && !pane_shows_flip(pane))))
        return wanted;
    for (int i = 0; i < view->pane_count; i++)
        if (pane_has_layers(&view->panes[i], has) && is_radiance(&view->panes[i]))
            return i;
    return -1;
}

static float limit(float ev, float most)
{
    return fminf(fmaxf(ev, -most), most);
}

/* Radiance sets the exposure of all panes; a difference its own, on top of that where it counts. */
static void apply(view *view, const view_context *context, pane *pane, float ev)
{
    if (!pane_is_compared(pane))
        view->tone.exposure = limit(ev - pane->exposure, TONE_MOST_EV);
    else
        pane->exposure = limit(pane->exposure + ev + log2f(view_ramp_end(view, context, pane)), PANE_MOST_EV);
}

bool viewer_expose(viewer *viewer, error *error)
{
    const denoiser *denoiser = &viewer->denoiser;
    const int index = viewer->view.auto_exposure ? find_pane(viewer) : -1;
    viewer->view.auto_exposure = false;
    if (index < 0)
        return true;
    pane *pane = &viewer->view.panes[index];
    const bool is_compared = pane_is_compared(pane);
    image pictures[SHOWN_LAYERS];
    const shown_images images = viewer_images(viewer);
    layer_set layers = {0};
    float ev;
    pane_add_layers(pane, &layers);
    if (!capture_layers(&viewer->capture, &images, &layers, (int)denoiser->width, (int)denoiser->height, pictures,
                        error))
        return false;
    if (exposure_find(pane, &pictures[pane->layer], is_compared ? &pictures[pane->against] : NULL, &ev))
        apply(&viewer->view, &viewer->context, pane, ev);
    return true;
}
