/* The node's frames: test_node BACKEND compares every one with the float64 reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "suite.h"

static const VkImageUsageFlags plain_usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_STORAGE_BIT |
                                             VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;

static void test_info(void **state)
{
    (void)state;
    scene_options options = plain_options();
    scene s = open_scene(&options);
    wf_device_info info;
    assert_int_equal(wf_node_backend(s.node), backend);
    assert_int_equal(wf_node_get_info(s.node, &info), WF_OK);
    assert_int_equal(info.backend, backend);
    printf("device %s, %s\n", info.name, info.driver);
    scene_close(&s);
}

/* Every mode and type, odd, even and rectangular kernels; the splat has weights and a kernel of its own. */
static void test_weights(void **state)
{
    (void)state;
    static const int kernels[][2] = {{5, 5}, {4, 4}, {3, 7}, {1, 1}, {13, 2}};
    scene_options options = plain_options();
    scene s = open_scene(&options);
    for (wf_mode mode = 0; mode < WF_MODE_COUNT; mode++) {
        for (size_t i = 0; i < LENGTH(kernels); i++) {
            size_t other = (i + 1) % LENGTH(kernels);
            wf_filter gather = filter_of(kernels[i][0], kernels[i][1], mode);
            wf_filter splat = filter_of(kernels[other][0], kernels[other][1], mode);
            wf_dtype dtype = i % 2 ? WF_FLOAT16 : WF_FLOAT32;
            scene_set_weights(&s, WF_GATHER, &gather, dtype);
            scene_set_weights(&s, WF_SPLAT, &splat, dtype);
            scene_run(&s, 4);
        }
    }
    scene_close(&s);
}

static void test_dilation(void **state)
{
    (void)state;
    scene_options options = plain_options();
    scene s = open_scene(&options);
    wf_filter filter = filter_of(3, 4, WF_SOFTMAX);
    filter.dilation = 5;
    FOR_EACH_OPERATOR(op)
    scene_set_weights(&s, op, &filter, WF_FLOAT32);
    scene_run(&s, 3);
    scene_close(&s);
}

/* Shared weights outlive either owner's change of mind. */
static void check_shared_weights(int separate)
{
    scene_options options = plain_options();
    options.separate = separate;
    scene s = open_scene(&options);
    wf_filter first = filter_of(5, 5, WF_NORMALIZED), second = filter_of(3, 3, WF_LINEAR);
    scene_set_weights(&s, WF_GATHER, &first, WF_FLOAT16);
    scene_share_weights(&s, WF_GATHER, WF_SPLAT);
    scene_run(&s, 3);
    scene_set_weights(&s, WF_GATHER, &second, WF_FLOAT32);
    scene_run(&s, 3);
    scene_share_weights(&s, WF_SPLAT, WF_GATHER);
    scene_share_weights(&s, WF_GATHER, WF_GATHER);
    scene_run(&s, 3);
    scene_close(&s);
}

static void test_shared_weights(void **state)
{
    (void)state;
    check_shared_weights(0);
    check_shared_weights(1);
}

/* All guides, each one missing, and none. */
static void test_bilateral(void **state)
{
    (void)state;
    static const unsigned missing[] = {0, 1u << WF_NODE_ALBEDO, 1u << WF_NODE_NORMAL, 1u << WF_NODE_DEPTH,
                                       SCENE_ROLES_ALL & ~SCENE_ROLES_PLAIN};
    for (size_t i = 0; i < LENGTH(missing); i++) {
        scene_options options = plain_options();
        options.roles = SCENE_ROLES_ALL & ~missing[i];
        options.separate = (int)i % 2;
        scene s = open_scene(&options);
        wf_bilateral parameters = broad_bilateral(5, 5 + (int)i % 2);
        scene_set_bilateral(&s, &parameters);
        scene_run(&s, 4);
        scene_close(&s);
    }
}

/* Guides differ from slot to slot; the planes, which slots share, keep what other slots had. */
static void test_guides_of_one_slot(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.roles = SCENE_ROLES_ALL;
    scene s = open_scene(&options);
    wf_bilateral parameters = broad_bilateral(3, 3);
    scene_set_bilateral(&s, &parameters);
    scene_unbind(&s, 1, WF_NODE_ALBEDO);
    scene_unbind(&s, 2, WF_NODE_DEPTH);
    scene_run(&s, 6);
    scene_close(&s);
}

/* From predicted to set weights and back, one operator at a time. */
static void test_change_of_weights(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.roles = SCENE_ROLES_ALL;
    scene s = open_scene(&options);
    wf_filter filter = filter_of(3, 5, WF_SOFTMAX);
    wf_bilateral parameters = broad_bilateral(4, 4), wider = broad_bilateral(7, 7);
    scene_set_bilateral(&s, &parameters);
    scene_run(&s, 4);
    scene_set_weights(&s, WF_GATHER, &filter, WF_FLOAT32);
    scene_run(&s, 4);
    scene_share_weights(&s, WF_SPLAT, WF_GATHER);
    scene_run(&s, 2);
    scene_share_weights(&s, WF_SPLAT, WF_GATHER);
    scene_set_weights(&s, WF_SPLAT, &filter, WF_FLOAT16);
    scene_run(&s, 4);
    scene_set_bilateral(&s, &wider);
    scene_run(&s, 4);
    scene_close(&s);
}

/* Many frames through few slots and through as many as there can be. */
static void test_many_frames(void **state)
{
    (void)state;
    static const uint32_t slots[] = {1, 2, WF_NODE_MAX_SLOTS};
    for (size_t i = 0; i < LENGTH(slots); i++) {
        scene_options options = plain_options();
        options.slots = slots[i];
        scene s = open_plain_scene(&options, 3, 3);
        scene_run(&s, 30);
        scene_close(&s);
    }
}

/* All slots are rendered and run before the first is acquired, and acquired in another order. */
static void test_overlapping_frames(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.roles = SCENE_ROLES_ALL;
    scene s = open_scene(&options);
    wf_bilateral parameters = broad_bilateral(5, 5);
    scene_set_bilateral(&s, &parameters);
    for (int round = 0; round < 4; round++) {
        for (uint32_t slot = 0; slot < options.slots; slot++)
            scene_render(&s, slot);
        for (uint32_t slot = options.slots; slot-- > 0;)
            scene_show(&s, slot);
    }
    for (uint32_t slot = 0; slot < options.slots; slot++)
        scene_finish(&s, slot);
    scene_close(&s);
}

static void test_one_output(void **state)
{
    (void)state;
    for (wf_node_role role = WF_NODE_GATHER; role <= WF_NODE_SPLAT; role++) {
        scene_options options = plain_options();
        options.roles = 1u << WF_NODE_COLOR | 1u << role;
        scene s = open_scene(&options);
        wf_filter filter = filter_of(5, 3, WF_NORMALIZED);
        scene_set_weights(&s, role == WF_NODE_GATHER ? WF_GATHER : WF_SPLAT, &filter, WF_FLOAT32);
        scene_run(&s, 5);
        scene_close(&s);
    }
}

/* Alpha and further layers take the color's weights; one operator or two, in one stage or two. */
static void test_further_layers(void **state)
{
    (void)state;
    static const int layers[] = {0, 1, 2, 5, WF_NODE_MAX_LAYERS};
    for (size_t i = 0; i < 2 * LENGTH(layers); i++) {
        scene_options options = plain_options();
        options.layers = layers[i / 2];
        options.alpha = (int)i % 2;
        options.separate = i == 3;
        options.half = i == 5;
        options.slots = 2;
        if (i == 6)
            options.roles &= ~(1u << WF_NODE_SPLAT);
        scene s = open_scene(&options);
        wf_filter filter = filter_of(5, 4, (wf_mode)(i % WF_MODE_COUNT));
        scene_set_weights(&s, WF_GATHER, &filter, i % 2 ? WF_FLOAT16 : WF_FLOAT32);
        scene_share_weights(&s, WF_GATHER, WF_SPLAT);
        scene_run(&s, 3);
        scene_close(&s);
    }
}

/* Their weights are the color's and the guides', whatever the layers hold. */
static void test_further_layers_of_bilateral(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.roles = SCENE_ROLES_ALL;
    options.layers = 2;
    options.alpha = 1;
    scene s = open_scene(&options);
    wf_bilateral parameters = broad_bilateral(5, 5);
    scene_set_bilateral(&s, &parameters);
    scene_run(&s, 4);
    scene_close(&s);
}

static void bind_layer(scene *s, uint32_t slot, int layer, void (*change)(scene *s, uint32_t slot, wf_node_role role))
{
    change(s, slot, (wf_node_role)(WF_NODE_LAYER + layer));
    change(s, slot, (wf_node_role)(WF_NODE_LAYER_GATHER + layer));
    change(s, slot, (wf_node_role)(WF_NODE_LAYER_SPLAT + layer));
}

/* They come and go, in each slot by itself, while frames of other slots are under way. */
static void test_rebinding_layers(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.slots = 2;
    scene s = open_plain_scene(&options, 3, 3);
    scene_run(&s, 2);
    for (int layer = 0; layer < 3; layer++) {
        scene_render(&s, 0);
        bind_layer(&s, 1, layer, scene_bind);
        scene_render(&s, 1);
        scene_show(&s, 0);
        scene_show(&s, 1);
    }
    scene_finish_all(&s);
    bind_layer(&s, 0, 0, scene_bind);
    bind_layer(&s, 1, 2, scene_unbind);
    scene_run(&s, 4);
    scene_close(&s);
}

static void test_rebinding(void **state)
{
    (void)state;
    scene_options options = plain_options();
    scene s = open_plain_scene(&options, 3, 3);
    scene_run(&s, 4);
    scene_bind(&s, 0, WF_NODE_COLOR);
    scene_bind(&s, 1, WF_NODE_SPLAT);
    scene_unbind(&s, 2, WF_NODE_GATHER);
    scene_run(&s, 5);
    scene_bind(&s, 2, WF_NODE_GATHER);
    scene_run(&s, 4);
    scene_close(&s);
}

/* The renderer's images, in every format that the node takes. */
static void test_own_images(void **state)
{
    (void)state;
    static const VkFormat depths[] = {VK_FORMAT_R32_SFLOAT, VK_FORMAT_R16_SFLOAT, VK_FORMAT_R32G32B32A32_SFLOAT,
                                      VK_FORMAT_R16G16B16A16_SFLOAT};
    for (size_t i = 0; i < LENGTH(depths); i++) {
        scene_options options = plain_options();
        options.roles = SCENE_ROLES_ALL;
        options.own_images = 1;
        options.half = (int)i % 2;
        options.depth = depths[i];
        options.usage = plain_usage;
        scene s = open_scene(&options);
        wf_bilateral parameters = broad_bilateral(3, 5);
        scene_set_bilateral(&s, &parameters);
        scene_run(&s, 4);
        scene_close(&s);
    }
}

/* Images that are color attachments too, which CUDA wants to know. */
static void test_own_render_targets(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.own_images = 1;
    options.usage = plain_usage | VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
    scene s = open_plain_scene(&options, 5, 5);
    scene_run(&s, 4);
    scene_close(&s);
}

static void test_sizes(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1}, {1, 41}, {67, 1}, {2, 2}, {64, 4}, {65, 5}, {128, 33}};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        scene_options options = plain_options();
        options.width = sizes[i][0], options.height = sizes[i][1];
        scene s = open_plain_scene(&options, 5, 4);
        scene_run(&s, 3);
        scene_close(&s);
    }
}

/* Two nodes at once on one VkDevice, of this backend and of the CPU's, and one after the other. */
static void test_two_nodes(void **state)
{
    (void)state;
    scene_options options = plain_options(), other_options = plain_options();
    other_options.backend = WF_CPU;
    scene s = open_plain_scene(&options, 5, 5), other = open_plain_scene(&other_options, 5, 5);
    for (int round = 0; round < 3; round++) {
        scene_run(&s, 2);
        scene_run(&other, 2);
    }
    scene_close(&s);
    scene_run(&other, 2);
    s = open_plain_scene(&options, 3, 3);
    scene_run(&s, 4);
    scene_close(&other);
    scene_close(&s);
}

int main(int argc, char **argv)
{
    int status = suite_open(argc, argv);
    if (status >= 0)
        return status;
    const struct CMUnitTest tests[] = {
        TEST(test_info),
        TEST(test_weights),
        TEST(test_dilation),
        TEST(test_shared_weights),
        TEST(test_bilateral),
        TEST(test_guides_of_one_slot),
        TEST(test_change_of_weights),
        TEST(test_many_frames),
        TEST(test_overlapping_frames),
        TEST(test_one_output),
        TEST(test_further_layers),
        TEST(test_further_layers_of_bilateral),
        TEST(test_rebinding_layers),
        TEST(test_rebinding),
        TEST(test_own_images),
        TEST(test_own_render_targets),
        TEST(test_sizes),
        TEST(test_two_nodes),
    };
    return suite_close(cmocka_run_group_tests_name(argv[1], tests, NULL, NULL));
}
