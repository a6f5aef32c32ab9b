/* renderer.h -- the least of a Vulkan renderer that can embed the node: a device with the validation layer on, images
 * it fills from host memory, and images it reads back. Everything that fails aborts the test. */
#ifndef WF_TESTS_RENDERER_H
#define WF_TESTS_RENDERER_H

#include "wf_node.h"

typedef struct renderer {
    VkInstance instance;
    VkDebugUtilsMessengerEXT messenger;
    VkPhysicalDevice physical_device;
    VkDevice device;
    uint32_t family;
    VkQueue queue;
    int matrices; /* as wf_vulkan_needs tells */
    VkCommandPool pool;
    int messages; /* of the validation layer, so far; each was printed */
} renderer;

/* Opens the first discrete GPU, else the first device. Returns 0 where there is none. */
int renderer_open(renderer *r);
void renderer_close(renderer *r);

/* An image of the renderer's own; memory that can be exported where shared. */
wf_node_image renderer_create_image(const renderer *r, VkFormat format, VkImageUsageFlags usage, uint32_t width,
                                    uint32_t height, int shared);
void renderer_destroy_image(const renderer *r, wf_node_image *image);

typedef struct host_buffer {
    VkBuffer buffer;
    VkDeviceMemory memory;
    void *data; /* mapped, coherent */
} host_buffer;

host_buffer renderer_create_buffer(const renderer *r, VkDeviceSize size);
void renderer_destroy_buffer(const renderer *r, host_buffer *buffer);

VkCommandBuffer renderer_create_commands(const renderer *r);
void renderer_begin(VkCommandBuffer commands);

/* Record: the buffer's texels become the image's, in layout GENERAL; the image's, in GENERAL, go to the buffer. */
void renderer_record_upload(VkCommandBuffer commands, const host_buffer *from, VkImage to, uint32_t width,
                            uint32_t height);
void renderer_record_download(VkCommandBuffer commands, VkImage from, const host_buffer *to, uint32_t width,
                              uint32_t height);

/* Ends the commands and submits them. wait and signal are values of the timeline, 0 for none; fence may be
 * VK_NULL_HANDLE. */
void renderer_submit(const renderer *r, VkCommandBuffer commands, VkSemaphore timeline, uint64_t wait, uint64_t signal,
                     VkFence fence);

VkFence renderer_create_fence(const renderer *r);
void renderer_wait(const renderer *r, VkFence fence); /* and resets it */

#endif
