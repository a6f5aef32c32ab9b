/* What --backend auto takes: the times are the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/denoise/choice.h"
#include "temporary.h"

#define WORK "0.2.0, card, driver 1, 1920x1080, bilateral 11x11"

typedef struct times {
    double ms[WF_BACKEND_COUNT];
    int asked[WF_BACKEND_COUNT];
} times;

static double take(void *user, wf_backend backend)
{
    times *times = user;
    times->asked[backend]++;
    return times->ms[backend];
}

/* As the program does it. */
static bool make(const char *work, times *times, choice *choice)
{
    return choice_recall(work, choice) || choice_time(work, take, times, choice);
}

static times timed(double cuda_ms, double vulkan_ms)
{
    return (times){.ms = {[WF_CUDA] = cuda_ms, [WF_VULKAN] = vulkan_ms}};
}

/* An empty cache for each test. */
static int set_up(void **state)
{
    (void)state;
    remove(temporary_path("wfview/backends.txt"));
    remove(temporary_path("wfview"));
    return setenv("XDG_CACHE_HOME", temporary_path("."), 1);
}

static int clear(void **state)
{
    return set_up(state);
}

static void write_memory(const char *text)
{
    mkdir(temporary_path("wfview"), 0700);
    temporary_write("wfview/backends.txt", text, strlen(text));
}

static void test_the_faster(void **state)
{
    (void)state;
    static const struct {
        double cuda_ms, vulkan_ms;
        wf_backend backend;
    } cases[] = {
        {1, 2, WF_CUDA}, {2, 1, WF_VULKAN}, {1, 1, WF_VULKAN}, {0.98, 1, WF_VULKAN}, {0.96, 1, WF_CUDA},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char work[32];
        choice choice;
        times times = timed(cases[i].cuda_ms, cases[i].vulkan_ms);
        snprintf(work, sizeof work, "work %zu", i);
        assert_true(make(work, &times, &choice));
        assert_int_equal(choice.backend, cases[i].backend);
        assert_true(choice.cuda_ms == cases[i].cuda_ms && choice.vulkan_ms == cases[i].vulkan_ms);
        assert_false(choice.remembered);
        assert_true(times.asked[WF_CUDA] == 1 && times.asked[WF_VULKAN] == 1 && times.asked[WF_CPU] == 0);
    }
}

/* The second time nothing is timed; other work is. */
static void test_remembers(void **state)
{
    (void)state;
    choice choice;
    times first = timed(0.3125, 0.5), second = timed(9, 1), other = timed(9, 1);
    assert_true(make(WORK, &first, &choice));
    assert_true(make(WORK, &second, &choice));
    assert_true(choice.remembered && choice.backend == WF_CUDA);
    assert_true(choice.cuda_ms == 0.3125 && choice.vulkan_ms == 0.5);
    assert_true(second.asked[WF_CUDA] == 0 && second.asked[WF_VULKAN] == 0);
    assert_true(make(WORK " and more", &other, &choice));
    assert_true(!choice.remembered && choice.backend == WF_VULKAN);
    assert_true(make(WORK, &second, &choice) && choice.backend == WF_CUDA);
}

/* Where one does not work there is nothing to choose, and the next run tries again. */
static void test_no_choice(void **state)
{
    (void)state;
    choice choice;
    times no_cuda = timed(0, 1), no_vulkan = timed(1, 0), both = timed(1, 2);
    assert_false(make(WORK, &no_cuda, &choice));
    assert_true(no_cuda.asked[WF_CUDA] == 1 && no_cuda.asked[WF_VULKAN] == 0);
    assert_false(make(WORK, &no_vulkan, &choice));
    assert_true(make(WORK, &both, &choice) && !choice.remembered);
}

/* What is no line is skipped, of several about one work the last counts. */
static void test_damaged_memory(void **state)
{
    (void)state;
    choice choice;
    times times = timed(1, 2);
    write_memory("\n1 2\n0 0 " WORK "\n-1 2 " WORK "\nnan nan " WORK "\none two " WORK "\n1 2 " WORK "s\n1 2 wor");
    assert_true(make(WORK, &times, &choice));
    assert_true(!choice.remembered && times.asked[WF_CUDA] == 1);
    write_memory("1 2 " WORK "\n5 2 " WORK "\n1 9 other\n");
    assert_true(make(WORK, &times, &choice));
    assert_true(choice.remembered && choice.cuda_ms == 5 && choice.backend == WF_VULKAN);
}

/* A folder that cannot be made, or none: it is timed every time. */
static void test_no_memory(void **state)
{
    (void)state;
    static const char *const caches[] = {"/dev/null/cache", "relative", ""};
    assert_int_equal(setenv("HOME", "/dev/null", 1), 0);
    for (size_t i = 0; i < sizeof caches / sizeof *caches; i++) {
        choice choice;
        times times = timed(1, 2);
        assert_int_equal(setenv("XDG_CACHE_HOME", caches[i], 1), 0);
        assert_true(make(WORK, &times, &choice) && make(WORK, &times, &choice));
        assert_true(!choice.remembered && times.asked[WF_VULKAN] == 2);
        assert_int_not_equal(access("relative", F_OK), 0);
    }
}

static void test_words(void **state)
{
    (void)state;
    char text[128];
    choice choice = {WF_CUDA, 1.25, 3.5, false};
    choice_describe(&choice, text, sizeof text);
    assert_string_equal(text, "auto takes cuda: 1.250 ms a frame, 3.500 on vulkan\n");
    choice = (struct choice){WF_VULKAN, 0.31, 0.312, true};
    choice_describe(&choice, text, sizeof text);
    assert_string_equal(text, "auto takes vulkan: 0.312 ms a frame, 0.310 on cuda, timed before\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_faster, set_up), cmocka_unit_test_setup(test_remembers, set_up),
        cmocka_unit_test_setup(test_no_choice, set_up),  cmocka_unit_test_setup(test_damaged_memory, set_up),
        cmocka_unit_test_setup(test_no_memory, set_up),  cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, clear);
}
