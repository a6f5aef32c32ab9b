/* A frame's marks come from the renderer's queue and, with CUDA and the CPU, from a second clock. Both are placed on
 * CLOCK_MONOTONIC. */
#include <time.h>

#include "arguments.h"
#include "node.h"

/* Where one moment of the queue's clock lies on CLOCK_MONOTONIC. */
typedef struct clock_anchor {
    uint64_t ticks;
    int64_t ns, uncertainty_ns;
} clock_anchor;

typedef struct queue_mark {
    uint64_t ticks, available; /* as vkGetQueryPoolResults writes them */
} queue_mark;

int64_t wf_node_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- The queue's clock ------------------------------------------------------------------------------------------- */

static int can_calibrate(const wf_node_options *vulkan)
{
    PFN_vkGetPhysicalDeviceCalibrateableTimeDomainsEXT domains_of =
        (PFN_vkGetPhysicalDeviceCalibrateableTimeDomainsEXT)vkGetInstanceProcAddr(
            vulkan->instance, "vkGetPhysicalDeviceCalibrateableTimeDomainsEXT");
    VkTimeDomainEXT domains[8];
    uint32_t count = sizeof domains / sizeof *domains;
    if (!domains_of || domains_of(vulkan->physical_device, &count, domains) < 0)
        return 0;
    unsigned known = 0;
    for (uint32_t i = 0; i < count; i++)
        known |= (domains[i] == VK_TIME_DOMAIN_DEVICE_EXT) | (domains[i] == VK_TIME_DOMAIN_CLOCK_MONOTONIC_EXT) << 1;
    return known == 3;
}

static uint32_t valid_bits(const wf_node_options *vulkan)
{
    VkQueueFamilyProperties families[32];
    uint32_t count = sizeof families / sizeof *families;
    vkGetPhysicalDeviceQueueFamilyProperties(vulkan->physical_device, &count, families);
    return vulkan->queue_family < count ? families[vulkan->queue_family].timestampValidBits : 0;
}

void wf_node_open_clock(wf_node *node)
{
    if (node_lacks_vulkan(node))
        return;
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(node->options.physical_device, &properties);
    uint32_t bits = valid_bits(&node->options);
    node->clock.mask = bits == 0 ? 0 : UINT64_MAX >> (64 - bits);
    node->clock.period_ns = (double)properties.limits.timestampPeriod;
    if (can_calibrate(&node->options))
        node->clock.calibrate =
            (PFN_vkGetCalibratedTimestampsEXT)vkGetDeviceProcAddr(node->options.device, "vkGetCalibratedTimestampsEXT");
}

/* From one moment of the queue's clock to another: less than half its range apart, in either direction. */
static int64_t elapsed_ns(const node_clock *clock, uint64_t from, uint64_t to)
{
    uint64_t forward = (to - from) & clock->mask, backward = (from - to) & clock->mask;
    double ns = forward <= backward ? (double)forward * clock->period_ns : -((double)backward * clock->period_ns);
    return (int64_t)ns;
}

static int calibrate(const wf_node *node, clock_anchor *anchor)
{
    const VkCalibratedTimestampInfoEXT clocks[2] = {
        {.sType = VK_STRUCTURE_TYPE_CALIBRATED_TIMESTAMP_INFO_EXT, .timeDomain = VK_TIME_DOMAIN_DEVICE_EXT},
        {.sType = VK_STRUCTURE_TYPE_CALIBRATED_TIMESTAMP_INFO_EXT, .timeDomain = VK_TIME_DOMAIN_CLOCK_MONOTONIC_EXT}};
    uint64_t now[2], deviation;
    if (!node->clock.calibrate || node->clock.calibrate(node->options.device, 2, clocks, now, &deviation) != VK_SUCCESS)
        return 0;
    *anchor = (clock_anchor){.ticks = now[0], .ns = (int64_t)now[1], .uncertainty_ns = (int64_t)deviation};
    return 1;
}

/* Without a common clock: the frame lies between its submission and now. */
static clock_anchor anchor_at_end(const node_frame *frame, uint64_t last_ticks)
{
    int64_t now = wf_node_now_ns();
    return (clock_anchor){.ticks = last_ticks, .ns = now, .uncertainty_ns = now - frame->submitted_ns};
}

/* ---- Queries ----------------------------------------------------------------------------------------------------- */

wf_result wf_node_create_queries(wf_node *node, uint32_t slot)
{
    if (!node->clock.mask)
        return WF_OK;
    VkQueryPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                  .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                  .queryCount = NODE_HISTORY * MARK_COUNT};
    return wf_vulkan_check(&node->log, vkCreateQueryPool(node->options.device, &info, NULL, &node->slots[slot].queries),
                           "vkCreateQueryPool");
}

void wf_node_reset_marks(wf_node *node, uint32_t slot, VkCommandBuffer commands)
{
    const node_slot *s = &node->slots[slot];
    if (node->clock.mask)
        vkCmdResetQueryPool(commands, s->queries, node_history(s->begun) * MARK_COUNT, MARK_COUNT);
}

void wf_node_write_mark(wf_node *node, uint32_t slot, VkCommandBuffer commands, node_mark mark)
{
    const node_slot *s = &node->slots[slot];
    if (node->clock.mask)
        vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, s->queries,
                            node_history(s->begun) * MARK_COUNT + mark);
}

static int read_query(const wf_node *node, uint32_t slot, uint32_t history, int mark, uint64_t *ticks)
{
    queue_mark result = {0};
    VkResult read = vkGetQueryPoolResults(
        node->options.device, node->slots[slot].queries, history * MARK_COUNT + (uint32_t)mark, 1, sizeof result,
        &result, sizeof result, VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WITH_AVAILABILITY_BIT);
    *ticks = result.ticks;
    return read == VK_SUCCESS && result.available;
}

/* Fills the times of the marks, bit m: mark m. Returns 0 while one is missing. */
static int read_queue_marks(const wf_node *node, uint32_t slot, uint32_t history, unsigned marks,
                            int64_t ns[MARK_COUNT], int64_t *uncertainty_ns)
{
    uint64_t ticks[MARK_COUNT];
    for (int mark = 0; mark < MARK_COUNT; mark++) {
        if (marks >> mark & 1 && !read_query(node, slot, history, mark, &ticks[mark]))
            return 0;
    }
    clock_anchor anchor;
    if (!calibrate(node, &anchor))
        anchor = anchor_at_end(&node->slots[slot].history[history], ticks[MARK_ACQUIRED]);
    for (int mark = 0; mark < MARK_COUNT; mark++) {
        if (marks >> mark & 1)
            ns[mark] = anchor.ns + elapsed_ns(&node->clock, anchor.ticks, ticks[mark]);
    }
    *uncertainty_ns = anchor.uncertainty_ns;
    return 1;
}

/* ---- Spans ------------------------------------------------------------------------------------------------------- */

/* Work of another clock begins after the release and ends before the acquire. */
static void keep_between(int64_t ns[MARK_COUNT])
{
    int64_t early = ns[MARK_RELEASED] - ns[MARK_TAKEN], late = ns[MARK_PACKED] - ns[MARK_ACQUIRED];
    int64_t shift = early > 0 ? early : late > 0 ? -late : 0;
    for (int mark = MARK_TAKEN; mark <= MARK_PACKED; mark++)
        ns[mark] += shift;
}

static int read_marks(wf_node *node, uint32_t slot, uint32_t history, unsigned marks, int64_t ns[MARK_COUNT],
                      int64_t *uncertainty_ns)
{
    if (!node->handover->read_marks)
        return !node->clock.mask || read_queue_marks(node, slot, history, marks, ns, uncertainty_ns);

    int64_t queue_uncertainty_ns = 0;
    if (!node->handover->read_marks(node, slot, history, marks, ns, uncertainty_ns))
        return 0;
    if (!node->clock.mask)
        return 1;
    const unsigned of_queue = 1u << MARK_RELEASED | 1u << MARK_ACQUIRED;
    if (!read_queue_marks(node, slot, history, of_queue, ns, &queue_uncertainty_ns))
        return 0;
    keep_between(ns);
    *uncertainty_ns += queue_uncertainty_ns;
    return 1;
}

/* Fills the slot's timing from a remembered frame. Returns 0 while it has not completed. */
static int read_frame(wf_node *node, uint32_t slot, uint32_t history)
{
    const node_frame *frame = &node->slots[slot].history[history];
    const unsigned marks = 1u << MARK_RELEASED | frame->stages << 1;
    wf_node_timing timing = {.frame = frame->number};
    int64_t ns[MARK_COUNT] = {0}, begin;
    if (!read_marks(node, slot, history, marks, ns, &timing.uncertainty_ns))
        return 0;
    begin = ns[MARK_RELEASED];
    for (int stage = 0; stage < WF_NODE_STAGE_COUNT; stage++) {
        if (!(frame->stages >> stage & 1))
            continue;
        int64_t end = ns[stage + 1];
        if (begin && end)
            timing.stages[stage] = (wf_node_span){.begin_ns = begin, .end_ns = end > begin ? end : begin};
        begin = end;
    }
    node->slots[slot].timing = timing;
    return 1;
}

wf_result wf_node_timing_of(wf_node *node, uint32_t slot, wf_node_timing *timing)
{
    WF_TRY(wf_node_check_slot(node, slot));
    WF_TRY(wf_check_pointer(&node->log, "timing", timing));
    node_slot *s = &node->slots[slot];
    uint64_t newest = node->handover->finished(node, slot) ? s->run : s->run - 1;
    uint64_t oldest = s->begun > NODE_HISTORY ? s->begun - NODE_HISTORY + 1 : 1;
    for (uint64_t frame = newest; s->run > 0 && frame >= oldest; frame--) {
        uint32_t history = node_history(frame);
        if (s->history[history].number == s->timing.frame || read_frame(node, slot, history))
            break;
    }
    *timing = s->timing;
    return WF_OK;
}
