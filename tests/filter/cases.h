/* cases.h -- one case of the operator: what tests check and benchmarks verify before they time. */
#ifndef WF_TESTS_CASES_H
#define WF_TESTS_CASES_H

#include "tensors.h"

typedef struct filter_case {
    wf_operator op;
    wf_mode mode;
    wf_dtype dtype;        /* of images */
    wf_dtype weight_dtype; /* of weights */
    int n, c, h, w;
    int kernel_height, kernel_width;
    int dilation;
    int groups; /* 0 stands for 1 */
    int has_bias;
    tensor_layout input_layout, weight_layout, output_layout;
} filter_case;

#define FOR_EACH_OPERATOR(op) for (wf_operator op = WF_GATHER; op < WF_OPERATOR_COUNT; op++)
#define LENGTH(array)         (sizeof(array) / sizeof *(array))

/* A small float32 case to vary: odd sizes, two images, three channels, borders on every side. */
filter_case basic_case(wf_operator op);

wf_filter filter_case_filter(const filter_case *c);

/* "gather softmax float32/float16 2x3x31x33 kernel 5x5 dilation 2 groups 1 bias, input padded rows
   ..."; text is at least 256 bytes. */
const char *filter_case_describe(const filter_case *c, char text[256]);

/* The largest relative error that the project accepts in tensors of that type: 1e-5 for float32, 1e-12 for float64,
 * 2e-3 for float16, 1e-2 for bfloat16. Rounding to a type of 11 (8) bits adds up to 2^-12 (2^-9) of each value;
 * gradients to weights are differences of what was rounded so. */
double dtype_limit(wf_dtype dtype);

/* That of the images. */
double filter_case_limit(const filter_case *c);

int filter_case_groups(const filter_case *c);

/* The case's tensors on the host and, after problem_upload, on a device. */
typedef struct problem {
    filter_case shape;
    host_tensor input, weight, bias, output;
    device_tensor device_input, device_weight, device_bias, device_output;
} problem;

/* Draws input, weight and bias; output is NaN. WF_NORMALIZED gets weights of both signs whose sums are well away from
 * 0, WF_SOFTMAX logits of -80 ... 80. */
problem problem_make(const filter_case *shape, random_state *random);
void problem_free(problem *p);

wf_result problem_upload(problem *p, wf_device *device);
wf_result problem_apply(const problem *p, wf_device *device, wf_stream stream);
wf_result problem_download(problem *p, wf_device *device);
void problem_free_on(problem *p, wf_device *device);

/* Upload, one application in a stream of its own, download, and free on the device. */
wf_result problem_solve(problem *p, wf_device *device);

/* The float64 reference's output for the values as stored; the caller frees it. */
double *problem_expected(const problem *p);

/* Relative error of the downloaded output. */
double problem_error(const problem *p);

/* Parameters that let every feature count. */
wf_bilateral broad_bilateral(int kernel_height, int kernel_width);

#endif
