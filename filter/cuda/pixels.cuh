/* pixels.cuh -- the filter with one thread a pixel: any device, kernel, dilation and stride. Private. */
#ifndef WF_CUDA_PIXELS_CUH
#define WF_CUDA_PIXELS_CUH

#include "common.cuh"
#include "sums.cuh"
#include "taps.h"

#define WF_PIXELS_WIDTH  64 /* of a block: wide and flat, so that a warp reads whole cache lines */
#define WF_PIXELS_HEIGHT 4
#define WF_PIXELS_TAPS   8 /* of a kernel row, that are read before they are used */

struct wf_pixel_args {
    wf_grid grid;
    wf_view input, weight, output;
    const float *bias;
    int width, height, channels;
    int kernel_height, kernel_width, dilation;
};

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS>
__global__ void __launch_bounds__(WF_PIXELS_WIDTH *WF_PIXELS_HEIGHT) wf_filter_pixels(const wf_pixel_args args)
{
    constexpr int DIRECTION = OP == WF_GATHER ? 1 : -1;
    const wf_block block = wf_this_block(args.grid, WF_PIXELS_WIDTH, WF_PIXELS_HEIGHT);
    int x = block.x + threadIdx.x, y = block.y + threadIdx.y;
    if (x >= args.width || y >= args.height)
        return;
    int channel = block.pass * CHANNELS, channels = CHANNELS > 4 ? min(args.channels - channel, CHANNELS) : CHANNELS;
    int first_i, last_i, first_j, last_j;
    wf_tap_range(y, args.height, args.kernel_height, args.dilation, DIRECTION, &first_i, &last_i);
    wf_tap_range(x, args.width, args.kernel_width, args.dilation, DIRECTION, &first_j, &last_j);

    const int step = DIRECTION * args.dilation; /* from a tap's source to the next one's, in a row and in rows */
    const int64_t weight_step = args.weight.channel + (OP == WF_GATHER ? 0 : step);
    int source_x = x + DIRECTION * wf_tap_offset(first_j, args.kernel_width, args.dilation);
    wf_sums<MODE, CHANNELS, 1> sums;
    wf_sums_start(sums);
    for (int i = first_i; i < last_i; i++) {
        int source_y = y + DIRECTION * wf_tap_offset(i, args.kernel_height, args.dilation);
        int64_t tap = (int64_t)i * args.kernel_width + first_j;
        const Image *source = wf_at<const Image>(args.input, block.n, channel, source_y) + source_x;
        const Weight *weight = OP == WF_GATHER ? wf_at<const Weight>(args.weight, block.n, tap, y) + x
                                               : wf_at<const Weight>(args.weight, block.n, tap, source_y) + source_x;
        for (int left = last_j - first_j; left > 0; left -= WF_PIXELS_TAPS) {
            float factor[WF_PIXELS_TAPS][1];
#pragma unroll
            for (int t = 0; t < WF_PIXELS_TAPS; t++, weight += weight_step)
                factor[t][0] = t < left ? wf_to_float(__ldg(weight)) : wf_no_weight<MODE>();
            wf_sums_add_weights(sums, factor);
#pragma unroll
            for (int t = 0; t < WF_PIXELS_TAPS; t++, source += step) {
#pragma unroll
                for (int c = 0; c < CHANNELS; c++) {
                    if (t < left && c < channels)
                        sums.color[c][0] += factor[t][0] * wf_to_float(__ldg(source + c * args.input.channel));
                }
            }
        }
    }
    wf_sums_finish(sums);
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
        if (c < channels)
            wf_set(wf_at<Image>(args.output, block.n, channel + c, y) + x,
                   sums.color[c][0] + (args.bias ? args.bias[channel + c] : 0.0f));
    }
}

#endif
