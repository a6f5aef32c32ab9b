/* What only the CPU backend promises: results that do not depend on the number of threads,
   and a choice of instructions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gradients.h"

static void remember(void *user, wf_log_level level, const char *message)
{
    (void)level;
    snprintf(user, 256, "%s", message);
}

static wf_device *open_device(void)
{
    wf_device *device;
    assert_int_equal(wf_create(&(wf_device_options){.backend = WF_CPU}, &device), WF_OK);
    return device;
}

static double *solve_with_threads(problem *p, wf_device *device, int threads)
{
    omp_set_num_threads(threads);
    assert_int_equal(problem_solve(p, device), WF_OK);
    return host_tensor_values(&p->output);
}

static filter_case wide_case(wf_operator op, wf_mode mode, int height, int kernel_width)
{
    return (filter_case){.op = op,
                         .mode = mode,
                         .n = 2,
                         .c = 3,
                         .h = height,
                         .w = 4200, /* three tiles */
                         .kernel_height = 3,
                         .kernel_width = kernel_width,
                         .dilation = 1,
                         .has_bias = 1};
}

static void compare_threads(wf_device *device, const filter_case *c, random_state *random)
{
    problem p = problem_make(c, random);
    double *one = solve_with_threads(&p, device, 1);
    assert_true(problem_error(&p) <= 1e-5);
    for (int threads = 2; threads <= 7; threads += 5) {
        double *many = solve_with_threads(&p, device, threads);
        assert_memory_equal(one, many, (size_t)host_tensor_count(&p.output) * sizeof *one);
        free(many);
    }
    free(one);
    problem_free(&p);
}

static void test_threads(void **state)
{
    static const int widths[] = {7, 35}; /* tiles of one row, and of several */
    wf_device *device = open_device();
    for (wf_mode mode = WF_LINEAR; mode < WF_MODE_COUNT; mode++) {
        for (wf_operator op = WF_GATHER; op < WF_OPERATOR_COUNT; op++) {
            for (int i = 0; i < 2; i++) {
                const filter_case c = wide_case(op, mode, 21, widths[i]);
                compare_threads(device, &c, *state);
            }
        }
    }
    wf_destroy(device);
}

static void test_threads_of_gradients(void **state)
{
    wf_device *device = open_device();
    for (wf_mode mode = WF_LINEAR; mode < WF_MODE_COUNT; mode++) {
        for (wf_operator op = WF_GATHER; op < WF_OPERATOR_COUNT; op++) {
            const filter_case c = wide_case(op, mode, 9, 7);
            gradient_problem p = gradient_problem_make(&c, ALL_GRADIENTS, *state);
            omp_set_num_threads(1);
            assert_int_equal(gradient_problem_solve(&p, device), WF_OK);
            assert_null(gradient_problem_fault(&p));
            double *expected[GRADIENT_COUNT];
            for (int i = 0; i < GRADIENT_COUNT; i++) {
                expected[i] = host_tensor_values(&p.gradients[i]);
                host_tensor_fill(&p.gradients[i], NAN);
            }
            omp_set_num_threads(7);
            assert_int_equal(gradient_problem_solve(&p, device), WF_OK);
            for (int i = 0; i < GRADIENT_COUNT; i++) {
                double *actual = host_tensor_values(&p.gradients[i]);
                assert_memory_equal(actual, expected[i], (size_t)host_tensor_count(&p.gradients[i]) * sizeof *actual);
                free(actual);
                free(expected[i]);
            }
            gradient_problem_free(&p);
        }
    }
    wf_destroy(device);
}

static void test_info(void **state)
{
    (void)state;
    wf_device_info info;
    omp_set_num_threads(3);
    setenv("WF_CPU_INSTRUCTIONS", "baseline", 1);
    wf_device *device = open_device();
    unsetenv("WF_CPU_INSTRUCTIONS");
    assert_int_equal(wf_get_info(device, &info), WF_OK);
    assert_string_equal(info.driver, "baseline, 3 threads");
    wf_destroy(device);
}

static void test_unknown_instructions(void **state)
{
    (void)state;
    char message[256] = "";
    wf_device *device = (wf_device *)message;
    setenv("WF_CPU_INSTRUCTIONS", "avx9000", 1);
    wf_result result = wf_create(&(wf_device_options){.backend = WF_CPU, .log = {remember, message}}, &device);
    unsetenv("WF_CPU_INSTRUCTIONS");
    assert_int_equal(result, WF_ERROR_UNSUPPORTED);
    assert_null(device);
    assert_string_equal(message,
                        "WF_CPU_INSTRUCTIONS is avx9000, this processor has no such set (baseline, avx2, avx512)");
}

int main(void)
{
    random_state random = random_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_threads, &random),
        cmocka_unit_test_prestate(test_threads_of_gradients, &random),
        cmocka_unit_test(test_info),
        cmocka_unit_test(test_unknown_instructions),
    };
    return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}
