/* blend.cuh -- the finest level's blend by the blocks that filter it, while its images are in the cache. Private.
 *
 * What is added to a pixel comes from means of its neighbours. So blends have tiles of the filter's size, but
 * between them: one at each corner of the filter's tiles, which needs those around it. The block that
 * finishes the last of these blends it. */
#ifndef WF_CUDA_BLEND_CUH
#define WF_CUDA_BLEND_CUH

#include "light.cuh"

#define WF_BLEND_WIDTH 32

struct wf_blend_args {
    /* Of the filter's tiles that are done, for each of the blend's; 0 before and after a frame. Or NULL. */
    unsigned *counters;
    const uint2 *albedo;
    float epsilon;
};

/* One more than the filter has, in each direction. */
static inline size_t wf_count_blend_tiles(int width, int height, int tile_height)
{
    return (size_t)(wf_divide_up(width, WF_BLEND_WIDTH) + 1) * (wf_divide_up(height, tile_height) + 1);
}

/* A coarse pixel of both operators. */
struct wf_coarse_pixel {
    float4 rgb[WF_OPERATOR_COUNT];
};

/* Counts this block's tile. By a thread for each of four corners: whether the blend's tile there has all it needs. */
static __device__ __forceinline__ bool wf_count_tile(const wf_blend_args &args, int corner)
{
    const unsigned column = blockIdx.x + corner % 2, row = blockIdx.y + corner / 2;
    const unsigned others = (column > 0 && column < gridDim.x ? 2 : 1) * (row > 0 && row < gridDim.y ? 2 : 1) - 1;
    unsigned before;
    asm volatile("atom.release.gpu.global.inc.u32 %0, [%1], %2;"
                 : "=r"(before)
                 : "l"(args.counters + row * (gridDim.x + 1) + column), "r"(others)
                 : "memory");
    if (before == others)
        __threadfence(); /* what the other tiles' blocks released */
    return before == others;
}

/* Two neighbouring pixels' planes, which other blocks may have written. is_paired: in one piece, or the
   right one only where there is one. */
static __device__ __forceinline__ void wf_read_two_pixels(const wf_view &view, bool is_paired, int y, int x,
                                                          bool has_right, float (&left)[3], float (&right)[3])
{
    const float *at = wf_at<const float>(view, 0, 0, y, x);
    if (is_paired) {
#pragma unroll
        for (int c = 0; c < 3; c++) {
            const float2 two = __ldcg((const float2 *)(at + c * view.channel));
            left[c] = two.x, right[c] = two.y;
        }
        return;
    }
#pragma unroll
    for (int c = 0; c < 3; c++) {
        left[c] = __ldcg(at + c * view.channel);
        right[c] = has_right ? __ldcg(at + c * view.channel + view.column) : 0;
    }
}

template <bool LAST>
static __device__ __forceinline__ void wf_write_two_pixels(const wf_view &view, bool is_paired, int y, int x,
                                                           bool has_right, const float (&left)[3],
                                                           const float (&right)[3])
{
    float *at = wf_at<float>(view, 0, 0, y, x);
    if (is_paired) {
#pragma unroll
        for (int c = 0; c < 3; c++)
            if (LAST)
                __stcs((float2 *)(at + c * view.channel), make_float2(left[c], right[c]));
            else
                *(float2 *)(at + c * view.channel) = make_float2(left[c], right[c]);
        return;
    }
#pragma unroll
    for (int c = 0; c < 3; c++) {
        at[c * view.channel] = left[c];
        if (has_right)
            at[c * view.channel + view.column] = right[c];
    }
}

/* o of a tile of HEIGHT rows, between the filter's. coarse: shared memory for its coarse pixels and a border of one.
 * What is read ahead of the barrier is on its way at the same time. */
template <int HEIGHT, int THREADS>
static __device__ __forceinline__ void wf_blend_tile(const wf_blend_args &args, const wf_filtered_args &filtered,
                                                     wf_coarse_pixel *coarse, int column, int row)
{
    constexpr int ROWS = HEIGHT / 2 + 2, COLUMNS = WF_BLEND_WIDTH / 2 + 2;
    static_assert(ROWS * COLUMNS <= THREADS, "a thread has one coarse pixel");
    const int y0 = row * HEIGHT - HEIGHT / 2, x0 = column * WF_BLEND_WIDTH - WF_BLEND_WIDTH / 2;
    const int y = y0 + threadIdx.x / (WF_BLEND_WIDTH / 2), x = x0 + threadIdx.x % (WF_BLEND_WIDTH / 2) * 2;
    const bool is_inside = threadIdx.x < HEIGHT * WF_BLEND_WIDTH / 2 && (unsigned)y < (unsigned)filtered.height &&
                           (unsigned)x < (unsigned)filtered.width;
    const bool has_right = x + 1 < filtered.width;
    const int pixel = y * filtered.width + x;
    float left[WF_OPERATOR_COUNT][3], right[WF_OPERATOR_COUNT][3];
    __half2 left_alphas, right_alphas;
    uint2 left_albedo, right_albedo;
    if (is_inside) {
#pragma unroll
        for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
            if (filtered.operators >> op & 1)
                wf_read_two_pixels(filtered.image[op], filtered.is_paired[op] && has_right, y, x, has_right, left[op],
                                   right[op]);
        }
        left_alphas = __ldcg(filtered.alpha + pixel), right_alphas = __ldcg(filtered.alpha + pixel + has_right);
        if (args.albedo)
            left_albedo = __ldg(args.albedo + pixel), right_albedo = __ldg(args.albedo + pixel + has_right);
    }
    if (threadIdx.x < ROWS * COLUMNS) {
        const int coarse_width = (filtered.width + 1) / 2, coarse_height = (filtered.height + 1) / 2;
        const int at_y = min(max(y0 / 2 - 1 + (int)(threadIdx.x / COLUMNS), 0), coarse_height - 1);
        const int at_x = min(max(x0 / 2 - 1 + (int)(threadIdx.x % COLUMNS), 0), coarse_width - 1);
        const int plane = coarse_width * coarse_height, at = at_y * coarse_width + at_x;
#pragma unroll
        for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
            const float *from = filtered.blend[op] + at;
            if (filtered.operators >> op & 1)
                coarse[threadIdx.x].rgb[op] =
                    make_float4(__ldcg(from), __ldcg(from + plane), __ldcg(from + 2 * plane), 0);
        }
    }
    __syncthreads();
    if (is_inside) {
        float3 left_factor = make_float3(1, 1, 1), right_factor = left_factor;
        if (args.albedo) {
            left_factor = wf_find_divisor(left_albedo, args.epsilon);
            right_factor = wf_find_divisor(right_albedo, args.epsilon);
        }
        const wf_coarse_pixel *near = coarse + (y / 2 - y0 / 2 + 1) * COLUMNS + (x / 2 - x0 / 2);
        const wf_coarse_pixel *far = near + (y % 2 ? COLUMNS : -COLUMNS);
#pragma unroll
        for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
            if (!(filtered.operators >> op & 1))
                continue;
            float3 sums[3]; /* at the coarse pixel's left, itself, at its right */
#pragma unroll
            for (int i = 0; i < 3; i++) {
                const float4 a = near[i].rgb[op], b = far[i].rgb[op];
                sums[i] = 0.75f * make_float3(a.x, a.y, a.z) + 0.25f * make_float3(b.x, b.y, b.z);
            }
            const float3 left_o = make_float3(left[op][0], left[op][1], left[op][2]) +
                                  wf_find_alpha(left_alphas, op) * (0.75f * sums[1] + 0.25f * sums[0]);
            const float3 right_o = make_float3(right[op][0], right[op][1], right[op][2]) +
                                   wf_find_alpha(right_alphas, op) * (0.75f * sums[1] + 0.25f * sums[2]);
            const float lefts[] = {left_o.x * left_factor.x, left_o.y * left_factor.y, left_o.z * left_factor.z};
            const float rights[] = {right_o.x * right_factor.x, right_o.y * right_factor.y, right_o.z * right_factor.z};
            wf_write_two_pixels<true>(filtered.image[op], filtered.is_paired[op] && has_right, y, x, has_right, lefts,
                                      rights);
        }
    }
    __syncthreads();
}

/* After a block of THREADS stored its tile. shared: for a tile of both operators' coarse pixels. */
template <int HEIGHT, int THREADS>
static __device__ __forceinline__ void wf_blend_finished(const wf_blend_args &args, const wf_filtered_args &filtered,
                                                         void *shared)
{
    __shared__ bool is_ready[4];
    __syncthreads();
    if (threadIdx.x < 4)
        is_ready[threadIdx.x] = wf_count_tile(args, threadIdx.x);
    __syncthreads();
#pragma unroll 1
    for (int corner = 0; corner < 4; corner++)
        if (is_ready[corner])
            wf_blend_tile<HEIGHT, THREADS>(args, filtered, (wf_coarse_pixel *)shared, blockIdx.x + corner % 2,
                                           blockIdx.y + corner / 2);
}

#endif
