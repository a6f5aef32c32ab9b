/* Every error that wf_node.h documents, provoked, and the choice of a backend: test_node_errors BACKEND. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"
#include "wf_node_inspect.h"

/* ---- Choosing a backend ------------------------------------------------------------------------------------------ */

/* What is not there is said to be missing, and nothing else is used in its place. */
static void test_missing_backends(void **state)
{
    (void)state;
    for (wf_backend candidate = 0; candidate < WF_BACKEND_COUNT; candidate++) {
        heard.error[0] = 0;
        wf_result result = try_backend(candidate);
        if (result == WF_OK)
            continue;
        assert_non_null(strstr(heard.error, wf_backend_name(candidate)));
        if (!wf_backend_built(candidate))
            assert_int_equal(result, WF_ERROR_NOT_BUILT);
        else
            assert_true(result == WF_ERROR_NO_DEVICE || result == WF_ERROR_UNSUPPORTED);
    }
}

/* The first that works and is no GPU's work done by a processor, and one warning for each before it. */
static void test_automatic(void **state)
{
    (void)state;
    static const wf_backend order[] = {WF_CUDA, WF_VULKAN, WF_CPU};
    wf_node_options options = node_options();
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(options.physical_device, &properties);
    const int is_gpu = properties.deviceType != VK_PHYSICAL_DEVICE_TYPE_CPU;
    int first = 0;
    while (try_backend(order[first]) != WF_OK || (order[first] == WF_VULKAN && !is_gpu))
        first++;
    memset(&heard, 0, sizeof heard);
    wf_node *node;
    options.automatic = 1;
    options.backend = (wf_backend)77;
    assert_int_equal(wf_node_create(&options, &node), WF_OK);
    assert_int_equal(wf_node_backend(node), order[first]);
    assert_int_equal(heard.warning_count, first);
    assert_string_equal(heard.error, "");
    for (int i = 0; i < first; i++) {
        char text[64];
        snprintf(text, sizeof text, "the node %s %s: ", order[i] == WF_VULKAN && !is_gpu ? "passes over" : "cannot use",
                 wf_backend_name(order[i]));
        assert_non_null(strstr(heard.warnings, text));
    }
    wf_node_destroy(node);
}

/* ---- Errors ------------------------------------------------------------------------------------------------------ */

static void refuse_options(wf_node_options options, const char *text)
{
    wf_node *node = (wf_node *)&options;
    assert_invalid(wf_node_create(&options, &node), text);
    assert_null(node);
}

#define REFUSE(text, ...)                                                                                              \
    do {                                                                                                               \
        wf_node_options o = node_options();                                                                            \
        __VA_ARGS__;                                                                                                   \
        refuse_options(o, text);                                                                                       \
    } while (0)

static void test_create_errors(void **state)
{
    (void)state;
    wf_node_options options = node_options();
    wf_node *node = (wf_node *)&options;
    assert_int_equal(wf_node_create(NULL, &node), WF_ERROR_INVALID_ARGUMENT);
    assert_null(node);
    assert_invalid(wf_node_create(&options, NULL), "node is NULL");
    REFUSE("one is NULL", o.instance = VK_NULL_HANDLE);
    REFUSE("one is NULL", o.physical_device = VK_NULL_HANDLE);
    REFUSE("one is NULL", o.device = VK_NULL_HANDLE);
    REFUSE("one is NULL", o.queue = VK_NULL_HANDLE);
    REFUSE("backend is 3, the last one is 2", o.backend = WF_BACKEND_COUNT);
    REFUSE("slots is 0, it is 1 to 8", o.slots = 0);
    REFUSE("slots is 9, it is 1 to 8", o.slots = WF_NODE_MAX_SLOTS + 1);
    REFUSE("images are 0x8", o.width = 0);
    REFUSE("images are 16x0", o.height = 0);
    REFUSE("images are 4000000000x8", o.width = 4000000000u);
    wf_node_destroy(NULL);
}

static void test_no_node(void **state)
{
    (void)state;
    wf_node_image image;
    wf_node_sync sync;
    wf_node_timing timing;
    wf_device_info info;
    wf_filter filter = filter_of(1, 1, WF_LINEAR);
    wf_bilateral parameters = wf_bilateral_default(3, 3);
    wf_tensor weights = wf_dense(&image, WF_FLOAT32, 1, 1, 8, 16);
    assert_int_equal(wf_node_backend(NULL), WF_BACKEND_COUNT);
    assert_int_equal(wf_node_get_info(NULL, &info), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_node_create_image(NULL, WF_NODE_COLOR, &image), WF_ERROR_INVALID_ARGUMENT);
    wf_node_destroy_image(NULL, &image);
    assert_int_equal(wf_node_bind(NULL, 0, WF_NODE_COLOR, NULL), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_node_set_weights(NULL, WF_GATHER, &filter, &weights), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_node_share_weights(NULL, WF_GATHER, WF_SPLAT), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_node_set_bilateral(NULL, &parameters), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_node_begin(NULL, 0, &sync), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_node_release(NULL, 0, VK_NULL_HANDLE), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_node_run(NULL, 0), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_node_acquire(NULL, 0, VK_NULL_HANDLE), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_node_timing_of(NULL, 0, &timing), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_node_demodulate(NULL, 0, 1), WF_ERROR_INVALID_ARGUMENT);
}

static void test_image_errors(void **state)
{
    (void)state;
    scene_options options = plain_options();
    scene s = open_scene(&options);
    wf_node_image image, bound = s.slots[0].images[WF_NODE_COLOR];
    assert_invalid(wf_node_create_image(s.node, WF_NODE_COLOR, NULL), "image is NULL");
    assert_invalid(wf_node_create_image(s.node, WF_NODE_ROLE_COUNT, &image), "role is 182, the last one is 181");
    assert_true(image.image == VK_NULL_HANDLE);
    wf_node_destroy_image(s.node, NULL);
    wf_node_destroy_image(s.node, &image);

    assert_int_equal(wf_node_create_image(s.node, WF_NODE_ALBEDO, &image), WF_OK);
    assert_invalid(wf_node_bind(s.node, 3, WF_NODE_ALBEDO, &image), "no slot 3, the node has 3");
    assert_invalid(wf_node_bind(s.node, 0, (wf_node_role)-1, &image), "role is -1");
    assert_invalid(wf_node_bind(s.node, 0, WF_NODE_ALBEDO, &bound), "slot 0 is its color image already");
    wf_node_image broken = image;
    broken.view = VK_NULL_HANDLE;
    assert_invalid(wf_node_bind(s.node, 0, WF_NODE_ALBEDO, &broken), "lacks its VkImage or its VkImageView");
    broken = image;
    broken.format = VK_FORMAT_R8G8B8A8_UNORM;
    assert_fails(wf_node_bind(s.node, 0, WF_NODE_ALBEDO, &broken), WF_ERROR_UNSUPPORTED, "VkFormat 37");
    broken.format = VK_FORMAT_R32_SFLOAT;
    assert_fails(wf_node_bind(s.node, 0, WF_NODE_ALBEDO, &broken), WF_ERROR_UNSUPPORTED,
                 "the albedo image has VkFormat 100");
    if (backend == WF_CUDA) {
        broken = image;
        broken.memory = VK_NULL_HANDLE;
        assert_invalid(wf_node_bind(s.node, 0, WF_NODE_ALBEDO, &broken), "lacks its VkDeviceMemory");
        broken = image;
        broken.memory_size = 0;
        assert_invalid(wf_node_bind(s.node, 0, WF_NODE_ALBEDO, &broken), "its size (0 bytes)");
        broken.memory_size = 1;
        assert_fails(wf_node_bind(s.node, 0, WF_NODE_ALBEDO, &broken), WF_ERROR_DEVICE, "");
    } else {
        broken = image;
        broken.usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
        assert_invalid(wf_node_bind(s.node, 0, WF_NODE_ALBEDO, &broken), "has usage 0x10");
    }
    wf_node_destroy_image(s.node, &image);

    /* What was refused left nothing behind. */
    wf_filter filter = filter_of(3, 3, WF_LINEAR);
    FOR_EACH_OPERATOR(op)
    scene_set_weights(&s, op, &filter, WF_FLOAT32);
    scene_run(&s, 3);
    scene_close(&s);
}

static void test_weight_errors(void **state)
{
    (void)state;
    scene_options options = plain_options();
    scene s = open_plain_scene(&options, 3, 3);
    wf_filter filter = filter_of(5, 5, WF_LINEAR), wrong = filter;
    float *values = calloc(25 * 37 * 23, sizeof *values);
    wf_tensor weights = wf_dense(values, WF_FLOAT32, 1, 25, 23, 37);

    assert_invalid(wf_node_set_weights(s.node, WF_GATHER, NULL, &weights), "filter is NULL");
    assert_invalid(wf_node_set_weights(s.node, WF_GATHER, &filter, NULL), "weight is NULL");
    assert_invalid(wf_node_set_weights(s.node, WF_OPERATOR_COUNT, &filter, &weights), "operator is 2");
    wrong.dilation = 0;
    assert_invalid(wf_node_set_weights(s.node, WF_GATHER, &wrong, &weights), "dilation is 0");
    wrong = filter_of(5, 4, WF_LINEAR);
    assert_invalid(wf_node_set_weights(s.node, WF_GATHER, &wrong, &weights), "25 taps, a 5x4 kernel needs 20");
    wf_tensor other = wf_dense(values, WF_FLOAT32, 1, 25, 23, 36);
    assert_invalid(wf_node_set_weights(s.node, WF_GATHER, &filter, &other), "1,23,36");
    other = weights;
    other.dtype = WF_DTYPE_COUNT;
    assert_invalid(wf_node_set_weights(s.node, WF_GATHER, &filter, &other), "dtype 4");
    other = weights;
    other.data = NULL;
    assert_invalid(wf_node_set_weights(s.node, WF_GATHER, &filter, &other), "no data");
    other = weights;
    other.stride[2] = 40;
    assert_invalid(wf_node_set_weights(s.node, WF_GATHER, &filter, &other), "dense");
    other = weights;
    other.stride[3] = -1;
    assert_invalid(wf_node_set_weights(s.node, WF_GATHER, &filter, &other), "strides 851,37,-1");

    assert_invalid(wf_node_share_weights(s.node, WF_OPERATOR_COUNT, WF_GATHER), "operator is 2");
    assert_invalid(wf_node_share_weights(s.node, WF_GATHER, (wf_operator)-1), "operator is -1");
    assert_invalid(wf_node_set_bilateral(s.node, NULL), "parameters is NULL");
    wf_bilateral parameters = broad_bilateral(3, 0);
    assert_invalid(wf_node_set_bilateral(s.node, &parameters), "3x0");
    parameters = broad_bilateral(3, 3);
    parameters.sigma_normal = 0;
    assert_invalid(wf_node_set_bilateral(s.node, &parameters), "sigma_normal is 0");

    scene_run(&s, 3); /* with the weights that it had */
    free(values);
    scene_close(&s);
}

static void test_incomplete_frames(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.roles = 0;
    scene s = open_scene(&options);
    wf_node_sync sync;
    assert_invalid(wf_node_begin(s.node, 1, &sync), "slot 1 has no color image bound");
    scene_bind(&s, 1, WF_NODE_COLOR);
    assert_invalid(wf_node_begin(s.node, 1, &sync), "neither a gather nor a splat image");
    scene_bind(&s, 1, WF_NODE_SPLAT);
    assert_invalid(wf_node_share_weights(s.node, WF_SPLAT, WF_GATHER), "splat has no weights");
    wf_filter filter = filter_of(3, 3, WF_LINEAR);
    scene_set_weights(&s, WF_GATHER, &filter, WF_FLOAT32);
    assert_invalid(wf_node_begin(s.node, 1, &sync), "no weights are set for it");
    scene_set_weights(&s, WF_SPLAT, &filter, WF_FLOAT32);
    scene_render(&s, 1);
    scene_show(&s, 1);
    scene_close(&s);
}

/* Further layers are counted without gaps, and have outputs for the operators that the color has some for. */
static void test_incomplete_layers(void **state)
{
    (void)state;
    scene_options options = plain_options();
    scene s = open_plain_scene(&options, 3, 3);
    wf_node_sync sync;
    assert_invalid(wf_node_demodulate(s.node, WF_NODE_MAX_LAYERS, 1), "no layer 32, a frame has up to 32, from 0");
    scene_bind(&s, 1, WF_NODE_LAYER_GATHER);
    assert_invalid(wf_node_begin(s.node, 1, &sync), "slot 1 has a layer 0's gather image bound, but none of layer 0");
    scene_bind(&s, 1, WF_NODE_LAYER);
    assert_invalid(wf_node_begin(s.node, 1, &sync), "slot 1 has a splat image bound, but no layer 0's splat image");
    scene_bind(&s, 1, WF_NODE_LAYER_SPLAT);
    scene_bind(&s, 1, (wf_node_role)(WF_NODE_LAYER + 2));
    assert_invalid(wf_node_begin(s.node, 1, &sync), "slot 1 has a layer 2 image bound, but none of layer 1");
    scene_unbind(&s, 1, (wf_node_role)(WF_NODE_LAYER + 2));
    scene_unbind(&s, 1, WF_NODE_SPLAT);
    assert_invalid(wf_node_begin(s.node, 1, &sync), "slot 1 has no splat image bound, but a layer 0's splat image");
    scene_unbind(&s, 1, WF_NODE_LAYER_SPLAT);

    wf_node_image depth = {0};
    assert_int_equal(wf_node_create_image(s.node, WF_NODE_DEPTH, &depth), WF_OK);
    assert_fails(wf_node_bind(s.node, 1, WF_NODE_LAYER, &depth), WF_ERROR_UNSUPPORTED,
                 "the layer 0 image has VkFormat 100");
    wf_node_destroy_image(s.node, &depth);
    scene_bind(&s, 1, WF_NODE_LAYER);
    scene_run(&s, 4);
    scene_close(&s);
}

/* The four steps of a frame come in order; images and weights change between frames only. */
static void test_order(void **state)
{
    (void)state;
    scene_options options = plain_options();
    scene s = open_plain_scene(&options, 3, 3);
    scene_slot *slot = &s.slots[0];
    wf_filter filter = filter_of(3, 3, WF_LINEAR);
    wf_bilateral parameters = broad_bilateral(3, 3);
    float value = 0;
    wf_tensor weights = wf_dense(&value, WF_FLOAT32, 1, 9, 23, 37);
    wf_node_timing timing;

    assert_invalid(wf_node_begin(s.node, 3, &slot->sync), "no slot 3");
    assert_invalid(wf_node_begin(s.node, 0, NULL), "sync is NULL");
    assert_invalid(wf_node_release(s.node, 0, slot->render), "wf_node_release came out of order: slot 0 has no frame");
    assert_invalid(wf_node_run(s.node, 0), "wf_node_run came out of order");
    assert_invalid(wf_node_acquire(s.node, 0, slot->show), "wf_node_acquire came out of order");
    assert_invalid(wf_node_timing_of(s.node, 0, NULL), "timing is NULL");
    assert_invalid(wf_node_timing_of(s.node, 3, &timing), "no slot 3");

    assert_int_equal(wf_node_begin(s.node, 0, &slot->sync), WF_OK);
    assert_invalid(wf_node_begin(s.node, 0, &slot->sync), "slot 0 has begun a frame that is not released");
    assert_invalid(wf_node_run(s.node, 0), "begun a frame that is not released");
    assert_invalid(wf_node_bind(s.node, 0, WF_NODE_COLOR, NULL), "between begin and acquire");
    assert_invalid(wf_node_set_weights(s.node, WF_GATHER, &filter, &weights), "between begin and run");
    assert_invalid(wf_node_share_weights(s.node, WF_GATHER, WF_SPLAT), "between begin and run");
    assert_invalid(wf_node_set_bilateral(s.node, &parameters), "between begin and run");
    assert_invalid(wf_node_release(s.node, 0, VK_NULL_HANDLE), "command buffer is VK_NULL_HANDLE");

    renderer_begin(slot->render);
    renderer_record_upload(slot->render, &slot->texels[WF_NODE_COLOR], slot->images[WF_NODE_COLOR].image, options.width,
                           options.height);
    assert_int_equal(wf_node_release(s.node, 0, slot->render), WF_OK);
    assert_invalid(wf_node_release(s.node, 0, slot->render), "released a frame that has not run");
    assert_invalid(wf_node_acquire(s.node, 0, slot->show), "released a frame that has not run");
    renderer_submit(&vulkan, slot->render, slot->sync.timeline, 0, slot->sync.ready, VK_NULL_HANDLE);
    assert_int_equal(wf_node_run(s.node, 0), WF_OK);
    assert_invalid(wf_node_run(s.node, 0), "run a frame that is not acquired");
    assert_invalid(wf_node_begin(s.node, 0, &slot->sync), "run a frame that is not acquired");
    assert_invalid(wf_node_acquire(s.node, 0, VK_NULL_HANDLE), "command buffer is VK_NULL_HANDLE");
    assert_invalid(wf_node_bind(s.node, 0, WF_NODE_COLOR, NULL), "between begin and acquire");

    renderer_begin(slot->show);
    assert_int_equal(wf_node_acquire(s.node, 0, slot->show), WF_OK);
    renderer_submit(&vulkan, slot->show, slot->sync.timeline, slot->sync.done, 0, slot->shown);
    renderer_wait(&vulkan, slot->shown);
    scene_run(&s, 4);
    scene_close(&s);
}

/* 255x255 predicted taps for every pixel of a large frame: terabytes. The node lives on. */
static void test_out_of_memory(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.width = options.height = 4096;
    options.roles = 0;
    scene s = open_scene(&options);
    wf_bilateral parameters = broad_bilateral(255, 255);
    assert_fails(wf_node_set_bilateral(s.node, &parameters), WF_ERROR_OUT_OF_MEMORY, "");
    assert_true(heard.error[0]);
    assert_invalid(wf_node_share_weights(s.node, WF_GATHER, WF_SPLAT), "gather has no weights");
    scene_close(&s);
}

int main(int argc, char **argv)
{
    int status = suite_open(argc, argv);
    if (status >= 0)
        return status;
    const struct CMUnitTest tests[] = {
        TEST(test_missing_backends),  TEST(test_automatic),         TEST(test_create_errors),
        TEST(test_no_node),           TEST(test_image_errors),      TEST(test_weight_errors),
        TEST(test_incomplete_frames), TEST(test_incomplete_layers), TEST(test_order),
        TEST(test_out_of_memory),
    };
    return suite_close(cmocka_run_group_tests_name(argv[1], tests, NULL, NULL));
}
