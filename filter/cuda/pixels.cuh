/* pixels.cuh -- kernels with one thread a pair of pixels: any device, kernel, dilation, type and stride. Private.
 *
 * The pixels of a pair lie above each other, as far apart as two taps: what a row of
 * taps of both reads is read once. */
#ifndef WF_CUDA_PIXELS_CUH
#define WF_CUDA_PIXELS_CUH

#include "common.cuh"
#include "plan.h"

#define WF_PIXELS_WIDTH  64 /* threads of a block: wide and flat, so that a warp reads whole cache lines */
#define WF_PIXELS_HEIGHT 4
#define WF_PIXELS_TAPS   8 /* of a kernel row, that are read before they are used */
#define WF_PIXELS_PAIR   2

/* How images are shared out. */
struct wf_pixel_grid {
    wf_grid blocks;
    int width, height;
    int distance; /* rows between the pixels of a pair: the dilation, where the image is that high */
};

/* A thread's work: pixels (x,y) and (x, y + distance), of which the second may lie outside. */
struct wf_pixel_pair {
    int x, y, n, pass;
};

static inline wf_pixel_grid wf_make_pixel_grid(const int64_t size[4], int dilation, unsigned passes)
{
    wf_pixel_grid grid = {};
    grid.width = (int)size[3], grid.height = (int)size[2];
    grid.distance = dilation < grid.height ? dilation : grid.height;
    const int64_t pairs = (int64_t)wf_divide_up(size[2], WF_PIXELS_PAIR * (int64_t)grid.distance) * grid.distance;
    grid.blocks = {wf_divide_up(size[3], WF_PIXELS_WIDTH), wf_divide_up(pairs, WF_PIXELS_HEIGHT), passes};
    return grid;
}

/* False for threads that have none. */
static __device__ __forceinline__ bool wf_this_pair(const wf_pixel_grid &grid, wf_pixel_pair *pair)
{
    const wf_block block = wf_this_block(grid.blocks, WF_PIXELS_WIDTH, WF_PIXELS_HEIGHT);
    const int index = block.y + threadIdx.y;
    pair->x = block.x + threadIdx.x;
    pair->y = index / grid.distance * grid.distance * WF_PIXELS_PAIR + index % grid.distance;
    pair->n = block.n, pair->pass = block.pass;
    return pair->x < grid.width && pair->y < grid.height;
}

/* The parts of a plan besides the kernel. */
static inline void wf_plan_pixels(wf_plan *plan, const wf_pixel_grid &grid, int64_t images, void *args)
{
    plan->grid = grid.blocks, plan->images = images;
    plan->threads = dim3(WF_PIXELS_WIDTH, WF_PIXELS_HEIGHT), plan->shared_bytes = 0;
    plan->arguments[0] = args;
}

#endif
