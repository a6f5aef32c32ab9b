#include "gradients.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cpu/reference.h"

static const char *const gradient_names[GRADIENT_COUNT] = {"grad_input", "grad_weight", "grad_bias"};

static tensor_layout written(tensor_layout layout)
{
    return layout == LAYOUT_EXPANDED ? LAYOUT_PADDED_ROWS : layout;
}

gradient_problem gradient_problem_make(const filter_case *shape, unsigned wanted, random_state *random)
{
    const filter_case *s = shape;
    const wf_dtype sums = s->dtype == WF_FLOAT64 ? WF_FLOAT64 : WF_FLOAT32;
    const int groups = filter_case_groups(s), taps = s->kernel_height * s->kernel_width;
    gradient_problem p = {.forward = problem_make(s, random), .wanted = wanted};
    if (s->mode == WF_SOFTMAX)
        host_tensor_randomize(&p.forward.weight, random, -1, 1);
    p.coverage = host_tensor_make(sums, s->n, groups, s->h, s->w, s->output_layout);
    p.grad_output = host_tensor_make(s->dtype, s->n, s->c, s->h, s->w, s->input_layout);
    host_tensor_randomize(&p.grad_output, random, -1, 1);
    p.gradients[GRADIENT_INPUT] = host_tensor_make(s->dtype, s->n, s->c, s->h, s->w, written(s->input_layout));
    p.gradients[GRADIENT_WEIGHT] =
        host_tensor_make(s->weight_dtype, s->n, groups * taps, s->h, s->w, written(s->weight_layout));
    p.gradients[GRADIENT_BIAS] = host_tensor_make(sums, 1, s->c, 1, 1, LAYOUT_DENSE);
    return p;
}

void gradient_problem_free(gradient_problem *p)
{
    problem_free(&p->forward);
    host_tensor_free(&p->coverage);
    host_tensor_free(&p->grad_output);
    for (int i = 0; i < GRADIENT_COUNT; i++)
        host_tensor_free(&p->gradients[i]);
}

/* ---- On a device ------------------------------------------------------------------------------------------------- */

typedef struct device_gradients {
    device_tensor coverage, grad_output, gradients[GRADIENT_COUNT];
    void *workspace;
} device_gradients;

static void free_on(gradient_problem *p, wf_device *device, device_gradients *d)
{
    problem_free_on(&p->forward, device);
    device_tensor_free(device, &d->coverage);
    device_tensor_free(device, &d->grad_output);
    for (int i = 0; i < GRADIENT_COUNT; i++)
        device_tensor_free(device, &d->gradients[i]);
    wf_free(device, d->workspace);
}

static wf_result upload(gradient_problem *p, wf_device *device, device_gradients *d)
{
    wf_result result = problem_upload(&p->forward, device);
    if (result == WF_OK)
        result = device_tensor_upload(device, &p->coverage, &d->coverage);
    if (result == WF_OK)
        result = device_tensor_upload(device, &p->grad_output, &d->grad_output);
    for (int i = 0; i < GRADIENT_COUNT && result == WF_OK; i++)
        result = device_tensor_upload(device, &p->gradients[i], &d->gradients[i]);
    return result;
}

static wf_result download(gradient_problem *p, wf_device *device, const device_gradients *d)
{
    wf_result result = problem_download(&p->forward, device);
    if (result == WF_OK)
        result = device_tensor_download(device, &d->coverage, &p->coverage);
    for (int i = 0; i < GRADIENT_COUNT && result == WF_OK; i++)
        result = device_tensor_download(device, &d->gradients[i], &p->gradients[i]);
    return result;
}

static const wf_tensor *if_wanted(const gradient_problem *p, const device_gradients *d, gradient which)
{
    return p->wanted >> which & 1 ? &d->gradients[which].view : NULL;
}

static wf_result backward(const gradient_problem *p, wf_device *device, wf_stream stream, device_gradients *d)
{
    const problem *f = &p->forward;
    const wf_filter filter = filter_case_filter(&f->shape);
    const wf_tensor *bias = f->shape.has_bias ? &f->device_bias.view : NULL;
    wf_gradients gradients = {.input = &f->device_input.view,
                              .weight = &f->device_weight.view,
                              .bias = bias,
                              .grad_output = &d->grad_output.view,
                              .grad_input = if_wanted(p, d, GRADIENT_INPUT),
                              .grad_weight = if_wanted(p, d, GRADIENT_WEIGHT),
                              .grad_bias = if_wanted(p, d, GRADIENT_BIAS)};
    if (filter.mode != WF_LINEAR)
        gradients.output = &f->device_output.view, gradients.coverage = &d->coverage.view;
    const size_t size = wf_backward_workspace(device, f->shape.op, &filter, &gradients);
    wf_result result = size > 0 ? wf_alloc(device, size, &d->workspace) : WF_OK;
    gradients.workspace = d->workspace;
    if (result == WF_OK)
        result = wf_apply(device, stream, f->shape.op, &filter, gradients.input, gradients.weight, bias,
                          &f->device_output.view, &d->coverage.view);
    if (result == WF_OK)
        result = wf_barrier(device, stream);
    return result == WF_OK ? wf_backward(device, stream, f->shape.op, &filter, &gradients) : result;
}

static wf_result correlate(const gradient_problem *p, wf_device *device, wf_stream stream, device_gradients *d)
{
    const wf_filter filter = filter_case_filter(&p->forward.shape);
    return wf_grad_weight(device, stream, p->forward.shape.op, &filter, &p->forward.device_input.view,
                          &d->grad_output.view, &d->gradients[GRADIENT_WEIGHT].view);
}

typedef wf_result (*operation)(const gradient_problem *p, wf_device *device, wf_stream stream, device_gradients *d);

static wf_result run(gradient_problem *p, wf_device *device, device_gradients *d, operation operation)
{
    wf_stream stream;
    wf_result result = wf_begin(device, &stream);
    if (result != WF_OK)
        return result;
    result = operation(p, device, stream, d);
    wf_result finished = wf_finish(device, stream);
    return result == WF_OK ? finished : result;
}

static wf_result solve(gradient_problem *p, wf_device *device, operation operation)
{
    device_gradients d = {0};
    wf_result result = upload(p, device, &d);
    if (result == WF_OK)
        result = run(p, device, &d, operation);
    if (result == WF_OK)
        result = download(p, device, &d);
    free_on(p, device, &d);
    return result;
}

wf_result gradient_problem_solve(gradient_problem *p, wf_device *device)
{
    return solve(p, device, backward);
}

wf_result gradient_problem_correlate(gradient_problem *p, wf_device *device)
{
    return solve(p, device, correlate);
}

/* ---- Against the reference --------------------------------------------------------------------------------------- */

static char fault[512];

/* Where terms cancel, of pixels with a single tap, so that the gradient is 0, errors are absolute; the terms have
 * weights of down to 0.01 divided out of them. */
static double limit_of(const host_tensor *tensor, const double *expected)
{
    const double limit = dtype_limit(tensor->view.dtype);
    for (int64_t i = 0; i < host_tensor_count(tensor); i++) {
        if (expected[i] != 0)
            return limit;
    }
    return 100 * limit;
}

/* limit < 0: the tensor was not to be touched. */
static int tensor_fault(const gradient_problem *p, const char *name, const host_tensor *tensor, const double *expected,
                        double limit)
{
    char text[256];
    double *actual = host_tensor_values(tensor);
    const int64_t count = host_tensor_count(tensor);
    double error = 0;
    if (limit < 0) {
        for (int64_t i = 0; i < count; i++)
            error += !isnan(actual[i]);
    } else {
        error = relative_error(actual, expected, count);
    }
    free(actual);
    const int right = limit < 0 ? error == 0 : error <= limit, intact = host_tensor_padding_intact(tensor);
    if (!right || !intact)
        snprintf(fault, sizeof fault, "%s, wanted %x: %s: error %g, limit %g%s",
                 filter_case_describe(&p->forward.shape, text), p->wanted, name, error, limit,
                 intact ? "" : ", wrote outside of the tensor");
    return !right || !intact;
}

static int coverage_fault(const gradient_problem *p, const wf_filter *filter, const double *weight)
{
    double *expected = host_tensor_values(&p->coverage);
    int faulty = 0;
    if (!isnan(expected[0])) {
        wf_reference_coverage(p->forward.shape.op, filter, p->forward.input.view.size, weight, expected);
        faulty = tensor_fault(p, "coverage", &p->coverage, expected, dtype_limit(p->coverage.view.dtype));
    }
    free(expected);
    return faulty;
}

const char *gradient_problem_fault(const gradient_problem *p)
{
    const problem *f = &p->forward;
    const wf_filter filter = filter_case_filter(&f->shape);
    double *input = host_tensor_values(&f->input), *weight = host_tensor_values(&f->weight);
    double *grad_output = host_tensor_values(&p->grad_output), *expected[GRADIENT_COUNT];
    for (int i = 0; i < GRADIENT_COUNT; i++)
        expected[i] = host_tensor_values(&p->gradients[i]);
    wf_reference_backward(f->shape.op, &filter, f->input.view.size, input, weight, grad_output,
                          expected[GRADIENT_INPUT], expected[GRADIENT_WEIGHT], expected[GRADIENT_BIAS]);
    int faulty = coverage_fault(p, &filter, weight);
    for (int i = 0; i < GRADIENT_COUNT && !faulty; i++) {
        const int wanted = p->wanted >> i & 1;
        faulty = tensor_fault(p, gradient_names[i], &p->gradients[i], expected[i],
                              wanted ? limit_of(&p->gradients[i], expected[i]) : -1);
    }
    for (int i = 0; i < GRADIENT_COUNT; i++)
        free(expected[i]);
    free(input);
    free(weight);
    free(grad_output);
    return faulty ? fault : NULL;
}
