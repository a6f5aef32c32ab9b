/* blend.h -- what blend.glsl reads. For filter/vulkan and the node, which writes its images with it. */
#ifndef WF_VULKAN_BLEND_H
#define WF_VULKAN_BLEND_H

#include "backend_network.h"
#include "network/push.h"

/* Of a dispatch whose first workgroup is at 0, 0. */
struct wf_blend_push wf_vulkan_blend_push(const wf_blend_call *call);

#endif
