/* share.h -- Vulkan's images and timeline semaphores for others, as opaque file descriptors. Private to filter/node.
 *
 * All return after reporting why they failed. */
#ifndef WF_NODE_SHARE_H
#define WF_NODE_SHARE_H

#include "wf_node.h"

#define SHARE_MEMORY_AS    VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT
#define SHARE_SEMAPHORE_AS VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT

/* WF_ERROR_UNSUPPORTED where images such as wf_image_create makes, buffers such as wf_buffer_create makes, or timeline
 * semaphores cannot be exported. */
wf_result wf_share_check_images(const wf_node_options *vulkan, const wf_log *log);
wf_result wf_share_check_buffers(const wf_node_options *vulkan, const wf_log *log);
wf_result wf_share_check_timelines(const wf_node_options *vulkan, const wf_log *log);

/* A timeline semaphore at value 0. shared: it can be exported. */
wf_result wf_share_create_timeline(const wf_node_options *vulkan, const wf_log *log, int shared, VkSemaphore *timeline);

/* A new file descriptor, the caller's to close or to give away; -1 on failure. */
wf_result wf_share_memory(const wf_node_options *vulkan, const wf_log *log, VkDeviceMemory memory, int *fd);
wf_result wf_share_timeline(const wf_node_options *vulkan, const wf_log *log, VkSemaphore timeline, int *fd);

#endif
