/* What the node exports for CUDA, as far as any Vulkan device can tell: an image's memory, exported as an opaque file
 * descriptor and imported again, holds the same texels. Exits with 77 (skipped) where
 * the device cannot export images. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "devices.h"
#include "node/buffer.h"
#include "node/image.h"
#include "node/share.h"
#include "renderer.h"

enum { WIDTH = 61, HEIGHT = 17 };

static renderer vulkan;
static wf_node_options options;
static char reported[512];

static void remember(void *user, wf_log_level level, const char *message)
{
    (void)user, (void)level;
    snprintf(reported, sizeof reported, "%s", message);
    printf("  %s\n", reported);
}

static const wf_log reporting = {.callback = remember};

static int check_validation(void **state)
{
    (void)state;
    int failed = vulkan.messages != 0;
    vulkan.messages = 0;
    return failed;
}

static wf_node_image make_image(VkFormat format)
{
    wf_node_image image;
    assert_int_equal(wf_image_create(&options, &reporting, format, 1, &image), WF_OK);
    assert_true(image.memory_size >= (VkDeviceSize)WIDTH * HEIGHT * wf_image_texel_size(format));
    return image;
}

/* A second image over the memory behind the descriptor, which the driver owns from then on. */
static wf_node_image import_image(const wf_node_image *exported, int fd)
{
    wf_node_image image = *exported;
    VkExternalMemoryImageCreateInfo external = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
                                                .handleTypes = SHARE_MEMORY_AS};
    VkImageCreateInfo info = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                              .pNext = &external,
                              .imageType = VK_IMAGE_TYPE_2D,
                              .format = image.format,
                              .extent = {WIDTH, HEIGHT, 1},
                              .mipLevels = 1,
                              .arrayLayers = 1,
                              .samples = VK_SAMPLE_COUNT_1_BIT,
                              .usage = image.usage};
    assert_int_equal(vkCreateImage(vulkan.device, &info, NULL, &image.image), VK_SUCCESS);
    VkMemoryRequirements needs;
    vkGetImageMemoryRequirements(vulkan.device, image.image, &needs);
    VkMemoryDedicatedAllocateInfo dedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
                                               .image = image.image};
    VkImportMemoryFdInfoKHR import = {.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
                                      .pNext = &dedicated,
                                      .handleType = SHARE_MEMORY_AS,
                                      .fd = fd};
    VkMemoryAllocateInfo memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                   .pNext = &import,
                                   .allocationSize = image.memory_size,
                                   .memoryTypeIndex = (uint32_t)__builtin_ctz(needs.memoryTypeBits)};
    assert_int_equal(vkAllocateMemory(vulkan.device, &memory, NULL, &image.memory), VK_SUCCESS);
    assert_int_equal(vkBindImageMemory(vulkan.device, image.image, image.memory, 0), VK_SUCCESS);
    image.view = VK_NULL_HANDLE;
    return image;
}

static void run(VkCommandBuffer commands)
{
    VkFence fence = renderer_create_fence(&vulkan);
    renderer_submit(&vulkan, commands, VK_NULL_HANDLE, 0, 0, fence);
    renderer_wait(&vulkan, fence);
    vkDestroyFence(vulkan.device, fence, NULL);
}

static void record_ownership(VkCommandBuffer commands, VkImage image, uint32_t from, uint32_t to)
{
    VkImageMemoryBarrier barrier = wf_image_barrier(image, VK_IMAGE_LAYOUT_GENERAL, VK_IMAGE_LAYOUT_GENERAL);
    barrier.srcQueueFamilyIndex = from;
    barrier.dstQueueFamilyIndex = to;
    wf_image_record_barriers(commands, 1, &barrier);
}

static void test_round_trip(void **state)
{
    (void)state;
    static const VkFormat formats[] = {VK_FORMAT_R32G32B32A32_SFLOAT, VK_FORMAT_R32_SFLOAT};
    for (int i = 0; i < 2; i++) {
        size_t size = WIDTH * HEIGHT * wf_image_texel_size(formats[i]);
        wf_node_image image = make_image(formats[i]);
        int fd = -1;
        assert_int_equal(wf_share_memory(&options, &reporting, image.memory, &fd), WF_OK);
        assert_true(fd >= 0);
        wf_node_image twin = import_image(&image, fd);

        host_buffer sent = renderer_create_buffer(&vulkan, size), received = renderer_create_buffer(&vulkan, size);
        for (size_t at = 0; at < size; at++)
            ((unsigned char *)sent.data)[at] = (unsigned char)(rand() % 64 + 1); /* finite floats */
        VkCommandBuffer commands = renderer_create_commands(&vulkan);
        renderer_begin(commands);
        renderer_record_upload(commands, &sent, image.image, WIDTH, HEIGHT);
        record_ownership(commands, image.image, vulkan.family, VK_QUEUE_FAMILY_EXTERNAL);
        run(commands);
        renderer_begin(commands);
        record_ownership(commands, twin.image, VK_QUEUE_FAMILY_EXTERNAL, vulkan.family);
        renderer_record_download(commands, twin.image, &received, WIDTH, HEIGHT);
        run(commands);
        assert_memory_equal(sent.data, received.data, size);

        vkFreeCommandBuffers(vulkan.device, vulkan.pool, 1, &commands);
        renderer_destroy_buffer(&vulkan, &sent);
        renderer_destroy_buffer(&vulkan, &received);
        wf_image_destroy(vulkan.device, &twin);
        wf_image_destroy(vulkan.device, &image);
        assert_true(image.image == VK_NULL_HANDLE && image.memory_size == 0);
    }
}

static void record_buffer_ownership(VkCommandBuffer commands, VkBuffer buffer, uint32_t from, uint32_t to)
{
    const VkBufferMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
                                           .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
                                           .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
                                           .srcQueueFamilyIndex = from,
                                           .dstQueueFamilyIndex = to,
                                           .buffer = buffer,
                                           .size = VK_WHOLE_SIZE};
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL,
                         1, &barrier, 0, NULL);
}

/* A second buffer over the memory behind the descriptor, which the driver owns from then on. */
static wf_node_buffer import_buffer(const wf_node_buffer *exported, int fd)
{
    wf_node_buffer buffer = *exported;
    VkExternalMemoryBufferCreateInfo external = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
                                                 .handleTypes = SHARE_MEMORY_AS};
    VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .pNext = &external, .size = buffer.size, .usage = buffer.usage};
    assert_int_equal(vkCreateBuffer(vulkan.device, &info, NULL, &buffer.buffer), VK_SUCCESS);
    VkMemoryRequirements needs;
    vkGetBufferMemoryRequirements(vulkan.device, buffer.buffer, &needs);
    VkMemoryAllocateFlagsInfo addressed = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
                                           .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT};
    VkMemoryDedicatedAllocateInfo dedicated = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, .pNext = &addressed, .buffer = buffer.buffer};
    VkImportMemoryFdInfoKHR import = {.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
                                      .pNext = &dedicated,
                                      .handleType = SHARE_MEMORY_AS,
                                      .fd = fd};
    VkMemoryAllocateInfo memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                   .pNext = &import,
                                   .allocationSize = buffer.memory_size,
                                   .memoryTypeIndex = (uint32_t)__builtin_ctz(needs.memoryTypeBits)};
    assert_int_equal(vkAllocateMemory(vulkan.device, &memory, NULL, &buffer.memory), VK_SUCCESS);
    assert_int_equal(vkBindBufferMemory(vulkan.device, buffer.buffer, buffer.memory, 0), VK_SUCCESS);
    return buffer;
}

/* A buffer of weights, likewise. */
static void test_buffer(void **state)
{
    (void)state;
    enum { SIZE = 12345 };
    wf_node_buffer buffer;
    int fd = -1;
    assert_int_equal(wf_share_check_buffers(&options, &reporting), WF_OK);
    assert_int_equal(wf_buffer_create(&options, &reporting, SIZE, 1, &buffer), WF_OK);
    assert_true(buffer.size == SIZE && buffer.memory_size >= SIZE);
    assert_int_equal(wf_share_memory(&options, &reporting, buffer.memory, &fd), WF_OK);
    wf_node_buffer twin = import_buffer(&buffer, fd);
    host_buffer sent = renderer_create_buffer(&vulkan, SIZE), received = renderer_create_buffer(&vulkan, SIZE);
    for (size_t at = 0; at < SIZE; at++)
        ((unsigned char *)sent.data)[at] = (unsigned char)rand();
    const VkBufferCopy all = {.size = SIZE};
    VkCommandBuffer commands = renderer_create_commands(&vulkan);
    renderer_begin(commands);
    vkCmdCopyBuffer(commands, sent.buffer, buffer.buffer, 1, &all);
    record_buffer_ownership(commands, buffer.buffer, vulkan.family, VK_QUEUE_FAMILY_EXTERNAL);
    run(commands);
    renderer_begin(commands);
    record_buffer_ownership(commands, twin.buffer, VK_QUEUE_FAMILY_EXTERNAL, vulkan.family);
    vkCmdCopyBuffer(commands, twin.buffer, received.buffer, 1, &all);
    run(commands);
    assert_memory_equal(sent.data, received.data, SIZE);
    vkFreeCommandBuffers(vulkan.device, vulkan.pool, 1, &commands);
    renderer_destroy_buffer(&vulkan, &sent);
    renderer_destroy_buffer(&vulkan, &received);
    wf_buffer_destroy(vulkan.device, &twin);
    wf_buffer_destroy(vulkan.device, &buffer);
    assert_true(buffer.buffer == VK_NULL_HANDLE && buffer.memory_size == 0);
}

/* Each export is a descriptor of its own, and the caller's. */
static void test_descriptors(void **state)
{
    (void)state;
    wf_node_image image = make_image(VK_FORMAT_R32G32B32A32_SFLOAT);
    int first, second;
    assert_int_equal(wf_share_memory(&options, &reporting, image.memory, &first), WF_OK);
    assert_int_equal(wf_share_memory(&options, &reporting, image.memory, &second), WF_OK);
    assert_int_not_equal(first, second);
    assert_int_equal(close(first), 0);
    assert_true(fcntl(second, F_GETFD) >= 0);
    assert_int_equal(close(second), 0);
    wf_image_destroy(vulkan.device, &image);
}

/* Timelines are exported where the device can; where it cannot, the reason is said. */
static void test_timelines(void **state)
{
    (void)state;
    wf_result sharing = wf_share_check_timelines(&options, &reporting);
    int shared = sharing == WF_OK, fd = 0;
    VkSemaphore timeline;
    assert_int_equal(wf_share_create_timeline(&options, &reporting, shared, &timeline), WF_OK);
    uint64_t value = 1;
    assert_int_equal(vkGetSemaphoreCounterValue(vulkan.device, timeline, &value), VK_SUCCESS);
    assert_int_equal(value, 0);
    if (shared) {
        assert_int_equal(wf_share_timeline(&options, &reporting, timeline, &fd), WF_OK);
        assert_int_equal(close(fd), 0);
    } else {
        assert_int_equal(sharing, WF_ERROR_UNSUPPORTED);
        assert_non_null(strstr(reported, "semaphore"));
    }
    vkDestroySemaphore(vulkan.device, timeline, NULL);
}

int main(void)
{
    if (!renderer_open(&vulkan))
        return skip_all("there is no Vulkan device");
    options = (wf_node_options){.instance = vulkan.instance,
                                .physical_device = vulkan.physical_device,
                                .device = vulkan.device,
                                .queue_family = vulkan.family,
                                .queue = vulkan.queue,
                                .width = WIDTH,
                                .height = HEIGHT,
                                .slots = 1};
    if (wf_share_check_images(&options, &reporting) != WF_OK) {
        renderer_close(&vulkan);
        return skip_all("the device exports no images");
    }
#define TEST(function) cmocka_unit_test_teardown(function, check_validation)
    const struct CMUnitTest tests[] = {
        TEST(test_round_trip),
        TEST(test_buffer),
        TEST(test_descriptors),
        TEST(test_timelines),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    renderer_close(&vulkan);
    return failed || vulkan.messages ? 1 : 0;
}
