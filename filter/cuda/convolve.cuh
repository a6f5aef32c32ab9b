/* convolve.cuh -- 3x3 convolutions as products of matrices: a block computes some outputs of a tile of
 * pixels, 16 inputs after the other. What the kernels have in common: how pixels come into shared memory, and
 * outputs out of registers. Private.
 *
 * Shared memory has stages, filled ahead by asynchronous copies, of the 16 inputs' pixels, tile and a border of one
 * pixel, and of their weights. Pixels' halves 0 ... 7 lie in one plane and 8 ... 15 in another one, 16 bytes a pixel,
 * so that any 8 neighbours are 128 consecutive bytes: a tile shifted by a tap is read in place, without bank conflicts.
 *
 * A tile has WIDTH x HEIGHT pixels in rows of PITCH, with their border ENTRIES, in planes of PLANE; THREADS threads
 * copy them. A warp's sums are ROWS fragments of 16 pixels above each other, of PAIRS times 16 outputs. */
#ifndef WF_CUDA_CONVOLVE_CUH
#define WF_CUDA_CONVOLVE_CUH

#include "activation.cuh"
#include "follow.cuh"
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
    const __half *cut_weights;          /* in place of up_weights in the last row, where the height is odd */
    __half *output;
    __half *pooled; /* or NULL */
};

/* The pixels that a tile of WIDTH x HEIGHT reads, in rows of PITCH; how they lie in each of the two planes, of
 * PLANE entries: row after row. */
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

/* Where a region's pixels come from: each one's first half in a source, -1 outside the image. y, x: the
 * tile's first pixel. Read after a barrier. Where the source has half the resolution, scale is 1 and the tile
 * is one of the finer image, else 0. */
template <typename Region, int THREADS>
static __device__ __forceinline__ void wf_find_places(int *places, const wf_source &source, int y, int x, int height,
                                                      int width, int scale)
{
    for (int entry = threadIdx.x; entry < Region::ENTRIES; entry += THREADS) {
        const int at_y = y - 1 + entry / Region::PITCH, at_x = x - 1 + entry % Region::PITCH;
        const bool inside = at_y >= 0 && at_y < height && at_x >= 0 && at_x < width;
        places[entry] = inside ? ((at_y >> scale) * source.width + (at_x >> scale)) * WF_LAYER : -1;
    }
}

/* Copies 16 channels of a region. */
template <typename Region, int THREADS>
static __device__ __forceinline__ void wf_copy_pixels(uint32_t stage, const int *places, const wf_source &source,
                                                      int chunk)
{
    const int pixels = source.width * source.height;
#pragma unroll
    for (int i = 0; i < (2 * Region::ENTRIES + THREADS - 1) / THREADS; i++) {
        const int copy = threadIdx.x + i * THREADS, entry = copy / 2, upper = copy % 2;
        if (copy >= 2 * Region::ENTRIES)
            break;
        const int place = places[entry];
        wf_copy16(stage + (upper * Region::PLANE + Region::place(entry)) * WF_ENTRY,
                  source.data + (size_t)(2 * chunk + upper) * pixels * WF_LAYER + max(place, 0), place >= 0);
    }
}

/* Four neighbouring outputs of a pixel, of the two fragments of a pair. */
static __device__ __forceinline__ uint2 wf_finish_pixel(const float *low, const float *high, const float4 &bias)
{
    return make_uint2(wf_activate(low[0] + bias.x, low[1] + bias.y), wf_activate(high[0] + bias.z, high[1] + bias.w));
}

/* Of two pixels side by side, of which two neighbouring lanes have four outputs each: the even lane
   gets all eight of the left one. */
static __device__ __forceinline__ uint4 wf_swap_halves(const uint2 &left, const uint2 &right)
{
    const bool is_odd = threadIdx.x % 2;
    const uint2 own = is_odd ? right : left, other = is_odd ? left : right;
    const uint32_t x = __shfl_xor_sync(0xffffffff, other.x, 1), y = __shfl_xor_sync(0xffffffff, other.y, 1);
    return is_odd ? make_uint4(x, y, own.x, own.y) : make_uint4(own.x, own.y, x, y);
}

static __device__ __forceinline__ uint32_t wf_larger_halves(uint32_t a, uint32_t b)
{
    return wf_bits(__hmax2(*(__half2 *)&a, *(__half2 *)&b));
}

static __device__ __forceinline__ uint2 wf_larger_pixel(const uint2 &a, const uint2 &b)
{
    return make_uint2(wf_larger_halves(a.x, b.x), wf_larger_halves(a.y, b.y));
}

static __device__ __forceinline__ uint2 wf_pixel_if(bool inside, const uint2 &pixel)
{
    return inside ? pixel : make_uint2(0, 0);
}

/* With the pixel to the right, which another lane has: for lanes whose column is even. */
static __device__ __forceinline__ uint2 wf_pool_columns(const uint2 &pixel)
{
    return wf_larger_pixel(
        pixel, make_uint2(__shfl_xor_sync(0xffffffff, pixel.x, 4), __shfl_xor_sync(0xffffffff, pixel.y, 4)));
}

/* Bias, ReLU, the output and, where it is wanted, its pooled version. x, y: the warp's first pixel; for
 * the pooled one ROWS are even, and so is that. Values are not negative, so that 0 outside the image
 * does not count for the maximum. */
template <typename Tile>
static __device__ __forceinline__ void
wf_store_tile(const wf_convolve_args &args, const float (&sums)[Tile::ROWS][8 * Tile::PAIRS], int x, int y, int pair0)
{
    const int lane = threadIdx.x % 32, column = x + lane / 4, channel = pair0 * 16 + lane % 4 * 4;
    const int pooled_width = (args.width + 1) / 2, pooled_height = (args.height + 1) / 2;
    const size_t pixels = (size_t)args.width * args.height, pooled_pixels = (size_t)pooled_width * pooled_height;
    const size_t row_step = (size_t)args.width * WF_LAYER, pair_step = 2 * pixels * WF_LAYER;
    __half *to = wf_channel_at(args.output, pixels, (size_t)y * args.width + column, channel);
    __half *pooled = wf_channel_at(args.pooled, pooled_pixels, (size_t)(y / 2) * pooled_width + column / 2, channel);
#pragma unroll
    for (int pair = 0; pair < Tile::PAIRS; pair++, to += pair_step, pooled += 2 * pooled_pixels * WF_LAYER) {
        const float4 bias = __ldg((const float4 *)(args.bias + channel + pair * 16));
#pragma unroll
        for (int i = 0; i < Tile::ROWS / 2 * 2; i++) {
            const int row = i / 2 * 2, half = i % 2; /* two rows of 8 pixels */
            const bool inside = column + 8 * half < args.width;
            const bool above_in = inside && y + row < args.height, below_in = inside && y + row + 1 < args.height;
            const float *above = sums[row] + 8 * pair + 2 * half, *below = sums[row + 1] + 8 * pair + 2 * half;
            const uint2 values[] = {wf_finish_pixel(above, above + 4, bias), wf_finish_pixel(below, below + 4, bias)};
            if (above_in)
                *(uint2 *)(to + row * row_step + 8 * WF_LAYER * half) = values[0];
            if (below_in)
                *(uint2 *)(to + (row + 1) * row_step + 8 * WF_LAYER * half) = values[1];
            if (!args.pooled)
                continue;
            const uint2 most =
                wf_pool_columns(wf_larger_pixel(wf_pixel_if(above_in, values[0]), wf_pixel_if(below_in, values[1])));
            if (column % 2 == 0 && above_in)
                *(uint2 *)(pooled + ((size_t)(row / 2) * pooled_width + 4 * half) * WF_LAYER) = most;
        }
#pragma unroll
        for (int half = 0; half < Tile::ROWS % 2 * 2; half++) {
            constexpr int ROW = Tile::ROWS - 1;
            const float *last = sums[ROW] + 8 * pair + 2 * half;
            if (column + 8 * half < args.width && y + ROW < args.height)
                *(uint2 *)(to + ROW * row_step + 8 * WF_LAYER * half) = wf_finish_pixel(last, last + 4, bias);
        }
    }
}

#endif
