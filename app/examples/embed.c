/* embed.c -- the denoise node in the least of a Vulkan program.
 *
 * It stands for a renderer: it has its own instance, device and queue, fills an image with noise around a known picture, lets
 * the node filter it, and reads the result back. It fails unless that is nearer to the picture. A real one has a slot for each
 * frame in flight and does not wait for the queue. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <wf_node.h>
#include <wf_vulkan.h>

enum { WIDTH = 256, HEIGHT = 144, FRAMES = 8, FLOATS = WIDTH * HEIGHT * 4 };

static VkInstance instance;
static VkPhysicalDevice gpu;
static VkDevice device;
static VkQueue queue;
static VkCommandPool pool;
static VkCommandBuffer before, after; /* the node's work */
static wf_device *copier;             /* of what goes into color and of what comes out of gather */
static void *staging;                 /* on the device */
static float pixels[FLOATS];
static wf_node *node;
static wf_node_image color, gather;

/* Ends the program where a call did not return 0: VK_SUCCESS or WF_OK. */
#define CHECK(call) check((int)(call), #call)

static void check(int result, const char *call)
{
    if (result == 0)
        return;
    fprintf(stderr, "embed: %s returned %d\n", call, result);
    exit(1);
}

static void print_log(void *user, wf_log_level level, const char *message)
{
    (void)user, (void)level;
    fprintf(stderr, "embed: %s\n", message);
}

/* ---- Once -------------------------------------------------------------------------------------------------------- */

/* The first device, with what the node needs. Its queue family 0 has compute on every driver that we know. */
static void create_device(void)
{
    VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = WF_VULKAN_API_VERSION};
    VkInstanceCreateInfo instance_info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
    instance_info.pApplicationInfo = &application;
    CHECK(vkCreateInstance(&instance_info, NULL, &instance));
    uint32_t count = 1;
    if (vkEnumeratePhysicalDevices(instance, &count, &gpu) < 0 || count == 0)
        check(WF_ERROR_NO_DEVICE, "vkEnumeratePhysicalDevices");
    wf_vulkan_needs needs;
    wf_vulkan_get_needs(gpu, &needs);
    if (!needs.complete)
        check(WF_ERROR_UNSUPPORTED, needs.missing);
    float priority = 1;
    VkDeviceQueueCreateInfo queues = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO};
    queues.queueCount = 1, queues.pQueuePriorities = &priority;
    VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, .pNext = &needs.features};
    info.queueCreateInfoCount = 1, info.pQueueCreateInfos = &queues;
    info.enabledExtensionCount = needs.extension_count, info.ppEnabledExtensionNames = needs.extensions;
    CHECK(vkCreateDevice(gpu, &info, NULL, &device));
    vkGetDeviceQueue(device, 0, 0, &queue);
}

static void create_commands(void)
{
    VkCommandPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
    info.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT;
    CHECK(vkCreateCommandPool(device, &info, NULL, &pool));
    VkCommandBufferAllocateInfo buffers = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};
    buffers.commandPool = pool, buffers.commandBufferCount = 1;
    CHECK(vkAllocateCommandBuffers(device, &buffers, &before));
    CHECK(vkAllocateCommandBuffers(device, &buffers, &after));
}

static void create_staging(void)
{
    wf_vulkan_options options = {.instance = instance, .physical_device = gpu, .device = device, .queue = queue};
    options.log.callback = print_log;
    CHECK(wf_vulkan_create(&options, &copier));
    CHECK(wf_alloc(copier, sizeof pixels, &staging));
}

static void create_node(void)
{
    wf_node_options options = {.instance = instance, .physical_device = gpu, .device = device, .queue = queue};
    options.width = WIDTH, options.height = HEIGHT, options.slots = 1;
    options.automatic = 1, options.log.callback = print_log;
    CHECK(wf_node_create(&options, &node));
    wf_bilateral parameters = wf_bilateral_default(9, 9);
    CHECK(wf_node_set_bilateral(node, &parameters)); /* or a network's weights: wf_node_set_weights */
    CHECK(wf_node_create_image(node, WF_NODE_COLOR, &color));
    CHECK(wf_node_create_image(node, WF_NODE_GATHER, &gather));
    CHECK(wf_node_bind(node, 0, WF_NODE_COLOR, &color));
    CHECK(wf_node_bind(node, 0, WF_NODE_GATHER, &gather));
}

static void destroy_all(void)
{
    wf_node_destroy_image(node, &color);
    wf_node_destroy_image(node, &gather);
    wf_node_destroy(node);
    wf_free(copier, staging);
    wf_destroy(copier);
    vkDestroyCommandPool(device, pool, NULL);
    vkDestroyDevice(device, NULL);
    vkDestroyInstance(instance, NULL);
}

/* ---- Each frame -------------------------------------------------------------------------------------------------- */

static float picture(int i) /* float i of the image; 1 in alpha */
{
    return i % 4 == 3 ? 1 : 0.5f + 0.3f * sinf(0.05f * (float)(i / 4 % WIDTH)) * cosf(0.06f * (float)(i / 4 / WIDTH));
}

static double error(void) /* the root of the mean squared difference of pixels to the picture */
{
    double sum = 0;
    for (int i = 0; i < FLOATS; i++)
        sum += (pixels[i] - picture(i)) * (pixels[i] - picture(i));
    return sqrt(sum / FLOATS);
}

static void begin(VkCommandBuffer commands)
{
    VkCommandBufferBeginInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    CHECK(vkBeginCommandBuffer(commands, &info));
}

static void submit(VkCommandBuffer commands, VkSemaphore timeline, uint64_t wait, uint64_t signal)
{
    CHECK(vkEndCommandBuffer(commands));
    VkTimelineSemaphoreSubmitInfo values = {.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO};
    values.waitSemaphoreValueCount = values.signalSemaphoreValueCount = 1;
    values.pWaitSemaphoreValues = &wait, values.pSignalSemaphoreValues = &signal;
    VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
    VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .pNext = &values};
    info.commandBufferCount = 1, info.pCommandBuffers = &commands;
    info.waitSemaphoreCount = wait > 0, info.pWaitSemaphores = &timeline, info.pWaitDstStageMask = &stage;
    info.signalSemaphoreCount = signal > 0, info.pSignalSemaphores = &timeline;
    CHECK(vkQueueSubmit(queue, 1, &info, VK_NULL_HANDLE));
}

static void use_in_general_layout(VkCommandBuffer commands, VkImage image)
{
    VkImageMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER, .image = image};
    barrier.newLayout = VK_IMAGE_LAYOUT_GENERAL, barrier.dstAccessMask = VK_ACCESS_MEMORY_WRITE_BIT;
    barrier.subresourceRange = (VkImageSubresourceRange){VK_IMAGE_ASPECT_COLOR_BIT, .levelCount = 1, .layerCount = 1};
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL,
                         0, NULL, 1, &barrier);
}

static void filter_frame(void)
{
    VkBufferImageCopy all = {.imageExtent = {WIDTH, HEIGHT, 1}};
    all.imageSubresource = (VkImageSubresourceLayers){VK_IMAGE_ASPECT_COLOR_BIT, .layerCount = 1};
    VkBuffer buffer = wf_vulkan_buffer(copier, staging, &all.bufferOffset);
    CHECK(wf_upload(copier, staging, pixels, sizeof pixels));
    wf_node_sync sync;
    CHECK(wf_node_begin(node, 0, &sync));

    begin(before); /* here a renderer renders: into images in VK_IMAGE_LAYOUT_GENERAL */
    use_in_general_layout(before, color.image);
    vkCmdCopyBufferToImage(before, buffer, color.image, VK_IMAGE_LAYOUT_GENERAL, 1, &all);
    CHECK(wf_node_release(node, 0, before));
    submit(before, sync.timeline, 0, sync.ready);

    CHECK(wf_node_run(node, 0));

    begin(after); /* and here it samples the filtered images */
    CHECK(wf_node_acquire(node, 0, after));
    vkCmdCopyImageToBuffer(after, gather.image, VK_IMAGE_LAYOUT_GENERAL, buffer, 1, &all);
    submit(after, sync.timeline, sync.done, 0);
    CHECK(wf_download(copier, pixels, staging, sizeof pixels)); /* waits for the queue */
}

int main(void)
{
    create_device(), create_commands(), create_staging(), create_node();
    double noisy = 0, filtered = 0;
    for (int frame = 0; frame < FRAMES; frame++) {
        for (int i = 0; i < FLOATS; i++)
            pixels[i] = picture(i) + 0.4f * ((float)rand() / (float)RAND_MAX - 0.5f);
        noisy = fmax(noisy, error());
        filter_frame();
        filtered = fmax(filtered, error());
    }
    wf_device_info info;
    CHECK(wf_node_get_info(node, &info));
    printf("embed: %d frames of %dx%d on %s, %s: the error fell from %.4f to %.4f\n", FRAMES, WIDTH, HEIGHT,
           wf_backend_name(info.backend), info.name, noisy, filtered);
    destroy_all();
    return filtered < 0.5 * noisy ? 0 : 1;
}
