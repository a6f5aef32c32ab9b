/* device.h -- the Vulkan backend's device, and what its files offer each other. Private to filter/vulkan.
 *
 * Tensors are addresses in push constants; there is no descriptor set. Pipelines are made on first use and kept. */
#ifndef WF_VULKAN_DEVICE_H
#define WF_VULKAN_DEVICE_H

#include "backend.h"
#include "check.h"
#include "shared.h"
#include "wf_vulkan.h"

/* A VkBuffer with memory of its own. */
typedef struct vulkan_buffer {
    VkBuffer buffer;
    VkDeviceMemory memory;
    VkDeviceSize size;
    VkDeviceAddress address;
} vulkan_buffer;

/* SPIR-V embedded in the library. Its specialization constants (shared.h) are all 32 bits wide. */
typedef struct vulkan_shader {
    const uint32_t *code;
    size_t size; /* bytes */
} vulkan_shader;

typedef struct vulkan_pipeline {
    const vulkan_shader *shader;
    int32_t constants[WF_MAX_SPECIALIZATIONS];
    VkPipeline pipeline;
} vulkan_pipeline;

/* Who multiplies matrices for networks; see shaders/network/matrix.glsl. */
typedef enum vulkan_matrices { VULKAN_MATRICES_NONE, VULKAN_MATRICES_DEVICE, VULKAN_MATRICES_EMULATED } vulkan_matrices;

typedef struct vulkan_device {
    wf_device base;
    VkPhysicalDevice physical_device;
    VkDevice device;
    uint32_t queue_family;
    VkQueue queue;
    VkPipelineCache pipeline_cache; /* the caller's, or VK_NULL_HANDLE */
    struct vulkan_owner *owner;     /* of these handles; NULL: the caller */
    VkPhysicalDeviceLimits limits;
    int is_processor; /* rather than a GPU */
    VkPhysicalDeviceMemoryProperties memory;
    vulkan_matrices matrices;
    int translates_matrices; /* the device's are those of VK_KHR_cooperative_matrix, see matrix.h */
    int multiprocessors;     /* that workgroups of matrices are shared among; 1 where these are emulated */

    VkCommandPool pool;
    VkCommandBuffer one_off;  /* of begin and finish */
    VkCommandBuffer transfer; /* of upload and download */
    VkFence fence;

    vulkan_buffer staging;
    void *mapped; /* staging's memory */

    vulkan_buffer *buffers; /* from alloc */
    size_t buffer_count;

    VkPipelineLayout layout;
    vulkan_pipeline *pipelines;
    size_t pipeline_count;
    int collects_pipelines; /* those that are asked for are compiled later, all at once */
} vulkan_device;

/* Says which feature the device lacks. */
wf_result wf_vulkan_check_needs(const wf_log *log, VkPhysicalDevice physical_device);

/* ---- matrix.c ---- */

/* Adds what products of matrices need, where the device has them. */
void wf_vulkan_add_matrices(wf_vulkan_needs *needs, VkPhysicalDevice physical_device);

/* WF_ERROR_UNSUPPORTED where the environment asks for what is not there. */
wf_result wf_vulkan_choose_matrices(vulkan_device *device, const wf_vulkan_options *options);

/* ---- open.c ---- */
void wf_vulkan_close(struct vulkan_owner *owner); /* NULL is ignored */

/* ---- stream.c ---- */
wf_result wf_vulkan_create_streams(vulkan_device *device);
void wf_vulkan_destroy_streams(vulkan_device *device);
wf_result wf_vulkan_begin(wf_device *device, wf_stream *stream);
wf_result wf_vulkan_finish(wf_device *device, wf_stream stream);
wf_result wf_vulkan_barrier(wf_device *device, wf_stream stream);
wf_result wf_vulkan_begin_commands(vulkan_device *device, VkCommandBuffer commands);
wf_result wf_vulkan_submit(vulkan_device *device, VkCommandBuffer commands); /* ends it, and waits until it has run */

/* ---- memory.c ---- */
wf_result wf_vulkan_create_memory(vulkan_device *device);
void wf_vulkan_destroy_memory(vulkan_device *device);
wf_result wf_vulkan_alloc(wf_device *device, size_t size, void **data);
void wf_vulkan_free(wf_device *device, void *data);
wf_result wf_vulkan_upload(wf_device *device, void *to, const void *from, size_t size);
wf_result wf_vulkan_download(wf_device *device, void *to, const void *from, size_t size);

/* ---- pipeline.c ---- */
wf_result wf_vulkan_create_pipelines(vulkan_device *device);
void wf_vulkan_destroy_pipelines(vulkan_device *device);

/* Fills in wanted->pipeline; makes and keeps it where no equal one exists. While the device collects pipelines these
 * are made by wf_vulkan_compile_collected, on several threads. */
wf_result wf_vulkan_get_pipeline(vulkan_device *device, vulkan_pipeline *wanted);
wf_result wf_vulkan_compile_collected(vulkan_device *device);

/* Records the pipeline for a grid of workgroups, in as many dispatches as the device's limits ask for. push is one of
 * the blocks of shared.h, push_size bytes; its first_group is set here. */
void wf_vulkan_dispatch(vulkan_device *device, VkCommandBuffer commands, const vulkan_pipeline *pipeline,
                        const void *push, uint32_t push_size, int64_t groups_x, int64_t groups_y);

static inline int64_t wf_vulkan_divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* The address of image n of a batch; 0 where the tensor is absent. */
VkDeviceAddress wf_vulkan_image(const wf_tensor *tensor, int64_t n);

/* ---- gather.c, splat.c, gather_splat.c, and what they share in filter.c ---- */
extern const vulkan_shader wf_vulkan_gather_shader, wf_vulkan_splat_shader, wf_vulkan_gather_splat_shader;
wf_result wf_vulkan_prepare(wf_device *device, const wf_filter_call *call);
wf_result wf_vulkan_prepare_gather_splat(wf_device *device, const wf_filter_call *gather, const wf_filter_call *splat);
wf_result wf_vulkan_filter(wf_device *device, wf_stream stream, const wf_filter_call *call);
wf_result wf_vulkan_gather_splat(wf_device *device, wf_stream stream, const wf_filter_call *gather,
                                 const wf_filter_call *splat);

/* ---- backward.c ---- */
wf_result wf_vulkan_backward(wf_device *device, wf_stream stream, const wf_backward_call *call);
size_t wf_vulkan_backward_workspace(const wf_backward_call *call);

/* ---- steps.c ---- */
wf_result wf_vulkan_step_down(wf_device *device, wf_stream stream, const wf_step_call *call);
wf_result wf_vulkan_step_up(wf_device *device, wf_stream stream, const wf_step_call *call);
wf_result wf_vulkan_prepare_steps(wf_device *device);

/* ---- pick.c ---- */
wf_result wf_vulkan_pick(wf_device *device, wf_stream stream, const wf_pick_call *call);
wf_result wf_vulkan_prepare_pick(wf_device *device);

/* ---- summarize.c ---- */
wf_result wf_vulkan_summarize(wf_device *device, wf_stream stream, const wf_summary_call *call);

/* ---- predict.c ---- */
wf_result wf_vulkan_predict_bilateral(wf_device *device, wf_stream stream, const wf_bilateral_call *call);
wf_result wf_vulkan_prepare_bilateral(wf_device *device, const wf_bilateral_call *call);

#endif
