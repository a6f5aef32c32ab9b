/* renderer.h -- what the examples' programs have of a renderer: a Vulkan device with one queue, and commands before and
 * after the node's work. Everything that fails ends the program. */
#ifndef EXAMPLES_RENDERER_H
#define EXAMPLES_RENDERER_H

#include <wf_node.h>
#include <wf_vulkan.h>

typedef struct renderer {
    VkInstance instance;
    VkPhysicalDevice gpu;
    VkDevice device;
    VkQueue queue; /* of family 0, which has compute on every driver that we know */
    int matrices;  /* whether the device multiplies them, for networks */
    VkCommandPool pool;
    VkCommandBuffer before, after;
    wf_device *copier; /* of pictures, to and from the device */
} renderer;

/* Ends the program where a call did not return 0: VK_SUCCESS or WF_OK. */
#define CHECK(call) check((int)(call), #call)
void check(int result, const char *call);

extern const wf_log print_log; /* on stderr */

renderer open_renderer(void); /* on the first device */
void close_renderer(renderer *r);

wf_node_options node_options(const renderer *r, uint32_t width, uint32_t height); /* one slot, automatic */

void begin(VkCommandBuffer commands);

/* wait and signal are values of the timeline; 0: none. */
void submit(const renderer *r, VkCommandBuffer commands, VkSemaphore timeline, uint64_t wait, uint64_t signal);

/* A picture of floats r,g,b,a in the copier's memory into an image, which is in
   VK_IMAGE_LAYOUT_GENERAL from then on; and out of it. */
void copy_in(const renderer *r, VkCommandBuffer commands, const void *picture, VkImage image, VkExtent3D size);
void copy_out(const renderer *r, VkCommandBuffer commands, VkImage image, const void *picture, VkExtent3D size);

#endif
