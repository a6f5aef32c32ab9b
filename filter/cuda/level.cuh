/* level.cuh -- a level of the pyramid in one kernel: heads, softmax, gather, splat, and what the coarser level adds. Private.
 *
 * A block has a tile of pixels and its border of K/2. Its logits come from tensor cores, 16 pixels at a time, and lie in shared
 * memory, a plane a tap, where a thread finds those of its pixels at fixed places: two pixels above each other, which share most of
 * the light that they read. First the splat kernels' logits, of the border's pixels, too; then in their place gather's. */
#ifndef WF_CUDA_LEVEL_CUH
#define WF_CUDA_LEVEL_CUH

#include "head.cuh"
#include "light.cuh"

#define WF_LEVEL_WIDTH   32
#define WF_LEVEL_THREADS 256
#define WF_LEVEL_WARPS   (WF_LEVEL_THREADS / 32)

/* Of a K x K kernel, K odd, in tiles of so many rows: at most two for each of the block's warps. */
template <int K_, int HEIGHT_> struct wf_level {
    static constexpr int K = K_, HEIGHT = HEIGHT_, BORDER = K / 2, TAPS = K * K, FRAGMENTS = (TAPS + 7) / 8;
    static constexpr int PITCH = WF_LEVEL_WIDTH + 2 * BORDER, ROWS = HEIGHT + 2 * BORDER, REGION = PITCH * ROWS;
    static constexpr int TILE = WF_LEVEL_WIDTH * HEIGHT;

    /* Planes of logits, 4 modulo 16: the lanes of a fragment, 8 pixels in every second plane, write to banks of their own. */
    static constexpr int REGION_PLANE = (REGION + 15) / 16 * 16 + 4, TILE_PLANE = (TILE + 15) / 16 * 16 + 4;
    static constexpr int LIGHT_BYTES = 3 * REGION * (int)sizeof(float);
    static constexpr int SHARED_BYTES = LIGHT_BYTES + TAPS * REGION_PLANE * (int)sizeof(float);
    static constexpr int ALBEDO_BYTES = LIGHT_BYTES + TAPS * TILE_PLANE * (int)sizeof(float);
};

/* Where pixel i of an area lies whose first pixel is (y0,x0), in rows of `pitch`. */
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

/* The light of the tile and its border, 0 outside the image, in three planes; `read` gives a pixel's. y0, x0: the tile's. */
template <typename Level, typename Read>
static __device__ __forceinline__ void wf_fill_light(float *light, int y0, int x0, int height, int width, Read read)
{
    for (int i = threadIdx.x; i < Level::REGION; i += WF_LEVEL_THREADS) {
        const wf_place at = wf_place_of(i, Level::PITCH, y0 - Level::BORDER, x0 - Level::BORDER, height, width);
        const float3 rgb = at.inside ? read(at.y, at.x) : make_float3(0, 0, 0);
        light[i] = rgb.x, light[i + Level::REGION] = rgb.y, light[i + 2 * Level::REGION] = rgb.z;
    }
}

/* The logits of an area of `pixels` pixels in rows of `pitch`, the first one at (y0,x0): in planes, -infinity outside the image. */
template <typename Level>
static __device__ __forceinline__ void wf_fill_logits(const wf_logits &part, float *to, int plane, int pixels,
                                                      int pitch, int y0, int x0, int height, int width)
{
    const int lane = threadIdx.x % 32;
    wf_fragments<Level::FRAGMENTS> first_chunk;
    wf_load_fragments(part, 0, first_chunk);
    for (int first = threadIdx.x / 32 * 16; first < pixels; first += 16 * WF_LEVEL_WARPS) {
        wf_place at[2];
        size_t index[2];
#pragma unroll
        for (int i = 0; i < 2; i++) {
            at[i] = wf_place_of(first + lane / 4 + 8 * i, pitch, y0, x0, height, width);
            index[i] = wf_index_of(at[i], height, width);
        }
        float logits[Level::FRAGMENTS][4];
        wf_find_logits(part, first_chunk, index, logits);
#pragma unroll
        for (int i = 0; i < 4 * Level::FRAGMENTS; i++) {
            const int row = i / 2 % 2, pixel = first + lane / 4 + 8 * row, tap = i / 4 * 8 + 2 * (lane % 4) + i % 2;
            if (tap < Level::TAPS && pixel < pixels)
                to[tap * plane + pixel] = at[row].inside ? logits[i / 4][i % 4] : -INFINITY;
        }
    }
}

/* Light of two pixels above each other. */
struct wf_two {
    float3 above, below;
};

static __device__ __forceinline__ float3 wf_read_region(const float *light, int region)
{
    return make_float3(light[0], light[region], light[2 * region]);
}

/* Softmax of K x K logits at two pixels, and the sum of the light that they weigh: logits(tap, i) is that of pixel i, light points to
 * the upper pixel, and tap (dy,dx) of DIRECTION +1 reads the light dy rows and dx columns further on, of -1 before. */
template <typename Level, int DIRECTION, typename Logits>
static __device__ __forceinline__ wf_two wf_filter_two(Logits logits, const float *light)
{
    float weights[2][Level::TAPS], most[2] = {-INFINITY, -INFINITY}, total[2] = {0, 0};
    float3 sum[2] = {make_float3(0, 0, 0), make_float3(0, 0, 0)};
#pragma unroll
    for (int tap = 0; tap < Level::TAPS; tap++) {
#pragma unroll
        for (int i = 0; i < 2; i++) {
            weights[i][tap] = logits(tap, i);
            most[i] = fmaxf(most[i], weights[i][tap]);
        }
    }
#pragma unroll
    for (int j = 0; j < Level::K; j++) {
        const int dx = DIRECTION * (j - Level::BORDER);
#pragma unroll
        for (int row = 0; row <= Level::K; row++) { /* of the light: the lower pixel's kernel begins one further down */
            const int dy = row - Level::BORDER;
            const float3 rgb = wf_read_region(light + dy * Level::PITCH + dx, Level::REGION);
#pragma unroll
            for (int i = 0; i < 2; i++) {
                const int down = DIRECTION * (dy - i) + Level::BORDER; /* the kernel's row */
                if (down < 0 || down >= Level::K)
                    continue;
                const float weight = __expf(weights[i][down * Level::K + j] - most[i]);
                total[i] += weight;
                sum[i] = sum[i] + weight * rgb;
            }
        }
    }
    return {__fdividef(1, total[0]) * sum[0], __fdividef(1, total[1]) * sum[1]};
}

/* Gathers at the thread's two pixels; logits: the tile's. A tap outside the image does not count: a block away from the image's border
 * need not look. */
template <typename Level>
static __device__ __forceinline__ wf_two wf_gather_two(const float *logits, const float *light, int y, int x,
                                                       int height, int width)
{
    const float *own = logits + threadIdx.x / 32 * 2 * WF_LEVEL_WIDTH + threadIdx.x % 32;
    const int x0 = x - (int)threadIdx.x % 32;
    const bool is_inner = y >= Level::BORDER && y + 1 + Level::BORDER < height && x0 >= Level::BORDER &&
                          x0 + WF_LEVEL_WIDTH + Level::BORDER <= width; /* the same in all lanes */
    if (is_inner)
        return wf_filter_two<Level, 1>(
            [&](int tap, int i) { return own[tap * Level::TILE_PLANE + i * WF_LEVEL_WIDTH]; }, light);
    return wf_filter_two<Level, 1>(
        [&](int tap, int i) {
            const int at_y = y + i + tap / Level::K - Level::BORDER, at_x = x + tap % Level::K - Level::BORDER;
            const bool inside = (unsigned)at_y < (unsigned)height && (unsigned)at_x < (unsigned)width;
            return inside ? own[tap * Level::TILE_PLANE + i * WF_LEVEL_WIDTH] : -INFINITY;
        },
        light);
}

/* The alphas' logits of the tile's pixels. */
template <typename Level>
static __device__ __forceinline__ void wf_store_alphas(const wf_logits &part, __half2 *to, int y0, int x0, int height,
                                                       int width)
{
    const int lane = threadIdx.x % 32;
    wf_fragments<1> first_chunk;
    wf_load_fragments(part, 0, first_chunk);
    for (int first = threadIdx.x / 32 * 16; first < Level::TILE; first += 16 * WF_LEVEL_WARPS) {
        wf_place at[2];
        size_t index[2];
#pragma unroll
        for (int i = 0; i < 2; i++) {
            at[i] = wf_place_of(first + lane / 4 + 8 * i, WF_LEVEL_WIDTH, y0, x0, height, width);
            index[i] = wf_index_of(at[i], height, width);
        }
        float logits[1][4];
        wf_find_logits(part, first_chunk, index, logits);
#pragma unroll
        for (int i = 0; i < 2; i++) {
            if (lane % 4 == 0 && at[i].inside)
                to[index[i]] = __floats2half2_rn(logits[0][2 * i], logits[0][2 * i + 1]);
        }
    }
}

static __device__ __forceinline__ float3 wf_from_neighbour(float3 value)
{
    return make_float3(__shfl_xor_sync(0xffffffff, value.x, 1), __shfl_xor_sync(0xffffffff, value.y, 1),
                       __shfl_xor_sync(0xffffffff, value.z, 1));
}

struct wf_level_args {
    wf_logits gather, splat, alphas;
    wf_light_args light;
    wf_filtered_args output, coarser;
};

/* A thread's two pixels of an operator's image, and with its neighbour's the coarse pixel's blend. The upper one is (y,x), in an
 * even row. For all lanes of a warp. */
static __device__ __forceinline__ void wf_store_two(const wf_level_args &args, int op, const wf_two &two, int y, int x)
{
    const wf_filtered_args &output = args.output;
    const float3 zero = make_float3(0, 0, 0);
    const bool above = y < output.height && x < output.width, below = y + 1 < output.height && x < output.width;
    if (above)
        wf_write_rgb(output.image[op], y, x, two.above);
    if (below)
        wf_write_rgb(output.image[op], y + 1, x, two.below);
    if (!output.alpha)
        return;
    const float3 own = (above ? two.above : zero) + (below ? two.below : zero), sum = own + wf_from_neighbour(own);
    if (x % 2 == 0 && above) {
        const int rows = below ? 2 : 1, columns = x + 1 < output.width ? 2 : 1;
        wf_write_rgb(output.blend[op], y / 2, x / 2,
                     wf_blended(args.coarser, op, y / 2, x / 2) - (1.0f / (rows * columns)) * sum);
    }
}

template <typename Level>
static __global__ void __launch_bounds__(WF_LEVEL_THREADS, 2) filter_level(const wf_level_args args)
{
    extern __shared__ float wf_level_shared[];
    float *const light = wf_level_shared, *const logits = wf_level_shared + 3 * Level::REGION;
    const int x0 = blockIdx.x * WF_LEVEL_WIDTH, y0 = blockIdx.y * Level::HEIGHT;
    const int width = args.output.width, height = args.output.height;
    const int column = threadIdx.x % 32, row = threadIdx.x / 32 * 2; /* of the thread's upper pixel */
    const int place = (row + Level::BORDER) * Level::PITCH + column + Level::BORDER;
    const bool has_pixels = row < Level::HEIGHT; /* all of a warp have, or none */

    wf_fill_light<Level>(light, y0, x0, height, width,
                         [&](int y, int x) { return wf_read_light(args.light, y, x, width); });
    if (args.output.operators >> WF_SPLAT & 1) {
        wf_fill_logits<Level>(args.splat, logits, Level::REGION_PLANE, Level::REGION, Level::PITCH, y0 - Level::BORDER,
                              x0 - Level::BORDER, height, width);
        __syncthreads();
        if (has_pixels) {
            const auto source = [&](int tap, int i) {
                const int dy = tap / Level::K - Level::BORDER, dx = tap % Level::K - Level::BORDER;
                return logits[tap * Level::REGION_PLANE + place + (i - dy) * Level::PITCH - dx];
            };
            const wf_two two = wf_filter_two<Level, -1>(source, light + place);
            wf_store_two(args, WF_SPLAT, two, y0 + row, x0 + column);
        }
        __syncthreads();
    }
    if (args.output.alpha)
        wf_store_alphas<Level>(args.alphas, args.output.alpha, y0, x0, height, width);
    if (!(args.output.operators >> WF_GATHER & 1))
        return;
    wf_fill_logits<Level>(args.gather, logits, Level::TILE_PLANE, Level::TILE, WF_LEVEL_WIDTH, y0, x0, height, width);
    __syncthreads();
    if (has_pixels) {
        const wf_two two = wf_gather_two<Level>(logits, light + place, y0 + row, x0 + column, height, width);
        wf_store_two(args, WF_GATHER, two, y0 + row, x0 + column);
    }
}

struct wf_albedo_args {
    wf_logits logits;
    wf_view albedo; /* the frame's */
    uint2 *output;
    int width, height;
};

static __device__ __forceinline__ void wf_store_albedo(const wf_albedo_args &args, int y, int x, float3 rgb)
{
    if (y < args.height && x < args.width)
        args.output[(size_t)y * args.width + x] =
            make_uint2(wf_bits(__floats2half2_rn(rgb.x, rgb.y)), wf_bits(__floats2half2_rn(rgb.z, 0)));
}

template <typename Level>
static __global__ void __launch_bounds__(WF_LEVEL_THREADS, 2) filter_albedo(const wf_albedo_args args)
{
    extern __shared__ float wf_level_shared[];
    float *const light = wf_level_shared, *const logits = wf_level_shared + 3 * Level::REGION;
    const int x0 = blockIdx.x * WF_LEVEL_WIDTH, y0 = blockIdx.y * Level::HEIGHT;
    const int column = threadIdx.x % 32, row = threadIdx.x / 32 * 2;
    wf_fill_light<Level>(light, y0, x0, args.height, args.width,
                         [&](int y, int x) { return wf_clamp(wf_read_clean(args.albedo, y, x), 0, 1); });
    wf_fill_logits<Level>(args.logits, logits, Level::TILE_PLANE, Level::TILE, WF_LEVEL_WIDTH, y0, x0, args.height,
                          args.width);
    __syncthreads();
    if (row >= Level::HEIGHT)
        return;
    const int place = (row + Level::BORDER) * Level::PITCH + column + Level::BORDER;
    const wf_two two = wf_gather_two<Level>(logits, light + place, y0 + row, x0 + column, args.height, args.width);
    wf_store_albedo(args, y0 + row, x0 + column, two.above);
    wf_store_albedo(args, y0 + row + 1, x0 + column, two.below);
}

#endif
