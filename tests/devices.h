/* devices.h -- the device that a suite asks for, and what becomes of suites whose device this machine lacks. */
#ifndef WF_TESTS_DEVICES_H
#define WF_TESTS_DEVICES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wf.h"

/* 0: no backend has that name. */
static inline int backend_named(const char *name, wf_backend *backend)
{
    for (int i = 0; i < WF_BACKEND_COUNT; i++) {
        if (!strcmp(name, wf_backend_name((wf_backend)i))) {
            *backend = (wf_backend)i;
            return 1;
        }
    }
    return 0;
}

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
