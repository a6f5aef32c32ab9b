/* SPIR-V's matrices of VK_NV_cooperative_matrix, translated to those of VK_KHR_cooperative_matrix: a module made by
 * hand, instruction by instruction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "vulkan/matrix_code.h"

#include "convolve_features.comp.h"
#include "convolve_matrix.comp.h"
#include "level_logits.comp.h"
#include "level_matrix.comp.h"

#define OP(code, words)  ((uint32_t)(words) << 16 | (code))
#define TEXT(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

enum { BOUND = 17 };

/* clang-format off */
#define HEAD(bound) 0x07230203, 0x00010500, 0, (bound), 0, OP(17, 2), 1
#define MODEL       OP(14, 3), 5348, 3
#define NAMES                                                                                                          \
    OP(20, 2), 1 /* bool */, OP(41, 3), 1, 2 /* true */, OP(42, 3), 1, 3 /* false */, OP(21, 4), 4, 32, 0 /* uint */,  \
    OP(43, 4), 4, 5, 3 /* scope */, OP(43, 4), 4, 6, 16, OP(50, 4), 4, 7, 16, OP(22, 3), 8, 16 /* half */

static const uint32_t nv[] = {
    HEAD(BOUND), OP(17, 2), 5357,
    OP(10, 8), TEXT('S', 'P', 'V', '_'), TEXT('N', 'V', '_', 'c'), TEXT('o', 'o', 'p', 'e'), TEXT('r', 'a', 't', 'i'),
    TEXT('v', 'e', '_', 'm'), TEXT('a', 't', 'r', 'i'), TEXT('x', 0, 0, 0),
    MODEL, NAMES,
    OP(5358, 6), 9, 8, 5, 6, 6, OP(5358, 6), 10, 8, 5, 7, 6, OP(5358, 6), 11, 8, 5, 7, 7,
    OP(5359, 8), 9, 12, 13, 6, 3, 2, 16, OP(5359, 6), 10, 14, 13, 6, 2, OP(5359, 6), 11, 15, 13, 6, 3,
    OP(5361, 6), 11, 16, 12, 14, 15,
    OP(5360, 5), 13, 16, 6, 2,
};

static const uint32_t khr[] = {
    HEAD(BOUND + 4), OP(17, 2), 6022,
    OP(10, 8), TEXT('S', 'P', 'V', '_'), TEXT('K', 'H', 'R', '_'), TEXT('c', 'o', 'o', 'p'), TEXT('e', 'r', 'a', 't'),
    TEXT('i', 'v', 'e', '_'), TEXT('m', 'a', 't', 'r'), TEXT('i', 'x', 0, 0),
    MODEL, NAMES,
    OP(43, 4), 4, BOUND, 0, OP(43, 4), 4, BOUND + 1, 1, OP(43, 4), 4, BOUND + 2, 2,
    OP(43, 4), 4, BOUND + 3, 16,
    OP(4456, 7), 9, 8, 5, BOUND + 3, BOUND + 3, BOUND, OP(4456, 7), 10, 8, 5, BOUND + 3, BOUND + 3, BOUND + 1,
    OP(4456, 7), 11, 8, 5, BOUND + 3, BOUND + 3, BOUND + 2,
    OP(4457, 8), 9, 12, 13, BOUND, 6, 2, 16, OP(4457, 6), 10, 14, 13, BOUND + 1, 6, OP(4457, 6), 11, 15, 13, BOUND, 6,
    OP(4459, 6), 11, 16, 12, 14, 15,
    OP(4458, 5), 13, 16, BOUND + 1, 6,
};
/* clang-format on */

enum { NV_WORDS = sizeof nv / sizeof *nv, KHR_WORDS = sizeof khr / sizeof *khr };

static void test_translation(void **state)
{
    (void)state;
    uint32_t *to = malloc(wf_vulkan_most_words(NV_WORDS) * sizeof *to);
    assert_true(wf_vulkan_most_words(NV_WORDS) >= KHR_WORDS);
    assert_int_equal(wf_vulkan_translate_matrices(nv, NV_WORDS, to), KHR_WORDS);
    for (int i = 0; i < KHR_WORDS; i++)
        assert_int_equal(to[i], khr[i]);
    free(to);
}

/* A module without NV's matrices stays as it is. */
static void test_no_matrices(void **state)
{
    (void)state;
    uint32_t *to = malloc(wf_vulkan_most_words(KHR_WORDS) * sizeof *to);
    assert_int_equal(wf_vulkan_translate_matrices(khr, KHR_WORDS, to), KHR_WORDS);
    assert_memory_equal(to, khr, sizeof khr);
    free(to);
}

/* What a translated module says of an id: the value of a constant, the type of a matrix, the use of a type. */
typedef struct id {
    uint32_t value, type;
    int use; /* 1 +, 0: no type of matrices */
} id;

static void check_instruction(const uint32_t *i, id *ids, uint32_t bound, int *products)
{
    const uint32_t code = *i & 0xffff, length = *i >> 16;
    assert_true(code < 5358 || code > 5362); /* NV's */
    if (code == 17)
        assert_int_not_equal(i[1], 5357);
    if (code == 43)
        ids[i[2]].value = i[3];
    if (code == 4456) {
        assert_int_equal(length, 7);
        assert_true(ids[i[4]].value == 16 && ids[i[5]].value == 16);
        ids[i[1]].use = 1 + (int)ids[i[6]].value;
    }
    if (length > 2 && i[1] < bound && ids[i[1]].use)
        ids[i[2]].type = i[1];
    if (code == 4459) {
        for (uint32_t operand = 3; operand < 6; operand++)
            assert_int_equal(ids[ids[i[operand]].type].use, operand - 2);
        assert_int_equal(i[1], ids[i[5]].type);
        ++*products;
    }
}

/* Each of the library's has left, right and sums, and products of these. */
static void test_shaders(void **state)
{
    (void)state;
    static const struct {
        const uint32_t *code;
        size_t words;
    } shaders[] = {{convolve_features_comp, sizeof convolve_features_comp / 4},
                   {convolve_matrix_comp, sizeof convolve_matrix_comp / 4},
                   {level_logits_comp, sizeof level_logits_comp / 4},
                   {level_matrix_comp, sizeof level_matrix_comp / 4}};
    for (size_t s = 0; s < sizeof shaders / sizeof *shaders; s++) {
        const size_t most = wf_vulkan_most_words(shaders[s].words);
        uint32_t *to = malloc(most * sizeof *to);
        const size_t words = wf_vulkan_translate_matrices(shaders[s].code, shaders[s].words, to);
        assert_in_range(words, shaders[s].words + 1, most);
        const uint32_t bound = to[3], *i = to + 5;
        id *ids = calloc(bound, sizeof *ids);
        int products = 0;
        for (; i < to + words && *i >> 16; i += *i >> 16)
            check_instruction(i, ids, bound, &products);
        assert_ptr_equal(i, to + words);
        assert_true(products > 0);
        free(ids);
        free(to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_translation), cmocka_unit_test(test_no_matrices),
                                       cmocka_unit_test(test_shaders)};
    return cmocka_run_group_tests_name("matrix_code", tests, NULL, NULL);
}
