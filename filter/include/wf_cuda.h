/* wf_cuda.h -- weighted filter devices on CUDA.
 *
 * Streams are the caller's cudaStream_t, passed as wf_stream; addresses are CUDA device pointers. Needs no CUDA header.
 * Calls make the device current on the calling thread and restore what was current before they return. */
#ifndef WF_CUDA_H
#define WF_CUDA_H

#include "wf.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wf_cuda_options {
    int ordinal;            /* as cudaSetDevice counts; ignored where a uuid is given */
    const uint8_t *uuid;    /* NULL, or the 16 bytes of VkPhysicalDeviceIDProperties.deviceUUID to match */
    const char *pci_bus_id; /* NULL, or "0000:65:00.0": tried where no device has the uuid (some drivers report
                                  differing UUIDs) */
    wf_log log;
} wf_cuda_options;

/* On failure *device is NULL. WF_ERROR_INVALID_ARGUMENT (options or device is NULL), WF_ERROR_NOT_BUILT,
 * WF_ERROR_NO_DEVICE (no driver, or none that matches), WF_ERROR_UNSUPPORTED (the build has no kernels for the device),
 * WF_ERROR_OUT_OF_MEMORY, WF_ERROR_DEVICE. */
WF_API wf_result wf_cuda_create(const wf_cuda_options *options, wf_device **device);

/* The ordinal of an open device, as cudaSetDevice counts; -1 for a device of another backend. */
WF_API int wf_cuda_ordinal(const wf_device *device);

#ifdef __cplusplus
}
#endif

#endif
