/* Convolutions with wgmma: which tile a shape gets. */
#include "convolve_groups.cuh"
#include "convolve_up.cuh"

#include <stdlib.h>
#include <string.h>

#include "convolve.h"
#include "network.h"

typedef wf_group_tile<4, 2, 32> smallest_tile;

int wf_cuda_find_groups(void)
{
    cudaFuncAttributes attributes;
    const char *asked = getenv("WF_CUDA_TENSOR_CORES");
    const cudaError_t error = cudaFuncGetAttributes(&attributes, (const void *)convolve_groups<smallest_tile, false>);
    cudaGetLastError();
    return error == cudaSuccess && !(asked && !strcmp(asked, "warps"));
}

bool wf_cuda_has_groups(const wf_cuda_device *device, int outputs)
{
    return device->groups && (outputs % 32 == 0 || outputs % 48 == 0);
}

template <typename Tile>
static wf_result launch(const wf_cuda_device *device, cudaStream_t stream, const void *kernel, wf_convolve_args *args)
{
    const dim3 blocks((args->width + Tile::WIDTH - 1) / Tile::WIDTH, (args->height + Tile::HEIGHT - 1) / Tile::HEIGHT,
                      args->outputs / Tile::COLUMNS);
    void *arguments[] = {args};
    cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, Tile::SHARED_BYTES);
    if (error == cudaSuccess)
        error = cudaLaunchKernel(kernel, blocks, dim3(Tile::THREADS), arguments, Tile::SHARED_BYTES, stream);
    return wf_cuda_check(&device->base.log, error, "launching a convolution");
}

template <int ROWS, int DOWN, int COLUMNS>
static wf_result launch_tile(const wf_cuda_device *device, cudaStream_t stream, wf_convolve_args *args)
{
    typedef wf_group_tile<ROWS, DOWN, COLUMNS> tile;
    const void *coarse = (const void *)convolve_groups<tile, true>, *plain = (const void *)convolve_groups<tile, false>;
    return launch<tile>(device, stream, args->coarse.data ? coarse : plain, args);
}

/* The highest tile that still gives every multiprocessor a block. Where the last row or column of a coarse pixel is cut off,
 * its weights' sums would be wrong. */
template <int COLUMNS>
static wf_result launch_columns(const wf_cuda_device *device, cudaStream_t stream, wf_convolve_args *args)
{
    if (args->coarse.data && args->width % 2 == 0 && args->height % 2 == 0) {
        typedef wf_up_tile<2, COLUMNS> tile;
        return launch<tile>(device, stream, (const void *)convolve_up<tile>, args);
    }
    const int64_t across = (args->width + 63) / 64 * (args->outputs / COLUMNS);
    if (across * ((args->height + 7) / 8) >= device->multiprocessors)
        return launch_tile<4, 2, COLUMNS>(device, stream, args);
    if (across * ((args->height + 3) / 4) >= device->multiprocessors)
        return launch_tile<2, 2, COLUMNS>(device, stream, args);
    return launch_tile<2, 1, COLUMNS>(device, stream, args);
}

wf_result wf_cuda_convolve_groups(wf_cuda_device *device, cudaStream_t stream, wf_convolve_args *args)
{
    if (args->outputs % 64 == 0)
        return launch_columns<64>(device, stream, args);
    if (args->outputs % 48 == 0)
        return launch_columns<48>(device, stream, args);
    return launch_columns<32>(device, stream, args);
}
