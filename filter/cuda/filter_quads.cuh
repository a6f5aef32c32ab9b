/* filter_quads.cuh -- gather and splat of few channels, and the adjoint filter of softmax, with four neighboring pixels
 * a thread. Private. */
#ifndef WF_CUDA_FILTER_QUADS_CUH
#define WF_CUDA_FILTER_QUADS_CUH

#include "quads.cuh"
#include "static_switch.cuh"

struct wf_quads_args {
    wf_tile_args tile;
    wf_view input, weight;
    wf_view logsumexp; /* read for WF_SOFTMAX_ADJOINT */
    int margin;        /* columns next to a tile that are read */
};

static inline void wf_make_quads_args(const wf_filter_call *call, wf_quads_args *args)
{
    const wf_tile_row row = wf_make_tile_row(call->op, call->filter.kernel_width);
    args->tile = wf_make_tile_args(call);
    args->input = wf_make_view(&call->input), args->weight = wf_make_view(&call->weight);
    args->margin = max(row.halo - row.base, row.lead + row.taps + WF_TILE_GROUP - row.halo);
}

/* How a kernel is compiled and launched. */
struct wf_filter_shape {
    int groups; /* of taps whose weights are read before they are used */
    int height; /* of a block, in pixels */
    int blocks; /* that registers leave room for on a multiprocessor */
};

static constexpr __host__ __device__ int wf_quads_threads(const wf_filter_shape &shape)
{
    return WF_QUADS_WIDTH / WF_TILE_GROUP * shape.height;
}

/* A call's kernel, and its shape. NULL for WF_LINEAR where WF_NORMALIZED's does, which need not divide by the sum of
 * weights. */
template <wf_mode MODE, int TYPES> const void *wf_filter_quads_of(const wf_filter_call *call, wf_filter_shape *shape);

#endif
