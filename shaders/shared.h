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

/* The values of wf_mode, wf_operator and wf_dtype, checked by static assertions in filter/vulkan/filter.c. */
#define WF_SHARED_NORMALIZED 1
#define WF_SHARED_SOFTMAX    2
#define WF_SHARED_GATHER     0
#define WF_SHARED_SPLAT      1
#define WF_SHARED_FLOAT32    0
#define WF_SHARED_FLOAT16    1
#define WF_SHARED_BFLOAT16   2

/* No wf_mode: weights are logits, divided by the exponential of the source's coverage. */
#define WF_SHARED_GIVEN_SOFTMAX 3

/* Threads of a workgroup where it is not chosen by specialization: wide and flat, so that a
   warp reads whole cache lines. */
#define WF_GROUP_WIDTH  64
#define WF_GROUP_HEIGHT 4

#define WF_SHARED_LOG2_E 1.44269504 /* of e */

/* Of a softmax's factors, in figures of kernels (filter/summary.h, summarize.comp.glsl): less would be 0 in float32. */
#define WF_SHARED_LEAST_EXPONENT -200

/* Pixels of a column that one thread of predict computes. */
#define WF_THREAD_ROWS 4

/* Threads of a workgroup of sum.comp.glsl. */
#define WF_SUM_THREADS 256

/* Specialization constants of kernel.glsl: of gather, splat, gather_splat and grad_weight. */
#define WF_KERNEL_GROUP_WIDTH  0 /* threads of a workgroup */
#define WF_KERNEL_GROUP_HEIGHT 1
#define WF_KERNEL_PIXELS       2 /* neighboring pixels of a thread */
#define WF_KERNEL_GROUPS       3 /* groups of as many taps, that are read before they are used */
#define WF_KERNEL_HEIGHT       4
#define WF_KERNEL_WIDTH        5
#define WF_KERNEL_DILATION     6
#define WF_KERNEL_MODE         7
#define WF_KERNEL_CHANNELS     8 /* that a thread works on at once */
#define WF_KERNEL_INPUT_TYPE   9
#define WF_KERNEL_WEIGHT_TYPE  10
#define WF_KERNEL_OUTPUT_TYPE  11
#define WF_KERNEL_INPUT_STEP   12 /* strides in W */
#define WF_KERNEL_WEIGHT_STEP  13
#define WF_KERNEL_OUTPUT_STEP  14

/* More of filter.glsl. */
#define WF_FILTER_COVERAGE   15
#define WF_FILTER_EXTRA_STEP 16

/* More of grad_weight.comp.glsl. */
#define WF_GRAD_WEIGHT_SPLAT    15
#define WF_GRAD_WEIGHT_OWN_TYPE 16
#define WF_GRAD_WEIGHT_OWN_STEP 17
#define WF_GRAD_WEIGHT_ONE_PASS 18

/* Specialization constants of destinations.comp.glsl. */
#define WF_DESTINATIONS_TYPE          0
#define WF_DESTINATIONS_NORMALIZED    1
#define WF_DESTINATIONS_GRADIENT_STEP 2
#define WF_DESTINATIONS_OUTPUT_STEP   3
#define WF_DESTINATIONS_COVERAGE_STEP 4

/* Specialization constants of sum.comp.glsl. */
#define WF_SUM_TYPE 0
#define WF_SUM_STEP 1
#define WF_SUM_LAST 2

/* Specialization constants of predict.comp.glsl. */
#define WF_PREDICT_KERNEL_HEIGHT 0
#define WF_PREDICT_KERNEL_WIDTH  1
#define WF_PREDICT_WEIGHT_HALF   2

/* Specialization constant of pick.comp.glsl. */
#define WF_PICK_TYPE 0

/* Specialization constant of summarize.comp.glsl, and the planes that it may write: wf_figure's values, checked by
 * static assertions in filter/vulkan/summarize.c. */
#define WF_SUMMARIZE_TYPE        0
#define WF_SHARED_FIGURE_SUM     0
#define WF_SHARED_FIGURE_ENTROPY 1
#define WF_SHARED_FIGURE_RADIUS  2
#define WF_SHARED_FIGURE_OWN     3
#define WF_SHARED_FIGURE_BLEND   4
#define WF_SHARED_FIGURES        5

#define WF_MAX_SPECIALIZATIONS 21

/* Push constants: at most 128 bytes, for one image of a batch. Every block starts with first_group, which is added to
 * gl_WorkGroupID. *_data are device addresses, 0 for an absent tensor; *_row, *_channel and *_tap are strides, in
 * elements. */

/* Of filter.glsl. extra is the coverage, written or (WF_SHARED_GIVEN_SOFTMAX) read, or gather_splat's second output. */
struct wf_filter_push {
    int first_group_x, first_group_y;
    int width, height, channels;
    int input_row, weight_row, output_row, extra_row;
    uint64_t input_data, weight_data, bias_data, output_data, extra_data;
    int64_t input_channel, weight_tap, output_channel, extra_channel;
};

/* Of grad_weight.comp.glsl. values_data: the planes D and L of destinations.comp.glsl. */
struct wf_grad_weight_push {
    int first_group_x, first_group_y;
    int width, height, channels;
    int own_row, input_row, weight_row, output_row;
    uint64_t own_data, input_data, weight_data, output_data, values_data;
    int64_t own_channel, input_channel, weight_tap, output_tap;
};

/* Of destinations.comp.glsl. */
struct wf_destinations_push {
    int first_group_x, first_group_y;
    int width, height, channels;
    int gradient_row, output_row, coverage_row;
    uint64_t gradient_data, output_data, coverage_data, bias_data, values_data;
    int64_t gradient_channel, output_channel;
};

/* Of sum.comp.glsl. */
struct wf_sum_push {
    int first_group_x, first_group_y;
    int width, height;
    int shares; /* of the rows */
    int row;
    uint64_t data, sums_data;
    int64_t channel, sums_channel;
};

/* Of step_down.comp.glsl and step_up.comp.glsl. width and height are the finer level's; the coarser one is dense. */
struct wf_step_push {
    int first_group_x, first_group_y;
    int width, height, channels;
    int subtract, alpha_half;
    int fine_row, fine_step, alpha_row, alpha_step;
    uint64_t fine_data, coarse_data, alpha_data;
    int64_t fine_channel;
};

/* Of pick.comp.glsl. */
struct wf_pick_push {
    int first_group_x, first_group_y;
    int width, height; /* of the weights' image */
    int x, y, rows, columns;
    int kernel_height, kernel_width, dilation, taps, landing;
    int weight_row, weight_step;
    uint64_t weight_data, output_data;
    int64_t weight_tap;
};

/* Of summarize.comp.glsl. width and height are the weights'; outputs, 0 where nothing is asked
   for, are planes of another size. */
struct wf_summarize_push {
    int first_group_x, first_group_y;
    int width, height, output_width, output_height;
    int kernel_height, kernel_width, dilation, mode, landing, level;
    int alpha_half, alpha_is_logit;
    int weight_row, weight_step;
    uint64_t weight_data, alpha_data;
    uint64_t output_data[WF_SHARED_FIGURES];
    int64_t weight_tap;
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
