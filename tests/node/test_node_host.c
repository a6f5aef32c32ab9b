/* Nodes without Vulkan: nothing here opens a driver. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

enum { WIDTH = 19, HEIGHT = 11, TAPS = 9, PIXELS = WIDTH * HEIGHT };

static wf_node_options host_options(void)
{
    return (wf_node_options){.backend = WF_CPU, .width = WIDTH, .height = HEIGHT, .slots = 2, .log = listening};
}

static wf_node *open_node(const wf_node_options *options)
{
    wf_node *node;
    assert_int_equal(wf_node_create(options, &node), WF_OK);
    assert_int_equal(wf_node_backend(node), WF_CPU);
    return node;
}

typedef struct frame {
    wf_node_image color, gather, splat;
} frame;

static wf_node_image create(wf_node *node, uint32_t slot, wf_node_role role)
{
    wf_node_image image;
    assert_int_equal(wf_node_create_image(node, role, &image), WF_OK);
    assert_non_null(image.texels);
    assert_true(image.image == VK_NULL_HANDLE && image.view == VK_NULL_HANDLE && image.memory == VK_NULL_HANDLE);
    assert_int_equal(wf_node_bind(node, slot, role, &image), WF_OK);
    return image;
}

static frame open_frame(wf_node *node, uint32_t slot)
{
    return (frame){create(node, slot, WF_NODE_COLOR), create(node, slot, WF_NODE_GATHER),
                   create(node, slot, WF_NODE_SPLAT)};
}

static void close_frame(wf_node *node, frame *frame)
{
    wf_node_image *images[] = {&frame->color, &frame->gather, &frame->splat};
    for (int i = 0; i < 3; i++) {
        wf_node_destroy_image(node, images[i]);
        assert_null(images[i]->texels);
    }
}

static void run(wf_node *node, uint32_t slot)
{
    wf_node_sync sync;
    assert_int_equal(wf_node_begin(node, slot, &sync), WF_OK);
    assert_true(sync.timeline == VK_NULL_HANDLE);
    assert_int_equal(wf_node_release(node, slot, VK_NULL_HANDLE), WF_OK);
    assert_int_equal(wf_node_run(node, slot), WF_OK);
    assert_int_equal(wf_node_acquire(node, slot, VK_NULL_HANDLE), WF_OK);
}

/* 3x3 linear, in float64: the image is 0 outside, and what lands there is dropped. */
static void filter_again(const float *color, const float *weights, double *gather, double *splat)
{
    memset(gather, 0, PIXELS * 3 * sizeof *gather);
    memset(splat, 0, PIXELS * 3 * sizeof *splat);
    for (int p = 0; p < PIXELS * TAPS; p++) {
        int tap = p / PIXELS, here = p % PIXELS;
        int x = here % WIDTH + tap % 3 - 1, y = here / WIDTH + tap / 3 - 1;
        if (x < 0 || y < 0 || x >= WIDTH || y >= HEIGHT)
            continue;
        int there = y * WIDTH + x;
        for (int c = 0; c < 3; c++) {
            gather[here * 3 + c] += (double)weights[p] * (double)color[there * 4 + c];
            splat[there * 3 + c] += (double)weights[p] * (double)color[here * 4 + c];
        }
    }
}

static void assert_texels(const float *texels, const double *expected)
{
    for (int i = 0; i < PIXELS; i++) {
        for (int c = 0; c < 3; c++)
            assert_float_equal(texels[4 * i + c], expected[3 * i + c], 1e-5);
        assert_float_equal(texels[4 * i + 3], 1, 0);
    }
}

static void test_filters(void **state)
{
    (void)state;
    wf_node_options options = host_options();
    wf_node *node = open_node(&options);
    frame frames[2] = {open_frame(node, 0), open_frame(node, 1)};
    float weights[TAPS * PIXELS];
    double gather[PIXELS * 3], splat[PIXELS * 3];
    for (int i = 0; i < TAPS * PIXELS; i++)
        weights[i] = (float)random_uniform(&random_numbers, -1, 1);
    wf_filter filter = filter_of(3, 3, WF_LINEAR);
    wf_tensor tensor = wf_dense(weights, WF_FLOAT32, 1, TAPS, HEIGHT, WIDTH);
    assert_int_equal(wf_node_set_weights(node, WF_GATHER, &filter, &tensor), WF_OK);
    assert_int_equal(wf_node_share_weights(node, WF_GATHER, WF_SPLAT), WF_OK);
    for (uint32_t turn = 0; turn < 5; turn++) {
        frame *frame = &frames[turn % 2];
        float *color = frame->color.texels;
        for (int i = 0; i < PIXELS * 4; i++)
            color[i] = (float)random_uniform(&random_numbers, 0, 2);
        run(node, turn % 2);
        filter_again(color, weights, gather, splat);
        assert_texels(frame->gather.texels, gather);
        assert_texels(frame->splat.texels, splat);
    }
    for (int i = 0; i < 2; i++)
        close_frame(node, &frames[i]);
    wf_node_destroy(node);
}

/* Images of the caller's own, one of them float16. A hand-over is no part of what took time. */
static void test_own_images_and_times(void **state)
{
    (void)state;
    wf_node_options options = host_options();
    options.automatic = 1;
    options.backend = WF_CUDA;
    wf_node *node = open_node(&options);
    assert_int_equal(heard.warning_count, 0);
    uint16_t color[PIXELS * 4];
    float gather[PIXELS * 4] = {0}, weights[PIXELS];
    for (int i = 0; i < PIXELS * 4; i++)
        color[i] = half_from_double(random_uniform(&random_numbers, 0, 2));
    for (int i = 0; i < PIXELS; i++)
        weights[i] = 1;
    wf_filter filter = filter_of(1, 1, WF_LINEAR);
    wf_tensor tensor = wf_dense(weights, WF_FLOAT32, 1, 1, HEIGHT, WIDTH);
    tensor.stride[1] = -7; /* of one plane it does not matter */
    wf_node_image in = {.format = VK_FORMAT_R16G16B16A16_SFLOAT, .texels = color};
    wf_node_image out = {.format = VK_FORMAT_R32G32B32A32_SFLOAT, .texels = gather};
    assert_int_equal(wf_node_bind(node, 1, WF_NODE_COLOR, &in), WF_OK);
    assert_int_equal(wf_node_bind(node, 1, WF_NODE_GATHER, &out), WF_OK);
    assert_int_equal(wf_node_set_weights(node, WF_GATHER, &filter, &tensor), WF_OK);
    run(node, 1);
    for (int i = 0; i < PIXELS * 4; i++)
        assert_true((double)gather[i] == (i % 4 < 3 ? half_to_double(color[i]) : 1));
    wf_node_timing timing;
    assert_int_equal(wf_node_timing_of(node, 1, &timing), WF_OK);
    assert_int_equal(timing.frame, 1);
    assert_true(timing.stages[WF_NODE_GATHER_STAGE].begin_ns > 0);
    assert_true(timing.stages[WF_NODE_GATHER_STAGE].end_ns >= timing.stages[WF_NODE_GATHER_STAGE].begin_ns);
    assert_true(timing.stages[WF_NODE_TAKE].end_ns == 0 && timing.stages[WF_NODE_GIVE].end_ns == 0);
    wf_node_destroy(node);
}

static void test_errors(void **state)
{
    (void)state;
    wf_node_options options = host_options();
    wf_node *node = (wf_node *)&options;
    const wf_backend others[] = {WF_VULKAN, WF_CUDA};
    for (int i = 0; i < 2; i++) {
        options.backend = others[i];
        assert_invalid(wf_node_create(&options, &node), "needs a VkDevice, without one only cpu works");
        assert_null(node);
    }
    options = host_options();
    options.width = 4000000000u;
    assert_invalid(wf_node_create(&options, &node), "images are 4000000000x11");
    options = host_options();
    node = open_node(&options);
    frame frame = open_frame(node, 0);
    wf_node_image image = {.format = VK_FORMAT_R32G32B32A32_SFLOAT};
    assert_invalid(wf_node_bind(node, 0, WF_NODE_ALBEDO, &image), "albedo image of slot 0 lacks its texels");
    assert_invalid(wf_node_bind(node, 0, WF_NODE_ALBEDO, &frame.color), "is its color image already");
    assert_int_equal(wf_node_set_bilateral(node, &(wf_bilateral){0}), WF_ERROR_INVALID_ARGUMENT);
    wf_bilateral parameters = wf_bilateral_default(3, 3);
    assert_int_equal(wf_node_set_bilateral(node, &parameters), WF_OK);
    wf_node_sync sync;
    assert_int_equal(wf_node_begin(node, 0, &sync), WF_OK);
    assert_invalid(wf_node_release(node, 0, (VkCommandBuffer)&image),
                   "without Vulkan, but has been given a command buffer");
    close_frame(node, &frame);
    wf_node_destroy(node);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    wf_node_options options = host_options();
    options.width = options.height = INT32_MAX;
    wf_node *node = open_node(&options);
    wf_node_image image;
    assert_fails(wf_node_create_image(node, WF_NODE_COLOR, &image), WF_ERROR_OUT_OF_MEMORY,
                 "no host memory for an image of 2147483647x2147483647 pixels");
    assert_null(image.texels);
    wf_node_destroy(node);
}

int main(void)
{
    random_numbers = random_start();
    const struct CMUnitTest tests[] = {
        TEST(test_filters),
        TEST(test_own_images_and_times),
        TEST(test_errors),
        TEST(test_out_of_memory),
    };
    cmocka_set_test_filter(getenv("WF_CASE"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
