/* The hand-over to CUDA where that is not built: wf_cuda_create says so. */
#include "node.h"
#include "wf_cuda.h"

static wf_result open_device(wf_node *node)
{
    return wf_cuda_create(&(wf_cuda_options){.log = node->log}, &node->device);
}

static void close_device(wf_node *node)
{
    (void)node;
}

const node_handover wf_node_handover_cuda = {.backend = WF_CUDA, .open = open_device, .close = close_device};
