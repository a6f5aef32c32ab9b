/* Heads' parameters, and their logits in planes. */
#include "head.cuh"

#include <string.h>

#include "half.h"
#include "head.h"

/* ---- Parameters --------------------------------------------------------------------------------------------------- */

size_t wf_cuda_head_bytes(const wf_head *head)
{
    return (size_t)wf_first_fragment(head, WF_PART_COUNT) * 8 * (sizeof(float) + head->inputs * sizeof(uint16_t));
}

static void arrange_fragment(const wf_head *head, const float *weight, int first, int count, uint16_t *to)
{
    for (int chunk = 0; chunk < head->inputs / 16; chunk++) {
        for (int lane = 0; lane < 32; lane++) {
            for (int i = 0; i < 4; i++) {
                const int column = lane / 4, input = chunk * 16 + 4 * (lane % 4) + i;
                *to++ = column < count ? wf_float_to_half(weight[(size_t)(first + column) * head->inputs + input]) : 0;
            }
        }
    }
}

void wf_cuda_arrange_head(const wf_head *head, const float *weight, const float *bias, void *parameters)
{
    float *biases = (float *)parameters;
    uint16_t *to = (uint16_t *)(biases + 8 * wf_first_fragment(head, WF_PART_COUNT));
    int output = 0; /* the part's first */
    for (int part = 0; part < WF_PART_COUNT; part++) {
        const int columns = wf_part_columns(head, part);
        for (int j = 0; j < wf_part_fragments(head, part); j++) {
            const int first = output + 8 * j, left = columns - 8 * j, count = left < 8 ? left : 8;
            memcpy(biases, bias + first, count * sizeof *biases);
            arrange_fragment(head, weight, first, count, to);
            biases += 8;
            to += head->inputs * 8;
        }
        output += columns;
    }
}

/* ---- Planes ------------------------------------------------------------------------------------------------------- */

#define THREADS 128
#define PIXELS  (THREADS / 32 * 16) /* of a block */

struct planes_args {
    wf_logits part;
    int columns;
    size_t pixels; /* of an image */
    __half *planes;
    __half2 *alphas; /* instead of planes */
};

static __global__ void __launch_bounds__(THREADS) store_logits(const planes_args args)
{
    const int lane = threadIdx.x % 32;
    const int first = blockIdx.x * PIXELS + threadIdx.x / 32 * 16 + lane / 4, last = (int)args.pixels - 1;
    const int at[2] = {first, first + 8}, pixels[2] = {min(first, last), min(first + 8, last)};
    wf_follow();
    for (int j = 0; 8 * j < args.columns; j++) {
        wf_fragments<1> first_chunk;
        uint32_t a[4];
        float logits[1][4];
        wf_load_fragments(args.part, j, -1, first_chunk);
        wf_load_pixels(args.part, pixels, 0, a);
        wf_find_logits<3>(args.part, first_chunk, a, pixels, j, -1, logits);
        for (int i = 0; i < 2; i++) {
            const int column = 8 * j + 2 * (lane % 4);
            if (at[i] > last)
                continue;
            if (args.alphas && column == 0)
                args.alphas[at[i]] = __floats2half2_rn(logits[0][2 * i], logits[0][2 * i + 1]);
            for (int e = 0; e < 2 && args.planes; e++) {
                if (column + e < args.columns)
                    args.planes[(column + e) * args.pixels + at[i]] = __float2half_rn(logits[0][2 * i + e]);
            }
        }
    }
}

static wf_result launch(wf_cuda_device *device, cudaStream_t stream, const wf_head *head, const wf_activation *decoded,
                        int part, __half *planes, __half2 *alphas)
{
    planes_args args = {wf_make_logits(head, decoded, part), wf_part_columns(head, part),
                        (size_t)decoded->width * decoded->height, planes, alphas};
    const size_t blocks = (args.pixels + PIXELS - 1) / PIXELS;
    return wf_launch_follower(device, stream, (const void *)store_logits, dim3((unsigned)blocks), THREADS, 0, &args);
}

wf_result wf_cuda_store_logits(wf_cuda_device *device, cudaStream_t stream, const wf_head *head,
                               const wf_activation *decoded, int part, void *planes)
{
    return launch(device, stream, head, decoded, part, (__half *)planes, NULL);
}

wf_result wf_cuda_store_alphas(wf_cuda_device *device, cudaStream_t stream, const wf_head *head,
                               const wf_activation *decoded, void *alphas)
{
    return launch(device, stream, head, decoded, WF_PART_ALPHAS, NULL, (__half2 *)alphas);
}

wf_result wf_cuda_logits(wf_cuda_device *device, cudaStream_t stream, const wf_logits_call *call)
{
    const int parts[] = {WF_PART_GATHER, WF_PART_SPLAT, WF_PART_ALPHAS};
    return wf_cuda_store_logits(device, stream, &call->head, &call->decoded, parts[call->part], call->planes);
}
