#include "render.h"

#include <stdlib.h>
#include <string.h>

#define PATHS_AT_ONCE ((size_t)1 << 24) /* in one submission, which holds a GPU that may have a desktop to draw */

static const struct {
    frame_layer layer;
    VkFormat format;
} layers[TRACE_IMAGE_COUNT] = {
    [TRACE_COLOR] = {FRAME_COLOR, VK_FORMAT_R32G32B32A32_SFLOAT},
    [TRACE_ALBEDO] = {FRAME_ALBEDO, VK_FORMAT_R32G32B32A32_SFLOAT},
    [TRACE_NORMAL] = {FRAME_NORMAL, VK_FORMAT_R32G32B32A32_SFLOAT},
    [TRACE_DEPTH] = {FRAME_DEPTH, VK_FORMAT_R32_SFLOAT},
    [TRACE_MOTION] = {FRAME_MOTION, VK_FORMAT_R32G32_SFLOAT},
};

static size_t pixels(const render *render)
{
    return (size_t)render->tracer.fixed.width * (size_t)render->tracer.fixed.height;
}

/* Floats in the read-back layers before this one. Layers start where copies may: at a multiple of their texels' size. */
static size_t floats_before(const render *render, int end)
{
    size_t sum = 0;
    for (int i = 0; i < end; i++)
        sum += (pixels(render) + 3) / 4 * 4 * (size_t)frame_layer_channels(layers[i].layer);
    return sum;
}

static bool fill(render *render, uint32_t width, uint32_t height, error *error)
{
    const device *device = render->tracer.device;
    if (!tracer_resize(&render->tracer, width, height, error))
        return false;
    for (int i = 0; i < TRACE_IMAGE_COUNT; i++)
        if (!image_create(device, width, height, layers[i].format,
                          VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT, &render->images[i], error))
            return false;
    tracer_bind(&render->tracer, 0, render->images);
    return buffer_create(device, floats_before(render, TRACE_IMAGE_COUNT) * sizeof(float),
                         VK_BUFFER_USAGE_TRANSFER_DST_BIT, &render->readback, error) &&
           commands_allocate(device, 1, &render->commands, error);
}

bool render_create(const device *device, const scene *scene, const bvh *bvh, tracer_features features, uint32_t width,
                   uint32_t height, render *render, error *error)
{
    *render = (struct render){0};
    if (!tracer_create(device, scene, bvh, features, &render->tracer, error))
        return false;
    if (fill(render, width, height, error))
        return true;
    render_destroy(render);
    return false;
}

void render_destroy(render *render)
{
    const device *device = render->tracer.device;
    if (!device)
        return;
    if (render->commands)
        vkFreeCommandBuffers(device->handle, device->commands, 1, &render->commands);
    for (int i = 0; i < TRACE_IMAGE_COUNT; i++)
        image_destroy(device, &render->images[i]);
    buffer_destroy(device, &render->readback);
    tracer_destroy(&render->tracer);
    *render = (struct render){0};
}

/* Whole slices, so that the picture does not depend on the parts. */
static uint32_t samples_at_once(const render *render)
{
    const size_t slices = PATHS_AT_ONCE / pixels(render) / TRACE_SLICE;
    const size_t most = TRACER_MAX_SAMPLES / TRACE_SLICE;
    return TRACE_SLICE * (uint32_t)(slices < 1 ? 1 : slices < most ? slices : most);
}

static void read_back(const render *render)
{
    for (int i = 0; i < TRACE_IMAGE_COUNT; i++) {
        VkBufferImageCopy copy = {
            .bufferOffset = floats_before(render, i) * sizeof(float),
            .imageSubresource = image_layers,
            .imageExtent = {(uint32_t)render->tracer.fixed.width, (uint32_t)render->tracer.fixed.height, 1}};
        vkCmdCopyImageToBuffer(render->commands, render->images[i].image, VK_IMAGE_LAYOUT_GENERAL,
                               render->readback.handle, 1, &copy);
    }
    commands_show_host(render->commands);
}

/* And reads back. */
static bool trace(render *render, const tracer_frame *frame, error *error)
{
    const uint32_t most = samples_at_once(render);
    tracer_frame part = *frame;
    for (uint32_t done = 0; done < frame->samples; done += part.samples) {
        uint32_t left = frame->samples - done;
        part.samples = left < most ? left : most;
        part.first_sample = frame->first_sample + done;
        part.accumulate = frame->accumulate || done > 0;
        if (!commands_begin(render->commands, error))
            return false;
        tracer_render(&render->tracer, render->commands, 0, &part);
        if (part.samples == left)
            read_back(render);
        if (!commands_finish(render->tracer.device, render->commands, error))
            return false;
    }
    return true;
}

static bool copy_layers(const render *render, frame *out, error *error)
{
    *out = (frame){.width = render->tracer.fixed.width, .height = render->tracer.fixed.height};
    for (int i = 0; i < TRACE_IMAGE_COUNT; i++) {
        int channels = frame_layer_channels(layers[i].layer);
        size_t size = pixels(render) * (size_t)channels * sizeof(float);
        image *image = &out->layers[layers[i].layer];
        *image = (struct image){out->width, out->height, channels, malloc(size)};
        if (!image->pixels) {
            frame_free(out);
            return error_set(error, "no memory for a frame of %d x %d pixels", out->width, out->height);
        }
        memcpy(image->pixels, (float *)render->readback.mapped + floats_before(render, i), size);
    }
    return true;
}

bool render_frame(render *render, const tracer_frame *frame, struct frame *out, error *error)
{
    return trace(render, frame, error) && copy_layers(render, out, error);
}
