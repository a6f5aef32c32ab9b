#include "live.h"

#include <stdio.h>
#include <string.h>

#include "app/files/exr.h"

/* Towards the sun of a plain sky: a late morning's, from the right behind a camera that looks along -z. */
static const vec3 sun_direction = {0.48f, 0.64f, 0.6f};

_Static_assert(TRACE_COLOR == (int)FRAME_COLOR && TRACE_ALBEDO == (int)FRAME_ALBEDO &&
                   TRACE_NORMAL == (int)FRAME_NORMAL && TRACE_DEPTH == (int)FRAME_DEPTH &&
                   TRACE_MOTION == (int)FRAME_MOTION,
               "the tracer's images are a frame's layers, in their order");

/* ---- Opening ------------------------------------------------------------------------------------------------------ */

static bool set_surroundings(live *live, error *error)
{
    const options *options = live->options;
    environment *environment = &live->scene.environment;
    bool is_dark = options->environment == OPTIONS_SURROUNDINGS_DEFAULT && !live->scene.has_lights;
    live->lit_by_sky = is_dark;
    if (is_dark || options->environment == OPTIONS_SURROUNDINGS_SKY) {
        environment->kind = ENVIRONMENT_SKY;
        environment->sun_direction = sun_direction;
    } else if (options->environment == OPTIONS_SURROUNDINGS_COLOR) {
        environment->kind = ENVIRONMENT_CONSTANT;
        memcpy(environment->color, options->environment_color, sizeof environment->color);
    } else if (options->environment == OPTIONS_SURROUNDINGS_FILE) {
        environment->kind = ENVIRONMENT_IMAGE;
        return exr_read_color(options->environment_file, NULL, 0, &environment->image, error);
    }
    return true;
}

static bool read_reference(live *live, error *error)
{
    const options *options = live->options;
    image *image = &live->reference_pixels;
    if (!options->reference)
        return true;
    if (!exr_read_color(options->reference, options->channels, options->channel_count, image, error))
        return false;
    return (image->width == options->render_width && image->height == options->render_height) ||
           error_set(error, "%s: the reference has %dx%d pixels, live frames have %dx%d (--render-size)",
                     options->reference, image->width, image->height, options->render_width, options->render_height);
}

static bool fill(live *live, error *error)
{
    const options *options = live->options;
    if (!scene_load(options->scene, &live->scene, error) || !set_surroundings(live, error) ||
        (options->camera_path && !camera_path_read(options->camera_path, &live->path, error)) ||
        !read_reference(live, error) || !bvh_build(&live->scene, &live->bvh, error))
        return false;
    live->triangle_count = live->scene.triangle_count;
    live->reach = vec3_length(vec3_subtract(live->scene.maximum, live->scene.minimum));
    live->start = live->scene.camera;
    live->start = live_camera(live, 0);
    return true;
}

bool live_open(const options *options, live *live, error *error)
{
    *live = (struct live){
        .options = options,
        .width = (uint32_t)options->render_width,
        .height = (uint32_t)options->render_height,
        .most = options->accumulate ? (uint32_t)options->accumulate : LIVE_MOST_SAMPLES,
    };
    if (fill(live, error))
        return true;
    live_close(live);
    return false;
}

/* ---- On the device ------------------------------------------------------------------------------------------------ */

static bool upload_reference(live *live, const device *device, error *error)
{
    buffer staging;
    VkCommandBuffer commands = VK_NULL_HANDLE;
    const size_t size = (size_t)live->width * live->height * 4 * sizeof(float);
    VkImageMemoryBarrier arrange = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
        .dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
        .newLayout = VK_IMAGE_LAYOUT_GENERAL,
        .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .subresourceRange = image_range,
    };
    const VkBufferImageCopy copy = {.imageSubresource = image_layers, .imageExtent = {live->width, live->height, 1}};
    if (!image_create(device, live->width, live->height, VK_FORMAT_R32G32B32A32_SFLOAT,
                      VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
                      &live->reference, error) ||
        !buffer_create(device, size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, &staging, error))
        return false;
    memcpy(staging.mapped, live->reference_pixels.pixels, size);
    arrange.image = live->reference.image;
    bool ok = commands_allocate(device, 1, &commands, error) && commands_begin(commands, error);
    if (ok) {
        vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0,
                             NULL, 1, &arrange);
        vkCmdCopyBufferToImage(commands, staging.handle, live->reference.image, VK_IMAGE_LAYOUT_GENERAL, 1, &copy);
        ok = commands_finish(device, commands, error);
    }
    if (commands)
        vkFreeCommandBuffers(device->handle, device->commands, 1, &commands);
    buffer_destroy(device, &staging);
    return ok;
}

bool live_start(live *live, const device *device, error *error)
{
    if (!tracer_create(device, &live->scene, &live->bvh, &live->tracer, error) ||
        !tracer_resize(&live->tracer, live->width, live->height, error) ||
        !average_create(device, live->width, live->height, &live->average, error) ||
        (live->reference_pixels.pixels && !upload_reference(live, device, error)))
        return false;
    scene_free(&live->scene);
    bvh_free(&live->bvh);
    image_free(&live->reference_pixels);
    return true;
}

void live_close(live *live)
{
    if (live->tracer.device)
        image_destroy(live->tracer.device, &live->reference);
    average_destroy(&live->average);
    tracer_destroy(&live->tracer);
    scene_free(&live->scene);
    bvh_free(&live->bvh);
    image_free(&live->reference_pixels);
    camera_path_free(&live->path);
    *live = (struct live){0};
}

/* ---- Which frame is next ------------------------------------------------------------------------------------------ */

int live_count(const live *live)
{
    if (live->path.count == 0)
        return 1;
    double last = live->path.keys[live->path.count - 1].time;
    double frames = floor(last * CAMERA_PATH_RATE + 1e-6) + !live->path.loop;
    return (int)fmin(fmax(frames, 1), 1e6);
}

camera live_camera(const live *live, int index)
{
    return live->path.count > 0 ? camera_path_at(&live->path, (double)index / CAMERA_PATH_RATE) : live->start;
}

static bool same_camera(const camera *a, const camera *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

void live_play(live *live, int index)
{
    uint32_t samples = (uint32_t)live->options->spp;
    live->frame = (tracer_frame){
        .camera = live_camera(live, index),
        .previous = live_camera(live, index > 0 ? index - 1 : 0),
        .first_sample = (uint32_t)index * samples,
        .samples = samples,
        .max_bounces = TRACER_DEFAULT_BOUNCES,
    };
    live->averaged = 0;
    live->added = samples;
}

void live_steer(live *live, const camera *camera, bool go_on)
{
    tracer_frame last = live->frame;
    bool is_first = last.samples == 0, rests = !is_first && same_camera(camera, &last.camera);
    live->averaged += live->added;
    if (!rests)
        live->averaged = 0;
    live->added = 0;
    if (rests && (!go_on || live_is_done(live)))
        return;
    uint32_t left = live->most - live->averaged, samples = (uint32_t)live->options->spp;
    live->added = samples < left ? samples : left;
    live->frame = (tracer_frame){
        .camera = *camera,
        .previous = is_first ? *camera : last.camera,
        .first_sample = last.first_sample + last.samples,
        .samples = live->added,
        .max_bounces = TRACER_DEFAULT_BOUNCES,
    };
}

void live_restart(live *live)
{
    live->frame = (tracer_frame){0};
    live->averaged = live->added = 0;
}

bool live_is_done(const live *live)
{
    return live->averaged + live->added >= live->most;
}

/* ---- Tracing ------------------------------------------------------------------------------------------------------ */

static bool record(void *maker, const denoiser_turn *turn, error *error)
{
    live *live = maker;
    (void)error;
    tracer_bind(&live->tracer, turn->slot, turn->images);
    tracer_render(&live->tracer, turn->commands, turn->slot, &live->frame);
    if (live->mean != LIVE_MEAN_UNUSED)
        average_record(&live->average, turn, (float)live->added / (float)(live->averaged + live->added),
                       live->mean == LIVE_MEAN_IS_COLOR);
    return true;
}

denoiser_input live_input(live *live)
{
    denoiser_input input = {.stage = "trace", .record = record, .maker = live};
    for (int layer = FRAME_COLOR; layer <= FRAME_MOTION; layer++)
        input.has[layer] = true;
    if (live->reference.image)
        input.reference = &live->reference;
    else if (live->mean == LIVE_MEAN_IS_REFERENCE)
        input.reference = &live->average.mean;
    input.has[FRAME_REFERENCE] = input.reference;
    return input;
}
