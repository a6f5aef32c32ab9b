/* fuzz_ipc -- damages packets of tev's protocol in many ways and reads every result as a connection's bytes: nothing
 * may crash or hang, memory stays within what the headers promise, and what is no packet is refused with one
 * sentence. Run it with sanitizers.
 *
 *     fuzz_ipc [ROUNDS]     packets, default 20000
 *
 * Packets of every operation and version, of sizes that fit each other mostly, are cut, get other bytes (numbers at the
 * ends of their ranges among them), or come as they are; each is read once alone, in memory that is no longer than it,
 * and once in pieces of a stream, and what is still a packet is applied to a few images. A round of more than
 * MAX_SECONDS ends the program by a signal. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "app/ipc/images.h"
#include "app/ipc/stream.h"

#define MAX_SECONDS 10
#define MAX_BYTES   (1u << 16) /* of a packet that is made here */
#define IMAGES      3

typedef struct fuzz {
    uint64_t random;
    uint8_t bytes[MAX_BYTES];
    size_t size;
    ipc_stream stream;
    ipc_image images[IMAGES];
    long read, refused, cut, applied;
} fuzz;

/* splitmix64 */
static uint64_t next(fuzz *fuzz)
{
    uint64_t z = fuzz->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* ---- Packets ----------------------------------------------------------------------------------------------------- */

static void put(fuzz *fuzz, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes && fuzz->size < MAX_BYTES; i++)
        fuzz->bytes[fuzz->size++] = (uint8_t)(value >> 8 * i);
}

static void put_text(fuzz *fuzz, const char *text)
{
    for (size_t i = 0; i <= strlen(text); i++)
        put(fuzz, (uint8_t)text[i], 1);
}

/* Mostly small, else at an end of its range. */
static uint64_t number(fuzz *fuzz, int most)
{
    static const uint64_t ends[] = {0,
                                    1,
                                    0x7f,
                                    0xff,
                                    0x4000,
                                    0x4001,
                                    0x7fffffff,
                                    0x80000000,
                                    0xffffffff,
                                    0x100000000,
                                    (uint64_t)-1,
                                    (uint64_t)-16,
                                    INT64_MAX - 3,
                                    (uint64_t)1 << 63,
                                    (uint64_t)1 << 62};
    if (next(fuzz) % 16)
        return next(fuzz) % (uint64_t)(most + 1);
    return ends[next(fuzz) % (sizeof ends / sizeof *ends)];
}

static const char *name(fuzz *fuzz)
{
    static const char *const names[] = {"a", "b", "c", "", "shot.0001.exr:R,G,B", "C:\\a"};
    return names[next(fuzz) % 8 < 6 ? next(fuzz) % 3 : next(fuzz) % 6];
}

static void put_channels(fuzz *fuzz, int count)
{
    static const char *const names[] = {"R", "G", "B", "A", "albedo.R", "Z"};
    put(fuzz, next(fuzz) % 16 ? (uint64_t)count : number(fuzz, 9), 4);
    for (int i = 0; i < count; i++)
        put_text(fuzz, names[next(fuzz) % 8 ? (size_t)i % 6 : next(fuzz) % 6]);
}

/* Of the operation and version of that number. */
static void make(fuzz *fuzz, int operation)
{
    const int count = 1 + (int)(next(fuzz) % 6), width = 1 + (int)(next(fuzz) % 12),
              height = 1 + (int)(next(fuzz) % 12);
    const int channels = operation == 3 ? 1 : count, interleaved = (int)(next(fuzz) % 2);
    fuzz->size = 0;
    put(fuzz, 0, 4);
    put(fuzz, (uint64_t)operation, 1);
    if (operation != 2)
        put(fuzz, next(fuzz) % 3, 1);
    put_text(fuzz, name(fuzz));
    if (operation == 4) {
        put(fuzz, next(fuzz) % 32 ? 18 + next(fuzz) % 16 : number(fuzz, 64), 4);
        put(fuzz, next(fuzz) % 32 ? 18 + next(fuzz) % 16 : number(fuzz, 64), 4);
        put_channels(fuzz, next(fuzz) % 2 ? 6 : count);
    } else if (operation == 3 || operation == 5 || operation == 6) {
        if (operation == 3)
            put_text(fuzz, "G");
        else
            put_channels(fuzz, count);
        put(fuzz, number(fuzz, 6), 4);
        put(fuzz, number(fuzz, 6), 4);
        put(fuzz, next(fuzz) % 32 ? (uint64_t)width : number(fuzz, 99), 4);
        put(fuzz, next(fuzz) % 32 ? (uint64_t)height : number(fuzz, 99), 4);
        for (int i = 0; operation == 6 && i < count; i++)
            put(fuzz, next(fuzz) % 64 ? (uint64_t)(interleaved ? i : i * width * height) : number(fuzz, 99), 8);
        for (int i = 0; operation == 6 && i < count; i++)
            put(fuzz, next(fuzz) % 64 ? (uint64_t)(interleaved ? count : 1) : number(fuzz, 99), 8);
        for (int i = 0; i < channels * width * height; i++)
            put(fuzz, next(fuzz), 4);
    } else if (operation == 7) {
        put_text(fuzz, name(fuzz));
    }
    const uint32_t size = (uint32_t)fuzz->size;
    memcpy(fuzz->bytes, &size, sizeof size);
}

static void damage(fuzz *fuzz)
{
    const uint64_t how = next(fuzz) % 4;
    uint32_t size;
    if (how == 0) { /* cut, and it says so */
        fuzz->size = 5 + next(fuzz) % (fuzz->size - 4);
        size = (uint32_t)fuzz->size;
        memcpy(fuzz->bytes, &size, sizeof size);
    }
    for (uint64_t i = 0; how == 1 && i <= next(fuzz) % 8; i++) /* anywhere, but for the length */
        fuzz->bytes[4 + next(fuzz) % (fuzz->size - 4)] = (uint8_t)(next(fuzz) % 3 ? next(fuzz) : 255);
    if (how == 2 && next(fuzz) % 8 == 0) { /* the length */
        size = (uint32_t)number(fuzz, 2 * (int)fuzz->size);
        memcpy(fuzz->bytes, &size, sizeof size);
    }
}

/* ---- What becomes of them ---------------------------------------------------------------------------------------- */

static void fail(const char *what, const char *detail)
{
    fprintf(stderr, "%s: %s\n", what, detail);
    exit(1);
}

static void check_sentence(const error *error)
{
    if (!*error->message || strchr(error->message, '\n'))
        fail("not one sentence", error->message);
}

static ipc_image *find(fuzz *fuzz, const char *name)
{
    for (int i = 0; i < IMAGES; i++)
        if (fuzz->images[i].name && strcmp(fuzz->images[i].name, name) == 0)
            return &fuzz->images[i];
    return NULL;
}

static void apply(fuzz *fuzz, const ipc_packet *packet)
{
    error error = {""};
    uint64_t bytes = 0;
    ipc_image *image = find(fuzz, packet->name);
    for (int i = 0; i < IMAGES; i++)
        bytes += fuzz->images[i].bytes;
    if (bytes > IPC_MAX_BYTES)
        fail("more than IPC_MAX_BYTES", packet->name);
    if (packet->operation == IPC_CLOSE && image)
        ipc_image_free(image);
    if (packet->operation == IPC_UPDATE && image && !ipc_image_update(image, packet, &error))
        check_sentence(&error);
    else if (packet->operation == IPC_UPDATE && image)
        fuzz->applied++;
    if (packet->operation != IPC_CREATE)
        return;
    image = image ? image : &fuzz->images[next(fuzz) % IMAGES];
    bytes -= image->bytes;
    ipc_image_free(image);
    if (!ipc_image_create(packet, bytes, image, &error))
        check_sentence(&error);
}

static void read_alone(const fuzz *fuzz)
{
    static ipc_packet packet;
    error error = {""};
    volatile float sum = 0;
    uint8_t *exact = malloc(fuzz->size);
    memcpy(exact, fuzz->bytes, fuzz->size);
    if (!ipc_packet_read(exact, fuzz->size, &packet, &error))
        check_sentence(&error);
    else
        for (int c = 0; packet.operation == IPC_UPDATE && c < packet.channel_count; c++)
            sum += ipc_packet_sample(&packet, c, 0) +
                   ipc_packet_sample(&packet, c, (int64_t)packet.width * packet.height - 1);
    free(exact);
}

/* A connection that is broken is closed; the next bytes are another one's. */
static void read_stream(fuzz *fuzz)
{
    static ipc_packet packet;
    error error = {""};
    for (size_t from = 0, piece; from < fuzz->size; from += piece) {
        piece = 1 + next(fuzz) % (fuzz->size - from);
        if (!ipc_stream_add(&fuzz->stream, fuzz->bytes + from, piece, &error))
            fail("no memory", error.message);
        if (fuzz->stream.capacity > 4 * (fuzz->stream.size + MAX_BYTES))
            fail("more memory than what came", "");
        ipc_progress progress;
        while ((progress = ipc_stream_next(&fuzz->stream, &packet, &error)) == IPC_PACKET) {
            fuzz->read++;
            apply(fuzz, &packet);
        }
        if (progress == IPC_BROKEN) {
            check_sentence(&error);
            fuzz->refused++;
            ipc_stream_free(&fuzz->stream);
            return;
        }
    }
    if (!ipc_stream_is_whole(&fuzz->stream) && (next(fuzz) % 4 || fuzz->stream.size > 4 * MAX_BYTES)) {
        fuzz->cut++; /* the connection ends within a packet */
        ipc_stream_free(&fuzz->stream);
    }
}

int main(int argc, char **argv)
{
    static fuzz fuzz;
    const char *seed = getenv("WF_SEED");
    const long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 20000;
    fuzz.random = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
    printf("seed %llu (WF_SEED repeats it)\n", (unsigned long long)fuzz.random);
    fflush(stdout);
    for (long round = 0; round < rounds; round++) {
        setitimer(ITIMER_PROF, &(struct itimerval){.it_value.tv_sec = MAX_SECONDS}, NULL);
        make(&fuzz, (int)(next(&fuzz) % 10));
        damage(&fuzz);
        read_alone(&fuzz);
        read_stream(&fuzz);
    }
    ipc_stream_free(&fuzz.stream);
    for (int i = 0; i < IMAGES; i++)
        ipc_image_free(&fuzz.images[i]);
    printf("%ld read, %ld refused, %ld cut, %ld tiles written\n", fuzz.read, fuzz.refused, fuzz.cut, fuzz.applied);
    return 0;
}
