#include "readback.h"

static VkDeviceSize bytes_of(int layer, texel_area area)
{
    return image_buffer_bytes(area.columns, area.rows, layer_row_of(layer)->channels);
}

static bool fit_buffer(const device *device, VkDeviceSize size, readback *readback, error *error)
{
    if (size <= readback->buffer.size)
        return true;
    buffer_destroy(device, &readback->buffer);
    return buffer_create(device, size, VK_BUFFER_USAGE_TRANSFER_DST_BIT, &readback->buffer, error);
}

bool readback_record(const device *device, VkCommandBuffer commands, const shown_images *images,
                     const layer_set *layers, texel_area area, readback *readback, error *error)
{
    VkDeviceSize size = 0, offset = 0;
    readback->values = (values){.area = area};
    if (area.columns <= 0 || area.rows <= 0)
        return true;
    for (int layer = 0; layer < SHOWN_LAYERS; layer++)
        size += layers->has[layer] && shown_image(images, layer)->image ? bytes_of(layer, area) : 0;
    if (size == 0)
        return true;
    if (!fit_buffer(device, size, readback, error))
        return false;
    for (int layer = 0; layer < SHOWN_LAYERS; layer++) {
        const VkBufferImageCopy copy = {.bufferOffset = offset,
                                        .imageSubresource = image_layers,
                                        .imageOffset = {area.x, area.y, 0},
                                        .imageExtent = {(uint32_t)area.columns, (uint32_t)area.rows, 1}};
        if (!layers->has[layer] || !shown_image(images, layer)->image)
            continue;
        vkCmdCopyImageToBuffer(commands, shown_image(images, layer)->image, VK_IMAGE_LAYOUT_GENERAL,
                               readback->buffer.handle, 1, &copy);
        readback->values.layers[layer] = (const float *)((const char *)readback->buffer.mapped + offset);
        offset += bytes_of(layer, area);
    }
    commands_show_host(commands);
    return true;
}

void readback_destroy(const device *device, readback *readback)
{
    buffer_destroy(device, &readback->buffer);
    *readback = (struct readback){0};
}
