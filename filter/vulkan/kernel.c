/* What the shaders that include kernel.glsl need to be told. */
#include "kernel.h"

#include <inttypes.h>

enum { MOST_PIXELS = 8, MOST_BYTES = 16 /* read at once */ };

static int is_aligned(const wf_tensor *tensor, int pixels)
{
    const int64_t bytes = pixels * (int64_t)wf_dtype_size(tensor->dtype);
    int64_t misaligned = tensor->size[3] % pixels;
    for (int axis = 0; axis < 3; axis++)
        misaligned |= tensor->size[axis] > 1 ? tensor->stride[axis] % pixels : 0;
    return !misaligned && (tensor->stride[3] == 1 || pixels == 1) &&
           (uintptr_t)tensor->data % (uintptr_t)(bytes < MOST_BYTES ? bytes : MOST_BYTES) == 0;
}

int wf_vulkan_aligned_pixels(const wf_filter *filter, const wf_tensor *const *tensors, int count)
{
    int pixels = filter->dilation == 1 ? MOST_PIXELS : 1;
    for (int i = 0; i < count; i++) {
        while (pixels > 1 && wf_present(tensors[i]) && !is_aligned(tensors[i], pixels))
            pixels /= 2;
    }
    return pixels;
}

wf_result wf_vulkan_check_strides(const wf_log *log, const char *name, const wf_tensor *tensor)
{
    for (int axis = 2; axis < 4; axis++) {
        const int64_t stride = wf_present(tensor) && tensor->size[axis] > 1 ? tensor->stride[axis] : 0;
        if (stride < INT32_MIN || stride > INT32_MAX)
            return wf_fail(log, WF_ERROR_UNSUPPORTED,
                           "%s has stride %" PRId64 " in %s, the vulkan backend takes %d ... %d", name, stride,
                           axis == 2 ? "H" : "W", INT32_MIN, INT32_MAX);
    }
    return WF_OK;
}

int32_t wf_vulkan_row(const wf_tensor *tensor)
{
    return wf_present(tensor) && tensor->size[2] > 1 ? (int32_t)tensor->stride[2] : 0;
}

int32_t wf_vulkan_step(const wf_tensor *tensor)
{
    return wf_present(tensor) && tensor->size[3] > 1 ? (int32_t)tensor->stride[3] : 1;
}

int64_t wf_vulkan_passes(const vulkan_shape *shape, int64_t channels)
{
    return channels > 0 ? wf_vulkan_divide_up(channels, shape->channels) : 1;
}

void wf_vulkan_specialize(vulkan_pipeline *pipeline, const vulkan_shape *shape, const wf_filter *filter,
                          int64_t channels)
{
    const int64_t at_once = wf_vulkan_divide_up(channels, wf_vulkan_passes(shape, channels));
    int32_t *constants = pipeline->constants;
    constants[WF_KERNEL_GROUP_WIDTH] = shape->width;
    constants[WF_KERNEL_GROUP_HEIGHT] = shape->height;
    constants[WF_KERNEL_PIXELS] = shape->pixels;
    constants[WF_KERNEL_GROUPS] = shape->groups;
    constants[WF_KERNEL_HEIGHT] = filter->kernel_height;
    constants[WF_KERNEL_WIDTH] = filter->kernel_width;
    constants[WF_KERNEL_DILATION] = filter->dilation;
    constants[WF_KERNEL_MODE] = (int32_t)filter->mode;
    constants[WF_KERNEL_CHANNELS] = at_once > 0 ? (int32_t)at_once : 1;
}
