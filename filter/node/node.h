/* node.h -- the node's insides: slots, marks, and the table of hand-overs. Private to filter/node.
 *
 * node.c      life, images
 * frame.c     a frame's four steps
 * stages.c    the table of stages that run between
 * planes.c    memory of the pictures that go in and come out
 * predictor.h where weights come from: predictor.c, and a file for each kind of predictor
 * inspect.c   which pixels a frame tells the weights of, and where; pick.c copies them, reckon.c says what they mean
 * maps.c      figures of every pixel's kernel, as images
 * effective.c what a pyramid's kernels make together
 * timing.c    marks to spans on one clock
 * labels.c    names of stages for tools
 * handover_*  how images are taken from the renderer and given back: one per backend, and one for nodes without Vulkan
 * queue.c     commands in the renderer's queue
 * role.h, image.h, buffer.h, staging.h, share.h  parts that know no node */
#ifndef WF_NODE_NODE_H
#define WF_NODE_NODE_H

#include "backend.h"
#include "buffer.h"
#include "image.h"
#include "inspect.h"
#include "role.h"
#include "vulkan/check.h"
#include "wf_labels.h"
#include "wf_node.h"

/* Moments of a frame: stage s ends at mark s + 1, and begins where the stage before it that is part of the frame ends.
 * The first and the last are the renderer's queue's, those between the device's work. */
typedef enum node_mark {
    MARK_RELEASED = 0,
    MARK_TAKEN = WF_NODE_TAKE + 1,
    MARK_PACKED = WF_NODE_PACK + 1,
    MARK_ACQUIRED = WF_NODE_GIVE + 1,
    MARK_COUNT = WF_NODE_STAGE_COUNT + 1
} node_mark;

/* A slot's frame and the one before it are remembered for their times. */
#define NODE_HISTORY 2

/* Planes of a further layer, and the place of the color's alpha among those of a block, after its r, g
 * and b. Two more planes follow that one, a layer's or unused: what filters pictures of three channels
 * writes alpha before the layers. */
enum { NODE_LAYER_CHANNELS = 3, NODE_ALPHA_PLACE = 3 };

typedef struct node_frame {
    uint64_t number;      /* in the node, from 1; 0: none yet */
    unsigned stages;      /* bit s: stage s is part of it */
    int64_t submitted_ns; /* CLOCK_MONOTONIC when its work was about to be enqueued */
} node_frame;

typedef enum node_step { STEP_IDLE, STEP_BEGUN, STEP_RELEASED, STEP_RUN } node_step;

/* A renderer's buffer within the device's reach. */
typedef struct node_buffer {
    wf_node_buffer given;
    void *data;    /* its first byte; NULL: there is none */
    void *mapping; /* the hand-over's own */
} node_buffer;

typedef struct node_slot {
    node_step step;
    wf_node_image images[WF_NODE_ROLE_COUNT]; /* image is VK_NULL_HANDLE where none is bound */
    VkBuffer released[WF_OPERATOR_COUNT];     /* with the images, in the frame that is to be acquired */
    VkSemaphore timeline;
    uint64_t begun;                    /* frames */
    uint64_t run;                      /* frames: begun, or one less */
    node_frame history[NODE_HISTORY];  /* frame f of the slot in node_history(f) */
    VkQueryPool queries;               /* NODE_HISTORY x MARK_COUNT timestamps */
    wf_node_timing timing;             /* of the last frame whose times were read */
    node_record records[NODE_HISTORY]; /* what frame f tells of its weights, in node_history(f) */
} node_slot;

/* Values of a slot's timeline in its frame f = 1, 2, ... */
static inline uint64_t timeline_ready(uint64_t frame)
{
    return 3 * frame - 2;
}
static inline uint64_t timeline_copied(uint64_t frame) /* handover_cpu.c's, between the two */
{
    return 3 * frame - 1;
}
static inline uint64_t timeline_done(uint64_t frame)
{
    return 3 * frame;
}

/* The clock of the renderer's queue. */
typedef struct node_clock {
    PFN_vkGetCalibratedTimestampsEXT calibrate; /* NULL: the device cannot */
    uint64_t mask;                              /* of a timestamp's valid bits; 0: the queue has no timestamps */
    double period_ns;
} node_clock;

typedef struct node_predictor node_predictor;
typedef struct node_handover node_handover;

struct wf_node {
    wf_node_options options; /* log is the caller's: report to the one below */
    wf_log log;              /* passes on to the caller's, errors as warnings while a backend is tried */
    const char *trying;      /* its name, or NULL */
    const node_handover *handover;
    void *state; /* the hand-over's own */
    wf_device *device;
    node_clock clock;
    wf_labels labels;
    uint64_t frames; /* begun, of all slots */
    node_slot slots[WF_NODE_MAX_SLOTS];
    wf_tensor blocks[NODE_BLOCK_COUNT];            /* float32, dense; data is NULL until a role of it is bound */
    wf_tensor planes[WF_NODE_ROLE_COUNT];          /* x or r,g,b, of a block or their own; likewise */
    int layers;                                    /* the most further layers that a slot has had */
    char plain[WF_NODE_MAX_LAYERS];                /* layers that no filter divides by the albedo */
    node_predictor *predictors[WF_OPERATOR_COUNT]; /* NULL: none; operators may share one */
    unsigned rehearsed;                            /* bit s: a frame has had stage s since these were set */
    uint32_t pixel_count;                          /* that are inspected */
    wf_node_pixel pixels[WF_NODE_MAX_PIXELS];
};

/* A slot's frame while its work is enqueued. */
typedef struct node_turn {
    wf_node *node;
    uint32_t slot;
    wf_stream stream; /* since it was taken */
    unsigned written; /* 1 << wf_operator of those whose filter has written their images: there is nothing to pack */
} node_turn;

static inline int node_is_bound(const node_slot *slot, wf_node_role role)
{
    return wf_image_exists(&slot->images[role]);
}

/* The planes of a role; NULL where the frame has no image of it. */
static inline const wf_tensor *node_planes_of(const node_turn *turn, wf_node_role role)
{
    const wf_node *node = turn->node;
    return node_is_bound(&node->slots[turn->slot], role) ? &node->planes[role] : NULL;
}

/* Images lie in host memory. */
static inline int node_lacks_vulkan(const wf_node *node)
{
    return node->options.device == VK_NULL_HANDLE;
}

/* Where the slot's frame f is remembered. */
static inline uint32_t node_history(uint64_t frame)
{
    return (uint32_t)(frame % NODE_HISTORY);
}

/* WF_ERROR_INVALID_ARGUMENT for no node (unsaid, for want of a log) or no such slot. */
wf_result wf_node_check_slot(const wf_node *node, uint32_t slot);

/* Waits for the device's work of every slot. */
wf_result wf_node_wait_for_all(wf_node *node);

/* How many further layers the slot's frame has; they are counted without gaps once wf_node_begin has looked. */
int wf_node_layers_of(const node_slot *slot);

/* stages.c: enqueues the work of the slot's frame, and remembers which stages it has and when it was. */
wf_result wf_node_run_stages(wf_node *node, uint32_t slot);

/* ---- planes.c ---------------------------------------------------------------------------------------------------- */

/* A tensor of the frame's size, without memory. */
wf_tensor wf_node_frame_tensor(const wf_node *node, wf_dtype dtype, int64_t channels);

/* That are unpacked from a role's images or packed into them: alpha included, where it is filtered. */
int wf_node_channels(const wf_node *node, wf_node_role role);

/* Gives a role planes, once; waits for all frames where others lie with them. */
wf_result wf_node_need_planes(wf_node *node, wf_node_role role);
void wf_node_free_planes(wf_node *node);

/* Of a map that no slot has any more. */
void wf_node_drop_map(wf_node *node, wf_node_role role);

/* All that is filtered of a frame with so many further layers, or what an operator makes of it. */
wf_tensor wf_node_pictures(const wf_node *node, node_block block, int layers);

/* ---- The hand-over ----------------------------------------------------------------------------------------------- */

/* One per backend, and _host for nodes without Vulkan. All return after reporting why they failed. slot and
   role are valid, images are bound. */
struct node_handover {
    wf_backend backend;
    int shared;    /* images and timelines are exported, and images change owner between the queue's family and
                   VK_QUEUE_FAMILY_EXTERNAL */
    int addresses; /* buffers may be addresses in the device's own memory */

    /* Sets node->device and node->state. Before the slots' timelines exist; open_slot comes after, on Vulkan. close
     * undoes what was done so far, node->device excepted; no work is under way then and no image is mapped. */
    wf_result (*open)(wf_node *node);
    wf_result (*open_slot)(wf_node *node, uint32_t slot);
    void (*close)(wf_node *node);

    /* Makes the image of a slot's role, which has its planes already, reachable from the device, and undoes that. */
    wf_result (*map)(wf_node *node, uint32_t slot, wf_node_role role);
    void (*unmap)(wf_node *node, uint32_t slot, wf_node_role role);

    /* The same of a buffer, from buffer->given. */
    wf_result (*map_buffer)(wf_node *node, node_buffer *buffer);
    void (*unmap_buffer)(wf_node *node, node_buffer *buffer);

    /* Makes memory of readback->size bytes that the device writes and the host reads, and undoes that. publish, after
     * what the frame's work writes there; NULL: nothing is to be done. */
    wf_result (*alloc_readback)(wf_node *node, node_readback *readback);
    void (*free_readback)(wf_node *node, node_readback *readback);
    void (*publish)(wf_node *node, uint32_t slot);

    /* The host waits for, or asks after, the slot's last frame that ran. */
    wf_result (*wait)(wf_node *node, uint32_t slot);
    int (*finished)(wf_node *node, uint32_t slot);

    /* A frame's work, in this order; mark, unpack and pack in between as the graph wants. take makes the stream wait
     * for the timeline's ready; give signals its done. unpack: the images of count inputs to their planes; pack: the
     * planes of count outputs to their images. Roles are all that the frame has, so that one launch may do. */
    wf_result (*take)(wf_node *node, uint32_t slot, wf_stream *stream);
    wf_result (*unpack)(wf_node *node, uint32_t slot, const wf_node_role *roles, int count);
    wf_result (*pack)(wf_node *node, uint32_t slot, const wf_node_role *roles, int count);
    wf_result (*mark)(wf_node *node, uint32_t slot, node_mark mark);

    /* In place of pack: a network's last step, written to the images of the operators that it is of. NULL: it writes
     * planes. */
    wf_result (*blend)(wf_node *node, uint32_t slot, const wf_blend_call *call);
    wf_result (*give)(wf_node *node, uint32_t slot);

    /* Fills ns of those of marks (bit m: mark m) that are the device's, MARK_TAKEN ... MARK_PACKED, both of which it
     * has, CLOCK_MONOTONIC, and how uncertain they are, for the finished frame remembered in history; returns 0 where
     * that fails. NULL: mark writes the marks to the slot's queries. */
    int (*read_marks)(wf_node *node, uint32_t slot, uint32_t history, unsigned marks, int64_t ns[MARK_COUNT],
                      int64_t *uncertainty_ns);
};

extern const node_handover wf_node_handover_cuda, wf_node_handover_vulkan, wf_node_handover_cpu, wf_node_handover_host;

/* ---- queue.c: the renderer's queue ------------------------------------------------------------------------------- */

/* One primary command buffer a slot, in a pool of their own. */
wf_result wf_node_create_commands(wf_node *node, VkCommandPool *pool, VkCommandBuffer commands[WF_NODE_MAX_SLOTS]);

wf_result wf_node_begin_commands(wf_node *node, VkCommandBuffer commands);

/* Ends the commands and submits them; they wait for one value of the slot's timeline and signal another. */
wf_result wf_node_submit(wf_node *node, uint32_t slot, VkCommandBuffer commands, uint64_t wait, uint64_t signal);

/* The host waits for a value of the slot's timeline. */
wf_result wf_node_wait(wf_node *node, uint32_t slot, uint64_t value);

/* Whether the slot's timeline has reached a value. */
int wf_node_reached(wf_node *node, uint32_t slot, uint64_t value);

/* ---- inspect.c --------------------------------------------------------------------------------------------------- */

/* A frame of the slot begins: where it tells its weights. */
wf_result wf_node_begin_record(wf_node *node, uint32_t slot, node_record *record);

/* pick.c: enqueues what it tells. */
wf_result wf_node_record_inspection(const node_turn *turn);

void wf_node_free_records(wf_node *node);

/* maps.c: whether the slot's frame has maps of an operator's kernels; enqueues them. */
int wf_node_has_maps(const node_slot *slot, wf_operator op);
wf_result wf_node_record_maps(const node_turn *turn);

/* ---- timing.c ---------------------------------------------------------------------------------------------------- */

int64_t wf_node_now_ns(void); /* CLOCK_MONOTONIC */

void wf_node_open_clock(wf_node *node);
wf_result wf_node_create_queries(wf_node *node, uint32_t slot);

/* Record, where the queue has timestamps: forget the marks of the slot's frame; write one when all earlier commands are
 * done. */
void wf_node_reset_marks(wf_node *node, uint32_t slot, VkCommandBuffer commands);
void wf_node_write_mark(wf_node *node, uint32_t slot, VkCommandBuffer commands, node_mark mark);

#endif
