#include "cases.h"

#include <stdio.h>
#include <stdlib.h>

#include "cpu/reference.h"

static const char *const layout_names[LAYOUT_COUNT] = {"dense",         "padded rows",       "channel slice",
                                                       "batch slice",   "channels first",    "flipped",
                                                       "channels last", "every other pixel", "expanded"};

filter_case basic_case(wf_operator op)
{
    return (filter_case){.op = op,
                         .mode = WF_LINEAR,
                         .dtype = WF_FLOAT32,
                         .weight_dtype = WF_FLOAT32,
                         .n = 2,
                         .c = 3,
                         .h = 13,
                         .w = 37,
                         .kernel_height = 5,
                         .kernel_width = 5,
                         .dilation = 1,
                         .has_bias = 1};
}

wf_filter filter_case_filter(const filter_case *c)
{
    return (wf_filter){.kernel_height = c->kernel_height,
                       .kernel_width = c->kernel_width,
                       .dilation = c->dilation,
                       .mode = c->mode,
                       .groups = filter_case_groups(c)};
}

const char *filter_case_describe(const filter_case *c, char text[256])
{
    snprintf(text, 256, "%s %s %s/%s %dx%dx%dx%d kernel %dx%d dilation %d groups %d%s, input %s, weight %s, output %s",
             wf_operator_name(c->op), wf_mode_name(c->mode), wf_dtype_name(c->dtype), wf_dtype_name(c->weight_dtype),
             c->n, c->c, c->h, c->w, c->kernel_height, c->kernel_width, c->dilation, filter_case_groups(c),
             c->has_bias ? " bias" : "", layout_names[c->input_layout], layout_names[c->weight_layout],
             layout_names[c->output_layout]);
    return text;
}

double dtype_limit(wf_dtype dtype)
{
    static const double limits[WF_DTYPE_COUNT] = {
        [WF_FLOAT32] = 1e-5, [WF_FLOAT16] = 2e-3, [WF_BFLOAT16] = 1e-2, [WF_FLOAT64] = 1e-12};
    return limits[dtype];
}

double filter_case_limit(const filter_case *c)
{
    return dtype_limit(c->dtype);
}

int filter_case_groups(const filter_case *c)
{
    return c->groups > 0 ? c->groups : 1;
}

/* Weights that are negative now and then, yet cannot cancel the smallest positive one. */
static void randomize_normalized(host_tensor *weight, int taps, random_state *random)
{
    const int64_t *size = weight->view.size;
    for (int64_t n = 0; n < size[0]; n++) {
        for (int64_t t = 0; t < size[1]; t++) {
            for (int64_t y = 0; y < size[2]; y++) {
                for (int64_t x = 0; x < size[3]; x++) {
                    int negative = random_uniform(random, 0, 1) < 0.25;
                    double value =
                        negative ? -0.2 / taps * random_uniform(random, 0.1, 1) : random_uniform(random, 0.25, 1);
                    host_tensor_set(weight, n, t, y, x, value);
                }
            }
        }
    }
}

problem problem_make(const filter_case *shape, random_state *random)
{
    const filter_case *s = shape;
    problem p = {.shape = *s};
    p.input = host_tensor_make(s->dtype, s->n, s->c, s->h, s->w, s->input_layout);
    p.weight = host_tensor_make(s->weight_dtype, s->n, filter_case_groups(s) * s->kernel_height * s->kernel_width, s->h,
                                s->w, s->weight_layout);
    p.bias = host_tensor_make(s->dtype == WF_FLOAT64 ? WF_FLOAT64 : WF_FLOAT32, 1, s->c, 1, 1, LAYOUT_DENSE);
    p.output = host_tensor_make(s->dtype, s->n, s->c, s->h, s->w, s->output_layout);
    host_tensor_randomize(&p.input, random, -1, 2);
    host_tensor_randomize(&p.bias, random, -1, 1);
    if (s->mode == WF_NORMALIZED)
        randomize_normalized(&p.weight, s->kernel_height * s->kernel_width, random);
    else
        host_tensor_randomize(&p.weight, random, s->mode == WF_SOFTMAX ? -80 : -1, s->mode == WF_SOFTMAX ? 80 : 1);
    return p;
}

void problem_free(problem *p)
{
    host_tensor_free(&p->input);
    host_tensor_free(&p->weight);
    host_tensor_free(&p->bias);
    host_tensor_free(&p->output);
}

wf_result problem_upload(problem *p, wf_device *device)
{
    wf_result result = device_tensor_upload(device, &p->input, &p->device_input);
    if (result == WF_OK)
        result = device_tensor_upload(device, &p->weight, &p->device_weight);
    if (result == WF_OK)
        result = device_tensor_upload(device, &p->bias, &p->device_bias);
    if (result == WF_OK)
        result = device_tensor_upload(device, &p->output, &p->device_output);
    if (result != WF_OK)
        problem_free_on(p, device);
    return result;
}

wf_result problem_apply(const problem *p, wf_device *device, wf_stream stream)
{
    wf_filter filter = filter_case_filter(&p->shape);
    return wf_apply(device, stream, p->shape.op, &filter, &p->device_input.view, &p->device_weight.view,
                    p->shape.has_bias ? &p->device_bias.view : NULL, &p->device_output.view, NULL);
}

wf_result problem_download(problem *p, wf_device *device)
{
    return device_tensor_download(device, &p->device_output, &p->output);
}

void problem_free_on(problem *p, wf_device *device)
{
    device_tensor_free(device, &p->device_input);
    device_tensor_free(device, &p->device_weight);
    device_tensor_free(device, &p->device_bias);
    device_tensor_free(device, &p->device_output);
}

static wf_result apply_once(problem *p, wf_device *device)
{
    wf_stream stream;
    wf_result result = wf_begin(device, &stream);
    if (result != WF_OK)
        return result;
    result = problem_apply(p, device, stream);
    wf_result finished = wf_finish(device, stream);
    if (result == WF_OK)
        result = finished;
    return result == WF_OK ? problem_download(p, device) : result;
}

wf_result problem_solve(problem *p, wf_device *device)
{
    wf_result result = problem_upload(p, device);
    if (result != WF_OK)
        return result;
    result = apply_once(p, device);
    problem_free_on(p, device);
    return result;
}

double *problem_expected(const problem *p)
{
    wf_filter filter = filter_case_filter(&p->shape);
    double *input = host_tensor_values(&p->input), *weight = host_tensor_values(&p->weight);
    double *bias = host_tensor_values(&p->bias), *output = host_tensor_values(&p->output);
    wf_reference_filter(p->shape.op, &filter, p->input.view.size, input, weight, p->shape.has_bias ? bias : NULL,
                        output);
    free(input);
    free(weight);
    free(bias);
    return output;
}

double problem_error(const problem *p)
{
    double *expected = problem_expected(p), *actual = host_tensor_values(&p->output);
    double error = relative_error(actual, expected, host_tensor_count(&p->output));
    free(expected);
    free(actual);
    return error;
}

wf_bilateral broad_bilateral(int kernel_height, int kernel_width)
{
    return (wf_bilateral){.kernel_height = kernel_height,
                          .kernel_width = kernel_width,
                          .sigma_space = 2.5f,
                          .sigma_color = 0.4f,
                          .sigma_albedo = 0.7f,
                          .sigma_normal = 0.9f,
                          .sigma_depth = 0.5f,
                          .firefly_ratio = 1.2f};
}
