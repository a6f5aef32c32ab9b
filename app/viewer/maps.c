/* Maps of kernels: which of them frames have, and what the ends of their ramps are. */
#include <math.h>

#include "state.h"

int viewer_count_levels(const viewer *viewer, int row)
{
    return predictor_rows[row].runs_network ? viewer->network.info.kernel_levels : 1;
}

/* What a sequence's denoiser was told. */
static const predictor_options *predictor_of(const viewer *viewer, int sequence)
{
    return sequence == 0 ? &viewer->applied : &viewer->beside[sequence - 1].applied;
}

/* Those that panes show, and that are measured, as far as there are such levels. */
static layer_set find_wanted(const viewer *viewer, int sequence)
{
    const view *view = &viewer->view;
    const int levels = viewer_count_levels(viewer, predictor_of(viewer, sequence)->row);
    layer_set shown = {0}, maps = {0};
    for (int i = 0; i < view->pane_count; i++)
        pane_add_layers(&view->panes[i], &shown);
    if (view->measures)
        pane_add_layers(&(pane){.layer = view->measured, .against = view->against}, &shown);
    for (int layer = LAYER_MAPS; layer < LAYER_COUNT; layer++)
        maps.has[layer] =
            shown.has[layer_of_sequence(sequence, layer)] && layer_map_level(layer) < levels && viewer_draws(viewer);
    return maps;
}

static bool lacks_maps(const viewer *viewer, int sequence, const denoiser *denoiser)
{
    const layer_set maps = find_wanted(viewer, sequence);
    bool missing = false;
    for (int layer = LAYER_MAPS; layer < LAYER_COUNT; layer++)
        missing = missing || (maps.has[layer] && !denoiser->maps.has[layer]);
    return missing;
}

bool viewer_wants_maps(const viewer *viewer)
{
    bool missing = lacks_maps(viewer, 0, &viewer->denoiser);
    for (int i = 0; i < viewer->beside_count; i++)
        missing = missing || (viewer->beside[i].frame >= 0 && lacks_maps(viewer, i + 1, &viewer->beside[i].denoiser));
    return missing;
}

void viewer_ask_maps(viewer *viewer, int sequence, denoiser *denoiser)
{
    const layer_set maps = find_wanted(viewer, sequence);
    denoiser_map(denoiser, &maps);
}

/* Taps a side, at most, of the level's kernels. */
static int kernel_of(const viewer *viewer, const predictor_options *predictor, int level)
{
    const predictor_row *row = &predictor_rows[predictor->row];
    int height = viewer->gather_weights.kernel_height, width = viewer->gather_weights.kernel_width;
    if (row->runs_network)
        return viewer->network.info.kernel_sizes[level];
    if (row->get_kernel)
        row->get_kernel(predictor, &height, &width);
    return height > width ? height : width;
}

void viewer_note_maps(viewer *viewer, int sequence)
{
    view_context *context = &viewer->context;
    const predictor_options *predictor = predictor_of(viewer, sequence);
    const int levels = viewer_count_levels(viewer, predictor->row);
    context->map_levels[sequence] = levels;
    for (int layer = LAYER_MAPS; layer < LAYER_COUNT && layer_map_level(layer) < levels; layer++) {
        const int taps = kernel_of(viewer, predictor, layer_map_level(layer));
        const float ends[WF_FIGURE_COUNT] = {[WF_FIGURE_SUM] = 2,
                                             [WF_FIGURE_ENTROPY] = fmaxf(2 * log2f((float)taps), 1),
                                             [WF_FIGURE_RADIUS] = fmaxf((float)(taps / 2), 1),
                                             [WF_FIGURE_OWN] = 1,
                                             [WF_FIGURE_BLEND] = 1};
        context->map_ends[layer_of_sequence(sequence, layer)] = ends[layer_map_figure(layer)];
    }
}
