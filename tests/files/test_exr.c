/* OpenEXR files that the Python tests' writer cannot make, and what is read back of one's own. Every name, type and
 * compression is in test_exr.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openexr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/files/exr.h"
#include "temporary.h"

static const char *const rgb[] = {"R", "G", "B"};

/* Different for every channel and pixel. */
static float value_at(int channel, int64_t x, int64_t y)
{
    return (float)(channel * 10000 + y * 100 + x);
}

static void assert_pixels(const image *image, int width, int height)
{
    assert_int_equal(image->width, width);
    assert_int_equal(image->height, height);
    assert_int_equal(image->channels, 4);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                assert_true(image->pixels[(y * width + x) * 4 + c] == value_at(c, x, y));
}

static void test_round_trip(void **state)
{
    (void)state;
    enum { WIDTH = 33, HEIGHT = 50 };
    static float pixels[WIDTH * HEIGHT * 3];
    frame frame;
    struct frame color;
    error error = {""};
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        for (int c = 0; c < 3; c++)
            pixels[3 * i + c] = value_at(c, i % WIDTH, i / WIDTH);
    const char *path = temporary_path("a.exr");
    assert_true(exr_write(path, WIDTH, HEIGHT, 3, rgb, pixels, EXR_ZIP, &error));
    assert_true(exr_read_frame(path, NULL, 0, &frame, &error));
    assert_string_equal(frame.path, path);
    assert_true(frame.width == WIDTH && frame.height == HEIGHT);
    assert_pixels(&frame.layers[FRAME_COLOR], WIDTH, HEIGHT);
    for (int layer = FRAME_COLOR + 1; layer < FRAME_LAYER_COUNT; layer++)
        assert_null(frame.layers[layer].pixels);
    assert_true(exr_read_color(path, NULL, 0, &color, &error));
    assert_pixels(&color.layers[FRAME_REFERENCE], WIDTH, HEIGHT);
    frame_free(&color);
    frame_free(&frame);
    assert_null(frame.path);
}

/* A frame comes back with the layers that it had, to the last bit. */
static void test_frame_round_trip(void **state)
{
    (void)state;
    enum { WIDTH = 21, HEIGHT = 34, PIXELS = WIDTH * HEIGHT };
    static float pixels[FRAME_LAYER_COUNT][4 * PIXELS];
    const char *path = temporary_path("frame.exr");
    error error = {""};
    for (int without = FRAME_COLOR; without <= FRAME_MOTION; without++) {
        frame written = {.width = WIDTH, .height = HEIGHT}, read;
        for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++) {
            int channels = frame_layer_channels((frame_layer)layer);
            for (int i = 0; i < channels * PIXELS; i++)
                pixels[layer][i] = i % 4 == 3 && channels == 4 ? layer != FRAME_NORMAL : 0.37f * (float)(layer + i);
            if (layer == FRAME_COLOR || layer != without)
                written.layers[layer] = (image){WIDTH, HEIGHT, channels, pixels[layer]};
        }
        assert_true(exr_write_frame(path, &written, EXR_ZIP, &error));
        assert_true(exr_read_frame(path, NULL, 0, &read, &error));
        for (int layer = 0; layer <= FRAME_MOTION; layer++) {
            const image *from = &written.layers[layer], *to = &read.layers[layer];
            assert_int_equal(!from->pixels, !to->pixels);
            if (from->pixels)
                assert_memory_equal(from->pixels, to->pixels, sizeof(float) * PIXELS * (size_t)from->channels);
        }
        assert_null(read.layers[FRAME_REFERENCE].pixels);
        frame_free(&read);
    }
}

/* A result does not take the place of a frame that is of another size by now. */
static void test_result_of_another_size(void **state)
{
    (void)state;
    static float pixels[5 * 4 * 4];
    char path[4096], expected[4200];
    error error = {""};
    snprintf(path, sizeof path, "%s", temporary_path("a.exr"));
    assert_true(exr_write(path, 6, 4, 3, rgb, pixels, EXR_ZIP, &error));
    const exr_result result = {.picture = &(image){5, 4, 4, pixels}, .source = path};
    assert_false(exr_write_result(temporary_path("b.exr"), &result, &error));
    snprintf(expected, sizeof expected, "%s: its color has 6x4 pixels now, the picture that was filtered 5x4", path);
    assert_string_equal(error.message, expected);
    assert_true(exr_write_result(path, &(exr_result){.picture = result.picture}, &error)); /* one of no file */
    assert_true(exr_write_result(temporary_path("b.exr"), &result, &error));
}

/* On failure nothing is left to free. */
static void test_failure_leaves_nothing(void **state)
{
    (void)state;
    frame frame, color;
    error error = {""};
    memset(&frame, 0x55, sizeof frame);
    memset(&color, 0x55, sizeof color);
    assert_false(exr_read_frame(temporary_path("missing.exr"), NULL, 0, &frame, &error));
    assert_null(frame.path);
    assert_null(frame.layers[FRAME_COLOR].pixels);
    assert_false(exr_read_color(temporary_path("missing.exr"), NULL, 0, &color, &error));
    assert_null(color.layers[FRAME_REFERENCE].pixels);
}

/* ---- Files through OpenEXR's own functions ----------------------------------------------------------------------- */

static void check(exr_result_t result)
{
    if (result != EXR_ERR_SUCCESS) {
        print_error("OpenEXR: %s\n", exr_get_default_error_message(result));
        fail();
    }
}

static exr_context_t start(const char *name)
{
    exr_context_t context;
    check(exr_start_write(&context, temporary_path(name), EXR_WRITE_FILE_DIRECTLY, NULL));
    return context;
}

static void add_part(exr_context_t context, const char *name, exr_storage_t storage, int width, int height,
                     const char *const *channels, int count)
{
    int part;
    check(exr_add_part(context, name, storage, &part));
    check(exr_initialize_required_attr_simple(context, part, width, height, EXR_COMPRESSION_ZIP));
    for (int i = 0; i < count; i++)
        check(exr_add_channel(context, part, channels[i], EXR_PIXEL_FLOAT, EXR_PERCEPTUALLY_LOGARITHMIC, 1, 1));
}

/* Writes the pixels of value_at for a chunk of the alphabetical channels B, G, R. */
static void write_chunk(exr_context_t context, const exr_chunk_info_t *chunk, int64_t x, int64_t y)
{
    exr_encode_pipeline_t encode = EXR_ENCODE_PIPELINE_INITIALIZER;
    float *planes = malloc((size_t)chunk->width * (size_t)chunk->height * 3 * sizeof(float));
    check(exr_encoding_initialize(context, 0, chunk, &encode));
    for (int c = 0; c < 3; c++) {
        float *plane = planes + (size_t)c * (size_t)chunk->width * (size_t)chunk->height;
        for (int i = 0; i < chunk->width * chunk->height; i++)
            plane[i] = value_at(2 - c, x + i % chunk->width, y + i / chunk->width);
        encode.channels[c].encode_from_ptr = (const uint8_t *)plane;
        encode.channels[c].user_pixel_stride = sizeof(float);
        encode.channels[c].user_line_stride = chunk->width * (int)sizeof(float);
    }
    check(exr_encoding_choose_default_routines(context, 0, &encode));
    check(exr_encoding_run(context, 0, &encode));
    check(exr_encoding_destroy(context, &encode));
    free(planes);
}

/* Of a mip-mapped file, level 0 is the frame. The other levels hold other values. */
static void test_mipmap(void **state)
{
    (void)state;
    exr_context_t context = start("a.exr");
    add_part(context, "", EXR_STORAGE_TILED, 40, 24, rgb, 3);
    check(exr_set_tile_descriptor(context, 0, 16, 16, EXR_TILE_MIPMAP_LEVELS, EXR_TILE_ROUND_DOWN));
    check(exr_write_header(context));
    int32_t levels, levels_y;
    check(exr_get_tile_levels(context, 0, &levels, &levels_y));
    assert_true(levels > 1);
    for (int level = 0; level < levels; level++) {
        int32_t width, height;
        check(exr_get_level_sizes(context, 0, level, level, &width, &height));
        for (int y = 0; y < height; y += 16) {
            for (int x = 0; x < width; x += 16) {
                exr_chunk_info_t chunk;
                check(exr_write_tile_chunk_info(context, 0, x / 16, y / 16, level, level, &chunk));
                write_chunk(context, &chunk, x + 1000 * level, y);
            }
        }
    }
    check(exr_finish(&context));
    frame frame;
    error error = {""};
    assert_true(exr_read_frame(temporary_path("a.exr"), NULL, 0, &frame, &error));
    assert_pixels(&frame.layers[FRAME_COLOR], 40, 24);
    frame_free(&frame);
}

/* ---- Refused by the header alone, so that no pixels need to be there --------------------------------------------- */

static void refuse(const char *name, const char *sentence)
{
    frame frame;
    error error = {""};
    char expected[1024];
    snprintf(expected, sizeof expected, "%s: %s", temporary_path(name), sentence);
    assert_false(exr_read_frame(temporary_path(name), NULL, 0, &frame, &error));
    assert_string_equal(error.message, expected);
}

static int64_t keep(exr_const_context_t context, void *user, const void *buffer, uint64_t size, uint64_t offset,
                    exr_stream_error_func_ptr_t report)
{
    (void)context;
    (void)report;
    fseek(user, (long)offset, SEEK_SET);
    return (int64_t)fwrite(buffer, 1, size, user);
}

static void ignore(exr_const_context_t context, exr_result_t code, const char *message)
{
    (void)context;
    (void)code;
    (void)message;
}

/* A file that ends after its header. */
static exr_context_t start_header(FILE *file)
{
    exr_context_t context;
    exr_context_initializer_t initializer = EXR_DEFAULT_CONTEXT_INITIALIZER;
    initializer.user_data = file;
    initializer.write_fn = keep;
    initializer.error_handler_fn = ignore;
    check(exr_start_write(&context, "header", EXR_WRITE_FILE_DIRECTLY, &initializer));
    return context;
}

static void end_header(exr_context_t context, FILE *file)
{
    check(exr_write_header(context));
    exr_finish(&context); /* fails, for there are no chunks */
    fclose(file);
}

static void test_deep(void **state)
{
    (void)state;
    static const exr_storage_t kinds[] = {EXR_STORAGE_DEEP_SCANLINE, EXR_STORAGE_DEEP_TILED};
    for (int i = 0; i < 2; i++) {
        FILE *file = fopen(temporary_path("a.exr"), "wb");
        exr_context_t context = start_header(file);
        add_part(context, "deep", kinds[i], 8, 8, rgb, 3);
        check(exr_set_compression(context, 0, EXR_COMPRESSION_ZIPS));
        if (kinds[i] == EXR_STORAGE_DEEP_TILED)
            check(exr_set_tile_descriptor(context, 0, 8, 8, EXR_TILE_ONE_LEVEL, EXR_TILE_ROUND_DOWN));
        check(exr_set_version(context, 0, 1));
        end_header(context, file);
        refuse("a.exr", "part 0 is deep, expected a flat image");
    }
}

static void test_parts_of_different_sizes(void **state)
{
    (void)state;
    static const char *const z[] = {"Z"};
    FILE *file = fopen(temporary_path("a.exr"), "wb");
    exr_context_t context = start_header(file);
    add_part(context, "rgb", EXR_STORAGE_SCANLINE, 8, 6, rgb, 3);
    add_part(context, "depth", EXR_STORAGE_SCANLINE, 9, 5, z, 1);
    end_header(context, file);
    refuse("a.exr", "its depth is 9x5 pixels, its color 8x6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_frame_round_trip),
        cmocka_unit_test(test_result_of_another_size),
        cmocka_unit_test(test_failure_leaves_nothing),
        cmocka_unit_test(test_mipmap),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_parts_of_different_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
