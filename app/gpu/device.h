/* device.h -- the program's Vulkan instance, device and queue, and the few objects everyone makes on them.
 *
 * A zeroed device stands for none, on a machine without Vulkan: images lie in host memory then (wf_node.h),
 * and nothing else can be made. */
#ifndef WFVIEW_DEVICE_H
#define WFVIEW_DEVICE_H

#include <vulkan/vulkan.h>

#include "app/error.h"
#include "wf_labels.h"
#include "wf_node.h"

typedef struct device {
    VkInstance instance;
    VkDebugUtilsMessengerEXT messenger;
    wf_labels labels; /* of commands, for tools */
    VkPhysicalDevice physical;
    uint32_t number; /* set before device_create: which of the devices that are as capable as the best */
    VkDevice handle;
    uint32_t queue_family;  /* graphics, compute, and present where a surface was given */
    VkQueue queue;          /* used by one thread, but for commands_finish */
    VkCommandPool commands; /* buffers are reset one by one */
    VkPipelineCache cache;
    char name[256], driver[256];
    bool is_processor; /* no GPU: the driver computes on the CPU */
    bool has_calibrated_timestamps;
    bool has_matrices;       /* enabled, as wf_vulkan_needs tells */
    int validation_messages; /* errors and warnings so far; each was printed on stderr */
} device;

/* The instance, with these extensions. VK_EXT_debug_utils is added where the loader has it, so that messages of a
 * validation layer (VK_INSTANCE_LAYERS) are counted. The device must not move in memory until device_destroy. */
bool device_create_instance(device *device, const char *const *extensions, uint32_t count, error *error);

/* The rest: the most capable physical device that can draw, and present to the surface unless that is VK_NULL_HANDLE;
 * the first of these, or that of device->number. */
bool device_create(device *device, VkSurfaceKHR surface, error *error);

/* Waits for the device and destroys all of it; a device zeroed or made in part is fine. Surfaces go before. */
void device_destroy(device *device);

/* The same device for another thread: with commands of its own, which commands_finish submits to the one
 * queue. Works on one device wait for each other; works on two devices take turns on the GPU, which costs more
 * than it gives. `device` outlives it. */
bool device_share(const device *device, struct device *shared, error *error);
void device_unshare(device *shared); /* zeroed is fine */

/* In words; NULL: it has none. */
const char *vk_result_name(VkResult result);

/* True for VK_SUCCESS, else sets "<call> failed: <result>". */
bool vk_ok(VkResult result, const char *call, error *error);

/* ---- memory.c --------------------------------------------------------------------------------------------------- */

typedef struct buffer {
    VkBuffer handle;
    VkDeviceMemory memory;
    VkDeviceSize size;
    void *mapped; /* coherent, for the buffer's whole life; NULL: it is the device's alone */
} buffer;

/* A buffer that the host writes (usage TRANSFER_SRC, in the device's own memory where the host can reach that) or reads
 * (TRANSFER_DST, in cached memory where there is some). */
bool buffer_create(const device *device, VkDeviceSize size, VkBufferUsageFlags usage, buffer *buffer, error *error);
bool buffer_create_on_device(const device *device, VkDeviceSize size, VkBufferUsageFlags usage, buffer *buffer,
                             error *error);
void buffer_destroy(const device *device, buffer *buffer); /* leaves *buffer zeroed; zeroed is fine */

/* A 2D color image with one level, optimal tiling, layout UNDEFINED; or its texels in host
   memory, R32, R32G32 or R32G32B32A32. */
bool image_create(const device *device, uint32_t width, uint32_t height, VkFormat format, VkImageUsageFlags usage,
                  wf_node_image *image, error *error);
void image_destroy(const device *device, wf_node_image *image); /* leaves *image zeroed; zeroed is fine */

/* Room for a float32 image in a buffer that holds several, one behind the other: a multiple of every format's texel. */
VkDeviceSize image_buffer_bytes(int width, int height, int channels);

static inline bool image_exists(const wf_node_image *image)
{
    return image->image || image->texels;
}

/* The whole of a color image, for copies and barriers. */
extern const VkImageSubresourceRange image_range;
extern const VkImageSubresourceLayers image_layers;

/* ---- pipeline.c ------------------------------------------------------------------------------------------------- */

/* From SPIR-V of `size` bytes. constants: specialization; NULL: none. */
bool compute_pipeline_create(const device *device, VkPipelineLayout layout, const uint32_t *code, size_t size,
                             const VkSpecializationInfo *constants, VkPipeline *pipeline, error *error);

/* A layout of one descriptor set, its bindings 0 ... count - 1, and of push constants
   from 0 on, both for these stages. */
bool layouts_create(const device *device, const VkDescriptorSetLayoutBinding *bindings, uint32_t count,
                    VkShaderStageFlags stages, uint32_t push_size, VkDescriptorSetLayout *set_layout,
                    VkPipelineLayout *layout, error *error);

/* A pool of just these sets, which hold `sizes` all together. */
bool descriptor_sets_create(const device *device, VkDescriptorSetLayout set_layout, const VkDescriptorPoolSize *sizes,
                            uint32_t size_count, uint32_t set_count, VkDescriptorPool *pool, VkDescriptorSet *sets,
                            error *error);

/* ---- commands.c ------------------------------------------------------------------------------------------------- */

bool commands_allocate(const device *device, uint32_t count, VkCommandBuffer *commands, error *error);
bool commands_begin(VkCommandBuffer commands, error *error);

#define COMMANDS_IMAGES 32 /* that are discarded at once, at most */

/* Record, between the work of some stages and later work of others: what was written is there for what accesses it;
 * images go into GENERAL, whatever was in them. */
void commands_order(VkCommandBuffer commands, VkPipelineStageFlags before, VkAccessFlags written,
                    VkPipelineStageFlags after, VkAccessFlags access);
void commands_discard(VkCommandBuffer commands, const VkImage *images, uint32_t count, VkPipelineStageFlags before,
                      VkPipelineStageFlags after, VkAccessFlags access);

/* Makes what was copied to buffers visible to the host, once the commands have completed. */
void commands_show_host(VkCommandBuffer commands);

/* Ends, submits and waits: for work outside the frame loop. Threads that share a device may be in here at once. */
bool commands_finish(const device *device, VkCommandBuffer commands, error *error);

/* A semaphore that counts up from 0. */
bool timeline_create(const device *device, VkSemaphore *semaphore, error *error);
bool timeline_wait(const device *device, VkSemaphore semaphore, uint64_t value, error *error);

#endif
