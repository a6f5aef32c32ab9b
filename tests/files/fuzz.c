/* fuzz -- damages a small file in many ways and reads every result: nothing may crash, and what cannot be read must be
 * refused with one sentence that names the file. Run it with sanitizers.
 *
 *     fuzz FILE [ROUNDS]     an .exr, .npy, .npz or .safetensors file; weights are read for a frame of 5x4 pixels
 *
 * By turns, ROUNDS times in all (default 900), the file is cut, a byte of its first 512 (where headers are) gets another
 * value, and up to eight bytes anywhere do. The damaged copy lies beside FILE, so that it is there after a crash. Prints how
 * many were read and refused. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/files/exr.h"
#include "app/files/weights.h"

typedef struct fuzz {
    const char *extension;
    char path[4096]; /* of the damaged copy */
    long read, refused;
    uint64_t random;
} fuzz;

/* splitmix64 */
static uint64_t next(fuzz *fuzz)
{
    uint64_t z = fuzz->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static bool read_copy(const fuzz *fuzz, error *error)
{
    if (strcmp(fuzz->extension, ".exr") == 0) {
        frame frame;
        bool read = exr_read_frame(fuzz->path, NULL, 0, &frame, error);
        frame_free(&frame);
        return read;
    }
    weights weights;
    bool read = weights_read(fuzz->path, 0, 0, 5, 4, &weights, error);
    weights_free(&weights);
    return read;
}

static void try(fuzz *fuzz, const uint8_t *bytes, size_t size)
{
    error error = {""};
    FILE *file = fopen(fuzz->path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        perror(fuzz->path);
        exit(2);
    }
    if (read_copy(fuzz, &error)) {
        fuzz->read++;
        return;
    }
    fuzz->refused++;
    size_t length = strlen(fuzz->path);
    if (strncmp(error.message, fuzz->path, length) != 0 || !error.message[length] || strchr(error.message, '\n')) {
        fprintf(stderr, "not a sentence about the file: %s\n", error.message);
        exit(1);
    }
}

static void run(fuzz *fuzz, const uint8_t *bytes, size_t size, unsigned long rounds)
{
    uint8_t *copy = malloc(size);
    for (unsigned long round = 0; round < rounds; round++) {
        size_t length = size, reach = size;
        uint64_t changes = 0;
        if (round % 3 == 0)
            length = next(fuzz) % size;
        else if (round % 3 == 1)
            changes = 1, reach = size < 512 ? size : 512;
        else
            changes = 1 + next(fuzz) % 8;
        memcpy(copy, bytes, size);
        for (; changes; changes--)
            copy[next(fuzz) % reach] = (uint8_t)next(fuzz);
        try(fuzz, copy, length);
    }
    free(copy);
}

int main(int argc, char **argv)
{
    static uint8_t bytes[1 << 20];
    fuzz fuzz = {.extension = argc > 1 ? strrchr(argv[1], '.') : NULL};
    FILE *file = fuzz.extension ? fopen(argv[1], "rb") : NULL;
    if (!file) {
        fprintf(stderr, "usage: fuzz FILE [ROUNDS]\n");
        return 2;
    }
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    const char *seed = getenv("WF_SEED");
    fuzz.random = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
    printf("seed %llu (WF_SEED repeats it)\n", (unsigned long long)fuzz.random);
    fflush(stdout);
    snprintf(fuzz.path, sizeof fuzz.path, "%s.damaged%s", argv[1], fuzz.extension);
    run(&fuzz, bytes, size, argc > 2 ? strtoul(argv[2], NULL, 10) : 900);
    printf("%ld read, %ld refused\n", fuzz.read, fuzz.refused);
    return 0;
}
