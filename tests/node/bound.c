#include "bound.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/reference.h"

static bound_weights *bound[WF_NODE_MAX_SLOTS][WF_OPERATOR_COUNT]; /* of the one scene that is open */

static size_t pixels_of(const scene *s, int level)
{
    uint32_t width = s->options.width, height = s->options.height;
    for (int i = 0; i < level; i++)
        width = (width + 1) / 2, height = (height + 1) / 2;
    return (size_t)width * height;
}

static size_t taps_of(const wf_filter *filter)
{
    return (size_t)(filter->groups * filter->kernel_height * filter->kernel_width);
}

/* The end of so many planes that begin at `place`, up to where the next may begin. */
static VkDeviceSize end_of(VkDeviceSize place, size_t values, wf_dtype dtype)
{
    return (place + values * wf_dtype_size(dtype) + 15) / 16 * 16;
}

/* Alphas lie behind the weights of their level, and nothing behind those of the last one. */
static wf_node_weights place(const scene *s, const wf_filter *filters, int levels, wf_dtype dtype, VkDeviceSize first)
{
    wf_node_weights weights = {.dtype = dtype, .levels = levels};
    VkDeviceSize at = first;
    for (int level = 0; level < levels; level++) {
        const size_t count = taps_of(&filters[level]) * pixels_of(s, level);
        weights.level[level] = (wf_node_level){.filter = filters[level], .weights = at};
        weights.buffer.size = at + count * wf_dtype_size(dtype);
        weights.level[level].alpha = level < levels - 1 ? end_of(at, count, dtype) : 0;
        at = end_of(weights.level[level].alpha, pixels_of(s, level), dtype);
    }
    return weights;
}

static bound_weights make(const scene *s, wf_node_weights given)
{
    bound_weights made = {.given = given};
    const VkDeviceSize size = given.buffer.size;
    assert_int_equal(wf_node_create_buffer(s->node, size, &made.given.buffer), WF_OK);
    assert_true(made.given.buffer.size == size);
    made.drawn = renderer_create_buffer(s->renderer, size);
    return made;
}

bound_weights bound_make(const scene *s, const wf_filter *filter, wf_dtype dtype, VkDeviceSize first)
{
    return make(s, place(s, filter, 1, dtype, first));
}

bound_weights bound_make_pyramid(const scene *s, const wf_filter *filters, int levels, wf_dtype dtype)
{
    return make(s, place(s, filters, levels, dtype, 0));
}

bound_weights bound_make_cuda(const scene *s, wf_device *cuda, const wf_filter *filter, wf_dtype dtype)
{
    bound_weights made = {.given = place(s, filter, 1, dtype, 0), .cuda = cuda};
    assert_int_equal(wf_alloc(cuda, made.given.buffer.size, &made.given.buffer.data), WF_OK);
    made.drawn = renderer_create_buffer(s->renderer, made.given.buffer.size);
    return made;
}

void bound_free(scene *s, bound_weights *weights)
{
    for (uint32_t slot = 0; slot < s->options.slots; slot++) {
        for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
            if (bound[slot][op] != weights)
                continue;
            scene_finish(s, slot);
            bound[slot][op] = NULL;
            if (weights->cuda)
                assert_int_equal(wf_node_bind_weights(s->node, slot, op, NULL), WF_OK);
        }
    }
    if (weights->cuda)
        wf_free(weights->cuda, weights->given.buffer.data);
    else
        wf_node_destroy_buffer(s->node, &weights->given.buffer);
    renderer_destroy_buffer(s->renderer, &weights->drawn);
    for (int level = 0; level < WF_PYRAMID_MAX_LEVELS; level++) {
        free(weights->values[level]);
        free(weights->alphas[level]);
    }
    *weights = (bound_weights){0};
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

/* Random values at a place of what is copied, and as they are stored there. */
static double *draw(const scene *s, bound_weights *weights, VkDeviceSize place, size_t count, double low, double high)
{
    char *at = (char *)weights->drawn.data + place;
    double *values = calloc(count, sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < count; i++) {
        const double value = random_uniform(s->random, low, high);
        if (weights->given.dtype == WF_FLOAT16) {
            ((uint16_t *)at)[i] = half_from_double(value);
            values[i] = half_to_double(((uint16_t *)at)[i]);
        } else {
            ((float *)at)[i] = (float)value;
            values[i] = (double)((float *)at)[i];
        }
    }
    return values;
}

static void draw_level(const scene *s, bound_weights *weights, int level)
{
    static const double low[WF_MODE_COUNT] = {-1, 0.1, -8}, high[WF_MODE_COUNT] = {1, 1, 8};
    const wf_node_level *l = &weights->given.level[level];
    const size_t pixels = pixels_of(s, level);
    free(weights->values[level]);
    free(weights->alphas[level]);
    weights->values[level] =
        draw(s, weights, l->weights, taps_of(&l->filter) * pixels, low[l->filter.mode], high[l->filter.mode]);
    weights->alphas[level] = level < weights->given.levels - 1 ? draw(s, weights, l->alpha, pixels, 0, 1) : NULL;
}

static void write_weights(const scene *s, bound_weights *weights, VkCommandBuffer commands)
{
    const wf_node_buffer *buffer = &weights->given.buffer;
    const VkDeviceSize first = weights->given.level[0].weights;
    for (int level = 0; level < weights->given.levels; level++)
        draw_level(s, weights, level);
    if (weights->cuda) {
        assert_int_equal(wf_upload(weights->cuda, buffer->data, weights->drawn.data, buffer->size), WF_OK);
        return;
    }
    const VkBufferCopy own = {.srcOffset = first, .dstOffset = first, .size = buffer->size - first};
    vkCmdCopyBuffer(commands, weights->drawn.buffer, buffer->buffer, 1, &own);
}

static void write_slot(const scene *s, uint32_t slot, VkCommandBuffer commands)
{
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
        const int is_first = op == WF_GATHER || bound[slot][op] != bound[slot][WF_GATHER];
        if (bound[slot][op] && is_first)
            write_weights(s, bound[slot][op], commands);
    }
}

static double *filtered(const scene *s, uint32_t slot, wf_operator op, wf_node_role input)
{
    const int64_t size[4] = {1, scene_channels(s, input), s->options.height, s->options.width};
    double *output = calloc((size_t)(size[1] * size[2] * size[3]), sizeof *output);
    assert_non_null(output);
    const bound_weights *weights = bound[slot][op];
    wf_filter filters[WF_PYRAMID_MAX_LEVELS];
    for (int level = 0; level < weights->given.levels; level++)
        filters[level] = weights->given.level[level].filter;
    wf_reference_pyramid(op, filters, weights->given.levels, size, s->slots[slot].planes[input], weights->values,
                         weights->alphas, output);
    return output;
}

void bound_bind(scene *s, uint32_t slot, wf_operator op, bound_weights *weights)
{
    scene_finish(s, slot);
    assert_int_equal(wf_node_bind_weights(s->node, slot, op, weights ? &weights->given : NULL), WF_OK);
    scene_forget_weights(s, op);
    bound[slot][op] = weights;
    s->render = write_slot;
    s->denoise = filtered;
}

void bound_share(scene *s, wf_operator from, wf_operator to)
{
    scene_finish_all(s);
    assert_int_equal(wf_node_share_weights(s->node, from, to), WF_OK);
    scene_forget_weights(s, to);
    for (uint32_t slot = 0; slot < s->options.slots; slot++)
        bound[slot][to] = bound[slot][from];
}
