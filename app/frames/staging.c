#include "staging.h"

#include <string.h>

void staging_destroy(staging *staging)
{
    for (int i = 0; staging->device && i < DENOISER_SLOTS; i++)
        buffer_destroy(staging->device, &staging->slots[i].buffer);
    *staging = (struct staging){0};
}

static VkDeviceSize layer_bytes(const image *layer)
{
    return (VkDeviceSize)layer->width * (VkDeviceSize)layer->height * sizeof(float) * (VkDeviceSize)layer->channels;
}

/* Where a layer begins in the buffer; FRAME_LAYER_COUNT: the size of all. */
static VkDeviceSize offset_of(const frame *frame, int end)
{
    VkDeviceSize offset = 0;
    for (int layer = 0; layer < end; layer++) {
        const image *image = &frame->layers[layer];
        if (image->pixels)
            offset += image_buffer_bytes(image->width, image->height, image->channels);
    }
    return offset;
}

static bool fit_buffer(const staging *staging, staging_slot *slot, error *error)
{
    VkDeviceSize size = offset_of(staging->frame, FRAME_LAYER_COUNT);
    if (size <= slot->buffer.size)
        return true;
    buffer_destroy(staging->device, &slot->buffer);
    slot->held = 0;
    return buffer_create(staging->device, size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, &slot->buffer, error);
}

static void fill_buffer(const staging *staging, staging_slot *slot, const denoiser_turn *turn)
{
    const frame *frame = staging->frame;
    if (slot->held == staging->index + 1)
        return;
    const profiler_range range = profiler_begin("copy to staging");
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++)
        if (frame->layers[layer].pixels)
            memcpy((char *)slot->buffer.mapped + offset_of(frame, layer), frame->layers[layer].pixels,
                   layer_bytes(&frame->layers[layer]));
    slot->held = staging->index + 1;
    profiler_end(range, turn->profiler, turn->frame);
}

_Static_assert(FRAME_LAYER_COUNT <= COMMANDS_IMAGES, "a frame's images are discarded at once");

static void record_copies(const frame *frame, const staging_slot *slot, const denoiser_turn *turn)
{
    VkImage images[FRAME_LAYER_COUNT];
    uint32_t count = 0;
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++)
        if (frame->layers[layer].pixels)
            images[count++] = turn->images[layer].image;
    commands_discard(turn->commands, images, count, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT,
                     VK_ACCESS_TRANSFER_WRITE_BIT);
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++) {
        VkBufferImageCopy copy = {.bufferOffset = offset_of(frame, layer),
                                  .imageSubresource = image_layers,
                                  .imageExtent = {(uint32_t)frame->width, (uint32_t)frame->height, 1}};
        if (frame->layers[layer].pixels)
            vkCmdCopyBufferToImage(turn->commands, slot->buffer.handle, turn->images[layer].image,
                                   VK_IMAGE_LAYOUT_GENERAL, 1, &copy);
    }
    commands_order(turn->commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT,
                   VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
                   VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT);
}

static void copy_to_host(const frame *frame, const denoiser_turn *turn)
{
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++)
        if (frame->layers[layer].pixels)
            memcpy(turn->images[layer].texels, frame->layers[layer].pixels, layer_bytes(&frame->layers[layer]));
}

static bool record(void *maker, const denoiser_turn *turn, error *error)
{
    staging *staging = maker;
    staging_slot *slot = &staging->slots[turn->slot];
    if (!turn->commands) {
        copy_to_host(staging->frame, turn);
        return true;
    }
    if (!fit_buffer(staging, slot, error))
        return false;
    fill_buffer(staging, slot, turn);
    record_copies(staging->frame, slot, turn);
    return true;
}

denoiser_input staging_input(staging *staging, const frame *frame, int index)
{
    denoiser_input input = {.stage = "upload", .has_alpha = frame->has_alpha, .record = record, .maker = staging};
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++)
        input.has[layer] = frame->layers[layer].pixels;
    staging->frame = frame;
    staging->index = index;
    return input;
}

void staging_forget(staging *staging, int index)
{
    for (int i = 0; i < DENOISER_SLOTS; i++)
        if (staging->slots[i].held == index + 1)
            staging->slots[i].held = 0;
}
