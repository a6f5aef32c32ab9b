/* Which shape is fastest. */
#include "kernel.h"

vulkan_shape wf_vulkan_choose_shape(vulkan_work work, int kernel_width, int64_t bytes, int pixels)
{
    (void)kernel_width, (void)bytes;
    if (pixels < 4)
        return (vulkan_shape){.pixels = pixels, .groups = 8 / pixels, .channels = 8, .width = 64, .height = 4};
    return (vulkan_shape){
        .pixels = 4, .groups = work == VULKAN_GATHER ? 2 : 1, .channels = 4, .width = 32, .height = 4};
}
