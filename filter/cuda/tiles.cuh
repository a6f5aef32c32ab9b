/* tiles.cuh -- a tile of pixels, the halo of sources around it, and how a thread adds taps to its pixels. Private;
 * since compute capability 9.0.
 *
 * Both operators go through the sources of a tile in ascending order: for splat, that is gather with the kernel
 * mirrored and every weight read where its source is. Boxes start at multiples of WF_TMA_COLUMNS, so the halo and
 * splat's boxes of weights are that much wider. Taps are added in groups whose sources share a multiple of four
 * columns: within one, everything that depends on alignment is a constant. */
#ifndef WF_CUDA_TILES_CUH
#define WF_CUDA_TILES_CUH

#include "sums.cuh"
#include "taps.h"
#include "tma.cuh"

#define WF_TILE_GROUP        4 /* taps of a group; neighbouring pixels that a thread computes */
#define WF_TILE_STAGE_GROUPS 2

/* The softmax whose sums are known: a tap's factor is exp(weight - logsumexp), the logsumexp that of its source. It is
 * what takes WF_SOFTMAX's grad_output to grad_input; the logsumexps are the forward pass's coverage. */
static constexpr wf_mode WF_SOFTMAX_ADJOINT = WF_MODE_COUNT;

/* What adds up the factors of a mode. */
template <wf_mode MODE, int CHANNELS>
using wf_tile_sums = wf_sums<MODE == WF_SOFTMAX_ADJOINT ? WF_LINEAR : MODE, CHANNELS, WF_TILE_GROUP>;

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

/* What both kinds of filters, on tiles and down strips, are for: of however many channels. */
static inline bool wf_tiles_serve(const wf_filter_call *call)
{
    return call->filter.dilation == 1 && call->input.dtype != WF_FLOAT64 && call->output.dtype == call->input.dtype &&
           wf_unit_columns(&call->output);
}

/* The parts that do not depend on how the image is divided. */
static inline wf_tile_args wf_make_tile_args(const wf_filter_call *call)
{
    const int64_t *size = call->output.size;
    wf_tile_args args = {};
    args.output = wf_make_view(&call->output), args.coverage = wf_make_view(&call->coverage);
    args.output_aligned = wf_four_aligned(&call->output);
    args.bias = (const float *)call->bias;
    args.width = (int)size[3], args.height = (int)size[2], args.channels = (int)size[1];
    args.kernel_height = call->filter.kernel_height, args.kernel_width = call->filter.kernel_width;
    args.normalizes = call->filter.mode != WF_LINEAR;
    return args;
}

/* Pixels from a destination up (left) to its first source in a kernel of so many rows (columns). */
static __host__ __device__ __forceinline__ int wf_tile_reach(wf_operator op, int size)
{
    return op == WF_GATHER ? -wf_tap_offset(0, size, 1) : wf_tap_offset(size - 1, size, 1);
}

/* A kernel row. Columns of sources are counted from `halo` left of the tile, a multiple of WF_TMA_COLUMNS; pixel x has
 * its sources in columns x + lead ... x + lead + taps - 1, of which group g has x + base + 4 g ... x + base + 4 g + 3.
 * */
struct wf_tile_row {
    int taps, halo, lead, base, groups;
    int stages; /* of WF_TILE_STAGE_GROUPS groups each, of which the last takes along what is left */
};

static __host__ __device__ __forceinline__ wf_tile_row wf_make_tile_row(wf_operator op, int taps)
{
    wf_tile_row row;
    int left = wf_tile_reach(op, taps);
    row.taps = taps;
    row.halo = (left + WF_TMA_COLUMNS - 1) / WF_TMA_COLUMNS * WF_TMA_COLUMNS;
    row.lead = row.halo - left;
    row.base = row.lead / WF_TILE_GROUP * WF_TILE_GROUP;
    row.groups = (row.lead - row.base + taps + WF_TILE_GROUP - 1) / WF_TILE_GROUP;
    row.stages = row.groups < WF_TILE_STAGE_GROUPS ? 1 : row.groups / WF_TILE_STAGE_GROUPS;
    return row;
}

/* Columns of the sources of a tile so wide. */
static __host__ __device__ __forceinline__ int wf_tile_pitch(const wf_tile_row &row, int width)
{
    return width + (row.lead + row.taps + WF_TMA_COLUMNS - 1) / WF_TMA_COLUMNS * WF_TMA_COLUMNS;
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

/* The most taps of a stage. */
static inline int wf_stage_taps(const wf_tile_row &row)
{
    int most = 0;
    for (int stage = 0; stage < row.stages; stage++)
        most = max(most, wf_group_end(row, wf_stage_end(row, stage) - 1) - wf_group_begin(row, wf_stage_begin(stage)));
    return most;
}

/* The weights of one tap for a tile of so many pixels. */
struct wf_tap_box {
    int width;           /* columns */
    int bytes, elements; /* bytes that TMA copies; elements to the next tap's in shared memory */
};

static __host__ __device__ __forceinline__ wf_tap_box wf_make_tap_box(wf_operator op, int width, int height,
                                                                      size_t element)
{
    wf_tap_box box;
    box.width = op == WF_GATHER ? width : width + WF_TMA_COLUMNS;
    box.bytes = box.width * height * (int)element;
    box.elements = wf_tma_bytes(box.width * height, element) / (int)element;
    return box;
}

/* Adds taps BEGIN <= t < END to four pixels. Pixel p's source of tap t is sources[FIRST + STEP t + p]. Where
 * `bordering`, taps count only if 0 <= column + STEP t + p < columns. */
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

/* Adds the taps BEGIN <= t < END of a group to four pixels. sources and, for WF_SOFTMAX_ADJOINT, logsumexps: of the
 * group and of the next one. weights: the box of tap BEGIN, at the first of the group's sources for splat, at the first
 * pixel for gather; the next tap's box is `box` elements behind. column: the image's column of the first source. */
template <int BEGIN, int END, wf_operator OP, wf_mode MODE, int CHANNELS, typename Weight>
static __device__ __forceinline__ void wf_tile_add(wf_tile_sums<MODE, CHANNELS> &sums,
                                                   const float (&sources)[CHANNELS][2 * WF_TILE_GROUP],
                                                   const float (&logsumexps)[2 * WF_TILE_GROUP], const Weight *weights,
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
            factor[t - BEGIN][p] =
                MODE == WF_SOFTMAX_ADJOINT ? __expf(row[shift + p] - logsumexps[t + p]) : row[shift + p];
    }
    wf_tile_add_taps<BEGIN, END, 0, 1>(sums, sources, factor, bordering, column, columns);
}

/* Calls TAPS(begin, end) with constants. Groups are whole, or begin late, the first of a row, or end early, the last:
 * never both, as no kernel lies within a group without touching an end of it. */
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
                  const float (&logsumexps)[2 * WF_TILE_GROUP], const Weight *weights, int box, int begin, int end,
                  bool bordering, int column, unsigned columns)
{
#define ADD(BEGIN, END)                                                                                                \
    wf_tile_add<BEGIN, END, OP, MODE, CHANNELS>(sums, sources, logsumexps, weights, box, bordering, column, columns)
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
    const int x = block.x - wf_tile_reach(OP, args.kernel_width), y = block.y - wf_tile_reach(OP, args.kernel_height);
    return x < 0 || y < 0 || x + width + args.kernel_width - 1 > args.width || y + args.rows > args.height;
}

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

/* Has a stage of kernel row i filled. `box` bytes are copied for a tap, the next one's go `stride` elements behind. */
template <wf_operator OP, typename Weight>
static __device__ __forceinline__ void wf_produce_stage(const CUtensorMap *weight_map, const wf_tile_args &args,
                                                        const wf_tile_row &row, const wf_block &block, int i, int stage,
                                                        Weight *to, int box, int stride, uint64_t *full)
{
    const int last_tap = args.kernel_height * args.kernel_width - 1;
    const int x = block.x - row.halo, y = block.y - wf_tile_reach(OP, args.kernel_height) + i;
    int s = wf_group_begin(row, wf_stage_begin(stage)), end = wf_group_end(row, wf_stage_end(row, stage) - 1);
    wf_barrier_expect(full, (end - s) * box);
    for (; s < end; s++, to += stride) {
        int tap = i * args.kernel_width + s - row.lead;
        if constexpr (OP == WF_GATHER)
            wf_tma_load(to, weight_map, block.x, block.y, tap, block.n, full);
        else
            wf_tma_load(to, weight_map, x + s / WF_TMA_COLUMNS * WF_TMA_COLUMNS, y, last_tap - tap, block.n, full);
    }
}

/* Adds a kernel row to four pixels, from the stages that hold its weights. input, logsumexps: at the row's first
 * source, in planes so far apart; weights: of the ring's first stage, at the first pixel, in boxes so far apart. */
template <wf_operator OP, wf_mode MODE, int KERNEL_WIDTH, typename Image, typename Weight, int CHANNELS>
static __device__ __forceinline__ void
wf_tile_add_row(wf_tile_sums<MODE, CHANNELS> &sums, const wf_tile_args &args, const wf_tile_row &row,
                wf_barriers *barriers, wf_ring &ring, const Image *input, int plane, const float *logsumexps,
                const Weight *weights, int box, bool bordering, int column, unsigned columns)
{
    constexpr int UNROLL = KERNEL_WIDTH > 0 ? KERNEL_WIDTH : 1;
    float sources[CHANNELS][2 * WF_TILE_GROUP], logsumexp[2 * WF_TILE_GROUP];
    if (MODE == WF_SOFTMAX_ADJOINT)
        wf_load4(logsumexps, logsumexp);
#pragma unroll
    for (int c = 0; c < CHANNELS; c++)
        wf_load4(input + c * plane, sources[c]);
#pragma unroll UNROLL
    for (int stage = 0; stage < row.stages; stage++) {
        const Weight *from = weights + ring.stage * args.stage_taps * box;
        wf_barrier_wait(&barriers->full[ring.stage], ring.turn);
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
                if (MODE == WF_SOFTMAX_ADJOINT)
                    wf_load4(logsumexps + (group + 1) * WF_TILE_GROUP, logsumexp + WF_TILE_GROUP);
            }
            wf_tile_add_group<OP, MODE, CHANNELS>(sums, sources, logsumexp,
                                                  from + (OP == WF_SPLAT ? s % WF_TMA_COLUMNS : 0), box, begin, end,
                                                  bordering, column + s, columns);
            from += (end - begin) * box;
#pragma unroll
            for (int p = 0; p < WF_TILE_GROUP; p++)
                logsumexp[p] = logsumexp[WF_TILE_GROUP + p];
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
        wf_ring_advance(ring, args.stages);
    }
}

#endif

#endif
