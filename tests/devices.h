/* skip.h -- suites whose device this machine lacks. */
#ifndef WF_TESTS_SKIP_H
#define WF_TESTS_SKIP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A program's status that ctest calls skipped. */
enum { SKIPPED = 77 };

/* What the program ends with: SKIPPED, or a failure where the environment has WF_REQUIRE_DEVICES=1. */
static inline int skip_all(const char *why)
{
    const char *required = getenv("WF_REQUIRE_DEVICES");
    printf("skipped: %s\n", why);
    return required && !strcmp(required, "1") ? EXIT_FAILURE : SKIPPED;
}

#endif
