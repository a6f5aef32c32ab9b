#include "capture.h"

#include <stdlib.h>

#include "app/files/exr.h"
#include "app/files/png.h"

bool capture_create(const device *device, capture *capture, error *error)
{
    *capture = (struct capture){.device = device->handle ? device : NULL};
    return !device->handle || commands_allocate(device, 1, &capture->commands, error);
}

void capture_destroy(capture *capture)
{
    if (!capture->device)
        return;
    buffer_destroy(capture->device, &capture->buffer);
    vkFreeCommandBuffers(capture->device->handle, capture->device->commands, 1, &capture->commands);
    *capture = (struct capture){0};
}

static bool begin(capture *capture, VkDeviceSize size, error *error)
{
    if (size > capture->buffer.size) {
        buffer_destroy(capture->device, &capture->buffer);
        if (!buffer_create(capture->device, size, VK_BUFFER_USAGE_TRANSFER_DST_BIT, &capture->buffer, error))
            return false;
    }
    return commands_begin(capture->commands, error);
}

static void copy(const capture *capture, VkImage image, VkImageLayout layout, uint32_t width, uint32_t height,
                 VkDeviceSize offset)
{
    VkBufferImageCopy region = {
        .bufferOffset = offset, .imageSubresource = image_layers, .imageExtent = {width, height, 1}};
    vkCmdCopyImageToBuffer(capture->commands, image, layout, capture->buffer.handle, 1, &region);
}

static bool finish(capture *capture, error *error)
{
    commands_show_host(capture->commands);
    return commands_finish(capture->device, capture->commands, error);
}

bool capture_target(capture *capture, const target *target, const char *path, error *error)
{
    if (!begin(capture, (VkDeviceSize)target->width * target->height * 4, error))
        return false;
    copy(capture, target->image.image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, target->width, target->height, 0);
    return finish(capture, error) &&
           png_write(path, (int)target->width, (int)target->height, capture->buffer.mapped, error);
}

bool capture_layers(capture *capture, const shown_images *images, const layer_set *layers, int width, int height,
                    image pictures[SHOWN_LAYERS], error *error)
{
    VkDeviceSize offsets[SHOWN_LAYERS], size = 0;
    for (int layer = 0; layer < SHOWN_LAYERS; layer++) {
        offsets[layer] = size;
        pictures[layer] = (image){0};
        if (layers->has[layer] && image_exists(shown_image(images, layer)))
            size += image_buffer_bytes(width, height, layer_row_of(layer)->channels);
    }
    if (!capture->device) {
        for (int layer = 0; layer < SHOWN_LAYERS; layer++)
            if (layers->has[layer] && image_exists(shown_image(images, layer)))
                pictures[layer] =
                    (image){width, height, layer_row_of(layer)->channels, shown_image(images, layer)->texels};
        return true;
    }
    if (!begin(capture, size, error))
        return false;
    for (int layer = 0; layer < SHOWN_LAYERS; layer++) {
        if (!layers->has[layer] || !image_exists(shown_image(images, layer)))
            continue;
        copy(capture, shown_image(images, layer)->image, VK_IMAGE_LAYOUT_GENERAL, (uint32_t)width, (uint32_t)height,
             offsets[layer]);
        pictures[layer] = (image){width, height, layer_row_of(layer)->channels,
                                  (float *)((char *)capture->buffer.mapped + offsets[layer])};
    }
    return finish(capture, error);
}
