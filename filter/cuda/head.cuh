/* head.cuh -- heads: logits of 16 pixels at once, straight from the activations. Private.
 *
 * A head's parameters are those of its parts (gather, splat, albedo, alphas), each of whole fragments of 8 columns: the biases of
 * all columns, then for each fragment and each 16 inputs the halves of every lane's b[0], b[1]. Rows of these are inputs in such
 * an order that a lane reads four neighbouring inputs of a pixel at once. */
#ifndef WF_CUDA_HEAD_CUH
#define WF_CUDA_HEAD_CUH

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
    int chunks;            /* of 16 inputs */
    const float *bias;
    const uint2 *weights; /* of the part's first fragment */
};

static inline wf_logits wf_make_logits(const wf_head *head, const wf_activation *decoded, int part)
{
    const int first = wf_first_fragment(head, part), all = wf_first_fragment(head, WF_PART_COUNT);
    const float *bias = (const float *)head->parameters;
    const int chunks = head->inputs / 16;
    return {(const __half *)decoded->data, chunks, bias + 8 * first,
            (const uint2 *)(bias + 8 * all) + (size_t)first * chunks * 32};
}

/* Logits of 16 pixels: pixels[0], pixels[1] are the indices of those in rows g and g + 8; fragment j has the columns 8 j + 2t and
 * the next one. */
template <int FRAGMENTS>
static __device__ __forceinline__ void wf_find_logits(const wf_logits &part, const size_t pixels[2],
                                                      float (&logits)[FRAGMENTS][4], int first = 0)
{
    const int lane = threadIdx.x % 32, t = lane % 4;
#pragma unroll
    for (int j = 0; j < FRAGMENTS; j++) {
        const float2 bias = __ldg((const float2 *)(part.bias + 8 * (first + j) + 2 * t));
        logits[j][0] = logits[j][2] = bias.x;
        logits[j][1] = logits[j][3] = bias.y;
    }
    for (int chunk = 0; chunk < part.chunks; chunk++) {
        uint2 rows[2];
#pragma unroll
        for (int i = 0; i < 2; i++)
            rows[i] = __ldg((const uint2 *)(part.decoded + pixels[i] * part.chunks * 16 + chunk * 16 + 4 * t));
        const uint32_t a[4] = {rows[0].x, rows[1].x, rows[0].y, rows[1].y};
#pragma unroll
        for (int j = 0; j < FRAGMENTS; j++) {
            const uint2 b = __ldg(part.weights + (size_t)((first + j) * part.chunks + chunk) * 32 + lane);
            wf_multiply(logits[j], a, b.x, b.y);
        }
    }
}

#endif
