#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices.h"

random_state random_numbers;

void remember(void *user, wf_log_level level, const char *message)
{
    fixture *f = user;
    snprintf(f->messages[level], sizeof f->messages[level], "%s", message);
    f->counts[level]++;
    if (level == WF_LOG_VALIDATION)
        fprintf(stderr, "validation: %s\n", message);
}

wf_result open_device(fixture *f, int ordinal, wf_device **device)
{
    return wf_create(&(wf_device_options){.backend = WF_VULKAN, .ordinal = ordinal, .log = {remember, f}}, device);
}

int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    *state = f;
    interpose = (interposed){0};
    return !f || open_device(f, 0, &f->device) != WF_OK;
}

int tear_down(void **state)
{
    fixture *f = *state;
    interpose = (interposed){0};
    wf_destroy(f->device);
    int failed = f->counts[WF_LOG_VALIDATION] != 0;
    free(f);
    return failed;
}

void check_error(fixture *f, wf_result actual, wf_result expected, const char *text)
{
    assert_int_equal(actual, expected);
    assert_int_equal(f->counts[WF_LOG_ERROR], 1);
    if (!strstr(f->messages[WF_LOG_ERROR], text))
        fail_msg("\"%s\" does not contain \"%s\"", f->messages[WF_LOG_ERROR], text);
    f->counts[WF_LOG_ERROR] = 0;
}

void check_open_error(fixture *f, int ordinal, wf_result expected, const char *text)
{
    wf_device *device = f->device;
    check_error(f, open_device(f, ordinal, &device), expected, text);
    assert_null(device);
}

const filter_case small_case = {.c = 3,
                                .n = 2,
                                .h = 19,
                                .w = 70,
                                .kernel_height = 5,
                                .kernel_width = 5,
                                .dilation = 1,
                                .mode = WF_NORMALIZED,
                                .has_bias = 1};

static int has_device(void)
{
    wf_device *device;
    wf_result result = wf_create(&(wf_device_options){.backend = WF_VULKAN}, &device);
    wf_destroy(device);
    return result != WF_ERROR_NO_DEVICE;
}

int fixture_open(void)
{
    random_numbers = random_start();
    return has_device() ? 0 : skip_all("no vulkan device");
}
