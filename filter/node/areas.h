/* areas.h -- pixels of a pyramid's levels and coefficients of them; where taps lead, and which coarse pixels a fine one
 * is interpolated from. Private to filter/node. */
#ifndef WF_NODE_AREAS_H
#define WF_NODE_AREAS_H

#include <stdlib.h>

#include "taps.h"
#include "wf_node_inspect.h"

static inline int smaller(int a, int b)
{
    return a < b ? a : b;
}

static inline int larger(int a, int b)
{
    return a > b ? a : b;
}

/* Areas are clipped to an image; the smallest one that has both. */
static inline wf_node_area join(wf_node_area a, wf_node_area b)
{
    const int x = smaller(a.x, b.x), y = smaller(a.y, b.y);
    return (wf_node_area){x, y, larger(a.x + a.width, b.x + b.width) - x, larger(a.y + a.height, b.y + b.height) - y};
}

static inline wf_node_area clip(int x, int y, int last_x, int last_y, const wf_node_kernels *k)
{
    x = larger(x, 0), y = larger(y, 0);
    return (wf_node_area){x, y, smaller(last_x, k->width - 1) - x + 1, smaller(last_y, k->height - 1) - y + 1};
}

static inline size_t pixels_of(wf_node_area area)
{
    return (size_t)area.width * (size_t)area.height;
}

/* What is told of a level for the operator's own result. */
static inline wf_node_area window_of(const wf_node_kernels *k)
{
    return (wf_node_area){k->first_x, k->first_y, k->columns, k->rows};
}

/* Of a pixel, all groups. */
static inline size_t taps_of(const wf_filter *f)
{
    return (size_t)f->groups * (size_t)f->kernel_height * (size_t)f->kernel_width;
}

/* From a pixel to the other end of a group's tap t. direction: 1: of the pixel's own kernel; -1:
   the source whose tap lands here. */
static inline void follow_tap(const wf_filter *f, int t, int direction, int *y, int *x)
{
    *y += direction * wf_tap_offset(t / f->kernel_width, f->kernel_height, f->dilation);
    *x += direction * wf_tap_offset(t % f->kernel_width, f->kernel_width, f->dilation);
}

/* Of an area's pixels. */
typedef struct coefficients {
    wf_node_area area;
    double *values; /* owned */
} coefficients;

/* All 0; false for want of memory. */
static inline int make(coefficients *c, wf_node_area area)
{
    *c = (coefficients){area, calloc(pixels_of(area), sizeof(double))};
    return c->values != NULL;
}

static inline double *at(const coefficients *c, int y, int x)
{
    return &c->values[(size_t)(y - c->area.y) * (size_t)c->area.width + (size_t)(x - c->area.x)];
}

static inline int has(const wf_node_area *area, int y, int x)
{
    return y >= area->y && y < area->y + area->height && x >= area->x && x < area->x + area->width;
}

/* One of the four coarse pixels, 0 ... 3, that a pixel of the level k is interpolated from; returns its part. */
static inline double interpolated(const wf_node_kernels *k, int y, int x, int corner, int *coarse_y, int *coarse_x)
{
    const int last_y = (k->height + 1) / 2 - 1, last_x = (k->width + 1) / 2 - 1;
    const int beside_y = y % 2 ? smaller(y / 2 + 1, last_y) : larger(y / 2 - 1, 0);
    const int beside_x = x % 2 ? smaller(x / 2 + 1, last_x) : larger(x / 2 - 1, 0);
    *coarse_y = corner / 2 ? beside_y : y / 2;
    *coarse_x = corner % 2 ? beside_x : x / 2;
    return (corner / 2 ? 0.25 : 0.75) * (corner % 2 ? 0.25 : 0.75);
}

/* How many pixels of the level k a coarse one is the mean of: rows times columns. */
static inline int block_of(const wf_node_kernels *k, int coarse_y, int coarse_x, int *columns)
{
    *columns = smaller(2, k->width - 2 * coarse_x);
    return smaller(2, k->height - 2 * coarse_y) * *columns;
}

#endif
