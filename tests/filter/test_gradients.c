/* The gradients' suite, and that of coverage and of fused work: test_gradients BACKEND, as test_filter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gradients.h"
#include "suite.h"

#define FOR_EACH_MODE(mode) for (wf_mode mode = WF_LINEAR; mode < WF_MODE_COUNT; mode++)

/* Errors are relative to a gradient's norm. In images of a few pixels the terms of all its elements can happen to
 * cancel; in many such images they do not. */
enum { MANY_PIXELS = 10, MANY_IMAGES = 48 };

/* Widths: a backend may have another kernel for rows that start at multiples of 16 bytes. */
enum { UNALIGNED = 37, ALIGNED = 40 };

static filter_case mode_case(wf_operator op, wf_mode mode)
{
    filter_case c = basic_case(op);
    c.mode = mode, c.w = UNALIGNED, c.groups = 1;
    return c;
}

static unsigned needs_of(const filter_case *c)
{
    return SUITE_BACKWARD | SUITE_COVERAGE | suite_type_needs(c->dtype) | suite_type_needs(c->weight_dtype);
}

static void check_wanted(const filter_case *c, unsigned wanted)
{
    if (!suite_takes_case())
        return;
    gradient_problem p = gradient_problem_make(c, wanted, &random_numbers);
    wf_result result = gradient_problem_solve(&p, device);
    if (!suite_refused(needs_of(c), result)) {
        assert_int_equal(result, WF_OK);
        const char *fault = gradient_problem_fault(&p);
        if (fault)
            fail_msg("%s", fault);
    }
    gradient_problem_free(&p);
}

static void check_case(const filter_case *c)
{
    check_wanted(c, ALL_GRADIENTS);
}

static void test_kernel_sizes(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {2, 2},   {3, 3},   {4, 4}, {5, 5}, {6, 6}, {7, 7},
                                   {9, 9}, {13, 13}, {21, 21}, {3, 5}, {1, 7}, {4, 3}, {2, 9}};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        FOR_EACH_MODE(mode)
        FOR_EACH_OPERATOR(op)
        {
            filter_case c = mode_case(op, mode);
            c.kernel_height = sizes[i][0], c.kernel_width = sizes[i][1], c.has_bias = i % 2 == 0;
            c.w = (i + mode) % 2 ? UNALIGNED : ALIGNED;
            check_case(&c);
        }
    }
}

/* Each subset of the gradients; the others are not touched. */
static void test_wanted(void **state)
{
    (void)state;
    for (unsigned wanted = 1; wanted < ALL_GRADIENTS; wanted++) {
        FOR_EACH_MODE(mode)
        FOR_EACH_OPERATOR(op)
        {
            filter_case c = mode_case(op, mode);
            check_wanted(&c, wanted);
        }
    }
}

static void test_types(void **state)
{
    (void)state;
    static const wf_dtype types[][2] = {{WF_FLOAT16, WF_FLOAT16},
                                        {WF_FLOAT32, WF_FLOAT16},
                                        {WF_BFLOAT16, WF_BFLOAT16},
                                        {WF_FLOAT32, WF_BFLOAT16},
                                        {WF_FLOAT64, WF_FLOAT64}};
    for (size_t i = 0; i < LENGTH(types); i++) {
        for (int kernel = 4; kernel <= 7; kernel += 3) {
            FOR_EACH_MODE(mode)
            FOR_EACH_OPERATOR(op)
            {
                filter_case c = mode_case(op, mode);
                c.dtype = types[i][0], c.weight_dtype = types[i][1];
                c.kernel_height = kernel;
                c.w = kernel == 4 ? UNALIGNED : ALIGNED;
                check_case(&c);
            }
        }
    }
}

static void test_image_sizes(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1},  {1, 2},  {2, 1},   {1, 53},  {53, 1}, {3, 3},   {7, 127},
                                   {8, 31}, {9, 33}, {15, 17}, {17, 16}, {6, 65}, {3, 1031}};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (int kernel = 4; kernel <= 5; kernel++) {
            FOR_EACH_MODE(mode)
            FOR_EACH_OPERATOR(op)
            {
                filter_case c = mode_case(op, mode);
                c.h = sizes[i][0], c.w = sizes[i][1];
                c.n = c.h * c.w < MANY_PIXELS ? MANY_IMAGES : 1;
                c.kernel_height = c.kernel_width = kernel;
                check_case(&c);
            }
        }
    }
}

static void test_channels_and_groups(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {2, 1}, {4, 1}, {16, 1}, {32, 1}, {67, 1}, {131, 2},
                                   {4, 2}, {3, 3}, {5, 2}, {7, 3},  {2, 3},  {1, 4}};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        FOR_EACH_MODE(mode)
        FOR_EACH_OPERATOR(op)
        {
            filter_case c = mode_case(op, mode);
            c.c = sizes[i][0], c.groups = sizes[i][1];
            c.n = 1 + (int)i % 2, c.h = 7;
            check_case(&c);
            c.dtype = c.weight_dtype = WF_FLOAT64;
            check_case(&c);
        }
    }
}

/* A backend may have kernels of its own for many channels in rows that are aligned, for each of these widths. */
static void test_many_channels(void **state)
{
    (void)state;
    static const int kernels[][2] = {{3, 3}, {5, 5}, {6, 7}, {9, 9}, {1, 11}, {4, 13}, {5, 17}, {3, 21}};
    static const int channels[] = {5, 8, 18}, heights[] = {19, 5};
    static const wf_dtype types[][2] = {
        {WF_FLOAT32, WF_FLOAT32}, {WF_FLOAT32, WF_FLOAT32}, {WF_FLOAT32, WF_FLOAT16}, {WF_FLOAT16, WF_FLOAT16}};
    for (size_t i = 0; i < LENGTH(kernels); i++) {
        FOR_EACH_MODE(mode)
        FOR_EACH_OPERATOR(op)
        {
            const size_t turn = i + mode + op;
            filter_case c = mode_case(op, mode);
            c.kernel_height = kernels[i][0], c.kernel_width = kernels[i][1];
            c.dtype = types[turn % LENGTH(types)][0], c.weight_dtype = types[turn % LENGTH(types)][1];
            c.c = channels[turn % LENGTH(channels)];
            c.w = ALIGNED * (1 + (int)i % 2), c.h = heights[turn % LENGTH(heights)];
            check_case(&c);
        }
    }
}

static void test_dilation(void **state)
{
    (void)state;
    static const int dilations[] = {2, 3, WF_MAX_DILATION};
    for (size_t i = 0; i < LENGTH(dilations); i++) {
        for (int kernel = 4; kernel <= 5; kernel++) {
            FOR_EACH_MODE(mode)
            FOR_EACH_OPERATOR(op)
            {
                filter_case c = mode_case(op, mode);
                c.dilation = dilations[i], c.kernel_height = c.kernel_width = kernel;
                check_case(&c);
            }
        }
    }
}

/* Every layout of images, of weights, and of both. */
static void test_strides(void **state)
{
    (void)state;
    for (int which = 1; which <= 3; which++) {
        for (tensor_layout layout = LAYOUT_PADDED_ROWS; layout < LAYOUT_COUNT; layout++) {
            FOR_EACH_MODE(mode)
            FOR_EACH_OPERATOR(op)
            {
                filter_case c = mode_case(op, mode);
                c.dtype = c.weight_dtype = layout % 2 ? WF_FLOAT32 : WF_FLOAT16;
                if (which & 1) {
                    c.input_layout = layout;
                    c.output_layout = layout == LAYOUT_EXPANDED ? LAYOUT_DENSE : layout;
                }
                if (which & 2)
                    c.weight_layout = layout;
                check_case(&c);
            }
        }
    }
}

/* Channels-last, with more channels than are staged at once. */
static void test_channels_last(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    FOR_EACH_OPERATOR(op)
    {
        filter_case c = mode_case(op, mode);
        c.c = 70, c.w = 150, c.h = 5, c.dilation = 30;
        c.input_layout = c.output_layout = LAYOUT_CHANNELS_LAST;
        check_case(&c);
    }
}

/* Weights of taps outside the image count in no gradient, whatever they are. */
static void test_outside_taps_are_ignored(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    FOR_EACH_OPERATOR(op)
    {
        if (!suite_takes_case())
            continue;
        filter_case c = mode_case(op, mode);
        gradient_problem p = gradient_problem_make(&c, ALL_GRADIENTS, &random_numbers);
        for (int t = 0; t < 25; t++) {
            for (int y = 0; y < c.h; y++) {
                for (int x = 0; x < c.w; x++) {
                    int v = y + t / 5 - 2, u = x + t % 5 - 2;
                    if (v < 0 || v >= c.h || u < 0 || u >= c.w)
                        host_tensor_set(&p.forward.weight, t % 2, t, y, x, NAN);
                }
            }
        }
        wf_result result = gradient_problem_solve(&p, device);
        if (!suite_refused(SUITE_BACKWARD | SUITE_COVERAGE, result)) {
            assert_int_equal(result, WF_OK);
            assert_null(gradient_problem_fault(&p));
        }
        gradient_problem_free(&p);
    }
}

/* Sums below WF_MIN_SUM pass no gradient to themselves. */
static void test_clamped_sums(void **state)
{
    (void)state;
    static const double weights[] = {1e-8, -2e-8};
    for (size_t i = 0; i < LENGTH(weights); i++) {
        FOR_EACH_OPERATOR(op)
        {
            if (!suite_takes_case())
                continue;
            filter_case c = mode_case(op, WF_NORMALIZED);
            gradient_problem p = gradient_problem_make(&c, ALL_GRADIENTS, &random_numbers);
            host_tensor_fill(&p.forward.weight, weights[i]);
            wf_result result = gradient_problem_solve(&p, device);
            if (!suite_refused(SUITE_BACKWARD | SUITE_COVERAGE, result)) {
                assert_int_equal(result, WF_OK);
                const char *fault = gradient_problem_fault(&p);
                if (fault)
                    fail_msg("%s", fault);
            }
            gradient_problem_free(&p);
        }
    }
}

/* The same work twice gives the same bits. */
static void test_repeatable(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    FOR_EACH_OPERATOR(op)
    {
        if (!suite_takes_case())
            continue;
        filter_case c = mode_case(op, mode);
        gradient_problem p = gradient_problem_make(&c, ALL_GRADIENTS, &random_numbers);
        double *first[GRADIENT_COUNT];
        wf_result result = gradient_problem_solve(&p, device);
        if (!suite_refused(SUITE_BACKWARD | SUITE_COVERAGE, result)) {
            assert_int_equal(result, WF_OK);
            for (int i = 0; i < GRADIENT_COUNT; i++) {
                first[i] = host_tensor_values(&p.gradients[i]);
                host_tensor_fill(&p.gradients[i], NAN);
            }
            assert_int_equal(gradient_problem_solve(&p, device), WF_OK);
            for (int i = 0; i < GRADIENT_COUNT; i++) {
                double *second = host_tensor_values(&p.gradients[i]);
                assert_memory_equal(first[i], second, (size_t)host_tensor_count(&p.gradients[i]) * sizeof *second);
                free(first[i]);
                free(second);
            }
        }
        gradient_problem_free(&p);
    }
}

/* wf_grad_weight is the linear mode's grad_weight. */
static void test_grad_weight(void **state)
{
    (void)state;
    for (wf_dtype dtype = WF_FLOAT32; dtype < WF_DTYPE_COUNT; dtype++) {
        FOR_EACH_OPERATOR(op)
        {
            if (!suite_takes_case())
                continue;
            filter_case c = mode_case(op, WF_LINEAR);
            c.dtype = c.weight_dtype = dtype;
            c.c = 4, c.groups = 2, c.kernel_width = 4, c.dilation = 2;
            gradient_problem p = gradient_problem_make(&c, 1 << GRADIENT_WEIGHT, &random_numbers);
            wf_result result = gradient_problem_correlate(&p, device);
            if (!suite_refused(SUITE_BACKWARD | suite_type_needs(dtype), result)) {
                assert_int_equal(result, WF_OK);
                const char *fault = gradient_problem_fault(&p);
                if (fault)
                    fail_msg("%s", fault);
            }
            gradient_problem_free(&p);
        }
    }
}

/* ---- Gather and splat at once ------------------------------------------------------------------------------------ */

static wf_result solve_both(problem *gather, problem *splat)
{
    const wf_filter filter = filter_case_filter(&gather->shape);
    wf_stream stream;
    assert_int_equal(problem_upload(gather, device), WF_OK);
    assert_int_equal(problem_upload(splat, device), WF_OK);
    assert_int_equal(wf_begin(device, &stream), WF_OK);
    wf_result result = wf_gather_splat(device, stream, &filter, &gather->device_input.view, &gather->device_weight.view,
                                       gather->shape.has_bias ? &gather->device_bias.view : NULL,
                                       &gather->device_output.view, &splat->device_output.view);
    assert_int_equal(wf_finish(device, stream), WF_OK);
    assert_int_equal(problem_download(gather, device), WF_OK);
    assert_int_equal(problem_download(splat, device), WF_OK);
    problem_free_on(gather, device);
    problem_free_on(splat, device);
    return result;
}

static void copy_values(host_tensor *to, const host_tensor *from)
{
    assert_int_equal(to->size, from->size);
    memcpy(to->storage, from->storage, from->size);
}

static void set_outside_taps(problem *p, double value)
{
    const filter_case *c = &p->shape;
    for (int n = 0; n < c->n; n++) {
        for (int t = 0; t < c->kernel_height * c->kernel_width; t++) {
            for (int y = 0; y < c->h; y++) {
                for (int x = 0; x < c->w; x++) {
                    int v = y + t / c->kernel_width - c->kernel_height / 2,
                        u = x + t % c->kernel_width - c->kernel_width / 2;
                    if (v < 0 || v >= c->h || u < 0 || u >= c->w)
                        host_tensor_set(&p->weight, n, t, y, x, value);
                }
            }
        }
    }
}

static void check_both(filter_case c, double outside)
{
    if (!suite_takes_case())
        return;
    c.op = WF_GATHER;
    problem gather = problem_make(&c, &random_numbers);
    set_outside_taps(&gather, outside);
    c.op = WF_SPLAT;
    problem splat = problem_make(&c, &random_numbers);
    copy_values(&splat.input, &gather.input);
    copy_values(&splat.weight, &gather.weight);
    copy_values(&splat.bias, &gather.bias);
    wf_result result = solve_both(&gather, &splat);
    if (!suite_refused(SUITE_GATHER_SPLAT, result)) {
        assert_int_equal(result, WF_OK);
        assert_true(problem_error(&gather) <= filter_case_limit(&c));
        assert_true(problem_error(&splat) <= filter_case_limit(&c));
    }
    problem_free(&gather);
    problem_free(&splat);
}

static void test_gather_splat(void **state)
{
    (void)state;
    static const int kernels[][2] = {{1, 1}, {5, 5}, {4, 3}, {11, 11}};
    for (size_t i = 0; i < LENGTH(kernels); i++) {
        FOR_EACH_MODE(mode)
        {
            filter_case c = mode_case(WF_GATHER, mode);
            c.kernel_height = kernels[i][0], c.kernel_width = kernels[i][1];
            c.c = 5, c.groups = 1 + (int)i % 2, c.h = 41, c.w = 301, c.has_bias = i % 2 == 0;
            check_both(c, 1);
        }
    }
}

/* Three channels in rows that start at multiples of 16 bytes, for which a backend may have kernels of both at once. */
static void test_gather_splat_aligned(void **state)
{
    (void)state;
    static const int kernels[][2] = {{1, 1}, {3, 3},   {5, 5},   {7, 7},   {4, 3},  {6, 8},
                                     {9, 9}, {11, 11}, {13, 13}, {17, 17}, {21, 21}};
    static const wf_dtype types[][2] = {{WF_FLOAT32, WF_FLOAT32}, {WF_FLOAT32, WF_FLOAT16}, {WF_FLOAT16, WF_FLOAT16}};
    for (size_t i = 0; i < LENGTH(kernels); i++) {
        for (size_t t = 0; t < LENGTH(types); t++) {
            FOR_EACH_MODE(mode)
            {
                filter_case c = mode_case(WF_GATHER, mode);
                c.kernel_height = kernels[i][0], c.kernel_width = kernels[i][1];
                c.dtype = types[t][0], c.weight_dtype = types[t][1];
                c.c = 3, c.h = 23 + 16 * (i % 2 == 0), c.w = 8 + 128 * (int)((i + t) % 3), c.has_bias = i % 2 == 0;
                check_both(c, 1);
            }
        }
    }
}

/* More and larger images than a backend has threads for at a time. Weights of taps outside the image count nothing. */
static void test_gather_splat_large(void **state)
{
    (void)state;
    static const struct {
        int n, h, w, kernel_height, kernel_width;
    } sizes[] = {
        {280, 45, 8, 5, 5}, {150, 70, 16, 4, 11}, {1, 19, 1000, 7, 7}, {2, 30, 600, 21, 21}, {3, 50, 520, 3, 3}};
    static const wf_dtype types[][2] = {{WF_FLOAT32, WF_FLOAT32}, {WF_FLOAT32, WF_FLOAT16}, {WF_FLOAT16, WF_FLOAT16}};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (size_t t = 0; t < LENGTH(types); t++) {
            filter_case c = mode_case(WF_GATHER, WF_LINEAR);
            c.n = sizes[i].n, c.h = sizes[i].h, c.w = sizes[i].w, c.c = 3;
            c.kernel_height = sizes[i].kernel_height, c.kernel_width = sizes[i].kernel_width;
            c.dtype = types[t][0], c.weight_dtype = types[t][1], c.has_bias = 1;
            check_both(c, NAN);
        }
    }
}

int main(int argc, char **argv)
{
    int status = suite_open(argc, argv);
    if (status >= 0)
        return status;
    const struct CMUnitTest tests[] = {
        TEST(test_kernel_sizes),
        TEST(test_wanted),
        TEST(test_types),
        TEST(test_image_sizes),
        TEST(test_channels_and_groups),
        TEST(test_many_channels),
        TEST(test_dilation),
        TEST(test_strides),
        TEST(test_channels_last),
        TEST(test_outside_taps_are_ignored),
        TEST(test_clamped_sums),
        TEST(test_repeatable),
        TEST(test_grad_weight),
        TEST(test_gather_splat),
        TEST(test_gather_splat_aligned),
        TEST(test_gather_splat_large),
    };
    return suite_close(cmocka_run_group_tests_name(argv[1], tests, NULL, NULL));
}
