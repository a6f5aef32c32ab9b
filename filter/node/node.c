/* The node's life and its images. */
#include <inttypes.h>
#include <stdlib.h>

#include "arguments.h"
#include "predictor.h"
#include "share.h"

/* ---- Checks ------------------------------------------------------------------------------------------------------ */

wf_result wf_node_check_slot(const wf_node *node, uint32_t slot)
{
    if (!node)
        return WF_ERROR_INVALID_ARGUMENT;
    if (slot >= node->options.slots)
        return WF_INVALID(&node->log, "there is no slot %u, the node has %u, from 0", slot, node->options.slots);
    return WF_OK;
}

static wf_result check_role(const wf_log *log, wf_node_role role)
{
    return wf_check_enum(log, "role", (int)role, WF_NODE_ROLE_COUNT);
}

static wf_result check_vulkan(const wf_node_options *options)
{
    int given = !!options->instance + !!options->physical_device + !!options->device + !!options->queue;
    if (given != 0 && given != 4)
        return WF_INVALID(&options->log,
                          "the node needs a VkInstance, VkPhysicalDevice, VkDevice and VkQueue, one is NULL");
    if (given == 0 && !options->automatic && options->backend != WF_CPU)
        return WF_INVALID(&options->log, "%s needs a VkDevice, without one only %s works",
                          wf_backend_name(options->backend), wf_backend_name(WF_CPU));
    return WF_OK;
}

static uint32_t most_pixels_a_side(const wf_node_options *options)
{
    if (!options->device)
        return INT32_MAX;
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(options->physical_device, &properties);
    return properties.limits.maxImageDimension2D;
}

static wf_result check_options(const wf_node_options *options)
{
    const wf_log *log = &options->log;
    if (!options->automatic)
        WF_TRY(wf_check_enum(log, "backend", (int)options->backend, WF_BACKEND_COUNT));
    WF_TRY(check_vulkan(options));
    if (options->slots < 1 || options->slots > WF_NODE_MAX_SLOTS)
        return WF_INVALID(log, "slots is %u, it is 1 to %d", options->slots, WF_NODE_MAX_SLOTS);
    uint32_t most = most_pixels_a_side(options);
    if (options->width < 1 || options->height < 1 || options->width > most || options->height > most)
        return WF_INVALID(log, "the node's images are %ux%u, the device allows 1x1 to %ux%u", options->width,
                          options->height, most, most);
    return WF_OK;
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

/* The caller's log. A backend that does not work out is a warning while others may be tried. */
static void relay(void *user, wf_log_level level, const char *message)
{
    const wf_node *node = user;
    const wf_log *log = &node->options.log;
    if (node->trying && level == WF_LOG_ERROR)
        wf_report(log, WF_LOG_WARNING, WF_OK, "the node cannot use %s: %s", node->trying, message);
    else
        wf_report(log, level, WF_OK, "%s", message);
}

static wf_result open_slot(wf_node *node, uint32_t slot)
{
    if (node_lacks_vulkan(node))
        return WF_OK;
    WF_TRY(wf_share_create_timeline(&node->options, &node->log, node->handover->shared, &node->slots[slot].timeline));
    WF_TRY(wf_node_create_queries(node, slot));
    return node->handover->open_slot(node, slot);
}

static wf_result open_parts(wf_node *node)
{
    WF_TRY(node->handover->open(node));
    for (uint32_t slot = 0; slot < node->options.slots; slot++)
        WF_TRY(open_slot(node, slot));
    return WF_OK;
}

static void close_parts(wf_node *node)
{
    VkDevice device = node->options.device;
    node->handover->close(node);
    wf_destroy(node->device);
    node->device = NULL;
    for (uint32_t slot = 0; slot < node->options.slots; slot++) {
        node_slot *s = &node->slots[slot];
        if (device) {
            vkDestroySemaphore(device, s->timeline, NULL);
            vkDestroyQueryPool(device, s->queries, NULL);
        }
        *s = (node_slot){0};
    }
}

static wf_result open_backend(wf_node *node, wf_backend backend)
{
    static const node_handover *const handovers[WF_BACKEND_COUNT] = {
        [WF_CPU] = &wf_node_handover_cpu, [WF_VULKAN] = &wf_node_handover_vulkan, [WF_CUDA] = &wf_node_handover_cuda};
    node->handover = node_lacks_vulkan(node) ? &wf_node_handover_host : handovers[backend];
    wf_result result = open_parts(node);
    if (result != WF_OK)
        close_parts(node);
    return result;
}

/* A driver without a GPU computes shaders on the processor, slower than WF_CPU does its work there. */
static int passes_over(const wf_node *node, wf_backend backend)
{
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(node->options.physical_device, &properties);
    if (backend != WF_VULKAN || properties.deviceType != VK_PHYSICAL_DEVICE_TYPE_CPU)
        return 0;
    wf_report(&node->options.log, WF_LOG_WARNING, WF_OK, "the node passes over %s: %s is no GPU, %s is faster",
              wf_backend_name(backend), properties.deviceName, wf_backend_name(WF_CPU));
    return 1;
}

static wf_result open_first_that_works(wf_node *node)
{
    static const wf_backend order[WF_BACKEND_COUNT] = {WF_CUDA, WF_VULKAN, WF_CPU};
    wf_result result = WF_ERROR_UNSUPPORTED;
    for (int i = 0; i < WF_BACKEND_COUNT && result != WF_OK; i++) {
        if (passes_over(node, order[i]))
            continue;
        node->trying = wf_backend_name(order[i]);
        result = open_backend(node, order[i]);
        node->trying = NULL;
    }
    return result == WF_OK ? WF_OK : wf_fail(&node->log, result, "the node can use neither cuda, vulkan nor cpu");
}

wf_result wf_node_create(const wf_node_options *options, wf_node **node)
{
    if (node)
        *node = NULL;
    if (!options)
        return WF_ERROR_INVALID_ARGUMENT;
    WF_TRY(wf_check_pointer(&options->log, "node", node));
    WF_TRY(check_options(options));
    wf_node *made = calloc(1, sizeof *made);
    if (!made)
        return wf_fail(&options->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for a node");
    made->options = *options;
    made->log = (wf_log){.callback = relay, .user = made};
    wf_node_open_clock(made);
    made->labels = wf_labels_of(made->options.instance);
    int chooses = options->automatic && !node_lacks_vulkan(made);
    wf_result result = chooses ? open_first_that_works(made) : open_backend(made, options->backend);
    if (result != WF_OK) {
        free(made);
        return result;
    }
    *node = made;
    return WF_OK;
}

wf_result wf_node_wait_for_all(wf_node *node)
{
    for (uint32_t slot = 0; slot < node->options.slots; slot++)
        WF_TRY(node->handover->wait(node, slot));
    return WF_OK;
}

static void unbind(wf_node *node, uint32_t slot, wf_node_role role)
{
    node_slot *s = &node->slots[slot];
    if (!node_is_bound(s, role))
        return;
    node->handover->unmap(node, slot, role);
    s->images[role] = (wf_node_image){0};
    wf_node_drop_map(node, role);
}

void wf_node_destroy(wf_node *node)
{
    if (!node)
        return;
    wf_node_wait_for_all(node);
    if (!node_lacks_vulkan(node))
        vkQueueWaitIdle(node->options.queue); /* Mesa 22 touches a timeline even after its waiters have gone on */
    for (uint32_t slot = 0; slot < node->options.slots; slot++) {
        for (wf_node_role role = 0; role < WF_NODE_ROLE_COUNT; role++)
            unbind(node, slot, role);
    }
    wf_node_free_records(node);
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++)
        wf_node_drop_predictor(node, op);
    wf_node_free_planes(node);
    close_parts(node);
    free(node);
}

wf_backend wf_node_backend(const wf_node *node)
{
    return node ? node->handover->backend : WF_BACKEND_COUNT;
}

wf_result wf_node_get_info(const wf_node *node, wf_device_info *info)
{
    return node ? wf_get_info(node->device, info) : WF_ERROR_INVALID_ARGUMENT;
}

/* ---- Images ------------------------------------------------------------------------------------------------------ */

wf_result wf_node_create_image(wf_node *node, wf_node_role role, wf_node_image *image)
{
    if (!node)
        return WF_ERROR_INVALID_ARGUMENT;
    WF_TRY(wf_check_pointer(&node->log, "image", image));
    *image = (wf_node_image){0};
    WF_TRY(check_role(&node->log, role));
    return wf_image_create(&node->options, &node->log, wf_image_role_format(role), node->handover->shared, image);
}

void wf_node_destroy_image(wf_node *node, wf_node_image *image)
{
    if (!node || !image)
        return;
    for (uint32_t slot = 0; slot < node->options.slots; slot++) {
        for (wf_node_role role = 0; role < WF_NODE_ROLE_COUNT; role++) {
            if (wf_image_same(&node->slots[slot].images[role], image)) {
                node->handover->wait(node, slot);
                unbind(node, slot, role);
            }
        }
    }
    wf_image_destroy(node->options.device, image);
}

static wf_result check_format(const wf_log *log, wf_node_role role, VkFormat format)
{
    int channels = wf_image_format_of(format).channels;
    if (channels == 4 || channels == wf_node_role_of(role).channels)
        return WF_OK;
    return wf_fail(
        log, WF_ERROR_UNSUPPORTED,
        "the %s image has VkFormat %d, the node takes R32G32B32A32_SFLOAT (%d), R16G16B16A16_SFLOAT (%d) and, "
        "for depth, R32_SFLOAT (%d) and R16_SFLOAT (%d)",
        wf_node_name(role).text, format, VK_FORMAT_R32G32B32A32_SFLOAT, VK_FORMAT_R16G16B16A16_SFLOAT,
        VK_FORMAT_R32_SFLOAT, VK_FORMAT_R16_SFLOAT);
}

static VkImageUsageFlags needed_usage(const wf_node *node, wf_node_role role)
{
    if (node_lacks_vulkan(node))
        return 0;
    switch (node->handover->backend) {
    case WF_VULKAN:
        return node_is_input(role) ? VK_IMAGE_USAGE_SAMPLED_BIT : VK_IMAGE_USAGE_STORAGE_BIT;
    case WF_CPU:
        return node_is_input(role) ? VK_IMAGE_USAGE_TRANSFER_SRC_BIT : VK_IMAGE_USAGE_TRANSFER_DST_BIT;
    default:
        return 0;
    }
}

static wf_result check_handles(const wf_node *node, uint32_t slot, wf_node_role role, const wf_node_image *image)
{
    const wf_log *log = &node->log;
    const node_name name = wf_node_name(role);
    if (node_lacks_vulkan(node))
        return image->texels
                   ? WF_OK
                   : WF_INVALID(log, "the %s image of slot %u lacks its texels, which a node without Vulkan needs",
                                name.text, slot);
    if (!image->image || !image->view)
        return WF_INVALID(log, "the %s image of slot %u lacks its VkImage or its VkImageView", name.text, slot);
    return WF_OK;
}

static wf_result check_image(const wf_node *node, uint32_t slot, wf_node_role role, const wf_node_image *image)
{
    const wf_log *log = &node->log;
    WF_TRY(check_handles(node, slot, role, image));
    WF_TRY(check_format(log, role, image->format));
    VkImageUsageFlags usage = needed_usage(node, role);
    if ((image->usage & usage) != usage)
        return WF_INVALID(log, "the %s image of slot %u has usage 0x%x, %s needs 0x%x in it", wf_node_name(role).text,
                          slot, image->usage, wf_backend_name(node->handover->backend), usage);
    if (node->handover->shared && (!image->memory || !image->memory_size))
        return WF_INVALID(log, "the %s image of slot %u lacks its VkDeviceMemory or its size (%" PRIu64 " bytes)",
                          wf_node_name(role).text, slot, image->memory_size);
    for (wf_node_role other = 0; other < WF_NODE_ROLE_COUNT; other++) {
        if (other != role && wf_image_same(&node->slots[slot].images[other], image))
            return WF_INVALID(log, "the %s image of slot %u is its %s image already", wf_node_name(role).text, slot,
                              wf_node_name(other).text);
    }
    return WF_OK;
}

wf_result wf_node_bind(wf_node *node, uint32_t slot, wf_node_role role, const wf_node_image *image)
{
    WF_TRY(wf_node_check_slot(node, slot));
    WF_TRY(check_role(&node->log, role));
    node_slot *s = &node->slots[slot];
    WF_TRY(wf_node_check_idle(node, slot, "its images"));
    WF_TRY(node->handover->wait(node, slot));
    unbind(node, slot, role);
    if (!image)
        return WF_OK;
    WF_TRY(check_image(node, slot, role, image));
    WF_TRY(wf_node_need_planes(node, role));
    WF_TRY(wf_node_prepare_layer(node, wf_node_role_of(role).layer));
    s->images[role] = *image;
    wf_result result = node->handover->map(node, slot, role);
    if (result != WF_OK)
        s->images[role] = (wf_node_image){0};
    return result;
}
