/* suite.h -- what the suites that run on any backend share: the device that the command line names, and what it lacks.
 * `PROGRAM cpu|vulkan|cuda [--brief]` exits with 77 (skipped) where there is no fitting device; for vulkan and cuda
 * it fails then, if the environment has WF_REQUIRE_DEVICES=1; for cpu that is where the processor lacks what
 * WF_CPU_INSTRUCTIONS asks for. WF_CASE in the environment names the cases to run, with * and ? for any. A
 * validation message fails a test. */
#ifndef WF_TESTS_SUITE_H
#define WF_TESTS_SUITE_H

#include "tensors.h"

/* What a backend may not have yet. suite.c lists it for each. */
enum {
    SUITE_BFLOAT16 = 1,
    SUITE_FLOAT64 = 2,
    SUITE_ANY_STRIDE = 4,
    SUITE_COVERAGE = 8,
    SUITE_GATHER_SPLAT = 16,
    SUITE_BACKWARD = 32
};

/* What tensors of a type need. */
unsigned suite_type_needs(wf_dtype dtype);

extern wf_device *device;
extern wf_backend backend;
extern random_state random_numbers;

/* Opens the device that the command line asks for. Returns -1, or the program's exit status where there is none. */
int suite_open(int argc, char **argv);

/* Closes it. Returns the program's exit status. */
int suite_close(int failed);

#define TEST(function) cmocka_unit_test_teardown(function, suite_end_test)

/* After each test. */
int suite_end_test(void **state);

/* Whether this case is to be run: with --brief one in seven is, beginning where the seed says. For
 * sanitizers, which look at host code, where every case compiles shaders of its own for seconds, and for
 * what another suite runs whole. */
int suite_takes_case(void);

/* Whether the backend lacks something of what was needed; then the result must be WF_ERROR_UNSUPPORTED, and what was
 * skipped is printed, once a test. */
int suite_refused(unsigned needs, wf_result result);

#endif
