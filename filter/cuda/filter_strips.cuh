/* filter_strips.cuh -- gather and splat of many channels, down strips. Private; since compute capability 9.0.
 *
 * Tiles of many channels would read their halos several times over. Here a block goes down a strip of columns, some
 * rows a step. The rows of the input that a step needs lie in a ring in shared memory; each step adds as many as it
 * computes, so that only the halo left and right is read again. Weights come in stages as those of
 * tiles do, most of them in one box.
 *
 * Blocks share all strips' steps so that they end together, and neighbors go down side by side: what they share comes
 * from the cache. Where there are more channels than a block can take, blocks take a pass of them each. */
#ifndef WF_CUDA_FILTER_STRIPS_CUH
#define WF_CUDA_FILTER_STRIPS_CUH

#include "static_switch.cuh"
#include "tiles.cuh"

#define WF_STRIP_FEW_CHANNELS  8 /* of a thread, or, where that needs fewer threads, */
#define WF_STRIP_MORE_CHANNELS 9
#define WF_STRIP_MOST_CHANNELS 10  /* where rows unroll */
#define WF_STRIP_WIDTH         64  /* columns */
#define WF_STRIP_MAX_THREADS   384 /* of a block */

/* Of the input's rows, and of the weights: of the first stage of a kernel row, of those that follow, and
 * of the last; or of single taps. */
struct wf_strip_maps {
    CUtensorMap input, weight[3];
};

/* Whether the weights of a stage come in one box. Those of splat's narrow kernels touch fewer lines of memory alone,
 * which only a softmax has no use for. */
static __host__ __device__ __forceinline__ bool wf_strip_joins(wf_operator op, wf_mode mode, const wf_tile_row &row)
{
    return op == WF_GATHER || mode == WF_SOFTMAX || row.stages > 1;
}

/* Of a stage in one box; single taps have the first. */
static __host__ __device__ __forceinline__ int wf_strip_map(const wf_tile_row &row, int stage)
{
    return stage == 0 ? 0 : stage < row.stages - 1 ? 1 : 2;
}

/* The taps of a stage: columns of the first one's source and of what is behind the last one's. */
static __host__ __device__ __forceinline__ int wf_strip_stage_begin(const wf_tile_row &row, int stage)
{
    return wf_group_begin(row, wf_stage_begin(stage));
}

static __host__ __device__ __forceinline__ int wf_strip_stage_end(const wf_tile_row &row, int stage)
{
    return wf_group_end(row, wf_stage_end(row, stage) - 1);
}

/* The column of sources where splat's box of a stage starts, as TMA can read it. */
static __host__ __device__ __forceinline__ int wf_strip_stage_column(const wf_tile_row &row, int stage, size_t element)
{
    const int columns = 16 / (int)element;
    return wf_strip_stage_begin(row, stage) / columns * columns;
}

/* Columns from a channel's sources to the next one's. Paired teams read half as many neighbours each at a time: those
 * of channels an odd number apart lie in different halves of the banks. */
static __host__ __device__ __forceinline__ int wf_strip_pitch(const wf_tile_row &row, size_t element)
{
    const int banks = 128 / (int)element, half = banks / 2;
    return (wf_tile_pitch(row, WF_STRIP_WIDTH) + half - 1) / banks * banks + half;
}

struct wf_strip_args {
    wf_tile_args tile; /* rows: those that a step needs */
    wf_view input, weight;
    int team_channels; /* of a thread */
    int teams;         /* threads that share pixels, each with channels of its own */
    int pair;          /* 2 where two teams are neighbours in a warp, else 1 */
    int height;        /* rows of a step, an even number */
    int ring_rows, row_elements;
    int stages_ahead;                            /* of a step, that are filled before the next step's rows come */
    int box_width, tap_elements, stage_elements; /* of the weights in shared memory */
    unsigned strips;                             /* of all images and passes */
    int strip_steps;                             /* of a strip */
    int bands, steps;                            /* bands of strips that are blocks' of their own, and their steps */
};

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

/* What a block computes: steps of strips, one strip after another, of those in a band or below all bands. */
struct wf_strip_share {
    int first, steps; /* of a strip */
    unsigned at, end; /* of these steps of all strips */
};

static __device__ __forceinline__ wf_strip_share wf_strip_own_share(const wf_strip_args &args)
{
    const unsigned banded = args.bands * args.strips, band = min(blockIdx.x / args.strips, (unsigned)args.bands);
    const bool shares = blockIdx.x >= banded;
    wf_strip_share share;
    share.first = (int)band * args.steps;
    share.steps = max(args.strip_steps - share.first, 0);
    share.steps = shares ? share.steps : min(share.steps, args.steps);
    const unsigned block = shares ? blockIdx.x - banded : blockIdx.x % args.strips;
    const unsigned blocks = shares ? gridDim.x - banded : args.strips;
    const uint64_t all = (uint64_t)args.strips * share.steps;
    share.at = (unsigned)(all * block / blocks), share.end = (unsigned)(all * (block + 1) / blocks);
    return share;
}

/* The next segment, steps of one strip: its first step, and how many there are. */
static __device__ __forceinline__ wf_block wf_strip_next(const wf_strip_args &args, wf_strip_share &share, int *steps)
{
    const unsigned strip = share.at / share.steps, step = share.at % share.steps;
    wf_block block = wf_block_at(args.tile.grid, strip, WF_STRIP_WIDTH, 0);
    block.y = (share.first + (int)step) * args.height;
    *steps = min(share.steps - (int)step, (int)(share.end - share.at));
    share.at += *steps;
    return block;
}

/* Has a stage of kernel row i filled, tap by tap; of splat's taps in one box the one
   with the last source comes first. */
template <wf_operator OP, wf_mode MODE, typename Weight>
static __device__ __forceinline__ void wf_strip_produce_stage(const wf_strip_maps &maps, const wf_strip_args &args,
                                                              const wf_tile_row &row, const wf_block &block, int i,
                                                              int stage, Weight *to, uint64_t *full)
{
    const wf_tile_args &tile = args.tile;
    const CUtensorMap *map = &maps.weight[wf_strip_map(row, stage)];
    const int begin = wf_strip_stage_begin(row, stage), end = wf_strip_stage_end(row, stage);
    const int box = args.box_width * args.height * (int)sizeof(Weight);
    if (!wf_strip_joins(OP, MODE, row))
        return wf_produce_stage<OP>(maps.weight, tile, row, block, i, stage, to, box, args.tap_elements, full);
    const int tap = i * tile.kernel_width - row.lead, last_tap = tile.kernel_height * tile.kernel_width - 1;
    wf_barrier_expect(full, (end - begin) * box);
    if constexpr (OP == WF_GATHER)
        wf_tma_load(to, map, block.x, block.y, tap + begin, block.n, full);
    else
        wf_tma_load(to, map, block.x - row.halo + wf_strip_stage_column(row, stage, sizeof(Weight)),
                    block.y - wf_tile_reach(OP, tile.kernel_height) + i, last_tap - (tap + end - 1), block.n, full);
}

/* The producer. A step's rows come as soon as their place in the ring is free: when all threads have begun a kernel row
 * of the step before, or when they have ended it; either shows in a stage that they have left. */
template <wf_operator OP, wf_mode MODE, typename Image, typename Weight>
static __device__ __forceinline__ void wf_strip_produce(const wf_strip_maps &maps, const wf_strip_args &args,
                                                        wf_barriers *barriers, Image *input, Weight *weights)
{
    const wf_tile_args &tile = args.tile;
    const wf_tile_row row = wf_make_tile_row(OP, tile.kernel_width);
    const int channels = args.teams * args.team_channels;
    const int step_stages = tile.kernel_height * row.stages;
    wf_ring ring = {}, last = {};
    int slot = 0;
    wf_strip_share share = wf_strip_own_share(args);
    for (bool first = true; share.at < share.end; first = false) {
        int steps;
        wf_block block = wf_strip_next(args, share, &steps);
        int y = block.y - wf_tile_reach(OP, tile.kernel_height);
        const auto load = [&](int rows) {
            wf_barrier_expect(&barriers->input, rows * channels * tile.pitch * (unsigned)sizeof(Image));
            for (; rows > 0; rows--, y++) {
                wf_tma_load(input + slot * args.row_elements, &maps.input, block.x - row.halo, y, block.pass * channels,
                            block.n, &barriers->input);
                slot = slot + 1 < args.ring_rows ? slot + 1 : 0;
            }
        };
        if (!first)
            wf_barrier_wait(&barriers->empty[last.stage], last.turn);
        load(tile.rows);
        int loaded = 1, stages_to_load = args.stages_ahead;
        for (int step = 0; step < steps; step++, block.y += args.height) {
            for (int i = 0; i < tile.kernel_height; i++) {
                for (int stage = 0; stage < row.stages; stage++) {
                    if (ring.turn > 0)
                        wf_barrier_wait(&barriers->empty[ring.stage], ring.turn - 1);
                    if (stages_to_load-- == 0) {
                        if (loaded++ < steps)
                            load(args.height);
                        stages_to_load = step_stages - 1;
                    }
                    wf_strip_produce_stage<OP, MODE>(maps, args, row, block, i, stage,
                                                     weights + ring.stage * args.stage_elements,
                                                     &barriers->full[ring.stage]);
                    last = ring;
                    wf_ring_advance(ring, tile.stages);
                }
            }
        }
    }
}

/* ---- Kernel rows ------------------------------------------------------------------------------------------------- */

/* Rows of 11 taps have their sources in columns from the last of one quad to the first of another: these two columns
 * are shuffled from the neighbours, which read the whole quads, and what a row begins with is read while the row before
 * it ends. (So it could be for 3 taps, for which it is slower.) */
static constexpr __host__ __device__ bool wf_strip_shuffles(wf_mode mode, int width)
{
    return mode != WF_SOFTMAX && width == 11;
}

/* Where in its row a thread's pixels are. */
struct wf_strip_lane {
    int neighbour; /* lanes to the next four pixels */
    bool first, last;
};

static __device__ __forceinline__ wf_strip_lane wf_make_strip_lane(const wf_strip_args &args)
{
    const int quads = WF_STRIP_WIDTH / WF_TILE_GROUP, quad = threadIdx.x / args.pair % quads;
    return {args.pair, quad == 0, quad == quads - 1};
}

/* Reads the quad that a row begins with, or the second, where a column of the first is
   shuffled. input: at the first. */
template <bool SHUFFLES, typename Image, int CHANNELS>
static __device__ __forceinline__ void wf_strip_begin_row(float (&sources)[CHANNELS][2 * WF_TILE_GROUP],
                                                          const Image *input, int plane)
{
    const int at = SHUFFLES ? WF_TILE_GROUP : 0;
#pragma unroll
    for (int c = 0; c < CHANNELS; c++)
        wf_load4(input + c * plane + at, sources[c] + at);
}

template <typename Image, int CHANNELS>
static __device__ __forceinline__ void wf_strip_shuffle_first(float (&sources)[CHANNELS][2 * WF_TILE_GROUP],
                                                              const Image *input, int plane, const wf_strip_lane &lane)
{
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
        sources[c][3] = __shfl_up_sync(~0u, sources[c][7], lane.neighbour);
        if (lane.first)
            sources[c][3] = wf_to_float(input[c * plane + 3]);
    }
}

/* input: at the quad of the last column. */
template <typename Image, int CHANNELS>
static __device__ __forceinline__ void wf_strip_shuffle_last(float (&sources)[CHANNELS][2 * WF_TILE_GROUP],
                                                             const Image *input, int plane, const wf_strip_lane &lane)
{
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
        sources[c][4] = __shfl_down_sync(~0u, sources[c][0], lane.neighbour);
        if (lane.last)
            sources[c][4] = wf_to_float(input[c * plane]);
    }
}

/* Adds a kernel row to four pixels, as wf_tile_add_row does. input, next_input: at the first quad of the row and of the
 * next one. sources: where columns are shuffled, what the row begins with, and then what the next one does. */
template <wf_operator OP, wf_mode MODE, int KERNEL_WIDTH, typename Image, typename Weight, int CHANNELS>
static __device__ __forceinline__ void
wf_strip_add_row(wf_sums<MODE, CHANNELS, WF_TILE_GROUP> &sums, float (&sources)[CHANNELS][2 * WF_TILE_GROUP],
                 const wf_strip_args &args, const wf_tile_row &row, const wf_strip_lane &lane, wf_barriers *barriers,
                 wf_ring &ring, const Image *input, const Image *next_input, int plane, const Weight *weights,
                 bool bordering, int column, unsigned columns)
{
    constexpr int UNROLL = KERNEL_WIDTH > 0 ? KERNEL_WIDTH : 1;
    constexpr bool SHUFFLES = wf_strip_shuffles(MODE, KERNEL_WIDTH);
    const bool backward = OP == WF_SPLAT && wf_strip_joins(OP, MODE, row);
    const int step = backward ? -args.tap_elements : args.tap_elements;
    float next[CHANNELS][2 * WF_TILE_GROUP], none[2 * WF_TILE_GROUP];
    if (!SHUFFLES)
        wf_strip_begin_row<SHUFFLES>(sources, input, plane);
#pragma unroll UNROLL
    for (int stage = 0; stage < row.stages; stage++) {
        const Weight *from = weights + ring.stage * args.stage_elements;
        if (backward) {
            const int taps = wf_strip_stage_end(row, stage) - wf_strip_stage_begin(row, stage);
            from += (taps - 1) * args.tap_elements - wf_strip_stage_column(row, stage, sizeof(Weight));
        }
        if (!SHUFFLES || stage == 0)
            wf_barrier_wait(&barriers->full[ring.stage], ring.turn);
#pragma unroll UNROLL
        for (int g = 0; g < WF_TILE_STAGE_GROUPS + 1; g++) {
            const int group = wf_stage_begin(stage) + g;
            if (group >= wf_stage_end(row, stage))
                break;
            const int s = row.base + group * WF_TILE_GROUP;
            const int begin = wf_group_begin(row, group) - s, end = wf_group_end(row, group) - s;
            const Image *quad = input + (group + 1) * WF_TILE_GROUP;
            if (SHUFFLES && group == row.groups - 1)
                wf_strip_shuffle_last(sources, quad, plane, lane);
            else if (end > 1 && !(SHUFFLES && group == 0)) {
#pragma unroll
                for (int c = 0; c < CHANNELS; c++)
                    wf_load4(quad + c * plane, sources[c] + WF_TILE_GROUP);
            }
            if (SHUFFLES && stage > 0 && g == 0)
                wf_barrier_wait(&barriers->full[ring.stage], ring.turn);
            if (SHUFFLES && group == row.groups - 1)
                wf_strip_begin_row<SHUFFLES>(next, next_input, plane);
            wf_tile_add_group<OP, MODE, CHANNELS>(sums, sources, none,
                                                  from + (backward         ? s
                                                          : OP == WF_SPLAT ? s % WF_TMA_COLUMNS
                                                                           : 0),
                                                  step, begin, end, bordering, column + s, columns);
            from += (end - begin) * step;
#pragma unroll
            for (int c = 0; c < CHANNELS; c++) {
#pragma unroll
                for (int p = 0; p < WF_TILE_GROUP; p++)
                    sources[c][p] = sources[c][WF_TILE_GROUP + p];
            }
        }
        if (SHUFFLES && stage == row.stages - 1)
            wf_strip_shuffle_first(next, next_input, plane, lane);
        __syncwarp();
        if (threadIdx.x % 32 == 0)
            cuda::ptx::mbarrier_arrive(&barriers->empty[ring.stage]);
        wf_ring_advance(ring, args.tile.stages);
    }
    if (SHUFFLES) {
#pragma unroll
        for (int c = 0; c < CHANNELS; c++) {
#pragma unroll
            for (int p = 0; p < 2 * WF_TILE_GROUP; p++)
                sources[c][p] = next[c][p];
        }
    }
}

/* ---- Steps ------------------------------------------------------------------------------------------------------- */

/* Stores the sums of every so many channels. */
template <typename Image, wf_mode MODE, int CHANNELS>
static __device__ __forceinline__ void wf_strip_store(const wf_tile_args &args, int n, int channel, int step, int y,
                                                      int x, wf_sums<MODE, CHANNELS, WF_TILE_GROUP> &sums)
{
    wf_tile_args finished = args; /* divides once for all channels */
    finished.normalizes = 0;
    if (args.normalizes)
        wf_sums_finish(sums);
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
        wf_sums<MODE, 1, WF_TILE_GROUP> own;
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++) {
            own.color[0][p] = sums.color[c][p];
            own.weight[p] = sums.weight[p], own.origin[p] = sums.origin[p];
        }
        wf_tile_store<Image>(finished, n, channel + c * step, y, x, own);
    }
}

template <wf_mode MODE, int CHANNELS>
static __device__ __forceinline__ bool wf_strip_finite(const wf_sums<MODE, CHANNELS, WF_TILE_GROUP> &sums)
{
    float zero = 0;
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
#pragma unroll
        for (int p = 0; p < WF_TILE_GROUP; p++)
            zero += sums.color[c][p] * 0;
    }
    return zero == 0;
}

/* Gathers a thread's pixels once more, from memory and without taps outside the image: theirs are zeros in shared
 * memory, and 0 times a weight that is not finite is not 0. */
template <typename Image, typename Weight>
static __device__ __noinline__ void wf_strip_gather_again(const wf_strip_args &args, int n, int channel, int step,
                                                          int y, int x)
{
    const wf_tile_args &tile = args.tile;
    const int top = y - wf_tile_reach(WF_GATHER, tile.kernel_height);
    for (int c = 0; c < args.team_channels && channel < tile.channels && y < tile.height; c++, channel += step) {
        for (int pixel = x; pixel < min(x + WF_TILE_GROUP, tile.width); pixel++) {
            const int left = pixel - wf_tile_reach(WF_GATHER, tile.kernel_width);
            float sum = tile.bias ? tile.bias[channel] : 0.0f;
            for (int v = max(top, 0); v < min(top + tile.kernel_height, tile.height); v++) {
                const Image *input = wf_at<Image>(args.input, n, channel, v);
                for (int u = max(left, 0); u < min(left + tile.kernel_width, tile.width); u++) {
                    const int tap = (v - top) * tile.kernel_width + u - left;
                    sum += wf_to_float(*wf_at<Weight>(args.weight, n, tap, y, pixel)) *
                           wf_to_float(input[u * args.input.column]);
                }
            }
            wf_set(wf_at<Image>(tile.output, n, channel, y) + pixel, sum);
        }
    }
}

/* The consumers: neighbouring pixels of a row at every step. What paired teams read of the weights is the same, and one
 * read of a warp; their sources are in different banks of shared memory: a thread's channels follow each other where
 * its neighbour's are an odd number of planes apart then, else the two take channels in turn. */
template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int KERNEL_WIDTH, int CHANNELS>
static __device__ __forceinline__ void wf_strip_consume(const wf_strip_args &args, wf_barriers *barriers,
                                                        const Image *input, const Weight *weights)
{
    constexpr bool FOLLOW = CHANNELS % 2 == 1, CORRECTS = OP == WF_GATHER && MODE == WF_LINEAR;
    constexpr bool SHUFFLES = wf_strip_shuffles(MODE, KERNEL_WIDTH);
    const wf_tile_args &tile = args.tile;
    const wf_tile_row row = wf_make_tile_row(OP, KERNEL_WIDTH > 0 ? KERNEL_WIDTH : tile.kernel_width);
    const wf_strip_lane lane = wf_make_strip_lane(args);
    const int place = threadIdx.x / args.pair, across = WF_STRIP_WIDTH / WF_TILE_GROUP;
    const int x = place % across * WF_TILE_GROUP, y = place / across % args.height;
    const int channel =
        place / (across * args.height) * args.pair * CHANNELS + (int)threadIdx.x % args.pair * (FOLLOW ? CHANNELS : 1);
    const int apart = FOLLOW ? 1 : args.pair, pitch = wf_strip_pitch(row, sizeof(Image)), plane = apart * pitch;
    input += channel * pitch + x + row.base;
    weights += y * args.box_width + x;
    wf_ring ring = {};
    unsigned loads = 0;
    int first_slot = 0;
    wf_strip_share share = wf_strip_own_share(args);
    while (share.at < share.end) {
        int steps;
        wf_block block = wf_strip_next(args, share, &steps);
        for (int step = 0; step < steps; step++, block.y += args.height) {
            const bool borders =
                (OP == WF_GATHER || MODE == WF_SOFTMAX) && wf_tile_borders<OP>(tile, block, WF_STRIP_WIDTH);
            int slot = first_slot + y < args.ring_rows ? first_slot + y : first_slot + y - args.ring_rows;
            wf_sums<MODE, CHANNELS, WF_TILE_GROUP> sums;
            wf_sums_start(sums);
            float sources[CHANNELS][2 * WF_TILE_GROUP];
            wf_barrier_wait(&barriers->input, loads++);
            if (SHUFFLES) {
                wf_strip_begin_row<SHUFFLES>(sources, input + slot * args.row_elements, plane);
                wf_strip_shuffle_first(sources, input + slot * args.row_elements, plane, lane);
            }
            for (int i = 0; i < tile.kernel_height; i++) {
                const int source_y = block.y + y - wf_tile_reach(OP, tile.kernel_height) + i;
                const unsigned columns = (unsigned)source_y < (unsigned)tile.height ? tile.width : 0;
                const int next_slot = slot + 1 < args.ring_rows ? slot + 1 : 0;
                wf_strip_add_row<OP, MODE, KERNEL_WIDTH>(sums, sources, args, row, lane, barriers, ring,
                                                         input + slot * args.row_elements,
                                                         input + next_slot * args.row_elements, plane, weights,
                                                         !CORRECTS && borders, block.x + x - row.halo, columns);
                slot = next_slot;
            }
            const int first = block.pass * args.teams * CHANNELS + channel;
            const bool wrong = CORRECTS && borders && !wf_strip_finite(sums);
            wf_strip_store<Image>(tile, block.n, first, apart, block.y + y, block.x + x, sums);
            if (CORRECTS && __any_sync(~0u, wrong))
                wf_strip_gather_again<Image, Weight>(args, block.n, first, apart, block.y + y, block.x + x);
            first_slot += args.height;
            first_slot = first_slot < args.ring_rows ? first_slot : first_slot - args.ring_rows;
        }
        first_slot += tile.rows - args.height;
        first_slot = first_slot < args.ring_rows ? first_slot : first_slot - args.ring_rows;
    }
}

#endif

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int KERNEL_WIDTH, int CHANNELS>
static __global__ void __launch_bounds__(WF_STRIP_MAX_THREADS)
    wf_filter_strips(const __grid_constant__ wf_strip_maps maps, const __grid_constant__ wf_strip_args args)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    extern __shared__ __align__(128) unsigned char shared[];
    auto *barriers = (wf_barriers *)shared;
    auto *input = (Image *)(shared + WF_TMA_HEADER);
    auto *weights = (Weight *)(input + args.ring_rows * args.row_elements);
    const int consumers = blockDim.x - 32;
    wf_barriers_init(barriers, args.tile.stages, consumers);
    const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
    if (warp < consumers / 32)
        wf_strip_consume<OP, MODE, Image, Weight, KERNEL_WIDTH, CHANNELS>(args, barriers, input, weights);
    else if (wf_elect_one())
        wf_strip_produce<OP, MODE>(maps, args, barriers, input, weights);
#endif
}

/* Linear calls of other types are left to WF_NORMALIZED's kernels, as on tiles. */
static constexpr bool wf_strip_has_linear(int types)
{
    return types == WF_TYPES(WF_FLOAT32, WF_FLOAT32) || types == WF_TYPES(WF_FLOAT32, WF_FLOAT16);
}

/* Kernels whose rows unroll: each costs its compilation. */
static constexpr bool wf_strip_unrolls(wf_mode mode, int types, int width)
{
    return mode != WF_SOFTMAX && wf_is_common_width(width) && wf_has_own_width(mode, types, width) &&
           (mode != WF_LINEAR || wf_strip_has_linear(types));
}

static constexpr bool wf_has_filter_strips(wf_mode mode, int types, int channels, int width)
{
    return (mode != WF_LINEAR || wf_strip_has_linear(types)) && (channels < WF_STRIP_MOST_CHANNELS || width > 0);
}

/* visit(channels of a thread, width), as constants, for what a call's kernels may be. */
template <wf_mode MODE, int TYPES, typename Visit>
static inline const void *wf_switch_strips(int team_channels, int kernel_width, const Visit &visit)
{
    return wf_switch<WF_STRIP_FEW_CHANNELS, WF_STRIP_MORE_CHANNELS, WF_STRIP_MOST_CHANNELS>(
        team_channels, [=](auto channels) {
            return wf_switch<WF_OWN_WIDTHS, 0>(kernel_width, [=](auto width) {
                constexpr int WIDTH = wf_strip_unrolls(MODE, TYPES, width) ? (int)width : 0;
                return visit(channels, std::integral_constant<int, WIDTH>());
            });
        });
}

#define WF_STRIP_SHAPE(channels, width) ((channels)*100 + (width))

/* Those that a node's first picture may wait for have a file for each shape, as on tiles. */
static constexpr bool wf_strips_by_shape(wf_mode mode, int types)
{
    return (mode == WF_LINEAR && wf_strip_has_linear(types)) ||
           (mode == WF_NORMALIZED && types == WF_TYPES(WF_FLOAT32, WF_FLOAT16));
}

/* A call's kernel, among those of these shapes; of all, where none are given. */
template <wf_mode MODE, int TYPES, int... SHAPES>
const void *wf_filter_strips_of(const wf_filter_call *call, int team_channels);

#endif
