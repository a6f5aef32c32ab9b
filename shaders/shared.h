/* shared.h -- constants and structs that C and GLSL share. Included by both; keep to what both can read. GLSL gives the
 * structs the scalar block layout. */
#ifndef WF_SHARED_H
#define WF_SHARED_H

#ifdef VULKAN /* GLSL */
#extension GL_EXT_scalar_block_layout : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#else
#include <stdint.h>
#endif

/* Divides by at least this (WF_MIN_SUM of wf.h, checked there by a static assertion in filter/wf.c). */
#define WF_SHARED_MIN_SUM 1e-6

/* The values of wf_mode, checked by static assertions in filter/vulkan/filter.c. */
#define WF_SHARED_NORMALIZED 1
#define WF_SHARED_SOFTMAX    2

/* Threads of a workgroup: wide and flat, so that a warp reads whole cache lines. */
#define WF_GROUP_WIDTH  64
#define WF_GROUP_HEIGHT 4

/* Pixels of a column that one thread of gather, splat or predict computes. */
#define WF_THREAD_ROWS 4

/* Specialization constants of gather.comp.glsl and splat.comp.glsl. */
#define WF_FILTER_KERNEL_HEIGHT 0
#define WF_FILTER_KERNEL_WIDTH  1
#define WF_FILTER_DILATION      2
#define WF_FILTER_MODE          3
#define WF_FILTER_CHANNELS      4 /* filtered by a thread with one reading of the weights */
#define WF_FILTER_IMAGE_HALF    5 /* input and output are float16 */
#define WF_FILTER_WEIGHT_HALF   6

/* Specialization constants of predict.comp.glsl. */
#define WF_PREDICT_KERNEL_HEIGHT 0
#define WF_PREDICT_KERNEL_WIDTH  1
#define WF_PREDICT_WEIGHT_HALF   2

#define WF_MAX_SPECIALIZATIONS 8

/* Push constants: at most 128 bytes, for one image of a batch. Every block starts with first_group, which is added to
 * gl_WorkGroupID. *_data are device addresses, 0 for an absent tensor; *_row, *_channel and *_tap are strides, in
 * elements. */

/* Of gather.comp.glsl and splat.comp.glsl. */
struct wf_filter_push {
    int first_group_x, first_group_y;
    int width, height, channels;
    uint64_t input_data, weight_data, bias_data, output_data;
    int64_t input_row, input_channel;
    int64_t weight_row, weight_tap;
    int64_t output_row, output_channel;
};

/* Of compress.comp.glsl. The scratch image is dense. */
struct wf_compress_push {
    int first_group_x, first_group_y;
    int width, height;
    uint64_t color_data, scratch_data;
    int64_t color_row, color_channel;
    float scale; /* of T as it is written; confidence follows it as a fourth channel */
    float firefly_ratio;
};

/* Of predict.comp.glsl. Differences are scaled by 1 / (sqrt(2) sigma), in scratch already. */
struct wf_predict_push {
    int first_group_x, first_group_y;
    int width, height;
    float space_scale, albedo_scale, normal_scale, depth_scale;
    uint64_t scratch_data, albedo_data, normal_data, depth_data, weight_data;
    int64_t albedo_row, albedo_channel;
    int64_t normal_row, normal_channel;
    int64_t depth_row;
    int64_t weight_row, weight_tap;
};

#endif
