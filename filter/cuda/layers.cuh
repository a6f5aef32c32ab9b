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

static inline wf_view wf_view_or_none(const wf_tensor *tensor)
{
    return tensor->data ? wf_make_view(tensor) : wf_view{};
}

#endif
