/* plan.h -- a denoiser: a network's calls for frames of one size, with every address but the frame's own. Private to
 * filter/network. */
#ifndef WF_NETWORK_PLAN_H
#define WF_NETWORK_PLAN_H

#include "network.h"

typedef enum step_kind {
    STEP_EXPOSE,
    STEP_FEATURES,
    STEP_CONVOLVE,
    STEP_LOGITS, /* its call is a level's */
    STEP_ALBEDO,
    STEP_DOWN,
    STEP_LEVEL,
    STEP_JOIN, /* its call is every level's */
    STEP_BLEND
} step_kind;

typedef struct plan_step {
    step_kind kind;
    int reads_frame; /* its call's light or images are the frame's */
    union {
        wf_expose_call expose;
        wf_features_call features;
        wf_convolve_call convolve;
        wf_albedo_call albedo;
        wf_downs downs; /* all levels' light, from the finest one on */
        wf_level_call level;
        unsigned joined; /* 1 << wf_operator */
        wf_blend_call blend;
    } call;
    wf_step_info info; /* its name is the one below */
    char name[NETWORK_NAME];
} plan_step;

enum { PLAN_MAX_STEPS = 4 + WF_NETWORK_MAX_LEVELS * (2 * NETWORK_MAX_CONVOLUTIONS + 3) };

struct wf_denoiser {
    wf_device *device;
    const wf_network_table *table;
    int width, height;
    void *parameters, *buffers; /* device memory */
    size_t memory;              /* bytes of both */
    unsigned rehearsed;         /* 1 << operators, for those of frames that it has run: sets of 1 << wf_operator */
    int denoised;               /* a frame: its kernels are there for further layers */
    int step_count;
    plan_step steps[PLAN_MAX_STEPS];
};

/* ---- place.c ----------------------------------------------------------------------------------------------------- */

enum { PLAN_MAX_BUFFERS = 2 * PLAN_MAX_STEPS + 8 * WF_NETWORK_MAX_LEVELS };

/* What steps work in. */
typedef struct plan_buffer {
    size_t size, offset; /* bytes, in the memory of all */
    int first, last;     /* steps that use it, and those in between */
} plan_buffer;

/* Sets the offsets, so that none overlaps another one that lives at the same time; they are sums of sizes, as aligned
 * as these are. Returns the bytes of all. count: up to PLAN_MAX_BUFFERS. */
size_t wf_plan_place(plan_buffer *buffers, int count);

/* ---- plan.c ------------------------------------------------------------------------------------------------------ */

/* Fills steps and takes the memory that they work in; parameters are on the device already,
   those of layer i at addresses[i]. */
wf_result wf_plan_make(wf_denoiser *denoiser, const wf_network *network, const void *const *addresses);

#endif
