/* Weights that the renderer writes every frame, read where they are. */
#include <inttypes.h>

#include "arguments.h"
#include "predictor.h"

enum { ALIGNMENT = 16 }; /* what wf_prepare compiles for */

/* A slot's. buffer.data is NULL where none are bound. */
typedef struct binding {
    wf_node_weights given;
    node_buffer buffer;
} binding;

typedef struct bound_predictor {
    node_predictor base;
    wf_operator of; /* that the slots are bound for; the other one may share them */
    binding slots[WF_NODE_MAX_SLOTS];
} bound_predictor;

typedef struct bound_arguments {
    uint32_t slot;
    wf_operator op;
    const wf_node_weights *weights;
} bound_arguments;

/* ---- Checks ------------------------------------------------------------------------------------------------------ */

static VkBufferUsageFlags needed_usage(wf_backend backend)
{
    return backend == WF_VULKAN ? VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT
           : backend == WF_CPU  ? VK_BUFFER_USAGE_TRANSFER_SRC_BIT
                                : 0;
}

static wf_result check_address(const wf_node *node, const wf_node_buffer *buffer)
{
    const wf_log *log = &node->log;
    if (!node->handover->addresses)
        return wf_fail(log, WF_ERROR_UNSUPPORTED,
                       "the weights have an address, this node (%s) reads them from a VkBuffer",
                       wf_backend_name(node->handover->backend));
    if ((uintptr_t)buffer->data % ALIGNMENT)
        return WF_INVALID(log, "the weights' address is %p, it is a multiple of %d", buffer->data, ALIGNMENT);
    return WF_OK;
}

static wf_result check_buffer(const wf_node *node, const wf_node_buffer *buffer)
{
    const wf_log *log = &node->log;
    if (!buffer->buffer == !buffer->data)
        return WF_INVALID(log, "the weights have %s, they need one of the two",
                          buffer->buffer ? "a VkBuffer and an address" : "neither a VkBuffer nor an address");
    if (buffer->data)
        return check_address(node, buffer);
    if (!node->options.device)
        return wf_fail(log, WF_ERROR_UNSUPPORTED, "the weights are in a VkBuffer, a node without Vulkan reads none");
    const VkBufferUsageFlags usage = needed_usage(node->handover->backend);
    if ((buffer->usage & usage) != usage)
        return WF_INVALID(log, "the weights' buffer has usage 0x%x, %s needs 0x%x in it", buffer->usage,
                          wf_backend_name(node->handover->backend), usage);
    if (node->handover->shared && (!buffer->memory || buffer->memory_size < buffer->size))
        return WF_INVALID(log,
                          "the weights' buffer of %" PRIu64 " bytes lacks its VkDeviceMemory, or that is too small "
                          "(%" PRIu64 " bytes)",
                          buffer->size, buffer->memory_size);
    return WF_OK;
}

/* Its taps can be counted; wf_prepare checks the rest. */
static wf_result check_level(const wf_node *node, const wf_node_weights *weights, const wf_node_level *level)
{
    const wf_log *log = &node->log;
    const wf_filter *filter = &level->filter;
    WF_TRY(wf_check_kernel_size(log, filter->kernel_height, filter->kernel_width));
    if (level->weights % ALIGNMENT)
        return WF_INVALID(log, "the weights begin at byte %" PRIu64 " of their buffer, it is a multiple of %d",
                          level->weights, ALIGNMENT);
    return weights->dtype == WF_FLOAT32 || weights->dtype == WF_FLOAT16
               ? WF_OK
               : WF_INVALID(log, "the weights are %s, the node reads float32 and float16",
                            wf_dtype_name(weights->dtype));
}

/* A level's weights in memory that begins at data. */
static wf_tensor tensor_at(const wf_node *node, const wf_node_weights *weights, int level, void *data)
{
    const wf_filter *filter = &weights->level[level].filter;
    wf_tensor tensor = wf_node_frame_tensor(node, weights->dtype,
                                            (int64_t)filter->groups * filter->kernel_height * filter->kernel_width);
    tensor.data = data ? (char *)data + weights->level[level].weights : NULL;
    return tensor;
}

static wf_result check_room(const wf_node *node, const wf_node_weights *weights, int level)
{
    const wf_tensor tensor = tensor_at(node, weights, level, NULL);
    const VkDeviceSize first = weights->level[level].weights, size = weights->buffer.size;
    const VkDeviceSize needed = (VkDeviceSize)tensor.stride[0] * wf_dtype_size(tensor.dtype);
    if (first <= size && needed <= size - first)
        return WF_OK;
    return WF_INVALID(&node->log,
                      "%" PRId64 " %s planes of %ux%u are %" PRIu64 " bytes, the weights' buffer has %" PRIu64
                      " from byte %" PRIu64 " on",
                      tensor.size[AXIS_C], wf_dtype_name(tensor.dtype), node->options.width, node->options.height,
                      needed, first <= size ? size - first : 0, first);
}

static wf_result compile_binding(node_predictor *predictor, const wf_node_weights *weights, unsigned operators)
{
    predictor->weights =
        (node_weights){.filter = weights->level[0].filter, .tensor = tensor_at(predictor->node, weights, 0, NULL)};
    return wf_node_compile_weights(predictor, operators);
}

static wf_result check_and_compile(node_predictor *predictor, const wf_node_weights *weights, unsigned operators)
{
    const wf_node *node = predictor->node;
    if (weights->levels < 1 || weights->levels > WF_NODE_MAX_LEVELS)
        return WF_INVALID(&node->log, "the weights have %d levels, they are 1 to %d", weights->levels,
                          WF_NODE_MAX_LEVELS);
    WF_TRY(check_buffer(node, &weights->buffer));
    WF_TRY(check_level(node, weights, &weights->level[0]));
    WF_TRY(compile_binding(predictor, weights, operators));
    return check_room(node, weights, 0);
}

/* ---- Bindings ---------------------------------------------------------------------------------------------------- */

static void unbind(bound_predictor *bound, uint32_t slot)
{
    binding *b = &bound->slots[slot];
    if (b->buffer.data)
        bound->base.node->handover->unmap_buffer(bound->base.node, &b->buffer);
    *b = (binding){0};
}

/* In place of what the slot had, which is kept where that fails. */
static wf_result bind(bound_predictor *bound, uint32_t slot, const wf_node_weights *weights, unsigned operators)
{
    wf_node *node = bound->base.node;
    binding made = {.given = *weights, .buffer = {.given = weights->buffer}};
    WF_TRY(check_and_compile(&bound->base, weights, operators));
    WF_TRY(node->handover->wait(node, slot));
    WF_TRY(node->handover->map_buffer(node, &made.buffer));
    unbind(bound, slot);
    bound->slots[slot] = made;
    return WF_OK;
}

/* ---- The predictor ----------------------------------------------------------------------------------------------- */

static wf_result prepare(node_predictor *predictor, const void *arguments, unsigned operators)
{
    const bound_arguments *given = arguments;
    bound_predictor *bound = (bound_predictor *)predictor;
    bound->of = given->op;
    return bind(bound, given->slot, given->weights, operators);
}

static wf_result check(const node_predictor *predictor, uint32_t slot)
{
    const bound_predictor *bound = (const bound_predictor *)predictor;
    if (bound->slots[slot].buffer.data)
        return WF_OK;
    return WF_INVALID(&predictor->node->log, "slot %u has no weights bound for %s", slot, wf_operator_name(bound->of));
}

static const node_buffer *buffer_of(const node_predictor *predictor, uint32_t slot)
{
    const binding *b = &((const bound_predictor *)predictor)->slots[slot];
    return b->buffer.data ? &b->buffer : NULL;
}

static wf_result compile(node_predictor *predictor, unsigned operators)
{
    const bound_predictor *bound = (const bound_predictor *)predictor;
    for (uint32_t slot = 0; slot < predictor->node->options.slots; slot++) {
        if (bound->slots[slot].buffer.data)
            WF_TRY(compile_binding(predictor, &bound->slots[slot].given, operators));
    }
    return WF_OK;
}

static wf_result filter(node_predictor *predictor, const node_turn *turn, unsigned operators)
{
    const binding *b = &((const bound_predictor *)predictor)->slots[turn->slot];
    predictor->weights = (node_weights){.filter = b->given.level[0].filter,
                                        .tensor = tensor_at(turn->node, &b->given, 0, b->buffer.data)};
    return wf_node_filter_weights(predictor, turn, operators);
}

static void destroy(node_predictor *predictor)
{
    for (uint32_t slot = 0; slot < WF_NODE_MAX_SLOTS; slot++)
        unbind((bound_predictor *)predictor, slot);
}

static const node_predictor_kind bound_kind = {.name = "bound weights",
                                               .size = sizeof(bound_predictor),
                                               .prepare = prepare,
                                               .check = check,
                                               .buffer = buffer_of,
                                               .compile = compile,
                                               .filter = filter,
                                               .destroy = destroy};

/* Of an operator, unless it only shares those of the other one. */
static bound_predictor *bound_of(const wf_node *node, wf_operator op)
{
    node_predictor *predictor = node->predictors[op];
    if (!predictor || predictor->kind != &bound_kind || ((bound_predictor *)predictor)->of != op)
        return NULL;
    return (bound_predictor *)predictor;
}

wf_result wf_node_bind_weights(wf_node *node, uint32_t slot, wf_operator op, const wf_node_weights *weights)
{
    WF_TRY(wf_node_check_slot(node, slot));
    WF_TRY(wf_check_enum(&node->log, "operator", (int)op, WF_OPERATOR_COUNT));
    WF_TRY(wf_node_check_idle(node, slot, "its weights"));
    bound_predictor *bound = bound_of(node, op);
    if (weights && !bound)
        return wf_node_set_predictor(node, &bound_kind, &(bound_arguments){slot, op, weights}, 1u << op);
    if (weights)
        return bind(bound, slot, weights, wf_node_operators_of(&bound->base));
    if (bound) {
        WF_TRY(node->handover->wait(node, slot));
        unbind(bound, slot);
    }
    return WF_OK;
}

/* ---- Buffers ----------------------------------------------------------------------------------------------------- */

wf_result wf_node_create_buffer(wf_node *node, VkDeviceSize size, wf_node_buffer *buffer)
{
    if (!node)
        return WF_ERROR_INVALID_ARGUMENT;
    WF_TRY(wf_check_pointer(&node->log, "buffer", buffer));
    *buffer = (wf_node_buffer){0};
    if (size < 1)
        return WF_INVALID(&node->log, "a buffer has at least 1 byte, not 0");
    return wf_buffer_create(&node->options, &node->log, size, node->handover->shared, buffer);
}

static int is_same(const wf_node_buffer *a, const wf_node_buffer *b)
{
    return (a->buffer || a->data) && a->buffer == b->buffer && a->data == b->data;
}

void wf_node_destroy_buffer(wf_node *node, wf_node_buffer *buffer)
{
    if (!node || !buffer)
        return;
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        node_predictor *predictor = node->predictors[op];
        if (!predictor || predictor->kind != &bound_kind)
            continue;
        for (uint32_t slot = 0; slot < node->options.slots; slot++) {
            bound_predictor *bound = (bound_predictor *)predictor;
            if (!is_same(&bound->slots[slot].given.buffer, buffer))
                continue;
            node->handover->wait(node, slot);
            unbind(bound, slot);
        }
    }
    wf_buffer_destroy(node->options.device, buffer);
}
