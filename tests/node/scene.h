/* scene.h -- a renderer's frames through a node, against the float64 reference.
 *
 * Every frame draws fresh random images, uploads them, runs the node and copies the outputs back. Slots are filled in
 * turn; the host waits for a slot only when it is used again, and compares its outputs then. */
#ifndef WF_TESTS_SCENE_H
#define WF_TESTS_SCENE_H

#include "renderer.h"
#include "tensors.h"

/* What the outputs of one operator should be: the reference with these weights. */
typedef struct scene_weights {
    wf_filter filter;
    double *values; /* 1,Kh*Kw,H,W; NULL where they are predicted */
} scene_weights;

typedef struct scene_slot {
    wf_node_image images[WF_NODE_ROLE_COUNT]; /* image is VK_NULL_HANDLE where none is bound */
    host_buffer texels[WF_NODE_ROLE_COUNT];
    double *planes[WF_NODE_ROLE_COUNT]; /* what was drawn, as the image stores it: 3,H,W or 1,H,W; with alpha 4,H,W */
    VkCommandBuffer render, show;
    VkFence shown;
    wf_node_sync sync;
    int busy;
} scene_slot;

typedef struct scene_options {
    wf_backend backend;
    uint32_t width, height, slots;
    unsigned roles;          /* bit per role, those of further layers aside, that has images */
    int layers;              /* further layers, with outputs as the color has them */
    int alpha;               /* the node's option */
    int half;                /* float16 images */
    int own_images;          /* made by the renderer, not by the node */
    VkFormat depth;          /* format of own depth images; VK_FORMAT_UNDEFINED: one channel */
    VkImageUsageFlags usage; /* of own images */
    int separate;            /* the node's option */
} scene_options;

/* COLOR, GATHER and SPLAT; and all. */
#define SCENE_ROLES_PLAIN (1u << WF_NODE_COLOR | 1u << WF_NODE_GATHER | 1u << WF_NODE_SPLAT)
#define SCENE_ROLES_ALL   ((1u << WF_NODE_LAYER) - 1)

typedef struct scene {
    const renderer *renderer;
    random_state *random;
    scene_options options;
    wf_node *node;
    wf_log log;
    scene_slot slots[WF_NODE_MAX_SLOTS];
    scene_weights weights[WF_OPERATOR_COUNT];
    double *(*predict)(const struct scene *s,
                       uint32_t slot); /* 1,Kh*Kw,H,W, to be freed: the predicted weights again */
    int half_weights;                  /* what is predicted is kept in float16 */
    double *(*denoise)(const struct scene *s, uint32_t slot, wf_operator op,
                       wf_node_role input); /* instead of weights: what
                                  becomes of the planes of an input that is filtered, to be freed */
    void (*render)(const struct scene *s, uint32_t slot,
                   VkCommandBuffer commands); /* what else a frame writes; or NULL */
    wf_bilateral bilateral;
} scene;

/* Makes the node, and images bound to every slot. */
void scene_open(scene *s, const renderer *r, random_state *random, const scene_options *options, wf_log log);
void scene_close(scene *s);

/* Gives one slot's role a new image, or takes it away. The slot's last frame is compared first. */
void scene_bind(scene *s, uint32_t slot, wf_node_role role);
void scene_unbind(scene *s, uint32_t slot, wf_node_role role);

/* Random weights that suit the filter's mode. */
void scene_set_weights(scene *s, wf_operator op, const wf_filter *filter, wf_dtype dtype);
void scene_share_weights(scene *s, wf_operator from, wf_operator to);
void scene_set_bilateral(scene *s, const wf_bilateral *parameters);

/* What the node was told otherwise: a filter for both operators whose weights are predicted. */
void scene_expect_predicted(scene *s, const wf_filter *filter, double *(*predict)(const scene *s, uint32_t slot),
                            int half_weights);

/* The same where both operators' images are computed otherwise; with float16 numbers, if so it is. */
void scene_expect_images(scene *s,
                         double *(*denoise)(const scene *s, uint32_t slot, wf_operator op, wf_node_role input),
                         int half);

/* Planes of a role. */
int scene_channels(const scene *s, wf_node_role role);

/* What was set for an operator is not expected any more. */
void scene_forget_weights(scene *s, wf_operator op);

/* Before weights change: waits for all slots, and compares. */
void scene_finish_all(scene *s);

/* A frame in two halves, so that frames can overlap: up to wf_node_run, and from wf_node_acquire. */
void scene_render(scene *s, uint32_t slot);
void scene_show(scene *s, uint32_t slot);

/* Frames one after the other over all slots; returns with every one compared. */
void scene_run(scene *s, int frames);

/* Waits for a slot's frame and compares its outputs with the reference. Nothing where none is under way. */
void scene_finish(scene *s, uint32_t slot);

#endif
