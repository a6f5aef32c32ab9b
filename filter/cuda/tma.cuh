/* tma.cuh -- the tensor memory accelerator (TMA), and how warps hand on what it brings. Private; since compute
 * capability 9.0.
 *
 * TMA copies a box of a tensor into shared memory, with zeros for what of it lies outside the tensor, and costs the
 * threads neither instructions nor registers. It reads tensors whose address and strides are multiples of 16 bytes,
 * from columns that are, and writes to multiples of 128.
 *
 * One thread of a block's last warp is the producer: it has TMA fill the stages of a ring in shared memory. The other
 * warps consume them. A stage has two barriers: `full`, which the producer tells how many bytes to expect and which TMA
 * completes, and `empty`, at which each consumer warp arrives once it has read the stage. */
#ifndef WF_CUDA_TMA_CUH
#define WF_CUDA_TMA_CUH

#include <cuda/ptx>

#include "common.cuh"

#define WF_TMA_COLUMNS    8 /* boxes start at multiples of so many: 16 bytes of float16, 32 of float32 */
#define WF_TMA_MAX_STAGES 12
#define WF_TMA_HEADER     256  /* bytes of shared memory for the barriers, before what TMA writes */
#define WF_TMA_RESERVED   1024 /* bytes of it that CUDA takes for every block */

/* Bytes of so many elements where TMA writes them. */
static __host__ __device__ __forceinline__ int wf_tma_bytes(int elements, size_t element)
{
    return (elements * (int)element + 127) / 128 * 128;
}

struct wf_barriers {
    uint64_t input, full[WF_TMA_MAX_STAGES], empty[WF_TMA_MAX_STAGES];
};

static_assert(sizeof(wf_barriers) <= WF_TMA_HEADER, "the header is too small");

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

/* True for one thread of a warp. The compiler knows what this instruction means and keeps that thread's work in uniform
 * registers, where TMA takes its operands from. */
static __device__ __forceinline__ bool wf_elect_one()
{
    unsigned elected;
    asm volatile("{.reg .pred p; elect.sync _|p, 0xffffffff; selp.u32 %0, 1, 0, p;}" : "=r"(elected));
    return elected;
}

static __device__ __forceinline__ void wf_barrier_wait(uint64_t *barrier, unsigned turn)
{
    while (!cuda::ptx::mbarrier_try_wait_parity(barrier, turn & 1))
        ;
}

static __device__ __forceinline__ void wf_barrier_expect(uint64_t *barrier, unsigned bytes)
{
    cuda::ptx::mbarrier_arrive_expect_tx(cuda::ptx::sem_release, cuda::ptx::scope_cta, cuda::ptx::space_shared, barrier,
                                         bytes);
}

static __device__ __forceinline__ void wf_tma_load(void *to, const CUtensorMap *map, int x, int y, int c, int n,
                                                   uint64_t *barrier)
{
    const int at[] = {x, y, c, n};
    cuda::ptx::cp_async_bulk_tensor(cuda::ptx::space_cluster, cuda::ptx::space_global, to, map, at, barrier);
}

/* Where in the ring of stages a thread is. */
struct wf_ring {
    int stage;
    unsigned turn;
};

static __device__ __forceinline__ void wf_ring_advance(wf_ring &ring, int stages)
{
    if (++ring.stage == stages)
        ring.stage = 0, ring.turn++;
}

/* By all threads of a block, of which the first so many consume. */
static __device__ __forceinline__ void wf_barriers_init(wf_barriers *barriers, int stages, int consumers)
{
    if (threadIdx.x == consumers) {
        cuda::ptx::mbarrier_init(&barriers->input, 1);
        for (int stage = 0; stage < stages; stage++) {
            cuda::ptx::mbarrier_init(&barriers->full[stage], 1);
            cuda::ptx::mbarrier_init(&barriers->empty[stage], consumers / 32);
        }
        cuda::ptx::fence_mbarrier_init(cuda::ptx::sem_release, cuda::ptx::scope_cluster);
    }
    __syncthreads();
}

#endif

#endif
