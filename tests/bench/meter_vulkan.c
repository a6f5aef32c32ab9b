#include "meter.h"
#include "wf_vulkan.h"

static wf_result record(wf_device *device, wf_stream stream, meter_work work, void *user, int repetitions)
{
    for (int i = 0; i < repetitions; i++) {
        wf_result result = work(user, device, stream, i);
        if (result == WF_OK)
            result = wf_barrier(device, stream);
        if (result != WF_OK)
            return result;
    }
    return WF_OK;
}

static wf_result measure(wf_device *device, meter_work work, void *user, int repetitions, double *seconds)
{
    wf_stream stream;
    wf_result result = wf_begin(device, &stream);
    if (result != WF_OK)
        return result;
    result = record(device, stream, work, user, repetitions);
    double start = meter_now();
    wf_result finished = wf_finish(device, stream);
    *seconds = meter_now() - start;
    return result != WF_OK ? result : finished;
}

static wf_result copy(wf_device *device, wf_stream stream, void *to, const void *from, size_t size)
{
    VkBufferCopy region = {.size = size};
    VkBuffer source = wf_vulkan_buffer(device, from, &region.srcOffset);
    VkBuffer destination = wf_vulkan_buffer(device, to, &region.dstOffset);
    vkCmdCopyBuffer(stream, source, destination, 1, &region);
    return WF_OK;
}

const meter meter_vulkan = {.measure = measure, .copy = copy};
