#define GLFW_INCLUDE_VULKAN
#include "window.h"

#include <GLFW/glfw3.h>
#include <stdlib.h>
#include <string.h>

#include "app/view/view.h"

#define MIN_WIDTH        320
#define MIN_HEIGHT       200
#define ACQUIRE_LIMIT_NS 1000000000 /* a hidden window may give no image at all */

/* ---- Window and keys --------------------------------------------------------------------------------------------- */

static void add_key(GLFWwindow *handle, int key)
{
    window *window = glfwGetWindowUserPointer(handle);
    if (window->key_count < WINDOW_MAX_KEYS)
        window->keys[window->key_count++] = key;
}

/* It follows its key, which tells whether it repeats. */
static void on_character(GLFWwindow *handle, unsigned int character)
{
    const window *window = glfwGetWindowUserPointer(handle);
    add_key(handle, (int)character | (window->repeats ? KEY_REPEATED : 0));
}

static void on_key(GLFWwindow *handle, int key, int scancode, int action, int modifiers)
{
    static const int keys[][2] = {
        {GLFW_KEY_ESCAPE, KEY_ESCAPE}, {GLFW_KEY_ENTER, KEY_ENTER},
        {GLFW_KEY_TAB, KEY_TAB},       {GLFW_KEY_BACKSPACE, KEY_BACKSPACE},
        {GLFW_KEY_LEFT, KEY_LEFT},     {GLFW_KEY_RIGHT, KEY_RIGHT},
        {GLFW_KEY_HOME, KEY_HOME},     {GLFW_KEY_END, KEY_END},
        {GLFW_KEY_F1, KEY_F1},         {GLFW_KEY_F10, KEY_F10},
        {GLFW_KEY_F5, KEY_F5},         {GLFW_KEY_UP, KEY_UP},
        {GLFW_KEY_DOWN, KEY_DOWN},
    };
    window *window = glfwGetWindowUserPointer(handle);
    (void)scancode;
    if (action == GLFW_RELEASE)
        return;
    window->repeats = action == GLFW_REPEAT;
    const int repeated = window->repeats ? KEY_REPEATED : 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i][0] == key)
            add_key(handle, keys[i][1] | repeated);
    if (modifiers & GLFW_MOD_CONTROL && key >= GLFW_KEY_A && key <= GLFW_KEY_Z)
        add_key(handle, (key - GLFW_KEY_A + 'a') | KEY_CONTROL | repeated);
}

/* Paths of a later drop take an earlier one's place. */
static void on_drop(GLFWwindow *handle, int count, const char **paths)
{
    window *window = glfwGetWindowUserPointer(handle);
    window_forget_dropped(window);
    window->dropped = calloc((size_t)count, sizeof *window->dropped);
    for (int i = 0; window->dropped && i < count; i++)
        if ((window->dropped[window->dropped_count] = strdup(paths[i])))
            window->dropped_count++;
}

void window_forget_dropped(window *window)
{
    for (int i = 0; i < window->dropped_count; i++)
        free(window->dropped[i]);
    free(window->dropped);
    window->dropped = NULL;
    window->dropped_count = 0;
}

static void on_framebuffer_size(GLFWwindow *handle, int width, int height)
{
    (void)width, (void)height;
    ((window *)glfwGetWindowUserPointer(handle))->outdated = true;
}

static const char *glfw_reason(void)
{
    const char *reason = NULL;
    glfwGetError(&reason);
    return reason ? reason : "no Vulkan for this display";
}

bool window_open(uint32_t width, uint32_t height, window *window, error *error)
{
    if (!glfwInit() || !glfwVulkanSupported())
        return error_set(error, "cannot open a window (%s); --headless works without a display", glfw_reason());
    glfwWindowHint(GLFW_CLIENT_API, GLFW_NO_API);
    window->handle = glfwCreateWindow((int)width, (int)height, "wfview", NULL, NULL);
    if (!window->handle)
        return error_set(error, "cannot open a window of %ux%u (%s); --headless works without a display", width, height,
                         glfw_reason());
    glfwSetWindowUserPointer(window->handle, window);
    glfwSetWindowSizeLimits(window->handle, MIN_WIDTH, MIN_HEIGHT, GLFW_DONT_CARE, GLFW_DONT_CARE);
    glfwSetCharCallback(window->handle, on_character);
    glfwSetKeyCallback(window->handle, on_key);
    glfwSetDropCallback(window->handle, on_drop);
    glfwSetFramebufferSizeCallback(window->handle, on_framebuffer_size);
    return true;
}

const char *const *window_extensions(uint32_t *count)
{
    return (const char *const *)glfwGetRequiredInstanceExtensions(count);
}

bool window_poll(window *window, double seconds)
{
    window->key_count = 0;
    if (seconds > 0)
        glfwWaitEventsTimeout(seconds);
    else
        glfwPollEvents();
    return !glfwWindowShouldClose(window->handle);
}

void window_copy_text(const window *window, const char *text)
{
    glfwSetClipboardString(window->handle, text);
}

void window_size(const window *window, uint32_t *width, uint32_t *height)
{
    int w, h;
    glfwGetFramebufferSize(window->handle, &w, &h);
    *width = (uint32_t)w;
    *height = (uint32_t)h;
}

float window_scale(const window *window)
{
    float x = 1, y = 1;
    glfwGetWindowContentScale(window->handle, &x, &y);
    return x > 1 ? x : 0;
}

/* ---- Surface and swapchain --------------------------------------------------------------------------------------- */

bool window_create_surface(window *window, const device *device, error *error)
{
    window->device = device;
    return vk_ok(glfwCreateWindowSurface(device->instance, window->handle, NULL, &window->surface),
                 "glfwCreateWindowSurface", error);
}

/* The target holds sRGB values already: the format must not convert. */
static bool choose_format(const window *window, VkSurfaceFormatKHR *format, error *error)
{
    VkSurfaceFormatKHR formats[64];
    uint32_t count = 64;
    VkResult result = vkGetPhysicalDeviceSurfaceFormatsKHR(window->device->physical, window->surface, &count, formats);
    if (result < 0)
        return vk_ok(result, "vkGetPhysicalDeviceSurfaceFormatsKHR", error);
    for (uint32_t i = 0; i < count; i++) {
        *format = formats[i];
        if (format->format == VK_FORMAT_B8G8R8A8_UNORM || format->format == VK_FORMAT_R8G8B8A8_UNORM)
            return true;
    }
    return error_set(error, "none of the window's %u pixel formats is an 8-bit UNORM one", count);
}

static uint32_t clamp(uint32_t value, uint32_t low, uint32_t high)
{
    return value < low ? low : value > high ? high : value;
}

static VkExtent2D choose_extent(const window *window, const VkSurfaceCapabilitiesKHR *capabilities)
{
    if (capabilities->currentExtent.width != UINT32_MAX)
        return capabilities->currentExtent;
    uint32_t width, height;
    window_size(window, &width, &height);
    return (VkExtent2D){clamp(width, capabilities->minImageExtent.width, capabilities->maxImageExtent.width),
                        clamp(height, capabilities->minImageExtent.height, capabilities->maxImageExtent.height)};
}

static bool make_swapchain(window *window, const VkSurfaceCapabilitiesKHR *capabilities, error *error)
{
    VkSurfaceFormatKHR format = {0};
    if (!choose_format(window, &format, error))
        return false;
    if (!(capabilities->supportedUsageFlags & VK_IMAGE_USAGE_TRANSFER_DST_BIT))
        return error_set(error, "pictures cannot be copied to this window's surface");
    uint32_t most = capabilities->maxImageCount ? capabilities->maxImageCount : WINDOW_MAX_IMAGES;
    VkSwapchainKHR old = window->swapchain;
    VkResult result = vkCreateSwapchainKHR(window->device->handle,
                                           &(VkSwapchainCreateInfoKHR){
                                               .sType = VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR,
                                               .surface = window->surface,
                                               .minImageCount = clamp(capabilities->minImageCount + 1, 1, most),
                                               .imageFormat = format.format,
                                               .imageColorSpace = format.colorSpace,
                                               .imageExtent = window->extent,
                                               .imageArrayLayers = 1,
                                               .imageUsage = VK_IMAGE_USAGE_TRANSFER_DST_BIT,
                                               .preTransform = capabilities->currentTransform,
                                               .compositeAlpha = VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR,
                                               .presentMode = VK_PRESENT_MODE_FIFO_KHR,
                                               .clipped = VK_TRUE,
                                               .oldSwapchain = old,
                                           },
                                           NULL, &window->swapchain);
    vkDestroySwapchainKHR(window->device->handle, old, NULL);
    if (result != VK_SUCCESS)
        window->swapchain = VK_NULL_HANDLE;
    return vk_ok(result, "vkCreateSwapchainKHR", error);
}

static bool get_images(window *window, error *error)
{
    VkResult result = vkGetSwapchainImagesKHR(window->device->handle, window->swapchain, &window->image_count, NULL);
    if (result == VK_SUCCESS && window->image_count > WINDOW_MAX_IMAGES)
        return error_set(error, "the swapchain has %u images, at most %d are expected", window->image_count,
                         WINDOW_MAX_IMAGES);
    if (result == VK_SUCCESS)
        result =
            vkGetSwapchainImagesKHR(window->device->handle, window->swapchain, &window->image_count, window->images);
    if (!vk_ok(result, "vkGetSwapchainImagesKHR", error))
        return false;
    for (uint32_t i = 0; i < window->image_count; i++)
        if (!window->drawn[i] &&
            !vk_ok(vkCreateSemaphore(window->device->handle,
                                     &(VkSemaphoreCreateInfo){.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO}, NULL,
                                     &window->drawn[i]),
                   "vkCreateSemaphore", error))
            return false;
    return true;
}

bool window_create_swapchain(window *window, error *error)
{
    VkSurfaceCapabilitiesKHR capabilities;
    if (!vk_ok(vkGetPhysicalDeviceSurfaceCapabilitiesKHR(window->device->physical, window->surface, &capabilities),
               "vkGetPhysicalDeviceSurfaceCapabilitiesKHR", error))
        return false;
    window->extent = choose_extent(window, &capabilities);
    window->outdated = window->extent.width == 0 || window->extent.height == 0;
    return window->outdated || (make_swapchain(window, &capabilities, error) && get_images(window, error));
}

void window_close(window *window)
{
    if (window->device && window->device->handle) {
        for (uint32_t i = 0; i < WINDOW_MAX_IMAGES; i++)
            vkDestroySemaphore(window->device->handle, window->drawn[i], NULL);
        vkDestroySwapchainKHR(window->device->handle, window->swapchain, NULL);
    }
    if (window->surface)
        vkDestroySurfaceKHR(window->device->instance, window->surface, NULL);
    if (window->handle)
        glfwDestroyWindow(window->handle);
    glfwTerminate();
    window_forget_dropped(window);
    *window = (struct window){0};
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

bool window_acquire(window *window, VkSemaphore acquired, bool *ready, error *error)
{
    *ready = false;
    if (window->outdated) {
        vkDeviceWaitIdle(window->device->handle);
        if (!window_create_swapchain(window, error))
            return false;
        if (window->outdated)
            return true; /* minimized */
    }
    VkResult result = vkAcquireNextImageKHR(window->device->handle, window->swapchain, ACQUIRE_LIMIT_NS, acquired,
                                            VK_NULL_HANDLE, &window->current);
    window->outdated = result == VK_ERROR_OUT_OF_DATE_KHR || result == VK_SUBOPTIMAL_KHR;
    *ready = result == VK_SUCCESS || result == VK_SUBOPTIMAL_KHR;
    return window->outdated || result == VK_TIMEOUT || vk_ok(result, "vkAcquireNextImageKHR", error);
}

static VkImageMemoryBarrier transition(const window *window, VkImageLayout from, VkImageLayout to)
{
    return (VkImageMemoryBarrier){
        .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
        .oldLayout = from,
        .newLayout = to,
        .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .image = window->images[window->current],
        .subresourceRange = image_range,
    };
}

void window_record_copy(const window *window, const target *target, VkCommandBuffer commands)
{
    VkImageMemoryBarrier take = transition(window, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
    take.dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT;
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0, NULL,
                         1, &take);
    VkImageBlit blit = {
        .srcSubresource = image_layers,
        .srcOffsets = {{0}, {(int32_t)target->width, (int32_t)target->height, 1}},
        .dstSubresource = image_layers,
        .dstOffsets = {{0}, {(int32_t)window->extent.width, (int32_t)window->extent.height, 1}},
    };
    vkCmdBlitImage(commands, target->image.image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, window->images[window->current],
                   VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &blit, VK_FILTER_NEAREST);
    VkImageMemoryBarrier give =
        transition(window, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, VK_IMAGE_LAYOUT_PRESENT_SRC_KHR);
    give.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT;
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 0, 0, NULL, 0,
                         NULL, 1, &give);
}

VkSemaphore window_drawn(const window *window)
{
    return window->drawn[window->current];
}

bool window_present(window *window, error *error)
{
    VkSemaphore drawn = window_drawn(window);
    VkResult result = vkQueuePresentKHR(window->device->queue, &(VkPresentInfoKHR){
                                                                   .sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
                                                                   .waitSemaphoreCount = 1,
                                                                   .pWaitSemaphores = &drawn,
                                                                   .swapchainCount = 1,
                                                                   .pSwapchains = &window->swapchain,
                                                                   .pImageIndices = &window->current,
                                                               });
    if (result == VK_SUBOPTIMAL_KHR || result == VK_ERROR_OUT_OF_DATE_KHR) {
        window->outdated = true;
        return true;
    }
    return vk_ok(result, "vkQueuePresentKHR", error);
}
