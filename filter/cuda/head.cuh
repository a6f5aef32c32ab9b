/* head.cuh -- heads: logits of 8 pixels at once, straight from the activations. Private.
 *
 * A head's parameters are those of its parts (gather with both alphas, splat, albedo), each of whole tiles of 16 rows,
 * one for each output: the biases of all rows, then for each tile and each 16 inputs the halves of every lane's
 * fragment A (matrix.cuh). Its columns are inputs in such an order that a lane reads four neighbouring inputs of a
 * pixel at once: fragment B has 8 pixels, and each lane gets outputs of two neighbouring ones.
 *
 * Kernels' weights are powers of 2: their logits are computed times log2 e. */
#ifndef WF_CUDA_HEAD_CUH
#define WF_CUDA_HEAD_CUH

#include "activation.cuh"
#include "follow.cuh"
#include "matrix.cuh"
#include "network.h"

#define WF_HEAD_ROWS 16 /* of a tile */

typedef enum wf_head_part { WF_PART_GATHER, WF_PART_SPLAT, WF_PART_ALBEDO, WF_PART_COUNT } wf_head_part;

/* Outputs of a part's kernel; after gather's the alphas follow. */
static inline int wf_part_taps(const wf_head *head, int part)
{
    const int kernel = part == WF_PART_ALBEDO ? head->albedo_kernel : head->kernel;
    return kernel * kernel;
}

static inline int wf_part_rows(const wf_head *head, int part)
{
    return wf_part_taps(head, part) + (part == WF_PART_GATHER ? head->alphas : 0);
}

static inline int wf_part_tiles(const wf_head *head, int part)
{
    return (wf_part_rows(head, part) + WF_HEAD_ROWS - 1) / WF_HEAD_ROWS;
}

/* Tiles of the parts before this one; of all parts for WF_PART_COUNT. */
static inline int wf_first_tile(const wf_head *head, int part)
{
    int sum = 0;
    for (int p = 0; p < part; p++)
        sum += wf_part_tiles(head, p);
    return sum;
}

/* One part of a head in a kernel's arguments. */
struct wf_logits {
    const __half *decoded; /* activations */
    size_t pixels;
    int chunks; /* of 16 inputs */
    const float *bias;
    const uint4 *weights; /* of the part's first tile */
};

static inline wf_logits wf_make_logits(const wf_head *head, const wf_activation *decoded, int part)
{
    const int first = wf_first_tile(head, part), all = wf_first_tile(head, WF_PART_COUNT);
    const float *bias = (const float *)head->parameters;
    const int chunks = head->inputs / 16;
    return {(const __half *)decoded->data, (size_t)decoded->width * decoded->height, chunks,
            bias + WF_HEAD_ROWS * first, (const uint4 *)(bias + WF_HEAD_ROWS * all) + (size_t)first * chunks * 32};
}

/* Biases and one chunk's weights of some tiles, as a lane needs them. */
template <int TILES> struct wf_head_tiles {
    float2 bias[TILES]; /* of its rows g and g + 8 */
    uint4 weights[TILES];
};

static __device__ __forceinline__ uint4 wf_load_head_weights(const wf_logits &part, int tile, int chunk)
{
    return __ldg(part.weights + (size_t)(tile * part.chunks + chunk) * 32 + threadIdx.x % 32);
}

/* The part's tiles from `first` on, for the first chunk. */
template <int TILES>
static __device__ __forceinline__ void wf_load_head_tiles(const wf_logits &part, int first, wf_head_tiles<TILES> &to)
{
    const int row = threadIdx.x % 32 / 4;
#pragma unroll
    for (int i = 0; i < TILES; i++) {
        const float *bias = part.bias + WF_HEAD_ROWS * (first + i);
        to.bias[i] = make_float2(__ldg(bias + row), __ldg(bias + row + 8));
        to.weights[i] = wf_load_head_weights(part, first + i, 0);
    }
}

/* This lane's four of a chunk's inputs, of the image's first pixel. */
static __device__ __forceinline__ const uint2 *wf_find_inputs(const wf_logits &part, int chunk)
{
    return (const uint2 *)wf_channel_at(part.decoded, part.pixels, 0, chunk * 16 + (int)(threadIdx.x % 4 * 4));
}

/* The same of the pixel whose index is given: pixel g of fragment B. */
static __device__ __forceinline__ uint2 wf_load_pixel(const uint2 *inputs, int pixel)
{
    return __ldg(inputs + (size_t)(unsigned)pixel * (WF_LAYER / 4));
}

static __device__ __forceinline__ void wf_multiply_head(float sums[4], const uint4 &weights, const uint2 &pixel)
{
    const uint32_t a[4] = {weights.x, weights.y, weights.z, weights.w};
    wf_multiply(sums, a, pixel.x, pixel.y);
}

/* Logits of PARTS times 8 pixels, of which a lane reads one each, whose first chunk is loaded: logits[i][p][0
 * ... 1] are row g of tile i of pixels 2t, 2t + 1 of the eight, [2 ... 3] row g + 8. CHUNKS are read at once; 0
 * where there is no other chunk. */
template <int CHUNKS, int TILES, int PARTS>
static __device__ __forceinline__ void wf_find_logits(const wf_logits &part, const wf_head_tiles<TILES> &first_chunk,
                                                      const uint2 (&first_pixels)[PARTS], const int (&pixels)[PARTS],
                                                      int first, float (&logits)[TILES][PARTS][4])
{
#pragma unroll
    for (int i = 0; i < TILES; i++) {
#pragma unroll
        for (int p = 0; p < PARTS; p++) {
            logits[i][p][0] = logits[i][p][1] = first_chunk.bias[i].x;
            logits[i][p][2] = logits[i][p][3] = first_chunk.bias[i].y;
            wf_multiply_head(logits[i][p], first_chunk.weights[i], first_pixels[p]);
        }
    }
    for (int from = 1; CHUNKS > 0 && from < part.chunks; from += CHUNKS) {
        constexpr int COUNT = CHUNKS > 0 ? CHUNKS : 1;
        uint2 pixel[COUNT][PARTS];
        uint4 weights[COUNT][TILES];
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            const int chunk = min(from + i, part.chunks - 1);
            const uint2 *inputs = wf_find_inputs(part, chunk);
#pragma unroll
            for (int p = 0; p < PARTS; p++)
                pixel[i][p] = wf_load_pixel(inputs, pixels[p]);
#pragma unroll
            for (int j = 0; j < TILES; j++)
                weights[i][j] = wf_load_head_weights(part, first + j, chunk);
        }
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
#pragma unroll
            for (int j = 0; j < TILES * PARTS && from + i < part.chunks; j++)
                wf_multiply_head(logits[j / PARTS][j % PARTS], weights[i][j / PARTS], pixel[i][j % PARTS]);
        }
    }
}

#endif
