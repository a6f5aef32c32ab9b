/* levels.h -- from one level of a pyramid to the next (wf_pyramid.h): D, the mean of a 2x2 block's pixels that are in
 * the image, and U, bilinear interpolation. Of float32 tensors N,C,H,W; inline, as every pixel has them computed. */
#ifndef WF_CPU_LEVELS_H
#define WF_CPU_LEVELS_H

#include "cpu.h"

/* An image's plane. */
typedef struct wf_plane {
    const wf_tensor *tensor;
    int64_t n, c;
} wf_plane;

static inline float *wf_plane_at(wf_plane plane, int64_t y, int64_t x)
{
    return wf_cpu_address(plane.tensor, plane.n, plane.c, y, x);
}

/* D at the coarse pixel y, x. */
static inline float wf_level_down(wf_plane fine, int64_t y, int64_t x)
{
    const int64_t rows = wf_smaller(2, fine.tensor->size[2] - 2 * y);
    const int64_t columns = wf_smaller(2, fine.tensor->size[3] - 2 * x);
    float sum = 0;
    for (int64_t i = 0; i < rows * columns; i++)
        sum += *wf_plane_at(fine, 2 * y + i / columns, 2 * x + i % columns);
    return sum / (float)(rows * columns);
}

/* The coarse pixel that has the other quarter of a fine one, in one dimension. */
static inline int64_t wf_level_neighbor(int64_t fine, int64_t last)
{
    const int64_t coarse = fine / 2;
    return fine % 2 ? wf_smaller(coarse + 1, last) : coarse > 0 ? coarse - 1 : 0;
}

/* U at the fine pixel y, x. */
static inline float wf_level_up(wf_plane coarse, int64_t y, int64_t x)
{
    const int64_t y0 = y / 2, y1 = wf_level_neighbor(y, coarse.tensor->size[2] - 1);
    const int64_t x0 = x / 2, x1 = wf_level_neighbor(x, coarse.tensor->size[3] - 1);
    const float near = 0.75f * *wf_plane_at(coarse, y0, x0) + 0.25f * *wf_plane_at(coarse, y0, x1);
    const float far = 0.75f * *wf_plane_at(coarse, y1, x0) + 0.25f * *wf_plane_at(coarse, y1, x1);
    return 0.75f * near + 0.25f * far;
}

#endif
