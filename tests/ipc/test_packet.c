/* Packets of tev's protocol, byte by byte: what is read of each version, and what is refused with which sentence. tev's
 * own client is in tests/view/test_ipc.py, damaged packets are in fuzz_ipc.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/ipc/images.h"
#include "app/ipc/server.h"
#include "app/ipc/stream.h"

/* A packet that is put together. */
static uint8_t bytes[1 << 16];
static uint32_t size;
static ipc_packet packet;

static void put(int64_t value, int count)
{
    for (int i = 0; i < count; i++)
        bytes[size++] = (uint8_t)(value >> 8 * i);
    memcpy(bytes, &size, 4); /* the tests' machines are little endian */
}

static void text(const char *words)
{
    for (size_t i = 0; i <= strlen(words); i++)
        put((uint8_t)words[i], 1);
}

static void begin(int operation, int flag, const char *name)
{
    size = 4;
    put(operation, 1);
    if (flag >= 0)
        put(flag, 1);
    text(name);
}

static void floats(int first, int count)
{
    for (int i = first; i < first + count; i++) {
        const float value = (float)i;
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        put(bits, 4);
    }
}

static void place(int x, int y, int width, int height)
{
    put(x, 4), put(y, 4), put(width, 4), put(height, 4);
}

static void assert_read(ipc_operation operation)
{
    error error = {""};
    if (!ipc_packet_read(bytes, size, &packet, &error))
        fail_msg("%s", error.message);
    assert_int_equal(packet.operation, operation);
}

static void assert_refused(const char *sentence)
{
    error error = {""};
    assert_false(ipc_packet_read(bytes, size, &packet, &error));
    assert_string_equal(error.message, sentence);
}

/* ---- What is read ------------------------------------------------------------------------------------------------ */

static void test_open_reload_close(void **state)
{
    static const char *const paths[][3] = {{"a/b.exr", "a/b.exr", ""},      {"a:b.exr:R,G", "a:b.exr", "R,G"},
                                           {"C:\\a.exr", "C:\\a.exr", ""},  {"C:/a.exr", "C:/a.exr", ""},
                                           {"C:/a.exr:Z", "C:/a.exr", "Z"}, {":a", ":a", ""}};
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        begin(0, (int)i % 3, paths[i][0]);
        assert_read(IPC_OPEN);
        assert_string_equal(packet.name, paths[i][1]);
        assert_string_equal(packet.selector, paths[i][2]);
        assert_int_equal(packet.grab_focus, i % 3 == 1);
    }
    begin(7, 1, "a:b.exr");
    text("diffuse");
    assert_read(IPC_OPEN);
    assert_string_equal(packet.name, "a:b.exr");
    assert_string_equal(packet.selector, "diffuse");
    begin(1, 0, "name");
    assert_read(IPC_RELOAD);
    assert_false(packet.grab_focus);
    begin(2, -1, "name");
    assert_read(IPC_CLOSE);
    assert_string_equal(packet.name, "name");
    begin(8, 1, "name");
    put(0x1234, 3);
    assert_read(IPC_DRAW);
}

/* Creates "i" of 4x3 pixels with channels R, Z. */
static void create(ipc_image *image)
{
    error error = {""};
    begin(4, 1, "i");
    put(4, 4), put(3, 4), put(2, 4), text("R"), text("Z");
    assert_read(IPC_CREATE);
    assert_true(ipc_image_create(&packet, 0, image, &error));
    assert_int_equal(image->bytes, 4 * 3 * 2 * sizeof(float));
}

static void test_versions_of_updates(void **state)
{
    /* Of a tile of 2x2 pixels at 1,1, by version: R of 10 ... 13 and Z of 20 ... 23. */
    static const float expected[2][12] = {{0, 0, 0, 0, 0, 10, 11, 0, 0, 12, 13, 0},
                                          {0, 0, 0, 0, 0, 20, 21, 0, 0, 22, 23, 0}};
    (void)state;
    for (int version = 1; version <= 5; version++) {
        ipc_image image;
        error error = {""};
        create(&image);
        for (int c = 0; c < (version == 1 ? 2 : 1); c++) {
            begin(version == 1 ? 3 : version == 2 ? 5 : 6, 0, "i");
            if (version == 1)
                text(c ? "Z" : "R");
            else
                put(2, 4), text("R"), text("Z");
            place(1, 1, 2, 2);
            if (version == 3) /* interleaved */
                put(0, 8), put(1, 8), put(2, 8), put(2, 8);
            if (version == 4) /* Z backwards from the last float, a float between the two */
                put(0, 8), put(8, 8), put(1, 8), put(-1, 8);
            if (version == 5) /* planes, Z first */
                put(4, 8), put(0, 8), put(1, 8), put(1, 8);
            if (version == 3) {
                for (int i = 0; i < 4; i++)
                    floats(10 + i, 1), floats(20 + i, 1);
            } else if (version == 4) {
                floats(10, 4), floats(99, 1);
                for (int i = 3; i >= 0; i--)
                    floats(20 + i, 1);
            } else if (version == 5) {
                floats(20, 4), floats(10, 4);
            } else {
                floats(version == 1 && c ? 20 : 10, 4);
                if (version == 2)
                    floats(20, 4);
            }
            assert_read(IPC_UPDATE);
            assert_true(ipc_image_update(&image, &packet, &error));
        }
        assert_memory_equal(image.planes[0], expected[0], sizeof expected[0]);
        assert_memory_equal(image.planes[1], expected[1], sizeof expected[1]);
        ipc_image_free(&image);
    }
}

/* ---- What is refused --------------------------------------------------------------------------------------------- */

static void test_refused_packets(void **state)
{
    char longest[IPC_MAX_NAME + 2];
    (void)state;
    begin(9, 0, "i");
    assert_refused("a message of kind 9, expected 0 to 8");
    begin(1, 0, "i");
    size--;
    assert_refused("a packet of 7 bytes says that it has 8");
    memcpy(bytes, &size, 4);
    assert_refused("a packet ends too early");
    begin(1, 0, "");
    assert_refused("the image has no name");
    memset(longest, 'n', IPC_MAX_NAME + 1);
    longest[IPC_MAX_NAME + 1] = '\0';
    begin(1, 0, longest);
    assert_refused("a name has 1025 characters, expected at most 1024");
    begin(4, 0, "i");
    put(0, 4), put(16385, 4);
    assert_refused("i is 0x16385 pixels, expected 1x1 to 16384x16384");
    begin(4, 0, "i");
    put(4, 4), put(3, 4), put(257, 4);
    assert_refused("i has 257 channels, expected 1 to 256");
    begin(4, 0, "i");
    put(4, 4), put(3, 4), put(-1, 4);
    assert_refused("i has -1 channels, expected 1 to 256");
    begin(3, 0, "i");
    text("R"), place(0, 0, 2, 2), floats(0, 3);
    assert_refused("i: channel R of 2x2 pixels begins at float 0 with stride 1, the packet has 3 floats");
    static const int64_t layouts[][2] = {{-1, 1},        {0, -1},        {1, 1}, {0, INT64_MAX},
                                         {INT64_MAX, 1}, {3, INT64_MIN}, {4, 0}};
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        char sentence[256];
        begin(6, 0, "i");
        put(1, 4), text("R"), place(0, 0, 2, 2), put(layouts[i][0], 8), put(layouts[i][1], 8), floats(0, 4);
        snprintf(sentence, sizeof sentence,
                 "i: channel R of 2x2 pixels begins at float %lld with stride %lld, the packet has 4 floats",
                 (long long)layouts[i][0], (long long)layouts[i][1]);
        assert_refused(sentence);
    }
}

static void assert_not_written(ipc_image *image, const char *sentence)
{
    static const float zeros[12];
    error error = {""};
    assert_read(IPC_UPDATE);
    assert_false(ipc_image_update(image, &packet, &error));
    assert_string_equal(error.message, sentence);
    assert_memory_equal(image->planes[0], zeros, sizeof zeros);
}

static void test_refused_tiles(void **state)
{
    ipc_image image, other;
    error error = {""};
    (void)state;
    create(&image);
    begin(3, 0, "i");
    text("R"), place(3, 2, 2, 1), floats(1, 2);
    assert_not_written(&image, "i: a tile of 2x1 pixels at 3,2 is not within 4x3");
    begin(3, 0, "i");
    text("R"), place(INT32_MAX, -1, 2, 1), floats(1, 2);
    assert_not_written(&image, "i: a tile of 2x1 pixels at 2147483647,-1 is not within 4x3");
    begin(5, 0, "i");
    put(2, 4), text("R"), text("G"), place(0, 0, 1, 1), floats(1, 2);
    assert_not_written(&image, "i: has no channel G");
    begin(5, 0, "i");
    put(2, 4), text("R"), text("R"), place(0, 0, 1, 1), floats(1, 2);
    assert_not_written(&image, "i: two channels are called R");
    ipc_image_free(&image);
    begin(4, 0, "i");
    put(16384, 4), put(16384, 4), put(5, 4), text("R"), text("G"), text("B"), text("A"), text("Z");
    assert_read(IPC_CREATE);
    assert_false(ipc_image_create(&packet, 7, &other, &error));
    assert_string_equal(error.message,
                        "i: 16384x16384 pixels of 5 channels are 5368709120 bytes, of 4294967296 for all "
                        "images 4294967289 are left");
}

/* ---- Streams ----------------------------------------------------------------------------------------------------- */

static void test_stream(void **state)
{
    ipc_stream stream = {0};
    error error = {""};
    uint32_t huge = IPC_MAX_PACKET;
    (void)state;
    for (int i = 0; i < 3; i++) {
        begin(2, -1, i == 0 ? "first" : i == 1 ? "second" : "third");
        for (uint32_t at = 0; at < size; at++) {
            assert_int_equal(ipc_stream_next(&stream, &packet, &error), IPC_MORE);
            assert_true(ipc_stream_add(&stream, bytes + at, 1, &error));
        }
        assert_int_equal(ipc_stream_next(&stream, &packet, &error), IPC_PACKET);
        assert_string_equal(packet.name, i == 0 ? "first" : i == 1 ? "second" : "third");
        assert_true(ipc_stream_is_whole(&stream));
    }
    assert_true(ipc_stream_add(&stream, (uint8_t *)&huge, 4, &error));
    assert_int_equal(ipc_stream_next(&stream, &packet, &error), IPC_MORE);
    assert_true(stream.capacity <= 1 << 16); /* what a length claims is not there yet */
    assert_false(ipc_stream_is_whole(&stream));
    ipc_stream_free(&stream);
    static const uint32_t lengths[] = {0, 4, IPC_MAX_PACKET + 1, UINT32_MAX};
    static const char *const sentences[] = {"a message of 0 bytes, expected 5 to 536870912",
                                            "a message of 4 bytes, expected 5 to 536870912",
                                            "a message of 536870913 bytes, expected 5 to 536870912",
                                            "a message of 4294967295 bytes, expected 5 to 536870912"};
    for (int i = 0; i < 4; i++) {
        assert_true(ipc_stream_add(&stream, (const uint8_t *)&lengths[i], 4, &error));
        assert_int_equal(ipc_stream_next(&stream, &packet, &error), IPC_BROKEN);
        assert_string_equal(error.message, sentences[i]);
        ipc_stream_free(&stream);
    }
}

static void test_addresses(void **state)
{
    static const char *const others[] = {"0.0.0.0:14158",
                                         "127.0.0.1",
                                         "127.0.0.1:",
                                         "127.0.0.1:0",
                                         "127.0.0.1:65536",
                                         "14158",
                                         "127.0.0.1:1 ",
                                         "::1:5",
                                         "127.0.0.1:+1",
                                         "127.0.0.1:000001",
                                         "",
                                         "localhost",
                                         "localhost1:5"};
    int port = 0;
    error error;
    (void)state;
    assert_true(ipc_check_address("127.0.0.1:14158", &port, &error) && port == 14158);
    assert_true(ipc_check_address("localhost:1", &port, &error) && port == 1);
    assert_true(ipc_check_address("127.0.0.1:65535", &port, &error) && port == 65535);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(ipc_check_address(others[i], &port, &error));
        assert_string_equal(error.message, "expected 127.0.0.1:PORT with a port from 1 to 65535");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_reload_close),
        cmocka_unit_test(test_versions_of_updates),
        cmocka_unit_test(test_refused_packets),
        cmocka_unit_test(test_refused_tiles),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
