/* convolve_groups.cuh -- 3x3 convolutions in which four warps together multiply 64 pixels of a row (wgmma).
 * Private; for kernels built for sm_90a.
 *
 * A block stays and works on one tile after the other, of all pixels and COLUMNS outputs. Its last warp has TMA fill
 * rings of stages in shared memory, of 16 inputs each; what comes lies as the products read it. Weights are (COLUMNS
 * outputs, chunk, tap, 8 inputs, outputs, 8).
 *
 * Where the weights of all inputs fit beside the stages they stay, too, and each group has tiles and a ring of its own:
 * while one writes its outputs others multiply. Else the groups share tiles, and weights come with every stage. */
#ifndef WF_CUDA_CONVOLVE_GROUPS_CUH
#define WF_CUDA_CONVOLVE_GROUPS_CUH

#include "boxes.cuh"
#include "convolve.cuh"
#include "group.cuh"

#define WF_GROUP_MAX_RINGS  4
#define WF_GROUP_WIDTH      64
#define WF_GROUP_MAX_STAGES 8
#define WF_GROUP_MAX_CHUNKS 32 /* whose weights stay */
#define WF_GROUP_HEADER     1024

/* Tiles of ROWS x 64 pixels a group. */
template <int ROWS_, int COLUMNS_, bool STAYS_, int GROUPS_ = 2> struct wf_group_tile {
    static constexpr int ROWS = ROWS_, COLUMNS = COLUMNS_, PAIRS = COLUMNS / 16, GROUPS = GROUPS_;
    static constexpr bool STAYS = STAYS_; /* the weights */
    static constexpr int RINGS = STAYS ? GROUPS : 1, THREADS = 128 * GROUPS + 32;
    static constexpr int WIDTH = WF_GROUP_WIDTH, HEIGHT = STAYS ? ROWS : GROUPS * ROWS;
    static constexpr int PITCH = WIDTH + 2, PLANE = PITCH * (HEIGHT + 2); /* entries */
    static constexpr int PIXEL_BYTES = 2 * PLANE * WF_ENTRY, REGION_BYTES = (PIXEL_BYTES + 127) / 128 * 128;
    static constexpr int WEIGHT_BYTES = WF_TAPS * WF_CHUNK * COLUMNS * 2;
};

struct wf_group_barriers {
    uint64_t full[WF_GROUP_MAX_RINGS][WF_GROUP_MAX_STAGES], empty[WF_GROUP_MAX_RINGS][WF_GROUP_MAX_STAGES];
    uint64_t weights[WF_GROUP_MAX_CHUNKS];
};

static_assert(sizeof(wf_group_barriers) <= WF_GROUP_HEADER, "the header is too small");

struct wf_group_args {
    CUtensorMap coarse, input; /* TMA's maps: of 8 bytes, rows, planes; coarse in the resolution of the input */
    wf_convolve_args convolve;
    int coarse_chunks, chunks;
    int stages; /* of a ring */
    int across; /* tiles side by side */
    int tiles;  /* of an image */
    int rows;   /* of tiles; convolve_up.cuh has one more where the height is odd */
    int slices; /* of COLUMNS outputs; a block stays with one, blocks are a multiple of them */
};

/* What a block's ring works on: tiles first, first + step ... of an image. */
struct wf_group_work {
    int slice, first, step;
};

template <typename Tile>
static __device__ __forceinline__ wf_group_work wf_find_work(const wf_group_args &args, int ring)
{
    const int block = blockIdx.x / args.slices, blocks = gridDim.x / args.slices;
    return {(int)blockIdx.x % args.slices, ring * blocks + block, Tile::RINGS * blocks};
}

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

/* By all threads of a block. */
template <typename Tile>
static __device__ __forceinline__ void wf_init_barriers(wf_group_barriers *barriers, const wf_group_args &args,
                                                        bool weights_stay)
{
    if (threadIdx.x == 0) {
        for (int i = 0; i < Tile::RINGS * args.stages; i++) {
            const int ring = i / args.stages, stage = i % args.stages;
            wf_barrier_init(&barriers->full[ring][stage], 1);
            wf_barrier_init(&barriers->empty[ring][stage], 4 * Tile::GROUPS / Tile::RINGS);
        }
        for (int chunk = 0; chunk < args.chunks && weights_stay; chunk++)
            wf_barrier_init(&barriers->weights[chunk], 1);
        wf_show_barriers();
    }
    __syncthreads();
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
                sums[row], wf_move_operand(pixels, ((row + tap / 3) * Tile::PITCH + tap % 3) * WF_ENTRY),
                wf_move_operand(weights, tap * 2 * Tile::COLUMNS * 16), tap > 0 ? 1 : continues);
    }
    wf_commit_products();
}

/* One thread's work: for all rings, a stage of each after the other. */
template <typename Tile>
static __device__ __forceinline__ void wf_fill_rings(const wf_group_args &args, wf_group_barriers *barriers,
                                                     unsigned char *weights, unsigned char *regions)
{
    const wf_group_work work = wf_find_work<Tile>(args, 0);
    const char *from = (const char *)args.convolve.weights + (size_t)work.slice * args.chunks * Tile::WEIGHT_BYTES;
    for (int chunk = 0; chunk < args.chunks && Tile::STAYS; chunk++) {
        wf_barrier_expect(&barriers->weights[chunk], Tile::WEIGHT_BYTES);
        wf_bulk_load(weights + chunk * Tile::WEIGHT_BYTES, from + chunk * Tile::WEIGHT_BYTES, Tile::WEIGHT_BYTES,
                     &barriers->weights[chunk]);
    }
    wf_wait_for_kernels();
    wf_ring at = {0, 0};
    for (int first = work.first; first < args.tiles; first += work.step) {
        for (int i = 0; i < args.chunks * Tile::RINGS; i++) {
            const int chunk = i / Tile::RINGS, ring = i % Tile::RINGS;
            const int tile = first + ring * (work.step / Tile::RINGS);
            const int y = tile / args.across * Tile::HEIGHT - 1, x = 2 * (tile % args.across * Tile::WIDTH - 1);
            uint64_t *full = &barriers->full[ring][at.stage];
            unsigned char *to = regions + (ring * args.stages + at.stage) * Tile::REGION_BYTES;
            if (tile < args.tiles) {
                wf_barrier_wait(&barriers->empty[ring][at.stage], at.turn + 1);
                wf_barrier_expect(full, Tile::PIXEL_BYTES + (Tile::STAYS ? 0 : Tile::WEIGHT_BYTES));
                if (chunk < args.coarse_chunks)
                    wf_tma_load(to, &args.coarse, x, y, 2 * chunk, 0, full);
                else
                    wf_tma_load(to, &args.input, x, y, 2 * (chunk - args.coarse_chunks), 0, full);
                if (!Tile::STAYS)
                    wf_bulk_load(weights + at.stage * Tile::WEIGHT_BYTES, from + chunk * Tile::WEIGHT_BYTES,
                                 Tile::WEIGHT_BYTES, full);
            }
            if (ring == Tile::RINGS - 1)
                wf_ring_advance(at, args.stages);
        }
    }
}

template <typename Tile>
static __device__ __forceinline__ void wf_empty_ring(const wf_group_args &args, wf_group_barriers *barriers,
                                                     uint32_t weights, uint32_t regions, int ring)
{
    const int group = threadIdx.x / 128, warp = threadIdx.x % 128 / 32;
    const int row0 = Tile::STAYS ? 0 : group * Tile::ROWS; /* of a tile */
    const wf_group_work work = wf_find_work<Tile>(args, ring);
    const uint64_t pixels = wf_operand(regions + row0 * Tile::PITCH * WF_ENTRY, 8 * WF_ENTRY, Tile::PLANE * WF_ENTRY);
    const uint64_t columns = wf_operand(weights, 8 * 16, Tile::COLUMNS * 16);
    wf_ring at = {0, 0};
    bool is_first = true;
    for (int tile = work.first; tile < args.tiles; tile += work.step) {
        float sums[Tile::ROWS][8 * Tile::PAIRS];
        int last = 0; /* stage */
        for (int chunk = 0; chunk < args.chunks; chunk++) {
            if (Tile::STAYS && is_first)
                wf_barrier_wait(&barriers->weights[chunk], 0);
            wf_barrier_wait(&barriers->full[ring][at.stage], at.turn);
            wf_add_products<Tile>(sums, wf_move_operand(pixels, at.stage * Tile::REGION_BYTES),
                                  wf_move_operand(columns, (Tile::STAYS ? chunk : at.stage) * Tile::WEIGHT_BYTES),
                                  chunk > 0);
            wf_wait_products<1>();
            if (chunk > 0 && threadIdx.x % 32 == 0)
                wf_barrier_arrive(&barriers->empty[ring][last]);
            last = at.stage;
            wf_ring_advance(at, args.stages);
        }
        wf_wait_products<0>();
        if (threadIdx.x % 32 == 0)
            wf_barrier_arrive(&barriers->empty[ring][last]);
        is_first = false;
        wf_store_tile<Tile>(args.convolve, sums, tile % args.across * Tile::WIDTH + warp * 16,
                            tile / args.across * Tile::HEIGHT + row0, work.slice * Tile::PAIRS);
    }
}

#endif

template <typename Tile>
static __global__ void __launch_bounds__(Tile::THREADS, 1) convolve_groups(const __grid_constant__ wf_group_args args)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    extern __shared__ __align__(128) unsigned char wf_convolve_shared[];
    wf_group_barriers *const barriers = (wf_group_barriers *)wf_convolve_shared;
    const int warp = threadIdx.x / 32, consumers = 4 * Tile::GROUPS;
    wf_let_follow();
    wf_init_barriers<Tile>(barriers, args, Tile::STAYS);
    const int weights = WF_GROUP_HEADER;
    const int regions = weights + (Tile::STAYS ? args.chunks : args.stages) * Tile::WEIGHT_BYTES;
    const int ring = Tile::RINGS == 1 ? 0 : warp / 4;
    const uint32_t shared = wf_shared_address(wf_convolve_shared);
    if (warp < consumers)
        wf_empty_ring<Tile>(args, barriers, shared + weights,
                            shared + regions + ring * args.stages * Tile::REGION_BYTES, ring);
    else if (wf_elect_one())
        wf_fill_rings<Tile>(args, barriers, wf_convolve_shared + weights, wf_convolve_shared + regions);
#endif
}

#endif
