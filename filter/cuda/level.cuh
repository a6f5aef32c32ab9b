/* level.cuh -- a level of the pyramid in one kernel: heads, softmax, gather, splat, and what the coarser level adds. Private.
 *
 * A block has a tile of pixels and its border of K/2 in shared memory: the light, and the logits of the splat kernels, which their
 * destinations read. Gather's logits never leave the registers: the four lanes that share a pixel's taps add their parts. */
#ifndef WF_CUDA_LEVEL_CUH
#define WF_CUDA_LEVEL_CUH

#include "head.cuh"
#include "light.cuh"

#define WF_LEVEL_WIDTH   32
#define WF_LEVEL_HEIGHT  8
#define WF_LEVEL_PIXELS  (WF_LEVEL_WIDTH * WF_LEVEL_HEIGHT)
#define WF_LEVEL_THREADS 256 /* one a pixel */
#define WF_LEVEL_WARPS   (WF_LEVEL_THREADS / 32)

/* Of a K x K kernel; K is odd. */
template <int K> struct wf_level {
    static constexpr int BORDER = K / 2, TAPS = K * K, FRAGMENTS = (TAPS + 7) / 8;
    static constexpr int PITCH = WF_LEVEL_WIDTH + 2 * BORDER, ROWS = WF_LEVEL_HEIGHT + 2 * BORDER;
    static constexpr int REGION = PITCH * ROWS;
    static constexpr int LIGHT_BYTES = 3 * REGION * sizeof(float);
    static constexpr int SHARED_BYTES = LIGHT_BYTES + REGION * TAPS * sizeof(float);
};

/* A tap beyond the last one lies outside every image. */
template <int K> static __device__ __forceinline__ bool wf_tap_inside(int column, int y, int x, int height, int width)
{
    const int t = threadIdx.x % 4, tap = column / 2 * 8 + 2 * t + column % 2;
    const int dy = tap / K - K / 2, dx = tap % K - K / 2;
    return tap < K * K && (unsigned)(y + dy) < (unsigned)height && (unsigned)(x + dx) < (unsigned)width;
}

template <int K> static __device__ __forceinline__ int wf_tap_place(int column)
{
    const int t = threadIdx.x % 4, tap = column / 2 * 8 + 2 * t + column % 2;
    return (tap / K - K / 2) * wf_level<K>::PITCH + tap % K - K / 2;
}

static __device__ __forceinline__ float wf_quad_sum(float value)
{
    value += __shfl_xor_sync(0xffffffff, value, 1);
    return value + __shfl_xor_sync(0xffffffff, value, 2);
}

static __device__ __forceinline__ float wf_quad_max(float value)
{
    value = fmaxf(value, __shfl_xor_sync(0xffffffff, value, 1));
    return fmaxf(value, __shfl_xor_sync(0xffffffff, value, 2));
}

/* Gathers at one pixel, place of the region and (y,x) of the image, with the logits of its row of the fragments: row 0 or 1. */
template <int K>
static __device__ __forceinline__ float3 wf_gather_quad(const float (&logits)[wf_level<K>::FRAGMENTS][4], int row,
                                                        const float *light, int place, int y, int x, int height,
                                                        int width)
{
    constexpr int COLUMNS = 2 * wf_level<K>::FRAGMENTS;
    float own[COLUMNS], most = -INFINITY;
#pragma unroll
    for (int c = 0; c < COLUMNS; c++) {
        own[c] = wf_tap_inside<K>(c, y, x, height, width) ? logits[c / 2][2 * row + c % 2] : -INFINITY;
        most = fmaxf(most, own[c]);
    }
    most = wf_quad_max(most);
    float total = 0;
    float3 sum = make_float3(0, 0, 0);
#pragma unroll
    for (int c = 0; c < COLUMNS; c++) {
        const float weight = __expf(own[c] - most);
        const float *at = light + (own[c] == -INFINITY ? place : place + wf_tap_place<K>(c));
        total += weight;
        sum = sum + weight * make_float3(at[0], at[wf_level<K>::REGION], at[2 * wf_level<K>::REGION]);
    }
    total = wf_quad_sum(total);
    sum = make_float3(wf_quad_sum(sum.x), wf_quad_sum(sum.y), wf_quad_sum(sum.z));
    return __fdividef(1, total) * sum;
}

/* Splats onto one pixel: from every source whose tap lands there, with its logit of that tap; -infinity where the source is outside
 * the image. */
template <int K>
static __device__ __forceinline__ float3 wf_splat_pixel(const float *logits, const float *light, int place)
{
    using level = wf_level<K>;
    float own[level::TAPS], most = -INFINITY;
#pragma unroll
    for (int tap = 0; tap < level::TAPS; tap++) {
        const int source = place - (tap / K - K / 2) * level::PITCH - (tap % K - K / 2);
        own[tap] = logits[source * level::TAPS + tap];
        most = fmaxf(most, own[tap]);
    }
    float total = 0;
    float3 sum = make_float3(0, 0, 0);
#pragma unroll
    for (int tap = 0; tap < level::TAPS; tap++) {
        const float *at = light + place - (tap / K - K / 2) * level::PITCH - (tap % K - K / 2);
        const float weight = __expf(own[tap] - most);
        total += weight;
        sum = sum + weight * make_float3(at[0], at[level::REGION], at[2 * level::REGION]);
    }
    return __fdividef(1, total) * sum;
}

struct wf_level_args {
    wf_logits gather, splat, alphas; /* alphas of no chunks at the coarsest level */
    wf_light_args light;
    wf_filtered_args output, coarser;
};

/* Where pixel i of the region or of the tile lies. */
struct wf_place {
    int y, x;
    bool inside;
};

static __device__ __forceinline__ wf_place wf_place_of(int i, int pitch, int y0, int x0, int height, int width)
{
    const int y = y0 + i / pitch, x = x0 + i % pitch;
    return {y, x, (unsigned)y < (unsigned)height && (unsigned)x < (unsigned)width};
}

/* The pixel's index, or that of the nearest one in the image. */
static __device__ __forceinline__ size_t wf_index_of(const wf_place &place, int height, int width)
{
    return (size_t)min(max(place.y, 0), height - 1) * width + min(max(place.x, 0), width - 1);
}

/* The light, 0 outside the image, and what `read` makes of a pixel. */
template <int K, typename Read>
static __device__ __forceinline__ void wf_fill_region(float *light, int y0, int x0, int height, int width, Read read)
{
    using level = wf_level<K>;
    for (int i = threadIdx.x; i < level::REGION; i += WF_LEVEL_THREADS) {
        const wf_place at = wf_place_of(i, level::PITCH, y0 - level::BORDER, x0 - level::BORDER, height, width);
        const float3 rgb = at.inside ? read(at.y, at.x) : make_float3(0, 0, 0);
        light[i] = rgb.x, light[i + level::REGION] = rgb.y, light[i + 2 * level::REGION] = rgb.z;
    }
}

/* Splat's logits of the whole region. */
template <int K>
static __device__ __forceinline__ void wf_fill_logits(const wf_logits &part, float *to, int y0, int x0, int height,
                                                      int width)
{
    using level = wf_level<K>;
    const int lane = threadIdx.x % 32;
    for (int first = threadIdx.x / 32 * 16; first < level::REGION; first += 16 * WF_LEVEL_WARPS) {
        wf_place at[2];
        size_t pixels[2];
#pragma unroll
        for (int i = 0; i < 2; i++) {
            at[i] = wf_place_of(first + lane / 4 + 8 * i, level::PITCH, y0 - level::BORDER, x0 - level::BORDER, height,
                                width);
            pixels[i] = wf_index_of(at[i], height, width);
        }
        float logits[level::FRAGMENTS][4];
        wf_find_logits<level::FRAGMENTS>(part, pixels, logits);
#pragma unroll
        for (int i = 0; i < 4 * level::FRAGMENTS; i++) {
            const int row = i / 2 % 2, place = first + lane / 4 + 8 * row, tap = i / 4 * 8 + 2 * (lane % 4) + i % 2;
            if (place < level::REGION && tap < level::TAPS)
                to[place * level::TAPS + tap] = at[row].inside ? logits[i / 4][i % 4] : -INFINITY;
        }
    }
}

static __device__ __forceinline__ float3 wf_read_shared(const float *planes, int pixel)
{
    return make_float3(planes[pixel], planes[pixel + WF_LEVEL_PIXELS], planes[pixel + 2 * WF_LEVEL_PIXELS]);
}

static __device__ __forceinline__ void wf_write_shared(float *planes, int pixel, float3 rgb)
{
    planes[pixel] = rgb.x, planes[pixel + WF_LEVEL_PIXELS] = rgb.y, planes[pixel + 2 * WF_LEVEL_PIXELS] = rgb.z;
}

/* Gathers the tile's pixels, 16 at a time; calls write(pixel of the tile, row of the fragment, place, value) in one lane each. */
template <int K, typename Write>
static __device__ __forceinline__ void wf_gather_tile(const wf_logits &part, const float *light, int y0, int x0,
                                                      int height, int width, Write write)
{
    using level = wf_level<K>;
    const int lane = threadIdx.x % 32;
    for (int first = threadIdx.x / 32 * 16; first < WF_LEVEL_PIXELS; first += 16 * WF_LEVEL_WARPS) {
        size_t pixels[2];
        wf_place at[2];
#pragma unroll
        for (int i = 0; i < 2; i++) {
            at[i] = wf_place_of(first + lane / 4 + 8 * i, WF_LEVEL_WIDTH, y0, x0, height, width);
            pixels[i] = wf_index_of(at[i], height, width);
        }
        float logits[level::FRAGMENTS][4];
        wf_find_logits<level::FRAGMENTS>(part, pixels, logits);
#pragma unroll
        for (int i = 0; i < 2; i++) {
            const int place = (at[i].y - y0 + level::BORDER) * level::PITCH + at[i].x - x0 + level::BORDER;
            const float3 value = wf_gather_quad<K>(logits, i, light, place, at[i].y, at[i].x, height, width);
            if (lane % 4 == 0)
                write(first + lane / 4 + 8 * i, at[i], value);
        }
    }
}

/* The alphas' logits of the tile's pixels. */
static __device__ __forceinline__ void wf_store_alphas(const wf_logits &part, __half2 *to, int y0, int x0, int height,
                                                       int width)
{
    const int lane = threadIdx.x % 32;
    for (int first = threadIdx.x / 32 * 16; first < WF_LEVEL_PIXELS; first += 16 * WF_LEVEL_WARPS) {
        wf_place at[2];
        size_t pixels[2];
#pragma unroll
        for (int i = 0; i < 2; i++) {
            at[i] = wf_place_of(first + lane / 4 + 8 * i, WF_LEVEL_WIDTH, y0, x0, height, width);
            pixels[i] = wf_index_of(at[i], height, width);
        }
        float logits[1][4];
        wf_find_logits<1>(part, pixels, logits);
#pragma unroll
        for (int i = 0; i < 2; i++) {
            if (lane % 4 == 0 && at[i].inside)
                to[pixels[i]] = __floats2half2_rn(logits[0][2 * i], logits[0][2 * i + 1]);
        }
    }
}

/* D of the tile's image at one coarse pixel. */
static __device__ __forceinline__ float3 wf_mean_of_four(const float *planes, int pixel, int rows, int columns)
{
    float3 sum = wf_read_shared(planes, pixel);
    if (columns > 1)
        sum = sum + wf_read_shared(planes, pixel + 1);
    if (rows > 1)
        sum = sum + wf_read_shared(planes, pixel + WF_LEVEL_WIDTH);
    if (rows > 1 && columns > 1)
        sum = sum + wf_read_shared(planes, pixel + WF_LEVEL_WIDTH + 1);
    return (1.0f / (rows * columns)) * sum;
}

/* images: the tile's, of both operators, in shared memory. */
static __device__ __forceinline__ void wf_store_blends(const wf_level_args &args, const float *images, int y0, int x0)
{
    constexpr int COARSE = WF_LEVEL_PIXELS / 4, ACROSS = WF_LEVEL_WIDTH / 2;
    for (int i = threadIdx.x; i < WF_OPERATOR_COUNT * COARSE; i += WF_LEVEL_THREADS) {
        const int op = i / COARSE, y = i % COARSE / ACROSS * 2, x = i % ACROSS * 2;
        const int rows = min(2, args.output.height - y0 - y), columns = min(2, args.output.width - x0 - x);
        if (rows <= 0 || columns <= 0 || !(args.output.operators >> op & 1))
            continue;
        const int coarse_y = (y0 + y) / 2, coarse_x = (x0 + x) / 2;
        const float3 mean = wf_mean_of_four(images + op * 3 * WF_LEVEL_PIXELS, y * WF_LEVEL_WIDTH + x, rows, columns);
        wf_write_rgb(args.output.blend[op], coarse_y, coarse_x,
                     wf_blended(args.coarser, op, coarse_y, coarse_x) - mean);
    }
}

template <int K> static __global__ void __launch_bounds__(WF_LEVEL_THREADS) filter_level(const wf_level_args args)
{
    using level = wf_level<K>;
    extern __shared__ float wf_level_shared[];
    __shared__ float images[WF_OPERATOR_COUNT * 3 * WF_LEVEL_PIXELS];
    float *light = wf_level_shared, *logits = wf_level_shared + 3 * level::REGION;
    const int x0 = blockIdx.x * WF_LEVEL_WIDTH, y0 = blockIdx.y * WF_LEVEL_HEIGHT;
    const int width = args.output.width, height = args.output.height;
    wf_fill_region<K>(light, y0, x0, height, width,
                      [&](int y, int x) { return wf_read_light(args.light, y, x, width); });
    const bool gathers = args.output.operators >> WF_GATHER & 1, splats = args.output.operators >> WF_SPLAT & 1;
    if (splats)
        wf_fill_logits<K>(args.splat, logits, y0, x0, height, width);
    __syncthreads();
    if (gathers)
        wf_gather_tile<K>(args.gather, light, y0, x0, height, width,
                          [&](int pixel, const wf_place &, float3 value) { wf_write_shared(images, pixel, value); });
    if (args.output.alpha)
        wf_store_alphas(args.alphas, args.output.alpha, y0, x0, height, width);
    const wf_place at = wf_place_of(threadIdx.x, WF_LEVEL_WIDTH, y0, x0, height, width);
    if (splats) {
        const int place = (at.y - y0 + level::BORDER) * level::PITCH + at.x - x0 + level::BORDER;
        const float3 splat = wf_splat_pixel<K>(logits, light, place);
        wf_write_shared(images + 3 * WF_LEVEL_PIXELS, threadIdx.x, splat);
        if (at.inside)
            wf_write_rgb(args.output.image[WF_SPLAT], at.y, at.x, splat);
    }
    __syncthreads();
    if (gathers && at.inside)
        wf_write_rgb(args.output.image[WF_GATHER], at.y, at.x, wf_read_shared(images, threadIdx.x));
    if (args.output.alpha)
        wf_store_blends(args, images, y0, x0);
}

struct wf_albedo_args {
    wf_logits logits;
    wf_view albedo; /* the frame's */
    uint2 *output;
    int width, height;
};

template <int K> static __global__ void __launch_bounds__(WF_LEVEL_THREADS) filter_albedo(const wf_albedo_args args)
{
    __shared__ float albedo[3 * wf_level<K>::REGION];
    const int x0 = blockIdx.x * WF_LEVEL_WIDTH, y0 = blockIdx.y * WF_LEVEL_HEIGHT;
    wf_fill_region<K>(albedo, y0, x0, args.height, args.width,
                      [&](int y, int x) { return wf_clamp(wf_read_clean(args.albedo, y, x), 0, 1); });
    __syncthreads();
    wf_gather_tile<K>(args.logits, albedo, y0, x0, args.height, args.width, [&](int, const wf_place &at, float3 value) {
        if (at.inside)
            args.output[(size_t)at.y * args.width + at.x] =
                make_uint2(wf_bits(__floats2half2_rn(value.x, value.y)), wf_bits(__floats2half2_rn(value.z, 0)));
    });
}

#endif
