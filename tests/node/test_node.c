/* The node's suite: test_node BACKEND embeds the node in a minimal renderer (scene.h) and compares every frame with the
 * float64 reference. A single validation message fails it. Exits with 77 (skipped) where there is no Vulkan device or
 * none of this backend's kind, or fails then, if the environment has WF_REQUIRE_DEVICES=1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scene.h"

enum { SKIPPED = 77 };

#define LENGTH(array)         (sizeof(array) / sizeof *(array))
#define FOR_EACH_OPERATOR(op) for (wf_operator op = WF_GATHER; op < WF_OPERATOR_COUNT; op++)

static const VkImageUsageFlags plain_usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_STORAGE_BIT |
                                             VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;

static renderer vulkan;
static random_state random_numbers;
static wf_backend backend;

/* ---- The log ----------------------------------------------------------------------------------------------------- */

static struct {
    char error[2048]; /* the last one */
    char warnings[4096];
    int warning_count;
} heard;

static void hear(void *user, wf_log_level level, const char *message)
{
    (void)user;
    if (level == WF_LOG_ERROR)
        snprintf(heard.error, sizeof heard.error, "%s", message);
    if (level == WF_LOG_WARNING) {
        heard.warning_count++;
        strncat(heard.warnings, message, sizeof heard.warnings - strlen(heard.warnings) - 1);
    }
    printf("  log %d: %s\n", (int)level, message);
}

static const wf_log listening = {.callback = hear};

/* The call fails with this result and says this. */
#define assert_fails(call, expected_result, text)                                                                      \
    do {                                                                                                               \
        heard.error[0] = 0;                                                                                            \
        assert_int_equal((call), (expected_result));                                                                   \
        if (!strstr(heard.error, (text)))                                                                              \
            fail_msg("\"%s\" is not in the message \"%s\"", (text), heard.error);                                      \
    } while (0)

#define assert_invalid(call, text) assert_fails(call, WF_ERROR_INVALID_ARGUMENT, text)

static int forget_messages(void **state)
{
    (void)state;
    memset(&heard, 0, sizeof heard);
    return 0;
}

static int check_validation(void **state)
{
    (void)state;
    int failed = vulkan.messages != 0;
    vulkan.messages = 0;
    return failed;
}

/* ---- Scenes ------------------------------------------------------------------------------------------------------ */

static scene_options plain_options(void)
{
    return (scene_options){.backend = backend, .width = 37, .height = 23, .slots = 3, .roles = SCENE_ROLES_PLAIN};
}

static wf_filter filter_of(int height, int width, wf_mode mode)
{
    return (wf_filter){.kernel_height = height, .kernel_width = width, .dilation = 1, .mode = mode, .groups = 1};
}

static scene open_scene(const scene_options *options)
{
    scene s;
    scene_open(&s, &vulkan, &random_numbers, options, listening);
    return s;
}

/* A scene with linear weights for both operators. */
static scene open_plain_scene(const scene_options *options, int height, int width)
{
    scene s = open_scene(options);
    wf_filter filter = filter_of(height, width, WF_LINEAR);
    FOR_EACH_OPERATOR(op)
    scene_set_weights(&s, op, &filter, WF_FLOAT32);
    return s;
}

static wf_bilateral broad_bilateral(int kernel_height, int kernel_width)
{
    return (wf_bilateral){.kernel_height = kernel_height,
                          .kernel_width = kernel_width,
                          .sigma_space = 2.5f,
                          .sigma_color = 0.4f,
                          .sigma_albedo = 0.7f,
                          .sigma_normal = 0.9f,
                          .sigma_depth = 0.5f,
                          .firefly_ratio = 1.2f};
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

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
static void test_shared_weights(void **state)
{
    (void)state;
    scene_options options = plain_options();
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

/* All guides, each one missing, and none. */
static void test_bilateral(void **state)
{
    (void)state;
    static const unsigned missing[] = {0, 1u << WF_NODE_ALBEDO, 1u << WF_NODE_NORMAL, 1u << WF_NODE_DEPTH,
                                       SCENE_ROLES_ALL & ~SCENE_ROLES_PLAIN};
    for (size_t i = 0; i < LENGTH(missing); i++) {
        scene_options options = plain_options();
        options.roles = SCENE_ROLES_ALL & ~missing[i];
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

/* ---- Timing ------------------------------------------------------------------------------------------------------ */

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Stages in order, without overlap; those absent are 0; all of it between two moments of the host. */
static void check_timing(const wf_node_timing *timing, unsigned absent, int64_t before, int64_t after)
{
    int64_t last = before - timing->uncertainty_ns;
    assert_true(timing->uncertainty_ns >= 0);
    for (wf_node_stage stage = 0; stage < WF_NODE_STAGE_COUNT; stage++) {
        wf_node_span span = timing->stages[stage];
        if (absent >> stage & 1) {
            assert_true(span.begin_ns == 0 && span.end_ns == 0);
            continue;
        }
        if (span.begin_ns < last || span.end_ns < span.begin_ns)
            fail_msg("%s lasts from %lld to %lld, what was before it ended at %lld", wf_node_stage_name(stage),
                     (long long)span.begin_ns, (long long)span.end_ns, (long long)last);
        last = span.end_ns;
    }
    if (last > after + timing->uncertainty_ns)
        fail_msg("the frame ended at %lld, the host saw it end at %lld (+- %lld ns)", (long long)last, (long long)after,
                 (long long)timing->uncertainty_ns);
}

static void test_timing(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.roles = SCENE_ROLES_ALL;
    scene s = open_scene(&options);
    wf_bilateral parameters = broad_bilateral(3, 3);
    wf_node_timing timing;
    scene_set_bilateral(&s, &parameters);
    for (uint32_t slot = 0; slot < options.slots; slot++) {
        assert_int_equal(wf_node_timing_of(s.node, slot, &timing), WF_OK);
        assert_int_equal(timing.frame, 0);
    }
    for (uint64_t frame = 1; frame <= 60; frame++) {
        uint32_t slot = (uint32_t)(frame - 1) % options.slots;
        int64_t before = now_ns();
        scene_render(&s, slot);
        scene_show(&s, slot);
        scene_finish(&s, slot);
        assert_int_equal(wf_node_timing_of(s.node, slot, &timing), WF_OK);
        assert_int_equal(timing.frame, frame);
        check_timing(&timing, 0, before, now_ns());
    }
    scene_close(&s);
}

/* A stage that did not run has no time. */
static void test_timing_of_absent_stages(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.roles = 1u << WF_NODE_COLOR | 1u << WF_NODE_SPLAT;
    options.slots = 1;
    scene s = open_plain_scene(&options, 3, 3);
    wf_node_timing timing;
    int64_t before = now_ns();
    scene_run(&s, 1);
    assert_int_equal(wf_node_timing_of(s.node, 0, &timing), WF_OK);
    assert_int_equal(timing.frame, 1);
    check_timing(&timing, 1u << WF_NODE_PREDICT | 1u << WF_NODE_GATHER_STAGE, before, now_ns());
    scene_close(&s);
}

/* A frame's times stay readable while the next frame of its slot is under way, also when the node placed its clocks
 * anew in between, as it does after a pause. */
static void test_timing_of_earlier_frame(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.slots = 1;
    scene s = open_plain_scene(&options, 3, 3);
    wf_node_timing timing;
    int64_t before = now_ns();
    for (uint64_t frame = 1; frame <= 6; frame++) {
        if (frame % 2)
            nanosleep(&(struct timespec){.tv_nsec = 150000000}, NULL);
        scene_render(&s, 0);
        assert_int_equal(wf_node_timing_of(s.node, 0, &timing), WF_OK);
        assert_int_equal(timing.frame, frame - 1);
        if (timing.frame)
            check_timing(&timing, 1u << WF_NODE_PREDICT, before, now_ns());
        scene_show(&s, 0);
    }
    scene_finish(&s, 0);
    scene_close(&s);
}

static void test_stage_names(void **state)
{
    (void)state;
    static const char *const names[] = {"hand-over in", "unpack", "predict",      "gather",
                                        "splat",        "pack",   "hand-over out"};
    for (wf_node_stage stage = 0; stage < WF_NODE_STAGE_COUNT; stage++)
        assert_string_equal(wf_node_stage_name(stage), names[stage]);
    assert_string_equal(wf_node_stage_name(WF_NODE_STAGE_COUNT), "unknown");
}

/* ---- Choosing a backend ------------------------------------------------------------------------------------------ */

static wf_node_options node_options(void)
{
    return (wf_node_options){.instance = vulkan.instance,
                             .physical_device = vulkan.physical_device,
                             .device = vulkan.device,
                             .queue_family = vulkan.family,
                             .queue = vulkan.queue,
                             .backend = backend,
                             .width = 16,
                             .height = 8,
                             .slots = 2,
                             .log = listening};
}

static wf_result try_backend(wf_backend candidate)
{
    wf_node_options options = node_options();
    wf_node *node = (wf_node *)&options;
    options.backend = candidate;
    wf_result result = wf_node_create(&options, &node);
    assert_int_equal(result == WF_OK, node != NULL);
    wf_node_destroy(node);
    return result;
}

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

/* The first that works, and one warning for each that does not. */
static void test_automatic(void **state)
{
    (void)state;
    static const wf_backend order[] = {WF_CUDA, WF_VULKAN, WF_CPU};
    int first = 0;
    while (try_backend(order[first]) != WF_OK)
        first++;
    memset(&heard, 0, sizeof heard);
    wf_node_options options = node_options();
    wf_node *node;
    options.automatic = 1;
    options.backend = (wf_backend)77;
    assert_int_equal(wf_node_create(&options, &node), WF_OK);
    assert_int_equal(wf_node_backend(node), order[first]);
    assert_int_equal(heard.warning_count, first);
    assert_string_equal(heard.error, "");
    for (int i = 0; i < first; i++) {
        char text[64];
        snprintf(text, sizeof text, "the node cannot use %s: ", wf_backend_name(order[i]));
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
}

static void test_image_errors(void **state)
{
    (void)state;
    scene_options options = plain_options();
    scene s = open_scene(&options);
    wf_node_image image, bound = s.slots[0].images[WF_NODE_COLOR];
    assert_invalid(wf_node_create_image(s.node, WF_NODE_COLOR, NULL), "image is NULL");
    assert_invalid(wf_node_create_image(s.node, WF_NODE_ROLE_COUNT, &image), "role is 6, the last one is 5");
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

/* ---- Program ----------------------------------------------------------------------------------------------------- */

static int backend_named(const char *name, wf_backend *found)
{
    for (int i = 0; i < WF_BACKEND_COUNT; i++) {
        if (!strcmp(name, wf_backend_name((wf_backend)i))) {
            *found = (wf_backend)i;
            return 1;
        }
    }
    return 0;
}

static int skip_all(const char *why)
{
    const char *required = getenv("WF_REQUIRE_DEVICES");
    printf("skipped: %s\n", why);
    return required && !strcmp(required, "1") ? 1 : SKIPPED;
}

int main(int argc, char **argv)
{
    if (argc != 2 || !backend_named(argv[1], &backend)) {
        fprintf(stderr, "usage: test_node cpu|vulkan|cuda\n");
        return 2;
    }
    if (!renderer_open(&vulkan))
        return skip_all("there is no Vulkan device");
    wf_result result = try_backend(backend);
    if (result == WF_ERROR_NO_DEVICE)
        return skip_all(heard.error);
    if (result != WF_OK)
        return 1;
    random_numbers = random_start();

#define TEST(function) cmocka_unit_test_setup_teardown(function, forget_messages, check_validation)
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
        TEST(test_rebinding),
        TEST(test_own_images),
        TEST(test_own_render_targets),
        TEST(test_sizes),
        TEST(test_two_nodes),
        TEST(test_timing),
        TEST(test_timing_of_absent_stages),
        TEST(test_timing_of_earlier_frame),
        TEST(test_stage_names),
        TEST(test_missing_backends),
        TEST(test_automatic),
        TEST(test_create_errors),
        TEST(test_no_node),
        TEST(test_image_errors),
        TEST(test_weight_errors),
        TEST(test_incomplete_frames),
        TEST(test_order),
        TEST(test_out_of_memory),
    };
    int failed = cmocka_run_group_tests_name(argv[1], tests, NULL, NULL);
    renderer_close(&vulkan);
    if (vulkan.messages)
        fprintf(stderr, "%d validation messages outside of the tests\n", vulkan.messages);
    return failed || vulkan.messages ? 1 : 0;
}
