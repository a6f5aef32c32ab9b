/* Maps of kernels: which of them frames have, and what the ends of their ramps are. */
#include <math.h>

#include "state.h"

static void add(unsigned *maps, int layer)
{
    if (layer >= 0 && layer_is_map(layer))
        *maps |= 1u << (layer - LAYER_MAPS);
}

/* Those that panes show, and that are measured. */
static unsigned find_wanted(const viewer *viewer)
{
    const view *view = &viewer->view;
    unsigned maps = 0;
    for (int i = 0; i < view->pane_count; i++) {
        add(&maps, view->panes[i].layer);
        add(&maps, view->panes[i].against);
    }
    if (view->measures) {
        add(&maps, view->measured);
        add(&maps, view->against);
    }
    return viewer_draws(viewer) ? maps : 0;
}

bool viewer_wants_maps(const viewer *viewer)
{
    const unsigned maps = find_wanted(viewer);
    return maps & ~viewer->denoiser.maps || (maps && viewer->mapped_level != viewer->view.map_level);
}

bool viewer_ask_maps(viewer *viewer, error *error)
{
    viewer->mapped_level = viewer->view.map_level;
    return denoiser_map(&viewer->denoiser, find_wanted(viewer), viewer->mapped_level, error);
}

/* Taps a side, at most, of the level's kernels. */
static int kernel_of(const viewer *viewer)
{
    const predictor_row *row = &predictor_rows[viewer->applied.row];
    int height = viewer->gather_weights.kernel_height, width = viewer->gather_weights.kernel_width;
    if (row->runs_network) {
        const wf_network_info *info = &viewer->network.info;
        const int level = viewer->mapped_level, last = info->kernel_levels - 1;
        return info->kernel_sizes[level < last ? level : last];
    }
    if (row->get_kernel)
        row->get_kernel(&viewer->applied, &height, &width);
    return height > width ? height : width;
}

void viewer_find_map_ends(viewer *viewer)
{
    const int taps = kernel_of(viewer);
    const bool is_pyramid = predictor_rows[viewer->applied.row].runs_network;
    viewer->context.map_levels = is_pyramid ? viewer->network.info.kernel_levels : 1;
    const float ends[WF_FIGURE_COUNT] = {[WF_FIGURE_SUM] = 2,
                                         [WF_FIGURE_ENTROPY] = fmaxf(2 * log2f((float)taps), 1),
                                         [WF_FIGURE_RADIUS] = fmaxf((float)(taps / 2), 1),
                                         [WF_FIGURE_OWN] = 1,
                                         [WF_FIGURE_BLEND] = 1};
    for (int map = 0; map < MAP_COUNT; map++)
        viewer->context.map_ends[LAYER_MAPS + map] = ends[map % WF_FIGURE_COUNT];
}
