/* image.h -- the node's images: what their formats mean, and making them. Private to filter/node. */
#ifndef WF_NODE_IMAGE_H
#define WF_NODE_IMAGE_H

#include "wf_node.h"

typedef struct node_image_format {
    int channels; /* 4 or 1; 0: a format that the node does not take */
    int is_half;
} node_image_format;

node_image_format wf_image_format_of(VkFormat format);

/* Bytes of one texel. */
size_t wf_image_texel_size(VkFormat format);

/* The format that the node gives a role's images, and the usage. */
VkFormat wf_image_role_format(wf_node_role role);
extern const VkImageUsageFlags wf_image_usage;

static inline int wf_image_exists(const wf_node_image *image)
{
    return image->image || image->texels;
}

static inline int wf_image_same(const wf_node_image *a, const wf_node_image *b)
{
    return wf_image_exists(a) && a->image == b->image && a->texels == b->texels;
}

/* Device-local where there is such memory among what is allowed. */
uint32_t wf_image_memory_type(const wf_node_options *vulkan, uint32_t allowed);

/* Returns after reporting. Without a device: in host memory. shared: the memory can be exported. On failure the image
 * is zeroed. */
wf_result wf_image_create(const wf_node_options *vulkan, const wf_log *log, VkFormat format, int shared,
                          wf_node_image *image);

/* Destroys what is there and zeroes the struct. device: VK_NULL_HANDLE for an image in host memory. */
void wf_image_destroy(VkDevice device, wf_node_image *image);

/* Makes all earlier writes to the image visible to everything later, within one queue family. */
VkImageMemoryBarrier wf_image_barrier(VkImage image, VkImageLayout from, VkImageLayout to);
void wf_image_record_barriers(VkCommandBuffer commands, uint32_t count, const VkImageMemoryBarrier *barriers);

#endif
