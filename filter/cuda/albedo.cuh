/* albedo.cuh -- the albedo's filter in one kernel: its head, softmax, gather. Private. */
#ifndef WF_CUDA_ALBEDO_CUH
#define WF_CUDA_ALBEDO_CUH

#include "level.cuh"

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
static __global__ void __launch_bounds__(WF_LEVEL_THREADS, Level::ALBEDO_BLOCKS)
    filter_albedo(const wf_albedo_args args)
{
    extern __shared__ __align__(128) float wf_level_shared[];
    float *const light = wf_level_shared;
    __half *const logits = (__half *)(wf_level_shared + 3 * Level::REGION);
    const int x0 = blockIdx.x * WF_LEVEL_WIDTH, y0 = blockIdx.y * Level::HEIGHT;
    const int2 at = wf_this_two();
    wf_follow();
    wf_area_row<Level, false> row = wf_first_row<Level, false>(args.logits, y0, x0, args.height, args.width);
    wf_fill_light<Level, float3>(
        light, y0, x0, args.height, args.width,
        [&](int y, int x) { return args.albedo.data ? wf_read_rgb(args.albedo, y, x) : make_float3(0, 0, 0); },
        [&](float3 rgb) { return wf_clamp(wf_clean(rgb), 0, 1); });
    wf_fill_logits<Level, false>(args.logits, row, logits, Level::TAPS, y0, args.height, args.width);
    __syncthreads();
    if (at.y >= Level::HEIGHT)
        return;
    __half *const own = logits + at.y * wf_logit_area<Level, false>::PITCH + at.x;
    if (!wf_is_inner<Level>(y0, x0, args.height, args.width))
        wf_cut_off<Level, false>(own, y0 + at.y, x0 + at.x, args.height, args.width);
    wf_two two, none;
    wf_filter_two<Level, true, false>(own, own, light + (at.y + Level::BORDER) * Level::PITCH + at.x + Level::BORDER,
                                      two, none);
    wf_store_albedo(args, y0 + at.y, x0 + at.x, two.left);
    wf_store_albedo(args, y0 + at.y, x0 + at.x + 1, two.right);
}

/* The kernel. Its definition stands in instances, so that nothing else compiles it. */
template <typename Level> const void *wf_filter_albedo_of();

#undef WF_INSTANCE
#define WF_INSTANCE(...)                                                                                               \
    template <typename Level> const void *wf_filter_albedo_of()                                                        \
    {                                                                                                                  \
        return (const void *)filter_albedo<Level>;                                                                     \
    }                                                                                                                  \
    template const void *wf_filter_albedo_of<wf_level<__VA_ARGS__>>();

#endif
