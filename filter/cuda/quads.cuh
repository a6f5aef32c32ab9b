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

#define WF_QUADS_WIDTH 128 /* of a block, in pixels: a warp's quads */

/* The first pixel of a thread, in blocks of so many rows with `WARPS` each, of a spatial plan. */
template <int HEIGHT, int WARPS = 1> static __device__ __forceinline__ wf_block wf_this_quad(void)
{
    constexpr int LANES = WF_QUADS_WIDTH / WF_TILE_GROUP;
    wf_block block = {(int)blockIdx.x * WF_QUADS_WIDTH, (int)blockIdx.y * HEIGHT, (int)blockIdx.z, 0};
    block.x += (int)threadIdx.x % LANES * WF_TILE_GROUP;
    block.y += (int)threadIdx.x / (LANES * WARPS);
    return block;
}

/* As wf_tile_store, of a quad in the image. */
template <typename Image, wf_mode MODE, int CHANNELS>
static __device__ __forceinline__ void wf_store_quad(const wf_tile_args &args, const wf_block &at,
                                                     wf_sums<MODE, CHANNELS, WF_TILE_GROUP> &sums)
{
    if (MODE != WF_LINEAR && args.coverage.data) {
        float *to = wf_at<float>(args.coverage, at.n, 0, at.y, at.x);
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++)
            to[p * args.coverage.column] = wf_sums_coverage(sums, p);
    }
    if (args.normalizes)
        wf_sums_finish_fast(sums);
    if (args.bias) {
#pragma unroll
        for (int c = 0; c < CHANNELS; c++) {
            if (CHANNELS >= 4 && c >= args.channels)
                break;
#pragma unroll
            for (int p = 0; p < WF_TILE_GROUP; p++)
                sums.color[c][p] += args.bias[c];
        }
    }
    Image *to = wf_at<Image>(args.output, at.n, 0, at.y) + at.x;
    if (args.output_aligned) {
#pragma unroll
        for (int c = 0; c < CHANNELS; c++, to += args.output.channel) {
            if (CHANNELS >= 4 && c >= args.channels)
                break;
            wf_store4(to, sums.color[c]);
        }
        return;
    }
#pragma unroll
    for (int c = 0; c < CHANNELS; c++, to += args.output.channel) {
        if (CHANNELS >= 4 && c >= args.channels)
            break;
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++)
            wf_set(to + p, sums.color[c][p]);
    }
}

/* ---- Fetching ahead ---------------------------------------------------------------------------------------------- */

#define WF_FETCHED_BYTES 64 /* by one lane, of a tap's weights for a warp's quads */

/* From the weights of a lane's quad to those that it fetches. */
template <typename Weight> static __device__ __forceinline__ int64_t wf_fetch_offset(int64_t next_tap)
{
    constexpr int LANES = WF_QUADS_WIDTH * (int)sizeof(Weight) / WF_FETCHED_BYTES; /* for a tap */
    const int lane = (int)threadIdx.x % (WF_QUADS_WIDTH / WF_TILE_GROUP);
    return lane / LANES * next_tap + lane % LANES * (WF_FETCHED_BYTES / (int)sizeof(Weight)) - lane * WF_TILE_GROUP;
}

/* Has a warp's weights of so many taps come to the L2 cache, which takes no registers. from: a lane's quad, moved by
 * wf_fetch_offset. */
template <int TAPS, typename Weight>
static __device__ __forceinline__ void wf_fetch_taps(const Weight *from, int64_t next_tap)
{
    constexpr int LANES = WF_QUADS_WIDTH * (int)sizeof(Weight) / WF_FETCHED_BYTES;
    constexpr int WARP = WF_QUADS_WIDTH / WF_TILE_GROUP, AT_ONCE = WARP / LANES;
#pragma unroll
    for (int tap = 0; tap < TAPS; tap += AT_ONCE, from += AT_ONCE * next_tap) {
        if (tap + AT_ONCE <= TAPS || tap + (int)threadIdx.x % WARP / LANES < TAPS)
            asm volatile("prefetch.global.L2 [%0];" ::"l"(from));
    }
}

/* ---- Slots ------------------------------------------------------------------------------------------------------- */

static __device__ __forceinline__ bool wf_is_tap(const wf_tile_row &row, int slot)
{
    return slot >= row.lead && slot < row.lead + row.taps;
}

#endif
