#include <cuda_runtime_api.h>
#include <stdio.h>

#include "meter.h"
#include "wf_cuda.h"

static wf_result check(cudaError_t error)
{
    if (error == cudaSuccess)
        return WF_OK;
    fprintf(stderr, "wf_bench: %s\n", cudaGetErrorString(error));
    return WF_ERROR_DEVICE;
}

static wf_result enqueue(wf_device *device, wf_stream stream, meter_work work, void *user, int repetitions,
                         const cudaEvent_t events[2])
{
    wf_result result = check(cudaEventRecord(events[0], stream));
    for (int i = 0; i < repetitions && result == WF_OK; i++)
        result = work(user, device, stream, i);
    return result == WF_OK ? check(cudaEventRecord(events[1], stream)) : result;
}

static wf_result elapsed(const cudaEvent_t events[2], double *seconds)
{
    float milliseconds = 0;
    wf_result result = check(cudaEventElapsedTime(&milliseconds, events[0], events[1]));
    *seconds = 1e-3 * milliseconds;
    return result;
}

static wf_result measure(wf_device *device, meter_work work, void *user, int repetitions, double *seconds)
{
    cudaEvent_t events[2] = {NULL, NULL};
    wf_stream stream;
    wf_result result = check(cudaSetDevice(wf_cuda_ordinal(device)));
    for (int i = 0; i < 2 && result == WF_OK; i++)
        result = check(cudaEventCreate(&events[i]));
    if (result == WF_OK)
        result = wf_begin(device, &stream);
    if (result == WF_OK) {
        result = enqueue(device, stream, work, user, repetitions, events);
        wf_result finished = wf_finish(device, stream);
        result = result != WF_OK ? result : finished;
    }
    if (result == WF_OK)
        result = elapsed(events, seconds);
    for (int i = 0; i < 2; i++) {
        if (events[i])
            cudaEventDestroy(events[i]);
    }
    return result;
}

static wf_result copy(wf_device *device, wf_stream stream, void *to, const void *from, size_t size)
{
    (void)device;
    return check(cudaMemcpyAsync(to, from, size, cudaMemcpyDeviceToDevice, stream));
}

const meter meter_cuda = {.measure = measure, .copy = copy};
