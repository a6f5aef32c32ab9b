/* The inspector: which pixels the node is asked about, and what it told of the frame that is shown. */
#include <stdio.h>

#include "state.h"

/* What the view asks for: the pinned pixels, else the one under the mouse. */
static int find_wanted(const viewer *viewer, wf_node_pixel pixels[WF_NODE_MAX_PIXELS])
{
    const view *view = &viewer->view;
    const view_context *context = &viewer->context;
    const int column = viewer->layout.column, row = viewer->layout.row;
    if (!view->inspector)
        return 0;
    for (int i = 0; i < view->pin_count; i++)
        pixels[i] = view->pins[i];
    if (view->pin_count > 0)
        return view->pin_count;
    if (context->hovered < 0 || column < 0 || row < 0 || column >= context->image_width || row >= context->image_height)
        return 0;
    pixels[0] = (wf_node_pixel){(uint32_t)column, (uint32_t)row};
    return 1;
}

static bool is_asked(const viewer *viewer, const wf_node_pixel *pixels, int count)
{
    bool same = count == viewer->asked_count;
    for (int i = 0; i < count && same; i++)
        same = pixels[i].x == viewer->asked[i].x && pixels[i].y == viewer->asked[i].y;
    return same;
}

bool viewer_wants_inspection(const viewer *viewer)
{
    wf_node_pixel pixels[WF_NODE_MAX_PIXELS];
    int count = find_wanted(viewer, pixels);
    return count > 0 && !is_asked(viewer, pixels, count);
}

static bool all_inside(const viewer *viewer, const wf_node_pixel *pixels, int count, int index, error *error)
{
    const uint32_t width = viewer->denoiser.width, height = viewer->denoiser.height;
    for (int i = 0; i < count; i++)
        if (pixels[i].x >= width || pixels[i].y >= height)
            return error_set(error, "--pixel %u,%u: not in %s, whose %ux%u pixels go from 0,0 to %u,%u", pixels[i].x,
                             pixels[i].y, feed_path(&viewer->feed, index), width, height, width - 1, height - 1);
    return true;
}

bool viewer_ask(viewer *viewer, int index, error *error)
{
    wf_node_pixel pixels[WF_NODE_MAX_PIXELS];
    int count = find_wanted(viewer, pixels);
    if (!all_inside(viewer, pixels, count, index, error)) {
        if (viewer_measures(viewer))
            return false;
        viewer_notify(viewer, true, error->message);
        viewer->view.pin_count = count = 0;
    }
    if (is_asked(viewer, pixels, count))
        return true;
    if (!denoiser_inspect(&viewer->denoiser, count, pixels, error))
        return false;
    viewer->asked_count = count;
    for (int i = 0; i < count; i++)
        viewer->asked[i] = pixels[i];
    return true;
}

void viewer_forget_inspection(viewer *viewer)
{
    for (int i = 0; i < WF_NODE_MAX_PIXELS; i++)
        inspected_free(&viewer->inspected[i]);
    viewer->inspected_count = 0;
    viewer->inspected_frame = 0;
}

void viewer_take_inspection(viewer *viewer)
{
    wf_node_inspection told;
    if (viewer->asked_count == 0 || !viewer->view.inspector) {
        viewer_forget_inspection(viewer);
        return;
    }
    if (wf_node_inspected(viewer->denoiser.node, viewer->slot, &told) != WF_OK || told.frame == 0 ||
        told.frame == viewer->inspected_frame)
        return;
    viewer_forget_inspection(viewer);
    while (viewer->inspected_count < told.count &&
           inspected_read(&told.pixels[viewer->inspected_count], &viewer->inspected[viewer->inspected_count]))
        viewer->inspected_count++;
    viewer->inspected_frame = told.frame;
}
