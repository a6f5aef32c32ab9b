#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "app/files/exr.h"
#include "app/frames/source.h"
#include "temporary.h"

enum { WIDTH = 8, HEIGHT = 4, FRAMES = 12, FRAME_BYTES = WIDTH * HEIGHT * 4 * 4 };

static const char *const rgb[] = {"R", "G", "B"};

static void write_constant(const char *name, const char *const *names, float value)
{
    float pixels[WIDTH * HEIGHT * 3];
    error error;
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        pixels[i] = value;
    assert_true(exr_write(temporary_path(name), WIDTH, HEIGHT, 3, names, pixels, EXR_ZIP, &error));
}

/* Frame i is i everywhere. */
static int setup(void **state)
{
    (void)state;
    temporary_clear();
    for (int i = 0; i < FRAMES; i++) {
        char name[32];
        snprintf(name, sizeof name, "f.%d.exr", i);
        write_constant(name, rgb, (float)i);
    }
    return 0;
}

static source *open_folder(long long budget)
{
    error error = {""};
    const char *paths[] = {temporary_path("")};
    source *source = source_open(&(source_options){.paths = paths, .path_count = 1, .memory_budget = budget}, &error);
    assert_string_equal(error.message, "");
    assert_non_null(source);
    return source;
}

static void assert_is(const frame *frame, int value)
{
    assert_non_null(frame);
    assert_int_equal(frame->width, WIDTH);
    assert_int_equal(frame->height, HEIGHT);
    for (int i = 0; i < WIDTH * HEIGHT * 4; i++)
        assert_true(frame->layers[FRAME_COLOR].pixels[i] == (i % 4 == 3 ? 1 : (float)value));
}

static const frame *get(source *source, int index)
{
    error error = {""};
    const frame *frame = source_get(source, index, &error);
    assert_string_equal(error.message, "");
    assert_is(frame, index);
    return frame;
}

static void pause_a_little(void)
{
    nanosleep(&(struct timespec){0, 1000000}, NULL);
}

/* Until so many frames are in memory; a test that waits in vain ends by ctest's time limit. */
static void wait_for_loaded(source *source, int count)
{
    while (source_loaded(source) != count)
        pause_a_little();
}

static void test_order(void **state)
{
    (void)state;
    source *source = open_folder(0);
    assert_int_equal(source_count(source), FRAMES);
    for (int i = 0; i < FRAMES; i++) {
        char name[32];
        snprintf(name, sizeof name, "f.%d.exr", i);
        assert_string_equal(strrchr(source_path(source, i), '/') + 1, name);
    }
    for (int i = 0; i < 5 * FRAMES; i++)
        get(source, i * 7 % FRAMES);
    source_close(source);
}

static void test_loads_ahead(void **state)
{
    (void)state;
    source *source = open_folder(0);
    wait_for_loaded(source, FRAMES); /* without being asked */
    error error = {"something"};
    for (int i = 0; i < FRAMES; i++) {
        assert_is(source_poll(source, i, &error), i);
        assert_string_equal(error.message, "");
    }
    source_close(source);
}

/* The frame shown, the one before it and those that come next stay in memory, and no more than the budget. */
static void test_budget(void **state)
{
    (void)state;
    source *source = open_folder(5 * FRAME_BYTES);
    for (int i = 0; i < 3 * FRAMES; i++) {
        get(source, i % FRAMES);
        assert_true(source_loaded(source) <= 5);
        wait_for_loaded(source, 5);
        assert_true(source_loaded(source) == 5);
    }
    error error = {""};
    get(source, 3);
    wait_for_loaded(source, 5);
    assert_is(source_poll(source, 4, &error), 4); /* was loaded ahead */
    source_close(source);
}

/* With room for nothing, frames still come, and the last two stay. */
static void test_smallest_budget(void **state)
{
    (void)state;
    source *source = open_folder(1);
    const frame *before = get(source, 0);
    for (int i = 1; i < 2 * FRAMES; i++) {
        const frame *now = get(source, i % FRAMES);
        assert_is(before, (i - 1) % FRAMES);
        assert_true(source_loaded(source) <= 3); /* the third is the one given up only when it is replaced */
        before = now;
    }
    source_close(source);
}

static void test_poll(void **state)
{
    (void)state;
    source *source = open_folder(1);
    error error = {"something"};
    get(source, 0);
    assert_null(source_poll(source, 7, &error)); /* no room to load it ahead */
    assert_string_equal(error.message, "");
    const frame *frame;
    while (!(frame = source_poll(source, 7, &error))) {
        assert_string_equal(error.message, "");
        pause_a_little();
    }
    assert_is(frame, 7);
    source_close(source);
}

static void test_bad_frame(void **state)
{
    (void)state;
    temporary_write("f.3.exr", "garbage", 7);
    source *source = open_folder(0);
    char expected[1024];
    snprintf(expected, sizeof expected,
             "%s: not a readable OpenEXR file (7 bytes in the file): ", source_path(source, 3));
    error error;
    for (int i = 0; i < 3; i++) {
        error.message[0] = '\0';
        assert_null(source_get(source, 3, &error));
        assert_int_equal(strncmp(error.message, expected, strlen(expected)), 0);
        assert_null(source_poll(source, 3, &error));
        assert_int_equal(strncmp(error.message, expected, strlen(expected)), 0);
        get(source, 2);
        get(source, 4);
    }
    wait_for_loaded(source, FRAMES - 1);
    source_close(source);
}

/* One reference for all frames is kept once. */
static void age_file(const char *name, int seconds)
{
    struct timespec now, times[2];
    clock_gettime(CLOCK_REALTIME, &now);
    times[0] = times[1] = (struct timespec){now.tv_sec - seconds, now.tv_nsec};
    assert_int_equal(utimensat(AT_FDCWD, temporary_path(name), times, 0), 0);
}

/* When that was is told once. */
static void assert_loaded_once(source *source, int index)
{
    source_load load, again;
    assert_true(source_take_load(source, index, &load));
    assert_true(0 < load.begin_ns && load.begin_ns <= load.end_ns);
    assert_false(source_take_load(source, index, &again));
}

/* A file that is written anew is noticed, once nothing was written to it for a moment, and read again,
   also where it could not be read. */
static void test_files_that_change(void **state)
{
    (void)state;
    source *source = open_folder(0);
    error error;
    get(source, 2);
    assert_loaded_once(source, 2);
    wait_for_loaded(source, FRAMES);
    assert_false(source_is_outdated(source, 2));
    write_constant("f.2.exr", rgb, 40);
    age_file("f.2.exr", -5);
    assert_true(source_is_outdated(source, 2) && !source_is_outdated(source, 1));
    assert_is(source_get(source, 2, &error), 2);
    source_reload(source, 2);
    assert_is(source_get(source, 2, &error), 40);
    assert_loaded_once(source, 2);
    assert_false(source_is_outdated(source, 2));
    wait_for_loaded(source, FRAMES);
    temporary_write("f.3.exr", "garbage", 7);
    assert_false(source_is_outdated(source, 3)); /* it may still be written */
    age_file("f.3.exr", 10);
    assert_true(source_is_outdated(source, 3));
    source_reload(source, 3);
    assert_null(source_get(source, 3, &error));
    wait_for_loaded(source, FRAMES - 1);
    write_constant("f.3.exr", rgb, 50);
    age_file("f.3.exr", 20);
    assert_true(source_is_outdated(source, 3));
    source_reload(source, 3);
    assert_is(source_get(source, 3, &error), 50);
    wait_for_loaded(source, FRAMES);
    remove(temporary_path("f.3.exr"));
    assert_false(source_is_outdated(source, 3));
    source_close(source);
}

static void test_shared_reference(void **state)
{
    (void)state;
    write_constant("all.ref.exr", rgb, 100);
    const char *paths[] = {temporary_path("f.%d.exr")};
    error error = {""};
    source *source = source_open(
        &(source_options){
            .paths = paths, .path_count = 1, .reference = temporary_path("all.ref.exr"), .memory_budget = 1},
        &error);
    const float *first = get(source, 0)->layers[FRAME_REFERENCE].pixels;
    assert_true(first[0] == 100 && first[3] == 1);
    for (int i = 0; i < 2 * FRAMES; i++)
        assert_ptr_equal(get(source, i % FRAMES)->layers[FRAME_REFERENCE].pixels, first);
    source_close(source);
}

static void test_own_reference(void **state)
{
    (void)state;
    write_constant("f.2.ref.exr", rgb, 100);
    source *source = open_folder(0);
    assert_true(get(source, 2)->layers[FRAME_REFERENCE].pixels[0] == 100);
    assert_null(get(source, 1)->layers[FRAME_REFERENCE].pixels);
    source_close(source);
}

static void test_channels(void **state)
{
    (void)state;
    static const char *const beauty[] = {"Beauty.R", "Beauty.G", "Beauty.B"};
    static const char *const mapping[] = {"color=Beauty"};
    write_constant("named.exr", beauty, 0);
    const char *paths[] = {temporary_path("named.exr")};
    error error = {""};
    source *source = source_open(
        &(source_options){.paths = paths, .path_count = 1, .channels = mapping, .channel_count = 1}, &error);
    get(source, 0);
    source_close(source);
}

static void test_close_early(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++)
        source_close(open_folder(0));
    source_close(NULL);
}

/* Which sentences there are is test_sequence.py's; here, that a failure leaves nothing behind. */
static void test_no_frames(void **state)
{
    (void)state;
    const char *paths[] = {temporary_path(""), temporary_path("missing.exr")};
    error error = {""};
    assert_null(source_open(&(source_options){.paths = paths, .path_count = 2}, &error));
    assert_non_null(strstr(error.message, "missing.exr: cannot open: No such file or directory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_order, setup),
        cmocka_unit_test_setup(test_loads_ahead, setup),
        cmocka_unit_test_setup(test_budget, setup),
        cmocka_unit_test_setup(test_smallest_budget, setup),
        cmocka_unit_test_setup(test_poll, setup),
        cmocka_unit_test_setup(test_bad_frame, setup),
        cmocka_unit_test_setup(test_files_that_change, setup),
        cmocka_unit_test_setup(test_shared_reference, setup),
        cmocka_unit_test_setup(test_own_reference, setup),
        cmocka_unit_test_setup(test_channels, setup),
        cmocka_unit_test_setup(test_close_early, setup),
        cmocka_unit_test_setup(test_no_frames, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
