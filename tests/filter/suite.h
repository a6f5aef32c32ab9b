/* suite.h -- what the suites that run on any backend share: the device that the command line names, and what it lacks. */
#ifndef WF_TESTS_SUITE_H
#define WF_TESTS_SUITE_H

#include "wf.h"

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

/* Opens the device of `PROGRAM cpu|vulkan|cuda [--brief]`. Where *device is NULL afterwards, the program ends with the status that is
 * returned: 77 where there is no fitting device; for vulkan and cuda, unless the environment has WF_REQUIRE_DEVICES=1; for
 * cpu, where the processor lacks what WF_CPU_INSTRUCTIONS asks for. WF_CASE in the environment names the cases to run, with * and
 * ? for any. */
int suite_open(int argc, char **argv, wf_backend *backend, wf_device **device);

/* Whether this case is to be run: with --brief one in seven is, beginning anywhere. For sanitizers, which look at host code,
 * where every case compiles shaders of its own for seconds. */
int suite_takes_case(void);

/* The program's status. */
int suite_close(wf_device *device, int failed);

/* Ends a test: fails it where there were validation messages. */
int suite_end_test(void **state);

/* Whether the device's backend lacks something of what was needed; then the result must be WF_ERROR_UNSUPPORTED, and what
 * was skipped is printed, once a test. */
int suite_refused(const wf_device *device, unsigned needs, wf_result result);

#endif
