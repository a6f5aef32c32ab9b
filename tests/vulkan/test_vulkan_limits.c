/* The Vulkan backend at a device's limits: grids that are dispatched in parts, images and strides of many pixels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static void check_case(wf_device *device, const filter_case *c)
{
    problem p = problem_make(c, &random_numbers);
    assert_int_equal(problem_solve(&p, device), WF_OK);
    double error = problem_error(&p);
    if (!(error <= filter_case_limit(c))) {
        char text[256];
        fail_msg("%s: relative error %g", filter_case_describe(c, text), error);
    }
    problem_free(&p);
}

static void download_bilateral(wf_device *device, const float *color, int h, int w, float *weights)
{
    wf_bilateral parameters = wf_bilateral_default(3, 3);
    static const int channels[3] = {3, WF_BILATERAL_SCRATCH_CHANNELS, 9}; /* of color, scratch and weight */
    void *memory[3];
    wf_tensor tensors[3];
    size_t plane = (size_t)h * (size_t)w * sizeof *color;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(wf_alloc(device, (size_t)channels[i] * plane, &memory[i]), WF_OK);
        tensors[i] = wf_dense(memory[i], WF_FLOAT32, 1, channels[i], h, w);
    }
    assert_int_equal(wf_upload(device, memory[0], color, 3 * plane), WF_OK);
    wf_stream stream;
    assert_int_equal(wf_begin(device, &stream), WF_OK);
    assert_int_equal(
        wf_predict_bilateral(device, stream, &parameters, &tensors[0], NULL, NULL, NULL, &tensors[1], &tensors[2]),
        WF_OK);
    assert_int_equal(wf_finish(device, stream), WF_OK);
    assert_int_equal(wf_download(device, weights, memory[2], 9 * plane), WF_OK);
    for (int i = 0; i < 3; i++)
        wf_free(device, memory[i]);
}

/* On a device that takes 3x2 workgroups a dispatch, many are recorded, in both directions. */
static void test_split_grids(void **state)
{
    enum { H = 83, W = 453 };
    fixture *f = *state;
    wf_device *limited;
    interpose.group_limits[0] = 3;
    interpose.group_limits[1] = 2;
    assert_int_equal(open_device(f, 0, &limited), WF_OK);
    for (wf_operator op = WF_GATHER; op < WF_OPERATOR_COUNT; op++) {
        filter_case c = small_case;
        c.op = op, c.h = H, c.w = W, c.kernel_height = 3;
        interpose.dispatches = 0;
        check_case(limited, &c);
        assert_int_equal(interpose.dispatches, 2 * 3 * 11); /* images, 8 groups wide, 21 high */
        c.c = 11, c.dilation = 2;
        check_case(limited, &c);
    }

    float *color = malloc(3 * H * W * sizeof *color);
    float *expected = malloc(9 * H * W * sizeof *expected), *actual = malloc(9 * H * W * sizeof *actual);
    for (int i = 0; i < 3 * H * W; i++)
        color[i] = (float)random_uniform(&random_numbers, 0, 3);
    download_bilateral(f->device, color, H, W, expected);
    download_bilateral(limited, color, H, W, actual);
    assert_memory_equal(actual, expected, 9 * H * W * sizeof *actual);
    free(color);
    free(expected);
    free(actual);
    wf_destroy(limited);
}

/* More than 65535 workgroups, the most that every device takes in a direction. */
static void test_long_images(void **state)
{
    fixture *f = *state;
    for (wf_operator op = WF_GATHER; op < WF_OPERATOR_COUNT; op++) {
        filter_case c = small_case;
        c.op = op, c.n = 1, c.c = 1, c.kernel_height = 1, c.kernel_width = 2;
        c.h = 1, c.w = 65540 * 64;
        check_case(f->device, &c);
        c.kernel_height = 2, c.kernel_width = 1;
        c.h = 65540 * 16, c.w = 1;
        check_case(f->device, &c);
    }
}

/* The planes of two taps in allocations that lie more than 4 GiB apart: 2^31 float16 elements. But for a row each,
 * their memory stays untouched. */
static void test_far_planes(void **state)
{
    enum { MAX_BLOCKS = 8, WIDTH = 3 };
    fixture *f = *state;
    const size_t block_size = (size_t)1 << 30;
    char *blocks[MAX_BLOCKS], *low = NULL, *high = NULL;
    int count = 0;
    while (high - low <= (ptrdiff_t)1 << 32) {
        if (count == MAX_BLOCKS || wf_alloc(f->device, block_size, (void **)&blocks[count]) != WF_OK)
            fail_msg("no two of %d GiB lie 4 GiB apart", count);
        low = count == 0 || blocks[count] < low ? blocks[count] : low;
        high = count == 0 || blocks[count] > high ? blocks[count] : high;
        count++;
    }

    uint16_t weights[2][WIDTH];
    for (int i = 0; i < 2 * WIDTH; i++)
        weights[i / WIDTH][i % WIDTH] = half_from_double(((double[]){9, 1, 2, 3, 4, 5})[i]);
    const float input[WIDTH] = {1, 10, 100};
    float output[WIDTH];
    char *images;
    assert_int_equal(wf_alloc(f->device, 2 * sizeof input, (void **)&images), WF_OK);
    assert_int_equal(wf_upload(f->device, images, input, sizeof input), WF_OK);
    for (int flipped = 0; flipped < 2; flipped++) {
        char *planes[2] = {flipped ? high : low, flipped ? low : high};
        for (int t = 0; t < 2; t++)
            assert_int_equal(wf_upload(f->device, planes[t], weights[t], sizeof weights[t]), WF_OK);
        wf_filter filter = {.kernel_height = 1, .kernel_width = 2, .dilation = 1, .groups = 1};
        wf_tensor in = wf_dense(images, WF_FLOAT32, 1, 1, 1, WIDTH);
        wf_tensor out = wf_dense(images + sizeof input, WF_FLOAT32, 1, 1, 1, WIDTH);
        wf_tensor weight = wf_dense(planes[0], WF_FLOAT16, 1, 2, 1, WIDTH);
        weight.stride[1] = (planes[1] - planes[0]) / (ptrdiff_t)sizeof **weights;
        wf_stream stream;
        assert_int_equal(wf_begin(f->device, &stream), WF_OK);
        assert_int_equal(wf_gather(f->device, stream, &filter, &in, &weight, NULL, &out, NULL), WF_OK);
        assert_int_equal(wf_finish(f->device, stream), WF_OK);
        assert_int_equal(wf_download(f->device, output, out.data, sizeof output), WF_OK);
        assert_memory_equal(output, ((float[]){3, 1 + 40, 20 + 500}), sizeof output);
    }
    wf_free(f->device, images);
    while (count)
        wf_free(f->device, blocks[--count]);
}

/* Strides in H and W that do not fit into 32 bits. */
static void test_long_strides(void **state)
{
    fixture *f = *state;
    void *memory;
    assert_int_equal(wf_alloc(f->device, 1000, &memory), WF_OK);
    const wf_filter filter = {.kernel_height = 1, .kernel_width = 1, .dilation = 1, .groups = 1};
    for (int axis = 2; axis < 4; axis++) {
        wf_tensor input = wf_dense(memory, WF_FLOAT32, 1, 1, 2, 2);
        wf_tensor weight = wf_dense((char *)memory + 100, WF_FLOAT32, 1, 1, 2, 2);
        wf_tensor output = wf_dense((char *)memory + 200, WF_FLOAT32, 1, 1, 2, 2);
        wf_stream stream;
        assert_int_equal(wf_begin(f->device, &stream), WF_OK);
        weight.stride[axis] = (int64_t)1 << 31;
        const char *text = axis == 2 ? "weight has stride 2147483648 in H, the vulkan backend takes"
                                     : "weight has stride 2147483648 in W, the vulkan backend takes";
        check_error(f, wf_gather(f->device, stream, &filter, &input, &weight, NULL, &output, NULL),
                    WF_ERROR_UNSUPPORTED, text);
        check_error(f,
                    wf_backward(f->device, stream, WF_GATHER, &filter,
                                &(wf_gradients){
                                    .input = &input, .weight = &weight, .grad_output = &input, .grad_input = &output}),
                    WF_ERROR_UNSUPPORTED, text);
        assert_int_equal(wf_finish(f->device, stream), WF_OK);
    }
    wf_free(f->device, memory);
}

int main(void)
{
    int status = fixture_open();
    if (status != 0)
        return status;
    const struct CMUnitTest tests[] = {
        TEST(test_split_grids),
        TEST(test_long_images),
        TEST(test_far_planes),
        TEST(test_long_strides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
