/* quads.cuh -- kernels with four neighboring pixels a thread, a quad, which reads its weights and sources four at once,
 * through the caches. Private; any device.
 *
 * Kernel rows are counted in slots, as the columns of tiles.cuh are: slot s pairs pixel x with the source x - halo + s,
 * and a group of four slots begins with the sources of a quad. So every address is a multiple of four elements, images
 * are as wide, and a quad lies either in the image or outside of it. */
#ifndef WF_CUDA_QUADS_CUH
#define WF_CUDA_QUADS_CUH

#include "tiles.cuh"

/* Devices of compute capability 9.0 and later have faster kernels for nearly all of the
   calls: these are empty there. */
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
#define WF_QUADS 0
#else
#define WF_QUADS 1
#endif

static inline bool wf_runs_quads(const wf_cuda_device *device)
{
    return device->architecture < 90;
}

/* Four elements as they lie in memory. */
template <typename T> struct wf_quad_of {
    using type = uint2;
};

template <> struct wf_quad_of<float> {
    using type = float4;
};

template <typename T> using wf_quad = typename wf_quad_of<T>::type;

template <typename T> static __device__ __forceinline__ wf_quad<T> wf_read_quad(const T *from)
{
    return __ldg((const wf_quad<T> *)from);
}

/* Of what is read once. */
template <typename T> static __device__ __forceinline__ wf_quad<T> wf_stream_quad(const T *from)
{
    return __ldcs((const wf_quad<T> *)from);
}

/* Zeros where the quad is not in the image. */
template <typename T> static __device__ __forceinline__ void wf_read_sources(const T *from, bool inside, float *to)
{
    const wf_quad<T> quad = inside ? wf_read_quad(from) : wf_quad<T>();
    wf_load4((const T *)&quad, to);
}

/* Whether quads can be read, of a tensor as wide as the image. */
static inline bool wf_has_quads(const wf_tensor *tensor)
{
    return tensor->size[3] % WF_TILE_GROUP == 0 && wf_unit_columns(tensor) && wf_four_aligned(tensor);
}

/* The first pixel of a thread, in blocks of so many columns and rows. */
template <int WIDTH, int HEIGHT> static __device__ __forceinline__ wf_block wf_this_quad(const wf_grid &grid)
{
    wf_block block = wf_this_block(grid, WIDTH, HEIGHT);
    block.x += (int)threadIdx.x % (WIDTH / WF_TILE_GROUP) * WF_TILE_GROUP;
    block.y += (int)threadIdx.x / (WIDTH / WF_TILE_GROUP);
    return block;
}

static __device__ __forceinline__ bool wf_is_tap(const wf_tile_row &row, int slot)
{
    return slot >= row.lead && slot < row.lead + row.taps;
}

#endif
