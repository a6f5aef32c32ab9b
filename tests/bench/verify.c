#include "verify.h"

#include <stdio.h>

#include "gradients.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static void compare(const problem *p, const char *what, char fault[256])
{
    const double error = problem_error(p), limit = filter_case_limit(&p->shape);
    if (!(error <= limit))
        snprintf(fault, 256, "wrong: %s: relative error %g, the limit is %g", what, error, limit);
}

/* ---- Forward ----------------------------------------------------------------------------------------------------- */

static wf_result verify_forward(wf_device *device, const filter_case *shape, random_state *random, char fault[256])
{
    problem p = problem_make(shape, random);
    wf_result result = problem_solve(&p, device);
    if (result == WF_OK)
        compare(&p, "output", fault);
    problem_free(&p);
    return result;
}

static wf_result apply_both(const problem *p, wf_device *device, const device_tensor *splat_output)
{
    const wf_filter filter = filter_case_filter(&p->shape);
    wf_stream stream;
    wf_result result = wf_begin(device, &stream);
    if (result != WF_OK)
        return result;
    result = wf_gather_splat(device, stream, &filter, &p->device_input.view, &p->device_weight.view,
                             &p->device_bias.view, &p->device_output.view, &splat_output->view);
    wf_result finished = wf_finish(device, stream);
    return result == WF_OK ? finished : result;
}

static wf_result compare_both(problem *p, wf_device *device, const device_tensor *splat_output, char fault[256])
{
    wf_result result = problem_download(p, device);
    if (result != WF_OK)
        return result;
    compare(p, "gather's output", fault);
    result = device_tensor_download(device, splat_output, &p->output);
    p->shape.op = WF_SPLAT;
    if (result == WF_OK)
        compare(p, "splat's output", fault);
    return result;
}

static wf_result verify_both(wf_device *device, const filter_case *shape, random_state *random, char fault[256])
{
    problem p = problem_make(shape, random);
    device_tensor splat_output = {0};
    wf_result result = problem_upload(&p, device);
    if (result == WF_OK)
        result = device_tensor_upload(device, &p.output, &splat_output);
    if (result == WF_OK)
        result = apply_both(&p, device, &splat_output);
    if (result == WF_OK)
        result = compare_both(&p, device, &splat_output, fault);
    device_tensor_free(device, &splat_output);
    problem_free_on(&p, device);
    problem_free(&p);
    return result;
}

/* ---- Backward ---------------------------------------------------------------------------------------------------- */

static wf_result verify_gradients(wf_device *device, const bench_row *row, const filter_case *shape,
                                  random_state *random, char fault[256])
{
    static const unsigned wanted[BENCH_DIRECTION_COUNT] = {[BENCH_BACKWARD] =
                                                               1 << GRADIENT_INPUT | 1 << GRADIENT_WEIGHT,
                                                           [BENCH_BACKWARD_INPUT] = 1 << GRADIENT_INPUT,
                                                           [BENCH_BACKWARD_WEIGHT] = 1 << GRADIENT_WEIGHT,
                                                           [BENCH_GRAD_WEIGHT] = 1 << GRADIENT_WEIGHT};
    gradient_problem p = gradient_problem_make(shape, wanted[row->direction], random);
    wf_result result = row->direction == BENCH_GRAD_WEIGHT ? gradient_problem_correlate(&p, device)
                                                           : gradient_problem_solve(&p, device);
    const char *found = result == WF_OK ? gradient_problem_fault(&p) : NULL;
    if (found)
        snprintf(fault, 256, "wrong: %s", found);
    gradient_problem_free(&p);
    return result;
}

static wf_result verify_case(wf_device *device, const bench_row *row, const filter_case *shape, random_state *random,
                             char fault[256])
{
    if (row->op == BENCH_GATHER_SPLAT)
        return verify_both(device, shape, random, fault);
    if (row->direction == BENCH_FORWARD)
        return verify_forward(device, shape, random, fault);
    return verify_gradients(device, row, shape, random, fault);
}

/* On images that vector and tile paths can take, and on odd ones. */
wf_result bench_verify(wf_device *device, const bench_row *row, random_state *random, char fault[256])
{
    static const int sizes[][2] = {{24, 136}, {11, 37}};
    wf_result result = WF_OK;
    *fault = 0;
    for (size_t i = 0; i < LENGTH(sizes) && result == WF_OK && !*fault; i++) {
        const filter_case shape = {.op = bench_row_operator(row),
                                   .mode = row->mode,
                                   .dtype = row->types.image,
                                   .weight_dtype = row->types.weight,
                                   .n = 1 + (int)i,
                                   .c = row->channels,
                                   .h = sizes[i][0],
                                   .w = sizes[i][1],
                                   .kernel_height = row->kernel_height,
                                   .kernel_width = row->kernel_width,
                                   .dilation = 1,
                                   .has_bias = 1};
        result = verify_case(device, row, &shape, random, fault);
    }
    return result;
}
