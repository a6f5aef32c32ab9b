/* The operator's suite: test_filter BACKEND checks cpu, vulkan or cuda through the public API, and nothing in it knows
 * more of the backend than its name. suite.h says when it skips itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "suite.h"

static unsigned needs_of(const filter_case *c)
{
    const tensor_layout layouts[] = {c->input_layout, c->weight_layout, c->output_layout};
    unsigned needs = suite_type_needs(c->dtype) | suite_type_needs(c->weight_dtype);
    for (int i = 0; i < 3; i++)
        needs |= layouts[i] == LAYOUT_CHANNELS_LAST || layouts[i] == LAYOUT_EVERY_OTHER ? SUITE_ANY_STRIDE : 0;
    return needs;
}

static void check_case(const filter_case *c)
{
    char text[256];
    if (!suite_takes_case())
        return;
    problem p = problem_make(c, &random_numbers);
    wf_result result = problem_solve(&p, device);
    if (suite_refused(needs_of(c), result)) {
        problem_free(&p);
        return;
    }
    if (result != WF_OK)
        fail_msg("%s: refused", filter_case_describe(c, text));
    double error = problem_error(&p);
    if (!(error <= filter_case_limit(c)))
        fail_msg("%s: relative error %g", filter_case_describe(c, text), error);
    if (!host_tensor_padding_intact(&p.output))
        fail_msg("%s: wrote outside of the output", filter_case_describe(c, text));
    problem_free(&p);
}

/* ---- Values worked out by hand ----------------------------------------------------------------------------------- */

/* One row of three pixels, 1x2 taps, so offsets -1 and 0. */
static void check_row(wf_operator op, wf_mode mode, const float weights[6], const float expected[3])
{
    filter_case c = basic_case(op);
    c.mode = mode, c.n = 1, c.c = 1, c.h = 1, c.w = 3, c.kernel_height = 1, c.kernel_width = 2, c.has_bias = 1;
    problem p = problem_make(&c, &random_numbers);
    static const float input[3] = {1, 10, 100};
    memcpy(p.input.view.data, input, sizeof input);
    memcpy(p.weight.view.data, weights, 6 * sizeof *weights);
    host_tensor_fill(&p.bias, 0.5);
    assert_int_equal(problem_solve(&p, device), WF_OK);
    for (int x = 0; x < 3; x++)
        assert_float_equal(host_tensor_get(&p.output, 0, 0, 0, x), expected[x], 1e-4 * fabsf(expected[x]));
    problem_free(&p);
}

static void test_by_hand(void **state)
{
    (void)state;
    /* The tap to the left of each pixel, then the pixel itself. The first left tap lies outside. */
    const float weights[6] = {7, 2, 3, 4, 5, 6};
    check_row(WF_GATHER, WF_LINEAR, weights, (float[]){0.5f + 4 * 1, 0.5f + 2 * 1 + 5 * 10, 0.5f + 3 * 10 + 6 * 100});
    check_row(WF_SPLAT, WF_LINEAR, weights, (float[]){0.5f + 4 * 1 + 2 * 10, 0.5f + 5 * 10 + 3 * 100, 0.5f + 6 * 100});
    check_row(WF_GATHER, WF_NORMALIZED, weights, (float[]){0.5f + 1, 0.5f + 52 / 7.0f, 0.5f + 630 / 9.0f});
    check_row(WF_SPLAT, WF_NORMALIZED, weights, (float[]){0.5f + 24 / 6.0f, 0.5f + 350 / 8.0f, 0.5f + 100});
    const float logits[6] = {80, 0, logf(3), 1, logf(3), 0};
    check_row(WF_GATHER, WF_SOFTMAX, logits, (float[]){0.5f + 1, 0.5f + 31 / 4.0f, 0.5f + 130 / 4.0f});
    const float splat_logits[6] = {80, 0, logf(3), logf(3), 0, -50};
    check_row(WF_SPLAT, WF_SOFTMAX, splat_logits, (float[]){0.5f + 13 / 4.0f, 0.5f + 310 / 4.0f, 0.5f + 100});
}

/* ---- Against the reference --------------------------------------------------------------------------------------- */

typedef struct kernel_size {
    int height, width;
} kernel_size;

/* In rows that start at multiples of 16 bytes, too: a backend may have another kernel for those. */
static void check_unaligned_and_aligned(filter_case c)
{
    check_case(&c);
    c.w = 136;
    check_case(&c);
}

static void test_kernel_sizes(void **state)
{
    (void)state;
    static const kernel_size sizes[] = {{1, 1},   {2, 2},   {3, 3},   {4, 4}, {5, 5}, {6, 6}, {7, 7},  {9, 9}, {11, 11},
                                        {13, 13}, {17, 17}, {21, 21}, {3, 5}, {1, 7}, {4, 3}, {21, 5}, {2, 9}};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        FOR_EACH_OPERATOR(op)
        {
            filter_case c = basic_case(op);
            c.kernel_height = sizes[i].height, c.kernel_width = sizes[i].width;
            c.h = 25, c.w = 41;
            check_unaligned_and_aligned(c);
        }
    }
}

/* Kernels beyond every specialization, up to the longest. */
static void test_long_kernels(void **state)
{
    (void)state;
    static const kernel_size sizes[] = {{23, 22}, {1, WF_MAX_KERNEL}, {WF_MAX_KERNEL, 2}};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        FOR_EACH_OPERATOR(op)
        {
            filter_case c = basic_case(op);
            c.kernel_height = sizes[i].height, c.kernel_width = sizes[i].width;
            c.n = 1, c.w = 29;
            check_case(&c);
        }
    }
}

static void test_modes(void **state)
{
    (void)state;
    static const kernel_size sizes[] = {{1, 1}, {4, 4}, {5, 5}, {3, 5}, {13, 13}, {21, 21}};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (wf_mode mode = WF_NORMALIZED; mode < WF_MODE_COUNT; mode++) {
            FOR_EACH_OPERATOR(op)
            {
                filter_case c = basic_case(op);
                c.mode = mode;
                c.kernel_height = sizes[i].height, c.kernel_width = sizes[i].width;
                c.has_bias = i % 2 == 0;
                check_unaligned_and_aligned(c);
            }
        }
    }
}

/* Every pair of types that images and weights may have. */
static void test_types(void **state)
{
    (void)state;
    static const kernel_size sizes[] = {{3, 3}, {4, 4}, {5, 5}, {3, 5}, {21, 21}};
    static const wf_dtype types[][2] = {{WF_FLOAT16, WF_FLOAT16},
                                        {WF_FLOAT32, WF_FLOAT16},
                                        {WF_BFLOAT16, WF_BFLOAT16},
                                        {WF_FLOAT32, WF_BFLOAT16},
                                        {WF_FLOAT64, WF_FLOAT64}};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (size_t j = 0; j < LENGTH(types); j++) {
            for (wf_mode mode = WF_LINEAR; mode < (i == 2 ? WF_MODE_COUNT : WF_NORMALIZED); mode++) {
                FOR_EACH_OPERATOR(op)
                {
                    filter_case c = basic_case(op);
                    c.mode = mode;
                    c.dtype = types[j][0], c.weight_dtype = types[j][1];
                    c.kernel_height = sizes[i].height, c.kernel_width = sizes[i].width;
                    check_unaligned_and_aligned(c);
                }
            }
        }
    }
}

/* Softmax of float16 logits away from the image's borders, too, where there may be other code. */
static void test_half_logits(void **state)
{
    (void)state;
    static const int widths[] = {3, 11};
    for (size_t i = 0; i < LENGTH(widths); i++) {
        for (wf_dtype dtype = WF_FLOAT32; dtype <= WF_FLOAT16; dtype++) {
            FOR_EACH_OPERATOR(op)
            {
                filter_case c = basic_case(op);
                c.mode = WF_SOFTMAX, c.dtype = dtype, c.weight_dtype = WF_FLOAT16;
                c.n = 1, c.h = 24, c.w = 420;
                c.kernel_height = c.kernel_width = widths[i];
                check_unaligned_and_aligned(c);
            }
        }
    }
}

/* float16 values too small to be normal count in full, in images and in weights. */
static void test_subnormal_halves(void **state)
{
    (void)state;
    for (wf_dtype dtype = WF_FLOAT32; dtype <= WF_FLOAT16; dtype++) {
        FOR_EACH_OPERATOR(op)
        {
            filter_case c = basic_case(op);
            c.dtype = dtype, c.weight_dtype = WF_FLOAT16, c.has_bias = 0;
            problem p = problem_make(&c, &random_numbers);
            host_tensor_randomize(dtype == WF_FLOAT16 ? &p.input : &p.weight, &random_numbers, -6e-5, 6e-5);
            assert_int_equal(problem_solve(&p, device), WF_OK);
            assert_true(problem_error(&p) <= filter_case_limit(&c));
            problem_free(&p);
        }
    }
}

/* float16 outputs: rounded to nearest even, and infinite beyond the largest. */
static void test_rounding_to_half(void **state)
{
    (void)state;
    static const double products[][3] = {/* input, weight, output */
                                         {65504, 1, 65504},
                                         {65504, 1.0009765625, INFINITY},
                                         {-60000, 2, -INFINITY},
                                         {1025.0 / 1024, 1.5, 1538.0 / 1024},
                                         {1027.0 / 1024, 1.5, 1540.0 / 1024},
                                         {0x1p-24, 1, 0x1p-24},
                                         {0x1p-14, 0.5, 0x1p-15},
                                         {0x3p-24, 0.5, 0x1p-23},
                                         {0x1p-24, 0.5, 0},
                                         {0x1p-24, 0.75, 0x1p-24}};
    filter_case c = basic_case(WF_GATHER);
    c.dtype = c.weight_dtype = WF_FLOAT16;
    c.n = c.c = c.h = 1, c.w = LENGTH(products), c.kernel_height = c.kernel_width = 1, c.has_bias = 0;
    problem p = problem_make(&c, &random_numbers);
    for (int x = 0; x < c.w; x++) {
        host_tensor_set(&p.input, 0, 0, 0, x, products[x][0]);
        host_tensor_set(&p.weight, 0, 0, 0, x, products[x][1]);
    }
    assert_int_equal(problem_solve(&p, device), WF_OK);
    for (int x = 0; x < c.w; x++) {
        double actual = host_tensor_get(&p.output, 0, 0, 0, x);
        if (actual != products[x][2])
            fail_msg("%g * %g is %g, needs %g", products[x][0], products[x][1], actual, products[x][2]);
    }
    problem_free(&p);
}

/* Small, thin and prime images, and those one short of, equal to and one over common tile sizes. */
static void test_image_sizes(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1},   {1, 2},   {2, 1},  {1, 53},  {53, 1},  {2, 2},   {3, 3},
                                   {7, 127}, {127, 7}, {8, 31}, {7, 32},  {9, 33},  {31, 5},  {32, 4},
                                   {33, 3},  {4, 63},  {5, 64}, {6, 65},  {16, 9},  {15, 17}, {17, 8},
                                   {3, 128}, {4, 129}, {64, 6}, {65, 11}, {2, 521}, {3, 1031}};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (int kernel = 4; kernel <= 5; kernel++) {
            FOR_EACH_OPERATOR(op)
            {
                filter_case c = basic_case(op);
                c.n = 1, c.h = sizes[i][0], c.w = sizes[i][1];
                c.kernel_height = c.kernel_width = kernel;
                check_case(&c);
            }
        }
    }
}

/* More images, and more rows, than a grid of workgroups has in each direction but the first. */
static void test_many_images_and_rows(void **state)
{
    (void)state;
    static const int sizes[][3] = {{65537, 1, 4}, {1, 65536 * 4 + 1, 4}};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        FOR_EACH_OPERATOR(op)
        {
            filter_case c = basic_case(op);
            c.n = sizes[i][0], c.h = sizes[i][1], c.w = sizes[i][2];
            c.c = 1, c.kernel_height = c.kernel_width = 3;
            check_case(&c);
        }
    }
}

static void test_kernel_larger_than_image(void **state)
{
    (void)state;
    for (wf_mode mode = WF_LINEAR; mode < WF_MODE_COUNT; mode++) {
        FOR_EACH_OPERATOR(op)
        {
            filter_case c = basic_case(op);
            c.mode = mode, c.h = 3, c.w = 7, c.kernel_height = c.kernel_width = 21;
            check_unaligned_and_aligned(c);
        }
    }
}

static void test_channels_and_batches(void **state)
{
    (void)state;
    static const int channels[] = {1, 2, 3, 4, 5, 6, 7, 8, 11, 16, 35, 67};
    for (size_t i = 0; i < LENGTH(channels); i++) {
        FOR_EACH_OPERATOR(op)
        {
            filter_case c = basic_case(op);
            c.c = channels[i], c.n = 1 + (int)i % 3, c.has_bias = i % 3 != 1;
            check_unaligned_and_aligned(c);
            c.mode = WF_SOFTMAX;
            if (channels[i] == 1 || channels[i] == 35)
                check_unaligned_and_aligned(c);
        }
    }
}

/* A backend may divide images of many channels otherwise: by channels, and into parts that take turns. */
static void test_many_channels(void **state)
{
    (void)state;
    static const struct {
        int n, c, h, w, kernel_height, kernel_width;
    } shapes[] = {{1, 16, 70, 72, 5, 5},   {80, 12, 19, 72, 3, 3},  {1, 33, 41, 40, 21, 21},
                  {2, 16, 37, 64, 21, 21}, {1, 24, 50, 132, 9, 17}, {1, 65, 23, 40, 6, 8}};
    for (size_t i = 0; i < LENGTH(shapes); i++) {
        FOR_EACH_OPERATOR(op)
        {
            for (int half = 0; half < 2; half++) {
                filter_case c = basic_case(op);
                c.mode = (wf_mode)((i + op + half) % WF_MODE_COUNT);
                c.n = shapes[i].n, c.c = shapes[i].c, c.h = shapes[i].h, c.w = shapes[i].w;
                c.kernel_height = shapes[i].kernel_height, c.kernel_width = shapes[i].kernel_width;
                if (half)
                    c.weight_dtype = WF_FLOAT16;
                check_case(&c);
            }
        }
    }
}

/* Kernels' rows may unroll by their width and share sources with the row of pixels below: down several steps, with
 * channels that fill no team of threads. */
static void test_many_channels_of_each_width(void **state)
{
    (void)state;
    static const int kernels[][2] = {{1, 3},   {3, 3},  {5, 5},  {2, 7},  {9, 9},
                                     {11, 11}, {4, 13}, {3, 17}, {2, 21}, {12, 12}};
    static const int channels[] = {5, 9, 18, 19, 38, 8, 17};
    static const wf_dtype types[][2] = {
        {WF_FLOAT32, WF_FLOAT32}, {WF_FLOAT32, WF_FLOAT16}, {WF_FLOAT16, WF_FLOAT16}, {WF_BFLOAT16, WF_BFLOAT16}};
    for (size_t i = 0; i < LENGTH(kernels); i++) {
        for (size_t type = 0; type < LENGTH(types); type++) {
            FOR_EACH_OPERATOR(op)
            {
                const size_t turn = i + 3 * type + op;
                filter_case c = basic_case(op);
                c.mode = turn % 4 == 3 ? (wf_mode)(WF_NORMALIZED + turn % 8 / 4) : WF_LINEAR;
                c.dtype = types[type][0], c.weight_dtype = types[type][1];
                c.c = channels[turn % LENGTH(channels)], c.h = i % 2 ? 53 : 34, c.w = i % 3 ? 88 : 144;
                c.kernel_height = kernels[i][0], c.kernel_width = kernels[i][1];
                check_case(&c);
            }
        }
    }
}

/* Every layout of every tensor by itself, and all tensors strided at once, for each storage type. */
static void test_strides(void **state)
{
    (void)state;
    FOR_EACH_OPERATOR(op)
    {
        for (int which = 0; which < 4; which++) {
            for (tensor_layout layout = LAYOUT_PADDED_ROWS; layout < LAYOUT_COUNT; layout++) {
                filter_case c = basic_case(op);
                c.dtype = c.weight_dtype = layout % 2 ? WF_FLOAT32 : WF_FLOAT16;
                if (which == 0 || which == 3)
                    c.input_layout = layout;
                if (which == 1 || which == 3)
                    c.weight_layout = layout;
                if (which >= 2)
                    c.output_layout = layout == LAYOUT_EXPANDED ? LAYOUT_PADDED_ROWS : layout;
                check_case(&c);
            }
        }
    }
}

/* Channels-last images of every type and many channels, which are staged in parts. */
static void test_channels_last(void **state)
{
    (void)state;
    static const int channels[] = {3, 16, 70};
    for (size_t i = 0; i < LENGTH(channels); i++) {
        for (wf_dtype dtype = WF_FLOAT32; dtype < WF_DTYPE_COUNT; dtype++) {
            FOR_EACH_OPERATOR(op)
            {
                filter_case c = basic_case(op);
                c.dtype = c.weight_dtype = dtype;
                c.c = channels[i], c.dilation = i == 1 ? 40 : 1, c.w = 300, c.h = 5;
                c.input_layout = c.output_layout = LAYOUT_CHANNELS_LAST;
                check_case(&c);
            }
        }
    }
}

static void test_groups(void **state)
{
    (void)state;
    static const int channels_and_groups[][2] = {{4, 2}, {3, 3}, {5, 2}, {7, 3}, {2, 3}, {70, 1}};
    for (size_t i = 0; i < LENGTH(channels_and_groups); i++) {
        for (wf_mode mode = WF_LINEAR; mode < WF_MODE_COUNT; mode++) {
            FOR_EACH_OPERATOR(op)
            {
                filter_case c = basic_case(op);
                c.mode = mode, c.c = channels_and_groups[i][0], c.groups = channels_and_groups[i][1];
                check_case(&c);
            }
        }
    }
}

static void test_dilation(void **state)
{
    (void)state;
    for (int dilation = 2; dilation <= 3; dilation++) {
        for (int kernel = 4; kernel <= 5; kernel++) {
            for (wf_mode mode = WF_LINEAR; mode < (kernel == 5 ? WF_MODE_COUNT : WF_NORMALIZED); mode++) {
                FOR_EACH_OPERATOR(op)
                {
                    filter_case c = basic_case(op);
                    c.mode = mode, c.dilation = dilation, c.kernel_height = c.kernel_width = kernel;
                    check_case(&c);
                    c.h = 5, c.w = 6;
                    check_case(&c);
                }
            }
        }
    }
    FOR_EACH_OPERATOR(op)
    {
        filter_case c = basic_case(op);
        c.dilation = WF_MAX_DILATION;
        check_case(&c);
    }
}

/* The same work twice gives the same bits. */
static void test_repeatable(void **state)
{
    (void)state;
    for (wf_mode mode = WF_LINEAR; mode < WF_MODE_COUNT; mode++) {
        FOR_EACH_OPERATOR(op)
        {
            filter_case c = basic_case(op);
            c.mode = mode;
            problem p = problem_make(&c, &random_numbers);
            assert_int_equal(problem_solve(&p, device), WF_OK);
            double *first = host_tensor_values(&p.output);
            host_tensor_fill(&p.output, NAN);
            assert_int_equal(problem_solve(&p, device), WF_OK);
            double *second = host_tensor_values(&p.output);
            assert_memory_equal(first, second, (size_t)host_tensor_count(&p.output) * sizeof *first);
            free(first);
            free(second);
            problem_free(&p);
        }
    }
}

/* Two operations in one stream, the second reading what the first wrote. */
static void test_barrier(void **state)
{
    (void)state;
    FOR_EACH_OPERATOR(op)
    {
        filter_case shape = basic_case(op);
        problem first = problem_make(&shape, &random_numbers), second = problem_make(&shape, &random_numbers);
        assert_int_equal(problem_upload(&first, device), WF_OK);
        assert_int_equal(problem_upload(&second, device), WF_OK);
        device_tensor unused = second.device_input;
        second.device_input = first.device_output;

        wf_stream stream;
        assert_int_equal(wf_begin(device, &stream), WF_OK);
        assert_int_equal(problem_apply(&first, device, stream), WF_OK);
        assert_int_equal(wf_barrier(device, stream), WF_OK);
        assert_int_equal(problem_apply(&second, device, stream), WF_OK);
        assert_int_equal(wf_finish(device, stream), WF_OK);
        assert_int_equal(problem_download(&first, device), WF_OK);
        assert_int_equal(problem_download(&second, device), WF_OK);

        assert_true(problem_error(&first) <= 1e-5);
        memcpy(second.input.storage, first.output.storage, first.output.size);
        assert_true(problem_error(&second) <= 1e-5);
        second.device_input = unused;
        problem_free_on(&first, device);
        problem_free_on(&second, device);
        problem_free(&first);
        problem_free(&second);
    }
}

/* ---- Programs ---------------------------------------------------------------------------------------------------- */

static void test_prepare(void **state)
{
    (void)state;
    filter_case c = basic_case(WF_GATHER);
    wf_filter filter = filter_case_filter(&c);
    wf_tensor input = wf_dense(NULL, WF_FLOAT32, 1, 3, 8, 8), weight = wf_dense(NULL, WF_FLOAT32, 1, 25, 8, 8);
    FOR_EACH_OPERATOR(op)
    assert_int_equal(wf_prepare(device, op, &filter, &input, &weight), WF_OK);
    assert_int_equal(wf_prepare_gather_splat(device, &filter, &input, &weight), WF_OK);
    wf_bilateral parameters = wf_bilateral_default(5, 5);
    assert_int_equal(wf_prepare_bilateral(device, &parameters, WF_FLOAT32), WF_OK);
    assert_int_equal(wf_prepare_bilateral(device, &parameters, WF_FLOAT16), WF_OK);
}

static void test_memory(void **state)
{
    (void)state;
    unsigned char sent[1000], received[1000];
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (unsigned char)random_uniform(&random_numbers, 0, 256);
    void *memory, *other;
    assert_int_equal(wf_alloc(device, sizeof sent, &memory), WF_OK);
    assert_int_equal(wf_alloc(device, 1, &other), WF_OK);
    assert_int_equal((uintptr_t)memory % 256, 0);
    assert_int_equal((uintptr_t)other % 256, 0);
    assert_int_equal(wf_upload(device, memory, sent, sizeof sent), WF_OK);
    assert_int_equal(wf_upload(device, (char *)memory + 500, sent, 300), WF_OK);
    assert_int_equal(wf_download(device, received, memory, sizeof received), WF_OK);
    assert_memory_equal(received, sent, 500);
    assert_memory_equal(received + 500, sent, 300);
    assert_memory_equal(received + 800, sent + 800, 200);
    assert_int_equal(wf_download(device, received, (char *)memory + 700, 100), WF_OK);
    assert_memory_equal(received, sent + 200, 100);
    wf_free(device, memory);
    wf_free(device, other);
    wf_free(device, NULL);
}

static void test_info(void **state)
{
    (void)state;
    wf_device_info info;
    assert_int_equal(wf_get_info(device, &info), WF_OK);
    assert_int_equal(info.backend, backend);
    assert_true(strlen(info.name) > 0);
    assert_true(strlen(info.driver) > 0);
    printf("device %s, %s\n", info.name, info.driver);
}

/* What ran last, until something else does. */
static void test_last_kernel(void **state)
{
    (void)state;
    static const char *const first[WF_BACKEND_COUNT] = {[WF_CPU] = "filter_rows", [WF_VULKAN] = "gather"};
    const filter_case shape = basic_case(WF_GATHER);
    problem p = problem_make(&shape, &random_numbers);
    assert_int_equal(problem_solve(&p, device), WF_OK);
    const char *kernel = wf_last_kernel(device, 0);
    assert_non_null(kernel);
    if (backend == WF_CUDA)
        assert_true(!strcmp(kernel, "filter_tiles") || !strcmp(kernel, "filter_pixels"));
    else
        assert_string_equal(kernel, first[backend]);
    for (int index = 1; index < 100; index++)
        assert_null(wf_last_kernel(device, index));
    assert_null(wf_last_kernel(device, -1));
    assert_null(wf_last_kernel(NULL, 0));
    problem_free(&p);
}

int main(int argc, char **argv)
{
    int status = suite_open(argc, argv);
    if (status >= 0)
        return status;
    const struct CMUnitTest tests[] = {
        TEST(test_info),
        TEST(test_last_kernel),
        TEST(test_memory),
        TEST(test_prepare),
        TEST(test_by_hand),
        TEST(test_kernel_sizes),
        TEST(test_long_kernels),
        TEST(test_modes),
        TEST(test_types),
        TEST(test_half_logits),
        TEST(test_subnormal_halves),
        TEST(test_rounding_to_half),
        TEST(test_image_sizes),
        TEST(test_many_images_and_rows),
        TEST(test_kernel_larger_than_image),
        TEST(test_channels_and_batches),
        TEST(test_many_channels),
        TEST(test_many_channels_of_each_width),
        TEST(test_strides),
        TEST(test_channels_last),
        TEST(test_groups),
        TEST(test_dilation),
        TEST(test_repeatable),
        TEST(test_barrier),
    };
    return suite_close(cmocka_run_group_tests_name(argv[1], tests, NULL, NULL));
}
