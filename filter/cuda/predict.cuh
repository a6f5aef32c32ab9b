/* predict.cuh -- the analytic predictor's arguments, and which kernel computes the weights. Private. */
#ifndef WF_CUDA_PREDICT_CUH
#define WF_CUDA_PREDICT_CUH

#include "common.cuh"

#define WF_BILATERAL_WIDTH  64
#define WF_BILATERAL_HEIGHT 4
#define WF_BILATERAL_PAIR   2 /* pixels above each other, a thread's: they share the features they read */
#define WF_GUIDE_FEATURES   3
#define WF_GUIDE_PLANES_MAX (3 * WF_GUIDE_FEATURES)

/* One channel of a feature. Squared differences are scaled by 1 / (2 sigma^2). */
struct wf_guide_plane {
    const float *data;
    int64_t image, row;
    float scale;
};

struct wf_predict_args {
    wf_grid grid;
    wf_view color, scratch, weight;
    wf_guide_plane planes[WF_GUIDE_PLANES_MAX], depth;
    float space_scale, firefly_ratio;
    int width, height, kernel_height, kernel_width;
};

/* The kernel for so many planes. */
template <typename Weight, int PLANES> const void *wf_predict_weights_of(bool depth);

#endif
