#include "errors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void remember(void *user, wf_log_level level, const char *message)
{
    fixture *f = user;
    assert_int_equal(level, WF_LOG_ERROR);
    assert_null(strchr(message, '\n'));
    snprintf(f->message, sizeof f->message, "%s", message);
    f->messages++;
}

wf_tensor image(float *data, int channels)
{
    return wf_dense(data, WF_FLOAT32, 2, channels, HEIGHT, WIDTH);
}

int set_up(void **state)
{
    fixture *f = aligned_alloc(256, (sizeof *f + 255) / 256 * 256);
    if (!f)
        return 1;
    memset(f, 0, sizeof *f);
    if (wf_create(&(wf_device_options){.backend = WF_CPU, .log = {remember, f}}, &f->device) != WF_OK)
        return 1;
    f->filter = (wf_filter){.kernel_height = 5, .kernel_width = 5, .dilation = 1, .mode = WF_LINEAR, .groups = 1};
    f->input = image(f->images[0], 3);
    f->weight = image(f->weights[0], TAPS);
    f->bias = wf_dense(f->biases, WF_FLOAT32, 1, 3, 1, 1);
    f->output = image(f->images[1], 3);
    f->coverage = image(f->images[6], 1);
    f->splat_output = image(f->images[7], 3);
    f->grad_output = image(f->images[8], 3);
    f->grad_input = image(f->images[9], 3);
    f->grad_weight = image(f->weights[2], TAPS);
    f->grad_bias = wf_dense(f->biases + 8, WF_FLOAT32, 1, 3, 1, 1);
    f->gradients = (wf_gradients){.input = &f->input,
                                  .weight = &f->weight,
                                  .bias = &f->bias,
                                  .output = &f->output,
                                  .coverage = &f->coverage,
                                  .grad_output = &f->grad_output,
                                  .grad_input = &f->grad_input,
                                  .grad_weight = &f->grad_weight,
                                  .grad_bias = &f->grad_bias,
                                  .workspace = f->workspace};
    f->bilateral = wf_bilateral_default(5, 5);
    f->color = image(f->images[0], 3);
    f->albedo = image(f->images[2], 3);
    f->normal = image(f->images[3], 3);
    f->depth = image(f->images[4], 1);
    f->scratch = image(f->images[5], WF_BILATERAL_SCRATCH_CHANNELS);
    f->bilateral_weight = image(f->weights[1], TAPS);
    *state = f;
    return 0;
}

int tear_down(void **state)
{
    fixture *f = *state;
    wf_destroy(f->device);
    free(f);
    return 0;
}

wf_result apply(fixture *f)
{
    return wf_apply(f->device, NULL, WF_SPLAT, &f->filter, &f->input, &f->weight, &f->bias, &f->output, &f->coverage);
}

wf_result apply_both(fixture *f)
{
    return wf_gather_splat(f->device, NULL, &f->filter, &f->input, &f->weight, &f->bias, &f->output, &f->splat_output);
}

wf_result differentiate(fixture *f)
{
    wf_filter filter = f->filter;
    filter.mode = WF_SOFTMAX;
    return wf_backward(f->device, NULL, WF_SPLAT, &filter, &f->gradients);
}

wf_result correlate(fixture *f)
{
    return wf_grad_weight(f->device, NULL, WF_GATHER, &f->filter, &f->input, &f->grad_output, &f->grad_weight);
}

wf_result predict(fixture *f)
{
    return wf_predict_bilateral(f->device, NULL, &f->bilateral, &f->color, &f->albedo, &f->normal, &f->depth,
                                &f->scratch, &f->bilateral_weight);
}

void check(fixture *f, wf_result actual, wf_result expected, const char *message)
{
    assert_string_equal(f->message, message);
    assert_int_equal(actual, expected);
    assert_int_equal(f->messages, 1);
    f->message[0] = 0;
    f->messages = 0;
}
