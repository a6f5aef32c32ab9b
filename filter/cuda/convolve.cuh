/* convolve.cuh -- 3x3 convolutions as products of matrices: a block computes some outputs of a tile of pixels, 16 inputs after the
 * other. Private.
 *
 * Shared memory has stages, filled ahead by asynchronous copies, of the 16 inputs' pixels, tile and a border of one pixel, and
 * of their weights. Pixels' halves 0 ... 7 lie in one plane and 8 ... 15 in another one, 16 bytes a pixel, so that any 8
 * neighbours are 128 consecutive bytes: fragments of a tile shifted by a tap are read in place, without bank conflicts. */
#ifndef WF_CUDA_CONVOLVE_CUH
#define WF_CUDA_CONVOLVE_CUH

#include "matrix.cuh"

#define WF_CHUNK       16 /* inputs of a stage */
#define WF_TAPS        9
#define WF_PAIR_HALVES 256 /* of the weights of 16 inputs and a pair of 8 outputs at one tap: 8 halves a lane */
#define WF_ENTRY       16  /* bytes of a pixel in a plane */

struct wf_convolve_args {
    const __half *coarse, *input; /* coarse only where the kernel has it */
    int coarse_channels, input_channels;
    int coarse_width; /* of a row of the coarse source */
    int width, height, outputs;
    const float *bias;
    const __half *weights; /* (chunk, tap, pair of 8 outputs, lane, 8) */
    __half *output;
    __half *pooled; /* or NULL */
};

/* Warps' tiles of ROWS x 16 pixels and PAIRS x 16 outputs; DOWN x ACROSS x DEEP of them in a block. */
template <int ROWS_, int PAIRS_, int DOWN_, int ACROSS_, int DEEP_, int STAGES_> struct wf_convolve_tile {
    static constexpr int ROWS = ROWS_, PAIRS = PAIRS_, DOWN = DOWN_, ACROSS = ACROSS_, DEEP = DEEP_, STAGES = STAGES_;
    static constexpr int THREADS = 32 * DOWN * ACROSS * DEEP;
    static constexpr int HEIGHT = ROWS * DOWN, WIDTH = 16 * ACROSS, OUTPUTS = 16 * PAIRS * DEEP;
    static constexpr int PITCH = WIDTH + 2, ENTRIES = PITCH * (HEIGHT + 2);
    static constexpr int PLANE =
        ENTRIES + (12 - ENTRIES % 8) % 8; /* 4 modulo 8: both planes' copies miss each other's banks */
    static constexpr int INPUT_BYTES = 2 * PLANE * WF_ENTRY;
    static constexpr int WEIGHT_BYTES = WF_TAPS * PAIRS * DEEP * WF_PAIR_HALVES * 2;
    static constexpr int STAGE_BYTES = INPUT_BYTES + WEIGHT_BYTES;
    static constexpr int SHARED_BYTES = STAGES * STAGE_BYTES;
    static constexpr int COPIES = (2 * ENTRIES + THREADS - 1) / THREADS; /* a thread's, of pixels */
};

/* Where a thread's copies of pixels come from: the halves' offsets in a source, -1 outside the image. */
template <typename Tile> struct wf_convolve_places {
    int offset[Tile::COPIES];
};

template <typename Tile>
static __device__ __forceinline__ wf_convolve_places<Tile> wf_find_places(const wf_convolve_args &args, int x0, int y0,
                                                                          int scale, int row, int channels)
{
    wf_convolve_places<Tile> places;
#pragma unroll
    for (int i = 0; i < Tile::COPIES; i++) {
        const int copy = threadIdx.x + i * Tile::THREADS, entry = copy / 2;
        const int y = y0 - 1 + entry / Tile::PITCH, x = x0 - 1 + entry % Tile::PITCH;
        const bool inside = copy < 2 * Tile::ENTRIES && y >= 0 && y < args.height && x >= 0 && x < args.width;
        places.offset[i] = inside ? ((y >> scale) * row + (x >> scale)) * channels + copy % 2 * 8 : -1;
    }
    return places;
}

/* One chunk's pixels and weights, as one group of copies. */
template <typename Tile>
static __device__ __forceinline__ void wf_copy_pixels(uint32_t stage, const wf_convolve_places<Tile> &places,
                                                      const __half *source)
{
#pragma unroll
    for (int i = 0; i < Tile::COPIES; i++) {
        const int copy = threadIdx.x + i * Tile::THREADS;
        if (copy < 2 * Tile::ENTRIES)
            wf_copy16(stage + (copy % 2 * Tile::PLANE + copy / 2) * WF_ENTRY, source + max(places.offset[i], 0),
                      places.offset[i] >= 0);
    }
}

template <typename Tile>
static __device__ __forceinline__ void wf_copy_weights(uint32_t to, const wf_convolve_args &args, int chunk, int pair0)
{
    constexpr int PER_TAP = Tile::PAIRS * Tile::DEEP * WF_PAIR_HALVES / 8;
    const int pairs = args.outputs / 16;
    for (int i = threadIdx.x; i < WF_TAPS * PER_TAP; i += Tile::THREADS) {
        const int tap = i / PER_TAP, rest = i % PER_TAP;
        const __half *from = args.weights + ((chunk * WF_TAPS + tap) * pairs + pair0) * WF_PAIR_HALVES + rest * 8;
        wf_copy16(to + i * 16, from, true);
    }
}

/* Adds one chunk's products to the warp's sums. */
template <typename Tile>
static __device__ __forceinline__ void wf_add_chunk(float (&sums)[Tile::ROWS][2 * Tile::PAIRS][4], uint32_t pixels,
                                                    const unsigned char *weights)
{
#pragma unroll
    for (int dx = 0; dx < 3; dx++) {
        uint32_t a[Tile::ROWS + 2][4];
#pragma unroll
        for (int row = 0; row < Tile::ROWS + 2; row++)
            wf_load_rows(a[row], pixels + (row * Tile::PITCH + dx) * WF_ENTRY);
#pragma unroll
        for (int dy = 0; dy < 3; dy++) {
#pragma unroll
            for (int pair = 0; pair < Tile::PAIRS; pair++) {
                const uint4 b =
                    *(const uint4 *)(weights + ((dy * 3 + dx) * Tile::PAIRS * Tile::DEEP + pair) * WF_PAIR_HALVES * 2);
#pragma unroll
                for (int row = 0; row < Tile::ROWS; row++) {
                    wf_multiply(sums[row][2 * pair], a[row + dy], b.x, b.y);
                    wf_multiply(sums[row][2 * pair + 1], a[row + dy], b.z, b.w);
                }
            }
        }
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
static __device__ __forceinline__ void wf_store_tile(const wf_convolve_args &args,
                                                     const float (&sums)[Tile::ROWS][2 * Tile::PAIRS][4], int x, int y,
                                                     int pair0)
{
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
                    wf_finish_pixel(sums[row][2 * pair] + 2 * half, sums[row][2 * pair + 1] + 2 * half, bias, inside);
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

template <typename Tile, bool COARSE>
static __global__ void __launch_bounds__(Tile::THREADS) convolve(const wf_convolve_args args)
{
    extern __shared__ __align__(128) unsigned char wf_convolve_shared[];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int deep = warp % Tile::DEEP, across = warp / Tile::DEEP % Tile::ACROSS,
              down = warp / Tile::DEEP / Tile::ACROSS;
    const int x0 = blockIdx.x * Tile::WIDTH, y0 = blockIdx.y * Tile::HEIGHT,
              pair0 = blockIdx.z * Tile::PAIRS * Tile::DEEP;
    const int coarse_chunks = COARSE ? args.coarse_channels / WF_CHUNK : 0;
    const int chunks = coarse_chunks + args.input_channels / WF_CHUNK;
    const uint32_t shared = wf_shared_address(wf_convolve_shared);

    wf_convolve_places<Tile> coarse, input = wf_find_places<Tile>(args, x0, y0, 0, args.width, args.input_channels);
    if (COARSE)
        coarse = wf_find_places<Tile>(args, x0, y0, 1, args.coarse_width, args.coarse_channels);

    const auto copy_chunk = [&](int chunk) {
        const uint32_t stage = shared + chunk % Tile::STAGES * Tile::STAGE_BYTES;
        if (chunk < chunks) {
            if (COARSE && chunk < coarse_chunks)
                wf_copy_pixels<Tile>(stage, coarse, args.coarse + chunk * WF_CHUNK);
            else
                wf_copy_pixels<Tile>(stage, input, args.input + (chunk - coarse_chunks) * WF_CHUNK);
            wf_copy_weights<Tile>(stage + Tile::INPUT_BYTES, args, chunk, pair0);
        }
        wf_commit_copies();
    };

    float sums[Tile::ROWS][2 * Tile::PAIRS][4] = {};
    const int first = (lane / 16 * Tile::PLANE + down * Tile::ROWS * Tile::PITCH + across * 16 + lane % 16) * WF_ENTRY;
    const int weights = Tile::INPUT_BYTES + (deep * Tile::PAIRS * 32 + lane) * 16;
#pragma unroll
    for (int chunk = 0; chunk < Tile::STAGES - 1; chunk++)
        copy_chunk(chunk);
    for (int chunk = 0; chunk < chunks; chunk++) {
        wf_wait_copies<Tile::STAGES - 2>();
        __syncthreads();
        copy_chunk(chunk + Tile::STAGES - 1);
        const int stage = chunk % Tile::STAGES * Tile::STAGE_BYTES;
        wf_add_chunk<Tile>(sums, shared + stage + first, wf_convolve_shared + stage + weights);
    }
    wf_store_tile<Tile>(args, sums, x0 + across * 16, y0 + down * Tile::ROWS, pair0 + deep * Tile::PAIRS);
}

#endif
