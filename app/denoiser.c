#include "denoiser.h"

#include <stdio.h>
#include <string.h>

/* The node's role of each layer; -1: the node does not know it. */
static const int roles[LAYER_COUNT] = {
    [FRAME_COLOR] = WF_NODE_COLOR,
    [FRAME_ALBEDO] = WF_NODE_ALBEDO,
    [FRAME_NORMAL] = WF_NODE_NORMAL,
    [FRAME_DEPTH] = WF_NODE_DEPTH,
    [FRAME_MOTION] = -1,
    [FRAME_REFERENCE] = -1,
    [LAYER_GATHER] = WF_NODE_GATHER,
    [LAYER_SPLAT] = WF_NODE_SPLAT,
};

static VkFormat format_of(int layer)
{
    switch (frame_layer_channels(layer)) {
    case 1:
        return VK_FORMAT_R32_SFLOAT;
    case 2:
        return VK_FORMAT_R32G32_SFLOAT;
    default:
        return VK_FORMAT_R32G32B32A32_SFLOAT;
    }
}

static void log_node(void *user, wf_log_level level, const char *message)
{
    node_log *log = user;
    if (level == WF_LOG_ERROR)
        snprintf(log->failure, sizeof log->failure, "%s", message);
    else if (level == WF_LOG_WARNING)
        snprintf(log->warning, sizeof log->warning, "%s", message);
    if (level == WF_LOG_WARNING)
        fprintf(stderr, "wfview: warning: %s\n", message);
    if (level == WF_LOG_VALIDATION) {
        fprintf(stderr, "validation: %s\n", message);
        log->validation_messages++;
    }
}

/* The sentence that the node logged becomes the error. */
static bool node_ok(const denoiser *denoiser, wf_result result, error *error)
{
    return result == WF_OK || error_set(error, "%s", denoiser->log->failure);
}

/* ---- Life --------------------------------------------------------------------------------------------------------- */

static bool fill(denoiser *denoiser, const denoiser_options *options, error *error)
{
    const device *device = denoiser->device;
    wf_node_options node = {
        .instance = device->instance,
        .physical_device = device->physical,
        .device = device->handle,
        .queue_family = device->queue_family,
        .queue = device->queue,
        .pipeline_cache = device->cache,
        .automatic = options->automatic,
        .backend = options->backend,
        .width = options->width,
        .height = options->height,
        .slots = DENOISER_SLOTS,
        .log = {log_node, denoiser->log},
    };
    if (!node_ok(denoiser, wf_node_create(&node, &denoiser->node), error) ||
        !timer_create(device, DENOISER_SLOTS, &denoiser->timer, error))
        return false;
    for (int i = 0; i < DENOISER_SLOTS; i++) {
        denoiser->slots[i].staged = -1;
        if (!commands_allocate(device, 1, &denoiser->slots[i].upload, error))
            return false;
    }
    return true;
}

bool denoiser_create(const device *device, const denoiser_options *options, node_log *log, denoiser *denoiser,
                     error *error)
{
    *denoiser = (struct denoiser){.device = device, .log = log, .width = options->width, .height = options->height};
    if (fill(denoiser, options, error))
        return true;
    denoiser_destroy(denoiser);
    return false;
}

static void destroy_image(denoiser *denoiser, int layer, wf_node_image *image)
{
    if (!image->image)
        return;
    if (roles[layer] < 0)
        image_destroy(denoiser->device, image);
    else
        wf_node_destroy_image(denoiser->node, image);
    *image = (wf_node_image){0};
}

void denoiser_destroy(denoiser *denoiser)
{
    const device *device = denoiser->device;
    if (!device)
        return;
    vkQueueWaitIdle(device->queue);
    for (int i = 0; i < DENOISER_SLOTS; i++) {
        denoiser_slot *slot = &denoiser->slots[i];
        for (int layer = 0; layer < LAYER_COUNT; layer++)
            destroy_image(denoiser, layer, &slot->images[layer]);
        buffer_destroy(device, &slot->staging);
        if (slot->upload)
            vkFreeCommandBuffers(device->handle, device->commands, 1, &slot->upload);
    }
    timer_destroy(device, &denoiser->timer);
    wf_node_destroy(denoiser->node);
    *denoiser = (struct denoiser){0};
}

/* ---- Weights ------------------------------------------------------------------------------------------------------ */

static bool set_weights(denoiser *denoiser, wf_operator op, wf_mode mode, const weights *weights, error *error)
{
    wf_filter filter = {weights->kernel_height, weights->kernel_width, 1, mode, 1};
    wf_tensor tensor =
        wf_dense(weights->data, weights->half ? WF_FLOAT16 : WF_FLOAT32, 1,
                 (int64_t)weights->kernel_height * weights->kernel_width, weights->height, weights->width);
    return node_ok(denoiser, wf_node_set_weights(denoiser->node, op, &filter, &tensor), error);
}

bool denoiser_set_predictor(denoiser *denoiser, const predictor_options *predictor, const weights *gather,
                            const weights *splat, error *error)
{
    if (!predictor->from_files)
        return node_ok(denoiser, wf_node_set_bilateral(denoiser->node, &predictor->bilateral), error);
    if (!set_weights(denoiser, WF_GATHER, predictor->mode, gather, error))
        return false;
    if (splat)
        return set_weights(denoiser, WF_SPLAT, predictor->mode, splat, error);
    return node_ok(denoiser, wf_node_share_weights(denoiser->node, WF_GATHER, WF_SPLAT), error);
}

/* ---- Frames ------------------------------------------------------------------------------------------------------- */

static bool has_layer(const frame *frame, int layer)
{
    return layer >= FRAME_LAYER_COUNT || frame->layers[layer].pixels;
}

static bool add_image(denoiser *denoiser, uint32_t index, int layer, error *error)
{
    wf_node_image *image = &denoiser->slots[index].images[layer];
    if (roles[layer] < 0)
        return image_create(denoiser->device, denoiser->width, denoiser->height, format_of(layer),
                            VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT |
                                VK_IMAGE_USAGE_TRANSFER_DST_BIT,
                            image, error);
    wf_node_role role = (wf_node_role)roles[layer];
    return node_ok(denoiser, wf_node_create_image(denoiser->node, role, image), error) &&
           node_ok(denoiser, wf_node_bind(denoiser->node, index, role, image), error);
}

/* Gives the slot an image for every layer that the frame has, and for no other. */
static bool fit_images(denoiser *denoiser, uint32_t index, const frame *frame, error *error)
{
    for (int layer = 0; layer < LAYER_COUNT; layer++) {
        wf_node_image *image = &denoiser->slots[index].images[layer];
        if (!has_layer(frame, layer))
            destroy_image(denoiser, layer, image);
        else if (!image->image && !add_image(denoiser, index, layer, error))
            return false;
    }
    return true;
}

static VkDeviceSize layer_bytes(const denoiser *denoiser, int layer)
{
    return (VkDeviceSize)denoiser->width * denoiser->height * sizeof(float) * (VkDeviceSize)frame_layer_channels(layer);
}

/* Where a layer begins in the staging buffer, at a multiple of every texel's size; LAYER_COUNT: the size of all. */
static VkDeviceSize staging_offset(const denoiser *denoiser, const denoiser_slot *slot, int end)
{
    VkDeviceSize offset = 0;
    for (int layer = 0; layer < end && layer < FRAME_LAYER_COUNT; layer++)
        if (slot->images[layer].image)
            offset += (layer_bytes(denoiser, layer) + 15) / 16 * 16;
    return offset;
}

static bool fit_staging(const denoiser *denoiser, denoiser_slot *slot, error *error)
{
    VkDeviceSize size = staging_offset(denoiser, slot, LAYER_COUNT);
    if (size <= slot->staging.size)
        return true;
    buffer_destroy(denoiser->device, &slot->staging);
    slot->staged = -1;
    return buffer_create(denoiser->device, size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, &slot->staging, error);
}

static void stage(const denoiser *denoiser, denoiser_slot *slot, const frame *frame, int index, profiler *profiler)
{
    if (slot->staged == index)
        return;
    int64_t begin = profiler_now();
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++)
        if (has_layer(frame, layer))
            memcpy((char *)slot->staging.mapped + staging_offset(denoiser, slot, layer), frame->layers[layer].pixels,
                   layer_bytes(denoiser, layer));
    slot->staged = index;
    profiler_add(profiler, PROFILER_CPU, "copy to staging", begin, profiler_now(), denoiser->frames);
}

static void record_copies(const denoiser *denoiser, const denoiser_slot *slot, VkCommandBuffer commands)
{
    VkImageMemoryBarrier discard[FRAME_LAYER_COUNT];
    uint32_t count = 0;
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++)
        if (slot->images[layer].image)
            discard[count++] = (VkImageMemoryBarrier){
                .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
                .dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
                .oldLayout = VK_IMAGE_LAYOUT_UNDEFINED,
                .newLayout = VK_IMAGE_LAYOUT_GENERAL,
                .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
                .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
                .image = slot->images[layer].image,
                .subresourceRange = image_range,
            };
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0,
                         NULL, count, discard);
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++) {
        VkBufferImageCopy copy = {.bufferOffset = staging_offset(denoiser, slot, layer),
                                  .imageSubresource = image_layers,
                                  .imageExtent = {denoiser->width, denoiser->height, 1}};
        if (slot->images[layer].image)
            vkCmdCopyBufferToImage(commands, slot->staging.handle, slot->images[layer].image, VK_IMAGE_LAYOUT_GENERAL,
                                   1, &copy);
    }
    VkMemoryBarrier written = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT,
    };
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT,
                         VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 1, &written, 0,
                         NULL, 0, NULL);
}

static bool record_upload(denoiser *denoiser, uint32_t index, error *error)
{
    denoiser_slot *slot = &denoiser->slots[index];
    if (!commands_begin(slot->upload, error))
        return false;
    timer_begin(&denoiser->timer, slot->upload, index);
    record_copies(denoiser, slot, slot->upload);
    timer_end(&denoiser->timer, slot->upload, index);
    return node_ok(denoiser, wf_node_release(denoiser->node, index, slot->upload), error) &&
           vk_ok(vkEndCommandBuffer(slot->upload), "vkEndCommandBuffer", error);
}

static bool submit_upload(denoiser *denoiser, uint32_t index, const wf_node_sync *sync, error *error)
{
    VkSubmitInfo submit = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .pNext =
            &(VkTimelineSemaphoreSubmitInfo){
                .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                .signalSemaphoreValueCount = 1,
                .pSignalSemaphoreValues = &sync->ready,
            },
        .commandBufferCount = 1,
        .pCommandBuffers = &denoiser->slots[index].upload,
        .signalSemaphoreCount = 1,
        .pSignalSemaphores = &sync->timeline,
    };
    return vk_ok(vkQueueSubmit(denoiser->device->queue, 1, &submit, VK_NULL_HANDLE), "vkQueueSubmit", error);
}

static void collect_slot(denoiser *denoiser, uint32_t index, profiler *profiler)
{
    wf_node_timing timing;
    uint64_t *untimed = &denoiser->slots[index].untimed;
    if (!*untimed || wf_node_timing_of(denoiser->node, index, &timing) != WF_OK || timing.frame != *untimed)
        return;
    *untimed = 0;
    denoiser->uncertainty_ns = timing.uncertainty_ns;
    int64_t begin, end;
    if (timer_read(&denoiser->timer, denoiser->device, index, &begin, &end))
        profiler_add(profiler, PROFILER_VULKAN, "upload", begin, end, timing.frame);
    wf_node_span whole = {INT64_MAX, 0};
    for (int stage = 0; stage < WF_NODE_STAGE_COUNT; stage++) {
        wf_node_span span = timing.stages[stage];
        if (!span.end_ns)
            continue;
        profiler_add(profiler, PROFILER_NODE, wf_node_stage_name(stage), span.begin_ns, span.end_ns, timing.frame);
        whole.begin_ns = span.begin_ns < whole.begin_ns ? span.begin_ns : whole.begin_ns;
        whole.end_ns = span.end_ns > whole.end_ns ? span.end_ns : whole.end_ns;
    }
    if (whole.end_ns)
        profiler_add(profiler, PROFILER_NODE, "node", whole.begin_ns, whole.end_ns, timing.frame);
}

uint32_t denoiser_next_slot(const denoiser *denoiser)
{
    return (uint32_t)(denoiser->frames % DENOISER_SLOTS);
}

bool denoiser_run(denoiser *denoiser, const frame *frame, int index, profiler *profiler, wf_node_sync *sync,
                  error *error)
{
    uint32_t slot = denoiser_next_slot(denoiser);
    collect_slot(denoiser, slot, profiler);
    denoiser->slots[slot].untimed = ++denoiser->frames;
    if (!fit_images(denoiser, slot, frame, error) || !fit_staging(denoiser, &denoiser->slots[slot], error) ||
        !node_ok(denoiser, wf_node_begin(denoiser->node, slot, sync), error))
        return false;
    stage(denoiser, &denoiser->slots[slot], frame, index, profiler);
    return record_upload(denoiser, slot, error) && submit_upload(denoiser, slot, sync, error) &&
           node_ok(denoiser, wf_node_run(denoiser->node, slot), error);
}

bool denoiser_acquire(denoiser *denoiser, uint32_t slot, VkCommandBuffer commands, error *error)
{
    return node_ok(denoiser, wf_node_acquire(denoiser->node, slot, commands), error);
}

void denoiser_collect(denoiser *denoiser, profiler *profiler)
{
    for (uint32_t i = 0; i < DENOISER_SLOTS; i++)
        collect_slot(denoiser, (uint32_t)((denoiser->frames + i) % DENOISER_SLOTS), profiler);
}
