/* light.cuh -- what the pyramid filters, and how its levels are blended. Private. */
#ifndef WF_CUDA_LIGHT_CUH
#define WF_CUDA_LIGHT_CUH

#include "layers.cuh"

static __device__ __forceinline__ float3 operator+(float3 a, float3 b)
{
    return make_float3(a.x + b.x, a.y + b.y, a.z + b.z);
}

static __device__ __forceinline__ float3 operator-(float3 a, float3 b)
{
    return make_float3(a.x - b.x, a.y - b.y, a.z - b.z);
}

static __device__ __forceinline__ float3 operator*(float a, float3 b)
{
    return make_float3(a * b.x, a * b.y, a * b.z);
}

struct wf_light_args {
    wf_view planes;
    const uint2 *albedo; /* r, g, b and an unused one in float16 for each pixel; or NULL */
    float epsilon;
    int clean;
};

static inline wf_light_args wf_make_light(const wf_light *light)
{
    return {wf_make_view(&light->planes), (const uint2 *)light->albedo.data, light->epsilon, light->clean};
}

/* The filtered albedo and epsilon. */
static __device__ __forceinline__ float3 wf_read_divisor(const uint2 *albedo, float epsilon, size_t pixel)
{
    const uint2 halves = __ldg(albedo + pixel);
    const float2 low = __half22float2(*(const __half2 *)&halves.x), high = __half22float2(*(const __half2 *)&halves.y);
    return make_float3(low.x + epsilon, low.y + epsilon, high.x + epsilon);
}

/* DIVIDED: by the albedo. Without branches, so that several pixels are read at once. */
template <bool DIVIDED>
static __device__ __forceinline__ float3 wf_read_light(const wf_light_args &light, int y, int x, int width)
{
    const float3 rgb = wf_read_rgb(light.planes, y, x), cleaned = wf_clean(rgb);
    const float3 value =
        make_float3(light.clean ? cleaned.x : rgb.x, light.clean ? cleaned.y : rgb.y, light.clean ? cleaned.z : rgb.z);
    if (!DIVIDED)
        return value;
    const float3 divisor = wf_read_divisor(light.albedo, light.epsilon, (size_t)y * width + x);
    return make_float3(__fdividef(value.x, divisor.x), __fdividef(value.y, divisor.y), __fdividef(value.z, divisor.z));
}

/* A level's images, what the coarser levels add, and by how much; of both operators. */
struct wf_filtered_args {
    wf_view image[WF_OPERATOR_COUNT], blend[WF_OPERATOR_COUNT];
    __half2 *alpha; /* NULL at the coarsest level */
    int width, height;
    unsigned operators; /* that are wanted: a bit of each */
};

static inline wf_filtered_args wf_make_filtered(unsigned operators, const wf_filtered *filtered)
{
    wf_filtered_args args = {};
    for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
        args.image[op] = wf_view_or_none(&filtered->image[op]);
        args.blend[op] = wf_view_or_none(&filtered->blend[op]);
    }
    args.alpha = (__half2 *)filtered->alpha.data;
    const wf_tensor *any = &filtered->image[operators & 1 << WF_GATHER ? WF_GATHER : WF_SPLAT];
    args.width = (int)any->size[3], args.height = (int)any->size[2];
    args.operators = operators;
    return args;
}

/* U at a fine pixel. */
static __device__ __forceinline__ float3 wf_upsample(const wf_view &coarse, int y, int x, int width, int height)
{
    const int y0 = y / 2, x0 = x / 2;
    const int y1 = y % 2 ? min(y0 + 1, (height + 1) / 2 - 1) : max(y0 - 1, 0);
    const int x1 = x % 2 ? min(x0 + 1, (width + 1) / 2 - 1) : max(x0 - 1, 0);
    const float3 near = 0.75f * wf_read_rgb(coarse, y0, x0) + 0.25f * wf_read_rgb(coarse, y0, x1);
    const float3 far = 0.75f * wf_read_rgb(coarse, y1, x0) + 0.25f * wf_read_rgb(coarse, y1, x1);
    return 0.75f * near + 0.25f * far;
}

static __device__ __forceinline__ float wf_sigmoid(float logit)
{
    return __fdividef(1, 1 + __expf(-logit));
}

/* o of a level. */
static __device__ __forceinline__ float3 wf_blended(const wf_filtered_args &level, int op, int y, int x)
{
    const float3 image = wf_read_rgb(level.image[op], y, x);
    if (!level.alpha)
        return image;
    const __half2 logits = level.alpha[(size_t)y * level.width + x];
    const float alpha = wf_sigmoid(__half2float(op == WF_SPLAT ? __high2half(logits) : __low2half(logits)));
    return image + alpha * wf_upsample(level.blend[op], y, x, level.width, level.height);
}

#endif
