/* The kernel pyramid: test_pyramid BACKEND compares it with the float64 reference, and provokes each error that
 * wf_pyramid.h documents. suite.h says when it skips itself. */
#include "wf_pyramid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "cpu/reference.h"
#include "suite.h"

enum { LEVELS = WF_PYRAMID_MAX_LEVELS, KERNELS = 5 };

static const int kernels[KERNELS][2] = {{5, 5}, {3, 4}, {2, 2}, {1, 3}, {3, 3}};

typedef struct pyramid_case {
    wf_operator op;
    wf_mode mode;
    int n, c, h, w;
    int levels, first_kernel;
    wf_dtype weight_dtype, alpha_dtype;
    tensor_layout layout;
} pyramid_case;

/* On the host and on the device; level 0 of images is the input, of outputs the output. */
typedef struct tensors {
    host_tensor input, output, weights[LEVELS], alphas[LEVELS];
    device_tensor device_input, device_output, device_weights[LEVELS], device_alphas[LEVELS];
    wf_pyramid_level levels[LEVELS];
    void *workspace;
} tensors;

static host_tensor make(wf_dtype dtype, int n, int c, int h, int w, tensor_layout layout, double low, double high)
{
    host_tensor made = host_tensor_make(dtype, n, c, h, w, layout);
    host_tensor_randomize(&made, &random_numbers, low, high);
    return made;
}

static tensors make_tensors(const pyramid_case *c)
{
    static const double low[WF_MODE_COUNT] = {-1, 0.1, -8}, high[WF_MODE_COUNT] = {1, 1, 8};
    tensors t = {.input = make(WF_FLOAT32, c->n, c->c, c->h, c->w, c->layout, 0, 4),
                 .output = host_tensor_make(WF_FLOAT32, c->n, c->c, c->h, c->w, c->layout)};
    assert_int_equal(device_tensor_upload(device, &t.input, &t.device_input), WF_OK);
    assert_int_equal(device_tensor_upload(device, &t.output, &t.device_output), WF_OK);
    for (int level = 0, h = c->h, w = c->w; level < c->levels; level++, h = (h + 1) / 2, w = (w + 1) / 2) {
        const int *kernel = kernels[(c->first_kernel + level) % KERNELS];
        wf_pyramid_level *l = &t.levels[level];
        l->filter = (wf_filter){.kernel_height = kernel[0], .kernel_width = kernel[1], .dilation = 1 + level % 2};
        l->filter.mode = c->mode, l->filter.groups = 1;
        t.weights[level] =
            make(c->weight_dtype, c->n, kernel[0] * kernel[1], h, w, c->layout, low[c->mode], high[c->mode]);
        assert_int_equal(device_tensor_upload(device, &t.weights[level], &t.device_weights[level]), WF_OK);
        l->weight = &t.device_weights[level].view;
        if (level == c->levels - 1)
            continue;
        t.alphas[level] = make(c->alpha_dtype, c->n, 1, h, w, c->layout, 0, 1);
        assert_int_equal(device_tensor_upload(device, &t.alphas[level], &t.device_alphas[level]), WF_OK);
        l->alpha = &t.device_alphas[level].view;
    }
    const size_t size = wf_pyramid_workspace(&t.input.view, c->levels);
    assert_int_equal(size > 0, c->levels > 1);
    if (size > 0)
        assert_int_equal(wf_alloc(device, size, &t.workspace), WF_OK);
    return t;
}

/* The levels point into the struct. */
static void adopt(tensors *t, int levels)
{
    for (int level = 0; level < levels; level++) {
        t->levels[level].weight = &t->device_weights[level].view;
        t->levels[level].alpha = level < levels - 1 ? &t->device_alphas[level].view : NULL;
    }
}

static void free_tensors(tensors *t, int levels)
{
    host_tensor *hosts[] = {&t->input, &t->output};
    device_tensor *twins[] = {&t->device_input, &t->device_output};
    for (int i = 0; i < 2; i++) {
        host_tensor_free(hosts[i]);
        device_tensor_free(device, twins[i]);
    }
    for (int level = 0; level < levels; level++) {
        host_tensor_free(&t->weights[level]);
        device_tensor_free(device, &t->device_weights[level]);
        if (level == levels - 1)
            continue;
        host_tensor_free(&t->alphas[level]);
        device_tensor_free(device, &t->device_alphas[level]);
    }
    wf_free(device, t->workspace);
}

static wf_result run(tensors *t, const pyramid_case *c)
{
    wf_stream stream;
    assert_int_equal(wf_begin(device, &stream), WF_OK);
    wf_result result = wf_pyramid(device, stream, c->op, t->levels, c->levels, &t->device_input.view,
                                  &t->device_output.view, t->workspace);
    assert_int_equal(wf_finish(device, stream), WF_OK);
    return result;
}

static double *expected_output(const tensors *t, const pyramid_case *c)
{
    const int64_t size[4] = {c->n, c->c, c->h, c->w};
    wf_filter filters[LEVELS];
    double *input = host_tensor_values(&t->input), *weights[LEVELS], *alphas[LEVELS] = {0};
    double *output = host_tensor_values(&t->input);
    for (int level = 0; level < c->levels; level++) {
        filters[level] = t->levels[level].filter;
        weights[level] = host_tensor_values(&t->weights[level]);
        if (level < c->levels - 1)
            alphas[level] = host_tensor_values(&t->alphas[level]);
    }
    wf_reference_pyramid(c->op, filters, c->levels, size, input, weights, alphas, output);
    for (int level = 0; level < c->levels; level++) {
        free(weights[level]);
        free(alphas[level]);
    }
    free(input);
    return output;
}

static void check_pyramid(const pyramid_case *c)
{
    if (!suite_takes_case())
        return;
    tensors t = make_tensors(c);
    adopt(&t, c->levels);
    assert_int_equal(wf_prepare_pyramid(device, c->op, t.levels, c->levels, &t.device_input.view), WF_OK);
    assert_int_equal(run(&t, c), WF_OK);
    assert_int_equal(device_tensor_download(device, &t.device_output, &t.output), WF_OK);
    double *actual = host_tensor_values(&t.output), *expected = expected_output(&t, c);
    double error = relative_error(actual, expected, host_tensor_count(&t.output));
    if (!(error <= 1e-5))
        fail_msg("%s %s pyramid of %d levels, %dx%dx%dx%d, first kernel %d, weights %s, alpha %s, layout %d: relative "
                 "error %g",
                 wf_operator_name(c->op), wf_mode_name(c->mode), c->levels, c->n, c->c, c->h, c->w, c->first_kernel,
                 wf_dtype_name(c->weight_dtype), wf_dtype_name(c->alpha_dtype), (int)c->layout, error);
    assert_true(host_tensor_padding_intact(&t.output));
    free(actual);
    free(expected);
    free_tensors(&t, c->levels);
}

/* ---- Against the reference --------------------------------------------------------------------------------------- */

static void test_sizes(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {1, 6}, {7, 1}, {2, 2}, {3, 5}, {8, 8}, {13, 22}, {17, 9}, {33, 70}};
    FOR_EACH_OPERATOR(op)
    {
        for (size_t i = 0; i < LENGTH(sizes); i++) {
            const pyramid_case c = {.op = op,
                                    .mode = WF_SOFTMAX,
                                    .n = 2,
                                    .c = 3,
                                    .h = sizes[i][0],
                                    .w = sizes[i][1],
                                    .levels = 4,
                                    .first_kernel = (int)i};
            check_pyramid(&c);
        }
    }
}

/* From the plain filter to more levels than the image has halvings. */
static void test_levels(void **state)
{
    (void)state;
    for (int levels = 1; levels <= LEVELS; levels++) {
        const pyramid_case c = {.op = levels % 2 ? WF_GATHER : WF_SPLAT,
                                .mode = WF_SOFTMAX,
                                .n = 1,
                                .c = 3,
                                .h = 21,
                                .w = 38,
                                .levels = levels};
        check_pyramid(&c);
    }
}

static void test_modes_and_types(void **state)
{
    (void)state;
    FOR_EACH_OPERATOR(op)
    {
        for (wf_mode mode = 0; mode < WF_MODE_COUNT; mode++) {
            for (int types = 0; types < 4; types++) {
                const pyramid_case c = {.op = op,
                                        .mode = mode,
                                        .n = 1,
                                        .c = 1 + types,
                                        .h = 19,
                                        .w = 27,
                                        .levels = 3,
                                        .first_kernel = types,
                                        .weight_dtype = types % 2 ? WF_FLOAT16 : WF_FLOAT32,
                                        .alpha_dtype = types / 2 ? WF_FLOAT16 : WF_FLOAT32};
                check_pyramid(&c);
            }
        }
    }
}

static void test_strides(void **state)
{
    (void)state;
    for (tensor_layout layout = LAYOUT_DENSE; layout < LAYOUT_EXPANDED; layout++) {
        const pyramid_case c = {.op = layout % 2 ? WF_GATHER : WF_SPLAT,
                                .mode = WF_NORMALIZED,
                                .n = 2,
                                .c = 3,
                                .h = 9,
                                .w = 15,
                                .levels = 3,
                                .layout = layout};
        check_pyramid(&c);
    }
}

/* Normalized kernels leave a constant alone, whatever alpha is. */
static void test_constant(void **state)
{
    (void)state;
    FOR_EACH_OPERATOR(op)
    {
        const pyramid_case c = {.op = op, .mode = WF_SOFTMAX, .n = 1, .c = 2, .h = 23, .w = 31, .levels = 4};
        tensors t = make_tensors(&c);
        adopt(&t, c.levels);
        host_tensor_fill(&t.input, 7.5);
        device_tensor_free(device, &t.device_input);
        assert_int_equal(device_tensor_upload(device, &t.input, &t.device_input), WF_OK);
        assert_int_equal(run(&t, &c), WF_OK);
        assert_int_equal(device_tensor_download(device, &t.device_output, &t.output), WF_OK);
        for (int64_t i = 0; i < 23 * 31; i++)
            assert_float_equal(host_tensor_get(&t.output, 0, i % 2, i / 31, i % 31), 7.5, 1e-4);
        free_tensors(&t, c.levels);
    }
}

/* ---- Errors ------------------------------------------------------------------------------------------------------ */

/* One thing wrong in otherwise right arguments: nothing runs. */
static void test_errors(void **state)
{
    (void)state;
    const pyramid_case c = {.op = WF_GATHER, .mode = WF_SOFTMAX, .n = 1, .c = 3, .h = 9, .w = 12, .levels = 3};
    tensors t = make_tensors(&c);
    adopt(&t, c.levels);
    wf_stream stream;
    assert_int_equal(wf_begin(device, &stream), WF_OK);

#define REFUSE(...)                                                                                                    \
    do {                                                                                                               \
        wf_device *d = device;                                                                                         \
        wf_operator op = WF_GATHER;                                                                                    \
        wf_pyramid_level levels[3];                                                                                    \
        const wf_pyramid_level *given = levels;                                                                        \
        memcpy(levels, t.levels, sizeof levels);                                                                       \
        wf_tensor input = t.device_input.view, output = t.device_output.view, weight = *levels[1].weight;              \
        wf_tensor alpha = *levels[1].alpha;                                                                            \
        levels[1].weight = &weight, levels[1].alpha = &alpha;                                                          \
        const wf_tensor *from = &input, *to = &output;                                                                 \
        void *workspace = t.workspace;                                                                                 \
        int count = 3;                                                                                                 \
        __VA_ARGS__;                                                                                                   \
        assert_int_equal(wf_pyramid(d, stream, op, given, count, from, to, workspace), WF_ERROR_INVALID_ARGUMENT);     \
    } while (0)

    REFUSE(d = NULL);
    REFUSE(op = WF_OPERATOR_COUNT);
    REFUSE(given = NULL);
    REFUSE(count = 0);
    REFUSE(count = LEVELS + 1);
    REFUSE(from = NULL);
    REFUSE(to = NULL);
    REFUSE(workspace = NULL);
    REFUSE(workspace = (char *)workspace + 4);
    REFUSE(workspace = input.data);
    REFUSE(workspace = output.data);
    REFUSE(workspace = levels[0].weight->data);
    REFUSE(input.dtype = WF_FLOAT16);
    REFUSE(output.dtype = WF_FLOAT16);
    REFUSE(output.size[3] = 11);
    REFUSE(output.data = input.data);
    REFUSE(output.data = NULL);
    REFUSE(input.data = NULL);
    REFUSE(input.size[1] = 0);
    REFUSE(levels[2].filter.kernel_height = 0);
    REFUSE(levels[1].filter.mode = WF_MODE_COUNT);
    REFUSE(levels[1].weight = NULL);
    REFUSE(weight.size[1]--);
    REFUSE(weight.size[2]++);
    REFUSE(weight.data = NULL);
    REFUSE(levels[1].alpha = NULL);
    REFUSE(levels[2].alpha = &alpha);
    REFUSE(count = 2); /* the last one has an alpha then */
    REFUSE(alpha.size[1] = 2);
    REFUSE(alpha.size[3]++);
    REFUSE(alpha.dtype = WF_BFLOAT16);
    REFUSE(alpha.data = NULL);
    REFUSE(output.data = alpha.data);
    assert_int_equal(wf_prepare_pyramid(NULL, WF_GATHER, t.levels, 3, &t.input.view), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_prepare_pyramid(device, WF_GATHER, t.levels, 9, &t.input.view), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_prepare_pyramid(device, WF_GATHER, t.levels, 3, NULL), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_finish(device, stream), WF_OK);

    /* Sizes whose levels cannot be counted, though the tensor itself is small. */
    wf_tensor large = {.data = NULL, .size = {INT32_MAX, INT32_MAX, INT32_MAX, 1}};
    assert_int_equal(wf_prepare_pyramid(device, WF_GATHER, t.levels, 3, &large), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_pyramid_workspace(&large, 3), 0);
    assert_int_equal(wf_pyramid_workspace(NULL, 3), 0);
    assert_int_equal(wf_pyramid_workspace(&t.input.view, 0), 0);
    assert_int_equal(wf_pyramid_workspace(&t.input.view, LEVELS + 1), 0);

    assert_int_equal(run(&t, &c), WF_OK);
    free_tensors(&t, c.levels);
}

int main(int argc, char **argv)
{
    int status = suite_open(argc, argv);
    if (status >= 0)
        return status;
    const struct CMUnitTest tests[] = {
        TEST(test_sizes),   TEST(test_levels),   TEST(test_modes_and_types),
        TEST(test_strides), TEST(test_constant), TEST(test_errors),
    };
    return suite_close(cmocka_run_group_tests_name(argv[1], tests, NULL, NULL));
}
