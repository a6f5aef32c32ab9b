/* halve.cuh -- light of coarser levels: means of each 2x2 block's in-image pixels. Private.
 *
 * In an odd row or column at the end of the image its pixels count twice. Sums are rounded
 * alike wherever they are computed. */
#ifndef WF_CUDA_HALVE_CUH
#define WF_CUDA_HALVE_CUH

#include "light.cuh"

#define WF_HALVES 4 /* of a launch */

/* Dense images, each half the one before. */
struct wf_halves {
    float *images[WF_HALVES];
    int count;
    int width, height; /* of the first one */
};

static inline wf_halves wf_make_halves(const wf_down_call *calls, int count)
{
    wf_halves halves = {};
    for (int i = 0; i < count; i++)
        halves.images[i] = (float *)calls[i].output.data;
    halves.count = count;
    if (count > 0)
        halves.width = (int)calls[0].output.size[3], halves.height = (int)calls[0].output.size[2];
    return halves;
}

static __device__ __forceinline__ float3 wf_add_rounded(float3 a, float3 b)
{
    return make_float3(__fadd_rn(a.x, b.x), __fadd_rn(a.y, b.y), __fadd_rn(a.z, b.z));
}

/* upper, lower: sums of a row's two pixels. */
static __device__ __forceinline__ float3 wf_halve(float3 upper, float3 lower)
{
    return 0.25f * wf_add_rounded(upper, lower);
}

/* By one warp: from a tile of the first image on, all further ones. tile: that tile's means, rows x columns, and room
 * for half as many. x0, y0: its first pixel. */
static __device__ __forceinline__ void wf_halve_further(const wf_halves &halves, float3 *tile, int rows, int columns,
                                                        int y0, int x0)
{
    int width = halves.width, height = halves.height;
    for (int i = 1; i < halves.count; i++) {
        const int last_row = min(rows, height - y0) - 1, last_column = min(columns, width - x0) - 1, pitch = columns;
        float3 *const next = tile + rows * columns;
        rows /= 2, columns /= 2, y0 /= 2, x0 /= 2, height = (height + 1) / 2, width = (width + 1) / 2;
        __syncwarp();
        for (int pixel = threadIdx.x % 32; pixel < rows * columns; pixel += 32) {
            const int row = pixel / columns, column = pixel % columns, right = min(2 * column + 1, last_column);
            const float3 *upper = tile + min(2 * row, last_row) * pitch,
                         *lower = tile + min(2 * row + 1, last_row) * pitch;
            const int left = min(2 * column, last_column);
            const float3 mean =
                wf_halve(wf_add_rounded(upper[left], upper[right]), wf_add_rounded(lower[left], lower[right]));
            next[pixel] = mean;
            if (y0 + row < height && x0 + column < width)
                wf_write_dense(halves.images[i], width * height, (y0 + row) * width + x0 + column, mean);
        }
        tile = next;
    }
}

#endif
