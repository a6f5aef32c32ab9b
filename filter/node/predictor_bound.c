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
    void *workspace; /* of the largest pyramid */
    size_t workspace_size;
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

/* A level's planes at a place in memory that begins at data. */
static wf_tensor planes_at(const wf_node *node, const wf_node_weights *weights, int level, int64_t channels,
                           VkDeviceSize place, void *data)
{
    int64_t height = node->options.height, width = node->options.width;
    for (int i = 0; i < level; i++)
        height = (height + 1) / 2, width = (width + 1) / 2;
    return wf_dense(data ? (char *)data + place : NULL, weights->dtype, 1, channels, height, width);
}

static wf_tensor weights_at(const wf_node *node, const wf_node_weights *weights, int level, void *data)
{
    const wf_node_level *l = &weights->level[level];
    return planes_at(node, weights, level, (int64_t)l->filter.groups * l->filter.kernel_height * l->filter.kernel_width,
                     l->weights, data);
}

static wf_tensor alpha_at(const wf_node *node, const wf_node_weights *weights, int level, void *data)
{
    return planes_at(node, weights, level, 1, weights->level[level].alpha, data);
}

/* The levels, pointing into tensors. */
typedef struct bound_levels {
    wf_pyramid_level levels[WF_PYRAMID_MAX_LEVELS];
    wf_tensor weights[WF_PYRAMID_MAX_LEVELS], alphas[WF_PYRAMID_MAX_LEVELS];
} bound_levels;

static void fill_levels(const wf_node *node, const wf_node_weights *weights, void *data, bound_levels *to)
{
    for (int level = 0; level < weights->levels; level++) {
        to->weights[level] = weights_at(node, weights, level, data);
        to->alphas[level] = alpha_at(node, weights, level, data);
        to->levels[level] = (wf_pyramid_level){.filter = weights->level[level].filter, .weight = &to->weights[level]};
        if (level < weights->levels - 1)
            to->levels[level].alpha = &to->alphas[level];
    }
}

/* ---- What they need ---------------------------------------------------------------------------------------------- */

/* Its taps can be counted; the compilation checks the rest. */
static wf_result check_level(const wf_node *node, const wf_node_weights *weights, int level)
{
    const wf_filter *filter = &weights->level[level].filter;
    WF_TRY(wf_check_kernel_size(&node->log, filter->kernel_height, filter->kernel_width));
    if (weights->level[level].weights % ALIGNMENT == 0 && weights->level[level].alpha % ALIGNMENT == 0)
        return WF_OK;
    return WF_INVALID(&node->log,
                      "level %d's weights begin at byte %" PRIu64 " of their buffer and its alpha at byte %" PRIu64
                      ", both are multiples of %d",
                      level, weights->level[level].weights, weights->level[level].alpha, ALIGNMENT);
}

static wf_result check_room(const wf_node *node, const wf_node_weights *weights, int level, const char *what,
                            const wf_tensor *planes, VkDeviceSize first)
{
    const VkDeviceSize size = weights->buffer.size, left = first <= size ? size - first : 0;
    const VkDeviceSize needed = (VkDeviceSize)planes->stride[0] * wf_dtype_size(planes->dtype);
    if (needed <= left)
        return WF_OK;
    return WF_INVALID(&node->log,
                      "level %d's %s: %" PRId64 " %s planes of %" PRId64 "x%" PRId64 " are %" PRIu64
                      " bytes, the buffer has %" PRIu64 " from byte %" PRIu64 " on",
                      level, what, planes->size[AXIS_C], wf_dtype_name(planes->dtype), planes->size[AXIS_W],
                      planes->size[AXIS_H], needed, left, first);
}

static wf_result check_rooms(const wf_node *node, const wf_node_weights *weights)
{
    for (int level = 0; level < weights->levels; level++) {
        const wf_node_level *l = &weights->level[level];
        const wf_tensor taps = weights_at(node, weights, level, NULL), alpha = alpha_at(node, weights, level, NULL);
        WF_TRY(check_room(node, weights, level, "weights", &taps, l->weights));
        if (level < weights->levels - 1)
            WF_TRY(check_room(node, weights, level, "alpha", &alpha, l->alpha));
    }
    return WF_OK;
}

/* Frames run one after the other: all share it. */
static wf_result need_workspace(bound_predictor *bound, const wf_tensor *pictures, int levels)
{
    wf_node *node = bound->base.node;
    const size_t size = wf_pyramid_workspace(pictures, levels);
    void *larger;
    if (size <= bound->workspace_size)
        return WF_OK;
    WF_TRY(wf_node_wait_for_all(node));
    WF_TRY(wf_alloc(node->device, size, &larger));
    wf_free(node->device, bound->workspace);
    bound->workspace = larger;
    bound->workspace_size = size;
    return WF_OK;
}

static wf_result compile_binding(node_predictor *predictor, const wf_node_weights *weights, unsigned operators)
{
    const wf_node *node = predictor->node;
    const wf_tensor pictures = wf_node_pictures(node, NODE_INPUT_BLOCK, node->layers);
    if (weights->levels == 1) {
        predictor->weights = (node_weights){weights->level[0].filter, weights_at(node, weights, 0, NULL)};
        return wf_node_compile_weights(predictor, operators);
    }
    bound_levels bound;
    fill_levels(node, weights, NULL, &bound);
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        if (operators >> op & 1)
            WF_TRY(wf_prepare_pyramid(node->device, op, bound.levels, weights->levels, &pictures));
    }
    return need_workspace((bound_predictor *)predictor, &pictures, weights->levels);
}

static wf_result check_and_compile(node_predictor *predictor, const wf_node_weights *weights, unsigned operators)
{
    const wf_log *log = &predictor->node->log;
    if (weights->levels < 1 || weights->levels > WF_PYRAMID_MAX_LEVELS)
        return WF_INVALID(log, "the weights have %d levels, they are 1 to %d", weights->levels, WF_PYRAMID_MAX_LEVELS);
    if (weights->dtype != WF_FLOAT32 && weights->dtype != WF_FLOAT16)
        return WF_INVALID(log, "the weights are %s, the node reads float32 and float16", wf_dtype_name(weights->dtype));
    WF_TRY(check_buffer(predictor->node, &weights->buffer));
    for (int level = 0; level < weights->levels; level++)
        WF_TRY(check_level(predictor->node, weights, level));
    WF_TRY(compile_binding(predictor, weights, operators));
    return check_rooms(predictor->node, weights);
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

static wf_result filter_levels(const bound_predictor *bound, const node_turn *turn, const binding *b, wf_operator op)
{
    const wf_node *node = turn->node;
    const int layers = wf_node_layers_of(&node->slots[turn->slot]);
    const wf_tensor input = wf_node_pictures(node, NODE_INPUT_BLOCK, layers);
    const wf_tensor output = wf_node_pictures(node, op == WF_SPLAT ? NODE_SPLAT_BLOCK : NODE_GATHER_BLOCK, layers);
    bound_levels levels;
    fill_levels(node, &b->given, b->buffer.data, &levels);
    return wf_pyramid(node->device, turn->stream, op, levels.levels, b->given.levels, &input, &output,
                      bound->workspace);
}

static wf_result filter(node_predictor *predictor, node_turn *turn, unsigned operators)
{
    const bound_predictor *bound = (const bound_predictor *)predictor;
    const binding *b = &bound->slots[turn->slot];
    if (b->given.levels == 1) {
        predictor->weights =
            (node_weights){b->given.level[0].filter, weights_at(turn->node, &b->given, 0, b->buffer.data)};
        return wf_node_filter_weights(predictor, turn, operators);
    }
    if (operators != NODE_BOTH)
        return filter_levels(bound, turn, b, operators == NODE_SPLAT ? WF_SPLAT : WF_GATHER);
    WF_TRY(filter_levels(bound, turn, b, WF_GATHER));
    WF_TRY(wf_barrier(turn->node->device, turn->stream));
    return filter_levels(bound, turn, b, WF_SPLAT);
}

static int levels_of(const node_predictor *predictor, uint32_t slot, wf_filter filters[WF_PYRAMID_MAX_LEVELS])
{
    const wf_node_weights *given = &((const bound_predictor *)predictor)->slots[slot].given;
    for (int level = 0; level < given->levels; level++)
        filters[level] = given->level[level].filter;
    return given->levels;
}

static wf_result kernels_of(node_predictor *predictor, const node_turn *turn, wf_operator op, int level,
                            const wf_look *look, node_kernels *found)
{
    (void)op, (void)look;
    const binding *b = &((const bound_predictor *)predictor)->slots[turn->slot];
    found->weight = weights_at(turn->node, &b->given, level, b->buffer.data);
    if (level < b->given.levels - 1)
        found->alpha = alpha_at(turn->node, &b->given, level, b->buffer.data);
    return WF_OK;
}

static void destroy(node_predictor *predictor)
{
    for (uint32_t slot = 0; slot < WF_NODE_MAX_SLOTS; slot++)
        unbind((bound_predictor *)predictor, slot);
    wf_free(predictor->node->device, ((bound_predictor *)predictor)->workspace);
}

static const node_predictor_kind bound_kind = {.name = "bound weights",
                                               .size = sizeof(bound_predictor),
                                               .prepare = prepare,
                                               .check = check,
                                               .buffer = buffer_of,
                                               .levels = levels_of,
                                               .kernels = kernels_of,
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
