/* 3x3 convolutions: their parameters as fragments, and which tile a shape gets. */
#include <string.h>

#include "convolve.cuh"
#include "convolve.h"
#include "half.h"
#include "network.h"

/* ---- Parameters -------------------------------------------------------------------------------------------------- */

size_t wf_cuda_convolution_bytes(const wf_device *device, const wf_convolution *shape)
{
    (void)device;
    const size_t weights = (size_t)(shape->coarse + shape->inputs) * WF_TAPS + (size_t)shape->coarse * 2 * WF_UP_TAPS;
    return shape->outputs * (sizeof(float) + weights * sizeof(uint16_t));
}

/* Which output column i of the fragments of a pair is: in such an order that a lane's
   sums are four neighbouring ones. */
static int output_of(int pair, int i)
{
    return pair * 16 + 4 * (i % 8 / 2) + 2 * (i / 8) + i % 2;
}

/* A weight of the file's. */
struct weights {
    const float *data;
    int inputs;
};

static float weight_at(const weights &w, int output, int input, int tap)
{
    return w.data[((size_t)output * w.inputs + input) * WF_TAPS + tap];
}

/* The sum of those taps that, at a place in a coarse pixel, read the same coarse pixel: convolve_up.cuh's. is_cut: the
 * upper places are the image's last row, below which there is nothing. */
static float coarse_weight_at(const weights &w, int output, int input, int tap, bool is_cut)
{
    const int place = tap / 4, y = place / 2, x = place % 2, lower = tap % 4 / 2, right = tap % 2;
    float sum = 0;
    for (int t = 0; t < WF_TAPS; t++) {
        const bool is_below = y == 0 && t / 3 == 2;
        if ((y + t / 3 + 1) / 2 == y + lower && (x + t % 3 + 1) / 2 == x + right && !(is_cut && is_below))
            sum += weight_at(w, output, input, t);
    }
    return sum;
}

/* Weights of the full kernel or, summed, of the 2x2 ones at a coarse pixel's places. */
typedef enum kind { FULL, COARSE, COARSE_CUT } kind;

struct tap {
    int index;
    kind of;
};

static uint16_t half_at(const weights &w, int output, int input, const tap &tap)
{
    return wf_float_to_half(tap.of == FULL ? weight_at(w, output, input, tap.index)
                                           : coarse_weight_at(w, output, input, tap.index, tap.of == COARSE_CUT));
}

/* Lanes' eight halves of each pair of fragments: b[0], b[1] of both. */
static uint16_t *arrange_warps(const weights &w, int chunk, const tap &tap, int outputs, uint16_t *to)
{
    for (int i = 0; i < WF_CHUNK * outputs; i++) {
        const int pair = i / WF_PAIR_HALVES, lane = i / 8 % 32, fragment = i / 4 % 2, upper = i / 2 % 2;
        const int input = chunk * WF_CHUNK + 8 * upper + 2 * (lane % 4) + i % 2;
        *to++ = half_at(w, output_of(pair, 8 * fragment + lane / 4), input, tap);
    }
    return to;
}

/* Of so many outputs from `first` on. */
static uint16_t *arrange_groups(const weights &w, int chunk, const tap &tap, int first, int columns, uint16_t *to)
{
    for (int i = 0; i < WF_CHUNK * columns; i++) {
        const int column = first + i / 8 % columns, input = chunk * WF_CHUNK + i / 8 / columns * 8 + i % 8;
        *to++ = half_at(w, output_of(column / 16, column % 16), input, tap);
    }
    return to;
}

/* All taps of the first so many inputs. columns: 0 for warps. */
static uint16_t *arrange(const weights &w, int inputs, kind of, int outputs, int columns, uint16_t *to)
{
    const int taps = of == FULL ? WF_TAPS : WF_UP_TAPS, step = columns ? columns : outputs;
    for (int first = 0; first < outputs; first += step) {
        for (int i = 0; i < inputs / WF_CHUNK * taps; i++) {
            const tap tap = {i % taps, of};
            to = columns ? arrange_groups(w, i / taps, tap, first, columns, to)
                         : arrange_warps(w, i / taps, tap, outputs, to);
        }
    }
    return to;
}

void wf_cuda_arrange_convolution(const wf_device *device, const wf_convolution *shape, const float *weight,
                                 const float *bias, void *parameters)
{
    const weights w = {weight, shape->coarse + shape->inputs};
    memcpy(parameters, bias, shape->outputs * sizeof *bias);
    uint16_t *to = (uint16_t *)((float *)parameters + shape->outputs);
    const int columns = wf_cuda_group_columns((const wf_cuda_device *)device, shape);
    to = arrange(w, w.inputs, FULL, shape->outputs, columns, to);
    to = arrange(w, shape->coarse, COARSE, shape->outputs, columns, to);
    arrange(w, shape->coarse, COARSE_CUT, shape->outputs, columns, to);
}

/* ---- Launch ------------------------------------------------------------------------------------------------------ */

/* Large tiles read their borders less often, small ones keep all multiprocessors busy where the image is small. */
wf_result wf_cuda_convolve(wf_cuda_device *device, cudaStream_t stream, const wf_convolve_call *call)
{
    const wf_convolution *shape = &call->shape;
    if (call->second)
        return wf_cuda_convolve_pair(device, stream, call);
    wf_convolve_args args = {};
    args.coarse = {(const __half *)call->coarse.data, shape->coarse, call->coarse.width, call->coarse.height};
    args.input = {(const __half *)call->input.data, shape->inputs, call->input.width, call->input.height};
    args.width = call->output.width, args.height = call->output.height;
    args.outputs = shape->outputs;
    args.bias = (const float *)call->parameters;
    args.weights = (const __half *)(args.bias + shape->outputs);
    args.up_weights = args.weights + (size_t)shape->outputs * (shape->coarse + shape->inputs) * WF_TAPS;
    args.cut_weights = args.up_weights + (size_t)shape->outputs * shape->coarse * WF_UP_TAPS;
    args.output = (__half *)call->output.data;
    args.pooled = (__half *)call->pooled.data;

    const int64_t pixels = (int64_t)args.width * args.height;
    const int widest = shape->outputs > shape->inputs ? shape->outputs : shape->inputs;
    if (pixels * widest > INT32_MAX)
        return wf_fail(&device->base.log, WF_ERROR_UNSUPPORTED,
                       "%dx%d pixels of %d channels are more numbers than a convolution of the cuda backend takes",
                       args.width, args.height, widest);
    if (wf_cuda_group_columns(device, shape))
        return wf_cuda_convolve_groups(device, stream, call, &args);
    const bool small = pixels * (shape->outputs / 16) < (int64_t)device->multiprocessors * 256 * 12;
    if (shape->outputs % 64 == 0 && !small)
        return wf_convolve_warps<4, 4, 2, 2, 1, 2>(device, stream, &args);
    if (shape->outputs % 48 == 0 && !small)
        return wf_convolve_warps<4, 3, 2, 2, 1, 2>(device, stream, &args);
    if (shape->outputs % 32 == 0)
        return wf_convolve_warps<2, 2, 2, 2, 1, 3>(device, stream, &args);
    return wf_convolve_warps<8, 1, 1, 4, 1, 2>(device, stream, &args);
}
