/* albedo_of.cuh -- the kernels of albedo.cuh, by shape. Private; for instances. */
#ifndef WF_CUDA_ALBEDO_OF_CUH
#define WF_CUDA_ALBEDO_OF_CUH

#include "albedo.cuh"

/* Returns what was stored. */
static __device__ __forceinline__ uint2 wf_store_albedo(const wf_albedo_args &args, int y, int x, float3 rgb)
{
    const uint2 halves = make_uint2(wf_bits(__floats2half2_rn(rgb.x, rgb.y)), wf_bits(__floats2half2_rn(rgb.z, 0)));
    if (y < args.height && x < args.width)
        args.output[(size_t)y * args.width + x] = halves;
    return halves;
}

/* Of the light of a thread's two pixels, the left one at (y,x), as wf_this_two has them, in a tile of
   16 x 32. tile: shared memory. */
static __device__ __forceinline__ void wf_halve_tile(const wf_halves &halves, float3 *tile, const wf_albedo_args &args,
                                                     float3 left, float3 right, int y, int x)
{
    constexpr int ROWS = 8, COLUMNS = WF_LEVEL_WIDTH / 2;
    const float3 own = wf_add_rounded(left, x + 1 < args.width ? right : left), other = wf_from_other_row(own);
    const float3 mean = wf_halve(own, y + 1 < args.height ? other : own); /* for lanes of even rows */
    const int row = threadIdx.x / 32, column = threadIdx.x % 32;
    if (column < COLUMNS) {
        tile[row * COLUMNS + column] = mean;
        if (y < args.height && x < args.width)
            wf_write_dense(halves.images[0], halves.width * halves.height, y / 2 * halves.width + x / 2, mean);
    }
    __syncthreads();
    if (row == 0)
        wf_halve_further(halves, tile, ROWS, COLUMNS, (int)blockIdx.y * ROWS, (int)blockIdx.x * COLUMNS);
}

template <typename Level>
static __global__ void __launch_bounds__(WF_LEVEL_THREADS, Level::ALBEDO_BLOCKS)
    filter_albedo(const wf_albedo_args args)
{
    extern __shared__ __align__(128) float wf_level_shared[];
    static_assert(Level::HEIGHT * WF_LEVEL_WIDTH == 2 * WF_LEVEL_THREADS, "a thread has two pixels");
    float *const light = wf_level_shared;
    __half *const logits = (__half *)(wf_level_shared + 3 * Level::REGION);
    const int x0 = blockIdx.x * WF_LEVEL_WIDTH, y0 = blockIdx.y * Level::HEIGHT;
    const int2 at = wf_this_two();
    wf_follow_in_turn();
    if (args.halves.count)
        wf_prefetch(args.light.planes, min(y0 + at.y, args.height - 1), min(x0 + at.x, args.width - 1));
    wf_area_start<Level, false> start = wf_start_area<Level, false>(args.logits, y0, x0, args.height, args.width);
    wf_fill_light<Level, float3>(
        light, y0, x0, args.height, args.width, args.is_dense,
        [&](int y, int x) { return args.albedo.data ? wf_read_rgb(args.albedo, y, x) : make_float3(0, 0, 0); },
        [&](int pixel) { return wf_read_rgb_at(args.albedo, pixel); },
        [&](float3 rgb) { return wf_clamp(wf_clean(rgb), 0, 1); });
    wf_fill_logits<Level, false>(args.logits, start, logits, Level::TAPS, y0, args.height, args.width);
    __syncthreads();
    __half *const own = logits + at.y * wf_logit_area<Level, false>::PITCH + at.x;
    if (!wf_is_inner<Level>(y0, x0, args.height, args.width))
        wf_cut_off<Level, false>(own, y0 + at.y, x0 + at.x, args.height, args.width);
    wf_two two, none;
    wf_filter_two<Level, true, false>(own, own, light + (at.y + Level::BORDER) * Level::PITCH + at.x + Level::BORDER,
                                      two, none);
    const int y = y0 + at.y, x = x0 + at.x;
    const uint2 albedos[] = {wf_store_albedo(args, y, x, two.left), wf_store_albedo(args, y, x + 1, two.right)};
    if (args.halves.count == 0)
        return;
    float left[3] = {}, right[3] = {};
    const bool has_right = x + 1 < args.width;
    if (y < args.height && x < args.width)
        wf_read_two_pixels(args.light.planes, args.is_paired && has_right, y, x, has_right, left, right);
    const float3 lights[] = {wf_demodulate(args.light, make_float3(left[0], left[1], left[2]), albedos[0]),
                             wf_demodulate(args.light, make_float3(right[0], right[1], right[2]), albedos[1])};
    __syncthreads(); /* the tile's logits are read */
    wf_halve_tile(args.halves, (float3 *)logits, args, lights[0], lights[1], y, x);
}

template <typename Level> const void *wf_filter_albedo_of()
{
    return (const void *)filter_albedo<Level>;
}

#define WF_INSTANCE(...) template const void *wf_filter_albedo_of<wf_level<__VA_ARGS__>>();

#endif
