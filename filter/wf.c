/* The API: every argument is checked here, once, and handed to the device's backend. */
#include "wf.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "backend.h"
#include "shared.h"

__extension__ _Static_assert(WF_MIN_SUM == (float)WF_SHARED_MIN_SUM, "wf.h and shared.h differ");

enum { AXIS_N, AXIS_C, AXIS_H, AXIS_W, AXES };

/* ---- Names --------------------------------------------------------------------------------------------------------
 */

static const char *name_of(const char *const *names, int count, int index)
{
    return index >= 0 && index < count ? names[index] : "unknown";
}

const char *wf_result_name(wf_result result)
{
    static const char *const names[] = {"ok",        "invalid argument", "unsupported", "not built",
                                        "no device", "out of memory",    "device error"};
    return name_of(names, WF_ERROR_DEVICE + 1, (int)result);
}

const char *wf_backend_name(wf_backend backend)
{
    static const char *const names[WF_BACKEND_COUNT] = {"cpu", "vulkan", "cuda"};
    return name_of(names, WF_BACKEND_COUNT, (int)backend);
}

const char *wf_dtype_name(wf_dtype dtype)
{
    static const char *const names[WF_DTYPE_COUNT] = {"float32", "float16"};
    return name_of(names, WF_DTYPE_COUNT, (int)dtype);
}

const char *wf_mode_name(wf_mode mode)
{
    static const char *const names[WF_MODE_COUNT] = {"linear", "normalized", "softmax"};
    return name_of(names, WF_MODE_COUNT, (int)mode);
}

const char *wf_operator_name(wf_operator op)
{
    static const char *const names[WF_OPERATOR_COUNT] = {"gather", "splat"};
    return name_of(names, WF_OPERATOR_COUNT, (int)op);
}

size_t wf_dtype_size(wf_dtype dtype)
{
    return dtype == WF_FLOAT16 ? 2 : 4;
}

/* ---- Log ----------------------------------------------------------------------------------------------------------
 */

wf_result wf_report(const wf_log *log, wf_log_level level, wf_result result, const char *format, ...)
{
    if (!log->callback)
        return result;
    char message[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    log->callback(log->user, level, message);
    return result;
}

#define INVALID(log, ...) wf_fail((log), WF_ERROR_INVALID_ARGUMENT, __VA_ARGS__)

static wf_result check_pointer(const wf_log *log, const char *name, const void *pointer)
{
    return pointer ? WF_OK : INVALID(log, "%s is NULL", name);
}

static wf_result check_enum(const wf_log *log, const char *name, int value, int count)
{
    if (value < 0 || value >= count)
        return INVALID(log, "%s is %d, the last one is %d", name, value, count - 1);
    return WF_OK;
}

/* ---- Tensors ------------------------------------------------------------------------------------------------------
 */

typedef struct wf_axis {
    int64_t size, stride;
} wf_axis;

/* A tensor's elements as offsets from its lowest address: axes longer than 1, strides positive, the largest first. */
typedef struct wf_layout {
    wf_axis axes[AXES];
    int count;
    int64_t below; /* elements that lie below data */
    int64_t span;  /* from the lowest element to the highest */
} wf_layout;

static void insert_axis(wf_layout *layout, wf_axis axis)
{
    int at = layout->count++;
    for (; at > 0 && layout->axes[at - 1].stride < axis.stride; at--)
        layout->axes[at] = layout->axes[at - 1];
    layout->axes[at] = axis;
}

/* Returns 0 where a size or an address does not fit in 64 bits. */
static int make_layout(const wf_tensor *tensor, wf_layout *layout)
{
    *layout = (wf_layout){0};
    for (int i = 0; i < AXES; i++) {
        int64_t size = tensor->size[i], stride = tensor->stride[i], reach;
        if (size == 1)
            continue;
        if (stride == INT64_MIN || __builtin_mul_overflow(size - 1, stride < 0 ? -stride : stride, &reach) ||
            __builtin_add_overflow(layout->span, reach, &layout->span))
            return 0;
        if (stride < 0)
            layout->below += reach;
        insert_axis(layout, (wf_axis){size, stride < 0 ? -stride : stride});
    }
    return layout->span < INT64_MAX / (int64_t)wf_dtype_size(tensor->dtype);
}

static int overlaps_itself(const wf_layout *layout)
{
    int64_t inner = 0;
    for (int i = layout->count - 1; i >= 0; i--) {
        if (layout->axes[i].stride <= inner)
            return 1;
        inner += (layout->axes[i].size - 1) * layout->axes[i].stride;
    }
    return 0;
}

/* Byte addresses: first and one past the last. */
static void address_range(const wf_tensor *tensor, const wf_layout *layout, uintptr_t *first, uintptr_t *last)
{
    size_t element = wf_dtype_size(tensor->dtype);
    *first = (uintptr_t)tensor->data - (uintptr_t)layout->below * element;
    *last = *first + ((uintptr_t)layout->span + 1) * element;
}

/* Whether the byte at address belongs to an element of the tensor. */
static int has_address(const wf_tensor *tensor, const wf_layout *layout, uintptr_t address)
{
    uintptr_t first, last;
    address_range(tensor, layout, &first, &last);
    if (address < first || address >= last)
        return 0;
    int64_t offset = (int64_t)((address - first) / wf_dtype_size(tensor->dtype));
    for (int i = 0; i < layout->count; i++) {
        const wf_axis *axis = &layout->axes[i];
        if (axis->stride == 0)
            continue;
        int64_t index = offset / axis->stride;
        offset -= (index < axis->size ? index : axis->size - 1) * axis->stride;
    }
    return offset == 0;
}

/* Whether an end of one tensor is an element of the other: true of all that overlap in practice, and of no two slices
 * that merely interleave. */
static int tensors_overlap(const wf_tensor *a, const wf_tensor *b)
{
    wf_layout layout_a, layout_b;
    make_layout(a, &layout_a);
    make_layout(b, &layout_b);
    uintptr_t first_a, last_a, first_b, last_b;
    address_range(a, &layout_a, &first_a, &last_a);
    address_range(b, &layout_b, &first_b, &last_b);
    return has_address(b, &layout_b, first_a) || has_address(b, &layout_b, last_a - 1) ||
           has_address(a, &layout_a, first_b) || has_address(a, &layout_a, last_b - 1);
}

/* What is true of every tensor by itself. */
static wf_result check_tensor(const wf_log *log, const char *name, const wf_tensor *tensor)
{
    static const char *const axis_names[AXES] = {"N", "C", "H", "W"};
    wf_result result = check_pointer(log, name, tensor);
    if (result != WF_OK)
        return result;
    if ((int)tensor->dtype < 0 || tensor->dtype >= WF_DTYPE_COUNT)
        return INVALID(log, "%s has dtype %d, the last one is %d", name, (int)tensor->dtype, WF_DTYPE_COUNT - 1);
    for (int i = 0; i < AXES; i++) {
        if (tensor->size[i] < 1 || tensor->size[i] > INT32_MAX)
            return INVALID(log, "%s has size %" PRId64 " in %s, sizes are 1 to %" PRId32, name, tensor->size[i],
                           axis_names[i], INT32_MAX);
    }
    if (tensor->size[AXIS_W] > 1 && tensor->stride[AXIS_W] != 1)
        return wf_fail(log, WF_ERROR_UNSUPPORTED, "%s has stride %" PRId64 " in W, only 1 is supported", name,
                       tensor->stride[AXIS_W]);
    wf_layout layout;
    if (!make_layout(tensor, &layout))
        return INVALID(log, "%s spans more bytes than 64 bits can count", name);
    return WF_OK;
}

static wf_tensor tensor_or_none(const wf_tensor *tensor)
{
    return tensor ? *tensor : (wf_tensor){0};
}

static wf_result check_data(const wf_log *log, const char *name, const wf_tensor *tensor)
{
    size_t element = wf_dtype_size(tensor->dtype);
    if (!tensor->data)
        return INVALID(log, "%s has no data", name);
    if ((uintptr_t)tensor->data % element)
        return INVALID(log, "%s lies at address %p, %s needs a multiple of %zu", name, tensor->data,
                       wf_dtype_name(tensor->dtype), element);
    return WF_OK;
}

/* An output: its elements are distinct, and none is an element of an input. */
static wf_result check_output(const wf_log *log, const char *name, const wf_tensor *output, const wf_tensor *inputs,
                              const char *const *input_names, int input_count)
{
    wf_layout layout;
    make_layout(output, &layout);
    if (overlaps_itself(&layout))
        return INVALID(log,
                       "elements of %s overlap: sizes %" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ", strides %" PRId64
                       ",%" PRId64 ",%" PRId64 ",%" PRId64,
                       name, output->size[0], output->size[1], output->size[2], output->size[3], output->stride[0],
                       output->stride[1], output->stride[2], output->stride[3]);
    for (int i = 0; i < input_count; i++) {
        if (inputs[i].data && tensors_overlap(output, &inputs[i]))
            return INVALID(log, "%s overlaps %s in memory", name, input_names[i]);
    }
    return WF_OK;
}

/* N, H and W as the tensor called like_name has them, and this many channels. */
static wf_result check_sizes(const wf_log *log, const char *name, const wf_tensor *tensor, int64_t channels,
                             const char *like_name, const wf_tensor *like)
{
    if (tensor->size[AXIS_N] != like->size[AXIS_N] || tensor->size[AXIS_H] != like->size[AXIS_H] ||
        tensor->size[AXIS_W] != like->size[AXIS_W])
        return INVALID(log,
                       "%s has N,H,W of %" PRId64 ",%" PRId64 ",%" PRId64 ", %s has %" PRId64 ",%" PRId64 ",%" PRId64,
                       name, tensor->size[AXIS_N], tensor->size[AXIS_H], tensor->size[AXIS_W], like_name,
                       like->size[AXIS_N], like->size[AXIS_H], like->size[AXIS_W]);
    if (tensor->size[AXIS_C] != channels)
        return INVALID(log, "%s has %" PRId64 " channels, needs %" PRId64, name, tensor->size[AXIS_C], channels);
    return WF_OK;
}

static wf_result check_taps(const wf_log *log, const wf_tensor *weight, int kernel_height, int kernel_width)
{
    int64_t taps = (int64_t)kernel_height * kernel_width;
    if (weight->size[AXIS_C] != taps)
        return INVALID(log, "weight has %" PRId64 " taps, a %dx%d kernel needs %" PRId64, weight->size[AXIS_C],
                       kernel_height, kernel_width, taps);
    return WF_OK;
}

static wf_result check_dtype(const wf_log *log, const char *name, wf_dtype dtype, wf_dtype needed)
{
    if (dtype != needed)
        return INVALID(log, "%s is %s, needs to be %s", name, wf_dtype_name(dtype), wf_dtype_name(needed));
    return WF_OK;
}

static wf_result check_kernel_size(const wf_log *log, int height, int width)
{
    if (height < 1 || height > WF_MAX_KERNEL || width < 1 || width > WF_MAX_KERNEL)
        return INVALID(log, "the kernel is %dx%d, its height and width are 1 to %d", height, width, WF_MAX_KERNEL);
    return WF_OK;
}

/* Only Vulkan's streams cannot be NULL; the CPU has none. */
static wf_result check_stream(const wf_device *device, wf_stream stream)
{
    if (device->backend == WF_VULKAN && !stream)
        return INVALID(&device->log, "the stream is NULL, the vulkan backend records into a VkCommandBuffer");
    if (device->backend == WF_CPU && stream)
        return INVALID(&device->log, "the stream is %p, the cpu backend has none: pass NULL", stream);
    return WF_OK;
}

#define TRY(expression)                                                                                                \
    do {                                                                                                               \
        wf_result try_result = (expression);                                                                           \
        if (try_result != WF_OK)                                                                                       \
            return try_result;                                                                                         \
    } while (0)

/* ---- Devices ------------------------------------------------------------------------------------------------------
 */

int wf_backend_built(wf_backend backend)
{
    switch (backend) {
    case WF_CPU:
        return wf_cpu_built;
    case WF_VULKAN:
        return wf_vulkan_built;
    case WF_CUDA:
        return wf_cuda_built;
    default:
        return 0;
    }
}

wf_result wf_create(const wf_device_options *options, wf_device **device)
{
    if (device)
        *device = NULL;
    if (!options)
        return WF_ERROR_INVALID_ARGUMENT;
    TRY(check_pointer(&options->log, "device", device));
    TRY(check_enum(&options->log, "backend", (int)options->backend, WF_BACKEND_COUNT));
    if (options->ordinal < 0)
        return wf_fail(&options->log, WF_ERROR_NO_DEVICE, "there is no %s device %d, they count from 0",
                       wf_backend_name(options->backend), options->ordinal);
    switch (options->backend) {
    case WF_VULKAN:
        return wf_vulkan_open(options, device);
    case WF_CUDA:
        return wf_cuda_open(options, device);
    default:
        return wf_cpu_open(options, device);
    }
}

void wf_destroy(wf_device *device)
{
    if (device)
        device->table->destroy(device);
}

wf_result wf_get_info(const wf_device *device, wf_device_info *info)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    TRY(check_pointer(&device->log, "info", info));
    *info = (wf_device_info){.backend = device->backend};
    return device->table->info(device, info);
}

/* ---- Operations ---------------------------------------------------------------------------------------------------
 */

static wf_result check_filter(const wf_log *log, wf_operator op, const wf_filter *filter)
{
    TRY(check_enum(log, "operator", (int)op, WF_OPERATOR_COUNT));
    TRY(check_pointer(log, "filter", filter));
    TRY(check_kernel_size(log, filter->kernel_height, filter->kernel_width));
    if (filter->dilation < 1 || filter->dilation > WF_MAX_DILATION)
        return INVALID(log, "dilation is %d, it is 1 to %d", filter->dilation, WF_MAX_DILATION);
    return check_enum(log, "mode", (int)filter->mode, WF_MODE_COUNT);
}

static wf_result check_weight(const wf_log *log, const wf_filter *filter, const wf_tensor *input,
                              const wf_tensor *weight)
{
    TRY(check_tensor(log, "input", input));
    TRY(check_tensor(log, "weight", weight));
    TRY(check_taps(log, weight, filter->kernel_height, filter->kernel_width));
    TRY(check_sizes(log, "weight", weight, weight->size[AXIS_C], "input", input));
    if (input->dtype == WF_FLOAT16 && weight->dtype != WF_FLOAT16)
        return INVALID(log, "weight is %s and input is float16, float16 images take float16 weights",
                       wf_dtype_name(weight->dtype));
    return WF_OK;
}

static wf_result check_bias(const wf_log *log, const wf_tensor *bias, int64_t channels)
{
    if (!bias)
        return WF_OK;
    TRY(check_tensor(log, "bias", bias));
    TRY(check_data(log, "bias", bias));
    TRY(check_dtype(log, "bias", bias->dtype, WF_FLOAT32));
    if (bias->size[AXIS_N] != 1 || bias->size[AXIS_C] != channels || bias->size[AXIS_H] != 1 || bias->size[AXIS_W] != 1)
        return INVALID(log, "bias has sizes %" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ", needs 1,%" PRId64 ",1,1",
                       bias->size[0], bias->size[1], bias->size[2], bias->size[3], channels);
    if (channels > 1 && bias->stride[AXIS_C] != 1)
        return INVALID(log, "bias has stride %" PRId64 " in C, needs 1", bias->stride[AXIS_C]);
    return WF_OK;
}

wf_result wf_apply(wf_operator op, wf_device *device, wf_stream stream, const wf_filter *filter, const wf_tensor *input,
                   const wf_tensor *weight, const wf_tensor *bias, const wf_tensor *output)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    const wf_log *log = &device->log;
    TRY(check_filter(log, op, filter));
    TRY(check_weight(log, filter, input, weight));
    TRY(check_bias(log, bias, input->size[AXIS_C]));
    TRY(check_tensor(log, "output", output));
    TRY(check_sizes(log, "output", output, input->size[AXIS_C], "input", input));
    TRY(check_dtype(log, "output", output->dtype, input->dtype));
    TRY(check_data(log, "input", input));
    TRY(check_data(log, "weight", weight));
    TRY(check_data(log, "output", output));
    const wf_tensor inputs[] = {*input, *weight, tensor_or_none(bias)};
    static const char *const names[] = {"input", "weight", "bias"};
    TRY(check_output(log, "output", output, inputs, names, 3));
    TRY(check_stream(device, stream));

    wf_filter_call call = {.op = op,
                           .filter = *filter,
                           .input = *input,
                           .weight = *weight,
                           .output = *output,
                           .bias = bias ? bias->data : NULL};
    return op == WF_SPLAT ? device->table->splat(device, stream, &call) : device->table->gather(device, stream, &call);
}

wf_result wf_gather(wf_device *device, wf_stream stream, const wf_filter *filter, const wf_tensor *input,
                    const wf_tensor *weight, const wf_tensor *bias, const wf_tensor *output)
{
    return wf_apply(WF_GATHER, device, stream, filter, input, weight, bias, output);
}

wf_result wf_splat(wf_device *device, wf_stream stream, const wf_filter *filter, const wf_tensor *input,
                   const wf_tensor *weight, const wf_tensor *bias, const wf_tensor *output)
{
    return wf_apply(WF_SPLAT, device, stream, filter, input, weight, bias, output);
}

wf_result wf_prepare(wf_operator op, wf_device *device, const wf_filter *filter, const wf_tensor *input,
                     const wf_tensor *weight)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    TRY(check_filter(&device->log, op, filter));
    TRY(check_weight(&device->log, filter, input, weight));
    wf_filter_call call = {.op = op, .filter = *filter, .input = *input, .weight = *weight, .output = *input};
    return device->table->prepare(device, &call);
}

/* ---- The analytic predictor ---------------------------------------------------------------------------------------
 */

/* Tuned for the least SMAPE and relMSE, of gather and splat alike, over the frames in assets/frames and their references. */
wf_bilateral wf_bilateral_default(int kernel_height, int kernel_width)
{
    int longest = kernel_height > kernel_width ? kernel_height : kernel_width;
    return (wf_bilateral){.kernel_height = kernel_height,
                          .kernel_width = kernel_width,
                          .sigma_space = fminf(0.75f * (float)longest, 5.5f),
                          .sigma_color = 0.11f,
                          .sigma_albedo = 0.14f,
                          .sigma_normal = 0.4f,
                          .sigma_depth = 0.18f,
                          .firefly_ratio = 3};
}

static wf_result check_positive(const wf_log *log, const char *name, float sigma)
{
    if (!isnormal(sigma) || sigma < 0)
        return INVALID(log, "%s is %g, it needs to be finite and greater than 0", name, (double)sigma);
    return WF_OK;
}

static wf_result check_bilateral(const wf_log *log, const wf_bilateral *parameters)
{
    TRY(check_pointer(log, "parameters", parameters));
    TRY(check_kernel_size(log, parameters->kernel_height, parameters->kernel_width));
    TRY(check_positive(log, "sigma_space", parameters->sigma_space));
    TRY(check_positive(log, "sigma_color", parameters->sigma_color));
    TRY(check_positive(log, "sigma_albedo", parameters->sigma_albedo));
    TRY(check_positive(log, "sigma_normal", parameters->sigma_normal));
    TRY(check_positive(log, "sigma_depth", parameters->sigma_depth));
    return check_positive(log, "firefly_ratio", parameters->firefly_ratio);
}

static wf_result check_feature(const wf_log *log, const char *name, const wf_tensor *feature, int64_t channels,
                               const wf_tensor *color)
{
    TRY(check_tensor(log, name, feature));
    TRY(check_data(log, name, feature));
    TRY(check_dtype(log, name, feature->dtype, WF_FLOAT32));
    return check_sizes(log, name, feature, channels, "color", color);
}

static wf_result check_optional_feature(const wf_log *log, const char *name, const wf_tensor *feature, int64_t channels,
                                        const wf_tensor *color)
{
    return feature ? check_feature(log, name, feature, channels, color) : WF_OK;
}

static wf_result check_dense(const wf_log *log, const char *name, const wf_tensor *tensor)
{
    int64_t expected = 1;
    for (int i = AXES - 1; i >= 0; expected *= tensor->size[i--]) {
        if (tensor->size[i] > 1 && tensor->stride[i] != expected)
            return INVALID(log, "%s has stride %" PRId64 " in axis %d, a dense tensor has %" PRId64, name,
                           tensor->stride[i], i, expected);
    }
    return WF_OK;
}

wf_result wf_predict_bilateral(wf_device *device, wf_stream stream, const wf_bilateral *parameters,
                               const wf_tensor *color, const wf_tensor *albedo, const wf_tensor *normal,
                               const wf_tensor *depth, const wf_tensor *scratch, const wf_tensor *weight)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    const wf_log *log = &device->log;
    TRY(check_bilateral(log, parameters));
    TRY(check_pointer(log, "color", color));
    TRY(check_feature(log, "color", color, 3, color));
    TRY(check_optional_feature(log, "albedo", albedo, 3, color));
    TRY(check_optional_feature(log, "normal", normal, 3, color));
    TRY(check_optional_feature(log, "depth", depth, 1, color));
    TRY(check_feature(log, "scratch", scratch, WF_BILATERAL_SCRATCH_CHANNELS, color));
    TRY(check_dense(log, "scratch", scratch));
    TRY(check_tensor(log, "weight", weight));
    TRY(check_data(log, "weight", weight));
    TRY(check_taps(log, weight, parameters->kernel_height, parameters->kernel_width));
    TRY(check_sizes(log, "weight", weight, weight->size[AXIS_C], "color", color));

    wf_bilateral_call call = {.parameters = *parameters,
                              .color = *color,
                              .albedo = tensor_or_none(albedo),
                              .normal = tensor_or_none(normal),
                              .depth = tensor_or_none(depth),
                              .scratch = *scratch,
                              .weight = *weight};
    const wf_tensor inputs[] = {call.color, call.albedo, call.normal, call.depth, call.weight};
    static const char *const names[] = {"color", "albedo", "normal", "depth", "weight"};
    TRY(check_output(log, "scratch", scratch, inputs, names, 5));
    TRY(check_output(log, "weight", weight, inputs, names, 4));
    TRY(check_stream(device, stream));
    return device->table->predict_bilateral(device, stream, &call);
}

wf_result wf_prepare_bilateral(wf_device *device, const wf_bilateral *parameters, wf_dtype weight_dtype)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    TRY(check_bilateral(&device->log, parameters));
    TRY(check_enum(&device->log, "weight_dtype", (int)weight_dtype, WF_DTYPE_COUNT));
    wf_bilateral_call call = {.parameters = *parameters, .weight = {.dtype = weight_dtype}};
    return device->table->prepare_bilateral(device, &call);
}

/* ---- Memory and one-off work --------------------------------------------------------------------------------------
 */

wf_result wf_alloc(wf_device *device, size_t size, void **data)
{
    if (data)
        *data = NULL;
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    TRY(check_pointer(&device->log, "data", data));
    if (size == 0)
        return INVALID(&device->log, "an allocation of 0 bytes was asked for, it needs at least 1");
    return device->table->alloc(device, size, data);
}

void wf_free(wf_device *device, void *data)
{
    if (device && data)
        device->table->free(device, data);
}

wf_result wf_upload(wf_device *device, void *to, const void *from_host, size_t size)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    TRY(check_pointer(&device->log, "the upload's destination", to));
    TRY(check_pointer(&device->log, "the upload's source", from_host));
    return size == 0 ? WF_OK : device->table->upload(device, to, from_host, size);
}

wf_result wf_download(wf_device *device, void *to_host, const void *from, size_t size)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    TRY(check_pointer(&device->log, "the download's destination", to_host));
    TRY(check_pointer(&device->log, "the download's source", from));
    return size == 0 ? WF_OK : device->table->download(device, to_host, from, size);
}

wf_result wf_begin(wf_device *device, wf_stream *stream)
{
    if (stream)
        *stream = NULL;
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    TRY(check_pointer(&device->log, "stream", stream));
    return device->table->begin(device, stream);
}

wf_result wf_finish(wf_device *device, wf_stream stream)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    TRY(check_stream(device, stream));
    return device->table->finish(device, stream);
}

wf_result wf_barrier(wf_device *device, wf_stream stream)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    TRY(check_stream(device, stream));
    return device->table->barrier(device, stream);
}
