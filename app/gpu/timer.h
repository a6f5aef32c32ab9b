/* timer.h -- when work on the queue began and ended, on CLOCK_MONOTONIC; tools see it by its name (wf_labels.h). */
#ifndef WFVIEW_TIMER_H
#define WFVIEW_TIMER_H

#include "device.h"

typedef struct timer {
    VkQueryPool pool; /* VK_NULL_HANDLE: the queue has no timestamps, nothing is timed */
    double period_ns;
    wf_labels labels;
    int unused_bits;                            /* at a timestamp's top */
    PFN_vkGetCalibratedTimestampsEXT calibrate; /* NULL: a span is taken to end when it is read */
} timer;

/* Room for that many spans. */
bool timer_create(const device *device, uint32_t spans, timer *timer, error *error);
void timer_destroy(const device *device, timer *timer); /* zeroed is fine */

/* Both outside a render pass. stage: the span's name for tools. */
void timer_begin(const timer *timer, VkCommandBuffer commands, uint32_t span, const char *stage);
void timer_end(const timer *timer, VkCommandBuffer commands, uint32_t span);

/* Of a span that was recorded: false where it has not completed or is not timed. Never waits. */
bool timer_read(const timer *timer, const device *device, uint32_t span, int64_t *begin_ns, int64_t *end_ns);

#endif
