/* node_bench -- frames a second of the node with frames in flight, beside what work on the device alone would allow.
 *
 *     node_bench BACKEND WIDTHxHEIGHT SLOTS KERNEL|NETWORK.safetensors [FRAMES [AHEAD [CLEARS]]]
 *
 * AHEAD: so many frames are released and run before the queue waits for the first of them, less than SLOTS (default 0).
 * CLEARS: what the renderer does before each frame, so many clears of an image of 256 MiB (default 0).
 * Prints one line of JSON: device, driver, date and commit; milliseconds of a frame, of the renderer's work alone, of
 * the node's stages (their medians) and of the hand-overs, and the share that renderer and stages are of a frame. What
 * a frame takes beyond them are the hand-overs. And each stage's median, by its name; 0 of those that there are not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <wf_network.h>

#include "commit.h"
#include "renderer.h"

enum { WARMUP = 20, MOST_FRAMES = 100000 };

static double stage_ms[WF_NODE_STAGE_COUNT][MOST_FRAMES];
static int timed;
static uint64_t last_timed;

typedef struct slot {
    wf_node_image color, albedo, normal, gather, splat;
    VkCommandBuffer before, after;
    wf_node_sync sync;
} slot;

static renderer own;
static wf_node *node;
static slot slots[WF_NODE_MAX_SLOTS];
static wf_node_image canvas; /* that the renderer clears */
static int clears;

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

/* ---- Once -------------------------------------------------------------------------------------------------------- */

static void set_weights(const char *what)
{
    const int kernel = atoi(what);
    if (kernel > 0) {
        const wf_bilateral parameters = wf_bilateral_default(kernel, kernel);
        CHECK(wf_node_set_bilateral(node, &parameters));
        return;
    }
    wf_network *network;
    CHECK(wf_network_open(&print_log, what, &network));
    CHECK(wf_node_set_network(node, network));
    wf_network_close(network);
}

static void add_image(uint32_t index, wf_node_role role, wf_node_image *image)
{
    CHECK(wf_node_create_image(node, role, image));
    CHECK(wf_node_bind(node, index, role, image));
}

/* Inputs become gray, once. */
static void fill(VkCommandBuffer commands, VkImage image)
{
    const VkImageSubresourceRange all = {VK_IMAGE_ASPECT_COLOR_BIT, .levelCount = 1, .layerCount = 1};
    const VkClearColorValue gray = {.float32 = {0.5f, 0.5f, 0.5f, 1}};
    VkImageMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
                                    .dstAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
                                    .newLayout = VK_IMAGE_LAYOUT_GENERAL,
                                    .image = image,
                                    .subresourceRange = all};
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL,
                         0, NULL, 1, &barrier);
    vkCmdClearColorImage(commands, image, VK_IMAGE_LAYOUT_GENERAL, &gray, 1, &all);
}

/* The renderer's work. */
static void render(VkCommandBuffer commands)
{
    for (int i = 0; i < clears; i++)
        fill(commands, canvas.image);
}

static VkCommandBuffer make_commands(void)
{
    VkCommandBuffer commands;
    VkCommandBufferAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, .commandPool = own.pool, .commandBufferCount = 1};
    CHECK(vkAllocateCommandBuffers(own.device, &info, &commands));
    return commands;
}

static void open_canvas(void)
{
    const VkImageCreateInfo info = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                                    .imageType = VK_IMAGE_TYPE_2D,
                                    .format = VK_FORMAT_R32G32B32A32_SFLOAT,
                                    .extent = {4096, 4096, 1},
                                    .mipLevels = 1,
                                    .arrayLayers = 1,
                                    .samples = VK_SAMPLE_COUNT_1_BIT,
                                    .usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT};
    VkMemoryRequirements needs;
    CHECK(vkCreateImage(own.device, &info, NULL, &canvas.image));
    vkGetImageMemoryRequirements(own.device, canvas.image, &needs);
    const VkMemoryAllocateInfo memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                         .allocationSize = needs.size,
                                         .memoryTypeIndex = (uint32_t)__builtin_ctz(needs.memoryTypeBits)};
    CHECK(vkAllocateMemory(own.device, &memory, NULL, &canvas.memory));
    CHECK(vkBindImageMemory(own.device, canvas.image, canvas.memory, 0));
}

static void close_canvas(void)
{
    vkDestroyImage(own.device, canvas.image, NULL);
    vkFreeMemory(own.device, canvas.memory, NULL);
}

static void open_slot(uint32_t index)
{
    slot *s = &slots[index];
    s->before = make_commands(), s->after = make_commands();
    add_image(index, WF_NODE_COLOR, &s->color);
    add_image(index, WF_NODE_ALBEDO, &s->albedo);
    add_image(index, WF_NODE_NORMAL, &s->normal);
    add_image(index, WF_NODE_GATHER, &s->gather);
    add_image(index, WF_NODE_SPLAT, &s->splat);
    begin(own.before);
    fill(own.before, s->color.image), fill(own.before, s->albedo.image), fill(own.before, s->normal.image);
    submit(&own, own.before, VK_NULL_HANDLE, 0, 0);
    CHECK(vkQueueWaitIdle(own.queue));
}

static void close_slot(uint32_t index)
{
    slot *s = &slots[index];
    wf_node_image *const images[] = {&s->color, &s->albedo, &s->normal, &s->gather, &s->splat};
    for (int i = 0; i < 5; i++)
        wf_node_destroy_image(node, images[i]);
}

/* Where it was measured, when, and of which commit. */
static void print_source(void)
{
    VkPhysicalDeviceDriverProperties driver = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
    VkPhysicalDeviceProperties2 device = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &driver};
    vkGetPhysicalDeviceProperties2(own.gpu, &device);
    const time_t now = time(NULL);
    char date[32];
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    printf("\"device\": \"%s\", \"driver\": \"%s %s\", \"date\": \"%s\", \"commit\": \"%s\", ",
           device.properties.deviceName, driver.driverName, driver.driverInfo, date, WF_COMMIT);
}

/* ---- Each frame -------------------------------------------------------------------------------------------------- */

static void take_times(uint32_t index)
{
    wf_node_timing timing;
    CHECK(wf_node_timing_of(node, index, &timing));
    if (timing.frame <= WARMUP || timing.frame <= last_timed || timed == MOST_FRAMES)
        return;
    last_timed = timing.frame;
    for (int stage = 0; stage < WF_NODE_STAGE_COUNT; stage++)
        stage_ms[stage][timed] = (double)(timing.stages[stage].end_ns - timing.stages[stage].begin_ns) * 1e-6;
    timed++;
}

static void start_frame(slot *s, uint32_t index)
{
    CHECK(wf_node_begin(node, index, &s->sync));
    begin(s->before);
    render(s->before);
    CHECK(wf_node_release(node, index, s->before));
    submit(&own, s->before, s->sync.timeline, 0, s->sync.ready);
    CHECK(wf_node_run(node, index));
}

static void end_frame(const slot *s, uint32_t index)
{
    begin(s->after);
    CHECK(wf_node_acquire(node, index, s->after));
    submit(&own, s->after, s->sync.timeline, s->sync.done, 0);
}

/* A slot's frame is timed before its next one begins. */
static double run(int frames, uint32_t slot_count, int ahead)
{
    const double begin_ms = now_ms();
    for (int frame = 0; frame < frames + ahead; frame++) {
        const uint32_t index = (uint32_t)frame % slot_count, ended = (uint32_t)(frame - ahead) % slot_count;
        if (frame >= (int)slot_count)
            take_times(index);
        if (frame < frames)
            start_frame(&slots[index], index);
        if (frame >= ahead)
            end_frame(&slots[ended], ended);
    }
    CHECK(vkQueueWaitIdle(own.queue));
    return (now_ms() - begin_ms) / frames;
}

/* Milliseconds of the renderer's work when there is nothing else. */
static double render_alone(void)
{
    enum { TIMES = 20 };
    VkCommandBuffer commands[TIMES];
    for (int i = 0; i < TIMES; i++)
        commands[i] = make_commands();
    const double begin_ms = now_ms();
    for (int i = 0; i < TIMES; i++) {
        begin(commands[i]);
        render(commands[i]);
        submit(&own, commands[i], VK_NULL_HANDLE, 0, 0);
    }
    CHECK(vkQueueWaitIdle(own.queue));
    return clears > 0 ? (now_ms() - begin_ms) / TIMES : 0;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return count ? values[count / 2] : 0;
}

int main(int argc, char **argv)
{
    unsigned width = 0, height = 0;
    const uint32_t slot_count = argc > 3 ? (uint32_t)atoi(argv[3]) : 0;
    const int frames = argc > 5 ? atoi(argv[5]) : 500, ahead = argc > 6 ? atoi(argv[6]) : 0;
    if (argc < 5 || sscanf(argv[2], "%ux%u", &width, &height) != 2 || slot_count < 1 || frames < 1 || ahead < 0 ||
        ahead >= (int)slot_count)
        return fprintf(stderr,
                       "usage: node_bench BACKEND WIDTHxHEIGHT SLOTS KERNEL|NETWORK [FRAMES [AHEAD [CLEARS]]]\n"),
               2;
    clears = argc > 7 ? atoi(argv[7]) : 0;
    own = open_renderer();
    if (clears > 0)
        open_canvas();
    wf_node_options options = node_options(&own, width, height);
    options.slots = slot_count, options.automatic = 0;
    while (strcmp(argv[1], wf_backend_name(options.backend)) != 0 && options.backend < WF_BACKEND_COUNT)
        options.backend++;
    CHECK(wf_node_create(&options, &node));
    set_weights(argv[4]);
    for (uint32_t i = 0; i < slot_count; i++)
        open_slot(i);
    run(WARMUP, slot_count, ahead);
    const double render_ms = render_alone();
    const double frame_ms = run(frames, slot_count, ahead);
    double work_ms = 0, median_ms[WF_NODE_STAGE_COUNT];
    for (int stage = 0; stage < WF_NODE_STAGE_COUNT; stage++) {
        median_ms[stage] = median(stage_ms[stage], timed);
        work_ms += stage == WF_NODE_TAKE || stage == WF_NODE_GIVE ? 0 : median_ms[stage];
    }
    printf("{");
    print_source();
    printf("\"backend\": \"%s\", \"size\": [%u, %u], \"slots\": %u, \"ahead\": %d, \"weights\": \"%s\", "
           "\"frame\": %.4f, \"render\": %.4f, \"work\": %.4f, \"in\": %.4f, \"out\": %.4f, \"share\": %.4f, "
           "\"stages\": {",
           argv[1], width, height, slot_count, ahead, argv[4], frame_ms, render_ms, work_ms, median_ms[WF_NODE_TAKE],
           median_ms[WF_NODE_GIVE], (render_ms + work_ms) / frame_ms);
    for (int stage = 0; stage < WF_NODE_STAGE_COUNT; stage++)
        printf("%s\"%s\": %.4f", stage > 0 ? ", " : "", wf_node_stage_name((wf_node_stage)stage), median_ms[stage]);
    printf("}}\n");
    for (uint32_t i = 0; i < slot_count; i++)
        close_slot(i);
    wf_node_destroy(node);
    if (clears > 0)
        close_canvas();
    close_renderer(&own);
    return 0;
}
