/* Files that are written appear whole or not at all, and the sentence says why not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/files/exr.h"
#include "app/files/input.h"
#include "app/files/output.h"
#include "app/files/png.h"
#include "app/viewer/report.h"
#include "temporary.h"

static int setup(void **state)
{
    (void)state;
    temporary_clear();
    return 0;
}

static void assert_content(const char *name, const char *expected)
{
    size_t size;
    char *bytes = temporary_read(name, &size);
    assert_string_equal(bytes, expected);
    free(bytes);
}

static void assert_message(const error *error, const char *path, const char *rest)
{
    char expected[1024];
    snprintf(expected, sizeof expected, "%s%s", path, rest);
    assert_string_equal(error->message, expected);
}

/* ---- output ------------------------------------------------------------------------------------------------------ */

static void test_whole(void **state)
{
    (void)state;
    output output;
    error error = {""};
    struct stat status;
    mode_t mask = umask(027);
    assert_true(output_open(&output, temporary_path("a"), &error));
    umask(mask);
    fputs("new", output.file);
    assert_int_not_equal(access(temporary_path("a"), F_OK), 0);
    assert_true(output_close(&output, true, &error));
    assert_content("a", "new");
    assert_int_equal(stat(temporary_path("a"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    assert_int_equal(temporary_count(), 1);
}

static void test_replaces(void **state)
{
    (void)state;
    output output;
    error error = {""};
    temporary_write("a", "old", 3);
    assert_true(output_open(&output, temporary_path("a"), &error));
    fputs("new", output.file);
    assert_content("a", "old");
    assert_true(output_close(&output, true, &error));
    assert_content("a", "new");
    assert_int_equal(temporary_count(), 1);
}

static void test_discarded(void **state)
{
    (void)state;
    output output;
    error error = {"the reason"};
    temporary_write("a", "old", 3);
    assert_true(output_open(&output, temporary_path("a"), &error));
    fputs("new", output.file);
    assert_false(output_close(&output, false, &error));
    assert_string_equal(error.message, "the reason");
    assert_content("a", "old");
    assert_int_equal(temporary_count(), 1);
}

static void test_unwritable_places(void **state)
{
    (void)state;
    output output;
    error error;
    const char *path = temporary_path("no/a");
    assert_false(output_open(&output, path, &error));
    assert_message(&error, path, ": cannot write: No such file or directory");
    temporary_write("file", "x", 1);
    path = temporary_path("file/a");
    assert_false(output_open(&output, path, &error));
    assert_message(&error, path, ": cannot write: Not a directory");
    mkdir(temporary_path("folder"), 0777);
    path = temporary_path("folder");
    assert_false(output_open(&output, path, &error));
    assert_message(&error, path, ": cannot write: it exists and is not a regular file");
    symlink("b", temporary_path("c"));
    symlink("c", temporary_path("b"));
    path = temporary_path("b");
    assert_false(output_open(&output, path, &error));
    assert_message(&error, path, ": cannot write: Too many levels of symbolic links");
    assert_int_equal(temporary_count(), 4);
}

static void put(const char *path, const char *text)
{
    output output;
    error error = {""};
    if (!output_open(&output, path, &error))
        fail_msg("%s", error.message);
    fputs(text, output.file);
    if (!output_close(&output, true, &error))
        fail_msg("%s", error.message);
}

static void assert_link(const char *name)
{
    struct stat status;
    assert_int_equal(lstat(temporary_path(name), &status), 0);
    assert_true(S_ISLNK(status.st_mode));
}

/* Links stay, also those to nothing yet; their target is written. */
static void test_links(void **state)
{
    (void)state;
    temporary_write("target", "old", 3);
    symlink("target", temporary_path("link"));
    symlink(temporary_path("link"), temporary_path("other"));
    symlink("later", temporary_path("dangling"));
    put(temporary_path("other"), "new");
    put(temporary_path("dangling"), "first");
    assert_link("link");
    assert_link("other");
    assert_link("dangling");
    assert_content("target", "new");
    assert_content("later", "first");
    assert_int_equal(temporary_count(), 5);
}

static void test_permissions_stay(void **state)
{
    (void)state;
    struct stat status;
    temporary_write("a", "old", 3);
    chmod(temporary_path("a"), 0604);
    put(temporary_path("a"), "new");
    assert_int_equal(stat(temporary_path("a"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0604);
    assert_content("a", "new");
}

static void assert_pipe(int from, const char *expected)
{
    char bytes[64] = "";
    assert_int_equal(read(from, bytes, sizeof bytes - 1), (ssize_t)strlen(expected));
    assert_string_equal(bytes, expected);
}

/* Devices, pipes and descriptors are written to when all is there, and stay what they are. */
static void test_devices(void **state)
{
    (void)state;
    struct stat status;
    output output;
    error error = {""};
    put("/dev/null", "gone");
    assert_int_equal(stat("/dev/null", &status), 0);
    assert_true(S_ISCHR(status.st_mode));

    assert_int_equal(mkfifo(temporary_path("pipe"), 0666), 0);
    int from = open(temporary_path("pipe"), O_RDONLY | O_NONBLOCK);
    put(temporary_path("pipe"), "through");
    assert_pipe(from, "through");
    assert_true(output_open(&output, temporary_path("pipe"), &error));
    fputs("dropped", output.file);
    assert_false(output_close(&output, false, &error));
    assert_int_equal(read(from, &(char){0}, 1), 0);
    close(from);
    assert_int_equal(stat(temporary_path("pipe"), &status), 0);
    assert_true(S_ISFIFO(status.st_mode));

    int ends[2];
    char path[64];
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
    put(path, "one");
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[1]);
    put(path, " two");
    assert_pipe(ends[0], "one two");
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    assert_false(output_open(&output, path, &error));
    assert_message(&error, path, ": cannot write: Bad file descriptor");
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(temporary_count(), 1);
}

/* A file that a descriptor stands for is not replaced either: what comes later goes behind it. */
static void test_descriptor_of_a_file(void **state)
{
    (void)state;
    char path[64];
    int file = open(temporary_path("a"), O_WRONLY | O_CREAT, 0666);
    snprintf(path, sizeof path, "/dev/fd/%d", file);
    put(path, "one");
    assert_int_equal(write(file, " two", 4), 4);
    close(file);
    assert_content("a", "one two");
}

static void test_standard_output(void **state)
{
    (void)state;
    assert_true(output_is_stdout("/dev/stdout") && output_is_stdout("/dev/fd/1") &&
                output_is_stdout("/proc/self/fd/1"));
    symlink("/dev/stdout", temporary_path("link"));
    assert_true(output_is_stdout(temporary_path("link")));
    assert_false(output_is_stdout("/dev/stderr") || output_is_stdout(temporary_path("1")) || output_is_stdout(NULL));
}

/* ---- A full disk: a limit on file sizes makes writes fail in the same way ---------------------------------------- */

static int setup_limit(void **state)
{
    setup(state);
    temporary_write("a", "old", 3);
    signal(SIGXFSZ, SIG_IGN);
    return setrlimit(RLIMIT_FSIZE, &(struct rlimit){1000, RLIM_INFINITY});
}

static int teardown_limit(void **state)
{
    (void)state;
    return setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
}

static void assert_full(bool written, const error *error)
{
    assert_false(written);
    assert_message(error, temporary_path("a"), ": cannot write: File too large");
    assert_content("a", "old");
    assert_int_equal(temporary_count(), 1);
}

static void test_full_output(void **state)
{
    (void)state;
    output output;
    error error = {""};
    assert_true(output_open(&output, temporary_path("a"), &error));
    for (int i = 0; i < 100000; i++)
        fputs("more", output.file);
    assert_full(output_close(&output, true, &error), &error);
}

/* What failed is not in the buffer any more. */
static void test_full_earlier(void **state)
{
    (void)state;
    static const char block[1 << 20] = "x";
    output output;
    error error = {""};
    assert_true(output_open(&output, temporary_path("a"), &error));
    assert_int_not_equal(fwrite(block, 1, sizeof block, output.file), sizeof block);
    assert_int_equal(fflush(output.file), 0);
    assert_full(output_close(&output, true, &error), &error);
}

static float noise(uint32_t *random)
{
    *random = *random * 1664525 + 1013904223;
    return (float)(*random >> 8);
}

static void test_full_exr(void **state)
{
    (void)state;
    static const char *const names[] = {"R", "G", "B"};
    static float pixels[100 * 100 * 3];
    error error = {""};
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof pixels / sizeof *pixels; i++)
        pixels[i] = noise(&random);
    assert_full(exr_write(temporary_path("a"), 100, 100, 3, names, pixels, EXR_ZIP, &error), &error);
}

static void test_full_png(void **state)
{
    (void)state;
    static uint8_t rgba[100 * 100 * 4];
    error error = {""};
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof rgba; i++)
        rgba[i] = (uint8_t)noise(&random);
    assert_full(png_write(temporary_path("a"), 100, 100, rgba, &error), &error);
}

static void test_full_report_and_trace(void **state)
{
    (void)state;
    error error = {""};
    profiler *profiler = profiler_create();
    profiler_keep_spans(profiler, true);
    for (int i = 0; i < 100; i++) {
        char name[] = {'s', (char)('a' + i / 26), (char)('a' + i % 26), 0};
        profiler_add(profiler, PROFILER_CPU, name, 0, i, 0);
    }
    const report report = {.profiler = profiler, .predictor = "file", .mode = "linear"};
    assert_full(report_write(temporary_path("a"), &report, &error), &error);
    assert_full(profiler_write_trace(profiler, temporary_path("a"), "cpu", 0, &error), &error);
    profiler_destroy(profiler);
}

/* ---- Every writer says why it cannot ----------------------------------------------------------------------------- */

static void test_missing_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"R"};
    const char *path = temporary_path("no/a");
    const char *rest = ": cannot write: No such file or directory";
    profiler *profiler = profiler_create();
    const report report = {.profiler = profiler};
    error error = {""};
    assert_false(exr_write(path, 1, 1, 1, names, (float[]){1}, EXR_ZIP, &error));
    assert_message(&error, path, rest);
    assert_false(png_write(path, 1, 1, (uint8_t[4]){0}, &error));
    assert_message(&error, path, rest);
    assert_false(report_write(path, &report, &error));
    assert_message(&error, path, rest);
    assert_false(profiler_write_trace(profiler, path, "cpu", 0, &error));
    assert_message(&error, path, rest);
    profiler_destroy(profiler);
}

/* Sizes that an encoder refuses leave nothing behind. */
static void test_impossible_sizes(void **state)
{
    (void)state;
    static const char *const names[] = {"R"};
    error error = {""};
    assert_false(png_write(temporary_path("a"), 0, 1, (uint8_t[4]){0}, &error));
    assert_non_null(strstr(error.message, "cannot encode the PNG: "));
    assert_false(exr_write(temporary_path("a"), 0, 1, 1, names, (float[]){1}, EXR_ZIP, &error));
    assert_non_null(strstr(error.message, ": cannot write: "));
    assert_int_equal(temporary_count(), 0);
}

/* ---- input ------------------------------------------------------------------------------------------------------- */

static void test_input(void **state)
{
    (void)state;
    input input;
    error error = {""};
    char bytes[16] = "";
    temporary_write("a", "0123456789", 10);
    assert_true(input_open(&input, temporary_path("a"), &error));
    assert_int_equal(input.size, 10);
    assert_int_equal(input_read(&input, bytes, 4, 3, &error), 4);
    assert_memory_equal(bytes, "3456", 4);
    assert_int_equal(input_read(&input, bytes, 16, 8, &error), 2);
    assert_memory_equal(bytes, "89", 2);
    assert_int_equal(input_read(&input, bytes, 16, 10, &error), 0);
    assert_int_equal(input_read(&input, bytes, 16, UINT64_MAX, &error), -1);
    assert_string_equal(error.message, "cannot read: Invalid argument");
    input_close(&input);
}

static void test_input_errors(void **state)
{
    (void)state;
    input input;
    error error;
    assert_false(input_open(&input, temporary_path("missing"), &error));
    assert_string_equal(error.message, "cannot open: No such file or directory");
    assert_false(input_open(&input, temporary_path(""), &error));
    assert_string_equal(error.message, "cannot open: not a regular file");
    assert_int_equal(mkfifo(temporary_path("pipe"), 0666), 0);
    assert_false(input_open(&input, temporary_path("pipe"), &error)); /* and does not wait for a writer */
    assert_string_equal(error.message, "cannot open: not a regular file");
}

/* ---- error ------------------------------------------------------------------------------------------------------- */

static void test_error(void **state)
{
    (void)state;
    error error;
    assert_false(error_set(&error, "%d of\n%s\x7f", 3, "four\t"));
    assert_string_equal(error.message, "3 of?four??");
    char *text = malloc(5000);
    memset(text, 'x', 4999);
    text[4999] = '\0';
    error_set(&error, "%s", text);
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_whole, setup),
        cmocka_unit_test_setup(test_replaces, setup),
        cmocka_unit_test_setup(test_discarded, setup),
        cmocka_unit_test_setup(test_unwritable_places, setup),
        cmocka_unit_test_setup(test_links, setup),
        cmocka_unit_test_setup(test_permissions_stay, setup),
        cmocka_unit_test_setup(test_devices, setup),
        cmocka_unit_test_setup(test_descriptor_of_a_file, setup),
        cmocka_unit_test_setup(test_standard_output, setup),
        cmocka_unit_test_setup_teardown(test_full_output, setup_limit, teardown_limit),
        cmocka_unit_test_setup_teardown(test_full_earlier, setup_limit, teardown_limit),
        cmocka_unit_test_setup_teardown(test_full_exr, setup_limit, teardown_limit),
        cmocka_unit_test_setup_teardown(test_full_png, setup_limit, teardown_limit),
        cmocka_unit_test_setup_teardown(test_full_report_and_trace, setup_limit, teardown_limit),
        cmocka_unit_test_setup(test_missing_folder, setup),
        cmocka_unit_test_setup(test_impossible_sizes, setup),
        cmocka_unit_test_setup(test_input, setup),
        cmocka_unit_test_setup(test_input_errors, setup),
        cmocka_unit_test(test_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
