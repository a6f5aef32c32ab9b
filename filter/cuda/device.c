/* The CUDA device: finding it, its table, device memory and the stream of one-off work. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network.h"
#include "wf_cuda.h"

const int wf_cuda_built = 1;

wf_result wf_cuda_check(const wf_log *log, cudaError_t error, const char *what)
{
    if (error == cudaSuccess)
        return WF_OK;
    cudaGetLastError();
    return wf_fail(log, error == cudaErrorMemoryAllocation ? WF_ERROR_OUT_OF_MEMORY : WF_ERROR_DEVICE,
                   "CUDA failed while %s: %s (error %d)", what, cudaGetErrorString(error), (int)error);
}

/* ---- The current device ------------------------------------------------------------------------------------------ */

static wf_result enter(const wf_log *log, int ordinal, int *previous)
{
    cudaError_t error = cudaGetDevice(previous);
    if (error == cudaSuccess && *previous != ordinal)
        error = cudaSetDevice(ordinal);
    return wf_cuda_check(log, error, "making the device current");
}

static void leave(int ordinal, int previous)
{
    if (previous != ordinal)
        cudaSetDevice(previous);
}

/* Lets this thread open and close devices while a stream is captured, here or in another
   thread. Returns what to restore. */
static enum cudaStreamCaptureMode exchange_capture_mode(enum cudaStreamCaptureMode mode)
{
    cudaThreadExchangeStreamCaptureMode(&mode);
    return mode;
}

/* Returns what the expression does while the device is current. */
#define ON_DEVICE(device, expression)                                                                                  \
    do {                                                                                                               \
        int previous;                                                                                                  \
        wf_result result = enter(&(device)->base.log, (device)->ordinal, &previous);                                   \
        if (result == WF_OK) {                                                                                         \
            result = (expression);                                                                                     \
            leave((device)->ordinal, previous);                                                                        \
        }                                                                                                              \
        return result;                                                                                                 \
    } while (0)

/* ---- Operations -------------------------------------------------------------------------------------------------- */

static wf_result gather(wf_device *base, wf_stream stream, const wf_filter_call *call)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_gather(device, stream, call));
}

static wf_result splat(wf_device *base, wf_stream stream, const wf_filter_call *call)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_splat(device, stream, call));
}

static wf_result gather_splat(wf_device *base, wf_stream stream, const wf_filter_call *gather,
                              const wf_filter_call *splat)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_gather_splat(device, stream, gather, splat));
}

static wf_result backward(wf_device *base, wf_stream stream, const wf_backward_call *call)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_backward(device, stream, call));
}

static wf_result predict_bilateral(wf_device *base, wf_stream stream, const wf_bilateral_call *call)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_predict_bilateral(device, stream, call));
}

static wf_result prepare(wf_device *device, const wf_filter_call *call)
{
    (void)device, (void)call;
    return WF_OK;
}

static wf_result prepare_bilateral(wf_device *device, const wf_bilateral_call *call)
{
    (void)device, (void)call;
    return WF_OK;
}

static wf_result rehearse(wf_device *base, int begins)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_rehearse(device, begins));
}

static wf_result no_barrier(wf_device *device, wf_stream stream)
{
    (void)device, (void)stream;
    return WF_OK;
}

/* ---- Networks ---------------------------------------------------------------------------------------------------- */

static wf_result expose(wf_device *base, wf_stream stream, const wf_expose_call *call)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_expose(device, stream, call));
}

static wf_result features(wf_device *base, wf_stream stream, const wf_features_call *call)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_features(device, stream, call));
}

static wf_result pick(wf_device *base, wf_stream stream, const wf_pick_call *call)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_pick(device, stream, call));
}

static wf_result summarize(wf_device *base, wf_stream stream, const wf_summary_call *call)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_summarize(device, stream, call));
}

static wf_result step_down(wf_device *base, wf_stream stream, const wf_step_call *call)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_step_down(device, stream, call));
}

static wf_result step_up(wf_device *base, wf_stream stream, const wf_step_call *call)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_step_up(device, stream, call));
}

static wf_result convolve(wf_device *base, wf_stream stream, const wf_convolve_call *call)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_convolve(device, stream, call));
}

static wf_result filter_albedo(wf_device *base, wf_stream stream, const wf_albedo_call *call)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_filter_albedo(device, stream, call));
}

static wf_result down_levels(wf_device *base, wf_stream stream, const wf_downs *downs)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_down(device, stream, downs));
}

static wf_result filter_level(wf_device *base, wf_stream stream, const wf_level_call *call)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_filter_level(device, stream, call));
}

static wf_result blend(wf_device *base, wf_stream stream, const wf_blend_call *call)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_blend(device, stream, call));
}

static wf_result logits(wf_device *base, wf_stream stream, const wf_logits_call *call)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_logits(device, stream, call));
}

static const wf_network_table network = {.dtype = WF_FLOAT16,
                                         .convolution_bytes = wf_cuda_convolution_bytes,
                                         .arrange_convolution = wf_cuda_arrange_convolution,
                                         .head_bytes = wf_cuda_head_bytes,
                                         .arrange_head = wf_cuda_arrange_head,
                                         .fuses = wf_cuda_fuses,
                                         .halves = wf_cuda_halves,
                                         .expose = expose,
                                         .features = features,
                                         .convolve = convolve,
                                         .filter_albedo = filter_albedo,
                                         .down_levels = down_levels,
                                         .filter_level = filter_level,
                                         .blend = blend,
                                         .logits = logits,
                                         .convolve_workspace = wf_cuda_convolve_workspace,
                                         .expose_workspace = wf_cuda_expose_workspace,
                                         .albedo_workspace = wf_cuda_albedo_workspace,
                                         .level_workspace = wf_cuda_level_workspace,
                                         .blend_counters = wf_cuda_blend_counters};

/* ---- Memory and one-off work ------------------------------------------------------------------------------------- */

static wf_result allocate(wf_device *base, size_t size, void **data)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    char what[64];
    snprintf(what, sizeof what, "allocating %zu bytes", size);
    ON_DEVICE(device, wf_cuda_check(&base->log, cudaMalloc(data, size), what));
}

static wf_result release_current(wf_device *base, void *data)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_check(&base->log, cudaFree(data), "freeing memory"));
}

static void release(wf_device *base, void *data)
{
    release_current(base, data);
}

/* cudaMemcpy alone waits neither for streams that do not block nor, from pageable memory, for the last bytes. */
static wf_result copy(wf_device *base, void *to, const void *from, size_t size, enum cudaMemcpyKind kind)
{
    cudaError_t error = cudaDeviceSynchronize();
    if (error == cudaSuccess)
        error = cudaMemcpy(to, from, size, kind);
    if (error == cudaSuccess)
        error = cudaDeviceSynchronize();
    char what[64];
    snprintf(what, sizeof what, "copying %zu bytes", size);
    return wf_cuda_check(&base->log, error, what);
}

static wf_result upload(wf_device *base, void *to, const void *from, size_t size)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, copy(base, to, from, size, cudaMemcpyHostToDevice));
}

static wf_result download(wf_device *base, void *to, const void *from, size_t size)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, copy(base, to, from, size, cudaMemcpyDeviceToHost));
}

static wf_result begin(wf_device *base, wf_stream *stream)
{
    *stream = ((wf_cuda_device *)base)->stream;
    return WF_OK;
}

static wf_result finish(wf_device *base, wf_stream stream)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    ON_DEVICE(device, wf_cuda_check(&base->log, cudaStreamSynchronize(stream), "waiting for the stream"));
}

/* ---- What it is -------------------------------------------------------------------------------------------------- */

static wf_result info(const wf_device *base, wf_device_info *info)
{
    const wf_cuda_device *device = (const wf_cuda_device *)base;
    struct cudaDeviceProp properties;
    int driver = 0, runtime = 0;
    cudaError_t error = cudaGetDeviceProperties(&properties, device->ordinal);
    if (error == cudaSuccess)
        error = cudaDriverGetVersion(&driver);
    if (error == cudaSuccess)
        error = cudaRuntimeGetVersion(&runtime);
    if (error != cudaSuccess)
        return wf_cuda_check(&base->log, error, "asking for the device's properties");
    snprintf(info->name, sizeof info->name, "%s", properties.name);
    snprintf(info->driver, sizeof info->driver, "NVIDIA driver for CUDA %d.%d, runtime %d.%d", driver / 1000,
             driver % 1000 / 10, runtime / 1000, runtime % 1000 / 10);
    memcpy(info->uuid, properties.uuid.bytes, sizeof info->uuid);
    return WF_OK;
}

int wf_cuda_ordinal(const wf_device *device)
{
    return device && device->backend == WF_CUDA ? ((const wf_cuda_device *)device)->ordinal : -1;
}

/* ---- Opening and closing ----------------------------------------------------------------------------------------- */

static wf_result close_current(wf_cuda_device *device)
{
    ON_DEVICE(device, wf_cuda_check(&device->base.log, cudaStreamDestroy(device->stream), "destroying the stream"));
}

static void destroy(wf_device *base)
{
    wf_cuda_device *device = (wf_cuda_device *)base;
    const enum cudaStreamCaptureMode mode = exchange_capture_mode(cudaStreamCaptureModeRelaxed);
    if (finish(base, device->stream) == WF_OK)
        close_current(device);
    exchange_capture_mode(mode);
    free(device);
}

static const wf_backend_table table = {
    .abilities = {.dtypes = 1 << WF_FLOAT32 | 1 << WF_FLOAT16 | 1 << WF_BFLOAT16 | 1 << WF_FLOAT64,
                  .any_stride = 1,
                  .coverage = 1},
    .destroy = destroy,
    .info = info,
    .gather = gather,
    .splat = splat,
    .gather_splat = gather_splat,
    .backward = backward,
    .backward_workspace = wf_cuda_backward_workspace,
    .prepare = prepare,
    .step_down = step_down,
    .step_up = step_up,
    .pick = pick,
    .summarize = summarize,
    .predict_bilateral = predict_bilateral,
    .prepare_bilateral = prepare_bilateral,
    .rehearse = rehearse,
    .alloc = allocate,
    .free = release,
    .upload = upload,
    .download = download,
    .begin = begin,
    .finish = finish,
    .barrier = no_barrier,
    .network = &network};

/* Number of devices, at least 1. */
static wf_result count_devices(const wf_log *log, int *count)
{
    int driver = 0, runtime = 0;
    cudaError_t error = cudaGetDeviceCount(count);
    if (error == cudaSuccess && *count > 0)
        return WF_OK;
    cudaGetLastError();
    cudaDriverGetVersion(&driver);
    cudaRuntimeGetVersion(&runtime);
    if (driver == 0)
        return wf_fail(log, WF_ERROR_NO_DEVICE, "there is no cuda device: this machine has no CUDA driver");
    if (error == cudaErrorInsufficientDriver)
        return wf_fail(log, WF_ERROR_NO_DEVICE,
                       "there is no cuda device: the driver supports CUDA %d.%d, this build needs %d.%d", driver / 1000,
                       driver % 1000 / 10, runtime / 1000, runtime % 1000 / 10);
    return wf_fail(log, WF_ERROR_NO_DEVICE, "there is no cuda device: %s", cudaGetErrorString(error));
}

/* Sets the members that depend on what the current device can do. */
static wf_result set_up(wf_cuda_device *device)
{
    const wf_log *log = &device->base.log;
    int major, minor;
    cudaError_t error = cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device->ordinal);
    if (error == cudaSuccess)
        error = cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device->ordinal);
    if (error == cudaSuccess)
        error = cudaDeviceGetAttribute(&device->multiprocessors, cudaDevAttrMultiProcessorCount, device->ordinal);
    if (error == cudaSuccess)
        error = cudaDeviceGetAttribute(&device->shared_memory, cudaDevAttrMaxSharedMemoryPerMultiprocessor,
                                       device->ordinal);
    if (error == cudaSuccess)
        error = cudaDeviceGetAttribute(&device->block_memory, cudaDevAttrMaxSharedMemoryPerBlockOptin, device->ordinal);
    if (error != cudaSuccess)
        return wf_cuda_check(log, error, "asking for the device's attributes");
    error = wf_cuda_architecture(&device->architecture);
    if (error == cudaErrorNoKernelImageForDevice || error == cudaErrorInvalidDeviceFunction) {
        cudaGetLastError();
        return wf_fail(log, WF_ERROR_UNSUPPORTED,
                       "cuda device %d has compute capability %d.%d, this build has no kernels for it", device->ordinal,
                       major, minor);
    }
    if (error == cudaSuccess && device->architecture >= 90) {
        enum cudaDriverEntryPointQueryResult found;
        error = cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", (void **)&device->encode_tensor_map, 12000,
                                                 cudaEnableDefault, &found);
    }
    device->groups = wf_cuda_find_groups();
    if (error == cudaSuccess)
        error = cudaStreamCreate(&device->stream);
    return wf_cuda_check(log, error, "opening the device");
}

static wf_result set_up_current(wf_cuda_device *device)
{
    ON_DEVICE(device, set_up(device));
}

static wf_result open_device(const wf_log *log, int ordinal, wf_device **opened)
{
    wf_cuda_device *device = calloc(1, sizeof *device + WF_PREPARED_KERNELS * sizeof *device->prepared_kernels);
    if (!device)
        return wf_fail(log, WF_ERROR_OUT_OF_MEMORY, "no host memory for a cuda device");
    device->base = (wf_device){.table = &table, .backend = WF_CUDA, .log = *log};
    device->prepared_kernels = (const void **)(device + 1);
    device->ordinal = ordinal;
    const enum cudaStreamCaptureMode mode = exchange_capture_mode(cudaStreamCaptureModeRelaxed);
    wf_result result = set_up_current(device);
    exchange_capture_mode(mode);
    if (result != WF_OK) {
        free(device);
        return result;
    }
    *opened = &device->base;
    return WF_OK;
}

static wf_result open_ordinal(const wf_log *log, int ordinal, int count, wf_device **device)
{
    if (ordinal < 0 || ordinal >= count)
        return wf_fail(log, WF_ERROR_NO_DEVICE, "there is no cuda device %d, they are 0 to %d", ordinal, count - 1);
    return open_device(log, ordinal, device);
}

wf_result wf_cuda_open(const wf_device_options *options, wf_device **device)
{
    int count;
    WF_TRY(count_devices(&options->log, &count));
    return open_ordinal(&options->log, options->ordinal, count, device);
}

static int ordinal_of_uuid(const uint8_t uuid[16], int count)
{
    for (int i = 0; i < count; i++) {
        struct cudaDeviceProp properties;
        if (cudaGetDeviceProperties(&properties, i) == cudaSuccess && memcmp(properties.uuid.bytes, uuid, 16) == 0)
            return i;
    }
    return -1;
}

static int ordinal_of_pci_bus_id(const char *pci_bus_id)
{
    int ordinal;
    if (cudaDeviceGetByPCIBusId(&ordinal, pci_bus_id) == cudaSuccess)
        return ordinal;
    cudaGetLastError();
    return -1;
}

wf_result wf_cuda_open_match(const wf_cuda_options *options, wf_device **device)
{
    const wf_log *log = &options->log;
    int count;
    WF_TRY(count_devices(log, &count));
    if (!options->uuid && !options->pci_bus_id)
        return open_ordinal(log, options->ordinal, count, device);
    int ordinal = options->uuid ? ordinal_of_uuid(options->uuid, count) : -1;
    if (ordinal < 0 && options->pci_bus_id)
        ordinal = ordinal_of_pci_bus_id(options->pci_bus_id);
    if (ordinal < 0)
        return wf_fail(log, WF_ERROR_NO_DEVICE, "none of the %d cuda devices has the given UUID or PCI bus id %s",
                       count, options->pci_bus_id ? options->pci_bus_id : "(none)");
    return open_device(log, ordinal, device);
}
