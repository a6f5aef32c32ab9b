/* denoiser.h -- the node with its images, for frames of one size on one backend.
 *
 * It stands where a renderer would: each frame it fills a slot's images, hands them to the node, and has gather and
 * splat to show. Frames come from host memory through a staging buffer; a slot that already holds the frame in its
 * staging buffer copies from there again, as a renderer would draw again. */
#ifndef WFVIEW_DENOISER_H
#define WFVIEW_DENOISER_H

#include "device.h"
#include "frame.h"
#include "layer.h"
#include "predictor.h"
#include "profiler.h"
#include "timer.h"
#include "weights.h"

#define DENOISER_SLOTS 3

/* What the node logs: warnings for the user, and the sentence behind its latest failure. */
typedef struct node_log {
    char warning[1024]; /* the latest; empty: none */
    char failure[1024];
    int validation_messages;
} node_log;

typedef struct denoiser_slot {
    wf_node_image images[LAYER_COUNT]; /* image VK_NULL_HANDLE: this frame has no such layer */
    buffer staging;
    int staged; /* the index of the frame in the staging buffer; -1: none */
    VkCommandBuffer upload;
    uint64_t untimed; /* the frame whose times are not in the profiler yet, counted from 1; 0: none */
} denoiser_slot;

typedef struct denoiser {
    const device *device;
    wf_node *node;
    node_log *log;
    uint32_t width, height;
    denoiser_slot slots[DENOISER_SLOTS];
    timer timer;            /* a span a slot: upload */
    uint64_t frames;        /* begun so far */
    int64_t uncertainty_ns; /* of the node's clock, from its latest timing */
} denoiser;

typedef struct denoiser_options {
    bool automatic;
    wf_backend backend;
    uint32_t width, height;
} denoiser_options;

/* *log outlives the denoiser. On failure *denoiser is zeroed. */
bool denoiser_create(const device *device, const denoiser_options *options, node_log *log, denoiser *denoiser,
                     error *error);
void denoiser_destroy(denoiser *denoiser); /* leaves it zeroed; zeroed is fine */

/* For the frames from here on. With files: splat may be NULL for the gather's weights. */
bool denoiser_set_predictor(denoiser *denoiser, const predictor_options *predictor, const weights *gather,
                            const weights *splat, error *error);

/* The slot that the next frame takes. Before denoiser_run the caller waits for what still reads it. */
uint32_t denoiser_next_slot(const denoiser *denoiser);

/* Runs one frame in that slot; `index` tells frames apart. Outputs are there when *sync is done. Adds the times of the
 * slot's frame before. */
bool denoiser_run(denoiser *denoiser, const frame *frame, int index, profiler *profiler, wf_node_sync *sync,
                  error *error);

/* First in the commands that show the slot, submitted to wait for *sync. */
bool denoiser_acquire(denoiser *denoiser, uint32_t slot, VkCommandBuffer commands, error *error);

/* Adds the times of frames that have completed and were not added yet. Never waits. */
void denoiser_collect(denoiser *denoiser, profiler *profiler);

#endif
