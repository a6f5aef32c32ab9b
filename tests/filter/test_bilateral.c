/* The analytic predictor: test_bilateral BACKEND compares its weights with the float64 reference.
 * suite.h says when it skips itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "cases.h"
#include "cpu/reference.h"
#include "suite.h"

enum { COLOR, ALBEDO, NORMAL, DEPTH, SCRATCH, WEIGHT, BILATERAL_TENSORS };

typedef struct kernel_size {
    int height, width;
} kernel_size;

typedef struct bilateral_case {
    wf_bilateral parameters;
    wf_dtype weight_dtype;
    int n, h, w;
    int absent; /* bit per feature */
    tensor_layout layout;
} bilateral_case;

static void make_bilateral(const bilateral_case *c, host_tensor tensors[BILATERAL_TENSORS])
{
    const int taps = c->parameters.kernel_height * c->parameters.kernel_width;
    static const double low[] = {-0.5, 0, -1, 2}, high[] = {6, 1, 1, 5};
    for (int i = 0; i <= DEPTH; i++) {
        tensors[i] = host_tensor_make(WF_FLOAT32, c->n, i == DEPTH ? 1 : 3, c->h, c->w, c->layout);
        host_tensor_randomize(&tensors[i], &random_numbers, low[i], high[i]);
    }
    tensors[SCRATCH] = host_tensor_make(WF_FLOAT32, c->n, WF_BILATERAL_SCRATCH_CHANNELS, c->h, c->w, LAYOUT_DENSE);
    tensors[WEIGHT] = host_tensor_make(c->weight_dtype, c->n, taps, c->h, c->w, c->layout);
}

static void predict_on_device(const bilateral_case *c, host_tensor tensors[BILATERAL_TENSORS])
{
    device_tensor twins[BILATERAL_TENSORS];
    const wf_tensor *views[BILATERAL_TENSORS];
    for (int i = 0; i < BILATERAL_TENSORS; i++) {
        assert_int_equal(device_tensor_upload(device, &tensors[i], &twins[i]), WF_OK);
        views[i] = c->absent >> i & 1 ? NULL : &twins[i].view;
    }
    wf_stream stream;
    assert_int_equal(wf_begin(device, &stream), WF_OK);
    assert_int_equal(wf_predict_bilateral(device, stream, &c->parameters, views[COLOR], views[ALBEDO], views[NORMAL],
                                          views[DEPTH], views[SCRATCH], views[WEIGHT]),
                     WF_OK);
    assert_int_equal(wf_finish(device, stream), WF_OK);
    assert_int_equal(device_tensor_download(device, &twins[WEIGHT], &tensors[WEIGHT]), WF_OK);
    for (int i = 0; i < BILATERAL_TENSORS; i++)
        device_tensor_free(device, &twins[i]);
}

static void check_bilateral(const bilateral_case *c)
{
    host_tensor tensors[BILATERAL_TENSORS];
    make_bilateral(c, tensors);
    predict_on_device(c, tensors);

    double *features[DEPTH + 1];
    for (int i = 0; i <= DEPTH; i++)
        features[i] = host_tensor_values(&tensors[i]);
    double *actual = host_tensor_values(&tensors[WEIGHT]), *expected = host_tensor_values(&tensors[WEIGHT]);
    wf_reference_bilateral(
        &c->parameters, c->n, c->h, c->w, features[COLOR], c->absent >> ALBEDO & 1 ? NULL : features[ALBEDO],
        c->absent >> NORMAL & 1 ? NULL : features[NORMAL], c->absent >> DEPTH & 1 ? NULL : features[DEPTH], expected);
    double error = relative_error(actual, expected, host_tensor_count(&tensors[WEIGHT]));
    double limit = c->weight_dtype == WF_FLOAT16 ? 2e-3 : 1e-5;
    if (!(error <= limit))
        fail_msg("bilateral %dx%dx%d kernel %dx%d weight %s, absent %x, layout %d: relative error %g", c->n, c->h, c->w,
                 c->parameters.kernel_height, c->parameters.kernel_width, wf_dtype_name(c->weight_dtype),
                 (unsigned)c->absent, (int)c->layout, error);
    assert_true(host_tensor_padding_intact(&tensors[WEIGHT]));
    for (int i = 0; i <= DEPTH; i++)
        free(features[i]);
    free(actual);
    free(expected);
    for (int i = 0; i < BILATERAL_TENSORS; i++)
        host_tensor_free(&tensors[i]);
}

static void test_bilateral_features(void **state)
{
    (void)state;
    for (int features = 0; features < 8; features++) {
        bilateral_case c = {.parameters = broad_bilateral(5, 5),
                            .weight_dtype = features % 2 ? WF_FLOAT16 : WF_FLOAT32,
                            .n = 2,
                            .h = 19,
                            .w = 33,
                            .absent = features << ALBEDO};
        check_bilateral(&c);
    }
}

static void test_bilateral_shapes(void **state)
{
    (void)state;
    static const kernel_size kernels[] = {{1, 1}, {4, 3}, {5, 5}, {2, 9}, {11, 11}};
    static const int sizes[][2] = {{1, 1}, {1, 17}, {17, 1}, {23, 65}};
    for (size_t i = 0; i < LENGTH(kernels); i++) {
        for (size_t j = 0; j < LENGTH(sizes); j++) {
            bilateral_case c = {.parameters = broad_bilateral(kernels[i].height, kernels[i].width),
                                .n = 1,
                                .h = sizes[j][0],
                                .w = sizes[j][1]};
            check_bilateral(&c);
        }
    }
}

static void test_bilateral_strides(void **state)
{
    (void)state;
    for (tensor_layout layout = LAYOUT_PADDED_ROWS; layout <= LAYOUT_FLIPPED; layout++) {
        bilateral_case c = {.parameters = broad_bilateral(5, 5), .n = 2, .h = 9, .w = 21, .layout = layout};
        c.weight_dtype = layout % 2 ? WF_FLOAT16 : WF_FLOAT32;
        check_bilateral(&c);
    }
}

int main(int argc, char **argv)
{
    int status = suite_open(argc, argv);
    if (status >= 0)
        return status;
    const struct CMUnitTest tests[] = {
        TEST(test_bilateral_features),
        TEST(test_bilateral_shapes),
        TEST(test_bilateral_strides),
    };
    return suite_close(cmocka_run_group_tests_name(argv[1], tests, NULL, NULL));
}
