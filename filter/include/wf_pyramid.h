/* wf_pyramid.h -- the kernel pyramid: kernels at full resolution and at each halved one, blended from coarse to fine.
 *
 * A 5x5 kernel at every one of five levels reaches as far as one of 80x80 at full resolution, for a third more weights
 * than the finest level has alone. With the levels l = 0 (full resolution) ... L-1 (the coarsest):
 *
 *     x[0] = input      x[l+1] = D(x[l])
 *     y[l] = x[l] gathered, or splat, with level l's own filter and weights (wf.h)
 *     o[L-1] = y[L-1]   o[l] = y[l] + alpha[l] * U(o[l+1] - D(y[l]))
 *     output = o[0]
 *
 * D is the mean of each 2x2 block's in-image pixels: of an image of h x w pixels it makes one of ceil(h/2) x
 * ceil(w/2), so that every size down to 1x1 is right. U goes the other way and is bilinear: in each dimension
 * pixel 2i is 3/4 of coarse pixel i and 1/4 of i-1, pixel 2i+1 is 3/4 of i and 1/4 of i+1; what would be
 * outside is the pixel at the border.
 *
 * alpha[l], a factor for every pixel, says how much of the low frequencies comes from the coarser levels: with 0 the
 * level keeps its own filter's, with 1 they are theirs. The pyramid is linear in the input. Where each level's weights
 * are normalized, it leaves constant images alone, whatever alpha is.
 *
 * The library computes the pyramid forward. Its gradients are those of weighted_filter.kernel_pyramid, the same formula
 * made of the operator's gather and splat, for training in PyTorch. A network that predicts the kernels runs the
 * pyramid by itself (wf_network.h).
 */
#ifndef WF_PYRAMID_H
#define WF_PYRAMID_H

#include "wf.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WF_PYRAMID_MAX_LEVELS 8

/* A level of h x w pixels: those of the level before, halved and rounded up. */
typedef struct wf_pyramid_level {
    wf_filter filter;        /* may differ from level to level */
    const wf_tensor *weight; /* N,groups*Kh*Kw,h,w; as wf_apply's of float32 images */
    const wf_tensor *alpha;  /* N,1,h,w; float32 or float16. NULL for the coarsest level, and only there */
} wf_pyramid_level;

/* Bytes that wf_pyramid needs for an input of these sizes: 0 for one level, else about 2/3 of the input's size in
 * float32. 0 also where it would refuse the sizes or the number of levels. */
WF_API size_t wf_pyramid_workspace(const wf_tensor *input, int count);

/* The formula above, levels being `count` of them, the finest first: 1 ... WF_PYRAMID_MAX_LEVELS. input and output are
 * float32 with the same sizes; workspace is device memory of wf_pyramid_workspace bytes, aligned to 256, NULL where
 * that is 0, and overlaps nothing else. Strides as wf_apply's. On WF_VULKAN the call records the barriers between its
 * own steps. Work of one stream may share a workspace, with a wf_barrier in between. WF_ERROR_INVALID_ARGUMENT,
 * WF_ERROR_UNSUPPORTED, WF_ERROR_DEVICE. */
WF_API wf_result wf_pyramid(wf_device *device, wf_stream stream, wf_operator op, const wf_pyramid_level *levels,
                            int count, const wf_tensor *input, const wf_tensor *output, void *workspace);

/* Compiles what wf_pyramid with these arguments needs, ahead of time, as wf_prepare does. */
WF_API wf_result wf_prepare_pyramid(wf_device *device, wf_operator op, const wf_pyramid_level *levels, int count,
                                    const wf_tensor *input);

#ifdef __cplusplus
}
#endif

#endif
