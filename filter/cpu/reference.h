/* reference.h -- the operator and the predictor as literal float64 loops over dense arrays.
 *
 * Written from wf.h's formulas and nothing else: it shares no code with the backends, and splat really scatters. Slow
 * and plain on purpose. Tests and benchmarks link it (target wf_reference); libwf does not contain it. */
#ifndef WF_REFERENCE_H
#define WF_REFERENCE_H

#include "wf.h"

#ifdef __cplusplus
extern "C" {
#endif

/* size is N,C,H,W of input and output; weight is N,groups*Kh*Kw,H,W; bias is C values or NULL. All dense and row-major.
 * Arguments are not checked. Aborts where memory runs out. */
void wf_reference_filter(wf_operator op, const wf_filter *filter, const int64_t size[4], const double *input,
                         const double *weight, const double *bias, double *output);

/* coverage is N,groups,H,W. */
void wf_reference_coverage(wf_operator op, const wf_filter *filter, const int64_t size[4], const double *weight,
                           double *coverage);

/* The gradients of wf_reference_filter: its loops, differentiated. From input, weight and grad_output alone, so that
 * they do not lean on what a forward pass stored. Each gradient has the size of what it belongs to. */
void wf_reference_backward(wf_operator op, const wf_filter *filter, const int64_t size[4], const double *input,
                           const double *weight, const double *grad_output, double *grad_input, double *grad_weight,
                           double *grad_bias);

/* wf_pyramid: size is input's and output's; weights and alphas have `count` and `count - 1` arrays, of levels of half
 * the rows and columns, rounded up. */
void wf_reference_pyramid(wf_operator op, const wf_filter *filters, int count, const int64_t size[4],
                          const double *input, double *const *weights, double *const *alphas, double *output);

/* color, albedo and normal are n,3,h,w; depth is n,1,h,w; weight is n,Kh*Kw,h,w. albedo,
   normal and depth may be NULL. */
void wf_reference_bilateral(const wf_bilateral *parameters, int64_t n, int64_t h, int64_t w, const double *color,
                            const double *albedo, const double *normal, const double *depth, double *weight);

#ifdef __cplusplus
}
#endif

#endif
