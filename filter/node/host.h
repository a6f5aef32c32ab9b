/* host.h -- what the CPU's two hand-overs have in common: images in host memory, and the host's
   clock. Private to filter/node. */
#ifndef WF_NODE_HOST_H
#define WF_NODE_HOST_H

#include "node.h"

/* When the marks of the slots' frames were reached: CLOCK_MONOTONIC, ns. */
typedef struct host_marks {
    int64_t ns[WF_NODE_MAX_SLOTS][NODE_HISTORY][MARK_COUNT];
} host_marks;

/* The texels of a slot's role, in the format of its image, to the role's planes and back. */
void wf_host_unpack(wf_node *node, uint32_t slot, wf_node_role role, const void *texels);
void wf_host_pack(wf_node *node, uint32_t slot, wf_node_role role, void *texels);

/* Host memory is what the CPU's device writes. */
wf_result wf_host_alloc_readback(wf_node *node, node_readback *readback);
void wf_host_free_readback(wf_node *node, node_readback *readback);

/* The CPU's frames are done when wf_node_run returns. */
wf_result wf_host_wait(wf_node *node, uint32_t slot);
int wf_host_finished(wf_node *node, uint32_t slot);

/* The slot's frame has reached the mark. */
void wf_host_mark(host_marks *reached, const wf_node *node, uint32_t slot, node_mark mark);

/* As node_handover's read_marks. */
int wf_host_read_marks(const host_marks *reached, uint32_t slot, uint32_t history, unsigned marks,
                       int64_t ns[MARK_COUNT], int64_t *uncertainty_ns);

#endif
