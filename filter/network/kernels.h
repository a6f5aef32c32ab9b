/* kernels.h -- what is inside a denoiser: its kernels of the frame that its steps have run for, put into memory for
 * those who look at them, and its last step for those who write its results themselves. For filter/node. */
#ifndef WF_NETWORK_KERNELS_H
#define WF_NETWORK_KERNELS_H

#include "backend.h"
#include "wf_network.h"

/* The pyramid's levels; a level's filter, the same for both operators. */
int wf_denoiser_levels(const wf_denoiser *denoiser);
wf_filter wf_denoiser_filter(const wf_denoiser *denoiser, int level);

/* Bytes of memory that wf_denoiser_logits needs, for any level. */
size_t wf_denoiser_logits_bytes(const wf_denoiser *denoiser);

/* Enqueues what is looked at of a level's logits of one operator, (1,K*K,h,w), and of its alphas,
 * (1,1,h,w), absent at the coarsest level; both lie in memory, which is the device's. Between the steps of
 * a frame and those of the next one. */
wf_result wf_denoiser_logits(const wf_denoiser *denoiser, wf_stream stream, wf_operator op, int level,
                             const wf_look *look, void *memory, wf_tensor *weight, wf_tensor *alpha);

/* What the last step is to do of a frame, for which the steps before it are run, where that is a pass over the pixels
 * that blends what these left in the frame's outputs; valid until the next frame. NULL where it is none. */
const wf_blend_call *wf_denoiser_blend(wf_denoiser *denoiser, const wf_frame *frame);

#endif
