/* Special values: test_special BACKEND checks what NaN, infinity, masked logits and sums of nearly 0 do, and how
 * results are rounded. suite.h says when it skips itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "cases.h"
#include "suite.h"

/* NaN where the reference has NaN, the same infinity where it has one, and close to it elsewhere. */
static void check_special(problem *p)
{
    char text[256];
    filter_case_describe(&p->shape, text);
    assert_int_equal(problem_solve(p, device), WF_OK);
    double *expected = problem_expected(p), *actual = host_tensor_values(&p->output);
    int64_t count = host_tensor_count(&p->output);
    for (int64_t i = 0; i < count; i++) {
        int same = isnan(expected[i])   ? isnan(actual[i])
                   : isinf(expected[i]) ? actual[i] == expected[i]
                                        : isfinite(actual[i]);
        if (!same)
            fail_msg("%s: element %lld is %g, needs %g", text, (long long)i, actual[i], expected[i]);
        if (!isfinite(expected[i]))
            expected[i] = actual[i] = 0;
    }
    double error = relative_error(actual, expected, count);
    if (!(error <= filter_case_limit(&p->shape)))
        fail_msg("%s: relative error %g", text, error);
    free(expected);
    free(actual);
    problem_free(p);
}

/* The kernels that the tests of special values use anyway: both parities. */
static filter_case special_case(wf_operator op, wf_mode mode, int kernel)
{
    filter_case c = basic_case(op);
    c.mode = mode, c.kernel_height = c.kernel_width = kernel;
    return c;
}

static void test_special_values_in_input(void **state)
{
    (void)state;
    static const double values[] = {NAN, NAN, INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (size_t i = 0; i < LENGTH(values); i++) {
        for (wf_mode mode = WF_LINEAR; mode < WF_MODE_COUNT; mode++) {
            FOR_EACH_OPERATOR(op)
            {
                if (!suite_takes_case())
                    continue;
                filter_case c = special_case(op, mode, 5);
                c.dtype = c.weight_dtype = i % 2 ? WF_FLOAT32 : WF_FLOAT16;
                problem p = problem_make(&c, &random_numbers);
                if (mode == WF_SOFTMAX)
                    host_tensor_randomize(&p.weight, &random_numbers, -5, 5);
                host_tensor_set(&p.input, 0, 1, 6, 20, values[i]);
                host_tensor_set(&p.input, 1, 2, 0, 0, values[i]);
                check_special(&p);
            }
        }
    }
}

static void test_special_values_in_weight(void **state)
{
    (void)state;
    static const double values[] = {NAN, NAN, INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (size_t i = 0; i < LENGTH(values); i++) {
        for (wf_mode mode = WF_LINEAR; mode < WF_MODE_COUNT; mode++) {
            FOR_EACH_OPERATOR(op)
            {
                if (!suite_takes_case())
                    continue;
                filter_case c = special_case(op, mode, 5);
                c.dtype = c.weight_dtype = i % 2 ? WF_FLOAT16 : WF_FLOAT32;
                problem p = problem_make(&c, &random_numbers);
                host_tensor_set(&p.weight, 0, 12, 6, 20, values[i]);
                host_tensor_set(&p.weight, 1, 3, 12, 36, values[i]);
                check_special(&p);
            }
        }
    }
}

/* Weights of taps outside the image count in no sum, whatever they are. */
static void test_outside_taps_are_ignored(void **state)
{
    (void)state;
    static const int kernels_and_channels[][2] = {{4, 3}, {5, 3}, {4, 18}, {5, 18}, {11, 18}};
    for (size_t i = 0; i < LENGTH(kernels_and_channels); i++) {
        const int kernel = kernels_and_channels[i][0], channels = kernels_and_channels[i][1];
        for (wf_mode mode = WF_LINEAR; mode < WF_MODE_COUNT; mode++) {
            FOR_EACH_OPERATOR(op)
            {
                if (!suite_takes_case())
                    continue;
                filter_case c = special_case(op, mode, kernel);
                c.c = channels;
                if (channels > 3)
                    c.w = 136, c.h = 21, c.has_bias = 1; /* what CUDA's TMA can read; strips */
                problem p = problem_make(&c, &random_numbers);
                for (int t = 0; t < kernel * kernel; t++) {
                    for (int y = 0; y < c.h; y++) {
                        for (int x = 0; x < c.w; x++) {
                            int v = y + t / kernel - kernel / 2, u = x + t % kernel - kernel / 2;
                            if (v < 0 || v >= c.h || u < 0 || u >= c.w)
                                host_tensor_set(&p.weight, t % 2, t, y, x, t % 3 ? NAN : INFINITY);
                        }
                    }
                }
                check_special(&p);
            }
        }
    }
}

/* Taps with a logit of -inf weigh nothing; pixels that have no other taps are NaN. */
static void test_masked_logits(void **state)
{
    (void)state;
    for (int kernel = 4; kernel <= 5; kernel++) {
        FOR_EACH_OPERATOR(op)
        {
            if (!suite_takes_case())
                continue;
            filter_case c = special_case(op, WF_SOFTMAX, kernel);
            problem p = problem_make(&c, &random_numbers);
            for (int t = 0; t < kernel * kernel; t++) {
                for (int y = 0; y < c.h; y++) {
                    for (int x = 0; x < c.w; x++) {
                        int masked = random_uniform(&random_numbers, 0, 1) < (y < 4 ? 0.98 : 0.5);
                        if (masked || (y >= 6 && x >= 10 && x < 20))
                            host_tensor_set(&p.weight, 0, t, y, x, -INFINITY);
                    }
                }
            }
            check_special(&p);
        }
    }
}

/* WF_NORMALIZED never divides by less than WF_MIN_SUM, and keeps the sum's sign. */
static void test_clamped_sums(void **state)
{
    (void)state;
    static const double sums[] = {0, 4e-7, -4e-7, 1e-6, 2e-6, -3e-6, -2};
    for (size_t i = 0; i < LENGTH(sums); i++) {
        FOR_EACH_OPERATOR(op)
        {
            if (!suite_takes_case())
                continue;
            filter_case c = special_case(op, WF_NORMALIZED, 5);
            problem p = problem_make(&c, &random_numbers);
            host_tensor_fill(&p.weight, 0);
            for (int y = 0; y < c.h; y++) {
                for (int x = 0; x < c.w; x++)
                    host_tensor_set(&p.weight, 1, 12, y, x, sums[i]); /* of the center, so that it is every sum */
            }
            check_special(&p);
        }
    }
}

static void set_integers(host_tensor *tensor, int most)
{
    const int64_t *size = tensor->view.size;
    for (int64_t i = 0; i < host_tensor_count(tensor); i++)
        host_tensor_set(tensor, i / (size[1] * size[2] * size[3]), i / (size[2] * size[3]) % size[1],
                        i / size[3] % size[2], i % size[3], floor(random_uniform(&random_numbers, -most, most + 1)));
}

/* To nearest, ties to even, of sums that float32 holds exactly: of integers, of which many lie in the middle between
 * two numbers of 16 bits. */
static void test_rounding(void **state)
{
    (void)state;
    static const wf_dtype types[] = {WF_FLOAT16, WF_BFLOAT16};
    for (size_t i = 0; i < LENGTH(types); i++) {
        FOR_EACH_OPERATOR(op)
        {
            filter_case c = special_case(op, WF_LINEAR, 5);
            c.dtype = c.weight_dtype = types[i], c.has_bias = 0;
            problem p = problem_make(&c, &random_numbers);
            set_integers(&p.input, 7);
            set_integers(&p.weight, 127);
            const wf_result result = problem_solve(&p, device);
            if (!suite_refused(suite_type_needs(types[i]), result)) {
                assert_int_equal(result, WF_OK);
                double *expected = problem_expected(&p), *actual = host_tensor_values(&p.output);
                for (int64_t k = 0; k < host_tensor_count(&p.output); k++) {
                    const double rounded = types[i] == WF_FLOAT16 ? half_to_double(half_from_double(expected[k]))
                                                                  : bfloat_to_double(bfloat_from_double(expected[k]));
                    if (actual[k] != rounded)
                        fail_msg("%s of %g is %g, needs %g", wf_dtype_name(types[i]), expected[k], actual[k], rounded);
                }
                free(expected);
                free(actual);
            }
            problem_free(&p);
        }
    }
}

int main(int argc, char **argv)
{
    int status = suite_open(argc, argv);
    if (status >= 0)
        return status;
    const struct CMUnitTest tests[] = {
        TEST(test_special_values_in_input),
        TEST(test_special_values_in_weight),
        TEST(test_outside_taps_are_ignored),
        TEST(test_masked_logits),
        TEST(test_clamped_sums),
        TEST(test_rounding),
    };
    return suite_close(cmocka_run_group_tests_name(argv[1], tests, NULL, NULL));
}
