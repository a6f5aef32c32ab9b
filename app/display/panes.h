/* panes.h -- draws layers into rectangles of the target: exposure, transfer curve, false color. */
#ifndef WFVIEW_PANES_H
#define WFVIEW_PANES_H

#include "app/denoise/denoiser.h"
#include "app/view/view.h"
#include "display/pane.h"

typedef struct panes {
    const device *device;
    VkDescriptorSetLayout set_layout;
    VkDescriptorPool pool;
    VkDescriptorSet sets[DENOISER_SLOTS][LAYER_COUNT]; /* each: the layer's image */
    VkSampler sampler;
    VkPipelineLayout layout;
    VkPipeline pipeline;
} panes;

/* Draws in subpass 0 of render_pass. */
bool panes_create(const device *device, VkRenderPass render_pass, panes *panes, error *error);
void panes_destroy(panes *panes); /* zeroed is fine */

/* Points a slot at its images; nothing in flight uses the slot. */
void panes_bind(panes *panes, uint32_t slot, const wf_node_image images[LAYER_COUNT]);

/* Inside the render pass: once, then per pane. The pane's layers must exist in the slot. */
void panes_begin(const panes *panes, VkCommandBuffer commands, uint32_t width, uint32_t height);
void panes_draw(const panes *panes, VkCommandBuffer commands, uint32_t slot, const pane *pane, rectangle rectangle,
                const struct pane_push *push);

#endif
