/* wf_node.h -- the denoise node: a renderer's VkImages in, gather and splat VkImages out.
 *
 *     renderer's images (color, albedo, normal, depth; further layers)
 *       +- predictor -> weights (device memory)      set once from memory, predicted each frame (analytic bilateral,
 *            |                                        or a network), or written each frame by the renderer
 *            +- gather, splat (both at once where they have the same weights) -> images the renderer samples
 *
 * On NVIDIA the images are Vulkan allocations exported as opaque file descriptors and mapped into CUDA once; two values
 * of a timeline semaphore a frame hand them over and back, and nothing is copied through the host. WF_VULKAN runs the
 * same graph as GLSL in the renderer's own queue. WF_CPU copies the images to the host and back: the reference, and the
 * last resort; a node without Vulkan filters images that lie in host memory.
 *
 *
 * EMBEDDING IT
 *
 *     Once:
 *         wf_vulkan_get_needs(...)                          enable these features and extensions on the VkDevice
 *         wf_node_create(&options, &node)
 *         for each slot (frame in flight) and each role:
 *             wf_node_create_image(node, role, &image)      or an image of your own: see wf_node_image
 *             wf_node_bind(node, slot, role, &image)
 *         wf_node_set_weights(...), wf_node_set_bilateral(...) or wf_node_set_network(...); or, with weights of
 *         one's own every frame, for each slot: wf_node_bind_weights(...)
 *
 *     Each frame, with slot = frame % frames_in_flight:
 *         wf_node_begin(node, slot, &sync)                  waits until the slot's previous frame is done
 *         record: render into the slot's images, and write the weights bound to it
 *         wf_node_release(node, slot, commands)             last in the command buffer that wrote the images, outside
 *                                                           render passes
 *         submit it, signalling sync.timeline = sync.ready
 *         wf_node_run(node, slot)                           enqueues the node's work and returns (WF_CPU: when done)
 *         record in a new command buffer, first: wf_node_acquire(node, slot, commands), then sample the output images
 *         submit it, waiting for sync.timeline >= sync.done at VK_PIPELINE_STAGE_ALL_COMMANDS_BIT
 *
 *     Then wf_node_timing_of(node, slot, &timing) tells how long the slot's last completed frame took.
 *
 *     Slots do not depend on each other: frame n+1 may be rendered and submitted before frame n is acquired.
 *
 *
 * WITHOUT VULKAN
 *
 *     Where the four handles of wf_node_options are VK_NULL_HANDLE, images lie in host memory and WF_CPU filters them
 *     there: no driver needs to exist. Steps are the same, command buffers are VK_NULL_HANDLE, and so is sync.timeline:
 *     inputs are written before wf_node_run is called, outputs when it returns.
 *
 * LAYOUTS AND OWNERSHIP
 *
 *     The node takes and gives all images in VK_IMAGE_LAYOUT_GENERAL. wf_node_release makes every earlier write to the
 *     slot's bound images available and, where CUDA works on them, releases them to VK_QUEUE_FAMILY_EXTERNAL;
 *     wf_node_acquire is its counterpart. Output images need no prior transition: release discards their content.
 *     Input images must be in GENERAL when release is recorded. Buffers of weights are handed over and back likewise.
 *
 * FURTHER LAYERS
 *
 *     A frame's other pictures (diffuse, specular, emission ...) take the frame's kernels in the same read of its
 *     weights: layer i, from 0, has an input in role WF_NODE_LAYER + i and outputs in WF_NODE_LAYER_GATHER + i
 *     and WF_NODE_LAYER_SPLAT + i. A slot's layers are counted from 0 without gaps, each with outputs for those
 *     operators that the slot has outputs for. Filters are linear: where all are filtered alike, layers whose sum
 *     is the color have outputs whose sum is the color's. A network that divides the color by the albedo before
 *     it filters (wf_network.h) does so with a layer, too, unless wf_node_demodulate says otherwise; its kernels
 *     are computed again for each layer.
 *
 *     With the option alpha, the color's alpha takes the same kernels, never divided by an albedo: premultiplied colors
 *     and their alpha stay what they are to each other. Without layers and alpha neither costs anything.
 *
 * MEMORY
 *
 *     Tensors are made when a role is first bound and when weights are set, never in a frame. Frames run one after the
 *     other on the device, so all slots share them: width * height float32 planes, 3 a bound role (depth: 1; with alpha
 *     up to 3 more of color, gather and splat each) and 4 more for the predictor; the weights set; and, with a
 *     predictor, Kh*Kw float16 planes of predicted weights. Weights that are bound are read where they are; a pyramid's
 *     coarser pictures are kept beside. Maps of kernels (wf_node_inspect.h) have a plane each while they are bound.
 *
 * THREADS
 *
 *     One thread at a time. WF_VULKAN and WF_CPU submit to the queue in wf_node_run and where weights are set, and
 *     wf_node_destroy waits for it: the caller keeps other threads off that queue meanwhile.
 *
 * What it does not do: render, tone-map, present, resize images (make a new node), or train.
 */
#ifndef WF_NODE_H
#define WF_NODE_H

#include <vulkan/vulkan.h>

#include "wf.h"
#include "wf_figures.h"
#include "wf_network.h"
#include "wf_pyramid.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WF_NODE_MAX_SLOTS  8
#define WF_NODE_MAX_LAYERS 32 /* beside the color */

typedef struct wf_node wf_node;

typedef enum wf_node_role {
    WF_NODE_COLOR = 0,  /* noisy radiance, linear; r,g,b. Always needed */
    WF_NODE_ALBEDO = 1, /* r,g,b. These three only guide predictors, which do without what is not bound */
    WF_NODE_NORMAL = 2, /* x,y,z */
    WF_NODE_DEPTH = 3,  /* x */
    WF_NODE_GATHER = 4, /* outputs: r,g,b, and in alpha 1 or the color's, filtered. At least one is needed */
    WF_NODE_SPLAT = 5,
    WF_NODE_LAYER = 6,                                         /* further layers: r,g,b. Layer i has this role + i, */
    WF_NODE_LAYER_GATHER = WF_NODE_LAYER + WF_NODE_MAX_LAYERS, /* this one + i and the next + i; 1 in alpha */
    WF_NODE_LAYER_SPLAT = WF_NODE_LAYER_GATHER + WF_NODE_MAX_LAYERS,
    WF_NODE_MAP = WF_NODE_LAYER_SPLAT + WF_NODE_MAX_LAYERS, /* maps of kernels: outputs, x. wf_node_inspect.h */
    WF_NODE_ROLE_COUNT = WF_NODE_MAP + WF_OPERATOR_COUNT * WF_PYRAMID_MAX_LEVELS * WF_FIGURE_COUNT
} wf_node_role;

typedef struct wf_node_options {
    VkInstance instance; /* this, the next two and queue: all of them, or VK_NULL_HANDLE all */
    VkPhysicalDevice physical_device;
    VkDevice device;                /* made with what wf_vulkan_get_needs tells */
    uint32_t queue_family;          /* with compute */
    VkQueue queue;                  /* that renders into the inputs and samples the outputs */
    VkPipelineCache pipeline_cache; /* VK_NULL_HANDLE: none */
    int matrices;                   /* as in wf_vulkan_options */
    int automatic;                  /* 1: the first of WF_CUDA, WF_VULKAN, WF_CPU that works; backend is ignored. Each
                                       one that does not is logged as a warning that says why, and so is WF_VULKAN on a
                                       device that is no GPU, which WF_CPU is faster than. Without Vulkan: WF_CPU */
    wf_backend backend;             /* automatic = 0: this one, or the node is not created */
    uint32_t width, height;         /* of every image, at least 1 */
    uint32_t slots;                 /* frames in flight, 1 ... WF_NODE_MAX_SLOTS */
    int separate;                   /* 1: gather and splat are two stages always, for their times. 0: they are one where
                                       both are wanted and have the same weights, which are then read once */
    int alpha;                      /* 1: the color's alpha is filtered into the outputs'. 0: theirs is 1 */
    wf_log log;
} wf_node_options;

/* On failure *node is NULL. The results of wf_create, and WF_ERROR_UNSUPPORTED where images or semaphores cannot be
 * shared with CUDA. */
WF_API wf_result wf_node_create(const wf_node_options *options, wf_node **node);

/* Waits for the node's work and for the queue, and frees what the node made, images from wf_node_create_image excepted:
 * destroy those before. NULL is ignored. */
WF_API void wf_node_destroy(wf_node *node);

/* The backend in use and its device. */
WF_API wf_backend wf_node_backend(const wf_node *node);
WF_API wf_result wf_node_get_info(const wf_node *node, wf_device_info *info);

/* ---- Images ------------------------------------------------------------------------------------------------------ */

/* An image the node works on: 2D, one mip level and layer, one sample, optimal tiling, width x height, format one of
 * R32G32B32A32_SFLOAT, R16G16B16A16_SFLOAT and, for depth, R32_SFLOAT, R16_SFLOAT. Sharing mode EXCLUSIVE. For
 * WF_VULKAN inputs need SAMPLED usage and outputs STORAGE; for WF_CPU, TRANSFER_SRC and TRANSFER_DST; for WF_CUDA it
 * must be a dedicated allocation, both created with VkExternalMemoryImageCreateInfo / VkExportMemoryAllocateInfo for
 * VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT. */
typedef struct wf_node_image {
    VkImage image;
    VkImageView view; /* of the whole image, identity swizzle */
    VkFormat format;
    VkImageUsageFlags usage;  /* as VkImageCreateInfo had it */
    VkDeviceMemory memory;    /* of the image alone, at offset 0. Only WF_CUDA reads these two */
    VkDeviceSize memory_size; /* of the allocation, as VkMemoryAllocateInfo had it */
    void *texels; /* of a node without Vulkan: rows from top to bottom; nothing else but format is read then */
} wf_node_image;

/* Makes an image fit for a role on this node's backend: R32_SFLOAT for depth, else R32G32B32A32_SFLOAT; usage SAMPLED,
 * STORAGE, TRANSFER_SRC, TRANSFER_DST; layout UNDEFINED. The caller destroys it with wf_node_destroy_image before
 * wf_node_destroy, when no command buffer uses it any more; that unbinds it from every slot. On failure the image is
 * zeroed. WF_ERROR_INVALID_ARGUMENT, WF_ERROR_OUT_OF_MEMORY, WF_ERROR_DEVICE. */
WF_API wf_result wf_node_create_image(wf_node *node, wf_node_role role, wf_node_image *image);
WF_API void wf_node_destroy_image(wf_node *node, wf_node_image *image);

/* Binds an image to a slot's role and, for WF_CUDA, maps it. The struct is copied. NULL unbinds. No frame of the slot
 * may be between begin and acquire; the node's part of an earlier one is waited for. An image may be bound to several
 * slots where the caller orders the frames that use it, and to one role of a slot. On failure the role is left without
 * an image. WF_ERROR_INVALID_ARGUMENT, WF_ERROR_UNSUPPORTED (format), WF_ERROR_OUT_OF_MEMORY, WF_ERROR_DEVICE (the
 * import failed). */
WF_API wf_result wf_node_bind(wf_node *node, uint32_t slot, wf_node_role role, const wf_node_image *image);

/* ---- Weights ----------------------------------------------------------------------------------------------------- */

/* These four may be called while no frame is between begin and run; they wait for the node's work. What an operator
 * had before is kept where an argument is wrong, and dropped on other failures. WF_ERROR_INVALID_ARGUMENT,
 * WF_ERROR_OUT_OF_MEMORY, WF_ERROR_DEVICE. */

/* Copies weights from the host to the device; op uses them, with this filter, for every later frame. weights: dense, in
 * host memory, 1 x Kh*Kw x height x width, float32 or float16. */
WF_API wf_result wf_node_set_weights(wf_node *node, wf_operator op, const wf_filter *filter, const wf_tensor *weights);

/* `to` uses the weights and the filter that were set for `from`, or the predictor, without a second copy of them. */
WF_API wf_result wf_node_share_weights(wf_node *node, wf_operator from, wf_operator to);

/* Predicts weights for every frame from the bound images, and applies them, WF_NORMALIZED, with both operators. */
WF_API wf_result wf_node_set_bilateral(wf_node *node, const wf_bilateral *parameters);

/* Predicts kernels for every frame with a network, and applies them with both operators (wf_network.h). The network may
 * be closed afterwards. Guides that are not bound are 0 to it. */
WF_API wf_result wf_node_set_network(wf_node *node, const wf_network *network);

/* Whether a network's filters treat a further layer, from 0, as they do the color, which some divide by the albedo (1,
 * as at first), or take it as it is (0): for light that was written without its albedo, or is none. For every later
 * frame; other weights ignore it. WF_ERROR_INVALID_ARGUMENT. */
WF_API wf_result wf_node_demodulate(wf_node *node, uint32_t layer, int demodulate);

/* ---- Weights of one's own, every frame --------------------------------------------------------------------------- */

/* Memory that the renderer writes weights into: a VkBuffer; or memory by its address, CUDA's on WF_CUDA, the
 * host's in a node without Vulkan.
 *
 * A VkBuffer has sharing mode EXCLUSIVE. For WF_VULKAN it needs SHADER_DEVICE_ADDRESS usage (and memory allocated with
 * VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT), for WF_CPU TRANSFER_SRC; for WF_CUDA it must be a dedicated allocation, both
 * created with VkExternalMemoryBufferCreateInfo / VkExportMemoryAllocateInfo for
 * VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT. Weights are read in place, but that WF_CPU copies
 * a VkBuffer, as it does images. */
typedef struct wf_node_buffer {
    VkBuffer buffer;
    VkDeviceSize size;        /* bytes, as VkBufferCreateInfo had it */
    VkBufferUsageFlags usage; /* likewise */
    VkDeviceMemory memory;    /* of the buffer alone, at offset 0. Only WF_CUDA reads these two */
    VkDeviceSize memory_size; /* of the allocation, as VkMemoryAllocateInfo had it */
    void *data;               /* instead of all of these but size: an address, a multiple of 16 */
} wf_node_buffer;

/* Makes a buffer fit for the node's backend, a VkBuffer where the node has Vulkan: usage STORAGE_BUFFER,
 * SHADER_DEVICE_ADDRESS, TRANSFER_SRC, TRANSFER_DST. The caller destroys it with wf_node_destroy_buffer before
 * wf_node_destroy, when no command buffer uses it any more; slots that it is bound to are left without weights. On
 * failure the buffer is zeroed. WF_ERROR_INVALID_ARGUMENT, WF_ERROR_UNSUPPORTED (the device cannot export buffers),
 * WF_ERROR_OUT_OF_MEMORY, WF_ERROR_DEVICE. */
WF_API wf_result wf_node_create_buffer(wf_node *node, VkDeviceSize size, wf_node_buffer *buffer);
WF_API void wf_node_destroy_buffer(wf_node *node, wf_node_buffer *buffer);

/* A level of the kernel pyramid (wf_pyramid.h): level 0 has the images' height and width, each other one half of those
 * before, rounded up. Places are bytes from the buffer's beginning, multiples of 16. */
typedef struct wf_node_level {
    wf_filter filter;
    VkDeviceSize weights; /* dense: groups*Kh*Kw x height x width */
    VkDeviceSize alpha;   /* dense: height x width; not read of the coarsest level */
} wf_node_level;

typedef struct wf_node_weights {
    wf_node_buffer buffer;
    wf_dtype dtype; /* WF_FLOAT32 or WF_FLOAT16: of weights and alphas */
    int levels;     /* 1: filters at full resolution; up to WF_PYRAMID_MAX_LEVELS */
    wf_node_level level[WF_PYRAMID_MAX_LEVELS];
} wf_node_weights;

/* An operator's weights in a slot's frames, from now on: those that the buffer holds when the frame's images are
 * released, written by the commands before or by anything else that is complete before sync.ready is signalled, and
 * left alone until sync.done. The struct is copied; NULL unbinds. The filter may differ from slot to slot. No frame of
 * the slot may be between begin and acquire; the node's part of an earlier one is waited for.
 *
 * Weights that are bound take the place of what else the operator had (set weights, a predictor), in all slots:
 * wf_node_begin refuses those to which none are bound; and the other way round. wf_node_share_weights shares them, of
 * all slots, also those that are bound later for `from`; where `to` is bound to weights itself it has its own again.
 * One buffer may hold the weights of several slots and operators where the caller orders the frames that use it.
 *
 * On failure the slot keeps what it had. WF_ERROR_INVALID_ARGUMENT (also where a frame of any slot is between begin and
 * run and the operator had weights of another kind), WF_ERROR_UNSUPPORTED (a VkBuffer or an address where the node
 * cannot read such), WF_ERROR_OUT_OF_MEMORY, WF_ERROR_DEVICE (the import failed). */
WF_API wf_result wf_node_bind_weights(wf_node *node, uint32_t slot, wf_operator op, const wf_node_weights *weights);

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

typedef struct wf_node_sync {
    VkSemaphore timeline; /* the slot's; the caller signals and waits, never destroys */
    uint64_t ready;       /* the caller's submission signals this when the inputs are written */
    uint64_t done;        /* the node signals this when the outputs are; it does not where wf_node_run failed */
} wf_node_sync;

/* The four steps of a slot's frame, in this order; another order is WF_ERROR_INVALID_ARGUMENT. begin also says so where
 * the frame could not run: no color image, no output image, no weights for a bound output in this slot, a further layer
 * that lacks an image. Once run has failed on the device (WF_ERROR_DEVICE, WF_ERROR_OUT_OF_MEMORY) the slot stays as it
 * is and the node is only good for destroying. */
WF_API wf_result wf_node_begin(wf_node *node, uint32_t slot, wf_node_sync *sync);
WF_API wf_result wf_node_release(wf_node *node, uint32_t slot, VkCommandBuffer commands);
WF_API wf_result wf_node_run(wf_node *node, uint32_t slot);
WF_API wf_result wf_node_acquire(wf_node *node, uint32_t slot, VkCommandBuffer commands);

/* ---- Timing ------------------------------------------------------------------------------------------------------ */

typedef enum wf_node_stage {
    WF_NODE_TAKE = 0, /* hand-over in: from the release in the renderer's queue to the node's first work */
    WF_NODE_UNPACK,   /* images to tensors */
    WF_NODE_PREDICT,  /* weights; absent where they were set */
    WF_NODE_GATHER_STAGE,
    WF_NODE_SPLAT_STAGE,
    WF_NODE_GATHER_SPLAT_STAGE, /* in place of these two, where both have the same weights */
    WF_NODE_INSPECT,            /* present while pixels are inspected (wf_node_inspect.h) */
    WF_NODE_PACK,               /* tensors to images, but of results that filters wrote to images themselves */
    WF_NODE_GIVE,               /* hand-over back: from the node's last work to the acquire in the renderer's queue */
    WF_NODE_STAGE_COUNT
} wf_node_stage;

/* "hand-over in", "unpack", "predict", "gather", "splat", "gather and splat", "inspect", "pack", "hand-over out". */
WF_API const char *wf_node_stage_name(wf_node_stage stage);

typedef struct wf_node_span {
    int64_t begin_ns, end_ns; /* CLOCK_MONOTONIC; both 0 where the stage did not run or could not be timed */
} wf_node_span;

/* Spans follow each other without gaps. release and acquire write timestamps of the renderer's queue; the work between
 * is timed by CUDA events, by timestamps of the same queue (WF_VULKAN) or by the host (WF_CPU, whose copies count as
 * hand-over). VK_EXT_calibrated_timestamps places the queue's clock on CLOCK_MONOTONIC; where it is missing a frame is
 * placed to end when its end was noticed. With two clocks the work is moved, by no more than they are uncertain, to lie
 * between release and acquire: the split of the hand-over into its two halves is uncertain, their sum is not. A queue
 * without timestamps leaves out the hand-over, and with WF_VULKAN everything. */
typedef struct wf_node_timing {
    uint64_t frame; /* counts wf_node_begin calls of the whole node, from 1; 0: no frame has completed yet */
    wf_node_span stages[WF_NODE_STAGE_COUNT];
    int64_t uncertainty_ns; /* of the placement of any span on CLOCK_MONOTONIC; lengths within one clock are better */
} wf_node_timing;

/* The slot's most recent frame of which everything, the caller's acquire included, has completed. Never waits. A
 * frame's times stay readable until the second wf_node_begin of its slot after it. */
WF_API wf_result wf_node_timing_of(wf_node *node, uint32_t slot, wf_node_timing *timing);

#ifdef __cplusplus
}
#endif

#endif
