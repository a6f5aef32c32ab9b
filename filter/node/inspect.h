/* inspect.h -- what a frame tells of its weights. Private to filter/node. */
#ifndef WF_NODE_INSPECT_RECORD_H
#define WF_NODE_INSPECT_RECORD_H

#include "wf_node_inspect.h"

/* Memory that the device writes and the host reads. */
typedef struct node_readback {
    size_t size;   /* bytes */
    float *host;   /* NULL: there is none */
    void *data;    /* the same for the device */
    void *mapping; /* the hand-over's own */
} node_readback;

/* What lands on each of the pixels that a level's pixel writes. */
typedef struct node_landing {
    wf_node_area area;    /* of the level; 0 x 0: it is not told */
    const float *weights; /* [height][width][groups*Kh*Kw] */
} node_landing;

/* A frame's. Its kernels' pointers are into memory and factors. */
typedef struct node_record {
    wf_node_inspection told;
    node_landing landings[WF_NODE_MAX_PIXELS][WF_PYRAMID_MAX_LEVELS];
    unsigned logits; /* bit per operator: alphas are logits still */
    int reckoned;    /* factors, and alphas, are there */
    node_readback memory;
    float *factors; /* as many as memory has */
} node_record;

/* From what was told to factors: weights over their sums where these arrive, alphas in [0,1].
   Once, when the frame is finished. */
void wf_node_reckon(node_record *record);

/* Of splat's levels: which pixels' landings are to be told, and the areas `written`;
   nothing where kernels are too large. */
void wf_node_place_footprint(wf_node_inspected_pixel *pixel, node_landing landings[WF_PYRAMID_MAX_LEVELS]);

#endif
