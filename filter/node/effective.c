/* The kernel at full resolution that a pyramid's levels make together: the pyramid's formula followed from the
 * pixel back to what it is made of. */
#include "areas.h"

/* What a window's taps read: either way, for gather and for splat. */
static wf_node_area reach_of(const wf_node_kernels *k)
{
    const int across = k->filter.dilation * (k->filter.kernel_width / 2);
    const int down = k->filter.dilation * (k->filter.kernel_height / 2);
    return clip(k->first_x - across, k->first_y - down, k->first_x + k->columns - 1 + across,
                k->first_y + k->rows - 1 + down, k);
}

/* Of a level and those above it. */
static wf_node_area area_of(const wf_node_inspected_pixel *pixel, wf_operator op, int level)
{
    const wf_node_kernels *k = &pixel->kernels[op][level];
    const wf_node_area own = reach_of(k);
    if (level == pixel->levels[op] - 1)
        return own;
    const wf_node_area c = area_of(pixel, op, level + 1);
    return join(own, clip(2 * c.x, 2 * c.y, 2 * (c.x + c.width) - 1, 2 * (c.y + c.height) - 1, k));
}

wf_node_area wf_node_effective_area(const wf_node_inspected_pixel *pixel, wf_operator op)
{
    if (!pixel || (int)op < 0 || op >= WF_OPERATOR_COUNT || pixel->levels[op] < 1)
        return (wf_node_area){0};
    return area_of(pixel, op, 0);
}

/* A coarse pixel's coefficient, shared among those that it is the mean of. */
static void add_block(const coefficients *fine, const wf_node_kernels *k, int y, int x, double value)
{
    int columns;
    const int count = block_of(k, y, x, &columns);
    for (int i = 0; i < count; i++)
        *at(fine, 2 * y + i / columns, 2 * x + i % columns) += value / count;
}

/* alpha * U(o[l+1] - D(y[l])) of one pixel: to y of its level and to o of the coarser one. */
static void add_coarser(const wf_node_kernels *k, int y, int x, double value, const coefficients *own,
                        const coefficients *coarser)
{
    for (int corner = 0; corner < 4; corner++) {
        int cy, cx;
        const double part = interpolated(k, y, x, corner, &cy, &cx) * value;
        *at(coarser, cy, cx) += part;
        add_block(own, k, cy, cx, -part);
    }
}

/* From coefficients of a window's y to those of the pictures that its taps read. */
static void add_taps(const wf_node_kernels *k, wf_operator op, int group, const coefficients *own,
                     const coefficients *read)
{
    const int taps = k->filter.kernel_height * k->filter.kernel_width, direction = op == WF_SPLAT ? -1 : 1;
    for (int i = 0; i < k->rows * k->columns * taps; i++) {
        const int pixel = i / taps, t = i % taps;
        const int y = k->first_y + pixel / k->columns, x = k->first_x + pixel % k->columns;
        const size_t tap = (size_t)(pixel * k->filter.groups + group) * (size_t)taps + (size_t)t;
        int from_y = y, from_x = x;
        follow_tap(&k->filter, t, direction, &from_y, &from_x);
        if (from_y >= 0 && from_y < k->height && from_x >= 0 && from_x < k->width)
            *at(read, from_y, from_x) += *at(own, y, x) * (double)k->factors[tap];
    }
}

/* One level: its own part of what is read, and the coefficients of the coarser level's
   o. blended: those of its own o. */
static wf_result follow_level(const wf_node_inspected_pixel *pixel, wf_operator op, int level, int group,
                              const coefficients *blended, const coefficients *read)
{
    const wf_node_kernels *k = &pixel->kernels[op][level];
    const int is_coarsest = level == pixel->levels[op] - 1, count = k->rows * k->columns;
    coefficients own = {0}, coarser = {0}, coarser_read = {0};
    wf_result result = WF_OK;
    if (!make(&own, window_of(k)) ||
        (!is_coarsest && (!make(&coarser, window_of(k + 1)) || !make(&coarser_read, area_of(pixel, op, level + 1)))))
        result = WF_ERROR_OUT_OF_MEMORY;
    for (int i = 0; i < count && result == WF_OK; i++) {
        const int y = k->first_y + i / k->columns, x = k->first_x + i % k->columns;
        own.values[i] += blended->values[i];
        if (!is_coarsest && blended->values[i] != 0)
            add_coarser(k, y, x, (double)k->alpha[i] * blended->values[i], &own, &coarser);
    }
    if (result == WF_OK)
        add_taps(k, op, group, &own, read);
    if (result == WF_OK && !is_coarsest)
        result = follow_level(pixel, op, level + 1, group, &coarser, &coarser_read);
    for (int i = 0; i < coarser_read.area.width * coarser_read.area.height && result == WF_OK; i++)
        add_block(read, k, coarser_read.area.y + i / coarser_read.area.width,
                  coarser_read.area.x + i % coarser_read.area.width, coarser_read.values[i]);
    free(own.values);
    free(coarser.values);
    free(coarser_read.values);
    return result;
}

wf_result wf_node_effective_kernel(const wf_node_inspected_pixel *pixel, wf_operator op, int group, float *factors)
{
    const wf_node_area area = wf_node_effective_area(pixel, op);
    if (!factors || area.width < 1 || group < 0 || group >= pixel->kernels[op][0].filter.groups)
        return WF_ERROR_INVALID_ARGUMENT;
    coefficients blended = {0}, read = {0};
    wf_result result = WF_ERROR_OUT_OF_MEMORY;
    if (make(&blended, window_of(&pixel->kernels[op][0])) && make(&read, area)) {
        *at(&blended, (int)pixel->y, (int)pixel->x) = 1;
        result = follow_level(pixel, op, 0, group, &blended, &read);
    }
    for (int i = 0; i < area.width * area.height && result == WF_OK; i++)
        factors[i] = (float)read.values[i];
    free(blended.values);
    free(read.values);
    return result;
}
