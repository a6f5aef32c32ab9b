/* launch.cuh -- launches of kernels. Private. */
#ifndef WF_CUDA_LAUNCH_CUH
#define WF_CUDA_LAUNCH_CUH

#include "common.cuh"

/* Launches a kernel, or loads it in a rehearsal. */
static inline wf_result wf_launch(const wf_cuda_device *device, cudaStream_t stream, const void *kernel, dim3 blocks,
                                  dim3 threads, void **arguments, size_t shared_bytes)
{
    if (wf_cuda_rehearses(device, kernel))
        return WF_OK;
    return wf_cuda_check(&device->base.log, cudaLaunchKernel(kernel, blocks, threads, arguments, shared_bytes, stream),
                         "launching a kernel");
}

/* The same on every block of the grid for each of the images. */
static inline wf_result wf_launch(const wf_cuda_device *device, cudaStream_t stream, const void *kernel,
                                  const wf_grid &grid, int64_t images, dim3 threads, void **arguments,
                                  size_t shared_bytes)
{
    const int64_t blocks = images * grid.rows * grid.columns * grid.passes;
    if (blocks > INT32_MAX)
        return wf_fail(&device->base.log, WF_ERROR_UNSUPPORTED, "the images need %lld blocks, CUDA launches up to %d",
                       (long long)blocks, INT32_MAX);
    return wf_launch(device, stream, kernel, dim3((unsigned)blocks), threads, arguments, shared_bytes);
}

#endif
