/* panes.h -- draws layers into rectangles of the target: exposure, transfer curve, false color. In compute shaders,
 * since graphics has only a few of the processors of large GPUs. */
#ifndef WFVIEW_PANES_H
#define WFVIEW_PANES_H

#include "app/denoise/denoiser.h"
#include "app/gpu/target.h"
#include "app/view/view.h"
#include "display/pane.h"

typedef struct panes {
    const device *device;
    VkSampler sampler;
    VkDescriptorSetLayout image_layout, target_layout;
    VkDescriptorPool pool, map_pool, target_pool;
    VkDescriptorSet sets[SEQUENCES][DENOISER_SLOTS][LAYER_COUNT]; /* each: the layer's image */
    VkDescriptorSet maps[MEASURE_MAPS];                           /* each: a map of FLIP */
    VkDescriptorSet target_set;
    VkPipelineLayout layout;
    VkPipeline pipeline;
    int width, height; /* of the target */
} panes;

bool panes_create(const device *device, panes *panes, error *error);
void panes_destroy(panes *panes); /* zeroed is fine */

/* Draws there; nothing in flight does. */
void panes_set_target(panes *panes, const target *target);

/* Points a sequence's slot at its images; nothing in flight uses the slot. */
void panes_bind(panes *panes, int sequence, uint32_t slot, const wf_node_image images[LAYER_COUNT]);

/* Points at maps of FLIP; nothing in flight uses any. */
void panes_bind_maps(panes *panes, const wf_node_image *maps, int count);

/* Between target_begin and target_begin_overlay: once, then per pane. The pane's layers must exist in their sequences'
 * slots; map: that of their FLIP, where the pane shows that. Rectangles do not overlap, and of the push constants these
 * calls set what of the target is drawn. */
void panes_begin(const panes *panes, VkCommandBuffer commands);
void panes_draw(const panes *panes, VkCommandBuffer commands, const uint32_t slots[SEQUENCES], const pane *pane,
                int map, rectangle rectangle, struct pane_push push);

#endif
