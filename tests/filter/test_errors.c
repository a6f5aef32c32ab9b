/* Every error of the operator and of the predictor that wf.h documents, provoked: the result, and
 * what the log callback was told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"

/* The fixture itself is accepted, so that each refusal is due to what a test spoiled. */
static void test_right_arguments(void **state)
{
    fixture *f = *state;
    assert_int_equal(apply(f), WF_OK);
    assert_int_equal(predict(f), WF_OK);
    assert_int_equal(apply_both(f), WF_OK);
    assert_int_equal(differentiate(f), WF_OK);
    assert_int_equal(correlate(f), WF_OK);
    assert_int_equal(wf_prepare(f->device, WF_GATHER, &f->filter, &f->input, &f->weight), WF_OK);
    assert_int_equal(wf_prepare_gather_splat(f->device, &f->filter, &f->input, &f->weight), WF_OK);
    assert_int_equal(wf_gather(f->device, NULL, &f->filter, &f->input, &f->weight, NULL, &f->output, NULL), WF_OK);
    assert_int_equal(wf_splat(f->device, NULL, &f->filter, &f->input, &f->weight, NULL, &f->output, NULL), WF_OK);
    assert_int_equal(f->messages, 0);
}

/* ---- The operator ------------------------------------------------------------------------------------------------ */

static void test_filter(void **state)
{
    fixture *f = *state;
    REFUSED(wf_apply(f->device, NULL, (wf_operator)2, &f->filter, &f->input, &f->weight, NULL, &f->output, NULL),
            "operator is 2, the last one is 1");
    REFUSED(wf_gather(f->device, NULL, NULL, &f->input, &f->weight, NULL, &f->output, NULL), "filter is NULL");
    WITH(filter.kernel_height, 0, REFUSED(apply(f), "the kernel is 0x5, its height and width are 1 to 255"));
    WITH(filter.kernel_width, 256, REFUSED(apply(f), "the kernel is 5x256, its height and width are 1 to 255"));
    WITH(filter.dilation, 0, REFUSED(apply(f), "dilation is 0, it is 1 to 65535"));
    WITH(filter.dilation, 65536, REFUSED(apply(f), "dilation is 65536, it is 1 to 65535"));
    WITH(filter.groups, 0, REFUSED(apply(f), "groups is 0, it is at least 1"));
    WITH(filter.groups, 2, REFUSED(apply(f), "weight has 25 taps, 2 groups of a 5x5 kernel need 50"));
    WITH(filter.mode, (wf_mode)3, REFUSED(apply(f), "mode is 3, the last one is 2"));
    WITH(filter.mode, (wf_mode)-1, REFUSED(apply(f), "mode is -1, the last one is 2"));
}

static void test_tensors(void **state)
{
    fixture *f = *state;
    REFUSED(wf_gather(f->device, NULL, &f->filter, NULL, &f->weight, NULL, &f->output, NULL), "input is NULL");
    REFUSED(wf_gather(f->device, NULL, &f->filter, &f->input, NULL, NULL, &f->output, NULL), "weight is NULL");
    REFUSED(wf_gather(f->device, NULL, &f->filter, &f->input, &f->weight, NULL, NULL, NULL), "output is NULL");
    WITH(input.data, NULL, REFUSED(apply(f), "input has no data"));
    WITH(weight.data, NULL, REFUSED(apply(f), "weight has no data"));
    WITH(output.data, NULL, REFUSED(apply(f), "output has no data"));
    WITH(input.dtype, (wf_dtype)4, REFUSED(apply(f), "input has dtype 4, the last one is 3"));
    WITH(input.size[0], 0, REFUSED(apply(f), "input has size 0 in N, sizes are 1 to 2147483647"));
    WITH(weight.size[1], -1, REFUSED(apply(f), "weight has size -1 in C, sizes are 1 to 2147483647"));
    WITH(output.size[2], 1ll << 31, REFUSED(apply(f), "output has size 2147483648 in H, sizes are 1 to 2147483647"));
    WITH(output.size[3], 0, REFUSED(apply(f), "output has size 0 in W, sizes are 1 to 2147483647"));
    WITH(output.stride[3], 0, REFUSED(apply(f), "elements of output overlap: sizes 2,3,6,7, strides 126,42,7,0"));
    WITH(input.stride[1], INT64_MAX / 2, REFUSED(apply(f), "input spans more bytes than 64 bits can count"));
    WITH(input.stride[1], INT64_MIN, REFUSED(apply(f), "input spans more bytes than 64 bits can count"));
    WITH(weight.stride[0], INT64_MAX / 3, REFUSED(apply(f), "weight spans more bytes than 64 bits can count"));
}

static void test_alignment(void **state)
{
    fixture *f = *state;
    char expected[256];
    char *odd = (char *)f->images[0] + 2;
    snprintf(expected, sizeof expected, "input lies at address %p, float32 needs a multiple of 4", (void *)odd);
    WITH(input.data, odd, REFUSED(apply(f), expected));
}

static void test_sizes(void **state)
{
    fixture *f = *state;
    WITH(weight.size[1], 24, REFUSED(apply(f), "weight has 24 taps, a 5x5 kernel needs 25"));
    WITH(filter.kernel_width, 4, REFUSED(apply(f), "weight has 25 taps, a 5x4 kernel needs 20"));
    WITH(weight.size[0], 1, REFUSED(apply(f), "weight has N,H,W of 1,6,7, input has 2,6,7"));
    WITH(weight.size[2], 5, REFUSED(apply(f), "weight has N,H,W of 2,5,7, input has 2,6,7"));
    WITH(output.size[3], 6, REFUSED(apply(f), "output has N,H,W of 2,6,6, input has 2,6,7"));
    WITH(output.size[1], 2, REFUSED(apply(f), "output has 2 channels, needs 3"));
}

static void test_dtypes(void **state)
{
    fixture *f = *state;
    WITH(output.dtype, WF_FLOAT16, REFUSED(apply(f), "output is float16, needs to be float32"));
    WITH(input.dtype, WF_FLOAT16,
         REFUSED(apply(f), "weight is float32 and input is float16, float16 images take float16 weights"));
    WITH(bias.dtype, WF_FLOAT16, REFUSED(apply(f), "bias is float16, needs to be float32"));
}

static void test_mixed_dtypes(void **state)
{
    fixture *f = *state;
    WITH(weight.dtype, WF_FLOAT64,
         REFUSED(apply(f),
                 "weight is float64 and input is float32, float32 images take float32, float16 or bfloat16 weights"));
    WITH(input.dtype, WF_BFLOAT16,
         REFUSED(apply(f), "weight is float32 and input is bfloat16, bfloat16 images take bfloat16 weights"));
    f->input = f->output = image(f->images[0], 1);
    f->input.dtype = f->weight.dtype = WF_FLOAT64;
    REFUSED(apply(f), "bias is float32, needs to be float64");
}

static void test_coverage(void **state)
{
    fixture *f = *state;
    WITH(coverage.size[1], 3, REFUSED(apply(f), "coverage has 3 channels, needs 1"));
    WITH(coverage.size[2], 5, REFUSED(apply(f), "coverage has N,H,W of 2,5,7, input has 2,6,7"));
    WITH(coverage.dtype, WF_FLOAT16, REFUSED(apply(f), "coverage is float16, needs to be float32"));
    WITH(coverage.data, NULL, REFUSED(apply(f), "coverage has no data"));
    WITH(coverage.data, f->weights[0], REFUSED(apply(f), "coverage overlaps weight in memory"));
    WITH(coverage.data, f->images[1], REFUSED(apply(f), "coverage overlaps output in memory"));
    WITH(coverage.stride[3], 0, REFUSED(apply(f), "elements of coverage overlap: sizes 2,1,6,7, strides 42,42,7,0"));
}

static void test_gather_splat(void **state)
{
    fixture *f = *state;
    WITH(output.size[1], 2, REFUSED(apply_both(f), "gather_output has 2 channels, needs 3"));
    WITH(splat_output.dtype, WF_FLOAT16, REFUSED(apply_both(f), "splat_output is float16, needs to be float32"));
    WITH(splat_output.data, f->images[1], REFUSED(apply_both(f), "splat_output overlaps gather_output in memory"));
    WITH(output.data, f->images[0], REFUSED(apply_both(f), "gather_output overlaps input in memory"));
    WITH(filter.dilation, 0, REFUSED(apply_both(f), "dilation is 0, it is 1 to 65535"));
}

static void test_backward(void **state)
{
    fixture *f = *state;
    REFUSED(wf_backward(f->device, NULL, WF_GATHER, &f->filter, NULL), "gradients is NULL");
    WITH(gradients.input, NULL, REFUSED(differentiate(f), "input is NULL"));
    WITH(gradients.weight, NULL, REFUSED(differentiate(f), "weight is NULL"));
    WITH(gradients.grad_output, NULL, REFUSED(differentiate(f), "grad_output is NULL"));
    WITH(gradients.output, NULL, REFUSED(differentiate(f), "output is NULL"));
    WITH(gradients.coverage, NULL, REFUSED(differentiate(f), "coverage is NULL"));
    WITH(grad_output.size[0], 1, REFUSED(differentiate(f), "grad_output has N,H,W of 1,6,7, input has 2,6,7"));
    WITH(grad_output.dtype, WF_FLOAT16, REFUSED(differentiate(f), "grad_output is float16, needs to be float32"));
    WITH(grad_input.size[1], 4, REFUSED(differentiate(f), "grad_input has 4 channels, needs 3"));
    WITH(grad_weight.size[1], 24, REFUSED(differentiate(f), "grad_weight has 24 taps, a 5x5 kernel needs 25"));
    WITH(grad_weight.dtype, WF_FLOAT16, REFUSED(differentiate(f), "grad_weight is float16, needs to be float32"));
    WITH(grad_bias.size[1], 2, REFUSED(differentiate(f), "grad_bias has sizes 1,2,1,1, needs 1,3,1,1"));
    WITH(grad_bias.data, NULL, REFUSED(differentiate(f), "grad_bias has no data"));
    WITH(grad_input.data, f->images[8], REFUSED(differentiate(f), "grad_input overlaps grad_output in memory"));
    WITH(grad_weight.data, f->weights[0], REFUSED(differentiate(f), "grad_weight overlaps weight in memory"));
    WITH(grad_input.data, f->weights[2] + 99, REFUSED(differentiate(f), "grad_weight overlaps grad_input in memory"));
    WITH(gradients.grad_input, NULL, {
        f->gradients.grad_weight = f->gradients.grad_bias = NULL;
        REFUSED(differentiate(f), "grad_input, grad_weight and grad_bias are NULL, at least one is wanted");
        assert_int_equal(wf_backward_workspace(f->device, WF_GATHER, &f->filter, &f->gradients), 0);
        assert_int_equal(f->messages, 1);
    });
    char expected[256];
    wf_filter softmax = f->filter;
    softmax.mode = WF_SOFTMAX;
    const size_t size = wf_backward_workspace(f->device, WF_SPLAT, &softmax, &f->gradients);
    assert_true(size > 0 && size <= sizeof f->workspace);
    snprintf(expected, sizeof expected, "workspace is NULL, it needs %zu bytes", size);
    WITH(gradients.workspace, NULL, REFUSED(differentiate(f), expected));
    snprintf(expected, sizeof expected, "workspace lies at address %p, it needs a multiple of 256",
             (void *)(f->workspace + 8));
    WITH(gradients.workspace, f->workspace + 8, REFUSED(differentiate(f), expected));
    WITH(input.data, f->workspace + 16, REFUSED(differentiate(f), "workspace overlaps input in memory"));
    WITH(grad_input.data, f->workspace, REFUSED(differentiate(f), "workspace overlaps grad_input in memory"));
}

static void test_grad_weight(void **state)
{
    fixture *f = *state;
    WITH(filter.mode, WF_NORMALIZED, REFUSED(correlate(f), "mode is normalized, wf_grad_weight takes only linear"));
    WITH(grad_weight.size[1], 24, REFUSED(correlate(f), "grad_weight has 24 taps, a 5x5 kernel needs 25"));
    WITH(grad_output.size[3], 6, REFUSED(correlate(f), "grad_output has N,H,W of 2,6,6, input has 2,6,7"));
    WITH(grad_weight.data, f->images[0], REFUSED(correlate(f), "grad_weight overlaps input in memory"));
    WITH(input.data, NULL, REFUSED(correlate(f), "input has no data"));
}

static void test_bias(void **state)
{
    fixture *f = *state;
    WITH(bias.data, NULL, REFUSED(apply(f), "bias has no data"));
    WITH(bias.size[1], 2, REFUSED(apply(f), "bias has sizes 1,2,1,1, needs 1,3,1,1"));
    WITH(bias.size[0], 2, REFUSED(apply(f), "bias has sizes 2,3,1,1, needs 1,3,1,1"));
    WITH(bias.stride[1], 2, REFUSED(apply(f), "bias has stride 2 in C, needs 1"));
}

static void test_overlaps(void **state)
{
    fixture *f = *state;
    WITH(output.stride[0], 0, REFUSED(apply(f), "elements of output overlap: sizes 2,3,6,7, strides 0,42,7,1"));
    WITH(output.stride[2], 6, REFUSED(apply(f), "elements of output overlap: sizes 2,3,6,7, strides 126,42,6,1"));
    WITH(output.stride[1], -41, REFUSED(apply(f), "elements of output overlap: sizes 2,3,6,7, strides 126,-41,7,1"));
    WITH(output.data, f->input.data, REFUSED(apply(f), "output overlaps input in memory"));
    WITH(output.data, f->images[0] + 60, REFUSED(apply(f), "output overlaps input in memory"));
    WITH(output.data, f->weights[0] + 500, REFUSED(apply(f), "output overlaps weight in memory"));
    WITH(bias.data, f->images[1] + 50, REFUSED(apply(f), "output overlaps bias in memory"));
}

/* Channels 0-2 and 3-5 of one tensor interleave when there are two images, and do not overlap; 2-4 do. */
static void test_interleaved_slices(void **state)
{
    fixture *f = *state;
    static float both[2 * 6 * PIXELS];
    f->input = f->output = image(both, 3);
    f->input.stride[0] = f->output.stride[0] = 6 * PIXELS;
    f->output.data = both + 3 * PIXELS;
    assert_int_equal(apply(f), WF_OK);
    f->output.data = both + 2 * PIXELS;
    REFUSED(apply(f), "output overlaps input in memory");
}

static void test_prepare(void **state)
{
    fixture *f = *state;
    WITH(weight.size[1], 24,
         REFUSED(wf_prepare(f->device, WF_GATHER, &f->filter, &f->input, &f->weight),
                 "weight has 24 taps, a 5x5 kernel needs 25"));
    REFUSED(wf_prepare(f->device, (wf_operator)-1, &f->filter, &f->input, &f->weight),
            "operator is -1, the last one is 1");
    WITH(weight.size[1], 24,
         REFUSED(wf_prepare_gather_splat(f->device, &f->filter, &f->input, &f->weight),
                 "weight has 24 taps, a 5x5 kernel needs 25"));
    REFUSED(wf_prepare_gather_splat(f->device, NULL, &f->input, &f->weight), "filter is NULL");
    REFUSED(wf_prepare_bilateral(f->device, NULL, WF_FLOAT32), "parameters is NULL");
    REFUSED(wf_prepare_bilateral(f->device, &f->bilateral, (wf_dtype)4), "weight_dtype is 4, the last one is 3");
}

/* ---- The predictor ----------------------------------------------------------------------------------------------- */

static void test_bilateral(void **state)
{
    fixture *f = *state;
    const char *needs = "needs to be finite and greater than 0";
    char expected[256];
    REFUSED(wf_predict_bilateral(f->device, NULL, NULL, &f->color, NULL, NULL, NULL, &f->scratch, &f->weight),
            "parameters is NULL");
    WITH(bilateral.kernel_width, 0, REFUSED(predict(f), "the kernel is 5x0, its height and width are 1 to 255"));
    snprintf(expected, sizeof expected, "sigma_space is 0, it %s", needs);
    WITH(bilateral.sigma_space, 0, REFUSED(predict(f), expected));
    snprintf(expected, sizeof expected, "sigma_color is -1, it %s", needs);
    WITH(bilateral.sigma_color, -1, REFUSED(predict(f), expected));
    snprintf(expected, sizeof expected, "sigma_albedo is inf, it %s", needs);
    WITH(bilateral.sigma_albedo, INFINITY, REFUSED(predict(f), expected));
    snprintf(expected, sizeof expected, "sigma_normal is nan, it %s", needs);
    WITH(bilateral.sigma_normal, fabsf(NAN), REFUSED(predict(f), expected));
    snprintf(expected, sizeof expected, "sigma_depth is 0, it %s", needs);
    WITH(bilateral.sigma_depth, 0, REFUSED(predict(f), expected));
    snprintf(expected, sizeof expected, "firefly_ratio is 0, it %s", needs);
    WITH(bilateral.firefly_ratio, 0, REFUSED(predict(f), expected));
    snprintf(expected, sizeof expected, "firefly_ratio is inf, it %s", needs);
    WITH(bilateral.firefly_ratio, INFINITY, REFUSED(predict(f), expected));
}

static void test_bilateral_tensors(void **state)
{
    fixture *f = *state;
    REFUSED(wf_predict_bilateral(f->device, NULL, &f->bilateral, NULL, NULL, NULL, NULL, &f->scratch, &f->weight),
            "color is NULL");
    REFUSED(wf_predict_bilateral(f->device, NULL, &f->bilateral, &f->color, NULL, NULL, NULL, NULL, &f->weight),
            "scratch is NULL");
    REFUSED(wf_predict_bilateral(f->device, NULL, &f->bilateral, &f->color, NULL, NULL, NULL, &f->scratch, NULL),
            "weight is NULL");
    WITH(color.size[1], 4, REFUSED(predict(f), "color has 4 channels, needs 3"));
    WITH(color.dtype, WF_FLOAT16, REFUSED(predict(f), "color is float16, needs to be float32"));
    WITH(albedo.size[1], 1, REFUSED(predict(f), "albedo has 1 channels, needs 3"));
    WITH(normal.size[2], 5, REFUSED(predict(f), "normal has N,H,W of 2,5,7, color has 2,6,7"));
    WITH(depth.size[1], 3, REFUSED(predict(f), "depth has 3 channels, needs 1"));
    WITH(depth.data, NULL, REFUSED(predict(f), "depth has no data"));
    WITH(normal.stride[3], 2, UNSUPPORTED(predict(f), "normal has stride 2 in W, the predictor takes only 1"));
    WITH(bilateral_weight.dtype, WF_BFLOAT16,
         REFUSED(predict(f), "weight is bfloat16, the predictor writes float32 or float16"));
    WITH(scratch.dtype, WF_FLOAT16, REFUSED(predict(f), "scratch is float16, needs to be float32"));
    WITH(scratch.stride[2], 8, REFUSED(predict(f), "scratch has stride 8 in axis 2, a dense tensor has 7"));
    WITH(bilateral_weight.size[1], 9, REFUSED(predict(f), "weight has 9 taps, a 5x5 kernel needs 25"));
    WITH(bilateral_weight.size[0], 1, REFUSED(predict(f), "weight has N,H,W of 1,6,7, color has 2,6,7"));
    WITH(scratch.data, f->images[2], REFUSED(predict(f), "scratch overlaps albedo in memory"));
    WITH(scratch.data, f->weights[1] + 9, REFUSED(predict(f), "scratch overlaps weight in memory"));
    WITH(depth.data, f->weights[1] + 999, REFUSED(predict(f), "weight overlaps depth in memory"));
    WITH(bilateral_weight.stride[1], 0,
         REFUSED(predict(f), "elements of weight overlap: sizes 2,25,6,7, strides 1050,0,7,1"));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_right_arguments),
        TEST(test_filter),
        TEST(test_tensors),
        TEST(test_alignment),
        TEST(test_sizes),
        TEST(test_dtypes),
        TEST(test_mixed_dtypes),
        TEST(test_coverage),
        TEST(test_gather_splat),
        TEST(test_backward),
        TEST(test_grad_weight),
        TEST(test_bias),
        TEST(test_overlaps),
        TEST(test_interleaved_slices),
        TEST(test_prepare),
        TEST(test_bilateral),
        TEST(test_bilateral_tensors),
    };
    return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}
