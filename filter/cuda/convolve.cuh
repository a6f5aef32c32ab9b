/* convolve.cuh -- 3x3 convolutions as products of matrices: a block computes some outputs of a tile of pixels, 16 inputs after the
 * other. What the kernels have in common: how pixels come into shared memory, and outputs out of registers. Private.
 *
 * Shared memory has stages, filled ahead by asynchronous copies, of the 16 inputs' pixels, tile and a border of one pixel, and
 * of their weights. Pixels' halves 0 ... 7 lie in one plane and 8 ... 15 in another one, 16 bytes a pixel, so that any 8
 * neighbours are 128 consecutive bytes: a tile shifted by a tap is read in place, without bank conflicts.
 *
 * A tile has WIDTH x HEIGHT pixels in rows of PITCH, with their border ENTRIES, in planes of PLANE; THREADS threads copy them. A warp's sums are ROWS fragments of 16 pixels above each other, of PAIRS times 16 outputs. */
#ifndef WF_CUDA_CONVOLVE_CUH
#define WF_CUDA_CONVOLVE_CUH

#include "matrix.cuh"

#define WF_CHUNK       16 /* inputs of a stage */
#define WF_TAPS        9
#define WF_UP_PLACES   4 /* of a pixel in one of half the resolution */
#define WF_UP_TAPS     (WF_UP_PLACES * 4)
#define WF_ENTRY       16  /* bytes of a pixel in a plane */
#define WF_PAIR_HALVES 256 /* of 16 inputs and a pair of 8 outputs at one tap, as fragments: 8 a lane */

/* One of a convolution's sources. */
struct wf_source {
    const __half *data;
    int channels, width, height;
};

struct wf_convolve_args {
    wf_source coarse, input; /* coarse only where the kernel has it */
    int width, height, outputs;
    const float *bias;
    const __half *weights, *up_weights; /* in the order of the kernel; up_weights with a coarse source */
    __half *output;
    __half *pooled; /* or NULL */
};

/* The pixels that a tile of WIDTH x HEIGHT reads, in rows of PITCH; how they lie in each of the two planes, of PLANE entries: row
 * after row. */
template <int WIDTH, int HEIGHT> struct wf_region {
    static constexpr int PITCH = WIDTH + 2, ENTRIES = PITCH * (HEIGHT + 2);
    static constexpr int PLANE =
        ENTRIES + (12 - ENTRIES % 8) % 8; /* 4 modulo 8: both planes' copies miss each other's banks */
    static constexpr int BYTES = 2 * PLANE * WF_ENTRY;

    static __device__ __forceinline__ int place(int entry)
    {
        return entry;
    }
};

/* The same with the pixels of even and odd rows and columns apart, in parts of PART entries and rows of HALF_PITCH. */
template <int WIDTH, int HEIGHT> struct wf_split_region {
    static constexpr int PITCH = WIDTH + 2, ENTRIES = PITCH * (HEIGHT + 2);
    static constexpr int HALF_PITCH = PITCH / 2, PART = HALF_PITCH * (HEIGHT + 2) / 2;
    static constexpr int PLANE = ENTRIES + (12 - ENTRIES % 8) % 8;
    static constexpr int BYTES = 2 * PLANE * WF_ENTRY;

    static __device__ __forceinline__ int place(int entry)
    {
        const int y = entry / PITCH, x = entry % PITCH;
        return (y % 2 * 2 + x % 2) * PART + y / 2 * HALF_PITCH + x / 2;
    }
};

/* Where a region's pixels come from: each one's first half in a source, -1 outside the image. y, x: the tile's first pixel.
 * Read after a barrier. Where the source has half the resolution, scale is 1 and the tile is one of the finer image, else 0. */
template <typename Region, int THREADS>
static __device__ __forceinline__ void wf_find_places(int *places, const wf_source &source, int y, int x, int height,
                                                      int width, int scale)
{
    for (int entry = threadIdx.x; entry < Region::ENTRIES; entry += THREADS) {
        const int at_y = y - 1 + entry / Region::PITCH, at_x = x - 1 + entry % Region::PITCH;
        const bool inside = at_y >= 0 && at_y < height && at_x >= 0 && at_x < width;
        places[entry] = inside ? ((at_y >> scale) * source.width + (at_x >> scale)) * source.channels : -1;
    }
}

/* Copies 16 channels of a region. */
template <typename Region, int THREADS>
static __device__ __forceinline__ void wf_copy_pixels(uint32_t stage, const int *places, const __half *source)
{
#pragma unroll
    for (int i = 0; i < (2 * Region::ENTRIES + THREADS - 1) / THREADS; i++) {
        const int copy = threadIdx.x + i * THREADS, entry = copy / 2, upper = copy % 2;
        if (copy >= 2 * Region::ENTRIES)
            break;
        const int place = places[entry];
        wf_copy16(stage + (upper * Region::PLANE + Region::place(entry)) * WF_ENTRY, source + max(place, 0) + upper * 8,
                  place >= 0);
    }
}

/* Four neighbouring outputs of a pixel, of the two fragments of a pair. */
static __device__ __forceinline__ uint2 wf_finish_pixel(const float *low, const float *high, const float4 &bias,
                                                        bool inside)
{
    const uint2 value = make_uint2(wf_bits(wf_activate(low[0] + bias.x, low[1] + bias.y)),
                                   wf_bits(wf_activate(high[0] + bias.z, high[1] + bias.w)));
    return inside ? value : make_uint2(0, 0);
}

static __device__ __forceinline__ uint32_t wf_larger_halves(uint32_t a, uint32_t b)
{
    return wf_bits(__hmax2(*(__half2 *)&a, *(__half2 *)&b));
}

/* Of two pixels above each other and those to their right, which another lane has: the lane's column is even. */
static __device__ __forceinline__ uint2 wf_pool_pixels(const uint2 &above, const uint2 &below)
{
    uint2 most = make_uint2(wf_larger_halves(above.x, below.x), wf_larger_halves(above.y, below.y));
    most.x = wf_larger_halves(most.x, __shfl_xor_sync(0xffffffff, most.x, 4));
    most.y = wf_larger_halves(most.y, __shfl_xor_sync(0xffffffff, most.y, 4));
    return most;
}

/* Bias, ReLU, the output and, where it is wanted, its pooled version. x, y: the warp's first pixel. Values are not negative, so
 * that 0 outside the image does not count for the maximum. */
template <typename Tile>
static __device__ __forceinline__ void
wf_store_tile(const wf_convolve_args &args, const float (&sums)[Tile::ROWS][8 * Tile::PAIRS], int x, int y, int pair0)
{
    static_assert(Tile::ROWS % 2 == 0, "pooled pixels are in one warp");
    const int lane = threadIdx.x % 32, column = lane / 4, channel = pair0 * 16 + lane % 4 * 4;
#pragma unroll
    for (int pair = 0; pair < Tile::PAIRS; pair++) {
        const float4 bias = __ldg((const float4 *)(args.bias + channel + pair * 16));
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const int px = x + column + half * 8;
            uint2 values[Tile::ROWS];
#pragma unroll
            for (int row = 0; row < Tile::ROWS; row++) {
                const bool inside = px < args.width && y + row < args.height;
                values[row] =
                    wf_finish_pixel(sums[row] + 8 * pair + 2 * half, sums[row] + 8 * pair + 4 + 2 * half, bias, inside);
                if (inside)
                    *(uint2 *)(args.output + ((size_t)(y + row) * args.width + px) * args.outputs + channel +
                               pair * 16) = values[row];
            }
            if (!args.pooled)
                continue;
#pragma unroll
            for (int row = 0; row < Tile::ROWS; row += 2) {
                const uint2 most = wf_pool_pixels(values[row], values[row + 1]);
                if (px % 2 == 0 && px < args.width && y + row < args.height)
                    *(uint2 *)(args.pooled +
                               ((size_t)((y + row) / 2) * ((args.width + 1) / 2) + px / 2) * args.outputs + channel +
                               pair * 16) = most;
            }
        }
    }
}

#endif
