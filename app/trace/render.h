/* render.h -- traced frames in host memory. */
#ifndef WFVIEW_TRACE_RENDER_H
#define WFVIEW_TRACE_RENDER_H

#include "tracer.h"

/* Frames of one size, one at a time or several pictures of one, through images of its own in a tracer of its own. */
typedef struct render {
    tracer tracer;
    wf_node_image images[TRACER_SLOTS][TRACE_IMAGE_COUNT]; /* of slot 0; of others once they are asked for */
    uint32_t slots;
    buffer readback; /* of all slots there are */
    VkCommandBuffer commands;
} render;

/* As tracer_create and tracer_resize. On failure *render is zeroed. */
bool render_create(const device *device, const scene *scene, const bvh *bvh, tracer_features features, uint32_t width,
                   uint32_t height, render *render, error *error);
void render_destroy(render *render); /* leaves it zeroed; zeroed is fine */

/* Traces a frame and waits for it. samples may be more than TRACER_MAX_SAMPLES: they are traced in several submissions.
 * *out gets all layers but the reference, without a path; the caller frees it. */
bool render_frame(render *render, const tracer_frame *frame, struct frame *out, error *error);

/* frame->pictures of them, at most TRACER_SLOTS, as if each were traced by itself with the seeds frame->seed, seed + 1
 * ... On failure out[0] ... are zeroed. */
bool render_pictures(render *render, const tracer_frame *frame, struct frame *out, error *error);

#endif
