/* boxes.cuh -- what tma.cuh leaves out: copies in one piece, and barriers of a kernel's own. Private;
 * since compute capability 9.0. */
#ifndef WF_CUDA_BOXES_CUH
#define WF_CUDA_BOXES_CUH

#include "tma.cuh"

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

/* So many bytes of global memory as they are; addresses and bytes are multiples of 16. */
static __device__ __forceinline__ void wf_bulk_load(void *to, const void *from, unsigned bytes, uint64_t *barrier)
{
    cuda::ptx::cp_async_bulk(cuda::ptx::space_cluster, cuda::ptx::space_global, to, from, bytes, barrier);
}

static __device__ __forceinline__ void wf_barrier_init(uint64_t *barrier, unsigned arrivals)
{
    cuda::ptx::mbarrier_init(barrier, arrivals);
}

/* After wf_barrier_init and before the block's barrier. */
static __device__ __forceinline__ void wf_show_barriers()
{
    cuda::ptx::fence_mbarrier_init(cuda::ptx::sem_release, cuda::ptx::scope_cluster);
}

static __device__ __forceinline__ void wf_barrier_arrive(uint64_t *barrier)
{
    cuda::ptx::mbarrier_arrive(barrier);
}

#endif

#endif
