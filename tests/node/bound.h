/* bound.h -- weights that the renderer writes every frame: fresh random ones, copied into bound buffers by the frame's
 * own commands, or into CUDA's memory before. */
#ifndef WF_TESTS_BOUND_H
#define WF_TESTS_BOUND_H

#include "scene.h"

/* What a buffer holds of one operator. Slots and operators that share a buffer have the same one. */
typedef struct bound_weights {
    wf_node_weights given;
    host_buffer drawn; /* what the next frame copies; of the buffer's size */
    wf_device *cuda;   /* whose memory it is; NULL: the node's Vulkan device's */
    double *values[WF_PYRAMID_MAX_LEVELS], *alphas[WF_PYRAMID_MAX_LEVELS]; /* what was drawn, as stored */
} bound_weights;

/* Makes a buffer, and says where in it the weights are: `first` bytes into it. */
bound_weights bound_make(const scene *s, const wf_filter *filter, wf_dtype dtype, VkDeviceSize first);

/* The same of a pyramid's levels, all in one buffer. */
bound_weights bound_make_pyramid(const scene *s, const wf_filter *filters, int levels, wf_dtype dtype);

/* One level in CUDA's memory. */
bound_weights bound_make_cuda(const scene *s, wf_device *cuda, const wf_filter *filter, wf_dtype dtype);

/* Before scene_close. */
void bound_free(scene *s, bound_weights *weights);

/* Gives a slot's operator these weights, or others than it had; the slot's frame is compared first. From then on the
 * scene draws, and expects, what is bound. NULL unbinds. */
void bound_bind(scene *s, uint32_t slot, wf_operator op, bound_weights *weights);

/* The node was told that `to` shares the weights of `from`. */
void bound_share(scene *s, wf_operator from, wf_operator to);

#endif
