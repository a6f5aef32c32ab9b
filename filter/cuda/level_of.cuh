/* level_of.cuh -- the kernels of level.cuh, by operators and shape. Private; for instances. */
#ifndef WF_CUDA_LEVEL_OF_CUH
#define WF_CUDA_LEVEL_OF_CUH

#include "level.cuh"

/* A thread's two pixels of an operator's image. The left one is (y,x), in an even column; lanes 0 ... 15 have an even
 * row. Returns the mean over the coarse pixel. For all lanes of a warp. */
static __device__ __forceinline__ float3 wf_store_two(const wf_filtered_args &output, int op, const wf_two &two, int y,
                                                      int x)
{
    const float3 zero = make_float3(0, 0, 0);
    const bool left = y < output.height && x < output.width, right = left && x + 1 < output.width;
    const float lefts[] = {two.left.x, two.left.y, two.left.z}, rights[] = {two.right.x, two.right.y, two.right.z};
    if (left)
        wf_write_two_pixels<false>(output.image[op], output.is_paired[op] && right, y, x, right, lefts, rights);
    const float3 own = (left ? two.left : zero) + (right ? two.right : zero), sum = own + wf_from_other_row(own);
    const float rows = (y | 1) < output.height ? 0.5f : 1, columns = x + 1 < output.width ? 0.5f : 1;
    return rows * columns * sum;
}

/* The alphas of two pixels, whose logits are at `from` and a plane further on. */
static __device__ __forceinline__ void wf_store_alphas(const wf_filtered_args &output, const __half *from, int plane,
                                                       int y, int x)
{
    const __half2 gather = *(const __half2 *)from, splat = *(const __half2 *)(from + plane);
    __half2 *to = output.alpha + (size_t)y * output.width + x;
    if (y < output.height && x < output.width)
        to[0] = __halves2half2(__low2half(gather), __low2half(splat));
    if (y < output.height && x + 1 < output.width)
        to[1] = __halves2half2(__high2half(gather), __high2half(splat));
}

/* What the coarser level adds to a coarse pixel. The lane of the even row takes gather, the other one splat. */
static __device__ __forceinline__ void wf_store_blend(const wf_level_args &args, const float3 &gather,
                                                      const float3 &splat, int y, int x)
{
    const wf_filtered_args &output = args.output;
    const int op = threadIdx.x % 32 < 16 ? WF_GATHER : WF_SPLAT;
    const float3 mean = op == WF_SPLAT ? splat : gather;
    if (!(output.operators >> op & 1) || y / 2 * 2 >= output.height || x >= output.width)
        return;
    const int coarse_width = (output.width + 1) / 2, plane = coarse_width * ((output.height + 1) / 2);
    wf_write_dense(output.blend[op], plane, y / 2 * coarse_width + x / 2,
                   wf_blended(args.coarser, op, y / 2, x / 2) - mean);
}

template <typename Level, bool GATHER, bool SPLAT>
static __global__ void __launch_bounds__(WF_LEVEL_THREADS, Level::BLOCKS) filter_level(const wf_level_args args)
{
    typedef wf_logit_area<Level, false> gather_area;
    typedef wf_logit_area<Level, true> splat_area;
    extern __shared__ __align__(128) float wf_level_shared[];
    float *const light = wf_level_shared;
    __half *const gather_logits = (__half *)(wf_level_shared + 3 * Level::REGION);
    __half *const splat_logits = gather_logits + gather_area::PLANE * gather_area::PLANES;
    const int x0 = blockIdx.x * WF_LEVEL_WIDTH, y0 = blockIdx.y * Level::HEIGHT;
    const int width = args.output.width, height = args.output.height;
    const int2 at = wf_this_two();
    const int y = y0 + at.y, x = x0 + at.x;
    const bool is_inner = wf_is_inner<Level>(y0, x0, height, width);
    const float *const own_light = light + (at.y + Level::BORDER) * Level::PITCH + at.x + Level::BORDER;
    const bool has_pixels = at.y < Level::HEIGHT; /* all of a warp have, or none */
    __half *const own_gather = gather_logits + at.y * gather_area::PITCH + at.x;
    __half *const own_splat = splat_logits + at.y * splat_area::PITCH + at.x;
    float3 gather_mean = make_float3(0, 0, 0), splat_mean = gather_mean;

    const auto fill_light = [&] {
        wf_fill_light<Level, wf_raw_light>(
            light, y0, x0, height, width, args.light.is_dense,
            [&](int y, int x) { return wf_read_raw(args.light, y, x, width); },
            [&](int pixel) { return wf_read_raw_at(args.light, pixel); },
            [&](const wf_raw_light &raw) { return wf_finish_light(args.light, raw); });
    };

    /* Logits are on their way while the kernel before still makes the light. Only a coarser
       level's output is needed late. */
    const bool is_early = Level::LOGITS_FIRST && args.before == WF_BEFORE_LIGHT;
    if (args.before != WF_BEFORE_COARSER && !is_early)
        wf_wait_for_kernels();
    if (!is_early)
        wf_let_follow();
    wf_area_start<Level, true> splat_start;
    if (SPLAT)
        splat_start = wf_start_area<Level, true>(args.splat, y0, x0, height, width);
    if (!Level::LOGITS_FIRST)
        fill_light();
    if (SPLAT)
        wf_fill_logits<Level, true>(args.splat, splat_start, splat_logits, Level::TAPS, y0, height, width);
    wf_area_start<Level, false> gather_start = wf_start_area<Level, false>(args.gather, y0, x0, height, width);
    if (GATHER || args.output.alpha)
        wf_fill_logits<Level, false>(args.gather, gather_start, gather_logits,
                                     Level::TAPS + (args.output.alpha ? 2 : 0), y0, height, width);
    if (is_early)
        wf_follow_in_turn();
    if (Level::LOGITS_FIRST)
        fill_light();
    __syncthreads();
    if (has_pixels) {
        if (!is_inner && SPLAT)
            wf_cut_off<Level, true>(own_splat, y, x, height, width);
        if (!is_inner && GATHER)
            wf_cut_off<Level, false>(own_gather, y, x, height, width);
        wf_two gathered = {}, landed = {};
        wf_filter_two<Level, GATHER, SPLAT>(own_gather, own_splat, own_light, gathered, landed);
        if (GATHER)
            gather_mean = wf_store_two(args.output, WF_GATHER, gathered, y, x);
        if (SPLAT)
            splat_mean = wf_store_two(args.output, WF_SPLAT, landed, y, x);
        if (args.output.alpha)
            wf_store_alphas(args.output, own_gather + Level::TAPS * gather_area::PLANE, gather_area::PLANE, y, x);
    }
    if (args.before == WF_BEFORE_COARSER)
        wf_wait_for_kernels();
    if (has_pixels && args.output.alpha)
        wf_store_blend(args, gather_mean, splat_mean, y, x);
    if (args.blend.counters)
        wf_blend_finished<Level::HEIGHT, WF_LEVEL_THREADS>(args.blend, args.output, wf_level_shared);
}

template <typename Level, bool GATHER, bool SPLAT> const void *wf_filter_level_of()
{
    return (const void *)filter_level<Level, GATHER, SPLAT>;
}

#define WF_INSTANCE(gather, splat, ...) template const void *wf_filter_level_of<wf_level<__VA_ARGS__>, gather, splat>();

#endif
