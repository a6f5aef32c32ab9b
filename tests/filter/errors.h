/* errors.h -- right arguments for every call of wf.h, to be spoiled one at a time, and what the log is told then. */
#ifndef WF_TESTS_ERRORS_H
#define WF_TESTS_ERRORS_H

#include "wf.h"

enum { HEIGHT = 6, WIDTH = 7, PIXELS = HEIGHT * WIDTH, TAPS = 25, SPARE = 64 };

/* Arguments that are right, of which each test spoils one, and a device that remembers the last message. */
typedef struct fixture {
    wf_device *device;
    char message[2048];
    int messages;

    wf_filter filter;
    wf_tensor input, weight, bias, output, coverage, splat_output;
    wf_tensor grad_output, grad_input, grad_weight, grad_bias;
    wf_gradients gradients; /* of the tensors above */
    wf_bilateral bilateral;
    wf_tensor color, albedo, normal, depth, scratch, bilateral_weight;

    float images[10][2 * 4 * PIXELS + SPARE];
    float weights[3][2 * TAPS * PIXELS + SPARE];
    float biases[16];
    _Alignas(256) char workspace[4096];
} fixture;

/* A tensor of 2 images. */
wf_tensor image(float *data, int channels);

/* A cmocka test's: *state is a fixture. */
int set_up(void **state);
int tear_down(void **state);

/* The log's callback; user is the fixture. */
void remember(void *user, wf_log_level level, const char *message);

/* The calls, of the fixture's arguments. */
wf_result apply(fixture *f);
wf_result apply_both(fixture *f);
wf_result differentiate(fixture *f); /* WF_SOFTMAX, which needs all of the tensors */
wf_result correlate(fixture *f);
wf_result predict(fixture *f);

/* One message, which says this. */
void check(fixture *f, wf_result actual, wf_result expected, const char *message);

#define REFUSED(actual, message)     check(f, (actual), WF_ERROR_INVALID_ARGUMENT, (message))
#define UNSUPPORTED(actual, message) check(f, (actual), WF_ERROR_UNSUPPORTED, (message))

/* Spoils one field of the fixture for one check. */
#define WITH(field, value, checked)                                                                                    \
    do {                                                                                                               \
        fixture *good = malloc(sizeof *good);                                                                          \
        assert_non_null(good);                                                                                         \
        memcpy(good, f, sizeof *good);                                                                                 \
        f->field = (value);                                                                                            \
        checked;                                                                                                       \
        memcpy(f, good, sizeof *f);                                                                                    \
        free(good);                                                                                                    \
    } while (0)

#endif
