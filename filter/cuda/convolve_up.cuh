/* convolve_up.cuh -- 3x3 convolutions of a source of half the resolution and one of the full one, with wgmma. Private;
 * for kernels built for sm_90a; of images with even widths.
 *
 * Of nine taps on the coarse source's pixels, each twice as large, several read the same one: at each of the four
 * places in a coarse pixel a 2x2 kernel with sums of weights does as well, with 4/9 of the arithmetic. So a group
 * has the pixels of each place apart, 8x8 coarse pixels of them, and TMA splits the full source likewise. Coarse
 * weights are (COLUMNS outputs, chunk, place, 2x2 tap, 8 inputs, outputs, 8). Weights stay, or come with every
 * stage, as in convolve_groups.cuh.
 *
 * Where the height is odd the last row is cut: below it there is nothing, where the sums have a pixel. It has tiles and
 * sums of its own, for which weights must not stay. */
#ifndef WF_CUDA_CONVOLVE_UP_CUH
#define WF_CUDA_CONVOLVE_UP_CUH

#include "convolve_groups.cuh"

/* A group has 16 x 16 pixels; where the weights stay that is a tile, else both groups' are one, side by side.
 * Regions have a border: SIZE coarse pixels across, and in each of four parts (of even and odd rows and
 * columns) PART_SIZE of the others. */
template <int COLUMNS_, bool STAYS_> struct wf_up_tile {
    static constexpr int COLUMNS = COLUMNS_, GROUPS = 2;
    static constexpr bool STAYS = STAYS_; /* the weights */
    static constexpr int GROUP_WIDTH = 16, WIDTH = STAYS ? GROUP_WIDTH : GROUPS * GROUP_WIDTH, HEIGHT = 16;
    static constexpr int RINGS = STAYS ? GROUPS : 1, THREADS = 128 * GROUPS + 32 * RINGS;
    static constexpr int SIZE = WIDTH / 2 + 2, ROWS = HEIGHT / 2 + 2, COARSE_BYTES = 2 * SIZE * ROWS * WF_ENTRY;
    static constexpr int PART_SIZE = WIDTH / 2 + 1, PART_ROWS = HEIGHT / 2 + 1;
    static constexpr int PART_BYTES = 2 * PART_SIZE * PART_ROWS * WF_ENTRY;
    static constexpr int PART = (PART_BYTES + 127) / 128 * 128; /* where the next one begins */
    static constexpr int TAP_BYTES = WF_CHUNK * COLUMNS * 2;
    static constexpr int COARSE_WEIGHT_BYTES = WF_UP_TAPS * TAP_BYTES, WEIGHT_BYTES = WF_TAPS * TAP_BYTES;

    /* A stage has pixels and before them, unless they stay, weights. */
    static constexpr int COARSE_PIXELS = STAYS ? 0 : COARSE_WEIGHT_BYTES, PIXELS = STAYS ? 0 : WEIGHT_BYTES;
    static constexpr int COARSE_STAGE = (COARSE_PIXELS + COARSE_BYTES + 127) / 128 * 128, STAGE = PIXELS + 4 * PART;
    static constexpr int STAGE_BYTES = COARSE_STAGE > STAGE ? COARSE_STAGE : STAGE;

    /* Where a chunk's weights begin. */
    static __host__ __device__ int weights_of(int chunk, int coarse_chunks)
    {
        return chunk < coarse_chunks ? chunk * COARSE_WEIGHT_BYTES
                                     : coarse_chunks * COARSE_WEIGHT_BYTES + (chunk - coarse_chunks) * WEIGHT_BYTES;
    }
};

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

/* pixels: the coarse region's first one. */
template <typename Tile>
static __device__ __forceinline__ void wf_add_coarse(float (&sums)[WF_UP_PLACES][Tile::COLUMNS / 2], uint32_t pixels,
                                                     uint32_t weights, int continues)
{
    const uint64_t rows = wf_operand(pixels, Tile::SIZE * WF_ENTRY, Tile::SIZE * Tile::ROWS * WF_ENTRY);
    const uint64_t columns = wf_operand(weights, 8 * 16, Tile::COLUMNS * 16);
    wf_begin_products();
#pragma unroll
    for (int tap = 0; tap < 4; tap++) {
#pragma unroll
        for (int place = 0; place < WF_UP_PLACES; place++)
            wf_add_product<Tile::COLUMNS>(
                sums[place],
                wf_move_operand(rows, ((tap / 2 + place / 2) * Tile::SIZE + tap % 2 + place % 2) * WF_ENTRY),
                wf_move_operand(columns, (place * 4 + tap) * Tile::TAP_BYTES), tap > 0 ? 1 : continues);
    }
    wf_commit_products();
}

template <typename Tile>
static __device__ __forceinline__ void wf_add_full(float (&sums)[WF_UP_PLACES][Tile::COLUMNS / 2], uint32_t pixels,
                                                   uint32_t weights)
{
    const uint64_t rows = wf_operand(pixels, Tile::PART_SIZE * WF_ENTRY, Tile::PART_SIZE * Tile::PART_ROWS * WF_ENTRY);
    const uint64_t columns = wf_operand(weights, 8 * 16, Tile::COLUMNS * 16);
    wf_begin_products();
#pragma unroll
    for (int tap = 0; tap < WF_TAPS; tap++) {
#pragma unroll
        for (int place = 0; place < WF_UP_PLACES; place++) {
            const int y = place / 2 + tap / 3, x = place % 2 + tap % 3;
            const int at = (y % 2 * 2 + x % 2) * Tile::PART + (y / 2 * Tile::PART_SIZE + x / 2) * WF_ENTRY;
            wf_add_product<Tile::COLUMNS>(sums[place], wf_move_operand(rows, at),
                                          wf_move_operand(columns, tap * Tile::TAP_BYTES), 1);
        }
    }
    wf_commit_products();
}

/* y, x: the pixel of this lane's first row at the first place; rows below height are not written. */
template <typename Tile>
static __device__ __forceinline__ void wf_store_places(const wf_convolve_args &args,
                                                       const float (&sums)[WF_UP_PLACES][Tile::COLUMNS / 2], int y,
                                                       int x, int height, int output)
{
    const int channel = output + threadIdx.x % 4 * 4, column = x + (int)threadIdx.x % 2;
    const size_t pixels = (size_t)args.width * args.height;
    const size_t row_step = (size_t)args.width * WF_LAYER, pair_step = 2 * pixels * WF_LAYER;
    __half *to = wf_channel_at(args.output, pixels, (size_t)y * args.width + column, channel / WF_LAYER * WF_LAYER);
#pragma unroll
    for (int pair = 0; pair < Tile::COLUMNS / 16; pair++, to += pair_step) {
        const float4 bias = __ldg((const float4 *)(args.bias + channel + pair * 16));
#pragma unroll
        for (int row = 0; row < 4; row++) {
            const int at = 8 * pair + row / 2 * 2, place = row % 2 * 2;
            const float *left = sums[place] + at, *right = sums[place + 1] + at;
            const uint4 value =
                wf_swap_halves(wf_finish_pixel(left, left + 4, bias), wf_finish_pixel(right, right + 4, bias));
            if (y + row < height && column < args.width)
                *(uint4 *)(to + row * row_step) = value;
        }
    }
}

/* A tile's first row; whether it is the last one of the image, cut. */
template <typename Tile>
static __device__ __forceinline__ int wf_find_row(const wf_group_args &args, int tile, bool &is_cut)
{
    const int row = tile / args.across;
    is_cut = row >= args.rows;
    return is_cut ? args.convolve.height - 1 : row * Tile::HEIGHT;
}

/* A chunk's weights: bytes of them, and where they are. */
template <typename Tile>
static __device__ __forceinline__ const char *wf_find_up_weights(const wf_group_args &args, int slice, int chunk,
                                                                 bool is_cut, int &bytes)
{
    const bool is_coarse = chunk < args.coarse_chunks;
    bytes = is_coarse ? Tile::COARSE_WEIGHT_BYTES : Tile::WEIGHT_BYTES;
    return (const char *)(!is_coarse ? args.convolve.weights
                          : is_cut   ? args.convolve.cut_weights
                                     : args.convolve.up_weights) +
           ((size_t)slice * (is_coarse ? args.coarse_chunks : args.chunks) + chunk) * bytes;
}

/* One thread's work for a ring. args.input's map has the pixels of every second row and column. */
template <typename Tile>
static __device__ __forceinline__ void wf_fill_up_ring(const wf_group_args &args, wf_group_barriers *barriers,
                                                       unsigned char *weights, unsigned char *stages, int ring)
{
    const wf_group_work work = wf_find_work<Tile>(args, ring);
    int bytes;
    for (int chunk = 0; chunk < args.chunks && Tile::STAYS && ring == 0; chunk++) {
        const char *from = wf_find_up_weights<Tile>(args, work.slice, chunk, false, bytes);
        wf_barrier_expect(&barriers->weights[chunk], bytes);
        wf_bulk_load(weights + Tile::weights_of(chunk, args.coarse_chunks), from, bytes, &barriers->weights[chunk]);
    }
    wf_wait_for_kernels();
    wf_ring at = {0, 0};
    for (int tile = work.first; tile < args.tiles; tile += work.step) {
        bool is_cut;
        const int y = wf_find_row<Tile>(args, tile, is_cut), x = tile % args.across * Tile::WIDTH;
        for (int chunk = 0; chunk < args.chunks; chunk++) {
            const bool is_coarse = chunk < args.coarse_chunks;
            uint64_t *full = &barriers->full[ring][at.stage];
            unsigned char *to = stages + at.stage * Tile::STAGE_BYTES;
            const char *from = wf_find_up_weights<Tile>(args, work.slice, chunk, is_cut, bytes);
            wf_barrier_wait(&barriers->empty[ring][at.stage], at.turn + 1);
            wf_barrier_expect(full,
                              (is_coarse ? Tile::COARSE_BYTES : 4 * Tile::PART_BYTES) + (Tile::STAYS ? 0 : bytes));
            if (!Tile::STAYS)
                wf_bulk_load(to, from, bytes, full);
            if (is_coarse)
                wf_tma_load(to + Tile::COARSE_PIXELS, &args.coarse, 2 * (x / 2 - 1), y / 2 - 1, 2 * chunk, 0, full);
            for (int part = 0; part < 4 && !is_coarse; part++)
                wf_tma_load(to + Tile::PIXELS + part * Tile::PART, &args.input, 0, x - 1 + part % 2, y - 1 + part / 2,
                            2 * (chunk - args.coarse_chunks), full);
            wf_ring_advance(at, args.stages);
        }
    }
}

template <typename Tile>
static __device__ __forceinline__ void wf_empty_up_ring(const wf_group_args &args, wf_group_barriers *barriers,
                                                        uint32_t weights, uint32_t stages, int ring)
{
    const int warp = threadIdx.x % 128 / 32, lane = threadIdx.x % 32;
    const int column0 = Tile::STAYS ? 0 : (int)threadIdx.x / 128 * Tile::GROUP_WIDTH; /* of a tile */
    const wf_group_work work = wf_find_work<Tile>(args, ring);
    wf_ring at = {0, 0};
    bool is_first = true;
    for (int tile = work.first; tile < args.tiles; tile += work.step) {
        float sums[WF_UP_PLACES][Tile::COLUMNS / 2];
        int last = 0; /* stage */
        const auto begin = [&](int chunk) {
            if (Tile::STAYS && is_first)
                wf_barrier_wait(&barriers->weights[chunk], 0);
            wf_barrier_wait(&barriers->full[ring][at.stage], at.turn);
        };
        const auto end = [&](int chunk) {
            wf_wait_products<1>();
            if (chunk > 0 && lane == 0)
                wf_barrier_arrive(&barriers->empty[ring][last]);
            last = at.stage;
            wf_ring_advance(at, args.stages);
        };
        const auto weights_at = [&](int chunk, uint32_t stage) {
            return Tile::STAYS ? weights + Tile::weights_of(chunk, args.coarse_chunks) : stage;
        };
        for (int chunk = 0; chunk < args.coarse_chunks; chunk++) {
            begin(chunk);
            const uint32_t stage = stages + at.stage * Tile::STAGE_BYTES;
            wf_add_coarse<Tile>(sums, stage + Tile::COARSE_PIXELS + column0 / 2 * WF_ENTRY, weights_at(chunk, stage),
                                chunk > 0);
            end(chunk);
        }
        for (int chunk = args.coarse_chunks; chunk < args.chunks; chunk++) {
            begin(chunk);
            const uint32_t stage = stages + at.stage * Tile::STAGE_BYTES;
            wf_add_full<Tile>(sums, stage + Tile::PIXELS + column0 / 2 * WF_ENTRY, weights_at(chunk, stage));
            end(chunk);
        }
        wf_wait_products<0>();
        if (lane == 0)
            wf_barrier_arrive(&barriers->empty[ring][last]);
        is_first = false;
        bool is_cut;
        const int y = wf_find_row<Tile>(args, tile, is_cut), height = args.convolve.height;
        wf_store_places<Tile>(args.convolve, sums, y + 4 * warp,
                              tile % args.across * Tile::WIDTH + column0 + 2 * (lane / 4),
                              is_cut ? height : height / 2 * 2, work.slice * Tile::COLUMNS);
    }
}

#endif

template <typename Tile>
static __global__ void __launch_bounds__(Tile::THREADS, 1) convolve_up(const __grid_constant__ wf_group_args args)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    extern __shared__ __align__(128) unsigned char wf_convolve_shared[];
    wf_group_barriers *const barriers = (wf_group_barriers *)wf_convolve_shared;
    const int warp = threadIdx.x / 32, consumers = 4 * Tile::GROUPS;
    wf_let_follow();
    wf_init_barriers<Tile>(barriers, args, Tile::STAYS);
    const int ring = Tile::RINGS == 1 ? 0 : warp < consumers ? warp / 4 : warp - consumers;
    const int weights = WF_GROUP_HEADER;
    const int stages = weights + (Tile::STAYS ? Tile::weights_of(args.chunks, args.coarse_chunks) : 0) +
                       ring * args.stages * Tile::STAGE_BYTES;
    if (warp < consumers)
        wf_empty_up_ring<Tile>(args, barriers, wf_shared_address(wf_convolve_shared) + weights,
                               wf_shared_address(wf_convolve_shared) + stages, ring);
    else if (wf_elect_one())
        wf_fill_up_ring<Tile>(args, barriers, wf_convolve_shared + weights, wf_convolve_shared + stages, ring);
#endif
}

#endif
