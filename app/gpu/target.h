/* target.h -- the picture of a frame: an RGBA8 image of our own, which the window shows and a screenshot keeps. */
#ifndef WFVIEW_TARGET_H
#define WFVIEW_TARGET_H

#include "device.h"

#define TARGET_FORMAT VK_FORMAT_R8G8B8A8_UNORM /* holds sRGB values: shaders apply the transfer curve */

typedef struct target {
    const device *device;
    uint32_t width, height;
    VkRenderPass render_pass; /* over what is there; leaves the image in TRANSFER_SRC_OPTIMAL for copies that follow */
    VkFramebuffer framebuffer;
    wf_node_image image;
} target;

bool target_create(const device *device, uint32_t width, uint32_t height, target *target, error *error);
void target_destroy(target *target); /* zeroed is fine */

/* Another size; nothing in flight uses the target. On failure the target can only be destroyed. */
bool target_resize(target *target, uint32_t width, uint32_t height, error *error);

/* Clears the image, for compute shaders to write to; then the render pass. */
void target_begin(const target *target, VkCommandBuffer commands);
void target_begin_overlay(const target *target, VkCommandBuffer commands);
void target_end(VkCommandBuffer commands);

#endif
