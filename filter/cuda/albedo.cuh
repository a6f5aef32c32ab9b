/* albedo.cuh -- the albedo's filter in one kernel: its head, softmax, gather, and the light of coarser
 * levels that it divides. Private. */
#ifndef WF_CUDA_ALBEDO_CUH
#define WF_CUDA_ALBEDO_CUH

#include "halve.cuh"
#include "level.cuh"

struct wf_albedo_args {
    wf_logits logits;
    wf_view albedo; /* the frame's */
    uint2 *output;
    int width, height;
    bool is_dense;       /* rows of the albedo */
    bool is_paired;      /* light */
    wf_light_args light; /* the frame's, where it is halved */
    wf_halves halves;
};

/* The kernel. */
template <typename Level> const void *wf_filter_albedo_of();

#endif
