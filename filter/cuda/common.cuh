/* common.cuh -- elements, image views and blocks, for every kernel. Private. */
#ifndef WF_CUDA_COMMON_CUH
#define WF_CUDA_COMMON_CUH

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "cuda_device.h"

/* ---- Elements ---------------------------------------------------------------------------------------------------- */

template <typename T> struct wf_real_of {
    using type = float;
};

template <> struct wf_real_of<double> {
    using type = double;
};

/* What values of a type are computed with. */
template <typename T> using wf_real = typename wf_real_of<T>::type;

static __device__ __forceinline__ float wf_to_float(float value)
{
    return value;
}

static __device__ __forceinline__ float wf_to_float(__half value)
{
    return __half2float(value);
}

static __device__ __forceinline__ float wf_to_float(__nv_bfloat16 value)
{
    return __bfloat162float(value);
}

/* One element, through the read-only cache. */
template <typename T> static __device__ __forceinline__ float wf_get(const T *from)
{
    return wf_to_float(__ldg(from));
}

static __device__ __forceinline__ double wf_get(const double *from)
{
    return __ldg(from);
}

/* Rounded to the element's type. */
template <typename T> static __device__ __forceinline__ T wf_round(wf_real<T> value)
{
    return value;
}

template <> __device__ __forceinline__ __half wf_round<__half>(float value)
{
    return __float2half_rn(value);
}

template <> __device__ __forceinline__ __nv_bfloat16 wf_round<__nv_bfloat16>(float value)
{
    return __float2bfloat16_rn(value);
}

template <typename T> static __device__ __forceinline__ void wf_set(T *to, wf_real<T> value)
{
    *to = wf_round<T>(value);
}

/* wf_set of what nobody reads soon. */
template <typename T> static __device__ __forceinline__ void wf_set_streaming(T *to, wf_real<T> value)
{
    __stcs(to, wf_round<T>(value));
}

/* Four elements at once; the address is aligned to four elements. */
static __device__ __forceinline__ void wf_load4(const float *from, float *to)
{
    float4 four = *(const float4 *)from;
    to[0] = four.x, to[1] = four.y, to[2] = four.z, to[3] = four.w;
}

static __device__ __forceinline__ void wf_load4(const __half *from, float *to)
{
    uint2 four = *(const uint2 *)from;
    float2 low = __half22float2(*(__half2 *)&four.x), high = __half22float2(*(__half2 *)&four.y);
    to[0] = low.x, to[1] = low.y, to[2] = high.x, to[3] = high.y;
}

static __device__ __forceinline__ void wf_load4(const __nv_bfloat16 *from, float *to)
{
    uint2 four = *(const uint2 *)from;
    float2 low = __bfloat1622float2(*(__nv_bfloat162 *)&four.x), high = __bfloat1622float2(*(__nv_bfloat162 *)&four.y);
    to[0] = low.x, to[1] = low.y, to[2] = high.x, to[3] = high.y;
}

static __device__ __forceinline__ void wf_store4(float *to, const float *from)
{
    *(float4 *)to = make_float4(from[0], from[1], from[2], from[3]);
}

static __device__ __forceinline__ void wf_store4(__half *to, const float *from)
{
    __half2 low = __floats2half2_rn(from[0], from[1]), high = __floats2half2_rn(from[2], from[3]);
    *(uint2 *)to = make_uint2(*(unsigned *)&low, *(unsigned *)&high);
}

static __device__ __forceinline__ void wf_store4(__nv_bfloat16 *to, const float *from)
{
    __nv_bfloat162 low = __floats2bfloat162_rn(from[0], from[1]), high = __floats2bfloat162_rn(from[2], from[3]);
    *(uint2 *)to = make_uint2(*(unsigned *)&low, *(unsigned *)&high);
}

/* ---- Images ------------------------------------------------------------------------------------------------------ */

/* A tensor in a kernel's arguments. Strides in elements. */
struct wf_view {
    void *data;
    int64_t image, channel, row, column;
};

static inline wf_view wf_make_view(const wf_tensor *tensor)
{
    return {tensor->data, tensor->stride[0], tensor->stride[1], tensor->stride[2], tensor->stride[3]};
}

/* Whether neighbouring pixels of a row are neighbours in memory. */
static inline bool wf_unit_columns(const wf_tensor *tensor)
{
    return tensor->size[3] == 1 || tensor->stride[3] == 1;
}

/* Whether every pixel whose column is a multiple of four is aligned to four elements, of a tensor with unit columns. */
static inline bool wf_four_aligned(const wf_tensor *tensor)
{
    int64_t misaligned = tensor->stride[2] % 4;
    for (int axis = 0; axis < 2; axis++)
        misaligned |= tensor->size[axis] > 1 ? tensor->stride[axis] % 4 : 0;
    return !misaligned && (uintptr_t)tensor->data % (4 * wf_dtype_size(tensor->dtype)) == 0;
}

/* A row's first pixel. */
template <typename T> static __device__ __forceinline__ T *wf_at(const wf_view &view, int64_t n, int64_t c, int64_t y)
{
    return (T *)view.data + n * view.image + c * view.channel + y * view.row;
}

template <typename T>
static __device__ __forceinline__ T *wf_at(const wf_view &view, int64_t n, int64_t c, int64_t y, int64_t x)
{
    return wf_at<T>(view, n, c, y) + x * view.column;
}

/* ---- Blocks ------------------------------------------------------------------------------------------------------ */

/* Blocks that cover every tile of every image `passes` times. The passes of one tile run side by side, so that what
 * they share comes from the cache. */
struct wf_grid {
    unsigned columns, rows, passes;
};

struct wf_block {
    int x, y; /* the tile's first pixel */
    int n, pass;
};

static inline unsigned wf_divide_up(int64_t a, int64_t b)
{
    return (unsigned)((a + b - 1) / b);
}

static __device__ __forceinline__ wf_block wf_block_at(const wf_grid &grid, unsigned index, int tile_width,
                                                       int tile_height)
{
    unsigned tile = index / grid.passes, row = tile / grid.columns;
    return {(int)(tile % grid.columns) * tile_width, (int)(row % grid.rows) * tile_height, (int)(row / grid.rows),
            (int)(index % grid.passes)};
}

static __device__ __forceinline__ wf_block wf_this_block(const wf_grid &grid, int tile_width, int tile_height)
{
    return wf_block_at(grid, blockIdx.x, tile_width, tile_height);
}

#endif
