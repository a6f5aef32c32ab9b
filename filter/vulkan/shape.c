/* Which shape is fastest. */
#include <limits.h>

#include "kernel.h"

/* Measured on an H200: K from 3 to 21, 1920x1080, 3 channels, float32 and float16. */
#define SHAPE(pixels_, groups_, width_, height_)                                                                       \
    {                                                                                                                  \
        .pixels = pixels_, .groups = groups_, .channels = 4, .width = width_, .height = height_                        \
    }

static const vulkan_shape shapes[VULKAN_WORK_COUNT] = {
    [VULKAN_GATHER] = SHAPE(4, 2, 16, 8),
    [VULKAN_SPLAT] = SHAPE(4, 2, 32, 8),
    [VULKAN_GATHER_SPLAT] = SHAPE(4, 2, 16, 8),
    [VULKAN_GRAD_WEIGHT] = SHAPE(4, 2, 32, 8),
};

/* Of 16-bit weights, for kernels up to a width: more of their taps have room in registers. */
static const struct {
    int widest;
    vulkan_shape shape;
} shapes16[VULKAN_WORK_COUNT][2] = {
    [VULKAN_GATHER] = {{14, SHAPE(4, 2, 32, 4)}, {INT_MAX, SHAPE(4, 3, 32, 4)}},
    [VULKAN_SPLAT] = {{8, SHAPE(4, 2, 32, 4)}, {INT_MAX, SHAPE(4, 3, 32, 4)}},
    [VULKAN_GATHER_SPLAT] = {{INT_MAX, SHAPE(4, 2, 32, 4)}},
    [VULKAN_GRAD_WEIGHT] = {{INT_MAX, SHAPE(4, 1, 32, 4)}},
};

vulkan_shape wf_vulkan_choose_shape(vulkan_work work, int kernel_width, int64_t bytes, int pixels)
{
    if (pixels < 4)
        return (vulkan_shape){.pixels = pixels, .groups = 8 / pixels, .channels = 8, .width = 64, .height = 4};
    if (bytes > 2)
        return shapes[work];
    int i = 0;
    while (kernel_width > shapes16[work][i].widest)
        i++;
    return shapes16[work][i].shape;
}
