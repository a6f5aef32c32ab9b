#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/viewer/profiler.h"
#include "temporary.h"

static void add_ms(profiler *profiler, const char *stage, int64_t milliseconds)
{
    profiler_add(profiler, PROFILER_CPU, stage, 5, 5 + milliseconds * 1000000, 0);
}

/* Doubles, exactly. */
static void check(const profiler *profiler, int index, int64_t n, const double expected[5])
{
    profiler_stats stats = profiler_get(profiler, index);
    const double actual[5] = {stats.current_ms, stats.median_ms, stats.p95_ms, stats.p99_ms, stats.max_ms};
    assert_int_equal(stats.n, n);
    for (int i = 0; i < 5; i++) {
        if (actual[i] != expected[i]) {
            print_error("statistic %d: %.17g, expected %.17g\n", i, actual[i], expected[i]);
            fail();
        }
    }
}

static void test_nearest_rank(void **state)
{
    (void)state;
    profiler *profiler = profiler_create();
    add_ms(profiler, "one", 7);
    check(profiler, 0, 1, (double[]){7, 7, 7, 7, 7});
    add_ms(profiler, "one", 3);
    check(profiler, 0, 2, (double[]){3, 3, 7, 7, 7});
    add_ms(profiler, "one", 5);
    check(profiler, 0, 3, (double[]){5, 5, 7, 7, 7});
    for (int i = 1; i <= 200; i++) /* 1 ... 200 in a scattered order: 77 and 200 have no common factor but 1 */
        add_ms(profiler, "many", 1 + i * 77 % 200);
    check(profiler, 1, 200, (double[]){1, 100, 190, 198, 200});
    profiler_destroy(profiler);
}

static void test_stages(void **state)
{
    (void)state;
    profiler *profiler = profiler_create();
    char name[] = "a";
    assert_int_equal(profiler_count(profiler), 0);
    profiler_add(profiler, PROFILER_NODE, "gather", 0, 1500000, 1);
    profiler_add(profiler, PROFILER_CPU, name, 0, 2000000, 1);
    profiler_add(profiler, PROFILER_CPU, "gather", 0, 2500000, 1);
    profiler_add(profiler, PROFILER_NODE, "gather", 0, 3000000, 2);
    name[0] = 'b';
    assert_int_equal(profiler_count(profiler), 3);
    assert_string_equal(profiler_get(profiler, 0).name, "gather");
    assert_int_equal(profiler_get(profiler, 0).track, PROFILER_NODE);
    assert_string_equal(profiler_get(profiler, 1).name, "a");
    assert_string_equal(profiler_get(profiler, 2).name, "gather");
    assert_int_equal(profiler_get(profiler, 2).track, PROFILER_CPU);
    check(profiler, 0, 2, (double[]){3, 1.5, 3, 3, 3});
    profiler_reset(profiler);
    assert_int_equal(profiler_count(profiler), 3);
    check(profiler, 0, 0, (double[]){0, 0, 0, 0, 0});
    add_ms(profiler, "a", 9);
    check(profiler, 1, 1, (double[]){9, 9, 9, 9, 9});
    profiler_destroy(profiler);
}

/* What is expected has its place, and comes later. */
static void test_expected_stages(void **state)
{
    (void)state;
    profiler *profiler = profiler_create();
    profiler_expect(profiler, PROFILER_CPU, "late");
    profiler_add(profiler, PROFILER_CPU, "early", 0, 1000000, 1);
    profiler_expect(profiler, PROFILER_CPU, "early");
    assert_int_equal(profiler_count(profiler), 2);
    assert_string_equal(profiler_get(profiler, 0).name, "late");
    check(profiler, 0, 0, (double[]){0, 0, 0, 0, 0});
    check(profiler, 1, 1, (double[]){1, 1, 1, 1, 1});
    add_ms(profiler, "late", 2);
    check(profiler, 0, 1, (double[]){2, 2, 2, 2, 2});
    profiler_destroy(profiler);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Only the last PROFILER_WINDOW samples count, repeated values among them: against sorting them. */
static void test_window(void **state)
{
    (void)state;
    enum { SAMPLES = 3 * PROFILER_WINDOW + 17 };
    static double samples[SAMPLES], sorted[PROFILER_WINDOW];
    profiler *profiler = profiler_create();
    uint32_t random = 1;
    for (int i = 0; i < SAMPLES; i++) {
        random = random * 1664525 + 1013904223;
        profiler_add(profiler, PROFILER_CPU, "s", 0, random >> 19, 0);
        samples[i] = (double)(random >> 19) * 1e-6;
    }
    memcpy(sorted, samples + SAMPLES - PROFILER_WINDOW, sizeof sorted);
    qsort(sorted, PROFILER_WINDOW, sizeof *sorted, compare);
    check(profiler, 0, SAMPLES,
          (double[]){samples[SAMPLES - 1], sorted[4095], sorted[7782], sorted[8110], sorted[8191]});
    profiler_destroy(profiler);
}

static const cJSON *event(const cJSON *events, const char *phase, const char *name, int occurrence)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, events)
    {
        if (strcmp(cJSON_GetObjectItem(item, "ph")->valuestring, phase) == 0 &&
            strcmp(cJSON_GetObjectItem(item, "name")->valuestring, name) == 0 && occurrence-- == 0)
            return item;
    }
    return NULL;
}

static double number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItem(object, key);
    assert_true(cJSON_IsNumber(item));
    return item->valuedouble;
}

static void test_trace(void **state)
{
    (void)state;
    profiler *profiler = profiler_create();
    size_t size;
    error error = {""};
    profiler_add(profiler, PROFILER_CPU, "before", 0, 1, 0);
    profiler_keep_spans(profiler, true);
    profiler_add(profiler, PROFILER_NODE, "gather \"x\"\n", 123456789012345, 123456789013346, 7);
    profiler_add(profiler, PROFILER_CPU, "upload", 123456789012000, 123456789011000, 8);
    profiler_keep_spans(profiler, false);
    profiler_add(profiler, PROFILER_CPU, "after", 0, 1, 0);
    assert_true(profiler_write_trace(profiler, temporary_path("t.json"), "cuda \"0\"", 420, &error));
    profiler_destroy(profiler);

    char *text = temporary_read("t.json", &size);
    assert_non_null(strstr(text, "\"ts\":123456789012.345,\"dur\":1.001,")); /* every digit, as a double might not */
    cJSON *root = cJSON_Parse(text);
    free(text);
    assert_non_null(root);
    const cJSON *events = cJSON_GetObjectItem(root, "traceEvents");
    assert_true(number(cJSON_GetObjectItem(root, "otherData"), "node_uncertainty_ns") == 420);
    assert_null(event(events, "X", "before", 0));
    assert_null(event(events, "X", "after", 0));

    const cJSON *gather = event(events, "X", "gather \"x\"\n", 0), *upload = event(events, "X", "upload", 0);
    assert_non_null(gather);
    assert_true(number(gather, "pid") == 1 && number(gather, "tid") == PROFILER_NODE);
    assert_true(number(cJSON_GetObjectItem(gather, "args"), "frame") == 7);
    assert_true(number(upload, "dur") == 0); /* not negative, which viewers reject */
    assert_true(number(upload, "tid") == PROFILER_CPU);

    static const char *const threads[] = {"CPU", "Vulkan", "cuda \"0\"", "loader"};
    for (int track = 0; track < PROFILER_TRACK_COUNT; track++) {
        const cJSON *thread = event(events, "M", "thread_name", track);
        assert_true(number(thread, "tid") == track && number(thread, "pid") == 1);
        assert_string_equal(cJSON_GetObjectItem(cJSON_GetObjectItem(thread, "args"), "name")->valuestring,
                            threads[track]);
    }
    cJSON_Delete(root);
}

static void test_reset_forgets_spans(void **state)
{
    (void)state;
    profiler *profiler = profiler_create();
    size_t size;
    error error = {""};
    profiler_keep_spans(profiler, true);
    add_ms(profiler, "forgotten", 1);
    profiler_reset(profiler);
    add_ms(profiler, "kept", 1);
    assert_true(profiler_write_trace(profiler, temporary_path("t.json"), "cpu", 0, &error));
    char *text = temporary_read("t.json", &size);
    assert_null(strstr(text, "forgotten"));
    assert_non_null(strstr(text, "kept"));
    free(text);
    profiler_destroy(profiler);
}

/* Beyond a million spans nothing is kept, and statistics go on. */
static void test_span_limit(void **state)
{
    (void)state;
    profiler *profiler = profiler_create();
    size_t size, lines = 0;
    error error = {""};
    profiler_keep_spans(profiler, true);
    for (int i = 0; i < 1000010; i++)
        profiler_add(profiler, PROFILER_CPU, "s", i, i + 1, 0);
    assert_int_equal(profiler_get(profiler, 0).n, 1000010);
    assert_true(profiler_write_trace(profiler, temporary_path("t.json"), "cpu", 0, &error));
    char *text = temporary_read("t.json", &size);
    for (const char *line = text; line; line = memchr(line, '\n', size - (size_t)(line - text))) {
        line += *line == '\n';
        lines += strncmp(line, "{\"ph\":\"X\"", 9) == 0;
    }
    assert_int_equal(lines, 1000000);
    free(text);
    profiler_destroy(profiler);
}

static void test_clock(void **state)
{
    (void)state;
    int64_t first = profiler_now(), second = profiler_now();
    assert_true(first > 0 && second >= first);
}

/* Of the latest samples alone, whatever there was before. */
static void test_latest(void **state)
{
    (void)state;
    profiler *profiler = profiler_create();
    double samples[PROFILER_WINDOW];
    for (int i = 1; i <= PROFILER_WINDOW + 100; i++)
        profiler_add(profiler, PROFILER_CPU, "a", 0, (int64_t)(i <= PROFILER_WINDOW ? 1000000 * (i % 7) : i * 1000), 1);
    assert_int_equal(profiler_latest(profiler, 0, 100, samples), 100);
    for (int i = 0; i < 100; i++)
        assert_float_equal(samples[i], (PROFILER_WINDOW + 1 + i) * 1e-3, 1e-6);
    const profiler_stats stats = profiler_get_latest(profiler, 0, 100);
    assert_int_equal(stats.n, 100);
    const double actual[] = {stats.median_ms, stats.p95_ms, stats.p99_ms, stats.max_ms};
    static const int ranks[] = {50, 95, 99, 100};
    for (int i = 0; i < 4; i++)
        assert_float_equal(actual[i], (PROFILER_WINDOW + ranks[i]) * 1e-3, 1e-6);
    const profiler_stats all = profiler_get(profiler, 0), most = profiler_get_latest(profiler, 0, 1 << 20);
    assert_int_equal(most.n, PROFILER_WINDOW);
    assert_true(most.median_ms == all.median_ms && most.p99_ms == all.p99_ms && most.max_ms == all.max_ms);
    profiler_reset(profiler);
    assert_int_equal(profiler_latest(profiler, 0, 100, samples), 0);
    assert_true(profiler_get_latest(profiler, 0, 100).max_ms == 0);
    profiler_destroy(profiler);
}

static void test_table(void **state)
{
    (void)state;
    profiler *profiler = profiler_create();
    error error;
    char text[512] = "";
    profiler_keep_spans(profiler, true);
    profiler_add(profiler, PROFILER_NODE, "hand-over in", 1000000000123, 1000000000456, 7);
    profiler_add(profiler, PROFILER_CPU, "frame", 5, 6, 8);
    assert_true(profiler_write_table(profiler, temporary_path("t.csv"), &error));
    FILE *file = fopen(temporary_path("t.csv"), "r");
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    assert_string_equal(text, "frame,clock,stage,begin_ns,end_ns\n"
                              "7,node,hand-over in,1000000000123,1000000000456\n"
                              "8,cpu,frame,5,6\n");
    assert_false(profiler_write_table(profiler, temporary_path("none/t.csv"), &error));
    profiler_destroy(profiler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_latest),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_nearest_rank),
        cmocka_unit_test(test_stages),
        cmocka_unit_test(test_expected_stages),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_trace),
        cmocka_unit_test(test_span_limit),
        cmocka_unit_test(test_reset_forgets_spans),
        cmocka_unit_test(test_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
