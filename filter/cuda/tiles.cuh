/* tiles.cuh -- the filter on tiles that the tensor copy engine streams through shared memory. Private; sm_90 and later.
 *
 * A block computes one tile of pixels. One thread has the engine copy the tile of the input with its margin and then,
 * a few stages ahead of the threads that compute, one box of weights after another. A box may start at any element and
 * is filled with zeros where it leaves the image; so for splat, which reads its weights where they come from, the boxes
 * are shifted and everything else is what gather does with the kernel mirrored. */
#ifndef WF_CUDA_TILES_CUH
#define WF_CUDA_TILES_CUH

#include <cuda/ptx>

#include "common.cuh"
#include "sums.cuh"
#include "taps.h"

#define WF_TILE_PIXELS     4 /* of a row, that a thread computes */
#define WF_TILE_MAX_STAGES 8
#define WF_TILE_RESERVED   1024 /* bytes of shared memory that CUDA takes for every block */

/* The order of the taps of a tile: ascending source rows and columns. */
struct wf_tile_args {
    wf_grid grid;
    wf_view output;
    const float *bias;
    int width, height, channels;
    int kernel_height, kernel_width;
    int above, left; /* pixels from a destination to its first source row and column */
    int pitch, rows; /* of the input tile */
    int stage_taps;  /* taps of one kernel row that a stage holds */
    int stages;
    int output_aligned; /* four pixels can be stored at once */
};

template <int WIDTH, int HEIGHT> struct wf_tile_threads {
    static constexpr int computing = WIDTH * HEIGHT / WF_TILE_PIXELS;
    static constexpr int all = computing + 32;
};

struct wf_tile_barriers {
    uint64_t input, full[WF_TILE_MAX_STAGES], empty[WF_TILE_MAX_STAGES];
};

/* The part of a tile's shared memory before the input tile; copies need 128-byte alignment. */
#define WF_TILE_HEADER 256

static_assert(sizeof(wf_tile_barriers) <= WF_TILE_HEADER, "");

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

static __device__ __forceinline__ void wf_tile_wait(uint64_t *barrier, unsigned phase)
{
    while (!cuda::ptx::mbarrier_try_wait_parity(barrier, phase & 1))
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

/* The copying thread: keeps the stages filled. */
template <wf_operator OP, typename Image, typename Weight, int CHANNELS, int WIDTH, int HEIGHT>
static __device__ __forceinline__ void wf_tile_fill(const CUtensorMap *input_map, const CUtensorMap *weight_map,
                                                    const wf_tile_args &args, const wf_block &block,
                                                    wf_tile_barriers *barriers, Image *input, Weight *weights)
{
    wf_tile_expect(&barriers->input, CHANNELS * args.rows * args.pitch * (unsigned)sizeof(Image));
    wf_tile_copy(input, input_map, block.x - args.left, block.y - args.above, block.pass * CHANNELS, block.n,
                 &barriers->input);
    int stage = 0;
    unsigned turn = 0;
    for (int i = 0; i < args.kernel_height; i++) {
        for (int first = 0; first < args.kernel_width; first += args.stage_taps) {
            int taps = min(args.stage_taps, args.kernel_width - first);
            if (turn > 0)
                wf_tile_wait(&barriers->empty[stage], turn - 1);
            wf_tile_expect(&barriers->full[stage], taps * WIDTH * HEIGHT * (unsigned)sizeof(Weight));
            for (int j = first; j < first + taps; j++) {
                Weight *to = weights + (stage * args.stage_taps + j - first) * WIDTH * HEIGHT;
                int tap = i * args.kernel_width + j;
                if constexpr (OP == WF_GATHER)
                    wf_tile_copy(to, weight_map, block.x, block.y, tap, block.n, &barriers->full[stage]);
                else
                    wf_tile_copy(to, weight_map, block.x - args.left + j, block.y - args.above + i,
                                 args.kernel_height * args.kernel_width - 1 - tap, block.n, &barriers->full[stage]);
            }
            if (++stage == args.stages)
                stage = 0, turn++;
        }
    }
}

/* Adds TAPS neighbouring taps of one kernel row. input: the thread's first source pixel, channels apart by `plane`.
 * column: where that lies in the image; sources at columns outside 0 <= column < columns do not count. */
template <wf_operator OP, wf_mode MODE, int CHANNELS, int TAPS, int TILE, typename Image, typename Weight>
static __device__ __forceinline__ void wf_tile_add(wf_sums<MODE, CHANNELS, WF_TILE_PIXELS> &sums, const Image *input,
                                                   int plane, const Weight *weights, int column, unsigned columns)
{
    float factor[TAPS][WF_TILE_PIXELS];
#pragma unroll
    for (int t = 0; t < TAPS; t++) {
        wf_load4(weights + t * TILE, factor[t]);
        if constexpr (OP == WF_GATHER || MODE == WF_SOFTMAX) { /* else the copy has put zeros there */
#pragma unroll
            for (int p = 0; p < WF_TILE_PIXELS; p++)
                factor[t][p] = (unsigned)(column + t + p) < columns ? factor[t][p] : wf_no_weight<MODE>();
        }
    }
    wf_sums_add_weights(sums, factor);
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
        float source[2 * WF_TILE_PIXELS];
        wf_load4(input + c * plane, source);
        if constexpr (TAPS > 1)
            wf_load4(input + c * plane + WF_TILE_PIXELS, source + WF_TILE_PIXELS);
#pragma unroll
        for (int t = 0; t < TAPS; t++) {
#pragma unroll
            for (int p = 0; p < WF_TILE_PIXELS; p++)
                sums.color[c][p] += factor[t][p] * source[t + p];
        }
    }
}

template <wf_mode MODE, typename Image, int CHANNELS>
static __device__ __forceinline__ void wf_tile_store(const wf_tile_args &args, const wf_block &block, int x, int y,
                                                     wf_sums<MODE, CHANNELS, WF_TILE_PIXELS> &sums)
{
    wf_sums_finish(sums);
    int pixels = y < args.height ? args.width - x : 0;
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
        int channel = block.pass * CHANNELS + c;
        if (channel >= args.channels)
            return;
        float bias = args.bias ? args.bias[channel] : 0.0f;
#pragma unroll
        for (int p = 0; p < WF_TILE_PIXELS; p++)
            sums.color[c][p] += bias;
        Image *to = wf_at<Image>(args.output, block.n, channel, y) + x;
        if (args.output_aligned && pixels >= WF_TILE_PIXELS) {
            wf_store4(to, sums.color[c]);
            continue;
        }
#pragma unroll
        for (int p = 0; p < WF_TILE_PIXELS; p++) {
            if (p < pixels)
                wf_set(to + p, sums.color[c][p]);
        }
    }
}

#endif

template <wf_operator OP, wf_mode MODE, typename Image, typename Weight, int CHANNELS, int WIDTH, int HEIGHT>
__global__ void __launch_bounds__(wf_tile_threads<WIDTH, HEIGHT>::all)
    wf_filter_tiles(const __grid_constant__ CUtensorMap input_map, const __grid_constant__ CUtensorMap weight_map,
                    const wf_tile_args args)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    constexpr int COMPUTING = wf_tile_threads<WIDTH, HEIGHT>::computing, TILE = WIDTH * HEIGHT;
    extern __shared__ __align__(128) unsigned char shared[];
    auto *barriers = (wf_tile_barriers *)shared;
    auto *input = (Image *)(shared + WF_TILE_HEADER);
    int input_bytes = CHANNELS * args.rows * args.pitch * (int)sizeof(Image);
    auto *weights = (Weight *)(shared + WF_TILE_HEADER + (input_bytes + 127) / 128 * 128);
    const wf_block block = wf_this_block(args.grid, WIDTH, HEIGHT);

    if (threadIdx.x == COMPUTING) {
        cuda::ptx::mbarrier_init(&barriers->input, 1);
        for (int stage = 0; stage < args.stages; stage++) {
            cuda::ptx::mbarrier_init(&barriers->full[stage], 1);
            cuda::ptx::mbarrier_init(&barriers->empty[stage], COMPUTING / 32);
        }
        cuda::ptx::fence_mbarrier_init(cuda::ptx::sem_release, cuda::ptx::scope_cluster);
    }
    __syncthreads();
    if (threadIdx.x >= COMPUTING) {
        if (threadIdx.x == COMPUTING)
            wf_tile_fill<OP, Image, Weight, CHANNELS, WIDTH, HEIGHT>(&input_map, &weight_map, args, block, barriers,
                                                                     input, weights);
        return;
    }

    int tx = threadIdx.x % (WIDTH / WF_TILE_PIXELS) * WF_TILE_PIXELS, ty = threadIdx.x / (WIDTH / WF_TILE_PIXELS);
    int plane = args.rows * args.pitch;
    wf_sums<MODE, CHANNELS, WF_TILE_PIXELS> sums;
    wf_sums_start(sums);
    wf_tile_wait(&barriers->input, 0);
    int stage = 0;
    unsigned turn = 0;
    for (int i = 0; i < args.kernel_height; i++) {
        int row = block.y + ty - args.above + i;
        unsigned columns = (unsigned)row < (unsigned)args.height ? args.width : 0;
        for (int first = 0; first < args.kernel_width; first += args.stage_taps) {
            int taps = min(args.stage_taps, args.kernel_width - first);
            int column = block.x + tx - args.left + first;
            const Weight *w = weights + stage * args.stage_taps * TILE + ty * WIDTH + tx;
            const Image *source = input + (ty + i) * args.pitch + tx + first;
            wf_tile_wait(&barriers->full[stage], turn);
            for (; taps >= 4; taps -= 4, w += 4 * TILE, source += 4, column += 4)
                wf_tile_add<OP, MODE, CHANNELS, 4, TILE>(sums, source, plane, w, column, columns);
            if (taps == 3)
                wf_tile_add<OP, MODE, CHANNELS, 3, TILE>(sums, source, plane, w, column, columns);
            if (taps == 2)
                wf_tile_add<OP, MODE, CHANNELS, 2, TILE>(sums, source, plane, w, column, columns);
            if (taps == 1)
                wf_tile_add<OP, MODE, CHANNELS, 1, TILE>(sums, source, plane, w, column, columns);
            __syncwarp();
            if (threadIdx.x % 32 == 0)
                cuda::ptx::mbarrier_arrive(&barriers->empty[stage]);
            if (++stage == args.stages)
                stage = 0, turn++;
        }
    }
    wf_tile_store<MODE, Image, CHANNELS>(args, block, block.x + tx, block.y + ty, sums);
#endif
}

#endif
