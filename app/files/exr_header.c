#include "exr_header.h"

#include <stdio.h>
#include <string.h>

#define MAX_NAME 256 /* with the byte that ends it */

/* In the file format's numbers. */
static const struct {
    const char *name;
    int lines;
} compressions[] = {{"none", 1},       {"RLE", 1},      {"ZIPS", 1},  {"ZIP", 16},  {"PIZ", 32},
                    {"PXR24", 16},     {"B44", 32},     {"B44A", 32}, {"DWAA", 32}, {"DWAB", 256},
                    {"HTJ2K256", 256}, {"HTJ2K32", 32}, {"LJ2K", 1},  {"ZSTD", 1}};

enum { COMPRESSIONS = sizeof compressions / sizeof *compressions };

const char *exr_compression_text(int number, char buffer[32])
{
    if (number >= 0 && number < COMPRESSIONS)
        return compressions[number].name;
    snprintf(buffer, 32, "number %d", number);
    return buffer;
}

int exr_compression_lines(int number)
{
    return number >= 0 && number < COMPRESSIONS ? compressions[number].lines : 1;
}

static bool take(const input *input, uint64_t *offset, void *to, uint64_t size, error *error)
{
    int64_t got = input_read(input, to, size, *offset, error);
    if (got >= 0 && (uint64_t)got < size)
        error_set(error, "it ends too early");
    *offset += size;
    return got >= 0 && (uint64_t)got == size;
}

/* Up to the byte 0 that ends it; with room for one that is too long. */
static bool take_name(const input *input, uint64_t *offset, char name[MAX_NAME], error *error)
{
    int64_t got = input_read(input, name, MAX_NAME, *offset, error);
    if (got < 0)
        return false;
    size_t length = strnlen(name, (size_t)got);
    if (length == (size_t)got)
        return error_set(error, got < MAX_NAME ? "it ends too early" : "a name in its header is too long");
    *offset += length + 1;
    return true;
}

bool exr_walk_header(const input *input, uint64_t *offset, int *compression, error *error)
{
    *compression = -1;
    for (;;) {
        char name[MAX_NAME], type[MAX_NAME];
        uint8_t bytes[4], number;
        if (!take_name(input, offset, name, error))
            return false;
        if (!*name)
            return true;
        if (!take_name(input, offset, type, error) || !take(input, offset, bytes, 4, error))
            return false;
        uint64_t size = bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint64_t)bytes[3] << 24;
        uint64_t left = *offset < input->size ? input->size - *offset : 0;
        if (size > left)
            return error_set(error, "its attribute %s has %llu bytes, the file %llu more", name,
                             (unsigned long long)size, (unsigned long long)left);
        uint64_t value = *offset;
        if (strcmp(name, "compression") == 0 && size == 1) {
            if (!take(input, &value, &number, 1, error))
                return false;
            *compression = number;
        }
        *offset += size;
    }
}
