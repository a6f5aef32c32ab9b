/* convolve_warps.cuh -- 3x3 convolutions in which every warp multiplies its own fragments (mma.sync). Private.
 *
 * Weights are fragments: (chunk, tap, pair of 8 outputs, lane, 8). */
#ifndef WF_CUDA_CONVOLVE_WARPS_CUH
#define WF_CUDA_CONVOLVE_WARPS_CUH

#include "convolve.cuh"
#include "convolve.h"

/* Warps' tiles of ROWS x 16 pixels and PAIRS x 16 outputs; DOWN x ACROSS x DEEP of them in a block. */
template <int ROWS_, int PAIRS_, int DOWN_, int ACROSS_, int DEEP_, int STAGES_> struct wf_warp_tile {
    static constexpr int ROWS = ROWS_, PAIRS = PAIRS_, DOWN = DOWN_, ACROSS = ACROSS_, DEEP = DEEP_, STAGES = STAGES_;
    static constexpr int THREADS = 32 * DOWN * ACROSS * DEEP;
    static constexpr int HEIGHT = ROWS * DOWN, WIDTH = 16 * ACROSS, OUTPUTS = 16 * PAIRS * DEEP;
    typedef wf_region<WIDTH, HEIGHT> region;
    static constexpr int WEIGHT_BYTES = WF_TAPS * PAIRS * DEEP * WF_PAIR_HALVES * 2;
    static constexpr int STAGE_BYTES = region::BYTES + WEIGHT_BYTES;
    static constexpr int PLACES = STAGES * STAGE_BYTES; /* where they begin */
    static constexpr int SHARED_BYTES = PLACES + 2 * region::ENTRIES * sizeof(int);
};

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
static __device__ __forceinline__ void wf_add_chunk(float (&sums)[Tile::ROWS][8 * Tile::PAIRS], uint32_t pixels,
                                                    const unsigned char *weights)
{
#pragma unroll
    for (int dx = 0; dx < 3; dx++) {
        uint32_t a[Tile::ROWS + 2][4];
#pragma unroll
        for (int row = 0; row < Tile::ROWS + 2; row++)
            wf_load_rows(a[row], pixels + (row * Tile::region::PITCH + dx) * WF_ENTRY);
#pragma unroll
        for (int dy = 0; dy < 3; dy++) {
#pragma unroll
            for (int pair = 0; pair < Tile::PAIRS; pair++) {
                const uint4 b =
                    *(const uint4 *)(weights + ((dy * 3 + dx) * Tile::PAIRS * Tile::DEEP + pair) * WF_PAIR_HALVES * 2);
#pragma unroll
                for (int row = 0; row < Tile::ROWS; row++) {
                    wf_multiply(sums[row] + 8 * pair, a[row + dy], b.x, b.y);
                    wf_multiply(sums[row] + 8 * pair + 4, a[row + dy], b.z, b.w);
                }
            }
        }
    }
}

template <typename Tile, bool COARSE>
static __global__ void __launch_bounds__(Tile::THREADS) convolve_warps(const wf_convolve_args args)
{
    extern __shared__ __align__(128) unsigned char wf_convolve_shared[];
    typedef typename Tile::region region;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int deep = warp % Tile::DEEP, across = warp / Tile::DEEP % Tile::ACROSS,
              down = warp / Tile::DEEP / Tile::ACROSS;
    const int x0 = blockIdx.x * Tile::WIDTH, y0 = blockIdx.y * Tile::HEIGHT,
              pair0 = blockIdx.z * Tile::PAIRS * Tile::DEEP;
    const int coarse_chunks = COARSE ? args.coarse.channels / WF_CHUNK : 0;
    const int chunks = coarse_chunks + args.input.channels / WF_CHUNK;
    const uint32_t shared = wf_shared_address(wf_convolve_shared);

    int *const places = (int *)(wf_convolve_shared + Tile::PLACES), *const coarse_places = places + region::ENTRIES;
    wf_find_places<region, Tile::THREADS>(places, args.input, y0, x0, args.height, args.width, 0);
    if (COARSE)
        wf_find_places<region, Tile::THREADS>(coarse_places, args.coarse, y0, x0, args.height, args.width, 1);
    __syncthreads();

    wf_follow();
    const auto copy_chunk = [&](int chunk) {
        const uint32_t stage = shared + chunk % Tile::STAGES * Tile::STAGE_BYTES;
        if (chunk < chunks) {
            if (COARSE && chunk < coarse_chunks)
                wf_copy_pixels<region, Tile::THREADS>(stage, coarse_places, args.coarse, chunk);
            else
                wf_copy_pixels<region, Tile::THREADS>(stage, places, args.input, chunk - coarse_chunks);
            wf_copy_weights<Tile>(stage + Tile::region::BYTES, args, chunk, pair0);
        }
        wf_commit_copies();
    };

    float sums[Tile::ROWS][8 * Tile::PAIRS] = {};
    const int first =
        (lane / 16 * Tile::region::PLANE + down * Tile::ROWS * Tile::region::PITCH + across * 16 + lane % 16) *
        WF_ENTRY;
    const int weights = Tile::region::BYTES + (deep * Tile::PAIRS * 32 + lane) * 16;
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

/* ---- Launch ------------------------------------------------------------------------------------------------------ */

template <int ROWS, int PAIRS, int DOWN, int ACROSS, int DEEP, int STAGES>
wf_result wf_convolve_warps(wf_cuda_device *device, cudaStream_t stream, wf_convolve_args *args)
{
    typedef wf_warp_tile<ROWS, PAIRS, DOWN, ACROSS, DEEP, STAGES> tile;
    const void *kernel =
        args->coarse.data ? (const void *)convolve_warps<tile, true> : (const void *)convolve_warps<tile, false>;
    const dim3 blocks((args->width + tile::WIDTH - 1) / tile::WIDTH, (args->height + tile::HEIGHT - 1) / tile::HEIGHT,
                      args->outputs / tile::OUTPUTS);
    return wf_launch_follower(device, stream, kernel, blocks, tile::THREADS, tile::SHARED_BYTES, args);
}

#define WF_INSTANCE(...)                                                                                               \
    template wf_result wf_convolve_warps<__VA_ARGS__>(wf_cuda_device * device, cudaStream_t stream,                    \
                                                      wf_convolve_args * args);

#endif
