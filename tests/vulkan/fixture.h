/* fixture.h -- what the tests of the Vulkan backend share: a device that remembers what the
   log was told, and a case for it. */
#ifndef WF_TESTS_VULKAN_FIXTURE_H
#define WF_TESTS_VULKAN_FIXTURE_H

#include "cases.h"
#include "interpose.h"
#include "node/renderer.h"

/* The last message of each level, and how many there were. */
typedef struct fixture {
    char messages[WF_LOG_VALIDATION + 1][1024];
    int counts[WF_LOG_VALIDATION + 1];
    wf_device *device; /* with the library's own handles */
} fixture;

extern random_state random_numbers;
extern const filter_case small_case;

/* Draws the random numbers' seed. Returns 0, or the program's exit status where there is no Vulkan device: 77
 * (skipped), or a failure if the environment has WF_REQUIRE_DEVICES=1. */
int fixture_open(void);

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

/* A cmocka test's: *state is a fixture. */
int set_up(void **state);
int tear_down(void **state);

/* The log's callback; user is the fixture. */
void remember(void *user, wf_log_level level, const char *message);

wf_result open_device(fixture *f, int ordinal, wf_device **device);

/* The call failed with result, and said why in one sentence that contains text. */
void check_error(fixture *f, wf_result actual, wf_result expected, const char *text);
void check_open_error(fixture *f, int ordinal, wf_result expected, const char *text);

#endif
