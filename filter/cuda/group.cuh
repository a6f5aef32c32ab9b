/* group.cuh -- what four neighbouring warps do together on a Hopper GPU's tensor cores (wgmma).
 * Private; for kernels built for sm_90a.
 *
 * Operands lie in shared memory as groups of 8 rows whose 8 halves of a column group are 16 consecutive bytes, row
 * after row: 128 bytes, aligned to 16. A product takes 16 columns, two of these. Sums lie as in matrix.cuh's fragments:
 * warp i has rows 16 i ... 16 i + 15, sums[4 j + k] is fragment j's sums[k]. */
#ifndef WF_CUDA_GROUP_CUH
#define WF_CUDA_GROUP_CUH

#include "matrix.cuh"

/* An operand: its first row, the bytes from 8 rows to the next 8, and those from 8 columns
   to the next 8; multiples of 16. */
static __device__ __forceinline__ uint64_t wf_operand(uint32_t address, uint32_t row_stride, uint32_t column_stride)
{
    return (uint64_t)(address >> 4) | (uint64_t)(column_stride >> 4) << 16 | (uint64_t)(row_stride >> 4) << 32;
}

/* An operand whose first row lies `bytes` further on. */
static __device__ __forceinline__ uint64_t wf_move_operand(uint64_t operand, int bytes)
{
    return operand + (uint64_t)(bytes >> 4);
}

/* Before the first product of a sequence, and after registers of sums were written. */
static __device__ __forceinline__ void wf_begin_products()
{
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

static __device__ __forceinline__ void wf_commit_products()
{
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

/* Waits for all committed products but the last `PENDING` commits. */
template <int PENDING> static __device__ __forceinline__ void wf_wait_products()
{
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(PENDING) : "memory");
}

#define WF_SUMS_8(i)                                                                                                   \
    "+f"(sums[i]), "+f"(sums[i + 1]), "+f"(sums[i + 2]), "+f"(sums[i + 3]), "+f"(sums[i + 4]), "+f"(sums[i + 5]),      \
        "+f"(sums[i + 6]), "+f"(sums[i + 7])

#define WF_PRODUCT(columns, registers, a, b, add, ...)                                                                 \
    asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, " add ", 0;\n"                                                      \
                 "wgmma.mma_async.sync.aligned.m64n" #columns "k16.f32.f16.f16 {" registers "}, " a ", " b             \
                 ", p, 1, 1, 0, 0;\n}"                                                                                 \
                 : __VA_ARGS__                                                                                         \
                 : "l"(rows), "l"(weights), "r"(continues))

/* sums (64 x COLUMNS) += rows (64 x 16) times weights (COLUMNS x 16, transposed), or = where it does not continue.
 * Enqueued: sums and shared memory belong to it until it was waited for. */
template <int COLUMNS>
static __device__ __forceinline__ void wf_add_product(float (&sums)[COLUMNS / 2], uint64_t rows, uint64_t weights,
                                                      int continues)
{
    if constexpr (COLUMNS == 32)
        WF_PRODUCT(32, "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15", "%16", "%17", "%18",
                   WF_SUMS_8(0), WF_SUMS_8(8));
    else if constexpr (COLUMNS == 48)
        WF_PRODUCT(
            48,
            "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, "
            "%23",
            "%24", "%25", "%26", WF_SUMS_8(0), WF_SUMS_8(8), WF_SUMS_8(16));
    else if constexpr (COLUMNS == 64)
        WF_PRODUCT(
            64,
            "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, "
            "%23, %24, %25, %26, %27, %28, %29, %30, %31",
            "%32", "%33", "%34", WF_SUMS_8(0), WF_SUMS_8(8), WF_SUMS_8(16), WF_SUMS_8(24));
    else {
        static_assert(COLUMNS == 96, "there is no such product");
        WF_PRODUCT(
            96,
            "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, "
            "%23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, "
            "%44, %45, %46, %47",
            "%48", "%49", "%50", WF_SUMS_8(0), WF_SUMS_8(8), WF_SUMS_8(16), WF_SUMS_8(24), WF_SUMS_8(32),
            WF_SUMS_8(40));
    }
}

#endif
