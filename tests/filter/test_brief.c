/* Which cases --brief takes: others from seed to seed, and with one seed the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "suite.h"

enum { STEP = 13, CASES = 30 };

/* Bits of the cases that are taken. */
static unsigned take(unsigned seed, char *brief)
{
    char text[16], *words[] = {"test_brief", "cpu", brief, NULL};
    unsigned taken = 0;
    snprintf(text, sizeof text, "%u", seed);
    setenv("WF_SEED", text, 1);
    assert_int_equal(suite_open(brief ? 3 : 2, words), -1);
    for (int i = 0; i < CASES; i++)
        taken |= suite_takes_case() ? 1u << i : 0;
    assert_int_equal(suite_close(0), 0);
    return taken;
}

static void test_seeds(void **state)
{
    (void)state;
    unsigned all = 0;
    for (unsigned seed = 40; seed < 40 + STEP; seed++) {
        unsigned expected = 0;
        for (unsigned i = 0; i < CASES; i++)
            expected |= (seed + i) % STEP == 0 ? 1u << i : 0;
        assert_int_equal(take(seed, "--brief"), expected);
        assert_int_equal(take(seed, NULL), (1u << CASES) - 1);
        all |= expected;
    }
    assert_int_equal(all, (1u << CASES) - 1);
}

int main(void)
{
    return cmocka_run_group_tests((const struct CMUnitTest[]){cmocka_unit_test(test_seeds)}, NULL, NULL);
}
