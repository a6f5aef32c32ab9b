/* Heads' parameters, and their logits in planes. */
#include "head.cuh"

#include <string.h>

#include "half.h"
#include "head.h"

/* ---- Parameters -------------------------------------------------------------------------------------------------- */

size_t wf_cuda_head_bytes(const wf_head *head)
{
    return (size_t)wf_first_tile(head, WF_PART_COUNT) * WF_HEAD_ROWS *
           (sizeof(float) + head->inputs * sizeof(uint16_t));
}

/* Which of the head's outputs a part's row is; -1 beyond its last one. */
static int output_of(const wf_head *head, int part, int row)
{
    int first = 0;
    for (int p = 0; p < part; p++)
        first += wf_part_taps(head, p);
    const int taps = wf_part_taps(head, part);
    if (row < taps)
        return first + row;
    return row < wf_part_rows(head, part) ? head->outputs - head->alphas + row - taps : -1;
}

/* What a part's taps have in common: a softmax does not mind when that is left out, and float16 holds the rest best.
 * Pixels that are splat compete with others where they land, so of theirs only what is the same for all pixels. */
static float common_of(const wf_head *head, int part, const float *values, int step)
{
    const int taps = wf_part_taps(head, part);
    double sum = 0;
    for (int row = 0; row < taps; row++)
        sum += values[(size_t)output_of(head, part, row) * step];
    return (float)(sum / taps);
}

void wf_cuda_arrange_head(const wf_head *head, const float *weight, const float *bias, void *parameters)
{
    float *biases = (float *)parameters;
    uint16_t *to = (uint16_t *)(biases + WF_HEAD_ROWS * wf_first_tile(head, WF_PART_COUNT));
    for (int part = 0; part < WF_PART_COUNT; part++) {
        const int taps = wf_part_taps(head, part), rows = wf_part_tiles(head, part) * WF_HEAD_ROWS;
        const int chunk_halves = 16 * WF_HEAD_ROWS;
        if (taps == 0)
            continue;
        const auto arrange = [&](int row, const float *values, int step, float common) {
            const int output = output_of(head, part, row);
            const float value = output < 0 ? 0 : values[(size_t)output * step];
            return row < taps ? WF_LOG2_E * (value - common) : value;
        };
        const float common_bias = common_of(head, part, bias, 1);
        for (int row = 0; row < rows; row++)
            *biases++ = arrange(row, bias, 1, common_bias);
        for (int i = 0; i < rows * head->inputs; i++) {
            const int tile = i / chunk_halves / (head->inputs / 16), chunk = i / chunk_halves % (head->inputs / 16);
            const int lane = i % chunk_halves / 8, upper = i / 4 % 2, below = i / 2 % 2;
            const int row = tile * WF_HEAD_ROWS + 8 * below + lane / 4;
            const int input = chunk * 16 + 4 * (lane % 4) + 2 * upper + i % 2;
            const float common = part == WF_PART_SPLAT ? 0 : common_of(head, part, weight + input, head->inputs);
            *to++ = wf_float_to_half(arrange(row, weight + input, head->inputs, common));
        }
    }
}

/* ---- Logits in memory -------------------------------------------------------------------------------------------- */

#define THREADS 128
#define PIXELS  (THREADS / 32 * 8) /* of a block */

struct store_args {
    wf_logits part;
    int first, rows; /* of the part */
    float scale;
    __half *to; /* the first row's first pixel */
    size_t row_step, pixel_step;
    int first_pixel, last_pixel; /* that one, too */
};

/* Of a pixel and the next one, whose number is odd. */
static __device__ __forceinline__ void store_pair(const store_args &args, int row, int pixel, float2 logits)
{
    const __half2 pair = __floats2half2_rn(args.scale * logits.x, args.scale * logits.y);
    __half *const to = args.to + row * args.row_step + pixel * args.pixel_step;
    if (pixel < args.last_pixel && args.pixel_step == 1 && args.row_step % 2 == 0) {
        *(__half2 *)to = pair;
        return;
    }
    if (pixel <= args.last_pixel)
        *to = __low2half(pair);
    if (pixel < args.last_pixel)
        to[args.pixel_step] = __high2half(pair);
}

static __global__ void __launch_bounds__(THREADS) store_logits(const store_args args)
{
    const int lane = threadIdx.x % 32;
    const int first = args.first_pixel + (int)(blockIdx.x * PIXELS + threadIdx.x / 32 * 8);
    const int pixels[1] = {min(first + lane / 4, args.last_pixel)};
    wf_follow();
    for (int tile = args.first / WF_HEAD_ROWS; tile * WF_HEAD_ROWS < args.first + args.rows; tile++) {
        wf_head_tiles<1> first_chunk;
        float logits[1][1][4];
        wf_load_head_tiles(args.part, tile, first_chunk);
        const uint2 first_pixels[1] = {wf_load_pixel(wf_find_inputs(args.part, 0), pixels[0])};
        wf_find_logits<3>(args.part, first_chunk, first_pixels, pixels, tile, logits);
        for (int i = 0; i < 2; i++) {
            const int row = tile * WF_HEAD_ROWS + lane / 4 + i * 8 - args.first;
            if (row >= 0 && row < args.rows)
                store_pair(args, row, first + lane % 4 * 2, {logits[0][0][2 * i], logits[0][0][2 * i + 1]});
        }
    }
}

/* Of these rows; pixels come in pairs. */
static wf_result launch(wf_cuda_device *device, cudaStream_t stream, const wf_activation *decoded, int first_row,
                        int rows, store_args *args)
{
    args->first_pixel = first_row * decoded->width / 2 * 2;
    args->last_pixel = (first_row + rows) * decoded->width - 1;
    const unsigned blocks = wf_divide_up(args->last_pixel + 1 - args->first_pixel, PIXELS);
    return wf_launch_follower(device, stream, (const void *)store_logits, dim3(blocks), THREADS, 0, args);
}

static wf_result store_part(wf_cuda_device *device, cudaStream_t stream, const wf_head *head,
                            const wf_activation *decoded, int part, int first_row, int rows, void *planes)
{
    const wf_logits logits = wf_make_logits(head, decoded, part);
    store_args args = {logits, 0, wf_part_taps(head, part), 1 / WF_LOG2_E, (__half *)planes, logits.pixels, 1, 0, 0};
    return launch(device, stream, decoded, first_row, rows, &args);
}

/* Gather's rows after its taps. */
static wf_result store_alphas(wf_cuda_device *device, cudaStream_t stream, const wf_head *head,
                              const wf_activation *decoded, int first_row, int rows, void *to, size_t row_step,
                              size_t pixel_step)
{
    store_args args = {wf_make_logits(head, decoded, WF_PART_GATHER),
                       wf_part_taps(head, WF_PART_GATHER),
                       head->alphas,
                       1,
                       (__half *)to,
                       row_step,
                       pixel_step,
                       0,
                       0};
    return launch(device, stream, decoded, first_row, rows, &args);
}

wf_result wf_cuda_store_logits(wf_cuda_device *device, cudaStream_t stream, const wf_head *head,
                               const wf_activation *decoded, int part, void *planes)
{
    return store_part(device, stream, head, decoded, part, 0, decoded->height, planes);
}

wf_result wf_cuda_store_alphas(wf_cuda_device *device, cudaStream_t stream, const wf_head *head,
                               const wf_activation *decoded, void *alphas)
{
    return store_alphas(device, stream, head, decoded, 0, decoded->height, alphas, 1, WF_ALPHA_CHANNELS);
}

wf_result wf_cuda_logits(wf_cuda_device *device, cudaStream_t stream, const wf_logits_call *call)
{
    const size_t pixels = (size_t)call->decoded.width * call->decoded.height;
    if (call->part == WF_LOGITS_ALPHAS)
        return store_alphas(device, stream, &call->head, &call->decoded, call->first_row, call->rows, call->planes,
                            pixels, 1);
    return store_part(device, stream, &call->head, &call->decoded,
                      call->part == WF_LOGITS_SPLAT ? WF_PART_SPLAT : WF_PART_GATHER, call->first_row, call->rows,
                      call->planes);
}
