/* denoiser.h -- the node with its images, for frames of one size on one backend.
 *
 * Each frame has the images of a slot written by whoever makes the frame (frames/recorded.c, frames/live.c),
 * hands them to the node, and has gather and splat to show. Without Vulkan (a zeroed device) all of that is host
 * memory, and command buffers are VK_NULL_HANDLE. */
#ifndef WFVIEW_DENOISER_H
#define WFVIEW_DENOISER_H

#include "app/files/weights.h"
#include "app/frames/frame.h"
#include "app/gpu/device.h"
#include "app/gpu/timer.h"
#include "app/viewer/profiler.h"
#include "predictor.h"
#include "wf_node_inspect.h"

#define DENOISER_SLOTS 3

/* What the node logs: warnings for the user, and the sentence behind its latest failure. */
typedef struct node_log {
    char warning[1024]; /* the latest; empty: none */
    char failure[1024];
    /* Why each backend before the automatic one does not work: sentences, each with a newline. */
    char passed_over[1024];
    bool chooses; /* while the node is made, automatically: then these are no warnings */
    int validation_messages;
} node_log;

/* A frame's turn in a slot, of which nothing is in flight. */
typedef struct denoiser_turn {
    uint32_t slot;
    const wf_node_image *images; /* by layer; zeroed: the frame has no such layer */
    VkCommandBuffer commands;
    profiler *profiler;
    uint64_t frame; /* counted from 1 */
} denoiser_turn;

/* How a frame is made. */
typedef struct denoiser_input {
    const char *stage; /* what the profiler calls the making: a literal */
    bool has[FRAME_LAYER_COUNT];
    bool has_alpha;                 /* the color does, which is filtered then: see denoiser_options */
    const wf_node_image *reference; /* NULL, or the maker's own: all slots show this one */

    /* Records the writing of the turn's images, whose content and layout are discarded. They end in
     * GENERAL, written for compute shaders and transfers; the node takes care of what it reads itself.
     * Without Vulkan it writes their texels. */
    bool (*record)(void *maker, const denoiser_turn *turn, error *error);
    void *maker;
} denoiser_input;

typedef struct denoiser_slot {
    wf_node_image images[LAYER_COUNT]; /* zeroed: this frame has no such layer */
    bool borrows_reference;            /* that image is not the slot's own */
    VkCommandBuffer commands;
    const char *stage; /* of the frame that is not timed yet */
    uint64_t untimed;  /* the frame whose times are not in the profiler yet, counted from 1; 0: none */
} denoiser_slot;

typedef struct denoiser {
    const device *device;
    wf_node *node;
    node_log *log;
    uint32_t width, height;
    bool alpha;     /* as the options had it */
    layer_set maps; /* of kernels that frames have */
    denoiser_slot slots[DENOISER_SLOTS];
    timer timer;            /* a span a slot: the input's stage */
    uint64_t frames;        /* begun so far */
    int64_t uncertainty_ns; /* of the node's clock, from its latest timing */
} denoiser;

typedef struct denoiser_options {
    bool automatic;
    wf_backend backend;
    uint32_t width, height;
    bool together;  /* as predictor_options has it */
    bool alpha;     /* the color's is filtered, too, into the outputs'; else theirs is 1 */
    unsigned plain; /* bit of each further layer that no network divides by the albedo */
} denoiser_options;

/* *log outlives the denoiser. On failure *denoiser is zeroed. */
bool denoiser_create(const device *device, const denoiser_options *options, node_log *log, denoiser *denoiser,
                     error *error);
void denoiser_destroy(denoiser *denoiser); /* leaves it zeroed; zeroed is fine */

/* For the frames from here on. */
bool denoiser_set_predictor(denoiser *denoiser, const predictor_options *predictor, const predictor_inputs *inputs,
                            error *error);

/* The pixels to inspect in the frames from here on, as wf_node_inspect has them. */
bool denoiser_inspect(denoiser *denoiser, int count, const wf_node_pixel *pixels, error *error);

/* The maps of kernels that the frames from here on have. */
void denoiser_map(denoiser *denoiser, const layer_set *maps);

/* The slot that the next frame takes. Before denoiser_run the caller waits for what still reads it. */
uint32_t denoiser_next_slot(const denoiser *denoiser);

/* Runs one frame in that slot. Outputs are there when *sync is done. Adds the times of the slot's frame before. */
bool denoiser_run(denoiser *denoiser, const denoiser_input *input, profiler *profiler, wf_node_sync *sync,
                  error *error);

/* How many frames were begun of which it is not known that they are done. */
int denoiser_in_flight(const denoiser *denoiser);

/* First in the commands that show the slot, submitted to wait for *sync. */
bool denoiser_acquire(denoiser *denoiser, uint32_t slot, VkCommandBuffer commands, error *error);

/* Adds the times of frames that have completed and were not added yet. Never waits. */
void denoiser_collect(denoiser *denoiser, profiler *profiler);

#endif
