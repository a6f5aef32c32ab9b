/* What splat writes of a pixel: where, and how much of it all levels write together, the pyramid's formula applied to
 * a picture of that pixel alone. */
#include "areas.h"
#include "inspect.h"

/* That decide what lands on the pixels that one writes. */
static double weights_of(const wf_filter *f)
{
    const double rows = (double)(f->kernel_height - 1) * f->dilation + 1;
    const double columns = (double)(f->kernel_width - 1) * f->dilation + 1;
    return rows * columns * f->groups * f->kernel_height * f->kernel_width;
}

/* ---- Where ------------------------------------------------------------------------------------------------------- */

static int first_of(int place, int size, int dilation)
{
    return place + wf_tap_offset(0, size, dilation);
}

static int last_of(int place, int size, int dilation)
{
    return place + wf_tap_offset(size - 1, size, dilation);
}

/* Of one level alone. */
static wf_node_area landing_of(const wf_node_kernels *k)
{
    const wf_filter *f = &k->filter;
    return clip(first_of(k->x, f->kernel_width, f->dilation), first_of(k->y, f->kernel_height, f->dilation),
                last_of(k->x, f->kernel_width, f->dilation), last_of(k->y, f->kernel_height, f->dilation), k);
}

/* Of the coarser level: the means that have a part of the area. */
static wf_node_area means_of(wf_node_area area)
{
    const int x = area.x / 2, y = area.y / 2;
    return (wf_node_area){x, y, (area.x + area.width - 1) / 2 - x + 1, (area.y + area.height - 1) / 2 - y + 1};
}

/* Those of the coarser level whose difference is added to the finer one. */
static wf_node_area difference_of(const wf_node_kernels *k)
{
    return join((k + 1)->written, means_of(landing_of(k)));
}

void wf_node_place_footprint(wf_node_inspected_pixel *pixel, node_landing landings[WF_PYRAMID_MAX_LEVELS])
{
    const int levels = pixel->levels[WF_SPLAT];
    for (int level = 0; level < levels; level++) {
        if (weights_of(&pixel->kernels[WF_SPLAT][level].filter) > WF_NODE_FOOTPRINT_WEIGHTS)
            return;
    }
    for (int level = levels - 1; level >= 0; level--) {
        wf_node_kernels *k = &pixel->kernels[WF_SPLAT][level];
        k->written = landings[level].area = landing_of(k);
        if (level == levels - 1)
            continue;
        const wf_node_area c = difference_of(k);
        k->written = join(k->written, clip(2 * c.x - 1, 2 * c.y - 1, 2 * (c.x + c.width), 2 * (c.y + c.height), k));
    }
}

/* ---- How much ---------------------------------------------------------------------------------------------------- */

static void add_footprint(const wf_node_kernels *k, int group, double part, const coefficients *y)
{
    const wf_filter *f = &k->filter;
    const int taps = f->kernel_height * f->kernel_width;
    for (int t = 0; t < taps; t++) {
        int row = k->y, column = k->x;
        follow_tap(f, t, 1, &row, &column);
        if (has(&y->area, row, column))
            *at(y, row, column) += part * (double)k->footprint[group * taps + t];
    }
}

/* o[l+1] - D(y[l]). */
static void subtract_means(const wf_node_kernels *k, const coefficients *y, const coefficients *coarse,
                           const coefficients *difference)
{
    const wf_node_area *d = &difference->area;
    for (int i = 0; i < d->width * d->height; i++) {
        const int row = d->y + i / d->width, column = d->x + i % d->width;
        int columns;
        const int count = block_of(k, row, column, &columns);
        difference->values[i] = has(&coarse->area, row, column) ? *at(coarse, row, column) : 0;
        for (int j = 0; j < count; j++) {
            const int fine_row = 2 * row + j / columns, fine_column = 2 * column + j % columns;
            if (has(&y->area, fine_row, fine_column))
                difference->values[i] -= *at(y, fine_row, fine_column) / count;
        }
    }
}

static void add_differences(const wf_node_kernels *k, const coefficients *difference, const coefficients *y)
{
    for (int i = 0; i < y->area.width * y->area.height; i++) {
        const int row = y->area.y + i / y->area.width, column = y->area.x + i % y->area.width;
        for (int corner = 0; corner < 4; corner++) {
            int coarse_row, coarse_column;
            const double part = interpolated(k, row, column, corner, &coarse_row, &coarse_column);
            if (has(&difference->area, coarse_row, coarse_column))
                y->values[i] += (double)k->written_alpha[i] * part * *at(difference, coarse_row, coarse_column);
        }
    }
}

/* o of a level, over what it writes. part: what the level's pixel has of the inspected one. */
static wf_result follow_level(const wf_node_inspected_pixel *pixel, int level, int group, double part,
                              const coefficients *o)
{
    const wf_node_kernels *k = &pixel->kernels[WF_SPLAT][level];
    coefficients coarse = {0}, difference = {0};
    wf_result result = WF_OK;
    int columns;
    add_footprint(k, group, part, o);
    if (level == pixel->levels[WF_SPLAT] - 1)
        return WF_OK;
    if (!make(&coarse, (k + 1)->written) || !make(&difference, difference_of(k)))
        result = WF_ERROR_OUT_OF_MEMORY;
    if (result == WF_OK)
        result = follow_level(pixel, level + 1, group, part / block_of(k, k->y / 2, k->x / 2, &columns), &coarse);
    if (result == WF_OK) {
        subtract_means(k, o, &coarse, &difference);
        add_differences(k, &difference, o);
    }
    free(coarse.values);
    free(difference.values);
    return result;
}

wf_node_area wf_node_footprint_area(const wf_node_inspected_pixel *pixel)
{
    return pixel && pixel->levels[WF_SPLAT] > 0 ? pixel->kernels[WF_SPLAT][0].written : (wf_node_area){0};
}

wf_result wf_node_footprint(const wf_node_inspected_pixel *pixel, int group, float *factors)
{
    const wf_node_area area = wf_node_footprint_area(pixel);
    if (!factors || area.width < 1 || group < 0 || group >= pixel->kernels[WF_SPLAT][0].filter.groups)
        return WF_ERROR_INVALID_ARGUMENT;
    coefficients o;
    if (!make(&o, area))
        return WF_ERROR_OUT_OF_MEMORY;
    const wf_result result = follow_level(pixel, 0, group, 1, &o);
    for (int i = 0; i < area.width * area.height && result == WF_OK; i++)
        factors[i] = (float)o.values[i];
    free(o.values);
    return result;
}
