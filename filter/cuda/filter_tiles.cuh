/* filter_tiles.cuh -- the filter on tiles that the tensor copy engine streams through shared memory. Private; sm_90 and later.
 *
 * A block computes one tile of pixels. One of its threads has the engine copy the tile of the input with its margins and
 * then, a few stages ahead of the threads that compute, the boxes of weights, one a tap. The engine fills boxes with zeros
 * where they leave the image, and costs the computing threads neither instructions nor registers.
 *
 * Both operators go through the sources of a tile in ascending order: for splat, that is gather with the kernel mirrored
 * and every weight read where its source is. The engine copies from multiples of 16 bytes only, so the input tile and
 * splat's boxes of weights start at multiples of WF_TILE_ALIGN columns and are that much wider. Taps are added in groups
 * whose sources share a multiple of four columns: within one, everything that depends on alignment is a constant. */
#ifndef WF_CUDA_TILES_CUH
#define WF_CUDA_TILES_CUH

#include <cuda/ptx>

#include "common.cuh"
#include "sums.cuh"
#include "taps.h"

#define WF_TILE_ALIGN        8 /* columns: 16 bytes of float16, 32 of float32 */
#define WF_TILE_GROUP        4 /* taps of a group; neighbouring pixels that a thread computes */
#define WF_TILE_STAGE_GROUPS 2
#define WF_TILE_MAX_STAGES   12
#define WF_TILE_RESERVED     1024 /* bytes of shared memory that CUDA takes for every block */
#define WF_TILE_HEADER       256  /* bytes before the input tile; the engine writes to multiples of 128 */

/* The softmax whose sums are known: a tap's factor is exp(weight - level), the level that of its source. It is what takes
 * WF_SOFTMAX's grad_output to grad_input; the levels are the forward pass's coverage. */
static constexpr wf_mode WF_KNOWN_SOFTMAX = WF_MODE_COUNT;

/* What adds up the factors of a mode. */
template <wf_mode MODE, int CHANNELS>
using wf_tile_sums = wf_sums<MODE == WF_KNOWN_SOFTMAX ? WF_LINEAR : MODE, CHANNELS, WF_TILE_GROUP>;

struct wf_tile_args {
    wf_grid grid;
    wf_view output, coverage; /* coverage has no data where it is not wanted */
    const float *bias;
    int width, height, channels;
    int kernel_height, kernel_width;
    int pitch, rows;    /* of the input tile */
    int stages;         /* in shared memory */
    int stage_taps;     /* at most so many */
    int output_aligned; /* four pixels can be stored at once */
    int normalizes;     /* divides by the sum of the weights, where that is kept */
};

/* Pixels from a destination up (left) to its first source in a kernel of so many rows (columns). */
template <wf_operator OP> static __host__ __device__ __forceinline__ int wf_tile_reach(int size)
{
    return OP == WF_GATHER ? -wf_tap_offset(0, size, 1) : wf_tap_offset(size - 1, size, 1);
}

/* A kernel row. Columns of sources are counted from `margin` left of the tile; pixel x has its sources in columns
 * x + lead ... x + lead + taps - 1, of which group g has x + base + 4 g ... x + base + 4 g + 3. */
struct wf_tile_row {
    int taps, margin, lead, base, groups;
    int stages; /* of WF_TILE_STAGE_GROUPS groups each, of which the last takes along what is left */
};

template <wf_operator OP> static __host__ __device__ __forceinline__ wf_tile_row wf_make_tile_row(int taps)
{
    wf_tile_row row;
    int left = wf_tile_reach<OP>(taps);
    row.taps = taps;
    row.margin = (left + WF_TILE_ALIGN - 1) / WF_TILE_ALIGN * WF_TILE_ALIGN;
    row.lead = row.margin - left;
    row.base = row.lead / WF_TILE_GROUP * WF_TILE_GROUP;
    row.groups = (row.lead - row.base + taps + WF_TILE_GROUP - 1) / WF_TILE_GROUP;
    row.stages = row.groups < WF_TILE_STAGE_GROUPS ? 1 : row.groups / WF_TILE_STAGE_GROUPS;
    return row;
}

/* Columns of the sources of a tile so wide. */
static __host__ __device__ __forceinline__ int wf_tile_pitch(const wf_tile_row &row, int width)
{
    return width + (row.lead + row.taps + WF_TILE_ALIGN - 1) / WF_TILE_ALIGN * WF_TILE_ALIGN;
}

/* Columns of the first source of a group's taps, and one past the last. */
static __host__ __device__ __forceinline__ int wf_group_begin(const wf_tile_row &row, int group)
{
    return group == 0 ? row.lead : row.base + group * WF_TILE_GROUP;
}

static __host__ __device__ __forceinline__ int wf_group_end(const wf_tile_row &row, int group)
{
    return group >= row.groups - 1 ? row.lead + row.taps : row.base + (group + 1) * WF_TILE_GROUP;
}

/* The first group of a stage, and the one behind its last. */
static __host__ __device__ __forceinline__ int wf_stage_begin(int stage)
{
    return stage * WF_TILE_STAGE_GROUPS;
}

static __host__ __device__ __forceinline__ int wf_stage_end(const wf_tile_row &row, int stage)
{
    return stage == row.stages - 1 ? row.groups : (stage + 1) * WF_TILE_STAGE_GROUPS;
}

/* Bytes of so many elements where the engine writes them. */
static __host__ __device__ __forceinline__ int wf_tile_bytes(int elements, size_t element)
{
    return (elements * (int)element + 127) / 128 * 128;
}

/* The weights of one tap in shared memory. */
template <wf_operator OP, typename Weight, int WIDTH, int HEIGHT> struct wf_tap_box {
    static constexpr int width = OP == WF_GATHER ? WIDTH : WIDTH + WF_TILE_ALIGN;
    static constexpr int bytes = width * HEIGHT * (int)sizeof(Weight);
    static constexpr int stride = (bytes + 127) / 128 * 128; /* bytes to the next tap's */
    static constexpr int elements = stride / (int)sizeof(Weight);
};

struct wf_tile_barriers {
    uint64_t input, full[WF_TILE_MAX_STAGES], empty[WF_TILE_MAX_STAGES];
};

static_assert(sizeof(wf_tile_barriers) <= WF_TILE_HEADER, "the header is too small");

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

/* True for one thread of a warp. The compiler knows what this instruction means and keeps that thread's work in uniform
 * registers, where the copy engine takes its operands from. */
static __device__ __forceinline__ bool wf_tile_elect()
{
    unsigned elected;
    asm volatile("{.reg .pred p; elect.sync _|p, 0xffffffff; selp.u32 %0, 1, 0, p;}" : "=r"(elected));
    return elected;
}

static __device__ __forceinline__ void wf_tile_wait(uint64_t *barrier, unsigned turn)
{
    while (!cuda::ptx::mbarrier_try_wait_parity(barrier, turn & 1))
        ;
}

static __device__ __forceinline__ void wf_tile_expect(uint64_t *barrier, unsigned bytes)
{
    cuda::ptx::mbarrier_arrive_expect_tx(cuda::ptx::sem_release, cuda::ptx::scope_cta, cuda::ptx::space_shared, barrier,
                                         bytes);
}

static __device__ __forceinline__ void wf_tile_copy(void *to, const CUtensorMap *map, int x, int y, int c, int n,
                                                    uint64_t *barrier)
{
    const int at[] = {x, y, c, n};
    cuda::ptx::cp_async_bulk_tensor(cuda::ptx::space_cluster, cuda::ptx::space_global, to, map, at, barrier);
}

/* Where in the ring of stages a thread is. */
struct wf_tile_ring {
    int stage;
    unsigned turn;
};

static __device__ __forceinline__ void wf_tile_advance(wf_tile_ring &ring, int stages)
{
    if (++ring.stage == stages)
        ring.stage = 0, ring.turn++;
}

/* Has a stage of kernel row i filled. `box` bytes are copied for a tap, the next one's go `stride` elements behind. */
template <wf_operator OP, typename Weight>
static __device__ __forceinline__ void wf_tile_fill_stage(const CUtensorMap *weight_map, const wf_tile_args &args,
                                                          const wf_tile_row &row, const wf_block &block, int i,
                                                          int stage, Weight *to, int box, int stride, uint64_t *full)
{
    const int last_tap = args.kernel_height * args.kernel_width - 1;
    const int x = block.x - row.margin, y = block.y - wf_tile_reach<OP>(args.kernel_height) + i;
    int s = wf_group_begin(row, wf_stage_begin(stage)), end = wf_group_end(row, wf_stage_end(row, stage) - 1);
    wf_tile_expect(full, (end - s) * box);
    for (; s < end; s++, to += stride) {
        int tap = i * args.kernel_width + s - row.lead;
        if constexpr (OP == WF_GATHER)
            wf_tile_copy(to, weight_map, block.x, block.y, tap, block.n, full);
        else
            wf_tile_copy(to, weight_map, x + s / WF_TILE_ALIGN * WF_TILE_ALIGN, y, last_tap - tap, block.n, full);
    }
}

/* The copying thread: keeps the stages filled. */
template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int WIDTH, int HEIGHT>
static __device__ __forceinline__ void wf_tile_fill(const CUtensorMap *input_map, const CUtensorMap *level_map,
                                                    const CUtensorMap *weight_map, const wf_tile_args &args,
                                                    const wf_block &block, wf_tile_barriers *barriers, Image *input,
                                                    float *levels, Weight *weights)
{
    using box = wf_tap_box<OP, Weight, WIDTH, HEIGHT>;
    const wf_tile_row row = wf_make_tile_row<OP>(args.kernel_width);
    const int x = block.x - row.margin, y = block.y - wf_tile_reach<OP>(args.kernel_height);
    const unsigned level_bytes = MODE == WF_KNOWN_SOFTMAX ? sizeof(float) : 0;
    wf_tile_expect(&barriers->input, args.rows * args.pitch * (CHANNELS * (unsigned)sizeof(Image) + level_bytes));
    wf_tile_copy(input, input_map, x, y, 0, block.n, &barriers->input);
    if (MODE == WF_KNOWN_SOFTMAX)
        wf_tile_copy(levels, level_map, x, y, 0, block.n, &barriers->input);
    wf_tile_ring ring = {};
    for (int i = 0; i < args.kernel_height; i++) {
        for (int stage = 0; stage < row.stages; stage++) {
            if (ring.turn > 0)
                wf_tile_wait(&barriers->empty[ring.stage], ring.turn - 1);
            wf_tile_fill_stage<OP>(weight_map, args, row, block, i, stage,
                                   weights + ring.stage * args.stage_taps * box::elements, box::bytes, box::elements,
                                   &barriers->full[ring.stage]);
            wf_tile_advance(ring, args.stages);
        }
    }
}

/* Adds taps BEGIN <= t < END to four pixels. Pixel p's source of tap t is sources[FIRST + STEP t + p]. Where `bordering`,
 * taps count only if 0 <= column + STEP t + p < columns. */
template <int BEGIN, int END, int FIRST, int STEP, wf_mode MODE, int CHANNELS>
static __device__ __forceinline__ void
wf_tile_add_taps(wf_sums<MODE, CHANNELS, WF_TILE_GROUP> &sums, const float (&sources)[CHANNELS][2 * WF_TILE_GROUP],
                 float (&factor)[END - BEGIN][WF_TILE_GROUP], bool bordering, int column, unsigned columns)
{
    if (bordering) {
#pragma unroll
        for (int t = BEGIN; t < END; t++) {
#pragma unroll
            for (int p = 0; p < WF_TILE_GROUP; p++) {
                if ((unsigned)(column + STEP * t + p) >= columns)
                    factor[t - BEGIN][p] = wf_no_weight<MODE>();
            }
        }
    }
    wf_sums_add_weights(sums, factor);
#pragma unroll
    for (int t = BEGIN; t < END; t++) {
#pragma unroll
        for (int c = 0; c < CHANNELS; c++) {
#pragma unroll
            for (int p = 0; p < WF_TILE_GROUP; p++)
                sums.color[c][p] += factor[t - BEGIN][p] * sources[c][FIRST + STEP * t + p];
        }
    }
}

/* Adds the taps BEGIN <= t < END of a group to four pixels. sources and, for WF_KNOWN_SOFTMAX, levels: of the group and of the
 * next one. weights: the box of tap BEGIN, at the first of the group's sources for splat, at the first pixel for gather; the
 * next tap's box is `box` elements behind.
 * column: the image's column of the first source. */
template <int BEGIN, int END, wf_operator OP, wf_mode MODE, int CHANNELS, typename Weight>
static __device__ __forceinline__ void wf_tile_add(wf_tile_sums<MODE, CHANNELS> &sums,
                                                   const float (&sources)[CHANNELS][2 * WF_TILE_GROUP],
                                                   const float (&levels)[2 * WF_TILE_GROUP], const Weight *weights,
                                                   int box, bool bordering, int column, unsigned columns)
{
    float factor[END - BEGIN][WF_TILE_GROUP];
#pragma unroll
    for (int t = BEGIN; t < END; t++) {
        const Weight *from = weights + (t - BEGIN) * box;
        const int shift = OP == WF_SPLAT ? t : 0;
        float row[2 * WF_TILE_GROUP];
        wf_load4(from, row);
        if (shift > 0)
            wf_load4(from + WF_TILE_GROUP, row + WF_TILE_GROUP);
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++)
            factor[t - BEGIN][p] = MODE == WF_KNOWN_SOFTMAX ? __expf(row[shift + p] - levels[t + p]) : row[shift + p];
    }
    wf_tile_add_taps<BEGIN, END, 0, 1>(sums, sources, factor, bordering, column, columns);
}

/* Calls TAPS(begin, end) with constants. Groups are whole, or begin late, the first of a row, or end early, the last: never
 * both, as no kernel lies within a group without touching an end of it. */
#define WF_TILE_GROUP_CASES(TAPS, begin, end)                                                                          \
    do {                                                                                                               \
        if ((end) - (begin) == 4)                                                                                      \
            TAPS(0, 4);                                                                                                \
        else if ((begin) == 1)                                                                                         \
            TAPS(1, 4);                                                                                                \
        else if ((begin) == 2)                                                                                         \
            TAPS(2, 4);                                                                                                \
        else if ((begin) == 3)                                                                                         \
            TAPS(3, 4);                                                                                                \
        else if ((end) == 3)                                                                                           \
            TAPS(0, 3);                                                                                                \
        else if ((end) == 2)                                                                                           \
            TAPS(0, 2);                                                                                                \
        else                                                                                                           \
            TAPS(0, 1);                                                                                                \
    } while (0)

template <wf_operator OP, wf_mode MODE, int CHANNELS, typename Weight>
static __device__ __forceinline__ void
wf_tile_add_group(wf_tile_sums<MODE, CHANNELS> &sums, const float (&sources)[CHANNELS][2 * WF_TILE_GROUP],
                  const float (&levels)[2 * WF_TILE_GROUP], const Weight *weights, int box, int begin, int end,
                  bool bordering, int column, unsigned columns)
{
#define ADD(BEGIN, END)                                                                                                \
    wf_tile_add<BEGIN, END, OP, MODE, CHANNELS>(sums, sources, levels, weights, box, bordering, column, columns)
    WF_TILE_GROUP_CASES(ADD, begin, end);
#undef ADD
}

template <typename Image, wf_mode MODE, int CHANNELS>
static __device__ __forceinline__ void wf_tile_store(const wf_tile_args &args, int n, int channel, int y, int x,
                                                     wf_sums<MODE, CHANNELS, WF_TILE_GROUP> &sums)
{
    const int pixels = y < args.height ? args.width - x : 0;
    if (MODE != WF_LINEAR && args.coverage.data && channel == 0) {
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++) {
            if (p < pixels)
                wf_at<float>(args.coverage, n, 0, y)[(x + p) * args.coverage.column] = wf_sums_coverage(sums, p);
        }
    }
    if (args.normalizes)
        wf_sums_finish(sums);
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
        if (channel + c >= args.channels)
            return;
        float bias = args.bias ? args.bias[channel + c] : 0.0f;
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++)
            sums.color[c][p] += bias;
        Image *to = wf_at<Image>(args.output, n, channel + c, y) + x;
        if (args.output_aligned && pixels >= WF_TILE_GROUP) {
            wf_store4(to, sums.color[c]);
            continue;
        }
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++) {
            if (p < pixels)
                wf_set(to + p, sums.color[c][p]);
        }
    }
}

/* Whether sources of the tile lie outside the image. */
template <wf_operator OP, typename Args>
static __device__ __forceinline__ bool wf_tile_borders(const Args &args, const wf_block &block, int width)
{
    const int x = block.x - wf_tile_reach<OP>(args.kernel_width), y = block.y - wf_tile_reach<OP>(args.kernel_height);
    return x < 0 || y < 0 || x + width + args.kernel_width - 1 > args.width || y + args.rows > args.height;
}

/* Adds a kernel row to four pixels, from the stages that hold its weights. input, levels: at the row's first source, in planes so
 * far apart; weights: of the ring's first stage, at the first pixel, in boxes so far apart. */
template <wf_operator OP, wf_mode MODE, int KERNEL_WIDTH, typename Image, typename Weight, int CHANNELS>
static __device__ __forceinline__ void
wf_tile_add_row(wf_tile_sums<MODE, CHANNELS> &sums, const wf_tile_args &args, const wf_tile_row &row,
                wf_tile_barriers *barriers, wf_tile_ring &ring, const Image *input, int plane, const float *levels,
                const Weight *weights, int box, bool bordering, int column, unsigned columns)
{
    constexpr int UNROLL = KERNEL_WIDTH > 0 ? KERNEL_WIDTH : 1;
    float sources[CHANNELS][2 * WF_TILE_GROUP], level[2 * WF_TILE_GROUP];
    if (MODE == WF_KNOWN_SOFTMAX)
        wf_load4(levels, level);
#pragma unroll
    for (int c = 0; c < CHANNELS; c++)
        wf_load4(input + c * plane, sources[c]);
#pragma unroll UNROLL
    for (int stage = 0; stage < row.stages; stage++) {
        const Weight *from = weights + ring.stage * args.stage_taps * box;
        wf_tile_wait(&barriers->full[ring.stage], ring.turn);
#pragma unroll UNROLL
        for (int g = 0; g < WF_TILE_STAGE_GROUPS + 1; g++) {
            const int group = wf_stage_begin(stage) + g;
            if (group >= wf_stage_end(row, stage))
                break;
            const int s = row.base + group * WF_TILE_GROUP;
            const int begin = wf_group_begin(row, group) - s, end = wf_group_end(row, group) - s;
            if (end > 1) {
#pragma unroll
                for (int c = 0; c < CHANNELS; c++)
                    wf_load4(input + c * plane + (group + 1) * WF_TILE_GROUP, sources[c] + WF_TILE_GROUP);
                if (MODE == WF_KNOWN_SOFTMAX)
                    wf_load4(levels + (group + 1) * WF_TILE_GROUP, level + WF_TILE_GROUP);
            }
            wf_tile_add_group<OP, MODE, CHANNELS>(sums, sources, level, from + (OP == WF_SPLAT ? s % WF_TILE_ALIGN : 0),
                                                  box, begin, end, bordering, column + s, columns);
            from += (end - begin) * box;
#pragma unroll
            for (int p = 0; p < WF_TILE_GROUP; p++)
                level[p] = level[WF_TILE_GROUP + p];
#pragma unroll
            for (int c = 0; c < CHANNELS; c++) {
#pragma unroll
                for (int p = 0; p < WF_TILE_GROUP; p++)
                    sources[c][p] = sources[c][WF_TILE_GROUP + p];
            }
        }
        __syncwarp();
        if (threadIdx.x % 32 == 0)
            cuda::ptx::mbarrier_arrive(&barriers->empty[ring.stage]);
        wf_tile_advance(ring, args.stages);
    }
}

/* The other threads: four neighbouring pixels each. */
template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH, int WIDTH,
          int HEIGHT>
static __device__ __forceinline__ void wf_tile_compute(const wf_tile_args &args, const wf_block &block,
                                                       wf_tile_barriers *barriers, const Image *input,
                                                       const float *levels, const Weight *weights)
{
    using box = wf_tap_box<OP, Weight, WIDTH, HEIGHT>;
    const wf_tile_row row = wf_make_tile_row<OP>(KERNEL_WIDTH > 0 ? KERNEL_WIDTH : args.kernel_width);
    const int x = threadIdx.x * WF_TILE_GROUP % WIDTH, y = threadIdx.x / (WIDTH / WF_TILE_GROUP);
    const int plane = args.rows * args.pitch, column = block.x + x - row.margin;
    /* Sources outside the image are left out; where zeros do that, the engine has put them there. */
    const bool bordering = (OP == WF_GATHER || MODE == WF_SOFTMAX) && wf_tile_borders<OP>(args, block, WIDTH);
    const int first = y * args.pitch + x + row.base;
    input += first;
    levels += first;
    weights += y * box::width + x;
    wf_tile_sums<MODE, CHANNELS> sums;
    wf_sums_start(sums);
    wf_tile_ring ring = {};
    wf_tile_wait(&barriers->input, 0);
    for (int i = 0; i < args.kernel_height; i++, input += args.pitch, levels += args.pitch) {
        const int source_y = block.y + y - wf_tile_reach<OP>(args.kernel_height) + i;
        const unsigned columns = (unsigned)source_y < (unsigned)args.height ? args.width : 0;
        wf_tile_add_row<OP, MODE, KERNEL_WIDTH>(sums, args, row, barriers, ring, input, plane, levels, weights,
                                                box::elements, bordering, column, columns);
    }
    wf_tile_store<Image>(args, block.n, 0, block.y + y, block.x + x, sums);
}

/* By all threads of a block, of which `computing` compute. */
static __device__ __forceinline__ void wf_tile_start(wf_tile_barriers *barriers, int stages, int computing)
{
    if (threadIdx.x == computing) {
        cuda::ptx::mbarrier_init(&barriers->input, 1);
        for (int stage = 0; stage < stages; stage++) {
            cuda::ptx::mbarrier_init(&barriers->full[stage], 1);
            cuda::ptx::mbarrier_init(&barriers->empty[stage], computing / 32);
        }
        cuda::ptx::fence_mbarrier_init(cuda::ptx::sem_release, cuda::ptx::scope_cluster);
    }
    __syncthreads();
}

/* A block's work. level_map is looked at for WF_KNOWN_SOFTMAX. KERNEL_WIDTH is the kernel's, or 0 for any. */
template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH, int WIDTH,
          int HEIGHT>
static __device__ __forceinline__ void wf_filter_tile(const CUtensorMap *input_map, const CUtensorMap *level_map,
                                                      const CUtensorMap *weight_map, const wf_tile_args &args,
                                                      const wf_block &block, unsigned char *shared)
{
    constexpr int COMPUTING = WIDTH * HEIGHT / WF_TILE_GROUP;
    auto *barriers = (wf_tile_barriers *)shared;
    auto *input = (Image *)(shared + WF_TILE_HEADER);
    const int plane = args.rows * args.pitch, input_bytes = wf_tile_bytes(CHANNELS * plane, sizeof(Image));
    auto *levels = (float *)(shared + WF_TILE_HEADER + input_bytes);
    const int level_bytes = MODE == WF_KNOWN_SOFTMAX ? wf_tile_bytes(plane, sizeof(float)) : 0;
    auto *weights = (Weight *)(shared + WF_TILE_HEADER + input_bytes + level_bytes);

    wf_tile_start(barriers, args.stages, COMPUTING);
    const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
    if (warp < COMPUTING / 32)
        wf_tile_compute<OP, MODE, Image, Weight, CHANNELS, KERNEL_WIDTH, WIDTH, HEIGHT>(args, block, barriers, input,
                                                                                        levels, weights);
    else if (wf_tile_elect())
        wf_tile_fill<OP, MODE, Image, Weight, CHANNELS, WIDTH, HEIGHT>(input_map, level_map, weight_map, args, block,
                                                                       barriers, input, levels, weights);
}

#endif

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int KERNEL_WIDTH, int WIDTH,
          int HEIGHT>
__global__ void __launch_bounds__(WIDTH *HEIGHT / WF_TILE_GROUP + 32)
    wf_filter_tiles(const __grid_constant__ CUtensorMap input_map, const __grid_constant__ CUtensorMap weight_map,
                    const wf_tile_args args)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    extern __shared__ __align__(128) unsigned char shared[];
    wf_filter_tile<OP, MODE, Image, Weight, CHANNELS, KERNEL_WIDTH, WIDTH, HEIGHT>(
        &input_map, nullptr, &weight_map, args, wf_this_block(args.grid, WIDTH, HEIGHT), shared);
#endif
}

#endif
