#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <half.h>
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

static const dataset_settings settings = {
    .seed = 9, .count = PAIRS, .width = W, .height = H, .spp = 2, .reference_spp = 64};

/* Every value says where it is. */
static float value(int pair, int layer, int channel, int pixel)
{
    return (float)(1000 * pair + 100 * layer + 20 * channel + pixel);
}

static frame make_pair(int pair)
{
    frame frame = {.width = W, .height = H};
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++) {
        int channels = frame_layer_channels(layer);
        image *image = &frame.layers[layer];
        *image = (struct image){W, H, channels, malloc(sizeof(float) * W * H * (size_t)channels)};
        for (int i = 0; i < W * H * channels; i++)
            image->pixels[i] = value(pair, layer, i % channels, i / channels);
    }
    return frame;
}

static void write_pairs(dataset_store *store, int end)
{
    while (store->done < end) {
        frame pair = make_pair(store->done);
        error error;
        assert_true(dataset_store_write(store, &pair, &error));
        frame_free(&pair);
    }
}

static void open_store(const char *path, dataset_store *store)
{
    error error;
    if (!dataset_store_open(path, &settings, store, &error))
        fail_msg("%s", error.message);
}

static void make_data(const char *path, int pairs)
{
    dataset_store store;
    error error;
    open_store(path, &store);
    write_pairs(&store, pairs);
    if (pairs == PAIRS)
        assert_true(dataset_store_finish(&store, &error));
    dataset_store_close(&store);
}

static void assert_refused(const char *path, const dataset_settings *wanted, const char *sentence)
{
    dataset_store store;
    error error;
    assert_false(dataset_store_open(path, wanted, &store, &error));
    assert_string_equal(error.message, sentence);
    assert_true(store.file == -1 && !store.part && !store.record);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *level)
{
    (void)status;
    (void)kind;
    (void)level;
    return remove(path);
}

static void remove_folder(const char *path)
{
    assert_int_equal(nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static char *format(const char *pattern, const char *path)
{
    static char text[1024];
    snprintf(text, sizeof text, pattern, path);
    return text;
}

/* The bytes of a record, read by hand. */
static void test_record(void **state)
{
    (void)state;
    char header[DATASET_HEADER_MAX];
    size_t size = dataset_header(&settings, header);
    assert_int_equal(size % 64, 0);
    assert_memory_equal(header, "\x93NUMPY\x01\x00", 8);
    assert_int_equal((uint8_t)header[8] + 256 * (uint8_t)header[9], size - 10);
    assert_int_equal(header[size - 1], '\n');
    dataset_settings read = {0};
    assert_true(dataset_read_header(header, size, &read));
    assert_true(read.count == PAIRS && read.width == W && read.height == H);
    assert_false(dataset_read_header(header, size - 64, &read) || dataset_read_header(header, 5, &read));
    header[20] ^= 1;
    assert_false(dataset_read_header(header, size, &read));

    size_t plane = W * H, floats = 9 * plane * 4, halves = 6 * plane * 2;
    assert_int_equal(dataset_record_size(&settings), DATASET_IDENTITY_SIZE + floats + halves);
    uint8_t *record = malloc(dataset_record_size(&settings));
    frame pair = make_pair(1);
    dataset_pack(&settings, 1, &pair, record);
    frame_free(&pair);
    uint32_t index;
    dataset_identify(record, &read, &index);
    assert_true(read.seed == 9 && index == 1 && read.spp == 2 && read.reference_spp == 64);
    const frame_layer layers[] = {FRAME_COLOR, FRAME_REFERENCE, FRAME_DEPTH, FRAME_MOTION, FRAME_ALBEDO, FRAME_NORMAL};
    const int channels[] = {3, 3, 1, 2, 3, 3};
    const uint8_t *at = record + DATASET_IDENTITY_SIZE;
    for (int i = 0; i < 6; i++) {
        for (int k = 0; k < channels[i] * (int)plane; k++) {
            float number;
            uint16_t half;
            if (i < 4) {
                memcpy(&number, at, sizeof number);
            } else {
                memcpy(&half, at, sizeof half);
                number = imath_half_to_float(half);
            }
            assert_true(number == value(1, layers[i], k / (int)plane, k % (int)plane));
            at += i < 4 ? 4 : 2;
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
    assert_refused(
        path, &other,
        format("%s.part: has another data set (seed 9, 3 pairs of 5x3 pixels, 2 and 64 samples) than asked for "
               "(seed 8, 3 pairs of 5x3 pixels, 4 and 64 samples)",
               path));
    other = settings;
    other.width = 123, other.count = 20;
    assert_refused(
        path, &other,
        format("%s.part: has another data set (seed 9, 3 pairs of 5x3 pixels, 2 and 64 samples) than asked for "
               "(seed 9, 20 pairs of 123x3 pixels, 2 and 64 samples)",
               path));
    make_data(path, PAIRS);
    assert_refused(path, &other,
                   format("%s: has another data set (seed 9, 3 pairs of 5x3 pixels, 2 and 64 samples) than asked for "
                          "(seed 9, 20 pairs of 123x3 pixels, 2 and 64 samples)",
                          path));
    struct stat status;
    assert_true(stat(path, &status) == 0 && truncate(path, status.st_size - 1) == 0);
    assert_refused(path, &settings, format("%s: is damaged: 2 of its 3 pairs are there", path));

    const char *folder = temporary_path("folder");
    make_data(folder, 1);
    assert_refused(folder, &other,
                   format("%s: has another data set (seed 9, 3 pairs of 5x3 pixels, 2 and 64 samples) than asked for "
                          "(seed 9, 20 pairs of 123x3 pixels, 2 and 64 samples)",
                          folder));
    remove_folder(folder);
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
    const char *missing = temporary_path("missing/o.npy");
    assert_refused(missing, &settings, format("%s.part: cannot write: No such file or directory", missing));
    missing = temporary_path("missing/o");
    assert_refused(missing, &settings, format("%s: cannot make this folder: No such file or directory", missing));

    const char *other = temporary_path("other");
    assert_int_equal(mkdir(other, 0777), 0);
    temporary_write("other/notes.txt", "mine", 4);
    assert_refused(other, &settings, format("%s: has other files, and no data set that could be continued", other));
    temporary_write("other/dataset.json", "{}", 2);
    assert_refused(other, &settings, format("%s/dataset.json: has no settings of a data set of wfview's", other));
    remove_folder(other);
    char *long_path = malloc(5001);
    memset(long_path, 'a', 5000);
    long_path[5000] = 0;
    assert_refused(long_path, &settings, "--dataset: a path of 5000 characters is too long");
    free(long_path);
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
    frame pair = make_pair(1);
    bool written = dataset_store_write(&store, &pair, &error);
    setrlimit(RLIMIT_FSIZE, &none);
    frame_free(&pair);
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
    frame frame;
    image reference;
    error error;
    assert_true(exr_read_frame(temporary_path("exr/0001.exr"), NULL, 0, &frame, &error));
    assert_true(exr_read_color(temporary_path("exr/reference/0001.exr"), NULL, 0, &reference, &error));
    for (int layer = 0; layer < FRAME_REFERENCE; layer++) {
        const image *image = &frame.layers[layer];
        int channels = image->channels == 4 ? 3 : image->channels; /* the fourth is not kept */
        for (int i = 0; i < W * H; i++)
            for (int c = 0; c < channels; c++)
                assert_true(image->pixels[i * image->channels + c] == value(1, layer, c, i));
    }
    for (int i = 0; i < W * H; i++)
        assert_true(reference.pixels[4 * i + 1] == value(1, FRAME_REFERENCE, 1, i));
    frame_free(&frame);
    image_free(&reference);
    remove_folder(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record),     cmocka_unit_test(test_continued),   cmocka_unit_test(test_other_settings),
        cmocka_unit_test(test_bad_places), cmocka_unit_test(test_two_writers), cmocka_unit_test(test_full),
        cmocka_unit_test(test_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
