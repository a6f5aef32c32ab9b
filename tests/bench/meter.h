/* meter.h -- how long work takes on a backend, and how fast that backend copies memory. */
#ifndef WF_BENCH_METER_H
#define WF_BENCH_METER_H

#include "wf.h"

/* Enqueues one repetition of the work. */
typedef wf_result (*meter_work)(void *user, wf_device *device, wf_stream stream, int repetition);

typedef struct meter {
    /* The seconds that the repetitions take on the device, one after another: by CUDA events, or from the submission
     * (WF_CPU: from the first call) to the end by the wall clock. */
    wf_result (*measure)(wf_device *device, meter_work work, void *user, int repetitions, double *seconds);

    /* Enqueues a copy between two allocations of wf_alloc, each at least size bytes, in the backend's fastest way. */
    wf_result (*copy)(wf_device *device, wf_stream stream, void *to, const void *from, size_t size);
} meter;

/* One per backend; where a backend is not built, its functions return WF_ERROR_NOT_BUILT. */
extern const meter meter_cpu, meter_vulkan, meter_cuda;

/* Seconds of the wall clock, from any start. */
double meter_now(void);

#endif
