/* The meter of a backend that is not built; METER is its name. */
#include "meter.h"

static wf_result measure(wf_device *device, meter_work work, void *user, int repetitions, double *seconds)
{
    (void)device, (void)work, (void)user, (void)repetitions, (void)seconds;
    return WF_ERROR_NOT_BUILT;
}

static wf_result copy(wf_device *device, wf_stream stream, void *to, const void *from, size_t size)
{
    (void)device, (void)stream, (void)to, (void)from, (void)size;
    return WF_ERROR_NOT_BUILT;
}

const meter METER = {.measure = measure, .copy = copy};
