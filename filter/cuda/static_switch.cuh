/* static_switch.cuh -- from the values of a call to template arguments: all kernels are chosen among with this.
 * Private.
 *
 * wf_switch<A, B, C>(value, visit) calls visit with the one of A, B, C that equals value, the last where none does, as
 * a constant: visit(std::integral_constant<int, B>()). */
#ifndef WF_CUDA_STATIC_SWITCH_CUH
#define WF_CUDA_STATIC_SWITCH_CUH

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <type_traits>

#include "wf.h"

template <int FIRST, int... OTHERS, typename Visit>
static inline const void *wf_switch(int64_t value, const Visit &visit)
{
    if constexpr (sizeof...(OTHERS) > 0) {
        if (value != FIRST)
            return wf_switch<OTHERS...>(value, visit);
    }
    return visit(std::integral_constant<int, FIRST>());
}

/* ---- Types ------------------------------------------------------------------------------------------------------- */

/* Those of images and weights, as a value to switch on. */
#define WF_TYPES(image, weight) ((image)*WF_DTYPE_COUNT + (weight))

/* Images of up to 32 bits with all weights that go with them. */
#define WF_TILE_TYPES                                                                                                  \
    WF_TYPES(WF_FLOAT16, WF_FLOAT16), WF_TYPES(WF_BFLOAT16, WF_BFLOAT16), WF_TYPES(WF_FLOAT32, WF_FLOAT16),            \
        WF_TYPES(WF_FLOAT32, WF_BFLOAT16), WF_TYPES(WF_FLOAT32, WF_FLOAT32)
#define WF_FLOAT_TYPES                                                                                                 \
    WF_TYPES(WF_FLOAT32, WF_FLOAT16), WF_TYPES(WF_FLOAT32, WF_BFLOAT16), WF_TYPES(WF_FLOAT32, WF_FLOAT32)

template <int DTYPE> struct wf_element;

template <> struct wf_element<WF_FLOAT32> {
    using type = float;
};

template <> struct wf_element<WF_FLOAT16> {
    using type = __half;
};

template <> struct wf_element<WF_BFLOAT16> {
    using type = __nv_bfloat16;
};

template <> struct wf_element<WF_FLOAT64> {
    using type = double;
};

/* visit(0) of the type that a dtype's elements have. */
template <typename Visit> static inline const void *wf_switch_element(wf_dtype dtype, const Visit &visit)
{
    return wf_switch<WF_FLOAT16, WF_BFLOAT16, WF_FLOAT64, WF_FLOAT32>(
        dtype, [&](auto type) { return visit(typename wf_element<decltype(type)::value>::type()); });
}

template <int TYPES> using wf_image_of = typename wf_element<TYPES / WF_DTYPE_COUNT>::type;
template <int TYPES> using wf_weight_of = typename wf_element<TYPES % WF_DTYPE_COUNT>::type;

/* ---- Kernels' channels and widths -------------------------------------------------------------------------------- */

/* Kernels on tiles are for three channels and for four, which images of one and two are taken for: TMA fills the others
 * with zeros. */
static constexpr __host__ __device__ int wf_tile_channels(int64_t channels)
{
    return channels == 3 ? 3 : 4;
}

/* Rows of kernels so wide unroll, in code of their own; width 0 stands for the code that does for any. All of them for
 * linear weights of the images' type, a few for float32 images else, as benchmarks and the node use them: each costs
 * its compilation. */
#define WF_OWN_WIDTHS 3, 5, 7, 9, 11, 13, 17, 21

static constexpr bool wf_is_common_width(int width)
{
    return width == 3 || width == 5 || width == 11 || width == 21;
}

static constexpr bool wf_has_own_width(wf_mode mode, int types, int width)
{
    return (mode == WF_LINEAR &&
            (types == WF_TYPES(WF_FLOAT32, WF_FLOAT32) || types == WF_TYPES(WF_FLOAT16, WF_FLOAT16))) ||
           (wf_is_common_width(width) &&
            (types == WF_TYPES(WF_FLOAT32, WF_FLOAT32) || types == WF_TYPES(WF_FLOAT32, WF_FLOAT16)));
}

/* visit(channels, width), as constants, for what kernels on tiles there are. */
template <wf_mode MODE, int TYPES, typename Visit>
static inline const void *wf_switch_tiles(int64_t channels, int kernel_width, const Visit &visit)
{
    return wf_switch<3, 4>(wf_tile_channels(channels), [=](auto channels) {
        constexpr int CHANNELS = channels;
        return wf_switch<WF_OWN_WIDTHS, 0>(kernel_width, [=](auto width) {
            constexpr int WIDTH = CHANNELS == 3 && wf_has_own_width(MODE, TYPES, width) ? (int)width : 0;
            return visit(std::integral_constant<int, CHANNELS>(), std::integral_constant<int, WIDTH>());
        });
    });
}

#endif
