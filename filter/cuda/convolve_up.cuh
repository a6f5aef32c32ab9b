/* convolve_up.cuh -- 3x3 convolutions of a source of half the resolution and one of the full one, with wgmma. Private; for kernels
 * built for sm_90a; of images with even sizes.
 *
 * Of nine taps on the coarse source's pixels, each twice as large, several read the same one: at each of the four places in a
 * coarse pixel a 2x2 kernel with sums of weights does as well, with 4/9 of the arithmetic. So a group has the pixels of each
 * place apart, 8x8 coarse pixels of them, and the full source is split likewise. Coarse weights are (chunk, place, 2x2 tap, 8 inputs,
 * outputs, 8). */
#ifndef WF_CUDA_CONVOLVE_UP_CUH
#define WF_CUDA_CONVOLVE_UP_CUH

#include "convolve.cuh"
#include "group.cuh"

#define WF_UP_STAGES 3

/* ACROSS groups' tiles of 16 x 16 pixels side by side. */
template <int ACROSS, int COLUMNS_> struct wf_up_tile {
    static constexpr int COLUMNS = COLUMNS_, THREADS = 128 * ACROSS, WIDTH = 16 * ACROSS, HEIGHT = 16;
    typedef wf_region<WIDTH / 2, HEIGHT / 2> coarse_region;
    typedef wf_split_region<WIDTH, HEIGHT> region;
    static constexpr int TAP_BYTES = WF_CHUNK * COLUMNS * 2;
    static constexpr int COARSE_BYTES = coarse_region::BYTES + WF_UP_TAPS * TAP_BYTES;
    static constexpr int INPUT_BYTES = region::BYTES + WF_TAPS * TAP_BYTES;
    static constexpr int STAGE_BYTES = COARSE_BYTES > INPUT_BYTES ? COARSE_BYTES : INPUT_BYTES;
    static constexpr int PLACES = WF_UP_STAGES * STAGE_BYTES;
    static constexpr int SHARED_BYTES = PLACES + (coarse_region::ENTRIES + region::ENTRIES) * sizeof(int);
    static constexpr int BLOCKS = COLUMNS <= 48 ? 2 : 1;
};

/* One chunk's weights of all taps, of the outputs from `output` on. */
template <typename Tile, int TAPS>
static __device__ __forceinline__ void wf_copy_up_weights(uint32_t to, const __half *weights, int outputs, int chunk,
                                                          int output)
{
    const __half *from = weights + ((size_t)chunk * TAPS * 2 * outputs + output) * 8;
    for (int i = threadIdx.x; i < TAPS * 2 * Tile::COLUMNS; i += Tile::THREADS)
        wf_copy16(to + i * 16, from + (i / Tile::COLUMNS * outputs + i % Tile::COLUMNS) * 8, true);
}

/* pixels: the coarse region's first one of this group. */
template <typename Tile>
static __device__ __forceinline__ void wf_add_coarse(float (&sums)[WF_UP_PLACES][Tile::COLUMNS / 2], uint32_t pixels,
                                                     uint32_t weights, int continues)
{
    typedef typename Tile::coarse_region region;
    const uint64_t rows = wf_operand(pixels, region::PITCH * WF_ENTRY, region::PLANE * WF_ENTRY);
    const uint64_t columns = wf_operand(weights, 8 * 16, Tile::COLUMNS * 16);
    wf_begin_products();
#pragma unroll
    for (int tap = 0; tap < 4; tap++) {
#pragma unroll
        for (int place = 0; place < WF_UP_PLACES; place++)
            wf_add_product<Tile::COLUMNS>(
                sums[place],
                wf_move_operand(rows, ((tap / 2 + place / 2) * region::PITCH + tap % 2 + place % 2) * WF_ENTRY),
                wf_move_operand(columns, (place * 4 + tap) * Tile::TAP_BYTES), tap > 0 ? 1 : continues);
    }
    wf_commit_products();
}

template <typename Tile>
static __device__ __forceinline__ void wf_add_full(float (&sums)[WF_UP_PLACES][Tile::COLUMNS / 2], uint32_t pixels,
                                                   uint32_t weights)
{
    typedef typename Tile::region region;
    const uint64_t rows = wf_operand(pixels, region::HALF_PITCH * WF_ENTRY, region::PLANE * WF_ENTRY);
    const uint64_t columns = wf_operand(weights, 8 * 16, Tile::COLUMNS * 16);
    wf_begin_products();
#pragma unroll
    for (int tap = 0; tap < WF_TAPS; tap++) {
#pragma unroll
        for (int place = 0; place < WF_UP_PLACES; place++) {
            const int y = place / 2 + tap / 3, x = place % 2 + tap % 3;
            const int entry = (y % 2 * 2 + x % 2) * region::PART + y / 2 * region::HALF_PITCH + x / 2;
            wf_add_product<Tile::COLUMNS>(sums[place], wf_move_operand(rows, entry * WF_ENTRY),
                                          wf_move_operand(columns, tap * Tile::TAP_BYTES), 1);
        }
    }
    wf_commit_products();
}

/* y, x: the pixel of this lane's first row at the first place. */
template <typename Tile>
static __device__ __forceinline__ void wf_store_places(const wf_convolve_args &args,
                                                       const float (&sums)[WF_UP_PLACES][Tile::COLUMNS / 2], int y,
                                                       int x, int output)
{
    const int channel = output + threadIdx.x % 4 * 4;
#pragma unroll
    for (int pair = 0; pair < Tile::COLUMNS / 16; pair++) {
        const float4 bias = __ldg((const float4 *)(args.bias + channel + pair * 16));
#pragma unroll
        for (int i = 0; i < 2 * WF_UP_PLACES; i++) {
            const int place = i % WF_UP_PLACES, half = i / WF_UP_PLACES;
            const int at_y = y + 2 * half + place / 2, at_x = x + place % 2;
            const float *low = sums[place] + 8 * pair + 2 * half;
            if (at_y < args.height && at_x < args.width)
                *(uint2 *)(args.output + ((size_t)at_y * args.width + at_x) * args.outputs + channel + pair * 16) =
                    wf_finish_pixel(low, low + 4, bias, true);
        }
    }
}

template <typename Tile>
static __global__ void __launch_bounds__(Tile::THREADS, Tile::BLOCKS) convolve_up(const wf_convolve_args args)
{
    typedef typename Tile::coarse_region coarse_region;
    typedef typename Tile::region region;
    extern __shared__ __align__(128) unsigned char wf_convolve_shared[];
    const int group = threadIdx.x / 128, warp = threadIdx.x % 128 / 32, lane = threadIdx.x % 32;
    const int x0 = blockIdx.x * Tile::WIDTH, y0 = blockIdx.y * Tile::HEIGHT, output = blockIdx.z * Tile::COLUMNS;
    const int coarse_chunks = args.coarse.channels / WF_CHUNK, chunks = coarse_chunks + args.input.channels / WF_CHUNK;
    const uint32_t shared = wf_shared_address(wf_convolve_shared);

    int *const places = (int *)(wf_convolve_shared + Tile::PLACES), *const coarse_places = places + region::ENTRIES;
    wf_find_places<region, Tile::THREADS>(places, args.input, y0, x0, args.height, args.width, 0);
    wf_find_places<coarse_region, Tile::THREADS>(coarse_places, args.coarse, y0 / 2, x0 / 2, args.coarse.height,
                                                 args.coarse.width, 0);
    __syncthreads();

    const auto copy_chunk = [&](int chunk) {
        const uint32_t stage = shared + chunk % WF_UP_STAGES * Tile::STAGE_BYTES;
        if (chunk < coarse_chunks) {
            wf_copy_pixels<coarse_region, Tile::THREADS>(stage, coarse_places, args.coarse.data + chunk * WF_CHUNK);
            wf_copy_up_weights<Tile, WF_UP_TAPS>(stage + coarse_region::BYTES, args.up_weights, args.outputs, chunk,
                                                 output);
        } else if (chunk < chunks) {
            wf_copy_pixels<region, Tile::THREADS>(stage, places, args.input.data + (chunk - coarse_chunks) * WF_CHUNK);
            wf_copy_up_weights<Tile, WF_TAPS>(stage + region::BYTES, args.weights, args.outputs, chunk, output);
        }
        wf_commit_copies();
    };

    float sums[WF_UP_PLACES][Tile::COLUMNS / 2];
#pragma unroll
    for (int chunk = 0; chunk < WF_UP_STAGES - 2; chunk++)
        copy_chunk(chunk);
    const auto wait_for_chunk = [&] { /* and for the products of the one before the last, in all groups */
                                      wf_wait_copies<WF_UP_STAGES - 3>();
                                      wf_show_products();
                                      __syncthreads();
    };
    const uint32_t pixels = shared + group * 8 * WF_ENTRY;
    for (int chunk = 0; chunk < coarse_chunks; chunk++) {
        const int stage = chunk % WF_UP_STAGES * Tile::STAGE_BYTES;
        wait_for_chunk();
        wf_add_coarse<Tile>(sums, pixels + stage, shared + stage + coarse_region::BYTES, chunk > 0);
        copy_chunk(chunk + WF_UP_STAGES - 2);
        wf_wait_products<1>();
    }
    for (int chunk = coarse_chunks; chunk < chunks; chunk++) {
        const int stage = chunk % WF_UP_STAGES * Tile::STAGE_BYTES;
        wait_for_chunk();
        wf_add_full<Tile>(sums, pixels + stage, shared + stage + region::BYTES);
        copy_chunk(chunk + WF_UP_STAGES - 2);
        wf_wait_products<1>();
    }
    wf_wait_products<0>();
    wf_store_places<Tile>(args, sums, y0 + 4 * warp, x0 + 16 * group + 2 * (lane / 4), output);
}

#endif
