/* gather_splat_tiles.cuh -- both operators of the same weights, which are read once, on tiles. Private; since compute
 * capability 9.0.
 *
 * For every tap TMA brings the box of weights that covers the tile, for gather, and the tile moved against the tap's
 * offset (dy,dx), for splat: the tile's rows, |dy| more above or below, and a halo of columns left or right. Where a
 * box starts left of the tile it does so by the whole halo, so that it stays aligned.
 *
 * Columns of sources are counted from `halo` left of the tile, alike for both. In a group of taps at columns S ... S+3
 * for gather's pixel 0, splat's sources lie at 2 halo - S ... 2 halo - S - 3: its window goes left as gather's goes
 * right. */
#ifndef WF_CUDA_GATHER_SPLAT_TILES_CUH
#define WF_CUDA_GATHER_SPLAT_TILES_CUH

#include "static_switch.cuh"
#include "tiles.cuh"

/* Measured on an H200. Large kernels need high tiles, as the boxes of weights have rows above or below; low ones let
 * two blocks run on a multiprocessor. With the producer's warp, either height makes whole groups of four warps. */
#define CHANNELS                3
#define WIDTH                   128
#define HEIGHT_OF(kernel_width) ((kernel_width) < 9 ? 7 : 15)
#define MOST_BLOCKS             2 /* that a multiprocessor should run at once */
#define MOST_STAGES             6

struct pair_args {
    wf_tile_args tile; /* output is gather's; stage_taps are those of one group */
    wf_view splat_output;
    int splat_aligned;
};

/* The weights of one tap in shared memory: the tile's rows, then the rows above or below, one by one. */
struct pair_box {
    int width;             /* columns */
    int tile, row, stride; /* bytes to the other rows, to the next of them, and to the next tap */
};

static __host__ __device__ __forceinline__ pair_box make_box(const wf_tile_row &row, int height, int kernel_height,
                                                             size_t weight)
{
    pair_box box;
    box.width = WIDTH + row.halo;
    box.tile = wf_tma_bytes(box.width * height, weight);
    box.row = wf_tma_bytes(box.width, weight);
    box.stride = box.tile + kernel_height / 2 * box.row;
    return box;
}

/* The kernel for rows of KERNEL_WIDTH taps, 0: of any number, in tiles as high as those for rows of LIKE. */
template <wf_mode MODE, int TYPES, int KERNEL_WIDTH, int LIKE> const void *wf_gather_splat_tiles_of();

#endif
