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

/* Floats in the read-back layers before this one. Layers start where copies may: at a
   multiple of their texels' size. */
static size_t floats_before(const render *render, int end)
{
    size_t sum = 0;
    for (int i = 0; i < end; i++)
        sum += (pixels(render) + 3) / 4 * 4 * (size_t)frame_layer_channels(layers[i].layer);
    return sum;
}

/* Images for so many slots, and room to read all of them back. */
static bool reserve_slots(render *render, uint32_t count, error *error)
{
    const device *device = render->tracer.device;
    const uint32_t width = (uint32_t)render->tracer.fixed.width, height = (uint32_t)render->tracer.fixed.height;
    if (count <= render->slots)
        return true;
    for (; render->slots < count; render->slots++) {
        wf_node_image *images = render->images[render->slots];
        for (int i = 0; i < TRACE_IMAGE_COUNT; i++)
            if (!images[i].image &&
                !image_create(device, width, height, layers[i].format,
                              VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT, &images[i], error))
                return false;
        tracer_bind(&render->tracer, render->slots, images);
    }
    buffer_destroy(device, &render->readback);
    return buffer_create(device, count * floats_before(render, TRACE_IMAGE_COUNT) * sizeof(float),
                         VK_BUFFER_USAGE_TRANSFER_DST_BIT, &render->readback, error);
}

static bool fill(render *render, uint32_t width, uint32_t height, error *error)
{
    return tracer_resize(&render->tracer, width, height, error) && reserve_slots(render, 1, error) &&
           commands_allocate(render->tracer.device, 1, &render->commands, error);
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
    for (int i = 0; i < TRACER_SLOTS * TRACE_IMAGE_COUNT; i++)
        image_destroy(device, &render->images[i / TRACE_IMAGE_COUNT][i % TRACE_IMAGE_COUNT]);
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

static void read_back(const render *render, uint32_t slots)
{
    for (uint32_t slot = 0; slot < slots; slot++) {
        const size_t before = slot * floats_before(render, TRACE_IMAGE_COUNT);
        for (int i = 0; i < TRACE_IMAGE_COUNT; i++) {
            VkBufferImageCopy copy = {
                .bufferOffset = (before + floats_before(render, i)) * sizeof(float),
                .imageSubresource = image_layers,
                .imageExtent = {(uint32_t)render->tracer.fixed.width, (uint32_t)render->tracer.fixed.height, 1}};
            vkCmdCopyImageToBuffer(render->commands, render->images[slot][i].image, VK_IMAGE_LAYOUT_GENERAL,
                                   render->readback.handle, 1, &copy);
        }
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
            read_back(render, 1);
        if (!commands_finish(render->tracer.device, render->commands, error))
            return false;
    }
    return true;
}

static bool copy_layers(const render *render, uint32_t slot, frame *out, error *error)
{
    const float *from = (float *)render->readback.mapped + slot * floats_before(render, TRACE_IMAGE_COUNT);
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
        memcpy(image->pixels, from + floats_before(render, i), size);
    }
    return true;
}

bool render_frame(render *render, const tracer_frame *frame, struct frame *out, error *error)
{
    return trace(render, frame, error) && copy_layers(render, 0, out, error);
}

/* At once; as many as fit. */
static bool trace_pictures(render *render, const tracer_frame *frame, struct frame *out, error *error)
{
    if (!reserve_slots(render, frame->pictures, error) || !commands_begin(render->commands, error))
        return false;
    tracer_render(&render->tracer, render->commands, 0, frame);
    read_back(render, frame->pictures);
    bool ok = commands_finish(render->tracer.device, render->commands, error);
    for (uint32_t i = 0; i < frame->pictures && ok; i++)
        ok = copy_layers(render, i, &out[i], error);
    return ok;
}

bool render_pictures(render *render, const tracer_frame *frame, struct frame *out, error *error)
{
    const uint32_t most = frame->samples <= TRACE_SLICE ? render->tracer.round : 1;
    tracer_frame part = *frame;
    memset(out, 0, frame->pictures * sizeof *out);
    bool ok = true;
    for (uint32_t done = 0; done < frame->pictures && ok; done += part.pictures) {
        const uint32_t left = frame->pictures - done;
        part.pictures = left < most ? left : most;
        part.seed = frame->seed + done;
        ok = part.pictures > 1 ? trace_pictures(render, &part, out + done, error)
                               : render_frame(render, &part, out + done, error);
    }
    for (uint32_t i = 0; i < frame->pictures && !ok; i++)
        frame_free(&out[i]);
    return ok;
}
