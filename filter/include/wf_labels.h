/* wf_labels.h -- names for what a program does, that tools show: ranges of a thread, and labels of Vulkan commands.
 *
 * The node names its stages with wf_node_stage_name's words; a renderer names its own work likewise. Where no
 * tool listens nothing is done. */
#ifndef WF_LABELS_H
#define WF_LABELS_H

#include <vulkan/vulkan.h>

#include "wf.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A range of the calling thread, until its end; they nest. NVTX (Nsight Systems) where the library is built with
 * CUDA, else nothing. Any thread. */
WF_API void wf_range_begin(const char *name);
WF_API void wf_range_end(void);

/* VK_EXT_debug_utils (RenderDoc, Nsight Graphics, validation layers): NULL where the instance was made without it. */
typedef struct wf_labels {
    PFN_vkCmdBeginDebugUtilsLabelEXT begin;
    PFN_vkCmdEndDebugUtilsLabelEXT end;
} wf_labels;

/* VK_NULL_HANDLE has none. */
WF_API wf_labels wf_labels_of(VkInstance instance);

/* Label what is recorded in between; they nest. Commands may be VK_NULL_HANDLE: nothing is done. */
WF_API void wf_label_begin(const wf_labels *labels, VkCommandBuffer commands, const char *name);
WF_API void wf_label_end(const wf_labels *labels, VkCommandBuffer commands);

#ifdef __cplusplus
}
#endif

#endif
