/* Networks on a backend: the answers that their files hold, and frames of many sizes and contents against the CPU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"
#include "tensors.h"
#include "wf_network.h"

enum { LAYERS = 4, IMAGES = 2, TENSORS = LAYERS + IMAGES, PLANES = 16 };

static const int channels[TENSORS] = {3, 3, 3, 1, 3, 3};
static const char *const networks[] = {"tiny", "uneven", "single", "lifted", "steep"};
enum { NETWORK_COUNT = sizeof networks / sizeof *networks };

static wf_device *reference;

static double tolerance(void)
{
    return backend == WF_CPU ? 1e-4 : 1e-2;
}

/* Products of matrices as wf_network.h's WF_VULKAN_MATRICES has them. */
static int is_emulated(void)
{
    const char *matrices = getenv("WF_VULKAN_MATRICES");
    return matrices && !strcmp(matrices, "emulated");
}

static wf_network *open_network(const char *name)
{
    char path[512];
    wf_network *network;
    snprintf(path, sizeof path, NETWORKS "%s.safetensors", name);
    assert_int_equal(wf_network_open(NULL, path, &network), WF_OK);
    return network;
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

/* Layers and images, dense, and which guides there are. */
typedef struct frame {
    int width, height;
    unsigned missing; /* bit of each layer or image */
    float *data;
} frame;

static size_t pixels_of(const frame *f)
{
    return (size_t)f->width * (size_t)f->height;
}

static frame make_frame(int width, int height)
{
    frame f = {.width = width, .height = height};
    f.data = malloc(PLANES * pixels_of(&f) * sizeof *f.data);
    assert_non_null(f.data);
    for (size_t i = 0; i < PLANES * pixels_of(&f); i++) {
        const size_t plane = i / pixels_of(&f);
        const double v = random_uniform(&random_numbers, 0, 1);
        f.data[i] = (float)(plane < 3 ? 4 * v * v * v * v : plane < 6 ? v : plane < 9 ? 2 * v - 1 : 1 + 9 * v);
    }
    return f;
}

/* Images become NaN first. apart: each step by itself. */
static void denoise_in_pieces(wf_device *on, const wf_network *network, frame *f, int apart)
{
    const size_t count = PLANES * pixels_of(f), size = count * sizeof *f->data;
    for (size_t i = 10 * pixels_of(f); i < count; i++)
        f->data[i] = NAN;
    void *memory;
    wf_tensor tensors[TENSORS];
    assert_int_equal(wf_alloc(on, size, &memory), WF_OK);
    assert_int_equal(wf_upload(on, memory, f->data, size), WF_OK);
    float *at = memory;
    for (int i = 0; i < TENSORS; at += (size_t)channels[i++] * pixels_of(f))
        tensors[i] = wf_dense(at, WF_FLOAT32, 1, channels[i], f->height, f->width);
    const wf_tensor *layers[TENSORS];
    for (int i = 0; i < TENSORS; i++)
        layers[i] = f->missing >> i & 1 ? NULL : &tensors[i];
    const wf_frame call = {layers[0], layers[1], layers[2], layers[3], layers[4], layers[5]};
    wf_denoiser *denoiser;
    wf_stream stream;
    assert_int_equal(wf_denoiser_create(on, network, f->width, f->height, &denoiser), WF_OK);
    const int steps = wf_denoiser_steps(denoiser), piece = apart ? 1 : steps;
    for (int i = 0; i < 2 * steps; i += piece) { /* the second frame finds what the first one left */
        const int first = i % steps, last = first + piece;
        assert_int_equal(wf_begin(on, &stream), WF_OK);
        assert_int_equal(apart ? wf_denoise_steps(denoiser, stream, &call, first, last)
                               : wf_denoise(denoiser, stream, &call),
                         WF_OK);
        assert_int_equal(wf_finish(on, stream), WF_OK);
    }
    wf_denoiser_destroy(denoiser);
    assert_int_equal(wf_download(on, f->data, memory, size), WF_OK);
    wf_free(on, memory);
}

static void denoise_on(wf_device *on, const wf_network *network, frame *f)
{
    denoise_in_pieces(on, network, f, 0);
}

static double *images_of(const frame *f)
{
    const size_t count = 6 * pixels_of(f);
    double *images = malloc(count * sizeof *images);
    assert_non_null(images);
    for (size_t i = 0; i < count; i++)
        images[i] = f->data[10 * pixels_of(f) + i];
    return images;
}

/* The frame on the device and on the CPU; frees it. */
static void compare(const wf_network *network, frame *f)
{
    const int64_t count = 6 * (int64_t)pixels_of(f);
    denoise_on(reference, network, f);
    double *expected = images_of(f);
    denoise_on(device, network, f);
    double *actual = images_of(f);
    const double error = relative_error(actual, expected, count);
    if (!(error <= tolerance()))
        fail_msg("%dx%d: the error is %g", f->width, f->height, error);
    for (int64_t i = 0; i < count; i++)
        assert_true(isfinite(actual[i]));
    free(expected);
    free(actual);
    free(f->data);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

static void test_reference(void **state)
{
    (void)state;
    for (int i = 0; i < NETWORK_COUNT; i++) {
        wf_network *network = open_network(networks[i]);
        double difference = NAN;
        assert_int_equal(wf_network_check(device, network, &difference), WF_OK);
        if (!(difference <= tolerance()))
            fail_msg("%s differs from its reference by %g", networks[i], difference);
        wf_network_close(network);
    }
}

static void test_sizes(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {2, 1}, {1, 3}, {5, 2}, {16, 16}, {17, 33}, {64, 7}, {131, 70}, {33, 129}};
    for (int i = 0; i < NETWORK_COUNT; i++) {
        wf_network *network = open_network(networks[i]);
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            if (!suite_takes_case())
                continue;
            frame f = make_frame(sizes[s][0], sizes[s][1]);
            compare(network, &f);
        }
        wf_network_close(network);
    }
}

/* Layers as wide as real ones: of even sizes on every level, of odd ones, and of odd heights alone; a half of each is
 * that, too, and still of several tiles. */
static void test_bundled(void **state)
{
    (void)state;
    const int scale = is_emulated() ? 2 : 1;
    static const int sizes[][2] = {{96, 64}, {90, 58}, {96, 84}};
    wf_network *network = open_network("../../../assets/networks/kpn");
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        if (!suite_takes_case())
            continue;
        frame f = make_frame(sizes[s][0] / scale, sizes[s][1] / scale);
        compare(network, &f);
    }
    wf_network_close(network);
}

static void compare_size(const char *name, int width, int height)
{
    wf_network *network = open_network(name);
    frame f = make_frame(width, height);
    compare(network, &f);
    wf_network_close(network);
}

/* Of more tiles than a GPU works on at once, and of so many rows that CUDA shares them out in other ones. */
static void test_many_tiles(void **state)
{
    (void)state;
    const int count = backend == WF_CUDA ? NETWORK_COUNT : 1;
    for (int i = 0; i < count; i++) {
        if (suite_takes_case())
            compare_size(networks[i], 389, 181);
    }
    if (backend == WF_CUDA)
        compare_size("../../../assets/networks/kpn", 4, 2400);
}

/* A device may work on several steps at once: the frame is that of each one by itself. Products that are emulated are
 * never those of a device that does, and slow. */
static void test_pieces(void **state)
{
    (void)state;
    wf_network *network = open_network("tiny");
    const int scale = is_emulated() ? 4 : 1;
    frame f = make_frame(640 / scale, 360 / scale);
    const size_t size = 6 * pixels_of(&f) * sizeof *f.data;
    float *expected = malloc(size);
    assert_non_null(expected);
    denoise_in_pieces(device, network, &f, 1);
    memcpy(expected, f.data + 10 * pixels_of(&f), size);
    denoise_on(device, network, &f);
    assert_memory_equal(f.data + 10 * pixels_of(&f), expected, size);
    free(expected);
    free(f.data);
    wf_network_close(network);
}

static void test_missing_guides(void **state)
{
    (void)state;
    wf_network *network = open_network("tiny");
    for (unsigned missing = 2; missing < 16; missing += 2) {
        frame f = make_frame(37, 21);
        f.missing = missing;
        compare(network, &f);
    }
    wf_network_close(network);
}

/* One image is what it is beside the other one, which is not touched. */
static void test_one_operator(void **state)
{
    (void)state;
    for (int i = 0; i < NETWORK_COUNT; i++) {
        if (!suite_takes_case())
            continue;
        wf_network *network = open_network(networks[i]);
        frame f = make_frame(47, 30);
        denoise_on(device, network, &f);
        double *both = images_of(&f);
        const int64_t count = 3 * (int64_t)pixels_of(&f);
        for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
            f.missing = 1u << (LAYERS + 1 - op);
            denoise_on(device, network, &f);
            double *one = images_of(&f);
            assert_memory_equal(one + op * count, both + op * count, (size_t)count * sizeof *one);
            for (int64_t k = 0; k < count; k++)
                assert_true(isnan(one[(1 - op) * count + k]));
            free(one);
        }
        free(both);
        free(f.data);
        wf_network_close(network);
    }
}

static void set_plane(frame *f, int first, int last, float value)
{
    for (size_t i = (size_t)first * pixels_of(f); i < (size_t)last * pixels_of(f); i++)
        f->data[i] = value;
}

static void test_contents(void **state)
{
    (void)state;
    wf_network *network = open_network("tiny");
    for (int kind = 0; kind < 5; kind++) {
        frame f = make_frame(50, 40);
        if (kind == 0)
            set_plane(&f, 0, 10, 0);
        if (kind == 1)
            set_plane(&f, 0, 3, 1e6f);
        if (kind == 2)
            set_plane(&f, 3, 6, 2); /* albedo is clamped */
        if (kind == 3)
            set_plane(&f, 9, 10, 1e10f); /* nothing was hit */
        if (kind == 4)
            f.data[777] = 1e20f; /* a firefly */
        compare(network, &f);
    }
    wf_network_close(network);
}

static void test_holes(void **state)
{
    (void)state;
    static const float values[] = {NAN, INFINITY, -INFINITY, 2e30f, -3e38f};
    wf_network *network = open_network("tiny");
    frame f = make_frame(41, 35);
    for (int i = 0; i < 60; i++) {
        const size_t place = (size_t)random_uniform(&random_numbers, 0, 10 * (double)pixels_of(&f));
        f.data[place] = values[i % 5];
    }
    compare(network, &f);
    f = make_frame(9, 9);
    set_plane(&f, 0, 10, NAN);
    compare(network, &f);
    wf_network_close(network);
}

/* Holes give the same images whichever number they hold. */
static void test_numbers_that_are_none(void **state)
{
    (void)state;
    wf_network *network = open_network("tiny");
    frame f = make_frame(33, 20);
    const size_t count = 6 * pixels_of(&f);
    double *expected = NULL;
    static const float values[] = {NAN, INFINITY, 1.01e30f, -3e38f};
    for (int i = 0; i < 4; i++) {
        for (size_t place = 5; place < 3 * pixels_of(&f); place += 97)
            f.data[place] = values[i];
        denoise_on(device, network, &f);
        double *images = images_of(&f);
        if (!expected) {
            expected = images;
            continue;
        }
        assert_memory_equal(images, expected, count * sizeof *images);
        free(images);
    }
    free(expected);
    free(f.data);
    wf_network_close(network);
}

/* The filters again, for another image of the same frame: they are linear in it. */
static void test_another_image(void **state)
{
    (void)state;
    const int width = 45, height = 26, pixels = width * height;
    wf_network *network = open_network("uneven");
    wf_denoiser *denoiser;
    wf_stream stream;
    frame f = make_frame(width, height);
    void *memory;
    const size_t size = PLANES * (size_t)pixels * sizeof *f.data;
    assert_int_equal(wf_denoiser_create(device, network, width, height, &denoiser), WF_OK);
    assert_int_equal(wf_alloc(device, size, &memory), WF_OK);
    assert_int_equal(wf_upload(device, memory, f.data, size), WF_OK);
    wf_tensor tensors[TENSORS];
    float *at = memory;
    for (int i = 0; i < TENSORS; at += channels[i++] * pixels)
        tensors[i] = wf_dense(at, WF_FLOAT32, 1, channels[i], height, width);
    const wf_frame call = {&tensors[0], &tensors[1], &tensors[2], &tensors[3], &tensors[4], &tensors[5]};
    int first = 0;
    wf_step_info info = {0};
    while (wf_denoiser_step_info(denoiser, first, &info) == WF_OK && info.stage != WF_STAGE_FILTERS)
        first++;
    assert_int_equal(info.stage, WF_STAGE_FILTERS);
    float *once = malloc(size), *again = malloc(size);
    assert_true(once && again);
    assert_int_equal(wf_begin(device, &stream), WF_OK);
    assert_int_equal(wf_denoise(denoiser, stream, &call), WF_OK);
    assert_int_equal(wf_finish(device, stream), WF_OK);
    assert_int_equal(wf_download(device, once, memory, size), WF_OK);
    for (int i = 0; i < 3 * pixels; i++)
        f.data[i] *= -3;
    assert_int_equal(wf_upload(device, memory, f.data, (size_t)(3 * pixels) * sizeof *f.data), WF_OK);
    assert_int_equal(wf_begin(device, &stream), WF_OK);
    assert_int_equal(wf_denoise_steps(denoiser, stream, &call, first, wf_denoiser_steps(denoiser)), WF_OK);
    assert_int_equal(wf_finish(device, stream), WF_OK);
    assert_int_equal(wf_download(device, again, memory, size), WF_OK);
    for (int i = 10 * pixels; i < 16 * pixels; i++)
        assert_true(fabsf(again[i] + 3 * once[i]) <= 1e-4f * (1 + fabsf(once[i])));
    free(once);
    free(again);
    free(f.data);
    wf_free(device, memory);
    wf_denoiser_destroy(denoiser);
    wf_network_close(network);
}

/* The frame with its images once more in place of these: the filters of another picture, the color or what `planes` are
 * (stride 0: one plane three times). */
static void filter_layer_on(wf_device *on, const wf_network *network, frame *f, const float *planes, int64_t stride,
                            int demodulate)
{
    const size_t pixels = pixels_of(f), size = PLANES * pixels * sizeof *f->data,
                 layer_size = 3 * pixels * sizeof *planes;
    void *memory, *layer_memory;
    wf_tensor tensors[TENSORS];
    wf_denoiser *denoiser;
    wf_stream stream;
    assert_int_equal(wf_denoiser_create(on, network, f->width, f->height, &denoiser), WF_OK);
    assert_int_equal(wf_alloc(on, size, &memory), WF_OK);
    assert_int_equal(wf_alloc(on, layer_size, &layer_memory), WF_OK);
    assert_int_equal(wf_upload(on, memory, f->data, size), WF_OK);
    assert_int_equal(wf_upload(on, layer_memory, planes, layer_size), WF_OK);
    float *at = memory;
    for (int i = 0; i < TENSORS; at += (size_t)channels[i++] * pixels)
        tensors[i] = wf_dense(at, WF_FLOAT32, 1, channels[i], f->height, f->width);
    wf_tensor layer = wf_dense(layer_memory, WF_FLOAT32, 1, 3, f->height, f->width);
    layer.stride[1] = stride;
    const wf_frame call = {&tensors[0], &tensors[1], &tensors[2], &tensors[3], &tensors[4], &tensors[5]};
    assert_int_equal(wf_begin(on, &stream), WF_OK);
    assert_int_equal(wf_denoise(denoiser, stream, &call), WF_OK);
    assert_int_equal(wf_denoise_layer(denoiser, stream, &layer, &tensors[4], &tensors[5], demodulate), WF_OK);
    assert_int_equal(wf_finish(on, stream), WF_OK);
    assert_int_equal(wf_download(on, f->data, memory, size), WF_OK);
    wf_free(on, memory);
    wf_free(on, layer_memory);
    wf_denoiser_destroy(denoiser);
}

/* The color itself, which gives what it gave; ones, which kernels whose taps sum to 1 leave alone where no albedo
 * divides them; any picture, divided by the albedo or not, as on the CPU. */
static void test_layers(void **state)
{
    (void)state;
    for (int i = 0; i < NETWORK_COUNT; i++) {
        wf_network *network = open_network(networks[i]);
        frame f = make_frame(45, 26), picture = make_frame(45, 26);
        const int64_t pixels = (int64_t)pixels_of(&f);
        denoise_on(device, network, &f);
        double *color = images_of(&f);
        filter_layer_on(device, network, &f, f.data, pixels, 1);
        double *again = images_of(&f);
        assert_memory_equal(color, again, (size_t)(6 * pixels) * sizeof *color);
        free(color);
        free(again);
        for (int demodulate = 0; demodulate < 2; demodulate++) {
            filter_layer_on(reference, network, &f, picture.data, pixels, demodulate);
            double *expected = images_of(&f);
            filter_layer_on(device, network, &f, picture.data, pixels, demodulate);
            double *actual = images_of(&f);
            const double error = relative_error(actual, expected, 6 * pixels);
            if (!(error <= tolerance()))
                fail_msg("%s, demodulated %d: the error is %g", networks[i], demodulate, error);
            free(expected);
            free(actual);
        }
        set_plane(&picture, 0, 1, 1);
        filter_layer_on(device, network, &f, picture.data, 0, 0);
        for (int64_t k = 10 * pixels; k < 16 * pixels; k++)
            assert_float_equal(f.data[k], 1, tolerance());
        free(f.data);
        free(picture.data);
        wf_network_close(network);
    }
}

static void test_layer_errors(void **state)
{
    (void)state;
    wf_network *network = open_network("tiny");
    wf_denoiser *denoiser;
    wf_stream stream;
    void *memory;
    assert_int_equal(wf_denoiser_create(device, network, 8, 4, &denoiser), WF_OK);
    assert_int_equal(wf_alloc(device, 6 * 32 * sizeof(float), &memory), WF_OK);
    const wf_tensor layer = wf_dense(memory, WF_FLOAT32, 1, 3, 4, 8),
                    output = wf_dense((float *)memory + 96, WF_FLOAT32, 1, 3, 4, 8),
                    small = wf_dense(memory, WF_FLOAT32, 1, 3, 4, 7);
    const float black[96] = {0};
    assert_int_equal(wf_upload(device, memory, black, sizeof black), WF_OK);
    assert_int_equal(wf_begin(device, &stream), WF_OK);
    assert_int_equal(wf_denoise_layer(NULL, stream, &layer, &output, NULL, 1), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_denoise_layer(denoiser, stream, &small, &output, NULL, 1), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_denoise_layer(denoiser, stream, &layer, NULL, NULL, 1), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_denoise_layer(denoiser, stream, &layer, &layer, NULL, 1), WF_ERROR_INVALID_ARGUMENT);
    /* No frame, no kernels. */
    assert_int_equal(wf_denoise_layer(denoiser, stream, &layer, &output, NULL, 1), WF_ERROR_INVALID_ARGUMENT);
    const wf_frame frame = {.color = &layer, .gather = &output};
    assert_int_equal(wf_denoise(denoiser, stream, &frame), WF_OK);
    assert_int_equal(wf_denoise_layer(denoiser, stream, &layer, &output, NULL, 1), WF_OK);
    assert_int_equal(wf_finish(device, stream), WF_OK);
    wf_free(device, memory);
    wf_denoiser_destroy(denoiser);
    wf_network_close(network);
}

/* Stages in order, that is all of them, and what each is said to do. */
static void test_steps(void **state)
{
    (void)state;
    wf_network *network = open_network("tiny");
    wf_network_info network_info;
    wf_denoiser *denoiser;
    assert_int_equal(wf_network_get_info(network, &network_info), WF_OK);
    assert_int_equal(wf_denoiser_create(device, network, 64, 32, &denoiser), WF_OK);
    assert_true(wf_denoiser_memory(denoiser) > 64 * 32 * 16);
    const int count = wf_denoiser_steps(denoiser);
    double flop = 0;
    wf_stage stage = WF_STAGE_PACK;
    for (int i = 0; i < count; i++) {
        wf_step_info info;
        assert_int_equal(wf_denoiser_step_info(denoiser, i, &info), WF_OK);
        assert_true(info.stage >= stage && info.stage < WF_STAGE_COUNT);
        assert_true(info.bytes > 0);
        assert_true(strlen(info.name) > 0);
        stage = info.stage;
        flop += info.flop;
    }
    assert_int_equal(stage, WF_STAGE_FILTERS);
    assert_true(fabs(flop / (64 * 32 * network_info.flop_per_pixel) - 1) < 1e-6);
    wf_denoiser_destroy(denoiser);
    wf_denoiser_destroy(NULL);
    wf_network_close(network);
}

/* Of the bundled network where matrices are multiplied: activations are float16, logits come and go. */
static void test_memory(void **state)
{
    (void)state;
    wf_device_info info;
    assert_int_equal(wf_get_info(device, &info), WF_OK);
    if (backend != WF_CUDA && !strstr(info.driver, " matrices"))
        return;
    wf_network *network = open_network("../../../assets/networks/kpn");
    wf_denoiser *denoiser;
    assert_int_equal(wf_denoiser_create(device, network, 1920, 1080, &denoiser), WF_OK);
    assert_true(wf_denoiser_memory(denoiser) <= 250 * 1000 * 1000);
    wf_denoiser_destroy(denoiser);
    wf_network_close(network);
}

int main(int argc, char **argv)
{
    const int status = suite_open(argc, argv);
    if (status >= 0)
        return status;
    if (wf_create(&(wf_device_options){.backend = WF_CPU}, &reference) != WF_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        TEST(test_reference),     TEST(test_sizes),
        TEST(test_bundled),       TEST(test_many_tiles),
        TEST(test_pieces),        TEST(test_missing_guides),
        TEST(test_one_operator),  TEST(test_contents),
        TEST(test_holes),         TEST(test_numbers_that_are_none),
        TEST(test_another_image), TEST(test_layers),
        TEST(test_layer_errors),  TEST(test_steps),
        TEST(test_memory),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    wf_destroy(reference);
    return suite_close(failed);
}
