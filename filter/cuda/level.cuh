/* level.cuh -- a level of the pyramid in one kernel: heads, softmax, gather, splat, and what the coarser level adds. Private.
 *
 * A block has a tile of pixels and its border of K/2. Its logits come from tensor cores, 16 pixels at a time, and lie in shared
 * memory, a plane a tap, at the pixel that sums them: a gather kernel's at its own, a splat kernel's at the pixel which the tap
 * lands on. There a thread finds those of two neighbouring pixels side by side. First the splat kernels' logits, of the border's
 * pixels, too; then in their place gather's. */
#ifndef WF_CUDA_LEVEL_CUH
#define WF_CUDA_LEVEL_CUH

#include "head.cuh"
#include "light.cuh"

#define WF_LEVEL_WIDTH   32
#define WF_LEVEL_THREADS 256
#define WF_LEVEL_WARPS   (WF_LEVEL_THREADS / 32)
#define WF_SAFE_LOGIT    80 /* exponentials of smaller ones are finite, and so are their sums */

/* Of a K x K kernel, K odd, in tiles of so many rows, at most two for each of the block's warps. CHUNKS that a thread
 * reads at once, 0 for heads of one chunk: these leave registers for more blocks of a multiprocessor. */
template <int K_, int HEIGHT_, int CHUNKS_> struct wf_level {
    static constexpr int K = K_, HEIGHT = HEIGHT_, CHUNKS = CHUNKS_, BLOCKS = CHUNKS ? 2 : 3;
    static constexpr int BORDER = K / 2, TAPS = K * K, FRAGMENTS = (TAPS + 7) / 8;
    static constexpr int PITCH = WF_LEVEL_WIDTH + 2 * BORDER, REGION = PITCH * (HEIGHT + 2 * BORDER);

    /* In a plane of logits the tile's first pixel is behind a margin: what lands left of the tile's columns lies at the end of the
     * row above, which is right of them and no pixel's, either. Planes are 4 modulo 16: the lanes of a fragment, 8 pixels in every
     * second plane, write to banks of their own. */
    static constexpr int MARGIN = 2 * BORDER, PLANE = (HEIGHT * PITCH + MARGIN + 11) / 16 * 16 + 4;
    static constexpr int SHARED_BYTES = (3 * REGION + TAPS * PLANE) * (int)sizeof(float);
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
static __device__ __forceinline__ int wf_index_of(const wf_place &place, int height, int width)
{
    return min(max(place.y, 0), height - 1) * width + min(max(place.x, 0), width - 1);
}

/* The light of the tile and its border, 0 outside the image, in three planes; `read` gives a pixel's. y0, x0: the tile's. All of
 * a thread's pixels are read before the first one is used. */
template <typename Level, typename Read>
static __device__ __forceinline__ void wf_fill_light(float *light, int y0, int x0, int height, int width, Read read)
{
    constexpr int PIXELS = (Level::REGION + WF_LEVEL_THREADS - 1) / WF_LEVEL_THREADS;
    float3 rgb[PIXELS];
#pragma unroll
    for (int p = 0; p < PIXELS; p++) {
        const int i = threadIdx.x + p * WF_LEVEL_THREADS;
        const wf_place at = wf_place_of(i, Level::PITCH, y0 - Level::BORDER, x0 - Level::BORDER, height, width);
        const float3 value = read(min(max(at.y, 0), height - 1), min(max(at.x, 0), width - 1));
        rgb[p] = make_float3(at.inside ? value.x : 0, at.inside ? value.y : 0, at.inside ? value.z : 0);
    }
#pragma unroll
    for (int p = 0; p < PIXELS; p++) {
        const int i = threadIdx.x + p * WF_LEVEL_THREADS;
        if (i < Level::REGION)
            light[i] = rgb[p].x, light[i + Level::REGION] = rgb[p].y, light[i + 2 * Level::REGION] = rgb[p].z;
    }
}

/* Whether the tile's taps stay in the image. */
template <typename Level> static __device__ __forceinline__ bool wf_is_inner(int y0, int x0, int height, int width)
{
    return y0 >= Level::BORDER && x0 >= Level::BORDER && y0 + Level::HEIGHT + Level::BORDER <= height &&
           x0 + WF_LEVEL_WIDTH + Level::BORDER <= width;
}

/* Gather's logits of the tile, or the albedo's: -infinity where a tap reads outside the image. Returns the largest magnitude of
 * this thread's. alphas: where to write the alphas' logits, whose fragment of the part is `last`, or NULL. */
template <typename Level, bool ALPHAS>
static __device__ __forceinline__ float wf_fill_gather(const wf_logits &part, int last, float *planes, __half2 *alphas,
                                                       int y0, int x0, int height, int width)
{
    constexpr int GROUPS = Level::HEIGHT * WF_LEVEL_WIDTH / 16;
    const int lane = threadIdx.x % 32;
    const bool is_inner = wf_is_inner<Level>(y0, x0, height, width);
    float most = 0;
    int index[2];
    uint32_t next[4];
    const auto read = [&](int group) {
        const int y = y0 + group / 2, x = x0 + group % 2 * 16 + lane / 4;
        const int first = min(y, height - 1) * width;
        index[0] = first + min(x, width - 1), index[1] = first + min(x + 8, width - 1);
        wf_load_pixels(part, index, 0, next);
    };
    wf_fragments<Level::FRAGMENTS + ALPHAS> first_chunk;
    wf_load_fragments(part, 0, last, first_chunk);
    if (threadIdx.x / 32 < GROUPS)
        read(threadIdx.x / 32);
    for (int group = threadIdx.x / 32; group < GROUPS; group += WF_LEVEL_WARPS) {
        const int row = group / 2, column = group % 2 * 16 + lane / 4, y = y0 + row, x = x0 + column;
        const int pixels[2] = {index[0], index[1]};
        const uint32_t a[4] = {next[0], next[1], next[2], next[3]};
        if (group + WF_LEVEL_WARPS < GROUPS)
            read(group + WF_LEVEL_WARPS);
        float *to = planes + 2 * (lane % 4) * Level::PLANE + Level::MARGIN + row * Level::PITCH + column;
        float logits[Level::FRAGMENTS + ALPHAS][4];
        wf_find_logits<Level::CHUNKS>(part, first_chunk, a, pixels, 0, last, logits);
#pragma unroll
        for (int i = 0; i < 4 * Level::FRAGMENTS; i++) {
            const int tap = i / 4 * 8 + 2 * (lane % 4) + i % 2, right = i / 2 % 2 * 8;
            float logit = logits[i / 4][i % 4];
            most = fmaxf(most, fabsf(logit));
            if (!is_inner) {
                const int at_y = y + tap / Level::K - Level::BORDER, at_x = x + right + tap % Level::K - Level::BORDER;
                logit = (unsigned)at_y < (unsigned)height && (unsigned)at_x < (unsigned)width ? logit : -INFINITY;
            }
            if (tap < Level::TAPS)
                to[(i / 4 * 8 + i % 2) * Level::PLANE + right] = logit;
        }
#pragma unroll
        for (int p = 0; p < 2 && ALPHAS; p++) {
            const float *logit = logits[Level::FRAGMENTS + ALPHAS - 1] + 2 * p;
            if (alphas && lane % 4 == 0 && y < height && x + 8 * p < width)
                alphas[pixels[p]] = __floats2half2_rn(logit[0], logit[1]);
        }
    }
    return most;
}

/* Splat's logits that land on the tile: -infinity where they come from outside the image. */
template <typename Level>
static __device__ __forceinline__ float wf_fill_splat(const wf_logits &part, float *planes, int y0, int x0, int height,
                                                      int width)
{
    constexpr int K = Level::K, BORDER = Level::BORDER;
    const int lane = threadIdx.x % 32;
    float most = 0;
    int offsets[2 * Level::FRAGMENTS]; /* of this lane's taps */
#pragma unroll
    for (int i = 0; i < 2 * Level::FRAGMENTS; i++) {
        const int tap = i / 2 * 8 + 2 * (lane % 4) + i % 2;
        offsets[i] = tap * Level::PLANE + tap / K * Level::PITCH + tap % K;
    }
    wf_place next_at[2];
    int index[2];
    uint32_t next[4];
    const auto read = [&](int first) {
#pragma unroll
        for (int p = 0; p < 2; p++) {
            next_at[p] = wf_place_of(first + lane / 4 + 8 * p, Level::PITCH, y0 - BORDER, x0 - BORDER, height, width);
            index[p] = wf_index_of(next_at[p], height, width);
        }
        wf_load_pixels(part, index, 0, next);
    };
    wf_fragments<Level::FRAGMENTS> first_chunk;
    wf_load_fragments(part, 0, -1, first_chunk);
    read(threadIdx.x / 32 * 16);
    for (int first = threadIdx.x / 32 * 16; first < Level::REGION; first += 16 * WF_LEVEL_WARPS) {
        const wf_place at[2] = {next_at[0], next_at[1]};
        const int pixels[2] = {index[0], index[1]};
        const uint32_t a[4] = {next[0], next[1], next[2], next[3]};
        read(first + 16 * WF_LEVEL_WARPS);
        float logits[Level::FRAGMENTS][4];
        wf_find_logits<Level::CHUNKS>(part, first_chunk, a, pixels, 0, -1, logits);
#pragma unroll
        for (int p = 0; p < 2; p++) {
            const int row = at[p].y - y0 - BORDER; /* that its first tap lands on, of the tile */
            const int from = max(0, -row), to = min(K, Level::HEIGHT - row); /* rows of taps that land on the tile */
            const unsigned lands =
                to > from ? ((1u << K * (to - from)) - 1) << K * from >> 2 * (lane % 4) : 0; /* a bit a tap */
            float *pixel = planes + Level::MARGIN + row * Level::PITCH + at[p].x - x0 - BORDER;
#pragma unroll
            for (int i = 0; i < 2 * Level::FRAGMENTS; i++) {
                const float logit = logits[i / 2][2 * p + i % 2];
                most = fmaxf(most, fabsf(logit));
                if (lands >> (i / 2 * 8 + i % 2) & 1)
                    pixel[offsets[i]] = at[p].inside ? logit : -INFINITY;
            }
        }
    }
    return most;
}

/* Of two neighbouring pixels. */
struct wf_two {
    float3 left, right;
};

static __device__ __forceinline__ float2 wf_read_two(const float *from)
{
    return *(const float2 *)from;
}

/* Softmax of K x K logits at two neighbouring pixels, and the sum of the light that they weigh. Both point to the left pixel; tap
 * (dy,dx) of DIRECTION +1 reads the light dy rows and dx columns further on, of -1 before. is_safe: exponentials are, of logits as they are. */
template <typename Level, int DIRECTION>
static __device__ __forceinline__ wf_two wf_filter_two(const float *logits, const float *light, bool is_safe)
{
    constexpr int K = Level::K, BORDER = Level::BORDER, READ = (K + 2) / 2; /* pairs of a row */
    constexpr float LOG2_E = 1.44269504f;
    float2 origin = make_float2(0, 0), total = make_float2(0, 0);
    if (!is_safe) {
        origin = wf_read_two(logits);
#pragma unroll
        for (int tap = 1; tap < Level::TAPS; tap++) {
            const float2 at = wf_read_two(logits + tap * Level::PLANE);
            origin = make_float2(fmaxf(origin.x, at.x), fmaxf(origin.y, at.y));
        }
        origin = make_float2(LOG2_E * origin.x, LOG2_E * origin.y);
    }
    float3 left = make_float3(0, 0, 0), right = left;
#pragma unroll
    for (int i = 0; i < K; i++) {
        float rgb[3][2 * READ]; /* from BORDER columns left of the left pixel on */
        const float *row = light + DIRECTION * (i - BORDER) * Level::PITCH - BORDER;
#pragma unroll
        for (int read = 0; read < 3 * READ; read++) {
            const float2 two = wf_read_two(row + read / READ * Level::REGION + read % READ * 2);
            rgb[read / READ][read % READ * 2] = two.x;
            rgb[read / READ][read % READ * 2 + 1] = two.y;
        }
#pragma unroll
        for (int j = 0; j < K; j++) {
            const float2 at = wf_read_two(logits + (i * K + j) * Level::PLANE);
            const float2 weight = make_float2(wf_exp2(LOG2_E * at.x - origin.x), wf_exp2(LOG2_E * at.y - origin.y));
            const int column = BORDER + DIRECTION * (j - BORDER);
            total = make_float2(total.x + weight.x, total.y + weight.y);
            left = left + weight.x * make_float3(rgb[0][column], rgb[1][column], rgb[2][column]);
            right = right + weight.y * make_float3(rgb[0][column + 1], rgb[1][column + 1], rgb[2][column + 1]);
        }
    }
    return {__fdividef(1, total.x) * left, __fdividef(1, total.y) * right};
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
    return make_int2((int)threadIdx.x % 16 * 2, (int)threadIdx.x / 16);
}

struct wf_level_args {
    wf_logits gather, splat;
    int alphas; /* their fragment of gather's */
    wf_light_args light;
    wf_filtered_args output, coarser;
};

static __device__ __forceinline__ void wf_write_two(const wf_view &view, int y, int x, int width, const wf_two &two)
{
    float *at = wf_at<float>(view, 0, 0, y, x);
    const bool is_whole = x + 1 < width, is_dense = view.column == 1 && view.channel % 2 == 0 && (uintptr_t)at % 8 == 0;
    const float left[] = {two.left.x, two.left.y, two.left.z}, right[] = {two.right.x, two.right.y, two.right.z};
#pragma unroll
    for (int c = 0; c < 3; c++, at += view.channel) {
        if (is_whole && is_dense) {
            *(float2 *)at = make_float2(left[c], right[c]);
        } else {
            at[0] = left[c];
            if (is_whole)
                at[view.column] = right[c];
        }
    }
}

/* A thread's two pixels of an operator's image, and with the row below the coarse pixel's blend. The left one is (y,x), in an even
 * column; lanes 0 ... 15 have an even row. For all lanes of a warp. */
static __device__ __forceinline__ void wf_store_two(const wf_level_args &args, int op, const wf_two &two, int y, int x)
{
    const wf_filtered_args &output = args.output;
    const float3 zero = make_float3(0, 0, 0);
    const bool left = y < output.height && x < output.width, right = left && x + 1 < output.width;
    if (left)
        wf_write_two(output.image[op], y, x, output.width, two);
    if (!output.alpha)
        return;
    const float3 own = (left ? two.left : zero) + (right ? two.right : zero), sum = own + wf_from_other_row(own);
    if (threadIdx.x % 32 < 16 && left) {
        const int rows = y + 1 < output.height ? 2 : 1, columns = right ? 2 : 1;
        wf_write_rgb(output.blend[op], y / 2, x / 2,
                     wf_blended(args.coarser, op, y / 2, x / 2) - (1.0f / (rows * columns)) * sum);
    }
}

template <typename Level>
static __global__ void __launch_bounds__(WF_LEVEL_THREADS, Level::BLOCKS) filter_level(const wf_level_args args)
{
    extern __shared__ __align__(128) float wf_level_shared[];
    float *const light = wf_level_shared, *const logits = wf_level_shared + 3 * Level::REGION;
    const int x0 = blockIdx.x * WF_LEVEL_WIDTH, y0 = blockIdx.y * Level::HEIGHT;
    const int width = args.output.width, height = args.output.height;
    const int2 at = wf_this_two();
    const float *const own = logits + Level::MARGIN + at.y * Level::PITCH + at.x;
    const float *const own_light = light + (at.y + Level::BORDER) * Level::PITCH + at.x + Level::BORDER;
    const bool has_pixels = at.y < Level::HEIGHT; /* all of a warp have, or none */

    wf_follow();
    if (args.light.albedo)
        wf_fill_light<Level>(light, y0, x0, height, width,
                             [&](int y, int x) { return wf_read_light<true>(args.light, y, x, width); });
    else
        wf_fill_light<Level>(light, y0, x0, height, width,
                             [&](int y, int x) { return wf_read_light<false>(args.light, y, x, width); });
    if (args.output.operators >> WF_SPLAT & 1) {
        const float most = wf_fill_splat<Level>(args.splat, logits, y0, x0, height, width);
        const bool is_safe = !__syncthreads_or(!(most < WF_SAFE_LOGIT));
        if (has_pixels)
            wf_store_two(args, WF_SPLAT, wf_filter_two<Level, -1>(own, own_light, is_safe), y0 + at.y, x0 + at.x);
        __syncthreads();
    }
    const bool has_gather = args.output.operators >> WF_GATHER & 1;
    if (!has_gather && !args.output.alpha)
        return;
    const float most =
        wf_fill_gather<Level, true>(args.gather, args.alphas, logits, args.output.alpha, y0, x0, height, width);
    const bool is_safe = !__syncthreads_or(!(most < WF_SAFE_LOGIT));
    if (has_pixels && has_gather)
        wf_store_two(args, WF_GATHER, wf_filter_two<Level, 1>(own, own_light, is_safe), y0 + at.y, x0 + at.x);
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
static __global__ void __launch_bounds__(WF_LEVEL_THREADS, Level::BLOCKS) filter_albedo(const wf_albedo_args args)
{
    extern __shared__ __align__(128) float wf_level_shared[];
    float *const light = wf_level_shared, *const logits = wf_level_shared + 3 * Level::REGION;
    const int x0 = blockIdx.x * WF_LEVEL_WIDTH, y0 = blockIdx.y * Level::HEIGHT;
    const int2 at = wf_this_two();
    wf_follow();
    if (args.albedo.data)
        wf_fill_light<Level>(light, y0, x0, args.height, args.width,
                             [&](int y, int x) { return wf_clamp(wf_clean(wf_read_rgb(args.albedo, y, x)), 0, 1); });
    else
        wf_fill_light<Level>(light, y0, x0, args.height, args.width, [](int, int) { return make_float3(0, 0, 0); });
    const float most = wf_fill_gather<Level, false>(args.logits, -1, logits, NULL, y0, x0, args.height, args.width);
    const bool is_safe = !__syncthreads_or(!(most < WF_SAFE_LOGIT));
    if (at.y >= Level::HEIGHT)
        return;
    const wf_two two =
        wf_filter_two<Level, 1>(logits + Level::MARGIN + at.y * Level::PITCH + at.x,
                                light + (at.y + Level::BORDER) * Level::PITCH + at.x + Level::BORDER, is_safe);
    wf_store_albedo(args, y0 + at.y, x0 + at.x, two.left);
    wf_store_albedo(args, y0 + at.y, x0 + at.x + 1, two.right);
}

#endif
