#include "timer.h"

#include "app/viewer/profiler.h"

bool timer_create(const device *device, uint32_t spans, timer *timer, error *error)
{
    VkQueueFamilyProperties families[32];
    uint32_t count = 32;
    vkGetPhysicalDeviceQueueFamilyProperties(device->physical, &count, families);
    timer->labels = device->labels;
    uint32_t bits = families[device->queue_family].timestampValidBits;
    if (bits == 0)
        return true;
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(device->physical, &properties);
    timer->period_ns = properties.limits.timestampPeriod;
    timer->unused_bits = 64 - (int)bits;
    if (device->has_calibrated_timestamps)
        timer->calibrate =
            (PFN_vkGetCalibratedTimestampsEXT)vkGetDeviceProcAddr(device->handle, "vkGetCalibratedTimestampsEXT");
    return vk_ok(vkCreateQueryPool(device->handle,
                                   &(VkQueryPoolCreateInfo){
                                       .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                       .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                       .queryCount = 2 * spans,
                                   },
                                   NULL, &timer->pool),
                 "vkCreateQueryPool", error);
}

void timer_destroy(const device *device, timer *timer)
{
    if (device->handle)
        vkDestroyQueryPool(device->handle, timer->pool, NULL);
    *timer = (struct timer){0};
}

void timer_begin(const timer *timer, VkCommandBuffer commands, uint32_t span, const char *stage)
{
    wf_label_begin(&timer->labels, commands, stage);
    if (!timer->pool)
        return;
    vkCmdResetQueryPool(commands, timer->pool, 2 * span, 2);
    vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, timer->pool, 2 * span);
}

void timer_end(const timer *timer, VkCommandBuffer commands, uint32_t span)
{
    if (timer->pool)
        vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, timer->pool, 2 * span + 1);
    wf_label_end(&timer->labels, commands);
}

/* The device's and the host's clock at one moment. */
static bool read_clocks(const timer *timer, const device *device, uint64_t *ticks, int64_t *host_ns)
{
    const VkCalibratedTimestampInfoEXT infos[] = {
        {.sType = VK_STRUCTURE_TYPE_CALIBRATED_TIMESTAMP_INFO_EXT, .timeDomain = VK_TIME_DOMAIN_DEVICE_EXT},
        {.sType = VK_STRUCTURE_TYPE_CALIBRATED_TIMESTAMP_INFO_EXT, .timeDomain = VK_TIME_DOMAIN_CLOCK_MONOTONIC_EXT},
    };
    uint64_t stamps[2], deviation;
    if (!timer->calibrate || timer->calibrate(device->handle, 2, infos, stamps, &deviation) != VK_SUCCESS)
        return false;
    *ticks = stamps[0];
    *host_ns = (int64_t)stamps[1];
    return true;
}

/* Nanoseconds from one timestamp to another, across the counter's wrapping. */
static int64_t elapsed(const timer *timer, uint64_t from, uint64_t to)
{
    int64_t ticks = (int64_t)((to - from) << timer->unused_bits) >> timer->unused_bits;
    return (int64_t)((double)ticks * timer->period_ns);
}

bool timer_read(const timer *timer, const device *device, uint32_t span, int64_t *begin_ns, int64_t *end_ns)
{
    uint64_t ticks[2], now;
    int64_t now_ns;
    if (!timer->pool || vkGetQueryPoolResults(device->handle, timer->pool, 2 * span, 2, sizeof ticks, ticks,
                                              sizeof *ticks, VK_QUERY_RESULT_64_BIT) != VK_SUCCESS)
        return false;
    if (!read_clocks(timer, device, &now, &now_ns)) {
        now = ticks[1];
        now_ns = profiler_now();
    }
    *end_ns = now_ns - elapsed(timer, ticks[1], now);
    *begin_ns = *end_ns - elapsed(timer, ticks[0], ticks[1]);
    return true;
}
