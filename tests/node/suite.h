/* suite.h -- what the node's suites share: PROGRAM BACKEND embeds the node in a minimal renderer (scene.h).
 * A single validation message fails a test. Exits with 77 (skipped) where there is no Vulkan device or none
 * of this backend's kind, or fails then, if the environment has WF_REQUIRE_DEVICES=1. WF_CASE names the
 * cases to run, with * and ? for any. */
#ifndef WF_TESTS_NODE_SUITE_H
#define WF_TESTS_NODE_SUITE_H

#include "cases.h"
#include "scene.h"

extern renderer vulkan;
extern random_state random_numbers;
extern wf_backend backend;

/* Opens the device that the command line asks for. Returns -1, or the program's exit status where there is none. */
int suite_open(int argc, char **argv);

/* Closes it. Returns the program's exit status. */
int suite_close(int failed);

/* ---- The log ----------------------------------------------------------------------------------------------------- */

typedef struct heard_log {
    char error[2048]; /* the last one */
    char warnings[4096];
    int warning_count;
} heard_log;

extern heard_log heard; /* in this test */
extern const wf_log listening;

/* The call fails with this result and says this. */
#define assert_fails(call, expected_result, text)                                                                      \
    do {                                                                                                               \
        heard.error[0] = 0;                                                                                            \
        assert_int_equal((call), (expected_result));                                                                   \
        if (!strstr(heard.error, (text)))                                                                              \
            fail_msg("\"%s\" is not in the message \"%s\"", (text), heard.error);                                      \
    } while (0)

#define assert_invalid(call, text) assert_fails(call, WF_ERROR_INVALID_ARGUMENT, text)

#define TEST(function) cmocka_unit_test_setup_teardown(function, forget_messages, check_validation)

/* Before and after each test. */
int forget_messages(void **state);
int check_validation(void **state);

/* ---- Nodes and scenes -------------------------------------------------------------------------------------------- */

/* Of a small node, and whether one can be made on a backend. */
wf_node_options node_options(void);
wf_result try_backend(wf_backend candidate);

scene_options plain_options(void);
scene_options sized_options(const uint32_t size[2], uint32_t slots);
wf_filter filter_of(int height, int width, wf_mode mode);
scene open_scene(const scene_options *options);

/* Widths and heights of pyramids, down to 1x1. */
enum { PYRAMID_SIZES = 5 };
extern const uint32_t pyramid_sizes[PYRAMID_SIZES][2];

/* A scene with linear weights for both operators. */
scene open_plain_scene(const scene_options *options, int height, int width);

#endif
