/* narrow.cuh -- what kernels of a few taps a row read: quads with the pixels beside them. Private; any device. */
#ifndef WF_CUDA_NARROW_CUH
#define WF_CUDA_NARROW_CUH

#include "quads.cuh"

template <size_t BYTES> struct wf_side_of;

template <> struct wf_side_of<2> {
    using type = unsigned short;
};

template <> struct wf_side_of<4> {
    using type = unsigned;
};

template <> struct wf_side_of<8> {
    using type = uint2;
};

/* A quad, and REACH elements on both sides of it. */
template <typename T, int REACH> struct wf_window {
    using side_type = typename wf_side_of<REACH * sizeof(T)>::type;
    wf_quad<T> quad;
    side_type left, right;
};

/* Where a quad lies, and whether the image goes on beside it. */
struct wf_quad_place {
    int y, height;
    bool has_left, has_right;
};

/* Whether a block of so many rows, which has the quad, reads pixels beside it that are not in the image: up to `reach`
 * rows above or below. */
template <int HEIGHT>
static __device__ __forceinline__ bool wf_block_borders(const wf_block &quad, int width, int height, int reach)
{
    const int left = quad.x / WF_QUADS_WIDTH * WF_QUADS_WIDTH, top = quad.y / HEIGHT * HEIGHT;
    return left == 0 || left + WF_QUADS_WIDTH >= width || top < reach || top + HEIGHT + reach > height;
}

template <bool BORDERS> static __device__ __forceinline__ bool wf_has_row(const wf_quad_place &place, int down)
{
    return !BORDERS || (unsigned)(place.y + down) < (unsigned)place.height;
}

/* Of the row so far below the quad's. Zeros where they are not in the image. */
template <bool BORDERS, bool LEFT, bool RIGHT, typename T, int REACH>
static __device__ __forceinline__ void wf_read_window(wf_window<T, REACH> &to, const T *from,
                                                      const wf_quad_place &place, int down)
{
    using side_type = typename wf_window<T, REACH>::side_type;
    const bool inside = wf_has_row<BORDERS>(place, down);
    to.quad = inside ? wf_read_quad(from) : wf_quad<T>();
    if (LEFT)
        to.left = inside && (!BORDERS || place.has_left) ? __ldg((const side_type *)(from - REACH)) : side_type();
    if (RIGHT)
        to.right =
            inside && (!BORDERS || place.has_right) ? __ldg((const side_type *)(from + WF_TILE_GROUP)) : side_type();
}

template <typename T, int REACH>
static __device__ __forceinline__ void wf_unpack(const wf_window<T, REACH> &from,
                                                 float (&to)[WF_TILE_GROUP + 2 * REACH])
{
    wf_load4((const T *)&from.quad, to + REACH);
#pragma unroll
    for (int i = 0; i < REACH; i++) {
        to[i] = wf_to_float(((const T *)&from.left)[i]);
        to[REACH + WF_TILE_GROUP + i] = wf_to_float(((const T *)&from.right)[i]);
    }
}

#endif
