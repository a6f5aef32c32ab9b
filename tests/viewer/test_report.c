#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/viewer/report.h"
#include "temporary.h"

static report example(const profiler *profiler)
{
    return (report){
        .vulkan_device = "llvmpipe \"x\"",
        .vulkan_driver = "Mesa 22.3.6",
        .node = {.backend = WF_CUDA, .name = "NVIDIA H100", .driver = "580"},
        .requested_backend = "auto",
        .predictor = "bilateral (analytic)",
        .mode = "normalized",
        .kernel_height = 5,
        .kernel_width = 7,
        .width = 480,
        .height = 270,
        .frames = 500,
        .warmup = 20,
        .slots = 3,
        .first_picture_ms = 812.5,
        .uncertainty_ns = 900,
        .profiler = profiler,
    };
}

static cJSON *write_and_parse(const report *report)
{
    size_t size;
    error error = {""};
    assert_true(report_write(temporary_path("r.json"), report, &error));
    char *text = temporary_read("r.json", &size);
    cJSON *root = cJSON_Parse(text);
    assert_non_null(root);
    assert_int_equal(text[size - 1], '\n');
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf"));
    free(text);
    return root;
}

static const char *text_of(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static double number_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    assert_true(cJSON_IsNumber(item));
    return item->valuedouble;
}

/* A byte of Latin-1, a character cut short, overlong ones, a surrogate, one beyond Unicode; and what is UTF-8 stays. */
static void test_names_that_are_no_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *name, *expected;
    } cases[] = {
        {"caf\xe9.exr", "caf\xef\xbf\xbd.exr"},
        {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xc0\xaf\xe0\x80\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xc3\xa9\xe2\x82\xac\xed\x9f\xbf\xf0\x9f\x98\x80\"\\\n",
         "\xc3\xa9\xe2\x82\xac\xed\x9f\xbf\xf0\x9f\x98\x80\"\\\n"},
    };
    profiler *profiler = profiler_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        report report = example(profiler);
        report.problems = &(report_problem){cases[i].name, "it is broken\n", true};
        report.problem_count = 1;
        cJSON *root = write_and_parse(&report);
        const cJSON *problem = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "problems"), 0);
        assert_string_equal(text_of(problem, "frame"), cases[i].expected);
        cJSON_Delete(root);
    }
    profiler_destroy(profiler);
}

static void test_keys(void **state)
{
    (void)state;
    profiler *profiler = profiler_create();
    for (int i = 1; i <= 100; i++)
        profiler_add(profiler, PROFILER_NODE, "gather", 0, i * 1000000, 0);
    profiler_expect(profiler, PROFILER_NODE, "gather and splat"); /* without samples it is not there */
    profiler_add(profiler, PROFILER_VULKAN, "upload", 0, 250000, 0);
    report report = example(profiler);
    report.layers =
        (char *[FRAME_LAYER_COUNT]){[FRAME_COLOR] = "ViewLayer.Combined.R,G,B", [FRAME_REFERENCE] = "R,G,B"};
    report.notes = "the node cannot use \"cuda\"\nand more\n";
    cJSON *root = write_and_parse(&report);
    assert_string_equal(text_of(root, "version"), WF_VERSION);
    assert_string_equal(text_of(root, "device"), "NVIDIA H100");
    assert_string_equal(text_of(root, "driver"), "580");
    assert_string_equal(text_of(root, "vulkan_device"), "llvmpipe \"x\"");
    assert_string_equal(text_of(root, "vulkan_driver"), "Mesa 22.3.6");
    assert_string_equal(text_of(root, "backend"), "cuda");
    assert_string_equal(text_of(root, "requested_backend"), "auto");
    assert_string_equal(text_of(root, "predictor"), "bilateral (analytic)");
    assert_string_equal(text_of(root, "mode"), "normalized");
    assert_string_equal(text_of(root, "display_transform"), METRICS_DISPLAY_TRANSFORM);
    const cJSON *kernel = cJSON_GetObjectItem(root, "kernel"), *size = cJSON_GetObjectItem(root, "size");
    assert_int_equal(cJSON_GetArrayItem(kernel, 0)->valueint, 5);
    assert_int_equal(cJSON_GetArrayItem(kernel, 1)->valueint, 7);
    assert_int_equal(cJSON_GetArrayItem(size, 0)->valueint, 480);
    assert_int_equal(cJSON_GetArrayItem(size, 1)->valueint, 270);
    const cJSON *layers = cJSON_GetObjectItem(root, "layers");
    assert_int_equal(cJSON_GetArraySize(layers), 2);
    assert_string_equal(text_of(layers, "color"), "ViewLayer.Combined.R,G,B");
    assert_string_equal(text_of(layers, "reference"), "R,G,B");
    assert_true(number_of(root, "frames") == 500 && number_of(root, "warmup") == 20);
    assert_true(number_of(root, "frames_in_flight") == 3 && number_of(root, "first_picture") == 812.5);
    assert_true(number_of(root, "node_clock_uncertainty_ns") == 900);
    static const char *const live[] = {"scene", "triangles", "spp", "samples"};
    for (int i = 0; i < 4; i++)
        assert_true(cJSON_IsNull(cJSON_GetObjectItem(root, live[i])));

    const cJSON *stages = cJSON_GetObjectItem(root, "stages");
    assert_int_equal(cJSON_GetArraySize(stages), 2);
    const cJSON *gather = cJSON_GetArrayItem(stages, 0), *upload = cJSON_GetArrayItem(stages, 1);
    assert_string_equal(text_of(gather, "name"), "gather");
    assert_string_equal(text_of(gather, "clock"), "node");
    assert_true(number_of(gather, "n") == 100 && number_of(gather, "median") == 50);
    assert_true(number_of(gather, "p95") == 95 && number_of(gather, "p99") == 99 && number_of(gather, "max") == 100);
    assert_string_equal(text_of(upload, "clock"), "vulkan");
    assert_true(number_of(upload, "median") == 0.25);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "metrics")), 0);
    const cJSON *notes = cJSON_GetObjectItem(root, "notes");
    assert_int_equal(cJSON_GetArraySize(notes), 2);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(notes, 0)), "the node cannot use \"cuda\"");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(notes, 1)), "and more");
    cJSON_Delete(root);
    profiler_destroy(profiler);
}

static void test_live_frames(void **state)
{
    (void)state;
    profiler *profiler = profiler_create();
    report report = example(profiler);
    report.live = &(report_live){.scene = "rooms/\"one\".glb", .spp = 4, .samples = 256, .triangles = 5000000};
    cJSON *root = write_and_parse(&report);
    assert_string_equal(text_of(root, "scene"), "rooms/\"one\".glb");
    assert_true(number_of(root, "spp") == 4 && number_of(root, "samples") == 256);
    assert_true(number_of(root, "triangles") == 5000000);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "layers")), 0);
    cJSON_Delete(root);
    profiler_destroy(profiler);
}

/* Numbers that JSON does not have, and texts that are not known, are null. */
static void test_null(void **state)
{
    (void)state;
    profiler *profiler = profiler_create();
    const report_metrics entry = {
        .frame = "a \\ b.exr",
        .has = 0x17,
        .compared = {{{0.5, 0.25, 20.5}}, {{NAN, -INFINITY, INFINITY}}, {{0.75, 0, 0}}, {{0}}, {{0.125, 0, 0}}}};
    report report = example(profiler);
    report.vulkan_device = NULL;
    report.metrics = &entry;
    report.metrics_count = 1;
    cJSON *root = write_and_parse(&report);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(root, "vulkan_device")));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "notes")), 0);
    const cJSON *frame = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "metrics"), 0);
    assert_string_equal(text_of(frame, "frame"), "a \\ b.exr");
    const cJSON *noisy = cJSON_GetObjectItem(frame, "noisy"), *gather = cJSON_GetObjectItem(frame, "gather");
    assert_true(number_of(noisy, "smape") == 0.5 && number_of(noisy, "rel_mse") == 0.25);
    assert_true(number_of(noisy, "psnr") == 20.5);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(gather, "smape")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(gather, "rel_mse")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(gather, "psnr")));
    assert_true(number_of(cJSON_GetObjectItem(frame, "splat"), "smape") == 0.75);
    assert_null(cJSON_GetObjectItem(frame, "2:noisy"));
    assert_true(number_of(cJSON_GetObjectItem(frame, "2:gather"), "smape") == 0.125);
    cJSON_Delete(root);
    profiler_destroy(profiler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names_that_are_no_utf8), cmocka_unit_test(test_keys),
                                       cmocka_unit_test(test_live_frames), cmocka_unit_test(test_null)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
