/* convolve_pair.cuh -- two 3x3 convolutions of 16 outputs after each other, the first one's outputs never leaving
 * shared memory: for full resolution, where memory is what takes time. Private.
 *
 * A block computes WIDTH x HEIGHT pixels, of the first convolution one more on each side, from a region with two more.
 * Pixels of even and odd columns lie apart: what a warp multiplies are 16 pixels of a row and of one kind (matrix.cuh's
 * fragments), and a coarse source's pixels (convolve_up.cuh) are their neighbours in both kinds alike. Columns and rows
 * of the first convolution are counted from the pixel left above the block, which lies in an odd column and row. */
#ifndef WF_CUDA_CONVOLVE_PAIR_CUH
#define WF_CUDA_CONVOLVE_PAIR_CUH

#include "convolve.cuh"
#include "features.cuh"

#define WF_STRIP      32 /* columns that a warp computes */
#define WF_STRIP_ROWS 4

struct wf_pair_tile {
    static constexpr int ACROSS = 1, DOWN = 8, THREADS = 32 * ACROSS * DOWN;
    static constexpr int WIDTH = ACROSS * WF_STRIP - 2, HEIGHT = DOWN * WF_STRIP_ROWS - 2;
    static constexpr int KIND = ACROSS * WF_STRIP / 2 + 2; /* entries of a row's even or odd columns; 2 modulo 8 */
    static constexpr int ROWS = HEIGHT + 4, COLUMNS = WIDTH + 4;
    static constexpr int PLANE = 2 * KIND * ROWS + 4; /* 4 modulo 8, see convolve.cuh */
    static constexpr int REGION_BYTES = 2 * PLANE * WF_ENTRY;
    static constexpr int WEIGHT_BYTES = WF_TAPS * WF_PAIR_HALVES * 2;
    static constexpr int COARSE_PITCH = ACROSS * WF_STRIP / 2 + 1, COARSE_ROWS = DOWN * WF_STRIP_ROWS / 2 + 1;
    static constexpr int COARSE_ENTRIES = COARSE_PITCH * COARSE_ROWS;
    static constexpr int COARSE_PLANE = COARSE_ENTRIES + (12 - COARSE_ENTRIES % 8) % 8;
    static constexpr int COARSE_WEIGHT_BYTES = WF_UP_TAPS * WF_PAIR_HALVES * 2;
    static constexpr int COARSE_BYTES = 2 * COARSE_PLANE * WF_ENTRY + COARSE_WEIGHT_BYTES; /* of a chunk */
    static constexpr int FIXED_BYTES = REGION_BYTES + 2 * WEIGHT_BYTES;
};

struct wf_pair_args {
    wf_source coarse, input; /* coarse only where the kernel has it; input unless that makes features */
    wf_features_args features;
    int width, height;
    const float *bias, *second_bias;
    const __half *weights, *second_weights; /* (tap, lane, 8) */
    const __half *up_weights;               /* (chunk, place, 2x2 tap, lane, 8) */
    __half *output;
    __half *pooled; /* or NULL */
    int across, tiles;
};

/* The kernel. Hidden by name: -fvisibility does not reach specializations that no type of ours is an argument of. */
template <bool COARSE, bool FEATURES> __attribute__((visibility("hidden"))) const void *wf_convolve_pair_of();

#endif
