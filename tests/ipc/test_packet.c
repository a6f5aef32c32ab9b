/* Messages of programs that feed tev: what they say, and what is none; damaged ones, 100,000 or WF_FUZZ times as many. */
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

typedef struct message {
    uint8_t bytes[4096];
    uint32_t size;
} message;

static void put(message *message, const void *bytes, size_t size)
{
    memcpy(message->bytes + message->size, bytes, size);
    message->size += (uint32_t)size;
}

static void put_number(message *message, int64_t number, int size)
{
    for (int i = 0; i < size; i++)
        put(message, &(uint8_t){(uint8_t)((uint64_t)number >> 8 * i)}, 1);
}

static void put_string(message *message, const char *string)
{
    put(message, string, strlen(string) + 1);
}

static void put_floats(message *message, const float *values, int count)
{
    for (int i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], 4);
        put_number(message, bits, 4);
    }
}

static message begin(int kind)
{
    message message = {.size = 4};
    put_number(&message, kind, 1);
    return message;
}

static void finish(message *message)
{
    const uint32_t size = message->size;
    message->size = 0;
    put_number(message, size, 4);
    message->size = size;
}

static message create_message(void)
{
    message message = begin(4);
    put_number(&message, 1, 1);
    put_string(&message, "an image");
    put_number(&message, 5, 4);
    put_number(&message, 3, 4);
    put_number(&message, 2, 4);
    put_string(&message, "R");
    put_string(&message, "G");
    finish(&message);
    return message;
}

/* 2x2 pixels at 3,1: R is 1 to 4, G 5 to 8. */
static message update_message(int kind)
{
    static const float separate[] = {1, 2, 3, 4, 5, 6, 7, 8}, interleaved[] = {1, 5, 2, 6, 3, 7, 4, 8};
    message message = begin(kind);
    put_number(&message, 0, 1);
    put_string(&message, "an image");
    if (kind != 3)
        put_number(&message, 2, 4);
    put_string(&message, "R");
    if (kind != 3)
        put_string(&message, "G");
    static const int place[] = {3, 1, 2, 2};
    for (int i = 0; i < 4; i++)
        put_number(&message, place[i], 4);
    for (int i = 0; i < 4 && kind == 6; i++)
        put_number(&message, i < 2 ? i : 2, 8);
    put_floats(&message, kind == 6 ? interleaved : separate, kind == 3 ? 4 : 8);
    finish(&message);
    return message;
}

static packet read_message(const message *message)
{
    packet packet;
    error error = {""};
    assert_int_equal(packet_size(message->bytes, &error), message->size);
    const bool ok = packet_read(message->bytes, message->size, &packet, &error);
    assert_string_equal(error.message, "");
    assert_true(ok);
    return packet;
}

static void names_and_focus(void **state)
{
    (void)state;
    static const struct {
        int sent;
        packet_kind kind;
    } kinds[] = {{0, PACKET_OPEN}, {7, PACKET_OPEN}, {1, PACKET_RELOAD}, {2, PACKET_CLOSE}, {8, PACKET_DRAWING}};
    for (int i = 0; i < 5; i++) {
        message message = begin(kinds[i].sent);
        if (kinds[i].sent != 2)
            put_number(&message, 1, 1);
        put_string(&message, "/a b/c.exr");
        put_string(&message, "diffuse");
        finish(&message);
        const packet packet = read_message(&message);
        assert_int_equal(packet.kind, kinds[i].kind);
        assert_int_equal(packet.grabs_focus, kinds[i].sent != 2);
        assert_string_equal(packet.image, "/a b/c.exr");
    }
}

static void images_are_made_of_pieces(void **state)
{
    (void)state;
    sent_images images = {0};
    error error;
    message create = create_message(), update = update_message(6);
    packet packet = read_message(&update);
    assert_null(images_update(&images, &packet, &error));
    assert_string_equal(error.message, "an image: no image of that name was created");
    for (int kind = 3; kind <= 6; kind += kind == 3 ? 2 : 1) {
        packet = read_message(&create);
        assert_true(packet.kind == PACKET_CREATE && packet.grabs_focus && packet.channel_count == 2);
        assert_non_null(images_create(&images, &packet, &error));
        update = update_message(kind);
        packet = read_message(&update);
        const sent_image *image = images_update(&images, &packet, &error);
        assert_non_null(image);
        for (int i = 0; i < 5 * 3; i++) {
            const int x = i % 5 - 3, y = i / 5 - 1;
            const bool inside = x >= 0 && y >= 0;
            assert_float_equal(image->pixels[2 * i], inside ? 1 + x + 2 * y : 0, 0);
            assert_float_equal(image->pixels[2 * i + 1], inside && kind != 3 ? 5 + x + 2 * y : 0, 0);
        }
        assert_int_equal(images.count, 1);
    }
    packet.width = 3;
    assert_null(images_update(&images, &packet, &error));
    assert_string_equal(error.message, "an image: 3x2 pixels at 3,1 are not in its 5x3");
    packet.width = 2;
    packet.channels[1] = "B";
    assert_null(images_update(&images, &packet, &error));
    assert_string_equal(error.message, "an image: has no channel B");
    images_close(&images);
}

static void assert_refused(const message *message, const char *sentence)
{
    packet packet;
    error error;
    assert_false(packet_read(message->bytes, message->size, &packet, &error));
    assert_string_equal(error.message, sentence);
}

static void what_is_no_message(void **state)
{
    (void)state;
    error error;
    assert_int_equal(packet_size((const uint8_t *)"GET ", &error), 542393671);
    assert_int_equal(packet_size((const uint8_t *)"\4\0\0\0", &error), 0);
    assert_string_equal(error.message, "a message of 4 bytes, expected 5 to 1073741824");
    assert_int_equal(packet_size((const uint8_t *)"\1\0\0\x40", &error), 0);
    message message = begin(9);
    assert_refused(&message, "a message of kind 9, expected 0 to 8");
    message = begin(0);
    assert_refused(&message, "the message ends within its first truth: 0 bytes are left, it needs 1");
    put_number(&message, 1, 1);
    put(&message, "abc", 3);
    assert_refused(&message, "the message ends within the image's name, which has no end");
    message = begin(2);
    put_string(&message, "");
    assert_refused(&message, "the image's name is empty");
    message = update_message(6);
    message.size -= 1;
    assert_refused(&message, "an image: has 7 values; channel G of 2x2 pixels at offset 1 with stride 2 needs others");
    message = update_message(5);
    memset(message.bytes + 15, 0xff, 4);
    assert_refused(&message, "an image: has -1 channels, expected 1 to 64");
    message = create_message();
    memset(message.bytes + 15, 0, 4);
    assert_refused(&message, "an image: 0x3 pixels, expected 1 to 16384 each");
}

static void addresses_of_this_machine(void **state)
{
    (void)state;
    int port = 0;
    error error;
    assert_true(server_check("127.0.0.1:14158", &port, &error) && port == 14158);
    assert_true(server_check("localhost:1", &port, &error) && port == 1);
    static const char *const others[] = {
        "0.0.0.0:14158", "127.0.0.1",    "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
        "14158",         "127.0.0.1:1 ", "::1:5",      "127.0.0.1:+1"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(server_check(others[i], &port, &error));
        assert_string_equal(error.message, "expected 127.0.0.1:PORT with a port from 1 to 65535");
    }
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

/* Each is in memory of its own size, so that reading beyond it is seen; what can be read is done. */
static void damaged_messages(void **state)
{
    (void)state;
    const char *given = getenv("WF_SEED"), *times = getenv("WF_FUZZ");
    uint32_t random = given ? (uint32_t)strtoul(given, NULL, 10) | 1 : 1;
    const int count = 100000 * (times ? atoi(times) : 1);
    const message seeds[] = {create_message(), update_message(3), update_message(5), update_message(6)};
    sent_images images = {0};
    int refused = 0, read = 0;
    for (int i = 0; i < count; i++) {
        message message = seeds[next_random(&random) % 4];
        for (uint32_t j = next_random(&random) % 6; j > 0; j--)
            message.bytes[4 + next_random(&random) % (message.size - 4)] =
                next_random(&random) % 2 ? (uint8_t)next_random(&random) : (uint8_t)(255 * (next_random(&random) % 2));
        if (next_random(&random) % 4 == 0)
            message.size = 5 + next_random(&random) % (message.size - 4);
        uint8_t *bytes = malloc(message.size);
        memcpy(bytes, message.bytes, message.size);
        packet packet;
        error error = {""};
        if (!packet_read(bytes, message.size, &packet, &error)) {
            assert_true(*error.message);
            refused++;
        } else if (packet.kind == PACKET_UPDATE) {
            images_update(&images, &packet, &error);
            read++;
        } else if (packet.kind == PACKET_CREATE && (long long)packet.width * packet.height < 1000) {
            if (images.count == IMAGES_MOST)
                images_close(&images);
            images_create(&images, &packet, &error);
            read++;
        }
        free(bytes);
    }
    images_close(&images);
    assert_true(refused > count / 10 && read > count / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_focus),    cmocka_unit_test(images_are_made_of_pieces),
        cmocka_unit_test(what_is_no_message), cmocka_unit_test(addresses_of_this_machine),
        cmocka_unit_test(damaged_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
