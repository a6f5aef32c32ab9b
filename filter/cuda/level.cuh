/* level.cuh -- a level of the pyramid in one kernel: heads, softmax, gather, splat, and what the coarser level adds
 * (level_of.cuh); what the albedo's filter has of it, too (albedo_of.cuh). Private.
 *
 * A block has a tile of pixels and its border of K/2. Its logits come from tensor cores, 8 pixels at a time, and lie in
 * shared memory as float16, a plane a tap, at the pixel that they are of. There a thread finds those of two
 * neighbouring pixels side by side, or for splat, whose border's pixels have logits, too, those that land on two
 * neighbouring ones. Both operators read the same light. */
#ifndef WF_CUDA_LEVEL_CUH
#define WF_CUDA_LEVEL_CUH

#include "blend.cuh"
#include "head.cuh"
#include "light.cuh"

#define WF_LEVEL_WIDTH   WF_BLEND_WIDTH
#define WF_LEVEL_THREADS 256
#define WF_LEVEL_WARPS   (WF_LEVEL_THREADS / 32)
#define WF_LARGEST_SUM   1.0e18f /* of a kernel's weights whose logits were not shifted */
#define WF_LARGEST_LOGIT 65504.0f

/* Logits of so many pixels: planes are 8 modulo 64, so that the lanes of a fragment, 8 pixels in each of 8
 * planes, write to banks of their own. */
static constexpr int wf_logit_plane(int pixels)
{
    return (pixels + 55) / 64 * 64 + 8;
}

/* Of a K x K kernel, K odd, in tiles of so many rows, at most two for each of the block's warps. CHUNKS that a thread
 * reads at once, 0 for heads of one chunk: these leave registers for more blocks of a multiprocessor. */
template <int K_, int HEIGHT_, int CHUNKS_> struct wf_level {
    static constexpr int K = K_, HEIGHT = HEIGHT_, CHUNKS = CHUNKS_, BLOCKS = CHUNKS ? 2 : 3,
                         ALBEDO_BLOCKS = CHUNKS ? 2 : 4;
    static constexpr bool LOGITS_FIRST = HEIGHT < 16; /* where latency is what takes time */
    static constexpr int BORDER = K / 2, TAPS = K * K;
    static constexpr int PITCH = WF_LEVEL_WIDTH + 2 * BORDER, REGION = PITCH * (HEIGHT + 2 * BORDER);
};

/* Where logits lie: gather's of the tile's pixels, and the alphas' after them; or, LANDS, splat's of the region's
 * pixels. Each row of a splat kernel's taps lands on the tile from as many rows as that has, not the same for each:
 * they lie as the rows that they land on. */
template <typename Level, bool LANDS> struct wf_logit_area {
    static constexpr int BORDER = LANDS ? Level::BORDER : 0, ROWS = Level::HEIGHT + 2 * BORDER;
    static constexpr int PITCH = (WF_LEVEL_WIDTH + 2 * BORDER + 7) / 8 * 8, PARTS = PITCH / 8;
    static constexpr int PLANE = wf_logit_plane(PITCH * Level::HEIGHT), PLANES = Level::TAPS + (LANDS ? 0 : 2);
    static constexpr int TILES = (PLANES + WF_HEAD_ROWS - 1) / WF_HEAD_ROWS;
};

/* Of a block: light and then logits, gather's first. */
template <typename Level, bool SPLAT> static constexpr int wf_level_bytes()
{
    constexpr int gather = wf_logit_area<Level, false>::PLANE * wf_logit_area<Level, false>::PLANES;
    constexpr int splat = wf_logit_area<Level, true>::PLANE * wf_logit_area<Level, true>::PLANES;
    return 3 * Level::REGION * (int)sizeof(float) + (gather + (SPLAT ? splat : 0)) * (int)sizeof(__half);
}

/* The light of the tile and its border, 0 outside the image, in three planes; `read` gives a pixel's as it is,
 * `read_at` the same by its index where rows are dense, `finish` its light. All of a thread's pixels are read before
 * the first one is used. y0, x0: the tile's first pixel. */
template <typename Level, typename Raw, typename Read, typename ReadAt, typename Finish>
static __device__ __forceinline__ void wf_fill_light(float *light, int y0, int x0, int height, int width, bool is_dense,
                                                     Read read, ReadAt read_at, Finish finish)
{
    constexpr int PIXELS = (Level::REGION + WF_LEVEL_THREADS - 1) / WF_LEVEL_THREADS;
    Raw raw[PIXELS];
    bool inside[PIXELS];
    const auto read_all = [&](auto read_pixel) {
#pragma unroll
        for (int p = 0; p < PIXELS; p++) {
            const unsigned i = threadIdx.x + p * WF_LEVEL_THREADS;
            const int y = y0 - Level::BORDER + (int)(i / Level::PITCH),
                      x = x0 - Level::BORDER + (int)(i % Level::PITCH);
            inside[p] = (unsigned)y < (unsigned)height && (unsigned)x < (unsigned)width;
            raw[p] = read_pixel(min(max(y, 0), height - 1), min(max(x, 0), width - 1));
        }
    };
    if (is_dense)
        read_all([&](int y, int x) { return read_at(y * width + x); });
    else
        read_all(read);
#pragma unroll
    for (int p = 0; p < PIXELS; p++) {
        const int i = threadIdx.x + p * WF_LEVEL_THREADS;
        const float3 rgb = finish(raw[p]);
        if (i < Level::REGION) {
            light[i] = inside[p] ? rgb.x : 0;
            light[i + Level::REGION] = inside[p] ? rgb.y : 0;
            light[i + 2 * Level::REGION] = inside[p] ? rgb.z : 0;
        }
    }
}

/* Whether the tile's taps stay in the image. */
template <typename Level> static __device__ __forceinline__ bool wf_is_inner(int y0, int x0, int height, int width)
{
    return y0 >= Level::BORDER && x0 >= Level::BORDER && y0 + Level::HEIGHT + Level::BORDER <= height &&
           x0 + WF_LEVEL_WIDTH + Level::BORDER <= width;
}

/* A row of an area's pixels, ahead of their logits: a lane reads pixel g of each part's eight. */
template <typename Level, bool LANDS> struct wf_area_row {
    static constexpr int PARTS = wf_logit_area<Level, LANDS>::PARTS;
    int columns[PARTS]; /* of the image */
    int pixels[PARTS];
    uint2 inputs[PARTS]; /* of the first chunk */
};

/* What a warp reads ahead of an area's logits: its first row, and the head's first chunk. */
template <typename Level, bool LANDS> struct wf_area_start {
    static constexpr int TILES = wf_logit_area<Level, LANDS>::TILES;
    static constexpr int AT_ONCE = Level::CHUNKS ? TILES : 1; /* tiles, that pixels of further chunks are read once */
    wf_area_row<Level, LANDS> row;
    wf_head_tiles<AT_ONCE> first_chunk[TILES / AT_ONCE];
};

template <typename Level, bool LANDS>
static __device__ __forceinline__ void wf_read_row(wf_area_row<Level, LANDS> &to, const uint2 *inputs, int y,
                                                   int height, int width)
{
    const int first = min(max(y - wf_logit_area<Level, LANDS>::BORDER, 0), height - 1) * width;
#pragma unroll
    for (int p = 0; p < to.PARTS; p++) {
        to.pixels[p] = first + to.columns[p];
        to.inputs[p] = wf_load_pixel(inputs, to.pixels[p]);
    }
}

template <typename Level, bool LANDS>
static __device__ __forceinline__ wf_area_start<Level, LANDS> wf_start_area(const wf_logits &part, int y0, int x0,
                                                                            int height, int width)
{
    wf_area_start<Level, LANDS> start;
    wf_area_row<Level, LANDS> &row = start.row;
#pragma unroll
    for (int p = 0; p < row.PARTS; p++)
        row.columns[p] =
            min(max(x0 - wf_logit_area<Level, LANDS>::BORDER + 8 * p + (int)(threadIdx.x % 32 / 4), 0), width - 1);
    wf_read_row(row, wf_find_inputs(part, 0), y0 + threadIdx.x / 32, height, width);
#pragma unroll
    for (int i = 0; i < start.TILES / start.AT_ONCE; i++)
        wf_load_head_tiles(part, i * start.AT_ONCE, start.first_chunk[i]);
    return start;
}

/* The logits of an area; planes: how many, its taps' and the alphas' where these are
   wanted. A warp has a row at a time. */
template <typename Level, bool LANDS>
static __device__ __forceinline__ void wf_fill_logits(const wf_logits &part, wf_area_start<Level, LANDS> &start,
                                                      __half *logits, int planes, int y0, int height, int width)
{
    typedef wf_logit_area<Level, LANDS> area;
    constexpr int PARTS = area::PARTS, HALVES = 2 * area::TILES, HALF = (int)sizeof(__half);
    constexpr int AT_ONCE = start.AT_ONCE;
    const unsigned g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    const uint2 *const inputs = wf_find_inputs(part, 0);
    uint32_t to[HALVES];   /* where this lane's tap of each half lies */
    unsigned rows[HALVES]; /* that are kept, a bit of each */
#pragma unroll
    for (int half = 0; half < HALVES; half++) {
        const int tap = 8 * half + g, first = LANDS ? Level::K - 1 - (8 * half + g) / Level::K : 0;
        to[half] = wf_shared_address(logits) + (tap * area::PLANE - first * area::PITCH + 2 * t) * HALF;
        rows[half] = tap < planes ? ((1u << Level::HEIGHT) - 1) << first : 0;
    }
    for (int row = threadIdx.x / 32; row < area::ROWS; row += WF_LEVEL_WARPS) {
        const wf_area_row<Level, LANDS> current = start.row;
        if (row + WF_LEVEL_WARPS < area::ROWS)
            wf_read_row(start.row, inputs, y0 + row + WF_LEVEL_WARPS, height, width);
#pragma unroll
        for (int i = 0; i < area::TILES / AT_ONCE; i++) {
            float sums[AT_ONCE][PARTS][4];
            wf_find_logits<Level::CHUNKS>(part, start.first_chunk[i], current.inputs, current.pixels, i * AT_ONCE,
                                          sums);
#pragma unroll
            for (int j = 0; j < 2 * AT_ONCE; j++) {
                const int half = 2 * AT_ONCE * i + j;
                const bool is_kept = (!LANDS && 8 * half + 8 <= Level::TAPS) || (rows[half] & 1u << row);
#pragma unroll
                for (int p = 0; p < PARTS; p++) {
                    const float *two = sums[j / 2][p] + j % 2 * 2;
                    wf_store_if(is_kept, to[half] + row * area::PITCH * HALF, 8 * p * HALF,
                                wf_bits(__floats2half2_rn(two[0], two[1])));
                }
            }
        }
    }
}

/* Of two neighbouring pixels. */
struct wf_two {
    float3 left, right;
};

static __device__ __forceinline__ float2 wf_read_two(const float *from)
{
    return *(const float2 *)from;
}

/* Logits of a tap of two neighbouring pixels, or of those that land there. `own`: the first tap's. */
template <typename Level, bool LANDS>
static __device__ __forceinline__ float2 wf_read_logits(const __half *own, int i, int j)
{
    const int column = LANDS ? Level::K - 1 - j : 0;
    const __half *from = own + (i * Level::K + j) * wf_logit_area<Level, LANDS>::PLANE + column;
    return column % 2 ? make_float2(__half2float(from[0]), __half2float(from[1]))
                      : __half22float2(*(const __half2 *)from);
}

/* Sums of two neighbouring pixels over taps: of weights, and of the light that they weigh. */
struct wf_sums_of_two {
    float2 weights;
    float3 left, right;
};

static __device__ __forceinline__ void wf_add_tap(wf_sums_of_two &sums, float2 weights, float3 left, float3 right)
{
    sums.weights = make_float2(sums.weights.x + weights.x, sums.weights.y + weights.y);
    sums.left = sums.left + weights.x * left;
    sums.right = sums.right + weights.y * right;
}

static __device__ __forceinline__ wf_two wf_divide(const wf_sums_of_two &sums)
{
    return {wf_reciprocal(sums.weights.x) * sums.left, wf_reciprocal(sums.weights.y) * sums.right};
}

/* The same sums where exponentials of logits as they are would be too large, or too small. */
template <typename Level, bool LANDS>
static __device__ __noinline__ wf_two wf_filter_shifted(const __half *logits, const float *light)
{
    constexpr int K = Level::K, DIRECTION = LANDS ? -1 : 1;
    float2 most = make_float2(-INFINITY, -INFINITY);
    wf_sums_of_two sums = {};
#pragma unroll 1
    for (int tap = 0; tap < 2 * Level::TAPS; tap++) { /* twice */
        const int i = tap % Level::TAPS / K, j = tap % K;
        const __half *from = logits + (i * K + j) * wf_logit_area<Level, LANDS>::PLANE + (LANDS ? K - 1 - j : 0);
        const float *rgb = light + DIRECTION * ((i - Level::BORDER) * Level::PITCH + j - Level::BORDER);
        const float2 at =
            make_float2(fminf(__half2float(from[0]), WF_LARGEST_LOGIT), fminf(__half2float(from[1]), WF_LARGEST_LOGIT));
        if (tap < Level::TAPS)
            most = make_float2(fmaxf(most.x, at.x), fmaxf(most.y, at.y));
        else
            wf_add_tap(sums, make_float2(wf_exp2(at.x - most.x), wf_exp2(at.y - most.y)),
                       make_float3(rgb[0], rgb[Level::REGION], rgb[2 * Level::REGION]),
                       make_float3(rgb[1], rgb[Level::REGION + 1], rgb[2 * Level::REGION + 1]));
    }
    return wf_divide(sums);
}

/* -infinity for those taps of a thread's two pixels that read outside the image, or land there from outside. */
template <typename Level, bool LANDS>
static __device__ __forceinline__ void wf_cut_off(__half *own, int y, int x, int height, int width)
{
    const __half none = __float2half_rn(-INFINITY);
#pragma unroll 1
    for (int tap = 0; tap < Level::TAPS; tap++) {
        const int i = tap / Level::K, j = tap % Level::K, direction = LANDS ? -1 : 1;
        const int at_y = y + direction * (i - Level::BORDER), at_x = x + direction * (j - Level::BORDER);
        __half *two = own + tap * wf_logit_area<Level, LANDS>::PLANE + (LANDS ? Level::K - 1 - j : 0);
        const bool in_row = (unsigned)at_y < (unsigned)height;
        if (!in_row || (unsigned)at_x >= (unsigned)width)
            two[0] = none;
        if (!in_row || (unsigned)(at_x + 1) >= (unsigned)width)
            two[1] = none;
    }
}

template <typename Level, bool LANDS>
static __device__ __forceinline__ wf_two wf_finish_two(const wf_sums_of_two &sums, const __half *logits,
                                                       const float *light)
{
    const float least = fminf(sums.weights.x, sums.weights.y), most = fmaxf(sums.weights.x, sums.weights.y);
    if (!(least > 1 / WF_LARGEST_SUM && most < WF_LARGEST_SUM))
        return wf_filter_shifted<Level, LANDS>(logits, light);
    return wf_divide(sums);
}

/* Softmax of K x K logits at two neighbouring pixels, and the sum of the light that they weigh, of one
 * operator or both. All point to the left pixel; tap (dy,dx) reads the light dy rows and dx columns further
 * on, or of what is splat before. */
template <typename Level, bool GATHER, bool SPLAT>
static __device__ __forceinline__ void wf_filter_two(const __half *gather, const __half *splat, const float *light,
                                                     wf_two &gathered, wf_two &landed)
{
    constexpr int K = Level::K, BORDER = Level::BORDER, READ = (K + 2) / 2; /* pairs of a row */
    wf_sums_of_two gathers = {}, splats = {};
#pragma unroll
    for (int i = 0; i < K; i++) {
        float rgb[3][2 * READ]; /* from BORDER columns left of the left pixel on */
        const float *row = light + (i - BORDER) * Level::PITCH - BORDER;
#pragma unroll
        for (int read = 0; read < 3 * READ; read++) {
            const float2 two = wf_read_two(row + read / READ * Level::REGION + read % READ * 2);
            rgb[read / READ][read % READ * 2] = two.x;
            rgb[read / READ][read % READ * 2 + 1] = two.y;
        }
#pragma unroll
        for (int j = 0; j < K; j++) {
            const float3 left = make_float3(rgb[0][j], rgb[1][j], rgb[2][j]);
            const float3 right = make_float3(rgb[0][j + 1], rgb[1][j + 1], rgb[2][j + 1]);
            if (GATHER) {
                const float2 at = wf_read_logits<Level, false>(gather, i, j);
                wf_add_tap(gathers, make_float2(wf_exp2(at.x), wf_exp2(at.y)), left, right);
            }
            if (SPLAT) {
                const float2 at = wf_read_logits<Level, true>(splat, K - 1 - i, K - 1 - j);
                wf_add_tap(splats, make_float2(wf_exp2(at.x), wf_exp2(at.y)), left, right);
            }
        }
    }
    if (GATHER)
        gathered = wf_finish_two<Level, false>(gathers, gather, light);
    if (SPLAT)
        landed = wf_finish_two<Level, true>(splats, splat, light);
}

/* What the lane with the row below or above has. */
static __device__ __forceinline__ float3 wf_from_other_row(float3 value)
{
    return make_float3(__shfl_xor_sync(0xffffffff, value.x, 16), __shfl_xor_sync(0xffffffff, value.y, 16),
                       __shfl_xor_sync(0xffffffff, value.z, 16));
}

/* Where a thread's two pixels are in the tile: half a warp has a row. */
static __device__ __forceinline__ int2 wf_this_two()
{
    return make_int2(threadIdx.x % 16 * 2, threadIdx.x / 16);
}

struct wf_level_args {
    wf_logits gather, splat;
    wf_light_args light;
    wf_filtered_args output, coarser;
    wf_blend_args blend;
    wf_level_before before;
};

/* The kernel for one operator or both. */
template <typename Level, bool GATHER, bool SPLAT> const void *wf_filter_level_of();

#endif
