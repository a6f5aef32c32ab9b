/* Two convolutions in one kernel: where that can be, and its launch. */
#include "convolve_pair.cuh"

#include "network.h"

static int shared_bytes(const wf_convolution *first)
{
    return wf_pair_tile::FIXED_BYTES + first->coarse / WF_CHUNK * wf_pair_tile::COARSE_BYTES;
}

/* Sums of weights would be wrong where the last row or column of a coarse pixel is cut off. */
int wf_cuda_fuses(const wf_device *device, const wf_convolution *first, const wf_convolution *second, int width,
                  int height)
{
    const bool is_16 = first->inputs == 16 && first->outputs == 16 && second->inputs == 16 && second->outputs == 16;
    const bool is_even = width % 2 == 0 && height % 2 == 0;
    return is_16 && second->coarse == 0 && (first->coarse == 0 || is_even) &&
           shared_bytes(first) <= ((const wf_cuda_device *)device)->block_memory;
}

wf_result wf_cuda_convolve_pair(wf_cuda_device *device, cudaStream_t stream, const wf_convolve_call *call)
{
    const wf_convolution *shape = &call->shape;
    const int inputs = shape->coarse + shape->inputs;
    wf_pair_args args = {};
    args.coarse = {(const __half *)call->coarse.data, shape->coarse, call->coarse.width, call->coarse.height};
    args.input = {(const __half *)call->input.data, shape->inputs, call->input.width, call->input.height};
    args.width = call->output.width, args.height = call->output.height;
    args.bias = (const float *)call->parameters;
    args.weights = (const __half *)(args.bias + 16) + shape->coarse / WF_CHUNK * WF_TAPS * WF_PAIR_HALVES;
    args.up_weights = (const __half *)(args.bias + 16) + inputs / WF_CHUNK * WF_TAPS * WF_PAIR_HALVES;
    args.second_bias = (const float *)call->second;
    args.second_weights = (const __half *)(args.second_bias + 16);
    args.output = (__half *)call->output.data;
    args.pooled = (__half *)call->pooled.data;
    const void *kernel = wf_convolve_pair_of<true, false>();
    if (!call->input.data) {
        args.features = wf_make_features_args(&call->features);
        kernel = wf_convolve_pair_of<false, true>();
    } else if (!call->coarse.data) {
        kernel = wf_convolve_pair_of<false, false>();
    }
    args.across = (args.width + wf_pair_tile::WIDTH - 1) / wf_pair_tile::WIDTH;
    args.tiles = args.across * ((args.height + wf_pair_tile::HEIGHT - 1) / wf_pair_tile::HEIGHT);
    const bool has_features = !call->input.data;
    const int most = has_features ? args.tiles : 2 * device->multiprocessors; /* that stay */
    return wf_launch_follower(device, stream, kernel, dim3(args.tiles < most ? args.tiles : most),
                              wf_pair_tile::THREADS, shared_bytes(shape), &args);
}
