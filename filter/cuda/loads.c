/* Kernels that are loaded side by side. Where a driver has to compile them it works on each
   for a tenth of a second or more. */
#include <stdlib.h>

#include "cuda_device.h"

enum { MOST = 48 }; /* others are loaded when they are launched */

struct wf_cuda_loads {
    const void *kernels[MOST];
    int count;
    int rehearsals; /* that have begun, one in the other */
};

int wf_cuda_rehearses(const wf_cuda_device *device, const void *kernel)
{
    wf_cuda_loads *loads = device->loads;
    if (!loads)
        return 0;
    for (int i = 0; i < loads->count; i++) {
        if (loads->kernels[i] == kernel)
            return 1;
    }
    if (loads->count < MOST)
        loads->kernels[loads->count++] = kernel;
    return 1;
}

/* In a thread that may have no current device yet. Streams that are captured meanwhile do not mind. What fails here
 * fails at the launch again, which says so. */
static void load(const wf_cuda_device *device, const void *kernel)
{
    struct cudaFuncAttributes attributes;
    enum cudaStreamCaptureMode mode = cudaStreamCaptureModeRelaxed;
    cudaThreadExchangeStreamCaptureMode(&mode);
    if (cudaSetDevice(device->ordinal) != cudaSuccess || cudaFuncGetAttributes(&attributes, kernel) != cudaSuccess)
        cudaGetLastError();
    cudaThreadExchangeStreamCaptureMode(&mode);
}

static wf_result begin(wf_cuda_device *device)
{
    if (!device->loads)
        device->loads = calloc(1, sizeof *device->loads);
    if (!device->loads)
        return wf_fail(&device->base.log, WF_ERROR_OUT_OF_MEMORY, "no host memory for %zu bytes",
                       sizeof *device->loads);
    device->loads->rehearsals++;
    return WF_OK;
}

static void end(wf_cuda_device *device)
{
    wf_cuda_loads *loads = device->loads;
    if (--loads->rehearsals > 0)
        return;
    const int threads = loads->count > 0 ? loads->count : 1;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int i = 0; i < loads->count; i++)
        load(device, loads->kernels[i]);
    free(loads);
    device->loads = NULL;
}

wf_result wf_cuda_rehearse(wf_cuda_device *device, int begins)
{
    if (begins)
        return begin(device);
    end(device);
    return WF_OK;
}
