/* kernel.h -- how the shaders that include kernel.glsl are specialized and divided. Private to filter/vulkan. */
#ifndef WF_VULKAN_KERNEL_H
#define WF_VULKAN_KERNEL_H

#include "device.h"

typedef enum vulkan_work {
    VULKAN_GATHER,
    VULKAN_SPLAT,
    VULKAN_GATHER_SPLAT,
    VULKAN_GRAD_WEIGHT,
    VULKAN_WORK_COUNT
} vulkan_work;

/* How the work is divided among threads. */
typedef struct vulkan_shape {
    int pixels;        /* neighboring ones of a thread: 1, 2, 4 or 8 */
    int groups;        /* groups of as many taps, that are read before they are used */
    int channels;      /* that a thread works on at once, at most */
    int width, height; /* threads of a workgroup */
} vulkan_shape;

/* Measured: see shape.c. pixels: the most that the tensors' alignment allows. bytes: of a weight. */
vulkan_shape wf_vulkan_choose_shape(vulkan_work work, int kernel_width, int64_t bytes, int pixels);

/* The most neighboring pixels that can be read and written at once in each of the tensors; those without data count as
 * aligned, absent ones not at all. */
int wf_vulkan_aligned_pixels(const wf_filter *filter, const wf_tensor *const *tensors, int count);

/* WF_ERROR_UNSUPPORTED where a stride in H or W does not fit into 32 bits. Absent tensors are fine. */
wf_result wf_vulkan_check_strides(const wf_log *log, const char *name, const wf_tensor *tensor);

/* Strides in H and W, those of axes of size 1 replaced. */
int32_t wf_vulkan_row(const wf_tensor *tensor);
int32_t wf_vulkan_step(const wf_tensor *tensor);

/* Sets the specialization constants that say how work is divided and what the filter is. channels: of the image. */
void wf_vulkan_specialize(vulkan_pipeline *pipeline, const vulkan_shape *shape, const wf_filter *filter,
                          int64_t channels);

/* Workgroups that share a pixel, each with channels of its own: at least one. */
int64_t wf_vulkan_passes(const vulkan_shape *shape, int64_t channels);

/* What filter.glsl is told. */
typedef struct vulkan_filter {
    vulkan_work work;
    wf_filter filter;
    int given_softmax; /* instead of filter.mode: extra is a coverage, which is read */
    const wf_tensor *input, *weight, *output;
    const wf_tensor *extra; /* coverage; of VULKAN_GATHER_SPLAT the splat's output; may be absent */
    const void *bias;
} vulkan_filter;

wf_result wf_vulkan_prepare_filter(vulkan_device *device, const vulkan_filter *filter);
wf_result wf_vulkan_record_filter(vulkan_device *device, wf_stream stream, const vulkan_filter *filter);

/* What grad_weight.comp.glsl is told. */
typedef struct vulkan_grad_weight {
    wf_operator op;
    wf_filter filter;
    const wf_tensor *own, *input; /* as they are named there */
    const wf_tensor *weight;      /* may be absent where the mode is linear */
    const wf_tensor *output;
    const wf_tensor *values; /* the planes D and L; absent where the mode is linear */
} vulkan_grad_weight;

wf_result wf_vulkan_record_grad_weight(vulkan_device *device, wf_stream stream, const vulkan_grad_weight *grad_weight);

#endif
