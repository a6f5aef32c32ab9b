/* Every error of devices, memory and streams that wf.h and wf_cuda.h document, provoked; and the names in messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "wf_cuda.h"

/* ---- Devices ----------------------------------------------------------------------------------------------------- */

static void test_create(void **state)
{
    fixture *f = *state;
    wf_device *device = f->device;
    wf_device_options options = {.backend = WF_CPU, .log = {remember, f}};
    assert_int_equal(wf_create(NULL, &device), WF_ERROR_INVALID_ARGUMENT);
    assert_null(device);
    REFUSED(wf_create(&options, NULL), "device is NULL");

    options.backend = (wf_backend)7;
    device = f->device;
    REFUSED(wf_create(&options, &device), "backend is 7, the last one is 2");
    assert_null(device);

    options = (wf_device_options){.backend = WF_CPU, .ordinal = 1, .log = {remember, f}};
    device = f->device;
    check(f, wf_create(&options, &device), WF_ERROR_NO_DEVICE, "there is no cpu device 1, only 0");
    assert_null(device);
    options.ordinal = -1;
    check(f, wf_create(&options, &device), WF_ERROR_NO_DEVICE, "there is no cpu device -1, they count from 0");
}

static void copy_text(void *user, wf_log_level level, const char *message)
{
    (void)level;
    snprintf(user, 2048, "%s", message);
}

/* Where a backend is built there is no device number 1000; where it is not, it says so. */
static void test_backends_that_are_absent(void **state)
{
    (void)state;
    for (wf_backend backend = WF_VULKAN; backend < WF_BACKEND_COUNT; backend++) {
        char message[2048] = "";
        wf_device *device = (wf_device *)message;
        wf_device_options options = {.backend = backend, .ordinal = 1000, .log = {copy_text, message}};
        wf_result result = wf_create(&options, &device);
        assert_int_equal(result, wf_backend_built(backend) ? WF_ERROR_NO_DEVICE : WF_ERROR_NOT_BUILT);
        assert_null(device);
        assert_non_null(strstr(message, wf_backend_name(backend)));
        if (!wf_backend_built(backend))
            assert_non_null(strstr(message, "is not built"));
    }
    assert_int_equal(wf_backend_built(WF_CPU), 1);
    assert_int_equal(wf_backend_built((wf_backend)7), 0);
    assert_int_equal(wf_backend_built((wf_backend)-1), 0);
}

static void test_cuda_create(void **state)
{
    (void)state;
    char message[2048] = "";
    wf_device *device = (wf_device *)message;
    wf_cuda_options options = {.ordinal = 1000, .log = {copy_text, message}};
    wf_result result = wf_cuda_create(&options, &device);
    assert_int_equal(result, wf_backend_built(WF_CUDA) ? WF_ERROR_NO_DEVICE : WF_ERROR_NOT_BUILT);
    assert_null(device);
    assert_true(strlen(message) > 0);
    assert_int_equal(wf_cuda_ordinal(((fixture *)*state)->device), -1);

    device = (wf_device *)message;
    assert_int_equal(wf_cuda_create(NULL, &device), WF_ERROR_INVALID_ARGUMENT);
    assert_null(device);
    *message = '\0';
    assert_int_equal(wf_cuda_create(&options, NULL), WF_ERROR_INVALID_ARGUMENT);
    assert_non_null(strstr(message, "device is NULL"));
}

static void test_no_device(void **state)
{
    fixture *f = *state;
    wf_device_info info;
    void *memory = f;
    wf_stream stream = f;
    char byte = 0;
    const wf_result refused = WF_ERROR_INVALID_ARGUMENT;
    wf_destroy(NULL);
    wf_free(NULL, f);
    assert_int_equal(wf_get_info(NULL, &info), refused);
    assert_int_equal(wf_alloc(NULL, 1, &memory), refused);
    assert_null(memory);
    assert_int_equal(wf_upload(NULL, &byte, &byte, 1), refused);
    assert_int_equal(wf_download(NULL, &byte, &byte, 1), refused);
    assert_int_equal(wf_begin(NULL, &stream), refused);
    assert_null(stream);
    assert_int_equal(wf_finish(NULL, NULL), refused);
    assert_int_equal(wf_barrier(NULL, NULL), refused);
    assert_int_equal(wf_prepare(NULL, WF_GATHER, &f->filter, &f->input, &f->weight), refused);
    assert_int_equal(wf_prepare_gather_splat(NULL, &f->filter, &f->input, &f->weight), refused);
    assert_int_equal(wf_prepare_bilateral(NULL, &f->bilateral, WF_FLOAT32), refused);
    WITH(device, NULL, assert_int_equal(apply(f), refused));
    WITH(device, NULL, assert_int_equal(predict(f), refused));
    WITH(device, NULL, assert_int_equal(apply_both(f), refused));
    WITH(device, NULL, assert_int_equal(differentiate(f), refused));
    WITH(device, NULL, assert_int_equal(correlate(f), refused));
    assert_int_equal(wf_backward_workspace(NULL, WF_GATHER, &f->filter, &f->gradients), 0);
    REFUSED(wf_get_info(f->device, NULL), "info is NULL");
}

/* ---- Memory and streams ------------------------------------------------------------------------------------------ */

static void test_memory(void **state)
{
    fixture *f = *state;
    void *memory = f;
    char byte = 0;
    REFUSED(wf_alloc(f->device, 0, &memory), "an allocation of 0 bytes was asked for, it needs at least 1");
    assert_null(memory);
    REFUSED(wf_alloc(f->device, 1, NULL), "data is NULL");
    char expected[256];
    for (int i = 0; i < 2; i++) {
        size_t size = i ? SIZE_MAX - 1 : SIZE_MAX / 2;
        snprintf(expected, sizeof expected, "no host memory for %zu bytes", size);
        check(f, wf_alloc(f->device, size, &memory), WF_ERROR_OUT_OF_MEMORY, expected);
        assert_null(memory);
    }
    REFUSED(wf_upload(f->device, NULL, &byte, 1), "the upload's destination is NULL");
    REFUSED(wf_upload(f->device, &byte, NULL, 1), "the upload's source is NULL");
    REFUSED(wf_download(f->device, NULL, &byte, 1), "the download's destination is NULL");
    REFUSED(wf_download(f->device, &byte, NULL, 1), "the download's source is NULL");
    assert_int_equal(wf_upload(f->device, &byte, &byte, 0), WF_OK);
}

static void test_streams(void **state)
{
    fixture *f = *state;
    char expected[256];
    snprintf(expected, sizeof expected, "the stream is %p, the cpu backend has none: pass NULL", (void *)f);
    REFUSED(wf_gather(f->device, f, &f->filter, &f->input, &f->weight, NULL, &f->output, NULL), expected);
    REFUSED(wf_finish(f->device, f), expected);
    REFUSED(wf_barrier(f->device, f), expected);
    REFUSED(wf_begin(f->device, NULL), "stream is NULL");

    wf_stream stream = f;
    snprintf(expected, sizeof expected, "the stream %p is none that wf_begin gave and wf_finish has not ended", NULL);
    REFUSED(wf_finish(f->device, NULL), expected);
    assert_int_equal(wf_begin(f->device, &stream), WF_OK);
    assert_null(stream);
    REFUSED(wf_begin(f->device, &stream),
            "the stream that wf_begin gave before is not finished, there is one at a time");
    assert_int_equal(wf_finish(f->device, stream), WF_OK);
    REFUSED(wf_finish(f->device, stream), expected);
    assert_int_equal(wf_begin(f->device, &stream), WF_OK);
    assert_int_equal(wf_finish(f->device, stream), WF_OK);
}

/* ---- Names ------------------------------------------------------------------------------------------------------- */

static void test_names(void **state)
{
    (void)state;
    static const char *const results[] = {"ok",        "invalid argument", "unsupported", "not built",
                                          "no device", "out of memory",    "device error"};
    for (int i = 0; i < 7; i++)
        assert_string_equal(wf_result_name((wf_result)i), results[i]);
    assert_string_equal(wf_version(), WF_VERSION);
    assert_string_equal(wf_result_name((wf_result)7), "unknown");
    assert_string_equal(wf_result_name((wf_result)-1), "unknown");
    assert_string_equal(wf_backend_name(WF_CPU), "cpu");
    assert_string_equal(wf_backend_name(WF_VULKAN), "vulkan");
    assert_string_equal(wf_backend_name(WF_CUDA), "cuda");
    assert_string_equal(wf_backend_name(WF_BACKEND_COUNT), "unknown");
    assert_string_equal(wf_dtype_name(WF_FLOAT32), "float32");
    assert_string_equal(wf_dtype_name(WF_FLOAT16), "float16");
    assert_string_equal(wf_dtype_name(WF_BFLOAT16), "bfloat16");
    assert_string_equal(wf_dtype_name(WF_FLOAT64), "float64");
    assert_int_equal(wf_dtype_size(WF_BFLOAT16), 2);
    assert_int_equal(wf_dtype_size(WF_FLOAT64), 8);
    assert_int_equal(wf_dtype_size(WF_DTYPE_COUNT), 0);
    assert_int_equal(wf_dtype_size(WF_FLOAT32), 4);
    assert_int_equal(wf_dtype_size(WF_FLOAT16), 2);
    assert_string_equal(wf_mode_name(WF_LINEAR), "linear");
    assert_string_equal(wf_mode_name(WF_NORMALIZED), "normalized");
    assert_string_equal(wf_mode_name(WF_SOFTMAX), "softmax");
    assert_string_equal(wf_operator_name(WF_GATHER), "gather");
    assert_string_equal(wf_operator_name(WF_SPLAT), "splat");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_create),      TEST(test_backends_that_are_absent),
        TEST(test_cuda_create), TEST(test_no_device),
        TEST(test_memory),      TEST(test_streams),
        TEST(test_names),
    };
    return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}
