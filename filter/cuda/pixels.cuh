/* pixels.cuh -- the filter with one thread a pair of pixels: any device, kernel, dilation and stride. Private.
 *
 * The pixels of a pair lie above each other, as far apart as two taps: where both have a source, it is read once. */
#ifndef WF_CUDA_PIXELS_CUH
#define WF_CUDA_PIXELS_CUH

#include "common.cuh"
#include "sums.cuh"
#include "taps.h"

#define WF_PIXELS_WIDTH  64 /* threads of a block: wide and flat, so that a warp reads whole cache lines */
#define WF_PIXELS_HEIGHT 4
#define WF_PIXELS_TAPS   8 /* of a kernel row, that are read before they are used */
#define WF_PIXELS_PAIR   2

struct wf_pixel_args {
    wf_grid grid;
    wf_view input, weight, output;
    const float *bias;
    int width, height, channels;
    int kernel_height, kernel_width, dilation;
    int distance; /* rows between the pixels of a pair: the dilation, where the image is that high */
};

/* Adds up to WF_PIXELS_TAPS taps of a row to the pixels of the pair that have them. The pointers end up one tap on. */
template <wf_mode MODE, typename Image, typename Weight, int CHANNELS>
static __device__ __forceinline__ void
wf_pixels_add(wf_sums<MODE, CHANNELS, WF_PIXELS_PAIR> &sums, int taps, const bool (&has)[WF_PIXELS_PAIR],
              const Weight *(&weight)[WF_PIXELS_PAIR], int64_t weight_step, const Image *&source, int source_step,
              int64_t source_channel, int channels)
{
    float factor[WF_PIXELS_TAPS][WF_PIXELS_PAIR];
#pragma unroll
    for (int t = 0; t < WF_PIXELS_TAPS; t++) {
#pragma unroll
        for (int p = 0; p < WF_PIXELS_PAIR; p++) {
            factor[t][p] = has[p] && t < taps ? wf_to_float(__ldg(weight[p])) : wf_no_weight<MODE>();
            weight[p] += weight_step;
        }
    }
    wf_sums_add_weights(sums, factor);
#pragma unroll
    for (int t = 0; t < WF_PIXELS_TAPS; t++, source += source_step) {
#pragma unroll
        for (int c = 0; c < CHANNELS; c++) {
            if (t >= taps || c >= channels)
                continue;
            float value = wf_to_float(__ldg(source + c * source_channel));
#pragma unroll
            for (int p = 0; p < WF_PIXELS_PAIR; p++) {
                if (has[p])
                    sums.color[c][p] += factor[t][p] * value;
            }
        }
    }
}

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS>
__global__ void __launch_bounds__(WF_PIXELS_WIDTH *WF_PIXELS_HEIGHT) wf_filter_pixels(const wf_pixel_args args)
{
    constexpr int DIRECTION = OP == WF_GATHER ? 1 : -1;
    const wf_block block = wf_this_block(args.grid, WF_PIXELS_WIDTH, WF_PIXELS_HEIGHT);
    const int x = block.x + threadIdx.x, pair = block.y + threadIdx.y, n = block.n;
    const int y = pair / args.distance * args.distance * WF_PIXELS_PAIR + pair % args.distance;
    if (x >= args.width || y >= args.height)
        return;
    const int channel = block.pass * CHANNELS;
    const int channels = CHANNELS > 4 ? min(args.channels - channel, CHANNELS) : CHANNELS;
    const int step = DIRECTION * args.dilation; /* from a tap's source to the next one's */
    const int64_t weight_step = args.weight.channel + (OP == WF_GATHER ? 0 : step);
    int first_j, last_j;
    wf_tap_range(x, args.width, args.kernel_width, args.dilation, DIRECTION, &first_j, &last_j);
    const int source_x = x + DIRECTION * wf_tap_offset(first_j, args.kernel_width, args.dilation);

    wf_sums<MODE, CHANNELS, WF_PIXELS_PAIR> sums;
    wf_sums_start(sums);
    /* Row i of the kernel of the first pixel and row i - DIRECTION of the second one's have the same sources. */
    const int first_i = OP == WF_GATHER ? 0 : -1,
              last_i = OP == WF_GATHER ? args.kernel_height : args.kernel_height - 1;
    for (int i = first_i; i <= last_i; i++) {
        const int source_y = y + DIRECTION * wf_tap_offset(i, args.kernel_height, args.dilation);
        if (source_y < 0 || source_y >= args.height)
            continue;
        const Image *source = wf_at<const Image>(args.input, n, channel, source_y) + source_x;
        const Weight *weight[WF_PIXELS_PAIR];
        bool has[WF_PIXELS_PAIR];
#pragma unroll
        for (int p = 0; p < WF_PIXELS_PAIR; p++) {
            const int row = i - DIRECTION * p, pixel_y = y + p * args.distance;
            const int64_t tap = (int64_t)row * args.kernel_width + first_j;
            has[p] = row >= 0 && row < args.kernel_height && pixel_y < args.height;
            weight[p] = OP == WF_GATHER ? wf_at<const Weight>(args.weight, n, tap, pixel_y) + x
                                        : wf_at<const Weight>(args.weight, n, tap, source_y) + source_x;
        }
        for (int taps = last_j - first_j; taps > 0; taps -= WF_PIXELS_TAPS)
            wf_pixels_add(sums, taps, has, weight, weight_step, source, step, args.input.channel, channels);
    }
    wf_sums_finish(sums);
#pragma unroll
    for (int p = 0; p < WF_PIXELS_PAIR; p++) {
        const int pixel_y = y + p * args.distance;
#pragma unroll
        for (int c = 0; c < CHANNELS; c++) {
            if (pixel_y < args.height && c < channels)
                wf_set(wf_at<Image>(args.output, n, channel + c, pixel_y) + x,
                       sums.color[c][p] + (args.bias ? args.bias[channel + c] : 0.0f));
        }
    }
}

#endif
