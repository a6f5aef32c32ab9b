/* buffer.h -- buffers of weights: making them. Private to filter/node. */
#ifndef WF_NODE_BUFFER_H
#define WF_NODE_BUFFER_H

#include "wf_node.h"

/* The usage that the node gives its buffers. */
extern const VkBufferUsageFlags wf_buffer_usage;

/* Returns after reporting. Without a device: in host memory. shared: the memory can be exported. On
   failure the buffer is zeroed. */
wf_result wf_buffer_create(const wf_node_options *vulkan, const wf_log *log, VkDeviceSize size, int shared,
                           wf_node_buffer *buffer);

/* Destroys what is there and zeroes the struct. */
void wf_buffer_destroy(VkDevice device, wf_node_buffer *buffer);

#endif
