#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/reference.h"

#define FLOAT_LIMIT 1e-5
#define HALF_LIMIT  2e-3 /* float16 anywhere: images, or predicted weights */

static int is_output(wf_node_role role)
{
    return role == WF_NODE_GATHER || role == WF_NODE_SPLAT || role >= WF_NODE_LAYER_GATHER;
}

int scene_channels(const scene *s, wf_node_role role)
{
    const int has_alpha =
        s->options.alpha && (role == WF_NODE_COLOR || role == WF_NODE_GATHER || role == WF_NODE_SPLAT);
    return role == WF_NODE_DEPTH ? 1 : has_alpha ? 4 : 3;
}

/* Whether the scene's slots begin with an image of the role. */
static int is_wanted(const scene_options *options, wf_node_role role)
{
    if (role < WF_NODE_LAYER)
        return (int)(options->roles >> role & 1);
    if (role >= WF_NODE_MAP)
        return 0;
    const int number = (int)role - WF_NODE_LAYER;
    const wf_node_role like[] = {WF_NODE_COLOR, WF_NODE_GATHER, WF_NODE_SPLAT};
    return number % WF_NODE_MAX_LAYERS < options->layers &&
           (int)(options->roles >> like[number / WF_NODE_MAX_LAYERS] & 1);
}

static int is_half(VkFormat format)
{
    return format == VK_FORMAT_R16G16B16A16_SFLOAT || format == VK_FORMAT_R16_SFLOAT;
}

static int texel_channels(VkFormat format)
{
    return format == VK_FORMAT_R32_SFLOAT || format == VK_FORMAT_R16_SFLOAT ? 1 : 4;
}

static size_t pixels_of(const scene *s)
{
    return (size_t)s->options.width * s->options.height;
}

static int is_bound(const scene *s, uint32_t slot, wf_node_role role)
{
    return s->slots[slot].images[role].image != VK_NULL_HANDLE;
}

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    assert_non_null(memory);
    return memory;
}

/* ---- Texels ------------------------------------------------------------------------------------------------------ */

static double get_texel(const host_buffer *buffer, VkFormat format, size_t index)
{
    return is_half(format) ? half_to_double(((const uint16_t *)buffer->data)[index])
                           : (double)((const float *)buffer->data)[index];
}

static void set_texel(host_buffer *buffer, VkFormat format, size_t index, double value)
{
    if (is_half(format))
        ((uint16_t *)buffer->data)[index] = half_from_double(value);
    else
        ((float *)buffer->data)[index] = (float)value;
}

/* Fresh content, channels that the node should not look at included. */
static void draw(scene *s, uint32_t slot, wf_node_role role)
{
    static const double lows[] = {0, 0, -1, 1}, highs[] = {4, 1, 1, 9};
    const int like = role < WF_NODE_GATHER ? (int)role : WF_NODE_COLOR;
    scene_slot *t = &s->slots[slot];
    VkFormat format = t->images[role].format;
    size_t channels = (size_t)texel_channels(format);
    for (size_t i = 0; i < pixels_of(s) * channels; i++) {
        size_t plane = i % channels, at = plane * pixels_of(s) + i / channels;
        set_texel(&t->texels[role], format, i, random_uniform(s->random, lows[like], highs[like]));
        if (plane < (size_t)scene_channels(s, role))
            t->planes[role][at] = get_texel(&t->texels[role], format, i);
    }
}

/* ---- Images ------------------------------------------------------------------------------------------------------ */

static VkFormat own_format(const scene *s, wf_node_role role)
{
    if (role == WF_NODE_DEPTH && s->options.depth != VK_FORMAT_UNDEFINED)
        return s->options.depth;
    if (role == WF_NODE_DEPTH)
        return s->options.half ? VK_FORMAT_R16_SFLOAT : VK_FORMAT_R32_SFLOAT;
    return s->options.half ? VK_FORMAT_R16G16B16A16_SFLOAT : VK_FORMAT_R32G32B32A32_SFLOAT;
}

void scene_bind(scene *s, uint32_t slot, wf_node_role role)
{
    scene_unbind(s, slot, role);
    scene_slot *t = &s->slots[slot];
    wf_node_image *image = &t->images[role];
    if (s->options.own_images)
        *image = renderer_create_image(s->renderer, own_format(s, role), s->options.usage, s->options.width,
                                       s->options.height, s->options.backend == WF_CUDA);
    else
        assert_int_equal(wf_node_create_image(s->node, role, image), WF_OK);
    size_t texel = (size_t)texel_channels(image->format) * (is_half(image->format) ? 2 : 4);
    t->texels[role] = renderer_create_buffer(s->renderer, pixels_of(s) * texel);
    t->planes[role] = allocate(pixels_of(s) * (size_t)scene_channels(s, role), sizeof(double));
    assert_int_equal(wf_node_bind(s->node, slot, role, image), WF_OK);
}

void scene_unbind(scene *s, uint32_t slot, wf_node_role role)
{
    scene_finish(s, slot);
    scene_slot *t = &s->slots[slot];
    if (!is_bound(s, slot, role))
        return;
    if (s->options.own_images) {
        assert_int_equal(wf_node_bind(s->node, slot, role, NULL), WF_OK);
        renderer_destroy_image(s->renderer, &t->images[role]);
    } else {
        wf_node_destroy_image(s->node, &t->images[role]);
    }
    renderer_destroy_buffer(s->renderer, &t->texels[role]);
    free(t->planes[role]);
    t->planes[role] = NULL;
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

void scene_open(scene *s, const renderer *r, random_state *random, const scene_options *options, wf_log log)
{
    *s = (scene){.renderer = r, .random = random, .options = *options, .log = log};
    wf_node_options node = {.instance = r->instance,
                            .physical_device = r->physical_device,
                            .device = r->device,
                            .queue_family = r->family,
                            .queue = r->queue,
                            .matrices = r->matrices,
                            .backend = options->backend,
                            .width = options->width,
                            .height = options->height,
                            .slots = options->slots,
                            .separate = options->separate,
                            .alpha = options->alpha,
                            .log = log};
    assert_int_equal(wf_node_create(&node, &s->node), WF_OK);
    for (uint32_t slot = 0; slot < options->slots; slot++) {
        s->slots[slot].render = renderer_create_commands(r);
        s->slots[slot].show = renderer_create_commands(r);
        s->slots[slot].shown = renderer_create_fence(r);
        for (wf_node_role role = 0; role < WF_NODE_ROLE_COUNT; role++) {
            if (is_wanted(options, role))
                scene_bind(s, slot, role);
        }
    }
}

void scene_forget_weights(scene *s, wf_operator op)
{
    if (s->weights[WF_GATHER].values != s->weights[WF_SPLAT].values)
        free(s->weights[op].values);
    s->weights[op] = (scene_weights){0};
}

void scene_close(scene *s)
{
    for (uint32_t slot = 0; slot < s->options.slots; slot++) {
        for (wf_node_role role = 0; role < WF_NODE_ROLE_COUNT; role++)
            scene_unbind(s, slot, role);
        VkCommandBuffer commands[] = {s->slots[slot].render, s->slots[slot].show};
        vkFreeCommandBuffers(s->renderer->device, s->renderer->pool, 2, commands);
        vkDestroyFence(s->renderer->device, s->slots[slot].shown, NULL);
    }
    scene_forget_weights(s, WF_GATHER);
    scene_forget_weights(s, WF_SPLAT);
    wf_node_destroy(s->node);
}

/* ---- Weights ----------------------------------------------------------------------------------------------------- */

void scene_finish_all(scene *s)
{
    for (uint32_t slot = 0; slot < s->options.slots; slot++)
        scene_finish(s, slot);
}

void scene_set_weights(scene *s, wf_operator op, const wf_filter *filter, wf_dtype dtype)
{
    static const double low[WF_MODE_COUNT] = {-1, 0.1, -8}, high[WF_MODE_COUNT] = {1, 1, 8};
    scene_finish_all(s);
    host_tensor weights = host_tensor_make(dtype, 1, filter->kernel_height * filter->kernel_width, s->options.height,
                                           s->options.width, LAYOUT_DENSE);
    host_tensor_randomize(&weights, s->random, low[filter->mode], high[filter->mode]);
    assert_int_equal(wf_node_set_weights(s->node, op, filter, &weights.view), WF_OK);
    scene_forget_weights(s, op);
    s->weights[op] = (scene_weights){.filter = *filter, .values = host_tensor_values(&weights)};
    host_tensor_free(&weights);
}

void scene_share_weights(scene *s, wf_operator from, wf_operator to)
{
    scene_finish_all(s);
    assert_int_equal(wf_node_share_weights(s->node, from, to), WF_OK);
    if (from == to)
        return;
    scene_forget_weights(s, to);
    s->weights[to] = s->weights[from];
}

static const double *guide(const scene *s, uint32_t slot, wf_node_role role)
{
    return is_bound(s, slot, role) ? s->slots[slot].planes[role] : NULL;
}

static double *predict_bilateral(const scene *s, uint32_t slot)
{
    size_t taps = (size_t)s->bilateral.kernel_height * (size_t)s->bilateral.kernel_width;
    double *weights = allocate(taps * pixels_of(s), sizeof *weights);
    wf_reference_bilateral(&s->bilateral, 1, s->options.height, s->options.width, s->slots[slot].planes[WF_NODE_COLOR],
                           guide(s, slot, WF_NODE_ALBEDO), guide(s, slot, WF_NODE_NORMAL),
                           guide(s, slot, WF_NODE_DEPTH), weights);
    return weights;
}

void scene_set_bilateral(scene *s, const wf_bilateral *parameters)
{
    scene_finish_all(s);
    assert_int_equal(wf_node_set_bilateral(s->node, parameters), WF_OK);
    s->bilateral = *parameters;
    wf_filter filter = {parameters->kernel_height, parameters->kernel_width, 1, WF_NORMALIZED, 1};
    scene_expect_predicted(s, &filter, predict_bilateral, 1);
}

void scene_expect_predicted(scene *s, const wf_filter *filter, double *(*predict)(const scene *s, uint32_t slot),
                            int half_weights)
{
    scene_forget_weights(s, WF_GATHER);
    scene_forget_weights(s, WF_SPLAT);
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++)
        s->weights[op].filter = *filter;
    s->predict = predict;
    s->half_weights = half_weights;
    s->denoise = NULL;
}

void scene_expect_images(scene *s,
                         double *(*denoise)(const scene *s, uint32_t slot, wf_operator op, wf_node_role input),
                         int half)
{
    const wf_filter none = {0};
    scene_expect_predicted(s, &none, NULL, half);
    s->denoise = denoise;
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

void scene_render(scene *s, uint32_t slot)
{
    scene_finish(s, slot);
    scene_slot *t = &s->slots[slot];
    assert_int_equal(wf_node_begin(s->node, slot, &t->sync), WF_OK);
    renderer_begin(t->render);
    for (wf_node_role role = 0; role < WF_NODE_ROLE_COUNT; role++) {
        if (is_output(role) || !is_bound(s, slot, role))
            continue;
        draw(s, slot, role);
        renderer_record_upload(t->render, &t->texels[role], t->images[role].image, s->options.width, s->options.height);
    }
    if (s->render)
        s->render(s, slot, t->render);
    assert_int_equal(wf_node_release(s->node, slot, t->render), WF_OK);
    renderer_submit(s->renderer, t->render, t->sync.timeline, 0, t->sync.ready, VK_NULL_HANDLE);
    assert_int_equal(wf_node_run(s->node, slot), WF_OK);
}

void scene_show(scene *s, uint32_t slot)
{
    scene_slot *t = &s->slots[slot];
    renderer_begin(t->show);
    assert_int_equal(wf_node_acquire(s->node, slot, t->show), WF_OK);
    for (wf_node_role role = 0; role < WF_NODE_ROLE_COUNT; role++) {
        if (is_output(role) && is_bound(s, slot, role))
            renderer_record_download(t->show, t->images[role].image, &t->texels[role], s->options.width,
                                     s->options.height);
    }
    renderer_submit(s->renderer, t->show, t->sync.timeline, t->sync.done, 0, t->shown);
    t->busy = 1;
}

void scene_run(scene *s, int frames)
{
    for (int frame = 0; frame < frames; frame++) {
        uint32_t slot = (uint32_t)frame % s->options.slots;
        scene_render(s, slot);
        scene_show(s, slot);
    }
    scene_finish_all(s);
}

/* ---- Comparison -------------------------------------------------------------------------------------------------- */

static double *expected_output(const scene *s, uint32_t slot, wf_operator op, wf_node_role input)
{
    const int channels = scene_channels(s, input);
    const int64_t size[4] = {1, channels, s->options.height, s->options.width};
    if (s->denoise && !s->weights[op].values)
        return s->denoise(s, slot, op, input);
    double *predicted = s->weights[op].values ? NULL : s->predict(s, slot);
    double *output = allocate((size_t)channels * pixels_of(s), sizeof *output);
    wf_reference_filter(op, &s->weights[op].filter, size, s->slots[slot].planes[input],
                        predicted ? predicted : s->weights[op].values, NULL, output);
    free(predicted);
    return output;
}

/* |actual - expected| by |expected| in the Euclidean norm, but at least by a quarter of |input|: factors of one tap and
 * alphas in [-1, 1] may cancel in a pyramid of a single pixel. Each filter rounds up to 3 times there, each blend 11,
 * relative to the input: with 3 levels 25 * 2^-24 of it, with FLOAT_LIMIT 42 * 2^-24 are let pass. */
static double error_of(const double *actual, const double *expected, const double *input, size_t count)
{
    double difference = 0, norm = 0, input_norm = 0;
    for (size_t i = 0; i < count; i++) {
        difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
        norm += expected[i] * expected[i];
        input_norm += input[i] * input[i];
    }
    return sqrt(difference / fmax(norm, input_norm / 16));
}

/* The output of an operator that an input becomes. */
static void compare(scene *s, uint32_t slot, wf_operator op, wf_node_role input, wf_node_role role)
{
    scene_slot *t = &s->slots[slot];
    VkFormat format = t->images[role].format;
    if (!is_bound(s, slot, role))
        return;
    const size_t channels = (size_t)scene_channels(s, role);
    for (size_t i = 0; i < channels * pixels_of(s); i++)
        t->planes[role][i] = get_texel(&t->texels[role], format, i % pixels_of(s) * 4 + i / pixels_of(s));
    for (size_t i = 0; i < pixels_of(s) && channels == 3; i++)
        assert_float_equal(get_texel(&t->texels[role], format, i * 4 + 3), 1, 0);

    double *expected = expected_output(s, slot, op, input);
    double limit = is_half(format) || (!s->weights[op].values && s->half_weights) ? HALF_LIMIT : FLOAT_LIMIT;
    for (size_t c = 0; c < channels; c += 3) { /* alpha by itself */
        const size_t at = c * pixels_of(s), count = (channels - c < 3 ? channels - c : 3) * pixels_of(s);
        double error = error_of(t->planes[role] + at, expected + at, t->planes[input] + at, count);
        if (!(error <= limit))
            fail_msg(
                "%s of slot %u's input %d, planes from %zu on, %ux%u, kernel %dx%d %s: relative error %g, the limit "
                "is %g",
                wf_operator_name(op), slot, (int)input, c, s->options.width, s->options.height,
                s->weights[op].filter.kernel_height, s->weights[op].filter.kernel_width,
                wf_mode_name(s->weights[op].filter.mode), error, limit);
    }
    free(expected);
}

void scene_finish(scene *s, uint32_t slot)
{
    scene_slot *t = &s->slots[slot];
    if (!t->busy)
        return;
    renderer_wait(s->renderer, t->shown);
    t->busy = 0;
    compare(s, slot, WF_GATHER, WF_NODE_COLOR, WF_NODE_GATHER);
    compare(s, slot, WF_SPLAT, WF_NODE_COLOR, WF_NODE_SPLAT);
    for (int i = 0; i < WF_NODE_MAX_LAYERS; i++) {
        const wf_node_role input = (wf_node_role)(WF_NODE_LAYER + i);
        compare(s, slot, WF_GATHER, input, (wf_node_role)(WF_NODE_LAYER_GATHER + i));
        compare(s, slot, WF_SPLAT, input, (wf_node_role)(WF_NODE_LAYER_SPLAT + i));
    }
}
