/* render.h -- traced frames in host memory. */
#ifndef WFVIEW_TRACE_RENDER_H
#define WFVIEW_TRACE_RENDER_H

#include "tracer.h"

/* Frames of one size, one at a time, through images of its own: slot 0 of a tracer of its own. */
typedef struct render {
    tracer tracer;
    wf_node_image images[TRACE_IMAGE_COUNT];
    buffer readback;
    VkCommandBuffer commands;
} render;

/* As tracer_create and tracer_resize. On failure *render is zeroed. */
bool render_create(const device *device, const scene *scene, const bvh *bvh, tracer_features features, uint32_t width,
                   uint32_t height, render *render, error *error);
void render_destroy(render *render); /* leaves it zeroed; zeroed is fine */

/* Traces a frame and waits for it. samples may be more than TRACER_MAX_SAMPLES: they are traced in several submissions. *out
 * gets all layers but the reference, without a path; the caller frees it. */
bool render_frame(render *render, const tracer_frame *frame, struct frame *out, error *error);

#endif
