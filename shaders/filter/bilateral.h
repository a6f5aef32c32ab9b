/* What C, CUDA and GLSL share of the analytic predictor; the formulas are in filter/include/wf.h. */
#ifndef WF_FILTER_BILATERAL_H
#define WF_FILTER_BILATERAL_H

#define WF_LEAST_DEPTH 1e-3 /* what the nearer of two depths has added, which their difference is divided by */
#define WF_LEAST_LIGHT                                                                                                 \
    1e-3 /* what the light of a pixel and of its surroundings have added, whose ratio is the confidence */

#endif
