/* 3x3 convolutions: their parameters as fragments, and which tile a shape gets. */
#include <string.h>

#include "convolve.cuh"
#include "half.h"
#include "network.h"

/* ---- Parameters --------------------------------------------------------------------------------------------------- */

size_t wf_cuda_convolution_bytes(const wf_convolution *shape)
{
    return (size_t)shape->outputs *
           (sizeof(float) + (size_t)(shape->coarse + shape->inputs) * WF_TAPS * sizeof(uint16_t));
}

/* A lane's eight halves of a pair: b[0], b[1] of both fragments. Their columns are outputs in such an order that a lane's sums
 * are four neighbouring ones. */
static void arrange_pair(const float *weight, int inputs, int chunk, int tap, int pair, uint16_t *to)
{
    for (int lane = 0; lane < 32; lane++) {
        for (int i = 0; i < 8; i++) {
            const int g = lane / 4, t = lane % 4, fragment = i / 4, upper = i / 2 % 2, odd = i % 2;
            const int output = pair * 16 + 4 * (g / 2) + 2 * fragment + g % 2;
            const int input = chunk * WF_CHUNK + 8 * upper + 2 * t + odd;
            *to++ = wf_float_to_half(weight[((size_t)output * inputs + input) * WF_TAPS + tap]);
        }
    }
}

void wf_cuda_arrange_convolution(const wf_convolution *shape, const float *weight, const float *bias, void *parameters)
{
    const int inputs = shape->coarse + shape->inputs, pairs = shape->outputs / 16;
    memcpy(parameters, bias, shape->outputs * sizeof *bias);
    uint16_t *to = (uint16_t *)((float *)parameters + shape->outputs);
    for (int chunk = 0; chunk < inputs / WF_CHUNK; chunk++) {
        for (int tap = 0; tap < WF_TAPS; tap++) {
            for (int pair = 0; pair < pairs; pair++, to += WF_PAIR_HALVES)
                arrange_pair(weight, inputs, chunk, tap, pair, to);
        }
    }
}

/* ---- Launch ------------------------------------------------------------------------------------------------------- */

template <typename Tile, bool COARSE>
static wf_result launch(wf_cuda_device *device, cudaStream_t stream, wf_convolve_args *args)
{
    const void *kernel = (const void *)convolve<Tile, COARSE>;
    const dim3 blocks((args->width + Tile::WIDTH - 1) / Tile::WIDTH, (args->height + Tile::HEIGHT - 1) / Tile::HEIGHT,
                      args->outputs / Tile::OUTPUTS);
    void *arguments[] = {args};
    cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, Tile::SHARED_BYTES);
    if (error == cudaSuccess)
        error = cudaLaunchKernel(kernel, blocks, dim3(Tile::THREADS), arguments, Tile::SHARED_BYTES, stream);
    return wf_cuda_check(&device->base.log, error, "launching a convolution");
}

template <typename Tile>
static wf_result launch_tile(wf_cuda_device *device, cudaStream_t stream, wf_convolve_args *args)
{
    return args->coarse ? launch<Tile, true>(device, stream, args) : launch<Tile, false>(device, stream, args);
}

/* Large tiles read their borders less often, small ones keep all multiprocessors busy where the image is small. */
wf_result wf_cuda_convolve(wf_cuda_device *device, cudaStream_t stream, const wf_convolve_call *call)
{
    const wf_convolution *shape = &call->shape;
    wf_convolve_args args = {};
    args.coarse = (const __half *)call->coarse.data;
    args.input = (const __half *)call->input.data;
    args.coarse_channels = shape->coarse, args.input_channels = shape->inputs;
    args.coarse_width = call->coarse.width;
    args.width = call->output.width, args.height = call->output.height;
    args.outputs = shape->outputs;
    args.bias = (const float *)call->parameters;
    args.weights = (const __half *)(args.bias + shape->outputs);
    args.output = (__half *)call->output.data;
    args.pooled = (__half *)call->pooled.data;

    const int64_t pixels = (int64_t)args.width * args.height;
    const bool small = pixels * (shape->outputs / 16) < (int64_t)device->multiprocessors * 256 * 12;
    if (shape->outputs % 64 == 0 && !small)
        return launch_tile<wf_convolve_tile<4, 4, 2, 2, 1, 2>>(device, stream, &args);
    if (shape->outputs % 48 == 0 && !small)
        return launch_tile<wf_convolve_tile<4, 3, 2, 2, 1, 2>>(device, stream, &args);
    if (shape->outputs % 32 == 0)
        return launch_tile<wf_convolve_tile<2, 2, 2, 2, 1, 3>>(device, stream, &args);
    return launch_tile<wf_convolve_tile<8, 1, 1, 4, 1, 2>>(device, stream, &args);
}
