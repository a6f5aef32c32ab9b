#include "suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices.h"

wf_device *device;
wf_backend backend;
random_state random_numbers;

enum { ABILITIES = 6, BRIEF_STEP = 13 };

static const char *const ability_names[ABILITIES] = {
    "bfloat16", "float64", "strides in W other than 1", "coverage", "fused gather and splat", "backward"};

static const unsigned lacking[WF_BACKEND_COUNT] = {[WF_CUDA] = 0, [WF_VULKAN] = SUITE_FLOAT64};

static int validation_messages;
static unsigned told; /* in this test */
static int is_brief;
static unsigned cases; /* so far */

unsigned suite_type_needs(wf_dtype dtype)
{
    return dtype == WF_BFLOAT16 ? SUITE_BFLOAT16 : dtype == WF_FLOAT64 ? SUITE_FLOAT64 : 0;
}

static void print_log(void *user, wf_log_level level, const char *message)
{
    (void)user;
    if (level == WF_LOG_VALIDATION)
        validation_messages++;
    fprintf(stderr, "log %d: %s\n", (int)level, message);
}

int suite_open(int argc, char **argv)
{
    cmocka_set_test_filter(getenv("WF_CASE"));
    is_brief = argc == 3 && !strcmp(argv[2], "--brief");
    if (argc != 2 + is_brief || !backend_named(argv[1], &backend)) {
        fprintf(stderr, "usage: %s cpu|vulkan|cuda [--brief]\n", argv[0]);
        return 2;
    }
    wf_result result = wf_create(&(wf_device_options){.backend = backend, .log = {.callback = print_log}}, &device);
    if (backend == WF_CPU && result == WF_ERROR_UNSUPPORTED)
        return SKIPPED;
    if (result == WF_ERROR_NO_DEVICE || result == WF_ERROR_UNSUPPORTED)
        return skip_all("no fitting device");
    random_numbers = random_start();
    cases = (unsigned)(random_numbers.state % BRIEF_STEP);
    return result == WF_OK ? -1 : EXIT_FAILURE;
}

int suite_takes_case(void)
{
    return !is_brief || cases++ % BRIEF_STEP == 0;
}

int suite_close(int failed)
{
    wf_destroy(device);
    if (validation_messages)
        fprintf(stderr, "%d validation messages outside of the tests\n", validation_messages);
    return failed || validation_messages ? 1 : 0;
}

int suite_end_test(void **state)
{
    (void)state;
    int failed = validation_messages != 0;
    validation_messages = 0;
    told = 0;
    return failed;
}

int suite_refused(unsigned needs, wf_result result)
{
    const unsigned missing = needs & lacking[backend];
    for (int i = 0; i < ABILITIES; i++) {
        if (missing & ~told & 1u << i)
            printf("skipped: the %s backend has no %s\n", wf_backend_name(backend), ability_names[i]);
    }
    told |= missing;
    if (missing)
        assert_int_equal(result, WF_ERROR_UNSUPPORTED);
    return missing != 0;
}
