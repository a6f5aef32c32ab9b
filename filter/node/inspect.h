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

/* A frame's. Its kernels' pointers are into memory and factors. */
typedef struct node_record {
    wf_node_inspection told;
    unsigned logits; /* bit per operator: alphas are logits still */
    int reckoned;    /* factors, and alphas, are there */
    node_readback memory;
    float *factors; /* as many as memory has */
} node_record;

#endif
