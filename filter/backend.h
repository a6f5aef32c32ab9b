/* backend.h -- the function table between wf.c and the backends. Private.
 *
 * wf.c has checked every argument before it calls through this table: sizes agree, strides and types are ones the
 * contract in wf.h allows, pointers are not NULL. Backends add only what they alone can know. */
#ifndef WF_BACKEND_H
#define WF_BACKEND_H

#include "backend_network.h"
#include "wf.h"
#include "wf_figures.h"

/* A tensor that a call may leave out has size 0 in N there. */
static inline int wf_present(const wf_tensor *tensor)
{
    return tensor->size[0] > 0;
}

/* One group of a call: wf.h's groups are sliced apart before, and filter.groups is 1. C may be 0, of a group that has
 * no channels: coverage and grad_weight are written then all the same. */
typedef struct wf_filter_call {
    wf_operator op;
    wf_filter filter;
    wf_tensor input, weight, output;
    wf_tensor coverage; /* may be absent */
    const void *bias;   /* C values, float64 where the images are and else float32; or NULL */
} wf_filter_call;

/* wf_backward, and wf_grad_weight as well: there the mode is WF_LINEAR, and weight and
   all that is not needed absent. */
typedef struct wf_backward_call {
    wf_operator op;
    wf_filter filter;
    wf_tensor input, weight, output, coverage, grad_output;
    wf_tensor grad_input, grad_weight, grad_bias; /* may be absent */
    const void *bias;                             /* as in wf_filter_call */
    void *workspace;                              /* what backward_workspace asks for, aligned to 256 bytes */
} wf_backward_call;

/* Between two levels of a pyramid (wf_pyramid.h): down, the coarse image becomes D(fine), or, to subtract, loses that;
 * up, the fine one gains alpha * U(coarse). */
typedef struct wf_step_call {
    wf_tensor fine;   /* float32 */
    wf_tensor coarse; /* float32, dense, of half the height and width, rounded up */
    wf_tensor alpha;  /* N,1,H,W of the fine one; float32 or float16. Absent for steps that do not subtract */
    int subtract;
} wf_step_call;

/* Weights of the pixels (y,x) ... (y + rows - 1, x + columns - 1), all within the image: output[pixel][tap]. landing:
 * of tap t that of the pixel which carries it there, at -o(t); 0 where that is outside. */
typedef struct wf_pick_call {
    wf_filter filter; /* with its groups */
    wf_tensor weight; /* 1,groups*Kh*Kw,H,W */
    int y, x, rows, columns;
    int landing;
    float *output; /* memory that the device writes */
} wf_pick_call;

/* What of a level's kernels somebody looks at: rows of its pixels, as far as there are any, and
   whether their weights or alphas. */
typedef struct wf_look {
    int first_row, rows;
    int weights, alpha;
} wf_look;

/* Figures of every pixel's kernel (wf_node_map_role): pixel (y,x) of an output has that of the weights' (y >> level, x
 * >> level). Of filters with groups: the first one's. landing: the factors of what lands on the pixel. */
typedef struct wf_summary_call {
    wf_filter filter;
    wf_tensor weight; /* 1,groups*Kh*Kw,h,w */
    wf_tensor alpha;  /* 1,1,h,w, dense, float32 or float16; may be absent */
    int alpha_is_logit, landing, level, height, width;
    float *outputs[WF_FIGURE_COUNT]; /* dense planes of height x width in the device's memory; NULL: not asked for */
} wf_summary_call;

/* The rows of kernels that it looks at: none where only alpha is asked for. */
static inline int wf_summary_rows(const wf_summary_call *call)
{
    int asked = 0;
    for (int figure = 0; figure < WF_FIGURE_COUNT; figure++)
        asked = asked || (figure != WF_FIGURE_BLEND && call->outputs[figure]);
    return asked ? call->filter.kernel_height : 0;
}

typedef struct wf_bilateral_call {
    wf_bilateral parameters;
    wf_tensor color, albedo, normal, depth; /* data is NULL where absent */
    wf_tensor scratch, weight;
} wf_bilateral_call;

/* What a backend can do with valid arguments; for the rest callers are told WF_ERROR_UNSUPPORTED in its name. */
typedef struct wf_backend_abilities {
    unsigned dtypes; /* 1 << wf_dtype of each that it stores */
    int any_stride;  /* not only 1 in W */
    int coverage;    /* as an output */
} wf_backend_abilities;

/* Every entry is set, but for gather_splat, backward and backward_workspace where the backend has none, and for
 * prepare_gather_splat, prepare_steps, prepare_pick and rehearse where these have nothing to do; others that
 * have nothing to do return WF_OK. */
typedef struct wf_backend_table {
    wf_backend_abilities abilities;
    void (*destroy)(wf_device *device);
    wf_result (*info)(const wf_device *device, wf_device_info *info);
    wf_result (*gather)(wf_device *device, wf_stream stream, const wf_filter_call *call);
    wf_result (*splat)(wf_device *device, wf_stream stream, const wf_filter_call *call);
    wf_result (*gather_splat)(wf_device *device, wf_stream stream, const wf_filter_call *gather,
                              const wf_filter_call *splat); /* they differ in op and output, without coverage */
    wf_result (*backward)(wf_device *device, wf_stream stream, const wf_backward_call *call);
    size_t (*backward_workspace)(const wf_backward_call *call); /* bytes; addresses in the call are not set */
    wf_result (*prepare)(wf_device *device, const wf_filter_call *call);
    wf_result (*prepare_gather_splat)(wf_device *device, const wf_filter_call *gather, const wf_filter_call *splat);
    wf_result (*step_down)(wf_device *device, wf_stream stream, const wf_step_call *call);
    wf_result (*step_up)(wf_device *device, wf_stream stream, const wf_step_call *call);
    wf_result (*prepare_steps)(wf_device *device);
    wf_result (*pick)(wf_device *device, wf_stream stream, const wf_pick_call *call);
    wf_result (*prepare_pick)(wf_device *device);
    wf_result (*summarize)(wf_device *device, wf_stream stream, const wf_summary_call *call);
    wf_result (*predict_bilateral)(wf_device *device, wf_stream stream, const wf_bilateral_call *call);
    wf_result (*prepare_bilateral)(wf_device *device, const wf_bilateral_call *call);

    /* Between two calls, the first one `begins`, what is called runs nothing: it shows what frames will run, which is
     * ready after the second one. Pairs of calls may enclose others, which are part of them. */
    wf_result (*rehearse)(wf_device *device, int begins);

    wf_result (*alloc)(wf_device *device, size_t size, void **data);
    void (*free)(wf_device *device, void *data);
    wf_result (*upload)(wf_device *device, void *to, const void *from, size_t size);
    wf_result (*download)(wf_device *device, void *to, const void *from, size_t size);
    wf_result (*begin)(wf_device *device, wf_stream *stream);
    wf_result (*finish)(wf_device *device, wf_stream stream);
    wf_result (*barrier)(wf_device *device, wf_stream stream);
    const wf_network_table *network;
} wf_backend_table;

enum { WF_NOTED_KERNELS = 4 };

/* The first member of every backend's own device struct. */
struct wf_device {
    const wf_backend_table *table;
    wf_backend backend;
    wf_log log;
    const char *kernels[WF_NOTED_KERNELS]; /* of the last operation, for wf_last_kernel; NULL behind the last */
    int has_begun;                         /* wf_begin gave `begun`, and wf_finish has not ended it */
    wf_stream begun;
};

/* For backends: a kernel runs, whose name is a static string. The first WF_NOTED_KERNELS of an operation are kept. */
void wf_note_kernel(wf_device *device, const char *name);

/* One per backend, in filter/<backend>/device.c, or in filter/<backend>/stub.c where the backend is not built. */
wf_result wf_cpu_open(const wf_device_options *options, wf_device **device);
wf_result wf_vulkan_open(const wf_device_options *options, wf_device **device);
wf_result wf_cuda_open(const wf_device_options *options, wf_device **device);
struct wf_cuda_options;
wf_result wf_cuda_open_match(const struct wf_cuda_options *options, wf_device **device); /* of wf_cuda_create */

/* 1 in device.c, 0 in stub.c. */
extern const int wf_cpu_built, wf_vulkan_built, wf_cuda_built;

/* Formats one sentence for the log callback and returns result, so that an error is one statement. */
wf_result wf_report(const wf_log *log, wf_log_level level, wf_result result, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#define wf_fail(log, result, ...) wf_report((log), WF_LOG_ERROR, (result), __VA_ARGS__)
#define WF_INVALID(log, ...)      wf_fail((log), WF_ERROR_INVALID_ARGUMENT, __VA_ARGS__)

/* Leaves the function with the result of what failed. */
#define WF_TRY(expression)                                                                                             \
    do {                                                                                                               \
        wf_result try_result = (expression);                                                                           \
        if (try_result != WF_OK)                                                                                       \
            return try_result;                                                                                         \
    } while (0)

#endif
