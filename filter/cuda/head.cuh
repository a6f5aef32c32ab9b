/* head.cuh -- heads: logits of 16 pixels at once, straight from the activations. Private.
 *
 * A head's parameters are those of its parts (gather, splat, albedo, alphas), each of whole fragments of 8 columns: the biases of
 * all columns, then for each fragment and each 16 inputs the halves of every lane's b[0], b[1]. Rows of these are inputs in such
 * an order that a lane reads four neighbouring inputs of a pixel at once. */
#ifndef WF_CUDA_HEAD_CUH
#define WF_CUDA_HEAD_CUH

#include "activation.cuh"
#include "follow.cuh"
#include "matrix.cuh"
#include "network.h"

typedef enum wf_head_part { WF_PART_GATHER, WF_PART_SPLAT, WF_PART_ALBEDO, WF_PART_ALPHAS, WF_PART_COUNT } wf_head_part;

static inline int wf_part_columns(const wf_head *head, int part)
{
    const int columns[WF_PART_COUNT] = {head->kernel * head->kernel, head->kernel * head->kernel,
                                        head->albedo_kernel * head->albedo_kernel, head->alphas};
    return columns[part];
}

static inline int wf_part_fragments(const wf_head *head, int part)
{
    return (wf_part_columns(head, part) + 7) / 8;
}

/* Fragments of the parts before this one; of all parts for WF_PART_COUNT. */
static inline int wf_first_fragment(const wf_head *head, int part)
{
    int sum = 0;
    for (int p = 0; p < part; p++)
        sum += wf_part_fragments(head, p);
    return sum;
}

/* One part of a head in a kernel's arguments. */
struct wf_logits {
    const __half *decoded; /* activations */
    size_t pixels;
    int chunks; /* of 16 inputs */
    const float *bias;
    const uint2 *weights; /* of the part's first fragment */
};

static inline wf_logits wf_make_logits(const wf_head *head, const wf_activation *decoded, int part)
{
    const int first = wf_first_fragment(head, part), all = wf_first_fragment(head, WF_PART_COUNT);
    const float *bias = (const float *)head->parameters;
    const int chunks = head->inputs / 16;
    return {(const __half *)decoded->data, (size_t)decoded->width * decoded->height, chunks, bias + 8 * first,
            (const uint2 *)(bias + 8 * all) + (size_t)first * chunks * 32};
}

/* Biases and one chunk's weights of some fragments, as a lane needs them. */
template <int FRAGMENTS> struct wf_fragments {
    float2 bias[FRAGMENTS];
    uint2 weights[FRAGMENTS];
};

static __device__ __forceinline__ uint2 wf_load_fragment(const wf_logits &part, int fragment, int chunk)
{
    return __ldg(part.weights + (size_t)(fragment * part.chunks + chunk) * 32 + threadIdx.x % 32);
}

/* Those of the part from `first` on, and as the last one `last` where that is not negative; for the first chunk. */
template <int FRAGMENTS>
static __device__ __forceinline__ void wf_load_fragments(const wf_logits &part, int first, int last,
                                                         wf_fragments<FRAGMENTS> &to)
{
#pragma unroll
    for (int j = 0; j < FRAGMENTS; j++) {
        const int fragment = j == FRAGMENTS - 1 && last >= 0 ? last : first + j;
        to.bias[j] = __ldg((const float2 *)(part.bias + 8 * fragment + 2 * (threadIdx.x % 4)));
        to.weights[j] = wf_load_fragment(part, fragment, 0);
    }
}

/* Sixteen inputs of 16 pixels: pixels[0], pixels[1] are the indices of those in rows g and g + 8. */
static __device__ __forceinline__ void wf_load_pixels(const wf_logits &part, const int pixels[2], int chunk,
                                                      uint32_t a[4])
{
    const __half *from = wf_channel_at(part.decoded, part.pixels, 0, chunk * 16 + threadIdx.x % 4 * 4);
    const uint2 low = __ldg((const uint2 *)(from + (size_t)pixels[0] * WF_LAYER));
    const uint2 high = __ldg((const uint2 *)(from + (size_t)pixels[1] * WF_LAYER));
    a[0] = low.x, a[1] = high.x, a[2] = low.y, a[3] = high.y;
}

/* Logits of 16 pixels, whose first chunk is loaded; fragment j has the columns 8 j + 2t and the next one. CHUNKS are read at
 * once; 0 where there is no other chunk. */
template <int CHUNKS, int FRAGMENTS>
static __device__ __forceinline__ void wf_find_logits(const wf_logits &part, const wf_fragments<FRAGMENTS> &first_chunk,
                                                      const uint32_t first_pixels[4], const int pixels[2], int first,
                                                      int last, float (&logits)[FRAGMENTS][4])
{
#pragma unroll
    for (int j = 0; j < FRAGMENTS; j++) {
        logits[j][0] = logits[j][2] = first_chunk.bias[j].x;
        logits[j][1] = logits[j][3] = first_chunk.bias[j].y;
        wf_multiply(logits[j], first_pixels, first_chunk.weights[j].x, first_chunk.weights[j].y);
    }
    for (int from = 1; CHUNKS > 0 && from < part.chunks; from += CHUNKS) {
        uint32_t a[CHUNKS > 0 ? CHUNKS : 1][4];
        uint2 b[CHUNKS > 0 ? CHUNKS : 1][FRAGMENTS];
#pragma unroll
        for (int i = 0; i < CHUNKS; i++) {
            const int chunk = min(from + i, part.chunks - 1);
            wf_load_pixels(part, pixels, chunk, a[i]);
#pragma unroll
            for (int j = 0; j < FRAGMENTS; j++)
                b[i][j] = wf_load_fragment(part, j == FRAGMENTS - 1 && last >= 0 ? last : first + j, chunk);
        }
#pragma unroll
        for (int i = 0; i < CHUNKS; i++) {
#pragma unroll
            for (int j = 0; j < FRAGMENTS && from + i < part.chunks; j++)
                wf_multiply(logits[j], a[i], b[i][j].x, b[i][j].y);
        }
    }
}

#endif
