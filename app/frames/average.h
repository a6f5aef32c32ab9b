/* average.h -- the mean of live frames while the camera rests, in an image that every slot shares. */
#ifndef WFVIEW_AVERAGE_H
#define WFVIEW_AVERAGE_H

#include "app/denoise/denoiser.h"

typedef struct average {
    const device *device;
    uint32_t width, height;
    wf_node_image mean; /* RGBA32F, in GENERAL */
    VkDescriptorSetLayout set_layout;
    VkDescriptorPool pool;
    VkDescriptorSet sets[DENOISER_SLOTS];
    VkPipelineLayout layout;
    VkPipeline pipeline;
} average;

/* On failure *average is zeroed. */
bool average_create(const device *device, uint32_t width, uint32_t height, average *average, error *error);
void average_destroy(average *average); /* nothing in flight uses it. Leaves it zeroed; zeroed is fine */

/* The turn's color, before the first record of the turn. */
void average_bind(const average *average, const denoiser_turn *turn);

/* Records mean += (color - mean) * share, of a color that was written for compute in the same commands; a share of 1
 * starts anew. With show, color becomes the mean. Both can be read by compute, fragment shaders and transfers then.
 * Frames follow each other on one queue. */
void average_record(const average *average, const denoiser_turn *turn, float share, bool show);

#endif
