/* features.cuh -- the network's input at one pixel. Private. */
#ifndef WF_CUDA_FEATURES_CUH
#define WF_CUDA_FEATURES_CUH

#include "follow.cuh"
#include "layers.cuh"
#include "matrix.cuh"

struct wf_features_args {
    wf_view color, albedo, normal, depth;
    const wf_exposure *exposure;
    int width; /* of layers whose rows all are dense; 0 where these are not */
    float scale[WF_FEATURE_COUNT], gain[WF_FEATURE_COUNT], epsilon;
};

static inline wf_features_args wf_make_features_args(const wf_features_call *call)
{
    wf_features_args args = {};
    args.color = wf_view_or_none(&call->layers.color);
    args.albedo = wf_view_or_none(&call->layers.albedo);
    args.normal = wf_view_or_none(&call->layers.normal);
    args.depth = wf_view_or_none(&call->layers.depth);
    args.exposure = call->exposure;
    const int64_t *size = call->layers.color.size;
    const bool is_dense = size[2] * size[3] <= INT32_MAX && wf_has_dense_rows(args.color, size[3]) &&
                          wf_has_dense_rows(args.albedo, size[3]) && wf_has_dense_rows(args.normal, size[3]) &&
                          wf_has_dense_rows(args.depth, size[3]);
    args.width = is_dense ? (int)size[3] : 0;
    for (int i = 0; i < WF_FEATURE_COUNT; i++)
        args.scale[i] = call->scale[i], args.gain[i] = call->gain[i];
    args.epsilon = call->epsilon;
    return args;
}

/* ln(1 + gain * light): what 1 + x loses of a small x is less than float16 has. */
static __device__ __forceinline__ float wf_compress_light(const wf_features_args &args, int feature, float light)
{
    return args.scale[feature] * WF_LN_2 * wf_log2(1 + args.gain[feature] * light);
}

static __device__ __forceinline__ uint32_t wf_two_halves(float low, float high)
{
    return wf_bits(__floats2half2_rn(low, high));
}

/* A pixel of the frame's layers, as it is; 0 of those that are absent. */
struct wf_guides {
    float3 color, albedo, normal;
    float depth;
};

static __device__ __forceinline__ wf_guides wf_read_guides(const wf_features_args &args, int y, int x)
{
    const float3 none = make_float3(0, 0, 0);
    return {wf_read_rgb(args.color, y, x), args.albedo.data ? wf_read_rgb(args.albedo, y, x) : none,
            args.normal.data ? wf_read_rgb(args.normal, y, x) : none,
            args.depth.data ? __ldg(wf_at<const float>(args.depth, 0, 0, y, x)) : 0};
}

/* The same where rows are dense: with one index for all layers. */
static __device__ __forceinline__ wf_guides wf_read_dense_guides(const wf_features_args &args, int y, int x)
{
    const int pixel = y * args.width + x;
    return {wf_read_rgb_at(args.color, pixel), wf_read_rgb_at(args.albedo, pixel), wf_read_rgb_at(args.normal, pixel),
            args.depth.data ? __ldg((const float *)args.depth.data + pixel) : 0};
}

/* Channels 0 ... 7 and 8 ... 15, in float16. */
static __device__ __forceinline__ void wf_find_features(const wf_features_args &args, const wf_exposure &exposure,
                                                        const wf_guides &guides, uint4 halves[2])
{
    const float3 color = wf_clean(guides.color);
    const float3 albedo = wf_clamp(wf_clean(guides.albedo), 0, 1);
    const float3 normal = wf_clamp(wf_clean(guides.normal), -1, 1);
    const float depth = wf_clean_depth(guides.depth);
    const float colors[] = {color.x, color.y, color.z}, albedos[] = {albedo.x, albedo.y, albedo.z};
    float light[3], demodulated[3];
#pragma unroll
    for (int c = 0; c < 3; c++) {
        const float exposed = fmaxf(exposure.exposure * colors[c], 0);
        light[c] = wf_compress_light(args, WF_FEATURE_COLOR, exposed);
        demodulated[c] =
            wf_compress_light(args, WF_FEATURE_DEMODULATED, exposed * wf_reciprocal(albedos[c] + args.epsilon));
    }
    const float a = args.scale[WF_FEATURE_ALBEDO], n = args.scale[WF_FEATURE_NORMAL];
    const float relative =
        fminf(fmaxf(WF_LN_2 * wf_log2(depth) - exposure.mean_log_depth, (float)-WF_DEPTH_LIMIT), (float)WF_DEPTH_LIMIT);
    const float d = args.scale[WF_FEATURE_DEPTH] * (depth > 0 ? relative : (float)WF_NO_DEPTH);
    halves[0] = make_uint4(wf_two_halves(light[0], light[1]), wf_two_halves(light[2], demodulated[0]),
                           wf_two_halves(demodulated[1], demodulated[2]), wf_two_halves(a * albedo.x, a * albedo.y));
    halves[1] = make_uint4(wf_two_halves(a * albedo.z, n * normal.x), wf_two_halves(n * normal.y, n * normal.z),
                           wf_two_halves(d, 0), 0);
}

#endif
