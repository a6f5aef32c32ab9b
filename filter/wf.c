/* The API: names, devices, the predictor, memory. Every argument is checked once, in front, and handed to the device's
 * backend; operations.c does the same for the operator. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "arguments.h"
#include "shared.h"
#include "wf_cuda.h"

__extension__ _Static_assert(WF_MIN_SUM == WF_SHARED_MIN_SUM, "wf.h and shared.h differ");

/* ---- Names --------------------------------------------------------------------------------------------------------
 */

const char *wf_version(void)
{
    return WF_VERSION;
}

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
    static const char *const names[WF_DTYPE_COUNT] = {"float32", "float16", "bfloat16", "float64"};
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
    static const size_t sizes[WF_DTYPE_COUNT] = {4, 2, 2, 8};
    return (int)dtype >= 0 && dtype < WF_DTYPE_COUNT ? sizes[dtype] : 0;
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
    WF_TRY(wf_check_pointer(&options->log, "device", device));
    WF_TRY(wf_check_enum(&options->log, "backend", (int)options->backend, WF_BACKEND_COUNT));
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

wf_result wf_cuda_create(const wf_cuda_options *options, wf_device **device)
{
    if (device)
        *device = NULL;
    if (!options)
        return WF_ERROR_INVALID_ARGUMENT;
    WF_TRY(wf_check_pointer(&options->log, "device", device));
    return wf_cuda_open_match(options, device);
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
    WF_TRY(wf_check_pointer(&device->log, "info", info));
    *info = (wf_device_info){.backend = device->backend};
    return device->table->info(device, info);
}

void wf_note_kernel(wf_device *device, const char *name)
{
    int i = 0;
    while (i < WF_NOTED_KERNELS && device->kernels[i])
        i++;
    if (i < WF_NOTED_KERNELS && (i == 0 || device->kernels[i - 1] != name))
        device->kernels[i] = name;
}

const char *wf_last_kernel(const wf_device *device, int index)
{
    return device && index >= 0 && index < WF_NOTED_KERNELS ? device->kernels[index] : NULL;
}

/* ---- The analytic predictor ---------------------------------------------------------------------------------------
 */

/* Tuned for the least SMAPE and relMSE, of gather and splat alike, over the frames in
   assets/frames and their references. */
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
        return WF_INVALID(log, "%s is %g, it needs to be finite and greater than 0", name, (double)sigma);
    return WF_OK;
}

static wf_result check_bilateral(const wf_log *log, const wf_bilateral *parameters)
{
    WF_TRY(wf_check_pointer(log, "parameters", parameters));
    WF_TRY(wf_check_kernel_size(log, parameters->kernel_height, parameters->kernel_width));
    WF_TRY(check_positive(log, "sigma_space", parameters->sigma_space));
    WF_TRY(check_positive(log, "sigma_color", parameters->sigma_color));
    WF_TRY(check_positive(log, "sigma_albedo", parameters->sigma_albedo));
    WF_TRY(check_positive(log, "sigma_normal", parameters->sigma_normal));
    WF_TRY(check_positive(log, "sigma_depth", parameters->sigma_depth));
    return check_positive(log, "firefly_ratio", parameters->firefly_ratio);
}

static wf_result check_feature(const wf_log *log, const char *name, const wf_tensor *feature, int64_t channels,
                               const wf_tensor *color)
{
    WF_TRY(wf_check_tensor(log, name, feature));
    WF_TRY(wf_check_data(log, name, feature));
    WF_TRY(wf_check_dtype(log, name, feature->dtype, WF_FLOAT32));
    return wf_check_sizes(log, name, feature, channels, "color", color);
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
            return WF_INVALID(log, "%s has stride %" PRId64 " in axis %d, a dense tensor has %" PRId64, name,
                              tensor->stride[i], i, expected);
    }
    return WF_OK;
}

static wf_result check_unit_stride(const wf_log *log, const wf_named_tensor *named)
{
    const wf_tensor *tensor = named->tensor;
    if (tensor && tensor->size[AXIS_W] > 1 && tensor->stride[AXIS_W] != 1)
        return wf_fail(log, WF_ERROR_UNSUPPORTED, "%s has stride %" PRId64 " in W, the predictor takes only 1",
                       named->name, tensor->stride[AXIS_W]);
    return WF_OK;
}

static wf_result check_predicted_dtype(const wf_log *log, const char *name, wf_dtype dtype)
{
    if (dtype != WF_FLOAT32 && dtype != WF_FLOAT16)
        return WF_INVALID(log, "%s is %s, the predictor writes float32 or float16", name, wf_dtype_name(dtype));
    return WF_OK;
}

wf_result wf_predict_bilateral(wf_device *device, wf_stream stream, const wf_bilateral *parameters,
                               const wf_tensor *color, const wf_tensor *albedo, const wf_tensor *normal,
                               const wf_tensor *depth, const wf_tensor *scratch, const wf_tensor *weight)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    const wf_log *log = &device->log;
    WF_TRY(check_bilateral(log, parameters));
    WF_TRY(wf_check_pointer(log, "color", color));
    WF_TRY(check_feature(log, "color", color, 3, color));
    WF_TRY(check_optional_feature(log, "albedo", albedo, 3, color));
    WF_TRY(check_optional_feature(log, "normal", normal, 3, color));
    WF_TRY(check_optional_feature(log, "depth", depth, 1, color));
    WF_TRY(check_feature(log, "scratch", scratch, WF_BILATERAL_SCRATCH_CHANNELS, color));
    WF_TRY(check_dense(log, "scratch", scratch));
    WF_TRY(wf_check_tensor(log, "weight", weight));
    WF_TRY(wf_check_data(log, "weight", weight));
    WF_TRY(check_predicted_dtype(log, "weight", weight->dtype));
    WF_TRY(wf_check_taps(log, "weight", weight, parameters->kernel_height, parameters->kernel_width, 1));
    WF_TRY(wf_check_sizes(log, "weight", weight, weight->size[AXIS_C], "color", color));

    const wf_named_tensor tensors[] = {
        {"color", color}, {"albedo", albedo}, {"normal", normal}, {"depth", depth}, {"weight", weight}};
    WF_TRY(wf_check_output(log, "scratch", scratch, tensors, 5));
    WF_TRY(wf_check_output(log, "weight", weight, tensors, 4));
    for (int i = 0; i < 5; i++)
        WF_TRY(check_unit_stride(log, &tensors[i]));
    WF_TRY(wf_check_stream(device, stream));
    wf_bilateral_call call = {.parameters = *parameters,
                              .color = *color,
                              .albedo = wf_tensor_or_none(albedo),
                              .normal = wf_tensor_or_none(normal),
                              .depth = wf_tensor_or_none(depth),
                              .scratch = *scratch,
                              .weight = *weight};
    return device->table->predict_bilateral(device, stream, &call);
}

wf_result wf_prepare_bilateral(wf_device *device, const wf_bilateral *parameters, wf_dtype weight_dtype)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    WF_TRY(check_bilateral(&device->log, parameters));
    WF_TRY(wf_check_enum(&device->log, "weight_dtype", (int)weight_dtype, WF_DTYPE_COUNT));
    WF_TRY(check_predicted_dtype(&device->log, "weight_dtype", weight_dtype));
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
    WF_TRY(wf_check_pointer(&device->log, "data", data));
    if (size == 0)
        return WF_INVALID(&device->log, "an allocation of 0 bytes was asked for, it needs at least 1");
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
    WF_TRY(wf_check_pointer(&device->log, "the upload's destination", to));
    WF_TRY(wf_check_pointer(&device->log, "the upload's source", from_host));
    return size == 0 ? WF_OK : device->table->upload(device, to, from_host, size);
}

wf_result wf_download(wf_device *device, void *to_host, const void *from, size_t size)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    WF_TRY(wf_check_pointer(&device->log, "the download's destination", to_host));
    WF_TRY(wf_check_pointer(&device->log, "the download's source", from));
    return size == 0 ? WF_OK : device->table->download(device, to_host, from, size);
}

wf_result wf_begin(wf_device *device, wf_stream *stream)
{
    if (stream)
        *stream = NULL;
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    WF_TRY(wf_check_pointer(&device->log, "stream", stream));
    if (device->has_begun)
        return WF_INVALID(&device->log, "the stream that wf_begin gave before is not finished, there is one at a time");
    WF_TRY(device->table->begin(device, stream));
    device->has_begun = 1;
    device->begun = *stream;
    return WF_OK;
}

wf_result wf_finish(wf_device *device, wf_stream stream)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    WF_TRY(wf_check_stream(device, stream));
    if (!device->has_begun || stream != device->begun)
        return WF_INVALID(&device->log, "the stream %p is none that wf_begin gave and wf_finish has not ended", stream);
    device->has_begun = 0;
    return device->table->finish(device, stream);
}

wf_result wf_barrier(wf_device *device, wf_stream stream)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    WF_TRY(wf_check_stream(device, stream));
    return device->table->barrier(device, stream);
}
