/* layers.cuh -- pixels of a frame's layers, as a network sees them. Private. */
#ifndef WF_CUDA_LAYERS_CUH
#define WF_CUDA_LAYERS_CUH

#include "common.cuh"
#include "network/frame.h"

/* Pixel (y,x) of three planes. */
static __device__ __forceinline__ float3 wf_read_rgb(const wf_view &view, int y, int x)
{
    const float *at = wf_at<const float>(view, 0, 0, y, x);
    return make_float3(__ldg(at), __ldg(at + view.channel), __ldg(at + 2 * view.channel));
}

/* The same where rows are dense, by the pixel's index; 0 of a layer that is absent. */
static inline bool wf_has_dense_rows(const wf_view &view, int64_t width)
{
    return !view.data || (view.column == 1 && view.row == width);
}

static __device__ __forceinline__ float3 wf_read_rgb_at(const wf_view &view, int pixel)
{
    const float *at = (const float *)view.data + pixel;
    return view.data ? make_float3(__ldg(at), __ldg(at + view.channel), __ldg(at + 2 * view.channel))
                     : make_float3(0, 0, 0);
}

static __device__ __forceinline__ void wf_write_rgb(const wf_view &view, int y, int x, float3 rgb)
{
    float *at = wf_at<float>(view, 0, 0, y, x);
    at[0] = rgb.x, at[view.channel] = rgb.y, at[2 * view.channel] = rgb.z;
}

static __device__ __forceinline__ bool wf_is_number(float value)
{
    return fabsf(value) <= (float)WF_LARGEST;
}

/* 0 where a channel is no number. Not &&: that would wait for each channel before it reads the next one. */
static __device__ __forceinline__ float3 wf_clean(float3 rgb)
{
    const bool is_number = wf_is_number(rgb.x) & wf_is_number(rgb.y) & wf_is_number(rgb.z);
    return make_float3(is_number ? rgb.x : 0, is_number ? rgb.y : 0, is_number ? rgb.z : 0);
}

/* The same of a layer that may be absent. */
static __device__ __forceinline__ float3 wf_read_clean(const wf_view &view, int y, int x)
{
    return view.data ? wf_clean(wf_read_rgb(view, y, x)) : make_float3(0, 0, 0);
}

static __device__ __forceinline__ float3 wf_clamp(float3 rgb, float low, float high)
{
    return make_float3(fminf(fmaxf(rgb.x, low), high), fminf(fmaxf(rgb.y, low), high), fminf(fmaxf(rgb.z, low), high));
}

/* 0 where nothing was hit. */
static __device__ __forceinline__ float wf_clean_depth(float depth)
{
    return depth > 0 && depth < (float)WF_FARTHEST ? depth : 0;
}

static __device__ __forceinline__ float wf_read_depth(const wf_view &view, int y, int x)
{
    return view.data ? wf_clean_depth(__ldg(wf_at<const float>(view, 0, 0, y, x))) : 0;
}

/* Whether each pixel of an even column is in one aligned piece with the next one. */
static inline bool wf_is_paired(const wf_view &view)
{
    return view.column == 1 && view.row % 2 == 0 && view.channel % 2 == 0 && (uintptr_t)view.data % 8 == 0;
}

static inline wf_view wf_view_or_none(const wf_tensor *tensor)
{
    return tensor->data ? wf_make_view(tensor) : wf_view{};
}

#endif
