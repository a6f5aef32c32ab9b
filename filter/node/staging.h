/* staging.h -- buffers in host memory, mapped and coherent: what the queue copies to and from, or shaders
 * write. Private to filter/node. */
#ifndef WF_NODE_STAGING_H
#define WF_NODE_STAGING_H

#include "wf_node.h"

typedef struct node_staging {
    VkBuffer buffer;
    VkDeviceMemory memory;
    void *data;
} node_staging;

/* Returns after reporting. On failure the struct is zeroed. */
wf_result wf_staging_create(const wf_node_options *vulkan, const wf_log *log, VkDeviceSize size,
                            VkBufferUsageFlags usage, node_staging *made);

/* Destroys what is there and zeroes the struct. */
void wf_staging_destroy(VkDevice device, node_staging *made);

#endif
