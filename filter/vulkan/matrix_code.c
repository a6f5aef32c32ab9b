#include "matrix_code.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER = 5, BOUND = 3 }; /* words */

/* Of SPIR-V's instructions, and of what these name. */
enum {
    EXTENSION = 10,
    CAPABILITY = 17,
    CONSTANT_TRUE = 41,
    CONSTANT = 43,
    NV_CAPABILITY = 5357,
    NV_TYPE = 5358,
    NV_LOAD,
    NV_STORE,
    NV_MULTIPLY_ADD,
    KHR_CAPABILITY = 6022,
    KHR_TYPE = 4456,
    KHR_LOAD,
    KHR_STORE,
    KHR_MULTIPLY_ADD
};

/* The constants that are added: KHR's uses of matrices, whose 0 and 1 also say that these lie in memory by rows or by
 * columns, and their sides. */
enum { LEFT, RIGHT, SUM, SIDE, CONSTANTS };

/* What is known of an id. */
typedef struct id {
    uint32_t type;
    int is_matrix /* a type */, is_true, use;
} id;

static uint32_t opcode(const uint32_t *instruction)
{
    return *instruction & 0xffff;
}

static uint32_t length(const uint32_t *instruction)
{
    return *instruction >> 16;
}

static void learn(const uint32_t *i, id *ids, uint32_t bound)
{
    switch (opcode(i)) {
    case NV_TYPE:
        ids[i[1]] = (id){.is_matrix = 1, .use = SUM};
        return;
    case CONSTANT_TRUE:
        ids[i[2]].is_true = 1;
        return;
    case CONSTANT:
        ids[i[2]].type = i[1];
        return;
    case NV_MULTIPLY_ADD:
        ids[ids[i[3]].type].use = LEFT;
        ids[ids[i[4]].type].use = RIGHT;
        break;
    default:
        break;
    }
    if (length(i) > 2 && i[1] < bound && ids[i[1]].is_matrix)
        ids[i[2]].type = i[1];
}

/* constants: the first one's id. */
static uint32_t *add_constants(uint32_t *to, uint32_t type, uint32_t constants)
{
    static const uint32_t values[CONSTANTS] = {[LEFT] = 0, [RIGHT] = 1, [SUM] = 2, [SIDE] = 16};
    for (uint32_t i = 0; i < CONSTANTS; i++, to += 4)
        memcpy(to, (uint32_t[]){4 << 16 | CONSTANT, type, constants + i, values[i]}, 4 * sizeof *to);
    return to;
}

/* A type has an id, numbers, a scope, rows and columns, KHR's a use, too. */
static uint32_t *add_type(uint32_t *to, const uint32_t *i, const id *ids, uint32_t constants)
{
    const uint32_t side = constants + SIDE, use = constants + (uint32_t)ids[i[1]].use;
    memcpy(to, (uint32_t[]){7 << 16 | KHR_TYPE, i[1], i[2], i[3], side, side, use}, 7 * sizeof *to);
    return to + 7;
}

/* In place. layout: where KHR's has that and NV's the stride, which KHR's has next, where NV's tells of columns. */
static void lay_out(uint32_t *i, uint32_t code, int layout, const id *ids, uint32_t constants)
{
    const uint32_t stride = i[layout];
    i[0] = (i[0] & 0xffff0000) | code;
    i[layout] = constants + (uint32_t)ids[i[layout + 1]].is_true;
    i[layout + 1] = stride;
}

/* In place, where no words are added. */
static void translate(uint32_t *i, const id *ids, uint32_t constants)
{
    static const char nv[] = "SPV_NV_cooperative_matrix", khr[] = "SPV_KHR_cooperative_matrix"; /* 7 words, both */
    switch (opcode(i)) {
    case CAPABILITY:
        i[1] = i[1] == NV_CAPABILITY ? KHR_CAPABILITY : i[1];
        break;
    case EXTENSION:
        if (strcmp((const char *)&i[1], nv) == 0)
            memcpy(&i[1], khr, sizeof khr);
        break;
    case NV_LOAD:
        lay_out(i, KHR_LOAD, 4, ids, constants);
        break;
    case NV_STORE:
        lay_out(i, KHR_STORE, 3, ids, constants);
        break;
    case NV_MULTIPLY_ADD:
        i[0] = length(i) << 16 | KHR_MULTIPLY_ADD;
        break;
    default:
        break;
    }
}

/* A word for each type of matrices, of 6 words, and the constants. */
size_t wf_vulkan_most_words(size_t words)
{
    return words + words / 6 + 4 * CONSTANTS;
}

size_t wf_vulkan_translate_matrices(const uint32_t *from, size_t words, uint32_t *to)
{
    const uint32_t constants = from[BOUND], *const end = from + words;
    id *ids = calloc(constants, sizeof *ids);
    if (!ids)
        return 0;
    for (const uint32_t *i = from + HEADER; i < end; i += length(i))
        learn(i, ids, constants);
    uint32_t *at = to + HEADER;
    int has_constants = 0;
    memcpy(to, from, HEADER * sizeof *to);
    for (const uint32_t *i = from + HEADER; i < end; i += length(i)) {
        if (opcode(i) == NV_TYPE) {
            if (!has_constants++)
                at = add_constants(at, ids[i[3]].type, constants);
            at = add_type(at, i, ids, constants);
            continue;
        }
        memcpy(at, i, length(i) * sizeof *i);
        translate(at, ids, constants);
        at += length(i);
    }
    to[BOUND] += has_constants ? CONSTANTS : 0;
    free(ids);
    return (size_t)(at - to);
}
