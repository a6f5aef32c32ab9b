/* gradients.h -- a case of the operator with its coverage and its gradients: what tests check and benchmarks verify. */
#ifndef WF_TESTS_GRADIENTS_H
#define WF_TESTS_GRADIENTS_H

#include "cases.h"

typedef enum gradient { GRADIENT_INPUT, GRADIENT_WEIGHT, GRADIENT_BIAS, GRADIENT_COUNT } gradient;

enum { ALL_GRADIENTS = (1 << GRADIENT_COUNT) - 1 };

/* Gradients have the layouts of what they belong to; where that is expanded, rows are padded instead. */
typedef struct gradient_problem {
    problem forward;
    unsigned wanted; /* bit of each gradient */
    host_tensor coverage, grad_output;
    host_tensor gradients[GRADIENT_COUNT];
} gradient_problem;

/* As problem_make, but with logits of -1 ... 1: where one tap outweighs the rest, softmax's gradients are small
 * differences of large products. What is written is NaN before. */
gradient_problem gradient_problem_make(const filter_case *shape, unsigned wanted, random_state *random);
void gradient_problem_free(gradient_problem *p);

/* The forward call with coverage, and the backward call in the same stream. */
wf_result gradient_problem_solve(gradient_problem *p, wf_device *device);

/* wf_grad_weight instead; only that gradient is wanted. */
wf_result gradient_problem_correlate(gradient_problem *p, wf_device *device);

/* Compares all that was wanted, and coverage unless it is NaN still, with the reference. Returns NULL where it is right
 * and nothing outside of the tensors was written, else a sentence, valid until the next call. */
const char *gradient_problem_fault(const gradient_problem *p);

#endif
