/* The reference's gradients against central finite differences of the reference's forward pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "cpu/reference.h"
#include "tensors.h"

#define STEP 1e-6

typedef struct problem {
    wf_operator op;
    wf_filter filter;
    int64_t size[4];
    double *input, *weight, *bias, *grad_output;
} problem;

static random_state random_numbers;

static double *draw(int64_t count, double low, double high)
{
    double *values = malloc((size_t)count * sizeof *values);
    assert_non_null(values);
    for (int64_t i = 0; i < count; i++)
        values[i] = random_uniform(&random_numbers, low, high);
    return values;
}

static int64_t image_count(const problem *p)
{
    return p->size[0] * p->size[1] * p->size[2] * p->size[3];
}

static int64_t weight_count(const problem *p)
{
    return p->size[0] * p->filter.groups * p->filter.kernel_height * p->filter.kernel_width * p->size[2] * p->size[3];
}

/* sum of grad_output * output, whose gradients the backward pass computes. */
static double loss(const problem *p)
{
    double *output = draw(image_count(p), 0, 1), sum = 0;
    wf_reference_filter(p->op, &p->filter, p->size, p->input, p->weight, p->bias, output);
    for (int64_t i = 0; i < image_count(p); i++)
        sum += p->grad_output[i] * output[i];
    free(output);
    return sum;
}

static void check_gradient(const problem *p, double *argument, int64_t count, const double *gradient, double step)
{
    double *expected = draw(count, 0, 1);
    for (int64_t i = 0; i < count; i++) {
        const double value = argument[i];
        argument[i] = value + step;
        double above = loss(p);
        argument[i] = value - step;
        expected[i] = (above - loss(p)) / (2 * step);
        argument[i] = value;
    }
    double error = 0, norm = 0; /* the gradient may be 0: of a normalized weight that is alone */
    for (int64_t i = 0; i < count; i++) {
        error += (gradient[i] - expected[i]) * (gradient[i] - expected[i]);
        norm += expected[i] * expected[i];
    }
    error = sqrt(error) / fmax(sqrt(norm), 1);
    if (!(error <= 1e-7))
        fail_msg("%s %s %dx%d dilation %d groups %d: error %g", wf_operator_name(p->op), wf_mode_name(p->filter.mode),
                 p->filter.kernel_height, p->filter.kernel_width, p->filter.dilation, p->filter.groups, error);
    free(expected);
}

static problem make(wf_operator op, wf_filter filter, double low, double high)
{
    problem p = {.op = op, .filter = filter, .size = {2, 3, 4, 5}};
    p.input = draw(image_count(&p), -1, 1);
    p.weight = draw(weight_count(&p), low, high);
    p.bias = draw(p.size[1], -1, 1);
    p.grad_output = draw(image_count(&p), -1, 1);
    return p;
}

static void check(problem *p, double weight_step)
{
    double *grad_input = draw(image_count(p), 0, 1), *grad_weight = draw(weight_count(p), 0, 1);
    double *grad_bias = draw(p->size[1], 0, 1);
    wf_reference_backward(p->op, &p->filter, p->size, p->input, p->weight, p->grad_output, grad_input, grad_weight,
                          grad_bias);
    check_gradient(p, p->input, image_count(p), grad_input, STEP);
    check_gradient(p, p->weight, weight_count(p), grad_weight, weight_step);
    check_gradient(p, p->bias, p->size[1], grad_bias, STEP);
    free(grad_input);
    free(grad_weight);
    free(grad_bias);
    free(p->input);
    free(p->weight);
    free(p->bias);
    free(p->grad_output);
}

static void test_gradients(void **state)
{
    (void)state;
    static const wf_filter filters[] = {{3, 3, 1, WF_LINEAR, 1}, {2, 4, 1, WF_LINEAR, 2}, {3, 2, 2, WF_LINEAR, 3},
                                        {1, 1, 1, WF_LINEAR, 1}, {5, 3, 3, WF_LINEAR, 1}, {3, 1, 1, WF_LINEAR, 5}};
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        for (wf_mode mode = WF_LINEAR; mode < WF_MODE_COUNT; mode++) {
            for (wf_operator op = WF_GATHER; op < WF_OPERATOR_COUNT; op++) {
                wf_filter filter = filters[i];
                filter.mode = mode;
                problem p = make(op, filter, mode == WF_NORMALIZED ? 0.2 : -1, 1);
                check(&p, STEP);
            }
        }
    }
}

/* Sums below WF_MIN_SUM: what divides does not depend on them. */
static void test_clamped_sums(void **state)
{
    (void)state;
    for (wf_operator op = WF_GATHER; op < WF_OPERATOR_COUNT; op++) {
        problem p = make(op, (wf_filter){3, 3, 1, WF_NORMALIZED, 1}, 1e-8, 1e-7);
        check(&p, 1e-9);
    }
}

/* Coverage is what the forward pass divides by. */
static void test_coverage(void **state)
{
    (void)state;
    for (wf_mode mode = WF_NORMALIZED; mode < WF_MODE_COUNT; mode++) {
        for (wf_operator op = WF_GATHER; op < WF_OPERATOR_COUNT; op++) {
            const wf_filter filter = {3, 2, 2, mode, 1};
            const int64_t size[4] = {2, 1, 4, 5};
            double *weight = draw(2 * 6 * 20, 0.1, 1), *factors = draw(2 * 6 * 20, 0, 1), *ones = draw(40, 1, 1);
            double *coverage = draw(40, 0, 1), *expected = draw(40, 0, 1);
            wf_reference_coverage(op, &filter, size, weight, coverage);
            for (int i = 0; i < 2 * 6 * 20; i++)
                factors[i] = mode == WF_SOFTMAX ? exp(weight[i]) : weight[i];
            wf_filter linear = filter;
            linear.mode = WF_LINEAR;
            wf_reference_filter(op, &linear, size, ones, factors, NULL, expected);
            for (int i = 0; i < 40; i++)
                assert_float_equal(coverage[i], mode == WF_SOFTMAX ? log(expected[i]) : expected[i], 1e-12);
            free(weight);
            free(factors);
            free(ones);
            free(coverage);
            free(expected);
        }
    }
}

int main(void)
{
    random_numbers = random_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_clamped_sums),
        cmocka_unit_test(test_coverage),
    };
    return cmocka_run_group_tests_name("reference", tests, NULL, NULL);
}
