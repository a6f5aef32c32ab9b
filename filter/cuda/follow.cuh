/* follow.cuh -- how a frame's kernels follow each other. Private.
 *
 * Where the device can, a kernel's blocks take their places while the last ones of the kernel before it still work:
 * each calls wf_follow before it touches what other kernels read or write. */
#ifndef WF_CUDA_FOLLOW_CUH
#define WF_CUDA_FOLLOW_CUH

#include "common.cuh"

/* The kernel after this one may take its place. */
static __device__ __forceinline__ void wf_let_follow()
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

/* Waits until the kernels before this one are done, and what they wrote is there. */
static __device__ __forceinline__ void wf_wait_for_kernels()
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

static __device__ __forceinline__ void wf_follow()
{
    wf_let_follow();
    wf_wait_for_kernels();
}

/* The same, but the next kernel's blocks find all kernels before this one done when they take their places. */
static __device__ __forceinline__ void wf_follow_in_turn()
{
    wf_wait_for_kernels();
    wf_let_follow();
}

/* Launches such a kernel, or loads it in a rehearsal. args: its only argument. */
static inline wf_result wf_launch_follower(const wf_cuda_device *device, cudaStream_t stream, const void *kernel,
                                           dim3 blocks, int threads, size_t shared_bytes, void *args)
{
    if (wf_cuda_rehearses(device, kernel))
        return WF_OK;
    cudaLaunchAttribute attribute = {};
    attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
    attribute.val.programmaticStreamSerializationAllowed = 1;
    cudaLaunchConfig_t config = {};
    config.gridDim = blocks, config.blockDim = dim3(threads);
    config.dynamicSmemBytes = shared_bytes;
    config.stream = stream;
    config.attrs = &attribute, config.numAttrs = device->architecture >= 90 ? 1 : 0;
    void *arguments[] = {args};
    cudaError_t error = cudaSuccess;
    if (shared_bytes > 0)
        error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, (int)shared_bytes);
    if (error == cudaSuccess)
        error = cudaLaunchKernelExC(&config, kernel, arguments);
    return wf_cuda_check(&device->base.log, error, "launching a network's kernel");
}

/* The same with the blocks of a grid. */
static inline wf_result wf_launch_follower(const wf_cuda_device *device, cudaStream_t stream, const void *kernel,
                                           const wf_grid &grid, int threads, void *args)
{
    const int64_t blocks = (int64_t)grid.columns * grid.rows * grid.passes;
    if (blocks > INT32_MAX)
        return wf_fail(&device->base.log, WF_ERROR_UNSUPPORTED, "the images need %lld blocks, CUDA launches up to %d",
                       (long long)blocks, INT32_MAX);
    return wf_launch_follower(device, stream, kernel, dim3((unsigned)blocks), threads, 0, args);
}

#endif
