/* How wfview tells that the user wants other weights. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "app/denoise/predictor.h"

/* Equal in every field, and not in what lies between them. */
static void fill(predictor_options *options, int padding, int row)
{
    memset(options, padding, sizeof *options);
    options->row = row;
    options->mode = WF_SOFTMAX;
    options->bilateral = wf_bilateral_default(5, 7);
    options->network_kernel = 5;
    options->together = true;
}

static void test_same(void **state)
{
    (void)state;
    for (int row = 0; row < predictor_count; row++) {
        predictor_options a, b;
        fill(&a, 0, row);
        fill(&b, 0xff, row);
        assert_true(predictor_same(&a, &b));
        b.mode = WF_LINEAR;
        assert_false(predictor_same(&a, &b));
        fill(&b, 0xff, row);
        b.together = false;
        assert_false(predictor_same(&a, &b));
        fill(&b, 0xff, (row + 1) % predictor_count);
        assert_false(predictor_same(&a, &b));
    }
}

/* Every number that a predictor has counts for it, and none of another's. */
static void test_parameters(void **state)
{
    (void)state;
    for (int row = 0; row < predictor_count; row++) {
        const predictor_row *predictor = &predictor_rows[row];
        predictor_options a, b;
        fill(&a, 0, row);
        for (int i = 0; i < predictor->parameter_count; i++) {
            fill(&b, 0, row);
            *(float *)((char *)&b + predictor->parameters[i].place) += 0.5f;
            assert_false(predictor_same(&a, &b));
        }
        fill(&b, 0, row);
        b.bilateral.kernel_height++;
        assert_int_equal(predictor_same(&a, &b), !predictor->set_kernel);
        fill(&b, 0, row);
        b.bilateral.kernel_width++;
        assert_int_equal(predictor_same(&a, &b), !predictor->set_kernel);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
