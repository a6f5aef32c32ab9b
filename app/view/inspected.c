#include "inspected.h"

#include <math.h>
#include <stdlib.h>

static void find_figures(inspected_kernel *kernel)
{
    double total = 0, squares = 0;
    kernel->sum = kernel->entropy = 0;
    for (int i = 0; i < kernel->width * kernel->height; i++) {
        kernel->sum += (double)kernel->factors[i];
        total += fabs((double)kernel->factors[i]);
    }
    for (int i = 0; i < kernel->width * kernel->height && total > 0; i++) {
        const double p = fabs((double)kernel->factors[i]) / total;
        const double dx = kernel->first_x + kernel->step * (i % kernel->width) - kernel->x;
        const double dy = kernel->first_y + kernel->step * (i / kernel->width) - kernel->y;
        kernel->entropy -= p > 0 ? p * log2(p) : 0;
        squares += p * (dx * dx + dy * dy);
    }
    kernel->effective_radius = sqrt(squares);
}

/* Splat's taps the other way round: tap t is of the pixel at -o(t). */
static bool read_level(const wf_node_kernels *told, wf_operator op, int level, inspected_kernel *kernel)
{
    const wf_filter *filter = &told->filter;
    const int height = filter->kernel_height, width = filter->kernel_width, taps = height * width;
    const int place = (told->y - told->first_y) * told->columns + told->x - told->first_x;
    const float *factors = told->factors + (size_t)place * (size_t)(filter->groups * taps);
    const int before_y = op == WF_SPLAT ? height - 1 - height / 2 : height / 2;
    const int before_x = op == WF_SPLAT ? width - 1 - width / 2 : width / 2;
    *kernel = (inspected_kernel){
        .op = op,
        .level = level,
        .mode = filter->mode,
        .x = told->x,
        .y = told->y,
        .first_x = told->x - filter->dilation * before_x,
        .first_y = told->y - filter->dilation * before_y,
        .step = filter->dilation,
        .width = width,
        .height = height,
        .factors = calloc((size_t)taps, sizeof *kernel->factors),
        .has_alpha = told->alpha,
        .alpha = told->alpha ? told->alpha[place] : 0,
    };
    for (int t = 0; t < taps && kernel->factors; t++)
        kernel->factors[op == WF_SPLAT ? taps - 1 - t : t] = factors[t];
    return kernel->factors;
}

static bool read_effective(const wf_node_inspected_pixel *told, wf_operator op, inspected_kernel *kernel)
{
    const wf_node_area area = wf_node_effective_area(told, op);
    *kernel = (inspected_kernel){
        .op = op,
        .level = INSPECTED_EFFECTIVE,
        .mode = WF_LINEAR,
        .x = (int)told->x,
        .y = (int)told->y,
        .first_x = area.x,
        .first_y = area.y,
        .step = 1,
        .width = area.width,
        .height = area.height,
        .factors = calloc((size_t)area.width * (size_t)area.height, sizeof *kernel->factors),
    };
    return kernel->factors && wf_node_effective_kernel(told, op, 0, kernel->factors) == WF_OK;
}

/* In the order of taps: tap t lands at +o(t). */
static bool read_footprint(const wf_node_kernels *told, const inspected_kernel *beside, inspected_footprint *footprint)
{
    const wf_filter *filter = &told->filter;
    const int taps = beside->width * beside->height;
    *footprint = *beside;
    footprint->first_x = told->x - filter->dilation * (filter->kernel_width / 2);
    footprint->first_y = told->y - filter->dilation * (filter->kernel_height / 2);
    footprint->factors = calloc((size_t)taps, sizeof *footprint->factors);
    for (int t = 0; t < taps && footprint->factors; t++)
        footprint->factors[t] = told->footprint[t];
    return footprint->factors;
}

static bool read_whole_footprint(const wf_node_inspected_pixel *told, const inspected_kernel *beside,
                                 inspected_footprint *footprint)
{
    const wf_node_area area = wf_node_footprint_area(told);
    *footprint = *beside;
    footprint->first_x = area.x;
    footprint->first_y = area.y;
    footprint->width = area.width;
    footprint->height = area.height;
    footprint->factors = calloc((size_t)area.width * (size_t)area.height, sizeof *footprint->factors);
    return footprint->factors && wf_node_footprint(told, 0, footprint->factors) == WF_OK;
}

/* Beside splat's kernels, the last of the pixel's. */
static bool read_footprints(const wf_node_inspected_pixel *told, inspected_pixel *pixel)
{
    const int levels = told->levels[WF_SPLAT], first = pixel->count - levels - (levels > 1);
    if (wf_node_footprint_area(told).width == 0)
        return true;
    for (int level = 0; level < levels; level++)
        if (!read_footprint(&told->kernels[WF_SPLAT][level], &pixel->kernels[first + level],
                            &pixel->footprints[first + level]))
            return false;
    return levels < 2 ||
           read_whole_footprint(told, &pixel->kernels[first + levels], &pixel->footprints[first + levels]);
}

static bool read_operator(const wf_node_inspected_pixel *told, wf_operator op, inspected_pixel *pixel)
{
    const int levels = told->levels[op];
    for (int level = 0; level < levels; level++)
        if (!read_level(&told->kernels[op][level], op, level, &pixel->kernels[pixel->count++]))
            return false;
    return levels < 2 || read_effective(told, op, &pixel->kernels[pixel->count++]);
}

bool inspected_read(const wf_node_inspected_pixel *told, inspected_pixel *pixel)
{
    *pixel = (inspected_pixel){.x = (int)told->x, .y = (int)told->y};
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (!read_operator(told, op, pixel)) {
            inspected_free(pixel);
            return false;
        }
    }
    if (!read_footprints(told, pixel)) {
        inspected_free(pixel);
        return false;
    }
    for (int i = 0; i < pixel->count; i++) {
        find_figures(&pixel->kernels[i]);
        if (pixel->footprints[i].factors)
            find_figures(&pixel->footprints[i]);
    }
    return true;
}

void inspected_free(inspected_pixel *pixel)
{
    for (int i = 0; i < pixel->count; i++) {
        free(pixel->kernels[i].factors);
        free(pixel->footprints[i].factors);
    }
    *pixel = (inspected_pixel){0};
}

const inspected_kernel *inspected_whole(const inspected_pixel *pixel, wf_operator op)
{
    const inspected_kernel *last = NULL;
    for (int i = 0; i < pixel->count; i++)
        last = pixel->kernels[i].op == op ? &pixel->kernels[i] : last;
    return last;
}

const inspected_footprint *inspected_written(const inspected_pixel *pixel)
{
    const inspected_kernel *whole = inspected_whole(pixel, WF_SPLAT);
    const inspected_footprint *footprint = whole ? &pixel->footprints[whole - pixel->kernels] : NULL;
    return footprint && footprint->factors ? footprint : NULL;
}

static double size_of(const inspected_kernel *kernel)
{
    double size = 0;
    for (int i = 0; i < kernel->width * kernel->height; i++)
        size += fabs((double)kernel->factors[i]);
    return size;
}

double inspected_overlap(const inspected_kernel *one, const inspected_kernel *other)
{
    const double sizes[2] = {size_of(one), size_of(other)};
    /* Where tap 0 of one lies in the other. */
    const int across = one->first_x - one->x - (other->first_x - other->x);
    const int down = one->first_y - one->y - (other->first_y - other->y);
    double overlap = 0;
    if (one->step != other->step || sizes[0] == 0 || sizes[1] == 0)
        return 0;
    for (int i = 0; i < one->width * one->height; i++) {
        const int column = i % one->width + across / one->step, row = i / one->width + down / one->step;
        if (column >= 0 && row >= 0 && column < other->width && row < other->height)
            overlap += fmin(fabs((double)one->factors[i]) / sizes[0],
                            fabs((double)other->factors[row * other->width + column]) / sizes[1]);
    }
    return overlap;
}
