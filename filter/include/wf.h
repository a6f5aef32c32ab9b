/* wf.h -- the weighted filter: every pixel has its own kernel.
 *
 * A kernel-predicting network, or any other predictor, gives every pixel of an image its own Kh x Kw filter. This
 * library applies those filters, as a gather or as a splat, on CUDA, on Vulkan compute and on the CPU, behind one API.
 *
 *
 * THE OPERATOR
 *
 *     input (N,C,H,W)   weight (N,G*Kh*Kw,H,W)   bias (C) or none   output (N,C,H,W)   coverage (N,G,H,W) or none
 *
 *     Tap t = i*Kw + j has the offset o(t) = dilation * (i - Kh/2, j - Kw/2), in rows
 *     and columns, division rounded down.
 *
 *     gather   output[n,c,p]       = bias[c] + sum over t of weight[n,t,p] * input[n,c,p+o(t)]
 *     splat    output[n,c,p+o(t)] += weight[n,t,p] * input[n,c,p]                   (plus bias[c])
 *
 *     Gather reads 0 outside the image; what splat would write there is dropped. Splat is computed from its
 *     destinations, so there are no atomics and results are the same on every run.
 *
 *     mode             gather                                       splat
 *     WF_LINEAR        weights as given                             weights as given
 *     WF_NORMALIZED    divided by the sum of the in-image           divided by the sum of the weights that land on the
 *                      taps at p                                    destination
 *     WF_SOFTMAX       softmax of the in-image taps' logits at p    softmax of the logits that land on each destination
 *
 *     WF_NORMALIZED divides by copysign(max(|sum|, WF_MIN_SUM), sum).
 *     NaN and infinity pass through as IEEE arithmetic has them; they reach only the
 *     outputs whose sums they are part of.
 *
 *     Groups: with G of them the weight has a set of taps for each, group after group, and channel c uses group
 *     floor(c*G/C). The formulas above and below are those of one group.
 *
 *     Coverage, of the destination q of each tap (gather: q = p, splat: q = p+o(t)): the sum over in-image taps of the
 *     weights for WF_LINEAR and WF_NORMALIZED, log(sum(exp(logit))) for WF_SOFTMAX.
 *
 *
 * GRADIENTS
 *
 *     g = grad_output, S = coverage, S' = copysign(max(|S|, WF_MIN_SUM), S), y = output - bias, q = the destination of
 *     (t,p), x = input[p+o(t)] (gather) or input[p] (splat). adjoint is the other operator, WF_LINEAR and without bias:
 *     for gather splat, for splat gather.
 *
 *     mode             grad_input               grad_weight[t,p]                                        D(q)
 *     WF_LINEAR        adjoint(weight, g)       sum_c g[c,q] x[c]
 *     WF_NORMALIZED    adjoint(weight, g/S')    sum_c g[c,q]/S'(q) x[c] - [|S(q)| > WF_MIN_SUM] D(q)    sum_c g y / S'
 *     WF_SOFTMAX       adjoint(v, g)            v (sum_c g[c,q] x[c] - D(q))                            sum_c g y
 *                      v[t,p] = exp(weight[t,p] - S(q))
 *
 *     grad_bias[c] = sum of g[n,c,p] over n and p. Taps whose other end lies outside the image have grad_weight 0.
 *     Every higher derivative is made of the linear gather, the linear splat and wf_grad_weight.
 *
 *
 * TYPES
 *
 *     input, output and their gradients are of one type; weight and grad_weight are of that type or, with float32
 *     images, of float16 or bfloat16. bias, coverage and their like are float32; with float64 images float64. Sums are
 *     kept in float32, of float64 in float64. Results are rounded to nearest, ties to even.
 *
 *
 * WHAT RUNS WHERE
 *
 *     Everything runs on WF_CPU, WF_CUDA and WF_VULKAN, but that WF_VULKAN has no float64 and takes strides in H and W
 *     of up to 31 bits. What is valid and cannot run is refused with WF_ERROR_UNSUPPORTED.
 *
 *
 * A FIRST PROGRAM
 *
 *     wf_device *device;
 *     wf_create(&(wf_device_options){ .backend = WF_CPU }, &device);
 *
 *     wf_filter filter = { .kernel_height = 5, .kernel_width = 5, .dilation = 1, .mode = WF_LINEAR,
 *                          .groups = 1 };
 *     wf_tensor input  = wf_dense(color, WF_FLOAT32, 1, 3, height, width);
 *     wf_tensor weight = wf_dense(kernels, WF_FLOAT32, 1, 25, height, width);
 *     wf_tensor output = wf_dense(result, WF_FLOAT32, 1, 3, height, width);
 *     wf_result r = wf_gather(device, NULL, &filter, &input, &weight, NULL, &output, NULL);
 *     if (r != WF_OK) ...                              // the log callback was told why, with the numbers
 *     wf_destroy(device);
 *
 *
 * MANNERS
 *
 *     Memory     The caller owns every tensor. Addresses are host pointers (WF_CPU), CUDA device pointers (WF_CUDA) or
 *                VkDeviceAddress values (WF_VULKAN). An operation allocates nothing; wf_alloc and its kin are for
 *                programs that have no allocator of their own.
 *     Order      Operations are enqueued on the caller's cudaStream_t, or recorded into the caller's VkCommandBuffer,
 *                and return at once; wf_stream carries either. On the CPU they are done when they return. Between two
 *                operations in one command buffer of which the second reads what the first wrote, call wf_barrier.
 *     Pipelines  WF_VULKAN compiles a pipeline the first time a combination of operation, filter, channels, types and
 *                alignment is used; wf_prepare and its kin do it ahead of time. CUDA
 *                loads a kernel on first use likewise.
 *     Threads    One device may be used by one thread at a time; different devices are independent. WF_CPU works with
 *                as many threads as OpenMP is told to use (OMP_NUM_THREADS), and with the widest vector instructions
 *                that the processor has; the environment's WF_CPU_INSTRUCTIONS = baseline, avx2 or avx512 chooses
 *                others. Results do not depend on the number of threads.
 *     Errors     Every call that can fail returns a wf_result and tells the log callback why in one sentence with the
 *                numbers in it. Bad arguments are found before anything is enqueued. The library never prints or exits.
 *
 * What it does not do: predict weights with a network, keep images between calls, or choose a backend for you.
 */
#ifndef WF_H
#define WF_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define WF_API
#else
#define WF_API __attribute__((visibility("default")))
#endif

/* Until 1.0 another minor version is another interface. */
#define WF_VERSION "0.2.0"

/* The smallest magnitude that WF_NORMALIZED divides by. */
#define WF_MIN_SUM 1e-6

/* Kernels of up to WF_MAX_KERNEL x WF_MAX_KERNEL taps are accepted. */
#define WF_MAX_KERNEL 255

/* Dilations of up to WF_MAX_DILATION are accepted. */
#define WF_MAX_DILATION 65535

typedef enum wf_result {
    WF_OK = 0,
    WF_ERROR_INVALID_ARGUMENT = 1, /* an argument breaks a rule stated in its declaration */
    WF_ERROR_UNSUPPORTED = 2,      /* valid, but this backend or device cannot do it */
    WF_ERROR_NOT_BUILT = 3,        /* the library was built without this backend */
    WF_ERROR_NO_DEVICE = 4,        /* no driver, or no device of this kind or with this number */
    WF_ERROR_OUT_OF_MEMORY = 5,
    WF_ERROR_DEVICE = 6 /* the driver reported a failure; the device should be destroyed */
} wf_result;

typedef enum wf_backend { WF_CPU = 0, WF_VULKAN = 1, WF_CUDA = 2, WF_BACKEND_COUNT = 3 } wf_backend;

typedef enum wf_dtype {
    WF_FLOAT32 = 0,
    WF_FLOAT16 = 1,
    WF_BFLOAT16 = 2, /* the upper half of a float32 */
    WF_FLOAT64 = 3,
    WF_DTYPE_COUNT = 4
} wf_dtype;

typedef enum wf_mode { WF_LINEAR = 0, WF_NORMALIZED = 1, WF_SOFTMAX = 2, WF_MODE_COUNT = 3 } wf_mode;

typedef enum wf_operator { WF_GATHER = 0, WF_SPLAT = 1, WF_OPERATOR_COUNT = 2 } wf_operator;

/* WF_VERSION as the library was built with: for programs that load it at run time. Static. */
WF_API const char *wf_version(void);

/* Names for messages and reports: "out of memory", "cuda", "float16", "softmax",
   "gather". Static strings; never NULL. */
WF_API const char *wf_result_name(wf_result result);
WF_API const char *wf_backend_name(wf_backend backend);
WF_API const char *wf_dtype_name(wf_dtype dtype);
WF_API const char *wf_mode_name(wf_mode mode);
WF_API const char *wf_operator_name(wf_operator op);

/* Bytes of one element: 4, 2 or 8; 0 of an unknown type. */
WF_API size_t wf_dtype_size(wf_dtype dtype);

/* ---- Log --------------------------------------------------------------------------------------------------------- */

typedef enum wf_log_level {
    WF_LOG_ERROR = 0,   /* why a call returned something else than WF_OK */
    WF_LOG_WARNING = 1, /* worth telling a user: a fallback, a missing feature */
    WF_LOG_INFO = 2,
    WF_LOG_VALIDATION = 3 /* a Vulkan validation message about the library's own use of Vulkan */
} wf_log_level;

/* Called with one sentence, without a newline, valid only during the call. May be called from any thread that calls the
 * library; must not call it back. */
typedef void (*wf_log_callback)(void *user, wf_log_level level, const char *message);

typedef struct wf_log {
    wf_log_callback callback; /* NULL: silent */
    void *user;
} wf_log;

/* ---- Devices ----------------------------------------------------------------------------------------------------- */

typedef struct wf_device wf_device;

typedef struct wf_device_options {
    wf_backend backend;
    int ordinal; /* which device of that kind, from 0. WF_CPU: 0 */
    wf_log log;  /* kept for the device's life */
} wf_device_options;

/* Opens a device with everything it needs of its own: for WF_VULKAN an instance, a device and a queue; for WF_CUDA the
 * primary context. A program that has a Vulkan device already uses wf_vulkan_create (wf_vulkan.h). On failure *device
 * is NULL. WF_ERROR_NOT_BUILT, WF_ERROR_NO_DEVICE, WF_ERROR_UNSUPPORTED (the device lacks a needed feature, named in
 * the log), WF_ERROR_OUT_OF_MEMORY, WF_ERROR_DEVICE. */
WF_API wf_result wf_create(const wf_device_options *options, wf_device **device);

/* Waits for the device's own work and frees it. NULL is ignored. Memory from wf_alloc must have been freed. */
WF_API void wf_destroy(wf_device *device);

/* 1 where the library was built with the backend, else 0. */
WF_API int wf_backend_built(wf_backend backend);

typedef struct wf_device_info {
    wf_backend backend;
    char name[256];   /* "NVIDIA H100 80GB HBM3", "llvmpipe (LLVM 15.0.6, 256 bits)", "Intel(R) Xeon(R) ..." */
    char driver[256]; /* driver name and version; for WF_CPU the instruction set in use and the number of threads */
    uint8_t uuid[16]; /* WF_CUDA and WF_VULKAN: equal for the same physical device. Zeros for WF_CPU */
} wf_device_info;

WF_API wf_result wf_get_info(const wf_device *device, wf_device_info *info);

/* The index-th kernel that the device's last operation was made of, by name: "filter_tiles", and perhaps
 * "grad_weight_tiles" after it. NULL behind the last. For benchmarks and reports: names and kernels change with
 * versions. Operations are those of the next section; groups that ran the same kernel after each other count once. */
WF_API const char *wf_last_kernel(const wf_device *device, int index);

/* ---- Tensors ----------------------------------------------------------------------------------------------------- */

/* A view of caller-owned memory. Sizes are N,C,H,W, each 1 ... INT32_MAX; strides count elements and may be negative,
 * or 0 in an input. Rows are read and written fastest where W's is 1; images in channels-last order are fine, weights
 * so are slow. In an output each stride steps over all that the smaller ones span, so that no two elements overlap. The
 * stride of an axis of size 1 does not matter. */
typedef struct wf_tensor {
    void *data; /* first element; aligned to the element's size. Host, CUDA device, or Vulkan device address */
    wf_dtype dtype;
    int64_t size[4];
    int64_t stride[4];
} wf_tensor;

/* A dense N,C,H,W tensor over data. */
static inline wf_tensor wf_dense(void *data, wf_dtype dtype, int64_t n, int64_t c, int64_t h, int64_t w)
{
    wf_tensor tensor;
    tensor.data = data;
    tensor.dtype = dtype;
    tensor.size[0] = n;
    tensor.size[1] = c;
    tensor.size[2] = h;
    tensor.size[3] = w;
    tensor.stride[0] = c * h * w;
    tensor.stride[1] = h * w;
    tensor.stride[2] = w;
    tensor.stride[3] = 1;
    return tensor;
}

/* ---- Operations -------------------------------------------------------------------------------------------------- */

/* A cudaStream_t (NULL: the legacy default stream), a VkCommandBuffer in the recording state outside a render pass, or
 * NULL for WF_CPU. */
typedef void *wf_stream;

typedef struct wf_filter {
    int kernel_height; /* 1 ... WF_MAX_KERNEL; odd or even */
    int kernel_width;  /* 1 ... WF_MAX_KERNEL; odd or even */
    int dilation;      /* 1 ... WF_MAX_DILATION: multiplies tap offsets */
    wf_mode mode;
    int groups; /* at least 1. Where there are more than channels, some groups have none */
} wf_filter;

/* The operator of the top of this file. input and output have the same sizes and dtype; weight has input's N, H, W and
 * groups*Kh*Kw channels; bias is NULL or a tensor of size 1,C,1,1 with unit channel stride; coverage, NULL or of size
 * N,groups,H,W, is written, too. Types as above. Outputs must not overlap each other or the inputs. A kernel may be
 * larger than the image. WF_ERROR_INVALID_ARGUMENT, WF_ERROR_UNSUPPORTED, WF_ERROR_DEVICE. */
WF_API wf_result wf_gather(wf_device *device, wf_stream stream, const wf_filter *filter, const wf_tensor *input,
                           const wf_tensor *weight, const wf_tensor *bias, const wf_tensor *output,
                           const wf_tensor *coverage);
WF_API wf_result wf_splat(wf_device *device, wf_stream stream, const wf_filter *filter, const wf_tensor *input,
                          const wf_tensor *weight, const wf_tensor *bias, const wf_tensor *output,
                          const wf_tensor *coverage);

/* wf_gather or wf_splat, chosen by a value. */
WF_API wf_result wf_apply(wf_device *device, wf_stream stream, wf_operator op, const wf_filter *filter,
                          const wf_tensor *input, const wf_tensor *weight, const wf_tensor *bias,
                          const wf_tensor *output, const wf_tensor *coverage);

/* Both of them, of the same weights, which are read once where that is faster. (WF_CPU works on both row by row: small
 * kernels' weights are still in its caches when the second operator needs them.) Errors as wf_apply's. */
WF_API wf_result wf_gather_splat(wf_device *device, wf_stream stream, const wf_filter *filter, const wf_tensor *input,
                                 const wf_tensor *weight, const wf_tensor *bias, const wf_tensor *gather_output,
                                 const wf_tensor *splat_output);

/* The tensors of wf_backward. Sizes and types are those of wf_apply: grad_output's and grad_input's are input's,
 * grad_weight's are weight's, grad_bias's are bias's. Those written must not overlap each other or those read. */
typedef struct wf_gradients {
    const wf_tensor *input, *weight; /* as the forward call had them */
    const wf_tensor *bias;           /* likewise; NULL where it had none */
    const wf_tensor *output;   /* what it wrote; needed for WF_NORMALIZED and WF_SOFTMAX, else ignored. Where it was
                                  rounded to 16 bits, grad_weight is only that exact */
    const wf_tensor *coverage; /* likewise, but never rounded to 16 bits */
    const wf_tensor *grad_output;
    const wf_tensor *grad_input;  /* written. NULL: not wanted; at least one of the three is */
    const wf_tensor *grad_weight; /* likewise */
    const wf_tensor *grad_bias;   /* likewise; bias may be NULL all the same */
    void *workspace; /* device memory of wf_backward_workspace bytes, aligned to 256; NULL where that is 0 */
} wf_gradients;

/* Bytes that wf_backward needs, for sums over pixels and values of each. Addresses are ignored, whether a gradient is
 * NULL is not. 0 also where wf_backward would refuse the arguments; then the log says why. */
WF_API size_t wf_backward_workspace(wf_device *device, wf_operator op, const wf_filter *filter,
                                    const wf_gradients *gradients);

/* The gradients of wf_apply: formulas at the top of this file. Without atomics: the same on every run. grad_input and
 * grad_weight come from one pass over the weights where that is faster. WF_ERROR_INVALID_ARGUMENT,
 * WF_ERROR_UNSUPPORTED, WF_ERROR_DEVICE. */
WF_API wf_result wf_backward(wf_device *device, wf_stream stream, wf_operator op, const wf_filter *filter,
                             const wf_gradients *gradients);

/* The linear operator's gradient to its weights, for which the weights are not needed:
 *
 *     gather   grad_weight[t,p] = sum over c of grad_output[c,p] * input[c,p+o(t)]
 *     splat    grad_weight[t,p] = sum over c of grad_output[c,p+o(t)] * input[c,p]
 *
 * filter->mode is WF_LINEAR. Sizes, types and errors as wf_backward's. */
WF_API wf_result wf_grad_weight(wf_device *device, wf_stream stream, wf_operator op, const wf_filter *filter,
                                const wf_tensor *input, const wf_tensor *grad_output, const wf_tensor *grad_weight);

/* Compiles what wf_apply with these arguments, without coverage, would need, ahead of time; addresses are ignored and
 * taken for multiples of 16 bytes. Only WF_VULKAN has work to do here. */
WF_API wf_result wf_prepare(wf_device *device, wf_operator op, const wf_filter *filter, const wf_tensor *input,
                            const wf_tensor *weight);

/* The same for wf_gather_splat. */
WF_API wf_result wf_prepare_gather_splat(wf_device *device, const wf_filter *filter, const wf_tensor *input,
                                         const wf_tensor *weight);

/* ---- The analytic predictor -------------------------------------------------------------------------------------- */

/* Joint (cross-)bilateral weights, after Petschnigg et al. 2004, "Digital photography with flash and no-flash image
 * pairs", and Dammertz et al. 2010, "Edge-avoiding A-Trous wavelet transform", for tap q = p + o(t):
 *
 *     weight[t,p] = confidence(p)
 *                   exp( -|q-p|^2          / (2 sigma_space^2)
 *                        -|T(q) - T(p)|^2   / (2 sigma_color^2)       T(x): 3x3 mean of c/(1+c), c the color at x, >= 0
 *                        -|A(q) - A(p)|^2   / (2 sigma_albedo^2)
 *                        -|N(q) - N(p)|^2   / (2 sigma_normal^2)
 *                        -(D(q) - D(p))^2   / (2 (sigma_depth (1e-3 + min(|D(q)|,|D(p)|)))^2) )
 *
 *     confidence(p) = min(1, (firefly_ratio B + 1e-3) / (b + 1e-3))   b: the largest channel of c at p,
 *                                                                     B: of T(p)/(1-T(p)), its surroundings
 *
 * and 0 for taps outside the image. The 3x3 mean takes in-image pixels only. The weights are not negative and not
 * divided by their sum: use them with WF_NORMALIZED. A splat then counts a firefly less wherever it lands; in a
 * gather the confidence is the same for all that a pixel reads, and cancels. A feature without a tensor is left out.
 * It is an analytic filter, no network. */
typedef struct wf_bilateral {
    int kernel_height, kernel_width; /* 1 ... WF_MAX_KERNEL */
    float sigma_space;               /* pixels; all sigmas are > 0 */
    float sigma_color;               /* of the compressed color, range 0 ... 1 */
    float sigma_albedo;
    float sigma_normal;
    float sigma_depth;   /* relative to depth */
    float firefly_ratio; /* > 0: a pixel brighter than so many times its surroundings counts less */
} wf_bilateral;

/* Channels of wf_predict_bilateral's scratch: T, and the confidence. */
#define WF_BILATERAL_SCRATCH_CHANNELS 4

/* The parameters that the project's own frames were tuned with, for a kernel of that size. */
WF_API wf_bilateral wf_bilateral_default(int kernel_height, int kernel_width);

/* color, albedo and normal have 3 channels, depth 1; albedo, normal and depth may be NULL. All are float32 with N
 * equal; weight (N, Kh*Kw, H, W) is float32 or float16. scratch is float32, dense, of WF_BILATERAL_SCRATCH_CHANNELS,
 * written and read by the call, and must not overlap the others. Strides in W are 1 (else WF_ERROR_UNSUPPORTED). On
 * WF_VULKAN the call records the barrier between its own two steps. */
WF_API wf_result wf_predict_bilateral(wf_device *device, wf_stream stream, const wf_bilateral *parameters,
                                      const wf_tensor *color, const wf_tensor *albedo, const wf_tensor *normal,
                                      const wf_tensor *depth, const wf_tensor *scratch, const wf_tensor *weight);

/* Compiles what wf_predict_bilateral needs, ahead of time, as wf_prepare does. */
WF_API wf_result wf_prepare_bilateral(wf_device *device, const wf_bilateral *parameters, wf_dtype weight_dtype);

/* ---- Conveniences: memory and one-off work ----------------------------------------------------------------------- */

/* Device memory, at least one byte of it, aligned to 256 bytes. Freed with wf_free; NULL is ignored there. For
 * WF_VULKAN the address belongs to a VkBuffer of its own with storage and transfer usage. WF_ERROR_OUT_OF_MEMORY. */
WF_API wf_result wf_alloc(wf_device *device, size_t size, void **data);
WF_API void wf_free(wf_device *device, void *data);

/* Copies between host memory and memory from wf_alloc (offsets into it are fine); done when they return. Work that was
 * submitted before is waited for. */
WF_API wf_result wf_upload(wf_device *device, void *to, const void *from_host, size_t size);
WF_API wf_result wf_download(wf_device *device, void *to_host, const void *from, size_t size);

/* A stream for one-off work: a CUDA stream, a command buffer in the recording state, or NULL for WF_CPU. wf_finish
 * submits it, waits for it, and ends its life, also where it fails. One at a time: another wf_begin before that, and
 * wf_finish of any other stream, are WF_ERROR_INVALID_ARGUMENT. */
WF_API wf_result wf_begin(wf_device *device, wf_stream *stream);
WF_API wf_result wf_finish(wf_device *device, wf_stream stream);

/* Makes what earlier operations in this stream wrote visible to later ones. Does nothing where streams are ordered. */
WF_API wf_result wf_barrier(wf_device *device, wf_stream stream);

#ifdef __cplusplus
}
#endif

#endif
