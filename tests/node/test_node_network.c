/* A network in the node: test_node_network BACKEND. Its images against those of the network on
   the CPU, from the same frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

enum { LAYERS = 4, TENSORS = 6, PLAIN_LAYER = 1 /* in scenes that have further ones: not divided by the albedo */ };

static wf_network *network;

/* ---- What the images should be ----------------------------------------------------------------------------------- */

static wf_tensor make_tensor(const scene *s, wf_node_role role, float *data)
{
    return wf_dense(data, WF_FLOAT32, 1, role == WF_NODE_DEPTH ? 1 : 3, s->options.height, s->options.width);
}

static size_t pixels_of(const scene *s)
{
    return (size_t)s->options.width * s->options.height;
}

/* What the network's filters make of further planes of the frame, in place of what it made of the color. */
static void filter_again(const scene *s, wf_denoiser *denoiser, const double *planes, int64_t plane_stride, int plain,
                         const wf_tensor *gather, const wf_tensor *splat)
{
    const size_t pixels = pixels_of(s);
    float *data = calloc(3 * pixels, sizeof *data);
    assert_non_null(data);
    for (size_t i = 0; i < 3 * pixels; i++)
        data[i] = (float)planes[i / pixels * (size_t)plane_stride + i % pixels];
    const wf_tensor layer = make_tensor(s, WF_NODE_COLOR, data);
    assert_int_equal(wf_denoise_layer(denoiser, NULL, &layer, gather, splat, !plain), WF_OK);
    free(data);
}

static double *denoise(const scene *s, uint32_t slot, wf_operator op, wf_node_role input)
{
    const size_t pixels = pixels_of(s);
    float *data[TENSORS];
    wf_tensor tensors[TENSORS];
    const wf_tensor *layers[TENSORS];
    for (int role = 0; role < TENSORS; role++) {
        data[role] = calloc(3 * pixels, sizeof **data);
        assert_non_null(data[role]);
        tensors[role] = make_tensor(s, (wf_node_role)role, data[role]);
        const double *planes = role < LAYERS ? s->slots[slot].planes[role] : NULL;
        layers[role] = planes || role >= LAYERS ? &tensors[role] : NULL;
        for (size_t i = 0; planes && i < (size_t)tensors[role].stride[0]; i++)
            data[role][i] = (float)planes[i];
    }
    wf_device *device;
    wf_denoiser *denoiser;
    assert_int_equal(wf_create(&(wf_device_options){.backend = WF_CPU}, &device), WF_OK);
    assert_int_equal(wf_denoiser_create(device, network, (int)s->options.width, (int)s->options.height, &denoiser),
                     WF_OK);
    const wf_frame frame = {layers[0], layers[1], layers[2], layers[3], layers[4], layers[5]};
    assert_int_equal(wf_denoise(denoiser, NULL, &frame), WF_OK);
    const float *result = data[LAYERS + (op == WF_SPLAT)];
    const double *planes = s->slots[slot].planes[input];
    double *output = calloc(4 * pixels, sizeof *output);
    assert_non_null(output);
    if (input != WF_NODE_COLOR)
        filter_again(s, denoiser, planes, (int64_t)pixels, input == WF_NODE_LAYER + PLAIN_LAYER, layers[4], layers[5]);
    for (size_t i = 0; i < 3 * pixels; i++)
        output[i] = result[i];
    if (scene_channels(s, input) == 4) {
        filter_again(s, denoiser, planes + 3 * pixels, 0, 1, layers[4], layers[5]);
        for (size_t i = 0; i < pixels; i++)
            output[3 * pixels + i] = result[i];
    }
    wf_denoiser_destroy(denoiser);
    wf_destroy(device);
    for (int role = 0; role < TENSORS; role++)
        free(data[role]);
    return output;
}

static void set_network(scene *s)
{
    scene_finish_all(s);
    assert_int_equal(wf_node_set_network(s->node, network), WF_OK);
    scene_expect_images(s, denoise, s->options.backend != WF_CPU);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

static void test_guides(void **state)
{
    (void)state;
    static const unsigned missing[] = {0, 1u << WF_NODE_ALBEDO, 1u << WF_NODE_NORMAL | 1u << WF_NODE_DEPTH,
                                       SCENE_ROLES_ALL & ~SCENE_ROLES_PLAIN};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        scene_options options = plain_options();
        options.roles = SCENE_ROLES_ALL & ~missing[i];
        options.separate = (int)i % 2;
        options.half = i == 2;
        scene s = open_scene(&options);
        set_network(&s);
        scene_run(&s, 4);
        scene_close(&s);
    }
}

/* Alpha and further layers take the frame's kernels, one of them without the albedo. */
static void test_further_layers(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        scene_options options = plain_options();
        options.roles = SCENE_ROLES_ALL & ~(i == 2 ? 1u << WF_NODE_SPLAT : 0);
        options.layers = i == 3 ? 0 : 1 + i;
        options.alpha = i != 0;
        options.separate = i == 1;
        scene s = open_scene(&options);
        set_network(&s);
        assert_int_equal(wf_node_demodulate(s.node, PLAIN_LAYER, 0), WF_OK);
        scene_run(&s, 4);
        scene_close(&s);
    }
}

static void test_one_image(void **state)
{
    (void)state;
    for (wf_node_role role = WF_NODE_GATHER; role <= WF_NODE_SPLAT; role++) {
        scene_options options = plain_options();
        options.roles = SCENE_ROLES_ALL & ~(1u << role);
        scene s = open_scene(&options);
        set_network(&s);
        scene_run(&s, 2);
        scene_close(&s);
    }
}

/* From a network to weights and back, one operator at a time. */
static void test_change(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.roles = SCENE_ROLES_ALL;
    scene s = open_scene(&options);
    set_network(&s);
    scene_run(&s, 3);
    const wf_filter filter = {.kernel_height = 3, .kernel_width = 3, .dilation = 1, .groups = 1};
    scene_set_weights(&s, WF_SPLAT, &filter, WF_FLOAT32);
    scene_run(&s, 3);
    scene_finish_all(&s);
    assert_int_equal(wf_node_share_weights(s.node, WF_GATHER, WF_SPLAT), WF_OK);
    scene_expect_images(&s, denoise, options.backend != WF_CPU);
    scene_run(&s, 3);
    scene_close(&s);
}

static void test_stages(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.roles = SCENE_ROLES_ALL;
    options.slots = 1;
    scene s = open_scene(&options);
    set_network(&s);
    scene_run(&s, 3);
    wf_node_timing timing;
    assert_int_equal(wf_node_timing_of(s.node, 0, &timing), WF_OK);
    assert_true(timing.frame > 0);
    assert_true(timing.stages[WF_NODE_PREDICT].end_ns > timing.stages[WF_NODE_PREDICT].begin_ns);
    assert_true(timing.stages[WF_NODE_GATHER_SPLAT_STAGE].end_ns > timing.stages[WF_NODE_GATHER_SPLAT_STAGE].begin_ns);
    assert_int_equal(timing.stages[WF_NODE_GATHER_STAGE].end_ns, 0);
    scene_close(&s);
}

static void test_errors(void **state)
{
    (void)state;
    scene_options options = plain_options();
    scene s = open_scene(&options);
    assert_int_equal(wf_node_set_network(NULL, network), WF_ERROR_INVALID_ARGUMENT);
    assert_invalid(wf_node_set_network(s.node, NULL), "network is NULL");
    scene_close(&s);
}

int main(int argc, char **argv)
{
    int status = suite_open(argc, argv);
    if (status >= 0)
        return status;
    if (wf_network_open(NULL, NETWORKS "tiny.safetensors", &network) != WF_OK)
        return 1;
    const struct CMUnitTest tests[] = {TEST(test_guides), TEST(test_further_layers), TEST(test_one_image),
                                       TEST(test_change), TEST(test_stages),         TEST(test_errors)};
    const int failed = cmocka_run_group_tests_name(argv[1], tests, NULL, NULL);
    wf_network_close(network);
    return suite_close(failed);
}
