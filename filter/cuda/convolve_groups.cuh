/* convolve_groups.cuh -- 3x3 convolutions in which four warps together multiply 64 pixels of a row (wgmma). Private; for kernels
 * built for sm_90a.
 *
 * Products are enqueued: while those of one chunk run, the next chunk's are prepared. Weights are (chunk, tap, 8 inputs, outputs,
 * 8). */
#ifndef WF_CUDA_CONVOLVE_GROUPS_CUH
#define WF_CUDA_CONVOLVE_GROUPS_CUH

#include "convolve.cuh"
#include "group.cuh"

#define WF_GROUP_STAGES 3

/* Groups' tiles of ROWS x 64 pixels, DOWN of them in a block. */
template <int ROWS_, int DOWN_, int COLUMNS_> struct wf_group_tile {
    static constexpr int ROWS = ROWS_, DOWN = DOWN_, COLUMNS = COLUMNS_, PAIRS = COLUMNS / 16;
    static constexpr int THREADS = 128 * DOWN;
    static constexpr int HEIGHT = ROWS * DOWN, WIDTH = 64;
    typedef wf_region<WIDTH, HEIGHT> region;
    static constexpr int WEIGHT_BYTES = WF_TAPS * WF_CHUNK * COLUMNS * 2;
    static constexpr int STAGE_BYTES = region::BYTES + WEIGHT_BYTES;
    static constexpr int PLACES = WF_GROUP_STAGES * STAGE_BYTES; /* where they begin */
    static constexpr int SHARED_BYTES = PLACES + 2 * region::ENTRIES * sizeof(int);
    static constexpr int BLOCKS = ROWS * COLUMNS / 2 <= 96 ? 2 : 1; /* of a multiprocessor, by their sums */
};

/* Weights of the outputs from `output` on. */
template <typename Tile>
static __device__ __forceinline__ void wf_copy_columns(uint32_t to, const wf_convolve_args &args, int chunk, int output)
{
    const __half *from = args.weights + ((size_t)chunk * WF_TAPS * 2 * args.outputs + output) * 8;
    for (int i = threadIdx.x; i < WF_TAPS * 2 * Tile::COLUMNS; i += Tile::THREADS)
        wf_copy16(to + i * 16, from + (i / Tile::COLUMNS * args.outputs + i % Tile::COLUMNS) * 8, true);
}

/* Enqueues one chunk's products. pixels: of the group's first tap. */
template <typename Tile>
static __device__ __forceinline__ void wf_add_products(float (&sums)[Tile::ROWS][8 * Tile::PAIRS], uint64_t pixels,
                                                       uint64_t weights, int continues)
{
    wf_begin_products();
#pragma unroll
    for (int tap = 0; tap < WF_TAPS; tap++) {
#pragma unroll
        for (int row = 0; row < Tile::ROWS; row++)
            wf_add_product<Tile::COLUMNS>(
                sums[row], wf_move_operand(pixels, ((row + tap / 3) * Tile::region::PITCH + tap % 3) * WF_ENTRY),
                wf_move_operand(weights, tap * 2 * Tile::COLUMNS * 16), tap > 0 ? 1 : continues);
    }
    wf_commit_products();
}

template <typename Tile, bool COARSE>
static __global__ void __launch_bounds__(Tile::THREADS, Tile::BLOCKS) convolve_groups(const wf_convolve_args args)
{
    extern __shared__ __align__(128) unsigned char wf_convolve_shared[];
    typedef typename Tile::region region;
    const int group = threadIdx.x / 128, warp = threadIdx.x % 128 / 32;
    const int x0 = blockIdx.x * Tile::WIDTH, y0 = blockIdx.y * Tile::HEIGHT, output = blockIdx.z * Tile::COLUMNS;
    const int coarse_chunks = COARSE ? args.coarse.channels / WF_CHUNK : 0;
    const int chunks = coarse_chunks + args.input.channels / WF_CHUNK;
    const uint32_t shared = wf_shared_address(wf_convolve_shared);

    int *const places = (int *)(wf_convolve_shared + Tile::PLACES), *const coarse_places = places + region::ENTRIES;
    wf_find_places<region, Tile::THREADS>(places, args.input, y0, x0, args.height, args.width, 0);
    if (COARSE)
        wf_find_places<region, Tile::THREADS>(coarse_places, args.coarse, y0, x0, args.height, args.width, 1);
    __syncthreads();

    const auto copy_chunk = [&](int chunk) {
        const uint32_t stage = shared + chunk % WF_GROUP_STAGES * Tile::STAGE_BYTES;
        if (chunk < chunks) {
            if (COARSE && chunk < coarse_chunks)
                wf_copy_pixels<region, Tile::THREADS>(stage, coarse_places, args.coarse.data + chunk * WF_CHUNK);
            else
                wf_copy_pixels<region, Tile::THREADS>(stage, places,
                                                      args.input.data + (chunk - coarse_chunks) * WF_CHUNK);
            wf_copy_columns<Tile>(stage + Tile::region::BYTES, args, chunk, output);
        }
        wf_commit_copies();
    };

    float sums[Tile::ROWS][8 * Tile::PAIRS];
    const uint64_t pixels = wf_operand(shared + group * Tile::ROWS * Tile::region::PITCH * WF_ENTRY, 8 * WF_ENTRY,
                                       Tile::region::PLANE * WF_ENTRY);
    const uint64_t weights = wf_operand(shared + Tile::region::BYTES, 8 * 16, Tile::COLUMNS * 16);
#pragma unroll
    for (int chunk = 0; chunk < WF_GROUP_STAGES - 2; chunk++)
        copy_chunk(chunk);
    for (int chunk = 0; chunk < chunks; chunk++) {
        const int stage = chunk % WF_GROUP_STAGES * Tile::STAGE_BYTES;
        wf_wait_copies<WF_GROUP_STAGES - 3>();
        wf_show_products();
        __syncthreads(); /* the chunk is here, and the products of the one before the last are done in all groups */
        wf_add_products<Tile>(sums, wf_move_operand(pixels, stage), wf_move_operand(weights, stage), chunk > 0);
        copy_chunk(chunk + WF_GROUP_STAGES - 2);
        wf_wait_products<1>();
    }
    wf_wait_products<0>();
    wf_store_tile<Tile>(args, sums, x0 + warp * 16, y0 + group * Tile::ROWS, output / 16);
}

#endif
