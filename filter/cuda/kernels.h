/* kernels.h -- what is to be computed, and which kernel computes it. Private. */
#ifndef WF_CUDA_KERNELS_H
#define WF_CUDA_KERNELS_H

#include "cuda_device.h"

/* ---- Work -------------------------------------------------------------------------------------------------------- */

/* What a mode leaves of grad_output. With `grad` in its place the gradients are those of WF_LINEAR, but for
 * grad_weight, which is less by `less`, and for WF_SOFTMAX's factors. Rows of tensors in the workspace start at
 * multiples of 16 bytes. */
struct wf_scaled {
    wf_tensor grad; /* WF_NORMALIZED: g/S' in the type of sums, in the workspace; else the call's grad_output */
    wf_tensor
        less; /* D of wf.h, (N,1,H,W) in the workspace; absent for WF_LINEAR, or where grad_weight is not wanted */
};

/* One launch's. The values are bits. */
enum wf_work_kind {
    WF_WORK_FILTER = 1,          /* gather or splat */
    WF_WORK_GATHER_SPLAT = 2,    /* both, of the same weights */
    WF_WORK_SOFTMAX_ADJOINT = 4, /* WF_SOFTMAX's gradient to the input: filters with factors exp(weight - logsumexp) */
    WF_WORK_GRAD_WEIGHT = 8,     /* what each pixel, the center, has in common with each of its neighbors */
    WF_WORK_BACKWARD = 16        /* WF_LINEAR's gradients to input and weight */
};

/* Calls are of one group. Each kind needs the members that name it. */
struct wf_work {
    wf_work_kind kind;
    const wf_filter_call *filter = nullptr; /* gather's of both; WF_WORK_BACKWARD: the adjoint filter of scaled->grad */
    const wf_filter_call *splat = nullptr;  /* WF_WORK_GATHER_SPLAT */
    const wf_tensor *logsumexp = nullptr;   /* WF_WORK_SOFTMAX_ADJOINT: of the forward pass's logits, its coverage */
    const wf_backward_call *backward = nullptr; /* WF_WORK_GRAD_WEIGHT, WF_WORK_BACKWARD */
    const wf_scaled *scaled = nullptr;          /* likewise */
};

/* ---- Kernels ----------------------------------------------------------------------------------------------------- */

/* X(name, work, since): a kernel that does these kinds of work, on devices of compute capability since/10 and later. In
 * order of preference: a call gets the first one whose plan (wf_plan_<name>, plan.h) finds that it serves. All were
 * measured on an H200.
 *
 *     gather_splat_tiles    float32 images of 3 channels, not softmax: the weights are read once for both operators
 *     gather_splat_strips   linear, 3 channels, some widths: down strips of the image, the weights
 *                           are read once for both operators
 *     gather_splat_quads    linear, 3 channels, widths with unrolled rows: as filter_quads,
 *                           both operators of what the cache has
 *     backward_tiles        3 channels, up to 64 taps: two blocks a tile, one for each gradient, share what they read
 *     filter_tiles          1 to 4 channels: a tile of the input and its halo lie in shared memory, weights stream by
 *     filter_strips         more channels: rows of the input in a ring, down a strip of columns, read once each
 *     grad_input_tiles      1 to 4 channels, float32: filter_tiles with the factors of a softmax whose sums are known
 *     filter_narrow         softmax of float16 logits, 3x3, 3 channels: as filter_quads, with
 *                           all logits in registers
 *     filter_quads          1 to 4 channels: a thread computes four neighboring pixels, and
 *                           reads four of all, through the caches
 *     filter_pixels         everything: a thread computes a pair of pixels, through the caches
 *     grad_weight_tiles     1 to 4 channels: neighbors lie in shared memory, centers in registers
 *     grad_weight_channels  any number of channels, which stream by while the sums of a kernel row stay in registers
 *     grad_weight_quads     1 to 4 channels: likewise
 *     grad_weight_pixels    everything: a thread computes a pair of pixels' taps, eight at a time
 *
 * Those since 9.0 are fed by TMA, a producer warp to consumer warps (tma.cuh): they take dilation 1, rows without gaps
 * at multiples of 16 bytes, and no float64. Quads are for devices before that, and take dilation 1, widths that are
 * multiples of four, rows without gaps at multiples of four elements, and no float64. */
#define WF_KERNELS(X)                                                                                                  \
    X(gather_splat_tiles, WF_WORK_GATHER_SPLAT, 90)                                                                    \
    X(gather_splat_strips, WF_WORK_GATHER_SPLAT, 75)                                                                   \
    X(gather_splat_quads, WF_WORK_GATHER_SPLAT, 75)                                                                    \
    X(backward_tiles, WF_WORK_BACKWARD, 90)                                                                            \
    X(filter_tiles, WF_WORK_FILTER, 90)                                                                                \
    X(filter_strips, WF_WORK_FILTER, 90)                                                                               \
    X(grad_input_tiles, WF_WORK_SOFTMAX_ADJOINT, 90)                                                                   \
    X(filter_narrow, WF_WORK_FILTER, 75)                                                                               \
    X(filter_quads, WF_WORK_FILTER | WF_WORK_SOFTMAX_ADJOINT, 75)                                                      \
    X(filter_pixels, WF_WORK_FILTER | WF_WORK_SOFTMAX_ADJOINT, 75)                                                     \
    X(grad_weight_tiles, WF_WORK_GRAD_WEIGHT, 90)                                                                      \
    X(grad_weight_channels, WF_WORK_GRAD_WEIGHT, 90)                                                                   \
    X(grad_weight_quads, WF_WORK_GRAD_WEIGHT, 75)                                                                      \
    X(grad_weight_pixels, WF_WORK_GRAD_WEIGHT, 75)

enum wf_kernel {
#define WF_ENUMERATOR(name, work, since) wf_kernel_##name,
    WF_KERNELS(WF_ENUMERATOR)
#undef WF_ENUMERATOR
        WF_NO_KERNEL
};

/* The kernel that does the work at once, and its plan; WF_NO_KERNEL where no kernel does. */
struct wf_plan;
wf_kernel wf_choose_kernel(const wf_cuda_device *device, const wf_work *work, wf_plan *plan);

/* Chooses, launches, and notes the kernel's name. *launched, where that is not NULL, is false, and the result WF_OK,
 * where no kernel does the work at once. */
wf_result wf_launch_work(wf_cuda_device *device, cudaStream_t stream, const wf_work *work, bool *launched);

#endif
