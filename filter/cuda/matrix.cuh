/* matrix.cuh -- what one warp does on tensor cores, and copies into shared memory. Private.
 *
 * Fragments. With lane = 4 g + t, an m16n8k16 product adds A (16x16) times B (16x8) to sums (16x8):
 *     a[0], a[1]  rows g and g + 8 of columns 2t, 2t + 1;  a[2], a[3]  the same of columns 2t + 8, 2t + 9
 *     b[0], b[1]  column g of rows 2t, 2t + 1 and of rows 2t + 8, 2t + 9
 *     sums[0, 1], sums[2, 3]  columns 2t, 2t + 1 of rows g and g + 8 */
#ifndef WF_CUDA_MATRIX_CUH
#define WF_CUDA_MATRIX_CUH

#include <cuda_fp16.h>
#include <stdint.h>

#include "exp2.cuh"

/* Where shared memory lies, for the instructions below. */
static __device__ __forceinline__ uint32_t wf_shared_address(const void *shared)
{
    return (uint32_t)__cvta_generic_to_shared(shared);
}

/* 16 bytes of global memory to shared memory, or zeros; both aligned to 16 bytes. Done for
   this thread after wf_wait_copies. */
static __device__ __forceinline__ void wf_copy16(uint32_t to, const void *from, bool inside)
{
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(inside ? 16 : 0) : "memory");
#else
    uint4 value = inside ? *(const uint4 *)from : make_uint4(0, 0, 0, 0);
    asm volatile("st.shared.v4.u32 [%0], {%1, %2, %3, %4};" ::"r"(to), "r"(value.x), "r"(value.y), "r"(value.z),
                 "r"(value.w)
                 : "memory");
#endif
}

/* A word into shared memory, so many bytes behind an address, where it is wanted: without a branch. */
static __device__ __forceinline__ void wf_store_if(bool wanted, uint32_t address, int bytes, uint32_t word)
{
    asm volatile("{.reg .pred p; setp.ne.u32 p, %0, 0; @p st.shared.u32 [%1], %2;}" ::"r"((uint32_t)wanted),
                 "r"(address + bytes), "r"(word)
                 : "memory");
}

/* Has a line of global memory come into the L2 cache. */
static __device__ __forceinline__ void wf_prefetch_line(const void *address)
{
    asm volatile("prefetch.global.L2 [%0];" ::"l"(address));
}

/* Ends a group of copies. */
static __device__ __forceinline__ void wf_commit_copies()
{
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

/* Waits for all groups of this thread's copies but the last `PENDING`. */
template <int PENDING> static __device__ __forceinline__ void wf_wait_copies()
{
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
#endif
}

/* A's fragment of 16 rows whose halves lie in shared memory: lane i gives the address of row i % 16's columns 0 ... 7
 * (i < 16) or 8 ... 15, aligned to 16 bytes. */
static __device__ __forceinline__ void wf_load_rows(uint32_t a[4], uint32_t address)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(a[0]), "=r"(a[1]), "=r"(a[2]), "=r"(a[3])
                 : "r"(address));
}

static __device__ __forceinline__ void wf_multiply(float sums[4], const uint32_t a[4], uint32_t b0, uint32_t b1)
{
#if __CUDA_ARCH__ >= 800
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
        "%3};"
        : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#else
    asm("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
        : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
        : "r"(a[0]), "r"(a[1]), "r"(b0));
    asm("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
        : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
        : "r"(a[2]), "r"(a[3]), "r"(b1));
#endif
}

#define WF_LN_2 0.693147181f

static __device__ __forceinline__ float wf_log2(float value)
{
    float logarithm;
    asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(logarithm) : "f"(value));
    return logarithm;
}

static __device__ __forceinline__ float wf_reciprocal(float value)
{
    float reciprocal;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(reciprocal) : "f"(value));
    return reciprocal;
}

static __device__ __forceinline__ uint32_t wf_bits(__half2 value)
{
    return *(uint32_t *)&value;
}

/* max(value, 0), at most the largest finite float16. */
static __device__ __forceinline__ uint32_t wf_activate(float low, float high)
{
#if __CUDA_ARCH__ >= 800
    uint32_t halves;
    asm("cvt.rn.relu.satfinite.f16x2.f32 %0, %1, %2;" : "=r"(halves) : "f"(high), "f"(low));
    return halves;
#else
    const __half2 zero = __float2half2_rn(0), most = __float2half2_rn(65504);
    return wf_bits(__hmin2(__hmax2(__floats2half2_rn(low, high), zero), most));
#endif
}

#endif
