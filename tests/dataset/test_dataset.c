#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <half.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/dataset/record.h"
#include "app/dataset/store.h"
#include "app/files/exr.h"
#include "temporary.h"

enum { W = 5, H = 3, PAIRS = 3 };

enum { CLEAN = DATASET_MAX_BUFFERS }; /* the number of the frame behind the buffers */

static const dataset_settings settings = {
    .seed = 9, .first = 0, .count = PAIRS, .buffers = 1, .width = W, .height = H, .spp = 2, .reference_spp = 64};

/* Every value says where it is, in a number that float16 has. */
static float value(int pair, int frame, int layer, int channel, int pixel)
{
    return (float)(512 * (pair % 4) + 32 * frame + 64 * layer + 16 * channel + pixel) / (float)(1 << pair / 4);
}

static frame make_frame(int pair, int number)
{
    frame frame = {.width = W, .height = H};
    for (int layer = 0; layer < FRAME_REFERENCE; layer++) {
        int channels = frame_layer_channels(layer);
        image *image = &frame.layers[layer];
        *image = (struct image){W, H, channels, malloc(sizeof(float) * W * H * (size_t)channels)};
        for (int i = 0; i < W * H * channels; i++)
            image->pixels[i] = value(pair, number, layer, i % channels, i / channels);
    }
    return frame;
}

static dataset_pair make_pair(int number, int buffers)
{
    dataset_pair pair = {.clean = make_frame(number, CLEAN)};
    for (int i = 0; i < buffers; i++)
        pair.buffers[i] = make_frame(number, i);
    return pair;
}

static void write_pairs(dataset_store *store, int end)
{
    while (store->done < end) {
        dataset_pair pair = make_pair(store->settings.first + store->done, store->settings.buffers);
        error error;
        assert_true(dataset_store_write(store, &pair, &error));
        dataset_pair_free(&pair);
    }
}

static void open_with(const char *path, const dataset_settings *settings, dataset_store *store)
{
    error error;
    if (!dataset_store_open(path, settings, store, &error))
        fail_msg("%s", error.message);
}

static void open_store(const char *path, dataset_store *store)
{
    open_with(path, &settings, store);
}

static void make_slice(const char *path, int first, int pairs)
{
    dataset_settings slice = settings;
    dataset_store store;
    error error;
    slice.first = first;
    open_with(path, &slice, &store);
    write_pairs(&store, pairs);
    if (pairs == PAIRS)
        assert_true(dataset_store_finish(&store, &error));
    dataset_store_close(&store);
}

static void make_data(const char *path, int pairs)
{
    make_slice(path, 0, pairs);
}

static void assert_refused(const char *path, const dataset_settings *wanted, const char *sentence)
{
    dataset_store store;
    error error;
    assert_false(dataset_store_open(path, wanted, &store, &error));
    assert_string_equal(error.message, sentence);
    assert_true(store.file == -1 && !store.part && !store.record);
}

static char *format(const char *pattern, const char *path)
{
    static char text[1024];
    snprintf(text, sizeof text, pattern, path);
    return text;
}

/* The bytes of a record of several buffers, read by hand. */
static void test_record(void **state)
{
    (void)state;
    enum { BUFFERS = 3, PLANE = W * H };
    dataset_settings several = settings, read = {0};
    several.first = 4, several.buffers = BUFFERS;
    char header[DATASET_HEADER_MAX];
    size_t size = dataset_header(&several, header);
    assert_int_equal(size % 64, 0);
    assert_memory_equal(header, "\x93NUMPY\x01\x00", 8);
    assert_int_equal((uint8_t)header[8] + 256 * (uint8_t)header[9], size - 10);
    assert_int_equal(header[size - 1], '\n');
    assert_true(dataset_read_header(header, size, &read));
    assert_true(read.count == PAIRS && read.buffers == BUFFERS && read.width == W && read.height == H);
    assert_false(dataset_read_header(header, size - 64, &read) || dataset_read_header(header, 5, &read));
    header[20] ^= 1;
    assert_false(dataset_read_header(header, size, &read));

    const size_t planes = BUFFERS * (3 + 3 + 3 + 1) + 3 + 3 + 3 + 2;
    assert_int_equal(dataset_record_size(&several), DATASET_IDENTITY_SIZE + planes * PLANE * 2);
    uint8_t *record = malloc(dataset_record_size(&several));
    dataset_pair pair = make_pair(5, BUFFERS);
    pair.buffers[1].layers[FRAME_COLOR].pixels[0] = 1e6f;
    pair.buffers[1].layers[FRAME_COLOR].pixels[4] = -INFINITY;
    dataset_pack(&several, 5, &pair, record);
    dataset_pair_free(&pair);
    uint32_t index;
    dataset_identify(record, &read, &index);
    assert_true(read.seed == 9 && index == 5 && read.spp == 2 && read.reference_spp == 64);
    static const struct {
        int frame, frames, layer, channels;
    } arrays[] = {{0, BUFFERS, FRAME_COLOR, 3}, {0, BUFFERS, FRAME_ALBEDO, 3}, {0, BUFFERS, FRAME_NORMAL, 3},
                  {0, BUFFERS, FRAME_DEPTH, 1}, {CLEAN, 1, FRAME_COLOR, 3},    {CLEAN, 1, FRAME_ALBEDO, 3},
                  {CLEAN, 1, FRAME_NORMAL, 3},  {0, 1, FRAME_MOTION, 2}};
    const uint8_t *at = record + DATASET_IDENTITY_SIZE;
    for (int i = 0; i < 8; i++) {
        for (int k = 0; k < arrays[i].frames * arrays[i].channels * PLANE; k++, at += 2) {
            int frame = arrays[i].frame + k / PLANE / arrays[i].channels, channel = k / PLANE % arrays[i].channels;
            float expected = value(5, frame, arrays[i].layer, channel, k % PLANE);
            if (i == 0 && frame == 1 && channel == 0 && k % PLANE < 2)
                expected = k % PLANE == 0 ? 65504 : -65504; /* the largest there is */
            uint16_t half;
            memcpy(&half, at, sizeof half);
            assert_true(imath_half_to_float(half) == expected);
        }
    }
    free(record);
}

/* Cut within a record, with bytes of nobody's at the end, in the header: the file ends up the same. */
static void test_continued(void **state)
{
    (void)state;
    const char *whole = temporary_path("whole.npy");
    size_t size, again;
    make_data(whole, PAIRS);
    char *expected = temporary_read("whole.npy", &size);
    size_t record = dataset_record_size(&settings), start = size - PAIRS * record;
    const size_t cuts[] = {10, start, start + 7, start + record, start + 2 * record - 1};
    const int left[] = {0, 0, 0, 1, 1};
    for (int i = 0; i < 6; i++) {
        const char *path = temporary_path("cut.npy"), *part = temporary_path("cut.npy.part");
        make_data(path, 2);
        if (i < 5)
            assert_int_equal(truncate(part, (off_t)cuts[i]), 0);
        else /* as a file system may leave it where the power failed: long enough, and zeros */
            assert_true(truncate(part, (off_t)(start + record)) == 0 && truncate(part, (off_t)size) == 0);
        dataset_store store;
        open_store(path, &store);
        assert_int_equal(store.done, i < 5 ? left[i] : 1);
        dataset_store_close(&store);
        make_data(path, PAIRS);
        char *actual = temporary_read("cut.npy", &again);
        assert_int_equal(again, size);
        assert_memory_equal(actual, expected, size);
        assert_int_equal(access(part, F_OK), -1);
        free(actual);
        unlink(path);
    }
    free(expected);

    dataset_store store;
    open_store(temporary_path("whole.npy"), &store); /* complete: nothing is opened for writing */
    assert_true(store.done == PAIRS && store.file == -1);
    dataset_store_close(&store);
}

static void test_other_settings(void **state)
{
    (void)state;
    const char *path = temporary_path("part.npy");
    make_data(path, 1);
    dataset_settings other = settings;
    other.seed = 8, other.spp = 4;
    assert_refused(path, &other,
                   format("%s.part: has another data set (seed 9, pairs 0 to 2 of 5x3 pixels, 1 buffer of 2 samples "
                          "and 64 for the reference) than asked for "
                          "(seed 8, pairs 0 to 2 of 5x3 pixels, 1 buffer of 4 samples and 64 for the reference)",
                          path));
    other = settings;
    other.width = 123, other.count = 20, other.buffers = 2;
    assert_refused(path, &other,
                   format("%s.part: has another data set (seed 9, pairs 0 to 2 of 5x3 pixels, 1 buffer of 2 samples "
                          "and 64 for the reference) than asked for "
                          "(seed 9, pairs 0 to 19 of 123x3 pixels, 2 buffers of 2 samples and 64 for the reference)",
                          path));
    make_data(path, PAIRS);
    assert_refused(path, &other,
                   format("%s: has another data set (seed 9, pairs 0 to 2 of 5x3 pixels, 1 buffer of 2 samples and 64 "
                          "for the reference) than asked for "
                          "(seed 9, pairs 0 to 19 of 123x3 pixels, 2 buffers of 2 samples and 64 for the reference)",
                          path));
    struct stat status;
    assert_true(stat(path, &status) == 0 && truncate(path, status.st_size - 1) == 0);
    assert_refused(path, &settings, format("%s: is damaged: 2 of its 3 pairs are there", path));

    const char *folder = temporary_path("folder");
    make_data(folder, 1);
    assert_refused(folder, &other,
                   format("%s: a folder of EXR files has one buffer a pair, OUT.npy has room for 2", folder));
    other.buffers = 1;
    assert_refused(folder, &other,
                   format("%s: has another data set (seed 9, pairs 0 to 2 of 5x3 pixels, 1 buffer of 2 samples and 64 "
                          "for the reference) than asked for "
                          "(seed 9, pairs 0 to 19 of 123x3 pixels, 1 buffer of 2 samples and 64 for the reference)",
                          folder));
    temporary_remove(folder);
}

static void test_bad_places(void **state)
{
    (void)state;
    const char *text = temporary_path("text.npy"), *plain = temporary_path("plain"),
               *folder = temporary_path("folder.npy");
    temporary_write("text.npy", "no data", 7);
    assert_refused(text, &settings, format("%s: exists and is no data set of wfview's", text));
    temporary_write("plain", "no folder", 9);
    assert_refused(plain, &settings, format("%s: is not a folder", plain));
    assert_int_equal(mkdir(folder, 0777), 0);
    assert_refused(folder, &settings, format("%s: cannot write: it exists and is not a regular file", folder));
    const char *missing = temporary_path("missing/no/o.npy"), *inner = temporary_path("missing/no");
    assert_refused(missing, &settings, format("%s: cannot make this folder: No such file or directory", inner));
    missing = temporary_path("plain/o.npy");
    assert_refused(missing, &settings, format("%s: is not a folder", plain));
    missing = temporary_path("missing/o");
    assert_refused(missing, &settings, format("%s: cannot make this folder: No such file or directory", missing));

    const char *other = temporary_path("other");
    assert_int_equal(mkdir(other, 0777), 0);
    temporary_write("other/notes.txt", "mine", 4);
    assert_refused(other, &settings, format("%s: has other files, and no data set that could be continued", other));
    temporary_write("other/dataset.json", "{}", 2);
    assert_refused(other, &settings, format("%s/dataset.json: has no settings of a data set of wfview's", other));
    temporary_remove(other);
    char *long_path = malloc(5001);
    memset(long_path, 'a', 5000);
    long_path[5000] = 0;
    assert_refused(long_path, &settings, "--dataset: a path of 5000 characters is too long");
    free(long_path);
}

static void test_folder_of_slices(void **state)
{
    (void)state;
    const char *folder = temporary_path("slices"), *path = temporary_path("slices/0.npy");
    make_data(path, PAIRS);
    assert_int_equal(access(path, F_OK), 0);
    make_slice(temporary_path("slices/1.npy"), PAIRS, PAIRS);
    temporary_remove(folder);
}

static void test_two_writers(void **state)
{
    (void)state;
    const char *path = temporary_path("busy.npy");
    dataset_store store;
    open_store(path, &store);
    assert_refused(path, &settings, format("%s.part: another process is writing it", path));
    dataset_store_close(&store);
}

/* A disk that is full, as far as a process can make one. What was written stays. */
static void test_full(void **state)
{
    (void)state;
    const char *path = temporary_path("full.npy");
    dataset_store store;
    error error;
    struct rlimit limit, none;
    open_store(path, &store);
    write_pairs(&store, 1);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &none);
    limit = none;
    limit.rlim_cur = store.header_size + 2 * store.record_size - 1;
    setrlimit(RLIMIT_FSIZE, &limit);
    dataset_pair pair = make_pair(1, 1);
    bool written = dataset_store_write(&store, &pair, &error);
    setrlimit(RLIMIT_FSIZE, &none);
    dataset_pair_free(&pair);
    assert_false(written);
    assert_string_equal(error.message, format("%s.part: cannot write: File too large", path));
    assert_int_equal(store.done, 1);
    dataset_store_close(&store);
    open_store(path, &store);
    assert_int_equal(store.done, 1);
    dataset_store_close(&store);
}

static void test_folder(void **state)
{
    (void)state;
    const char *path = temporary_path("exr");
    make_data(path, 2);
    dataset_store store;
    open_store(path, &store);
    assert_true(store.done == 2 && store.file == -1);
    dataset_store_close(&store);
    frame frame, file;
    error error;
    assert_true(exr_read_frame(temporary_path("exr/0001.exr"), NULL, 0, &frame, &error));
    assert_true(exr_read_color(temporary_path("exr/reference/0001.exr"), NULL, 0, &file, &error));
    image reference = frame_take(&file, FRAME_REFERENCE);
    for (int layer = 0; layer < FRAME_REFERENCE; layer++) {
        const image *image = &frame.layers[layer];
        int channels = image->channels == 4 ? 3 : image->channels; /* the fourth is not kept */
        for (int i = 0; i < W * H; i++)
            for (int c = 0; c < channels; c++)
                assert_true(image->pixels[i * image->channels + c] == value(1, 0, layer, c, i));
    }
    for (int i = 0; i < W * H; i++)
        assert_true(reference.pixels[4 * i + 1] == value(1, CLEAN, FRAME_COLOR, 1, i));
    frame_free(&frame);
    image_free(&reference);
    temporary_remove(path);
}

/* Slices: files say where they begin, folders take several. */
static void test_slices(void **state)
{
    (void)state;
    const char *path = temporary_path("slice.npy"), *folder = temporary_path("slices");
    dataset_settings slice = settings;
    dataset_store store;
    make_slice(path, 6, 2);
    slice.first = 6;
    open_with(path, &slice, &store);
    assert_int_equal(store.done, 2);
    dataset_store_close(&store);
    slice.first = 7;
    assert_refused(
        path, &slice,
        format("%s.part: has another data set (seed 9, pairs 6 to 8 of 5x3 pixels, 1 buffer of 2 samples and "
               "64 for the reference) than asked for (seed 9, pairs 7 to 9 of 5x3 pixels, 1 buffer of 2 "
               "samples and 64 for the reference)",
               path));
    make_slice(folder, 3, PAIRS);
    make_slice(folder, 0, PAIRS);
    static const char *const names[] = {"slices/dataset.json",       "slices/dataset.3.json",
                                        "slices/0000.exr",           "slices/0005.exr",
                                        "slices/reference/0002.exr", "slices/reference/0003.exr"};
    for (int i = 0; i < 6; i++)
        assert_int_equal(access(temporary_path(names[i]), F_OK), 0);
    slice.first = 3;
    open_with(folder, &slice, &store);
    assert_int_equal(store.done, PAIRS);
    dataset_store_close(&store);
    slice.first = 9, slice.seed = 1;
    error error;
    assert_false(dataset_store_open(folder, &slice, &store, &error));
    assert_non_null(strstr(error.message, "than asked for (seed 1, pairs 9 to 11 of 5x3"));
    temporary_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_continued),
        cmocka_unit_test(test_other_settings),
        cmocka_unit_test(test_bad_places),
        cmocka_unit_test(test_folder_of_slices),
        cmocka_unit_test(test_two_writers),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_folder),
        cmocka_unit_test(test_slices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
