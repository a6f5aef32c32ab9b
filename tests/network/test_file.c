/* The reader of network files: what it accepts and, one at a time, what it refuses and says then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wf_network.h"

enum { LENGTH_BYTES = 8, ROOM = 1 << 18 };

/* A good file in memory, one that a test spoiled, and what the log was told last. */
typedef struct fixture {
    unsigned char good[ROOM], bad[ROOM];
    size_t good_size, bad_size;
    char message[2048];
    int messages;
} fixture;

static void remember(void *user, wf_log_level level, const char *message)
{
    fixture *f = user;
    assert_int_equal(level, WF_LOG_ERROR);
    assert_null(strchr(message, '\n'));
    snprintf(f->message, sizeof f->message, "%s", message);
    f->messages++;
}

static wf_result read_bytes(fixture *f, const void *bytes, size_t size, wf_network **network)
{
    const wf_log log = {remember, f};
    f->messages = 0;
    f->message[0] = '\0';
    unsigned char *exact = malloc(size ? size : 1); /* so that sanitizers see what is read beyond the end */
    assert_non_null(exact);
    memcpy(exact, bytes, size);
    const wf_result result = wf_network_read(&log, "FILE", exact, size, network);
    free(exact);
    return result;
}

static int set_up(void **state)
{
    fixture *f = malloc(sizeof *f);
    FILE *file = fopen(NETWORKS "tiny.safetensors", "rb");
    if (!f || !file)
        return 1;
    f->good_size = fread(f->good, 1, sizeof f->good, file);
    fclose(file);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static size_t header_size(const unsigned char *bytes)
{
    return (size_t)(bytes[0] | bytes[1] << 8 | bytes[2] << 16);
}

/* The good file with one text of its header replaced by another, wherever it stands. */
static void replace(fixture *f, const char *old, const char *new)
{
    const size_t size = header_size(f->good), old_length = strlen(old), new_length = strlen(new);
    const char *from = (const char *)f->good + LENGTH_BYTES, *end = from + size;
    char *to = (char *)f->bad + LENGTH_BYTES;
    int found = 0;
    while (from < end) {
        if ((size_t)(end - from) >= old_length && !memcmp(from, old, old_length)) {
            memcpy(to, new, new_length);
            to += new_length;
            from += old_length;
            found++;
        } else {
            *to++ = *from++;
        }
    }
    assert_true(found > 0);
    const size_t made = (size_t)((unsigned char *)to - f->bad) - LENGTH_BYTES;
    for (int i = 0; i < LENGTH_BYTES; i++)
        f->bad[i] = (unsigned char)(made >> 8 * i);
    memcpy(to, end, f->good_size - LENGTH_BYTES - size);
    f->bad_size = f->good_size - size + made;
}

static void check_refused(fixture *f, const void *bytes, size_t size, const char *message)
{
    wf_network *network = (wf_network *)f;
    assert_int_equal(read_bytes(f, bytes, size, &network), WF_ERROR_INVALID_ARGUMENT);
    assert_null(network);
    assert_string_equal(f->message, message);
    assert_int_equal(f->messages, 1);
}

static void refused(fixture *f, const char *old, const char *new, const char *message)
{
    replace(f, old, new);
    check_refused(f, f->bad, f->bad_size, message);
}

/* ---- Accepted ---------------------------------------------------------------------------------------------------- */

static void test_info(void **state)
{
    fixture *f = *state;
    wf_network *network;
    wf_network_info info;
    assert_int_equal(read_bytes(f, f->good, f->good_size, &network), WF_OK);
    assert_int_equal(f->messages, 0);
    assert_int_equal(wf_network_get_info(network, &info), WF_OK);
    assert_string_equal(info.name, "tiny, of random numbers");
    assert_string_equal(info.origin, "tests/network/make_networks.py");
    assert_string_equal(info.licence, "CC0-1.0");
    assert_int_equal(info.levels, 2);
    assert_int_equal(info.channels[0], 16);
    assert_int_equal(info.channels[1], 16);
    assert_int_equal(info.kernel_levels, 2);
    assert_int_equal(info.kernel_sizes[0], 5);
    assert_int_equal(info.kernel_sizes[1], 5);
    assert_int_equal(info.albedo_kernel, 5);
    assert_true(info.uses_albedo && info.uses_normal && info.uses_depth);
    assert_int_equal(info.parameters, 13311);
    assert_true(info.flop_per_pixel == 2 * (16 * (13 + 16 + 32) * 9 + 77 * 16 + (16 * 16 * 9 + 50 * 16) / 4.0));
    assert_int_equal(wf_network_get_info(NULL, &info), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_network_get_info(network, NULL), WF_ERROR_INVALID_ARGUMENT);
    wf_network_close(network);
    wf_network_close(NULL);
}

static void test_guides_that_are_not_used(void **state)
{
    (void)state;
    wf_network *network;
    wf_network_info info;
    assert_int_equal(wf_network_open(NULL, NETWORKS "single.safetensors", &network), WF_OK);
    assert_int_equal(wf_network_get_info(network, &info), WF_OK);
    assert_false(info.uses_albedo || info.uses_normal || info.uses_depth);
    assert_int_equal(info.albedo_kernel, 0);
    wf_network_close(network);
}

/* A file says more than this version knows. */
static void accepted(fixture *f, const char *old, const char *new)
{
    wf_network *network;
    replace(f, old, new);
    assert_int_equal(read_bytes(f, f->bad, f->bad_size, &network), WF_OK);
    wf_network_close(network);
}

static void test_texts(void **state)
{
    fixture *f = *state;
    wf_network *network;
    wf_network_info info;
    replace(f, "tiny, of random numbers", "\\u00e4\\ud83d\\ude00\\\"\\n");
    assert_int_equal(read_bytes(f, f->bad, f->bad_size, &network), WF_OK);
    assert_int_equal(wf_network_get_info(network, &info), WF_OK);
    assert_string_equal(info.name, "\xc3\xa4\xf0\x9f\x98\x80\"\n");
    wf_network_close(network);
    accepted(f, "\"licence\":", "\"more\":\"x\",\"licence\":");
    accepted(f, "\"origin\":\"tests/network/make_networks.py\",", "");
    accepted(f, "\\\"epsilon\\\": 0.05", "\\\"epsilon\\\":   5e-2");
}

/* ---- The file ---------------------------------------------------------------------------------------------------- */

static void test_arguments(void **state)
{
    fixture *f = *state;
    const wf_log log = {remember, f};
    wf_network *network;
    f->messages = 0;
    assert_int_equal(wf_network_open(&log, NULL, &network), WF_ERROR_INVALID_ARGUMENT);
    assert_string_equal(f->message, "the path of a network is NULL");
    assert_int_equal(wf_network_open(&log, "x", NULL), WF_ERROR_INVALID_ARGUMENT);
    assert_string_equal(f->message, "the network's address is NULL");
    assert_int_equal(wf_network_read(&log, "FILE", NULL, 1, &network), WF_ERROR_INVALID_ARGUMENT);
    assert_string_equal(f->message, "FILE: the file is NULL");
    assert_int_equal(wf_network_open(&log, "/nowhere/at.all", &network), WF_ERROR_INVALID_ARGUMENT);
    assert_string_equal(f->message, "/nowhere/at.all: No such file or directory");
    assert_int_equal(wf_network_open(&log, "/", &network), WF_ERROR_INVALID_ARGUMENT);
    assert_string_equal(f->message, "/: Is a directory");
    assert_int_equal(wf_network_open(&log, "", &network), WF_ERROR_INVALID_ARGUMENT);
    assert_string_equal(f->message, "the path of a network is empty");
    assert_int_equal(f->messages, 6);
}

static void test_sizes(void **state)
{
    fixture *f = *state;
    check_refused(f, f->good, 7, "FILE: has 7 bytes, a safetensors file begins with 8 for the length of its header");
    check_refused(f, f->good, 8 + 100, "FILE: its header has 3208 bytes, 100 follow");
    char *large = calloc(1, (8 << 20) + 1);
    assert_non_null(large);
    check_refused(f, large, (8 << 20) + 1, "FILE: has 8388609 bytes, a network file has at most 8388608");
    check_refused(f, large, 8, "FILE: its header is no JSON");
    memcpy(large, "not a network", 13);
    check_refused(f, large, 13, "FILE: is no safetensors file: there is no header after its first 8 bytes");
    free(large);
    memcpy(f->bad, f->good, f->good_size);
    f->bad[LENGTH_BYTES - 1] = 0x80;
    char message[128];
    snprintf(message, sizeof message, "FILE: its header has %llu bytes, %zu follow",
             (1ull << 63) + header_size(f->good), f->good_size - LENGTH_BYTES);
    check_refused(f, f->bad, f->good_size, message);
}

/* Every cut and every changed byte ends well: in a network or in one sentence. */
static void test_damage(void **state)
{
    fixture *f = *state;
    const size_t header = LENGTH_BYTES + header_size(f->good);
    wf_network *network;
    for (size_t size = 0; size < header; size += 13)
        assert_int_equal(read_bytes(f, f->good, size, &network), WF_ERROR_INVALID_ARGUMENT);
    unsigned noise = 1;
    for (int i = 0; i < 4000; i++) {
        memcpy(f->bad, f->good, f->good_size);
        for (int changes = 1 + i % 3; changes > 0; changes--) {
            noise = noise * 1664525 + 1013904223;
            f->bad[(noise >> 8) % header] =
                (unsigned char)(i % 2 ? (int)(noise & 255) : "0\"\\{}[],:-e."[noise >> 8 & 7]);
        }
        const wf_result result = read_bytes(f, f->bad, f->good_size, &network);
        assert_int_equal(f->messages, result == WF_OK ? 0 : 1);
        wf_network_close(network);
    }
}

static void test_metadata(void **state)
{
    fixture *f = *state;
    refused(f, "weighted-filter-network", "weighted",
            "FILE: its format is 'weighted', it is 'weighted-filter-network'");
    refused(f, "\"format\"", "\"other\"", "FILE: its format is '(none)', it is 'weighted-filter-network'");
    refused(f, "\"version\":\"1\"", "\"version\":\"2\"", "FILE: its version is '2', this reads '1'");
    refused(f, "\"architecture\"", "\"other\"", "FILE: it has no architecture");
    refused(f, "\"__metadata__\"", "\"tensor\"", "FILE: its format is '(none)', it is 'weighted-filter-network'");
    refused(f, "\"licence\":\"", "\"licence\":\"\t", "FILE: its header is no JSON");
    refused(f, "\"licence\":\"", "\"licence\":\"\\ud800", "FILE: its header is no JSON");
    refused(f, "\"licence\":\"", "\"licence\":\"\\x", "FILE: its header is no JSON");
    refused(f, "\"licence\":", "\"a\":[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]],\"licence\":", "FILE: its header is no JSON");
}

/* ---- The architecture -------------------------------------------------------------------------------------------- */

static void test_architecture(void **state)
{
    fixture *f = *state;
    refused(f, "kernel-pyramid-unet", "transformer",
            "FILE: the architecture's family is 'transformer', it is 'kernel-pyramid-unet'");
    refused(f, "{\\\"family\\\"", "[\\\"family\\\"", "FILE: the architecture is no JSON of its kind");
    refused(f, "\\\"epsilon\\\": 0.05", "\\\"epsilon\\\": \\\"0.05\\\"",
            "FILE: the architecture is no JSON of its kind");
    refused(f, "\\\"epsilon\\\": 0.05", "\\\"epsilon\\\": 1e999", "FILE: the architecture is no JSON of its kind");
    refused(f, ", \\\"epsilon\\\": 0.05", "", "FILE: the architecture has no epsilon");
    refused(f, ", \\\"epsilon\\\"", ", \\\"more\\\": [1], \\\"epsilon\\\"",
            "FILE: the architecture has 'more', which this version does not know");
    refused(f, "\\\"epsilon\\\": 0.05", "\\\"epsilon\\\": 0",
            "FILE: the architecture's epsilon is 0, it is a number of 0.0001 to 1");
    refused(f, "\\\"channels\\\": [16, 16]", "\\\"channels\\\": []",
            "FILE: the architecture's channels have 0 levels, there are 1 to 8");
    refused(f, "\\\"channels\\\": [16, 16]", "\\\"channels\\\": [16,16,16,16,16,16,16,16,16]",
            "FILE: the architecture's channels have 9 levels, there are 1 to 8");
    refused(f, "\\\"channels\\\": [16, 16]", "\\\"channels\\\": [16, 24]",
            "FILE: the architecture's channels have 24, they are multiples of 16");
    refused(f, "\\\"channels\\\": [16, 16]", "\\\"channels\\\": [16, 528]",
            "FILE: the architecture's channels have 528, they are integers of 16 to 512");
    refused(f, "\\\"channels\\\": [16, 16]", "\\\"channels\\\": [16, 16.5]",
            "FILE: the architecture's channels have 16.5, they are integers of 16 to 512");
    refused(f, "\\\"encoder\\\": [2, 1]", "\\\"encoder\\\": [2]",
            "FILE: the architecture's encoder have 1 levels, there are 2");
    refused(f, "\\\"encoder\\\": [2, 1]", "\\\"encoder\\\": [2, 9]",
            "FILE: the architecture's encoder have 9, they are integers of 1 to 8");
    refused(f, "\\\"decoder\\\": [1]", "\\\"decoder\\\": [1, 1]",
            "FILE: the architecture's decoder have 2 levels, there are 1");
    refused(f, "\\\"kernels\\\": [5, 5]", "\\\"kernels\\\": [5, 5, 5]",
            "FILE: the architecture's kernels have 3 levels, there are 1 to 2");
    refused(f, "\\\"kernels\\\": [5, 5]", "\\\"kernels\\\": [5, 22]",
            "FILE: the architecture's kernels have 22, they are integers of 1 to 21");
    refused(f, "\\\"albedo_kernel\\\": 5", "\\\"albedo_kernel\\\": -1",
            "FILE: the architecture's albedo_kernel have -1, they are integers of 0 to 21");
}

static void test_features(void **state)
{
    fixture *f = *state;
    refused(f, "\\\"name\\\": \\\"depth\\\"", "\\\"name\\\": \\\"motion\\\"",
            "FILE: the architecture has a feature 'motion', there are color, demodulated, albedo, normal, depth");
    refused(f, "\\\"name\\\": \\\"demodulated\\\"", "\\\"name\\\": \\\"color\\\"",
            "FILE: the architecture has the feature color twice");
    refused(f, "\\\"gain\\\": 8.0", "\\\"gain\\\": 0",
            "FILE: the architecture's gain of a feature is 0, it is a number of 0.001 to 1000");
    refused(f, "\\\"scale\\\": 0.5", "\\\"scale\\\": 1001",
            "FILE: the architecture's scale of a feature is 1001, it is a number of 0.001 to 1000");
    refused(f, "\\\"gain\\\": 8.0", "\\\"tone\\\": 8.0",
            "FILE: the architecture has 'tone', which this version does not know");
    refused(f, "\\\"features\\\": [", "\\\"features\\\": [], \\\"x\\\": [",
            "FILE: the architecture has 'x', which this version does not know");
    refused(f, "\\\"features\\\": [", "\\\"features\\\": [{},",
            "FILE: the architecture has 6 features, there are 1 to 5");
}

/* ---- Tensors ----------------------------------------------------------------------------------------------------- */

static void test_tensors(void **state)
{
    fixture *f = *state;
    refused(f, "\"encoder.0.1.bias\"", "\"encoder.0.2.bias\"",
            "FILE: it has a tensor 'encoder.0.2.bias', which its architecture has not");
    refused(f, "\"encoder.0.1.bias\"", "\"encoder.0.0.bias\"", "FILE: it has the tensor 'encoder.0.0.bias' twice");
    refused(f, "\"encoder.0.1.bias\":{\"dtype\":\"F16\",\"shape\":[16],\"data_offsets\":[13024,13056]},", "",
            "FILE: it has no tensor 'encoder.0.1.bias', which its architecture has");
    refused(f, "[16,16,3,3]", "[16,16,9]", "FILE: its encoder.0.1.weight is 16x16x9, the architecture's is 16x16x3x3");
    refused(f, "[16,13,3,3]", "[16,13,3,3,1]",
            "FILE: its encoder.0.0.weight is 16x13x3x3x..., the architecture's is 16x13x3x3");
    refused(f, "[77]", "[]", "FILE: its head.0.bias is a number, the architecture's is 77");
    refused(f, "{\"dtype\":\"F16\",\"shape\":[77]", "{\"dtype\":\"BF16\",\"shape\":[77]",
            "FILE: its head.0.bias is BF16, it is F16 or F32");
    refused(f, "[25022,26622]", "[25024,26624]",
            "FILE: its head.1.weight has bytes 25024 to 26624 of 26622, 800 numbers of it need 1600");
    refused(f, "[25022,26622]", "[25022,26620]",
            "FILE: its head.1.weight has bytes 25022 to 26620 of 26622, 800 numbers of it need 1600");
    refused(f, "[25022,26622]", "[-2,1598]",
            "FILE: its head.1.weight has bytes -2 to 1598 of 26622, 800 numbers of it need 1600");
    refused(f, "[25022,26622]", "[25022]",
            "FILE: its head.1.weight has bytes 25022 to 0 of 26622, 800 numbers of it need 1600");
    refused(f, "\"head.1.weight\":{", "\"head.1.weight\":7,\"x\":{", "FILE: its header is no safetensors header");
    refused(f, "\\\"channels\\\": [16, 16]", "\\\"channels\\\": [512, 512]",
            "FILE: its architecture has 9564287 parameters, a file holds at most 4194304");
}

static void test_not_finite(void **state)
{
    fixture *f = *state;
    memcpy(f->bad, f->good, f->good_size);
    f->bad[LENGTH_BYTES + header_size(f->good) + 1] = 0x7c; /* the exponent of the first number */
    check_refused(f, f->bad, f->good_size, "FILE: its decoder.0.0.bias has numbers that are not finite");
}

/* ---- The reference ----------------------------------------------------------------------------------------------- */

static void test_reference(void **state)
{
    fixture *f = *state;
    const char *pairs = "FILE: the reference's points, gather and splat are not as many pairs and triples, of 1 to 64";
    refused(f, "\\\"width\\\": 45", "\\\"width\\\": 44", "FILE: the reference has the point 44,0, its frame is 44x37");
    refused(f, "\\\"width\\\": 45", "\\\"width\\\": -1", "FILE: the reference is of 0x37 pixels, they are 1 to 65536");
    refused(f, "\\\"width\\\": 45", "\\\"width\\\": 4000",
            "FILE: the reference is of 4000x37 pixels, they are 1 to 65536");
    refused(f, "[44, 0]", "[44]", pairs);
    refused(f, "\\\"splat\\\"", "\\\"other\\\"", pairs);
    refused(f, "[7, 29], ", "", pairs);
    refused(f, "{\\\"width\\\"", "\\\"width\\\"", "FILE: the reference is no JSON of its kind");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_info, set_up, tear_down),
        cmocka_unit_test(test_guides_that_are_not_used),
        cmocka_unit_test_setup_teardown(test_texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_arguments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_metadata, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_architecture, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_features, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tensors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_finite, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reference, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
