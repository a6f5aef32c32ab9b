/* wf_network.h -- networks that predict every pixel's kernels: their files, and the frames that they denoise.
 *
 *     wf_network *network;
 *     wf_network_open(&log, "kpn.safetensors", &network);
 *     wf_denoiser *denoiser;                                  // the network on a device, for frames of one size
 *     wf_denoiser_create(device, network, 1920, 1080, &denoiser);
 *     wf_network_close(network);                              // the denoiser has its own copy
 *
 *     wf_frame frame = { .color = &color, .albedo = &albedo, .normal = &normal, .depth = &depth,
 *                        .gather = &gather, .splat = &splat };
 *     wf_denoise(denoiser, stream, &frame);                   // each frame; allocates nothing, waits for nothing
 *
 *
 * WHAT IS COMPUTED
 *
 *     clean       A pixel one of whose channels is not finite, or beyond -1e30 ... 1e30, is 0 in that layer. Albedo is
 *                 clamped to 0 ... 1. Depth hits where it is above 0 and below 1e9. Missing guides are 0.
 *     exposure    m is the mean of a pixel's r, g and b, each at least 0; M the mean of m over a block of
 *                 16x16 pixels (the last ones may be smaller). e = 0.18 / 2^(mean of log2 M over the blocks
 *                 with M > 1e-8); 1 where there is none.
 *     features    planes, in the file's order, each times its scale:
 *                     color        ln(1 + gain * max(e * color, 0))
 *                     demodulated  ln(1 + gain * max(e * color, 0) / (albedo + epsilon))
 *                     albedo
 *                     normal       clamped to -1 ... 1
 *                     depth        ln depth less its mean over all pixels that hit, clamped to -4 ... 4; 5 elsewhere
 *     U-Net       Level l has ceil(n / 2^l) rows and columns. 3x3 convolutions, with zeros around the image, each
 *                 followed by its bias and a ReLU. e[0] = encoder 0 of the features; e[l] = encoder l of the maximum
 *                 over each 2x2 block's in-image pixels of e[l-1]. d[L-1] = e[L-1]; d[l] = decoder l of the channels of
 *                 d[l+1], each pixel for the 2x2 that it covers, followed by those of e[l].
 *     heads       1x1 convolutions of d[l] at each level that has kernels. Channels: logits of the gathered kernel
 *                 (K*K, tap i*K + j as in wf.h), of the splat one (K*K), at level 0 of the albedo's kernel, and at all
 *                 but the coarsest level gather's and splat's alpha, of which a sigmoid is taken.
 *     albedo      a = the albedo gathered with its softmax kernel
 *     pyramid     x[0] = color / (a + epsilon), x[l+1] = D(x[l]), D the mean of the in-image pixels of each 2x2 block;
 *                 y[l] = x[l] gathered, or splat, with level l's softmax kernels (WF_SOFTMAX of wf.h);
 *                 o[l] = y[l] + alpha[l] * U(o[l+1] - D(y[l])), from the coarsest level up, where o = y. U is bilinear:
 *                 in each dimension pixel 2i is 3/4 of coarse pixel i and 1/4 of i-1, pixel 2i+1 is 3/4 of i and 1/4 of
 *                 i+1; what would be outside is the pixel at the border.
 *     output      o[0] * (a + epsilon). Without an albedo kernel x[0] = color, output = o[0].
 *
 *     WF_CPU computes in float32. WF_CUDA and WF_VULKAN keep activations and parameters in float16 and sums in
 *     float32; WF_CUDA works on tensor cores, on those of compute capability 9.0 with instructions of their own
 *     (wgmma), unless the environment's WF_CUDA_TENSOR_CORES is warps. WF_VULKAN multiplies matrices with
 *     VK_KHR_cooperative_matrix, or VK_NV_cooperative_matrix where there is only that, where the VkDevice was made with
 *     it (wf_vulkan_needs) and it has 16x16x16 products of float16 in subgroups of 32; the driver of wf_device_info
 *     says so. The environment's WF_VULKAN_MATRICES = none does without, emulated runs the same shaders without such a
 *     device, slowly, to test them, and nv keeps to NV's, slower: validation layers before 1.3.255 call KHR's
 *     unsupported. Light is float32 everywhere. Frames of any size, down to 1x1.
 *
 *
 * THE FILE
 *
 *     safetensors with tensors in float16 or float32, of at most WF_NETWORK_MAX_BYTES, written by the Python package
 *     (weighted_filter.network), whose modules architecture, features and reference are its specification. Metadata:
 *     format "weighted-filter-network", version "1", architecture and reference (JSON), name, origin, licence. The
 *     architecture is data: any network of the family runs without recompiling.
 *
 *     Its JSON is read by a small reader of the library's own, which keeps nothing and goes through the text
 *     once: the schema is fixed, a file can come from anywhere, and whoever embeds the library should not
 *     need another one for 6 KB of text.
 *
 *
 * What it does not do: train, keep frames, or use motion.
 */
#ifndef WF_NETWORK_H
#define WF_NETWORK_H

#include "wf.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WF_NETWORK_MAX_BYTES  (8 << 20)
#define WF_NETWORK_MAX_LEVELS 8
#define WF_NETWORK_MAX_KERNEL 21

/* ---- Files ------------------------------------------------------------------------------------------------------- */

/* A network in host memory. Not changed by anything: several threads may use it. */
typedef struct wf_network wf_network;

/* Reads a network. log, which may be NULL, is told what is wrong with a file in one sentence that begins with its path;
 * it is not kept. On failure *network is NULL. WF_ERROR_INVALID_ARGUMENT (no such file, damaged, of another kind or
 * version), WF_ERROR_OUT_OF_MEMORY. */
WF_API wf_result wf_network_open(const wf_log *log, const char *path, wf_network **network);

/* The same of a file's bytes; name stands for the path in messages. */
WF_API wf_result wf_network_read(const wf_log *log, const char *name, const void *bytes, size_t size,
                                 wf_network **network);

/* NULL is ignored. */
WF_API void wf_network_close(wf_network *network);

typedef struct wf_network_info {
    const char *name, *origin, *licence;      /* "" where the file says nothing; valid until the network is closed */
    int levels;                               /* of the U-Net */
    int channels[WF_NETWORK_MAX_LEVELS];      /* of each level, finest first */
    int kernel_levels;                        /* of the pyramid */
    int kernel_sizes[WF_NETWORK_MAX_LEVELS];  /* K of each */
    int albedo_kernel;                        /* K; 0: the color is filtered as it is */
    int uses_albedo, uses_normal, uses_depth; /* 1 where it looks at that guide */
    int64_t parameters;
    double
        flop_per_pixel; /* of the convolutions, two for a multiplication with its addition, a pixel of a large frame */
} wf_network_info;

WF_API wf_result wf_network_get_info(const wf_network *network, wf_network_info *info);

/* ---- Denoising --------------------------------------------------------------------------------------------------- */

/* A network on a device, for frames of one size, with its plan of memory and of launches. As with the device it is of,
 * one thread at a time; frames of one denoiser run one after the other. */
typedef struct wf_denoiser wf_denoiser;

/* Copies the network's parameters to the device and takes all the memory that frames need. On failure *denoiser is
 * NULL. WF_ERROR_INVALID_ARGUMENT, WF_ERROR_UNSUPPORTED, WF_ERROR_OUT_OF_MEMORY, WF_ERROR_DEVICE. */
WF_API wf_result wf_denoiser_create(wf_device *device, const wf_network *network, int width, int height,
                                    wf_denoiser **denoiser);

/* The denoiser's work must be done. Before wf_destroy. NULL is ignored. */
WF_API void wf_denoiser_destroy(wf_denoiser *denoiser);

/* Bytes of device memory that it holds. */
WF_API size_t wf_denoiser_memory(const wf_denoiser *denoiser);

/* A frame's layers: float32 tensors of size 1,3,H,W (depth: 1,1,H,W). Guides may be NULL; so may one of the outputs,
 * gather and splat, which is not computed then. Those that are written must not overlap anything else; they are
 * scratch before they are complete. */
typedef struct wf_frame {
    const wf_tensor *color, *albedo, *normal, *depth;
    const wf_tensor *gather, *splat;
} wf_frame;

/* WF_ERROR_INVALID_ARGUMENT, WF_ERROR_UNSUPPORTED, WF_ERROR_DEVICE. On WF_VULKAN the call records the
 * barriers between its own steps. */
WF_API wf_result wf_denoise(wf_denoiser *denoiser, wf_stream stream, const wf_frame *frame);

/* Another picture of the frame that was denoised last takes the same kernels: an AOV, or alpha, one plane three times
 * (a stride of 0). demodulate: where the network filters an albedo, it divides this picture, too; else the picture is
 * filtered as it is. layer, gather and splat are as color, gather and splat of wf_frame; so are the errors. Before any
 * frame was denoised: WF_ERROR_INVALID_ARGUMENT. */
WF_API wf_result wf_denoise_layer(wf_denoiser *denoiser, wf_stream stream, const wf_tensor *layer,
                                  const wf_tensor *gather, const wf_tensor *splat, int demodulate);

/* ---- Steps: wf_denoise in parts, for those who time them --------------------------------------------------------- */

typedef enum wf_stage {
    WF_STAGE_PACK = 0, /* exposure and features */
    WF_STAGE_NETWORK,  /* convolutions, and heads that are computed ahead of the filters */
    WF_STAGE_FILTERS,  /* the other heads, kernels, pyramid */
    WF_STAGE_COUNT
} wf_stage;

/* "pack", "network", "filters". */
WF_API const char *wf_stage_name(wf_stage stage);

typedef struct wf_step_info {
    const char *name; /* "features", "encoder.0.0", "filter.0" */
    wf_stage stage;   /* never less than that of the step before */
    double flop;      /* of convolutions */
    double bytes;     /* that must move: each activation and layer read and written once */
} wf_step_info;

WF_API int wf_denoiser_steps(const wf_denoiser *denoiser);
WF_API wf_result wf_denoiser_step_info(const wf_denoiser *denoiser, int step, wf_step_info *info);

/* Runs the steps first ... last - 1. wf_denoise is steps 0 to the last, of one frame, in this order. Those of
 * WF_STAGE_FILTERS can be run again for the same frame: with another image in place of color, which then takes the same
 * kernels, or for the other operator alone. */
WF_API wf_result wf_denoise_steps(wf_denoiser *denoiser, wf_stream stream, const wf_frame *frame, int first, int last);

/* ---- Does it compute what its author's did? ---------------------------------------------------------------------- */

/* Denoises the synthetic frame that the file's `reference` is about, with wf_begin and wf_finish, and gives the largest
 * difference from it, relative to the largest value; NaN where the file has none. Errors of the calls it makes. */
WF_API wf_result wf_network_check(wf_device *device, const wf_network *network, double *difference);

#ifdef __cplusplus
}
#endif

#endif
