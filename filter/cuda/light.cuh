/* light.cuh -- what the pyramid filters, and how its levels are blended. Private. */
#ifndef WF_CUDA_LIGHT_CUH
#define WF_CUDA_LIGHT_CUH

#include "layers.cuh"
#include "matrix.cuh"

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
    bool is_dense; /* rows of the planes */
};

static inline wf_light_args wf_make_light(const wf_light *light)
{
    const wf_view planes = wf_make_view(&light->planes);
    return {planes, (const uint2 *)light->albedo.data, light->epsilon, light->clean,
            wf_has_dense_rows(planes, light->planes.size[3])};
}

/* A pixel as it is: several are read before the first one is used. */
struct wf_raw_light {
    float3 rgb;
    uint2 albedo; /* 0 where there is none */
};

static __device__ __forceinline__ float3 wf_find_divisor(const uint2 &halves, float epsilon)
{
    const float2 low = __half22float2(*(const __half2 *)&halves.x), high = __half22float2(*(const __half2 *)&halves.y);
    return make_float3(low.x + epsilon, low.y + epsilon, high.x + epsilon);
}

/* Not __ldg: such loads may move ahead of a wait for the kernel that writes what they read. */
static __device__ __forceinline__ wf_raw_light wf_read_raw(const wf_light_args &light, int y, int x, int width)
{
    const float *at = wf_at<const float>(light.planes, 0, 0, y, x);
    return {make_float3(at[0], at[light.planes.channel], at[2 * light.planes.channel]),
            light.albedo ? light.albedo[(size_t)y * width + x] : make_uint2(0, 0)};
}

static __device__ __forceinline__ wf_raw_light wf_read_raw_at(const wf_light_args &light, int pixel)
{
    const float *at = (const float *)light.planes.data + pixel;
    return {make_float3(at[0], at[light.planes.channel], at[2 * light.planes.channel]),
            light.albedo ? light.albedo[pixel] : make_uint2(0, 0)};
}

static __device__ __forceinline__ void wf_prefetch(const wf_view &planes, int y, int x)
{
    const float *at = wf_at<const float>(planes, 0, 0, y, x);
#pragma unroll
    for (int c = 0; c < 3; c++)
        wf_prefetch_line(at + c * planes.channel);
}

static __device__ __forceinline__ float3 wf_demodulate(const wf_light_args &light, float3 rgb, const uint2 &albedo)
{
    const float3 value = light.clean ? wf_clean(rgb) : rgb, divisor = wf_find_divisor(albedo, light.epsilon);
    return make_float3(value.x * wf_reciprocal(divisor.x), value.y * wf_reciprocal(divisor.y),
                       value.z * wf_reciprocal(divisor.z));
}

static __device__ __forceinline__ float3 wf_finish_light(const wf_light_args &light, const wf_raw_light &raw)
{
    if (light.albedo)
        return wf_demodulate(light, raw.rgb, raw.albedo);
    return light.clean ? wf_clean(raw.rgb) : raw.rgb;
}

/* A level's images, what the coarser levels add, and by how much; of both operators. All but the
   finest level's images are dense. */
struct wf_filtered_args {
    wf_view image[WF_OPERATOR_COUNT];
    bool is_paired[WF_OPERATOR_COUNT]; /* images */
    float *blend[WF_OPERATOR_COUNT];
    __half2 *alpha; /* NULL at the coarsest level */
    int width, height;
    unsigned operators; /* that are wanted: a bit of each */
};

static inline wf_filtered_args wf_make_filtered(unsigned operators, const wf_filtered *filtered)
{
    wf_filtered_args args = {};
    for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
        args.image[op] = wf_view_or_none(&filtered->image[op]);
        args.is_paired[op] = wf_is_paired(args.image[op]);
        args.blend[op] = (float *)filtered->blend[op].data;
    }
    args.alpha = (__half2 *)filtered->alpha.data;
    const wf_tensor *any = &filtered->image[operators & 1 << WF_GATHER ? WF_GATHER : WF_SPLAT];
    args.width = (int)any->size[3], args.height = (int)any->size[2];
    args.operators = operators;
    return args;
}

/* A pixel of a dense image of three planes. Not __ldg, likewise. */
static __device__ __forceinline__ float3 wf_read_dense(const float *image, int plane, int pixel)
{
    return make_float3(image[pixel], image[pixel + plane], image[pixel + 2 * plane]);
}

static __device__ __forceinline__ void wf_write_dense(float *image, int plane, int pixel, float3 rgb)
{
    image[pixel] = rgb.x, image[pixel + plane] = rgb.y, image[pixel + 2 * plane] = rgb.z;
}

/* U at a fine pixel; width, height: of the fine image. */
static __device__ __forceinline__ float3 wf_upsample(const float *coarse, int y, int x, int width, int height)
{
    const int coarse_width = (width + 1) / 2, coarse_height = (height + 1) / 2, plane = coarse_width * coarse_height;
    const int y0 = y / 2, x0 = x / 2;
    const int y1 = y % 2 ? min(y0 + 1, coarse_height - 1) : max(y0 - 1, 0);
    const int x1 = x % 2 ? min(x0 + 1, coarse_width - 1) : max(x0 - 1, 0);
    const float3 near = 0.75f * wf_read_dense(coarse, plane, y0 * coarse_width + x0) +
                        0.25f * wf_read_dense(coarse, plane, y0 * coarse_width + x1);
    const float3 far = 0.75f * wf_read_dense(coarse, plane, y1 * coarse_width + x0) +
                       0.25f * wf_read_dense(coarse, plane, y1 * coarse_width + x1);
    return 0.75f * near + 0.25f * far;
}

static __device__ __forceinline__ float wf_sigmoid(float logit)
{
    return wf_reciprocal(1 + wf_exp2(-WF_LOG2_E * logit));
}

static __device__ __forceinline__ float wf_find_alpha(const __half2 &logits, int op)
{
    return wf_sigmoid(__half2float(op == WF_SPLAT ? __high2half(logits) : __low2half(logits)));
}

/* o of a level that is not the finest one. */
static __device__ __forceinline__ float3 wf_blended(const wf_filtered_args &level, int op, int y, int x)
{
    const int pixel = y * level.width + x;
    const float3 image = wf_read_dense((const float *)level.image[op].data, level.width * level.height, pixel);
    if (!level.alpha)
        return image;
    return image +
           wf_find_alpha(level.alpha[pixel], op) * wf_upsample(level.blend[op], y, x, level.width, level.height);
}

#endif
