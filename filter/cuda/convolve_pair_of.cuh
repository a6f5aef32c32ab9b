/* convolve_pair_of.cuh -- the kernels of convolve_pair.cuh, by what they read. Private; for instances. */
#ifndef WF_CUDA_CONVOLVE_PAIR_OF_CUH
#define WF_CUDA_CONVOLVE_PAIR_OF_CUH

#include "convolve_pair.cuh"

/* Where pixel (row, column) of the region lies, in each plane. */
static __device__ __forceinline__ int wf_pair_entry(int row, int column)
{
    return (2 * row + column % 2) * wf_pair_tile::KIND + column / 2;
}

static __device__ __forceinline__ void wf_copy_bytes(uint32_t to, const void *from, int bytes)
{
    for (int i = threadIdx.x * 16; i < bytes; i += wf_pair_tile::THREADS * 16)
        wf_copy16(to + i, (const char *)from + i, true);
}

/* The region's pixels, of an activation. y, x: the block's first pixel. */
static __device__ __forceinline__ void wf_copy_region(uint32_t region, const wf_pair_args &args, int y, int x)
{
    typedef wf_pair_tile tile;
    for (int i = threadIdx.x; i < 2 * tile::ROWS * tile::COLUMNS; i += tile::THREADS) {
        const int upper = i % 2, row = i / 2 / tile::COLUMNS, column = i / 2 % tile::COLUMNS;
        const int at_y = y - 2 + row, at_x = x - 2 + column;
        const bool inside = at_y >= 0 && at_y < args.height && at_x >= 0 && at_x < args.width;
        const size_t pixels = (size_t)args.width * args.height, pixel = inside ? (size_t)at_y * args.width + at_x : 0;
        wf_copy16(region + (upper * tile::PLANE + wf_pair_entry(row, column)) * WF_ENTRY,
                  wf_channel_at(args.input.data, pixels, pixel, upper * WF_LAYER), inside);
    }
}

/* The same of features: first all of a thread's pixels are read, then they are computed with. The frame was there
 * before the kernels that find its exposure, which are waited for in between. */
static __device__ __forceinline__ void wf_make_region(unsigned char *region, const wf_pair_args &args, int y, int x)
{
    typedef wf_pair_tile tile;
    constexpr int PIXELS = (tile::ROWS * tile::COLUMNS + tile::THREADS - 1) / tile::THREADS;
    wf_guides guides[PIXELS];
    const auto find = [&](int i, int &at_y, int &at_x) {
        const int pixel = threadIdx.x + i * tile::THREADS;
        at_y = y - 2 + pixel / tile::COLUMNS, at_x = x - 2 + pixel % tile::COLUMNS;
        return at_y >= 0 && at_y < args.height && at_x >= 0 && at_x < args.width;
    };
    const auto read = [&](auto read_guides) {
#pragma unroll
        for (int i = 0; i < PIXELS; i++) {
            int at_y, at_x;
            find(i, at_y, at_x);
            guides[i] =
                read_guides(args.features, min(max(at_y, 0), args.height - 1), min(max(at_x, 0), args.width - 1));
        }
    };
    if (args.features.width)
        read(wf_read_dense_guides);
    else
        read(wf_read_guides);
    wf_wait_for_kernels();
    const wf_exposure exposure = *args.features.exposure;
#pragma unroll
    for (int i = 0; i < PIXELS; i++) {
        int at_y, at_x;
        uint4 halves[2] = {make_uint4(0, 0, 0, 0), make_uint4(0, 0, 0, 0)};
        if (find(i, at_y, at_x))
            wf_find_features(args.features, exposure, guides[i], halves);
        const int row = at_y - y + 2;
        uint4 *to = (uint4 *)region + wf_pair_entry(row, at_x - x + 2);
        if (row < tile::ROWS) {
            to[0] = halves[0];
            to[tile::PLANE] = halves[1];
        }
    }
}

/* A chunk of the coarse source. */
static __device__ __forceinline__ void wf_copy_coarse(uint32_t to, const wf_pair_args &args, int chunk, int y, int x)
{
    typedef wf_pair_tile tile;
    for (int i = threadIdx.x; i < 2 * tile::COARSE_ENTRIES; i += tile::THREADS) {
        const int upper = i % 2, row = i / 2 / tile::COARSE_PITCH, column = i / 2 % tile::COARSE_PITCH;
        const int at_y = y / 2 - 1 + row, at_x = x / 2 - 1 + column;
        const bool inside = at_y >= 0 && at_y < args.coarse.height && at_x >= 0 && at_x < args.coarse.width;
        const size_t pixels = (size_t)args.coarse.width * args.coarse.height;
        const size_t pixel = inside ? (size_t)at_y * args.coarse.width + at_x : 0;
        wf_copy16(to + (upper * tile::COARSE_PLANE + i / 2) * WF_ENTRY,
                  wf_channel_at(args.coarse.data, pixels, pixel, chunk * WF_CHUNK + upper * WF_LAYER), inside);
    }
}

/* A warp's: of a row's even and odd columns, 16 outputs each. */
typedef float wf_strip_sums[WF_STRIP_ROWS][2][8];

static __device__ __forceinline__ void wf_multiply_pair(float sums[8], const uint32_t a[4], const uint4 &b)
{
    wf_multiply(sums, a, b.x, b.y);
    wf_multiply(sums + 4, a, b.z, b.w);
}

/* 3x3 on the region: the sums' rows and columns are one less than those in the middle of their taps. first: the address
 * of this lane's row in the region of the warp's first pixel. */
static __device__ __forceinline__ void wf_add_region(wf_strip_sums &sums, uint32_t first, const uint4 *weights)
{
    typedef wf_pair_tile tile;
#pragma unroll
    for (int from = 0; from < 4; from++) { /* the 16 pixels of one kind, and the same one further on */
        uint32_t a[WF_STRIP_ROWS + 2][4];
#pragma unroll
        for (int row = 0; row < WF_STRIP_ROWS + 2; row++)
            wf_load_rows(a[row], first + ((2 * row + from % 2) * tile::KIND + from / 2) * WF_ENTRY);
#pragma unroll
        for (int kind = 0; kind < 2; kind++) {
            const int dx = from - kind; /* column 2 j + kind reads columns 2 j + kind + dx */
            if (dx < 0 || dx > 2)
                continue;
#pragma unroll
            for (int dy = 0; dy < 3; dy++) {
                const uint4 b = weights[(dy * 3 + dx) * 32];
#pragma unroll
                for (int row = 0; row < WF_STRIP_ROWS; row++)
                    wf_multiply_pair(sums[row][kind], a[row + dy], b);
            }
        }
    }
}

/* 2x2 on the coarse source: rows 2 i, 2 i + 1 and columns 2 j, 2 j + 1 all read rows i, i + 1 and columns j, j + 1.
 * The even ones are at odd places. */
static __device__ __forceinline__ void wf_add_up(wf_strip_sums &sums, uint32_t first, const uint4 *weights)
{
    typedef wf_pair_tile tile;
#pragma unroll
    for (int right = 0; right < 2; right++) {
        uint32_t a[WF_STRIP_ROWS / 2 + 1][4];
#pragma unroll
        for (int row = 0; row < WF_STRIP_ROWS / 2 + 1; row++)
            wf_load_rows(a[row], first + (row * tile::COARSE_PITCH + right) * WF_ENTRY);
#pragma unroll
        for (int i = 0; i < 8; i++) {
            const int lower = i % 2, kind = i / 2 % 2, odd = i / 4;
            const int place = (1 - odd) * 2 + 1 - kind;
            const uint4 b = weights[(place * 4 + lower * 2 + right) * 32];
#pragma unroll
            for (int row = 0; row < WF_STRIP_ROWS / 2; row++)
                wf_multiply_pair(sums[2 * row + odd][kind], a[row + lower], b);
        }
    }
}

/* The first convolution's outputs into the region, whose column and row 1 are their column and row 0 then. */
static __device__ __forceinline__ void wf_keep_strip(unsigned char *region, const wf_pair_args &args,
                                                     const wf_strip_sums &sums, int row0, int column0, int y, int x)
{
    typedef wf_pair_tile tile;
    const int lane = threadIdx.x % 32, t = lane % 4, column = column0 + 2 * (lane / 4);
    const float4 bias = __ldg((const float4 *)args.bias + t);
    unsigned char *to = region + (t / 2 * tile::PLANE + wf_pair_entry(row0, column)) * WF_ENTRY + t % 2 * 8;
#pragma unroll
    for (int i = 0; i < 4; i++) {
        const int kind = i / 2, half = i % 2, at_x = x - 1 + column + 16 * half + kind;
#pragma unroll
        for (int row = 0; row < WF_STRIP_ROWS; row++) {
            const int at_y = y - 1 + row0 + row;
            const bool inside = (unsigned)at_y < (unsigned)args.height && (unsigned)at_x < (unsigned)args.width;
            const float *low = sums[row][kind] + 2 * half;
            *(uint2 *)(to + ((2 * row + kind) * tile::KIND + 8 * half) * WF_ENTRY) =
                wf_pixel_if(inside, wf_finish_pixel(low, low + 4, bias));
        }
    }
}

/* Rows and columns are those of the block; the strip's last ones may lie beyond it. */
template <bool FEATURES>
static __device__ __forceinline__ void wf_store_strip(const wf_pair_args &args, const wf_strip_sums &sums, int row0,
                                                      int column0, int y, int x)
{
    typedef wf_pair_tile tile;
    const int lane = threadIdx.x % 32, t = lane % 4, is_odd = lane % 2;
    const int pooled_width = (args.width + 1) / 2, pooled_height = (args.height + 1) / 2;
    const size_t pixels = (size_t)args.width * args.height, row_step = (size_t)args.width * WF_LAYER;
    const int column = column0 + 2 * (lane / 4), first_y = y + row0, first_x = x + column;
    const float4 bias = __ldg((const float4 *)args.second_bias + t);
    __half *to = wf_channel_at(args.output, pixels, (size_t)first_y * args.width + first_x + is_odd, t / 2 * WF_LAYER);
    __half *pooled = wf_channel_at(args.pooled, (size_t)pooled_width * pooled_height,
                                   (size_t)(first_y / 2) * pooled_width + first_x / 2, 4 * t);
#pragma unroll
    for (int i = 0; i < WF_STRIP_ROWS; i++) {
        const int row = i / 2 * 2, half = i % 2, at_x = first_x + 16 * half; /* two rows of 8 pairs of pixels */
        const bool is_own = row0 + row < tile::HEIGHT && column + 16 * half < tile::WIDTH;
        uint2 most = make_uint2(0, 0);
#pragma unroll
        for (int below = 0; below < 2; below++) {
            const bool in_row = is_own && first_y + row + below < args.height;
            const float *left = sums[row + below][0] + 2 * half, *right = sums[row + below][1] + 2 * half;
            const uint2 values[] = {wf_finish_pixel(left, left + 4, bias), wf_finish_pixel(right, right + 4, bias)};
            const uint4 pixel = wf_swap_halves(values[0], values[1]);
            uint4 *const at = (uint4 *)(to + (row + below) * row_step + 16 * WF_LAYER * half);
            if (in_row && at_x + is_odd < args.width) {
                if (FEATURES) /* read much later, other than what is pooled */
                    __stcs(at, pixel);
                else
                    *at = pixel;
            }
            most = wf_larger_pixel(most, wf_larger_pixel(wf_pixel_if(in_row && at_x < args.width, values[0]),
                                                         wf_pixel_if(in_row && at_x + 1 < args.width, values[1])));
        }
        if (args.pooled && is_own && first_y + row < args.height && at_x < args.width)
            *(uint2 *)(pooled + ((size_t)(row / 2) * pooled_width + 8 * half) * WF_LAYER) = most;
    }
}

/* A block stays, and works on one tile after the other: while it multiplies, what the next one reads is on its way.
 * That of features is not, and has a tile. */
template <bool COARSE, bool FEATURES>
static __global__ void __launch_bounds__(wf_pair_tile::THREADS, 2) convolve_pair(const wf_pair_args args)
{
    typedef wf_pair_tile tile;
    extern __shared__ __align__(128) unsigned char wf_convolve_shared[];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, upper = lane / 16, pixel = lane % 16;
    const int column0 = warp % tile::ACROSS * WF_STRIP, row0 = warp / tile::ACROSS * WF_STRIP_ROWS;
    const uint32_t shared = wf_shared_address(wf_convolve_shared);
    const uint32_t first = shared + (upper * tile::PLANE + wf_pair_entry(row0, column0) + pixel) * WF_ENTRY;
    unsigned char *const weights = wf_convolve_shared + tile::REGION_BYTES;
    const int coarse_chunks = COARSE ? args.coarse.channels / WF_CHUNK : 0;
    const auto copy_coarse = [&](int i) {
        const int y = i / args.across * tile::HEIGHT, x = i % args.across * tile::WIDTH;
        for (int chunk = 0; chunk < coarse_chunks && i < args.tiles; chunk++)
            wf_copy_coarse(shared + tile::FIXED_BYTES + chunk * tile::COARSE_BYTES, args, chunk, y, x);
    };
    const auto copy_input = [&](int i) {
        if (!FEATURES && i < args.tiles)
            wf_copy_region(shared, args, i / args.across * tile::HEIGHT, i % args.across * tile::WIDTH);
        wf_commit_copies();
    };

    wf_let_follow();
    wf_copy_bytes(shared + tile::REGION_BYTES, args.weights, tile::WEIGHT_BYTES);
    wf_copy_bytes(shared + tile::REGION_BYTES + tile::WEIGHT_BYTES, args.second_weights, tile::WEIGHT_BYTES);
    for (int chunk = 0; chunk < coarse_chunks; chunk++)
        wf_copy_bytes(shared + tile::FIXED_BYTES + chunk * tile::COARSE_BYTES + 2 * tile::COARSE_PLANE * WF_ENTRY,
                      args.up_weights + chunk * WF_UP_TAPS * WF_PAIR_HALVES, tile::COARSE_WEIGHT_BYTES);
    if (!FEATURES)
        wf_wait_for_kernels();
    copy_coarse(blockIdx.x);
    copy_input(blockIdx.x);
    for (int i = blockIdx.x; i < args.tiles; i += gridDim.x) {
        const int y = i / args.across * tile::HEIGHT, x = i % args.across * tile::WIDTH, next = i + gridDim.x;
        if (FEATURES)
            wf_make_region(wf_convolve_shared, args, y, x);
        wf_wait_copies<0>();
        __syncthreads();
        wf_strip_sums sums = {};
        wf_add_region(sums, first, (const uint4 *)weights + lane);
        for (int chunk = 0; chunk < coarse_chunks; chunk++) {
            const int stage = tile::FIXED_BYTES + chunk * tile::COARSE_BYTES;
            const int entry = upper * tile::COARSE_PLANE + row0 / 2 * tile::COARSE_PITCH + column0 / 2 + pixel;
            wf_add_up(sums, shared + stage + entry * WF_ENTRY,
                      (const uint4 *)(wf_convolve_shared + stage + 2 * tile::COARSE_PLANE * WF_ENTRY) + lane);
        }
        __syncthreads();
        copy_coarse(next);
        wf_keep_strip(wf_convolve_shared, args, sums, row0, column0, y, x);
        __syncthreads();
#pragma unroll
        for (int j = 0; j < 16 * WF_STRIP_ROWS; j++)
            sums[j / 16][j / 8 % 2][j % 8] = 0;
        wf_add_region(sums, first, (const uint4 *)(weights + tile::WEIGHT_BYTES) + lane);
        if (!FEATURES) {
            __syncthreads();
            copy_input(next);
        }
        wf_store_strip<FEATURES>(args, sums, row0, column0, y, x);
        if (FEATURES)
            return;
    }
}

template <bool COARSE, bool FEATURES> const void *wf_convolve_pair_of()
{
    return (const void *)convolve_pair<COARSE, FEATURES>;
}

#define WF_INSTANCE(...) template const void *wf_convolve_pair_of<__VA_ARGS__>();

#endif
