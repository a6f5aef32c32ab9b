#include "suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices.h"

renderer vulkan;
random_state random_numbers;
wf_backend backend;

/* ---- The log ----------------------------------------------------------------------------------------------------- */

heard_log heard;

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

const wf_log listening = {.callback = hear};

int forget_messages(void **state)
{
    (void)state;
    memset(&heard, 0, sizeof heard);
    return 0;
}

int check_validation(void **state)
{
    (void)state;
    int failed = vulkan.messages != 0;
    vulkan.messages = 0;
    return failed;
}

/* ---- Scenes ------------------------------------------------------------------------------------------------------ */

scene_options plain_options(void)
{
    return (scene_options){.backend = backend, .width = 37, .height = 23, .slots = 3, .roles = SCENE_ROLES_PLAIN};
}

wf_filter filter_of(int height, int width, wf_mode mode)
{
    return (wf_filter){.kernel_height = height, .kernel_width = width, .dilation = 1, .mode = mode, .groups = 1};
}

scene_options sized_options(const uint32_t size[2], uint32_t slots)
{
    scene_options options = plain_options();
    options.width = size[0];
    options.height = size[1];
    options.slots = slots;
    return options;
}

const uint32_t pyramid_sizes[PYRAMID_SIZES][2] = {{37, 23}, {64, 48}, {5, 1}, {1, 1}, {17, 33}};

scene open_scene(const scene_options *options)
{
    scene s;
    scene_open(&s, &vulkan, &random_numbers, options, listening);
    return s;
}

scene open_plain_scene(const scene_options *options, int height, int width)
{
    scene s = open_scene(options);
    wf_filter filter = filter_of(height, width, WF_LINEAR);
    FOR_EACH_OPERATOR(op)
    scene_set_weights(&s, op, &filter, WF_FLOAT32);
    return s;
}

wf_node_options node_options(void)
{
    return (wf_node_options){.instance = vulkan.instance,
                             .physical_device = vulkan.physical_device,
                             .device = vulkan.device,
                             .queue_family = vulkan.family,
                             .queue = vulkan.queue,
                             .matrices = vulkan.matrices,
                             .backend = backend,
                             .width = 16,
                             .height = 8,
                             .slots = 2,
                             .log = listening};
}

wf_result try_backend(wf_backend candidate)
{
    wf_node_options options = node_options();
    wf_node *node = (wf_node *)&options;
    options.backend = candidate;
    wf_result result = wf_node_create(&options, &node);
    assert_int_equal(result == WF_OK, node != NULL);
    wf_node_destroy(node);
    return result;
}

/* ---- Program ----------------------------------------------------------------------------------------------------- */

int suite_open(int argc, char **argv)
{
    cmocka_set_test_filter(getenv("WF_CASE"));
    if (argc != 2 || !backend_named(argv[1], &backend)) {
        fprintf(stderr, "usage: %s cpu|vulkan|cuda\n", argv[0]);
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
    return -1;
}

int suite_close(int failed)
{
    renderer_close(&vulkan);
    if (vulkan.messages)
        fprintf(stderr, "%d validation messages outside of the tests\n", vulkan.messages);
    return failed || vulkan.messages ? 1 : 0;
}
