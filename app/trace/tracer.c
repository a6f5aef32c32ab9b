#include "tracer.h"

#include "features.comp.h"
#include "path.comp.h"
#include "scene_buffers.h"
#include "sum.comp.h"
#include "wf_vulkan.h"

#define CERTAIN_BOUNCES 1 /* before Russian roulette may end a path: more of them cost more than they save in noise */

/* Paths that follow each other in a thread keep it busy where its neighbors' are longer; too
   few threads leave a GPU idle. */
#define PATHS_PER_THREAD 8
#define LEAST_THREADS    (1u << 18)
#define SLICE_PIXELS     (1u << 22) /* that slices of one round have together, about */

/* ---- Pipelines --------------------------------------------------------------------------------------------------- */

static bool create_layouts(tracer *tracer, error *error)
{
    VkDescriptorSetLayoutBinding bindings[TRACE_IMAGE_COUNT + 1];
    for (uint32_t i = 0; i <= TRACE_IMAGE_COUNT; i++)
        bindings[i] = (VkDescriptorSetLayoutBinding){
            .binding = i,
            .descriptorType = i == TRACE_PARAMS ? VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER : VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
            .descriptorCount = 1,
            .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
        };
    return layouts_create(tracer->device, bindings, TRACE_IMAGE_COUNT + 1, VK_SHADER_STAGE_COMPUTE_BIT,
                          sizeof(trace_push), &tracer->set_layout, &tracer->layout, error);
}

static bool create_sets(tracer *tracer, error *error)
{
    const VkDescriptorPoolSize sizes[] = {{VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, TRACER_SLOTS * TRACE_IMAGE_COUNT},
                                          {VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, TRACER_SLOTS}};
    return descriptor_sets_create(tracer->device, tracer->set_layout, sizes, 2, TRACER_SLOTS, &tracer->pool,
                                  tracer->sets, error);
}

static bool create_pipeline(tracer *tracer, const uint32_t *code, size_t size, VkPipeline *pipeline, error *error)
{
    const VkBool32 values[] = {tracer->features == TRACER_SAMPLED, tracer->painted};
    const VkSpecializationMapEntry entries[] = {{TRACE_SAMPLED_FEATURES, 0, sizeof *values},
                                                {TRACE_PAINTED, sizeof *values, sizeof *values}};
    const VkSpecializationInfo constants = {2, entries, sizeof values, values};
    return compute_pipeline_create(tracer->device, tracer->layout, code, size, &constants, pipeline, error);
}

static bool create_pipelines(tracer *tracer, bool painted, error *error)
{
    tracer->painted = painted;
    return create_pipeline(tracer, path_comp, sizeof path_comp, &tracer->paths, error) &&
           create_pipeline(tracer, sum_comp, sizeof sum_comp, &tracer->sum, error) &&
           create_pipeline(tracer, features_comp, sizeof features_comp, &tracer->first_hits, error);
}

static void destroy_pipelines(tracer *tracer)
{
    vkDestroyPipeline(tracer->device->handle, tracer->paths, NULL);
    vkDestroyPipeline(tracer->device->handle, tracer->sum, NULL);
    vkDestroyPipeline(tracer->device->handle, tracer->first_hits, NULL);
    tracer->paths = tracer->sum = tracer->first_hits = VK_NULL_HANDLE;
}

bool tracer_set_scene(tracer *tracer, const scene *scene, const bvh *bvh, error *error)
{
    const bool painted = scene_is_painted(scene);
    if (!scene_buffers_fill(tracer, scene, bvh, error))
        return false;
    if (tracer->painted == painted && tracer->first_hits) /* the last one that is made */
        return true;
    destroy_pipelines(tracer);
    return create_pipelines(tracer, painted, error);
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

/* Mesa's CPU driver ends the loops of a thread after 65535 rounds in all: one path only. */
static uint32_t paths_per_thread(const device *device)
{
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(device->physical, &properties);
    return properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU ? 1 : PATHS_PER_THREAD;
}

static bool fill(tracer *tracer, const scene *scene, const bvh *bvh, error *error)
{
    tracer->paths_per_thread = paths_per_thread(tracer->device);
    const device *device = tracer->device;
    wf_vulkan_needs needs;
    wf_vulkan_get_needs(device->physical, &needs);
    if (!needs.complete)
        return error_set(error, "path tracing needs a Vulkan device with %s", needs.missing);
    return scene_buffers_fill(tracer, scene, bvh, error) &&
           device_buffer_create(device, sizeof(trace_params), &tracer->params, error) &&
           create_layouts(tracer, error) && create_sets(tracer, error) &&
           create_pipelines(tracer, scene_is_painted(scene), error);
}

bool tracer_create(const device *device, const scene *scene, const bvh *bvh, tracer_features features, tracer *tracer,
                   error *error)
{
    *tracer = (struct tracer){.device = device, .features = features};
    if (fill(tracer, scene, bvh, error)) {
        device_staging_destroy(device, &tracer->staging);
        return true;
    }
    tracer_destroy(tracer);
    return false;
}

void tracer_destroy(tracer *tracer)
{
    const device *device = tracer->device;
    if (!device)
        return;
    for (int i = 0; i < TRACER_SCENE_BUFFERS; i++)
        device_buffer_destroy(device, &tracer->scene[i]);
    device_staging_destroy(device, &tracer->staging);
    device_buffer_destroy(device, &tracer->params);
    device_buffer_destroy(device, &tracer->sums);
    device_buffer_destroy(device, &tracer->slices);
    device_buffer_destroy(device, &tracer->feature_sums);
    device_buffer_destroy(device, &tracer->feature_slices);
    destroy_pipelines(tracer);
    vkDestroyPipelineLayout(device->handle, tracer->layout, NULL);
    vkDestroyDescriptorPool(device->handle, tracer->pool, NULL);
    vkDestroyDescriptorSetLayout(device->handle, tracer->set_layout, NULL);
    *tracer = (struct tracer){0};
}

bool tracer_resize(tracer *tracer, uint32_t width, uint32_t height, error *error)
{
    const VkDeviceSize pixels = (VkDeviceSize)width * height, size = pixels * 3 * sizeof(float);
    const VkDeviceSize features = tracer->features == TRACER_SAMPLED ? pixels * sizeof(trace_features) : 0;
    const uint64_t fitting = SLICE_PIXELS / pixels, most = TRACER_MAX_SAMPLES / TRACE_SLICE;
    tracer->round = (uint32_t)(fitting < 1 ? 1 : fitting < most ? fitting : most);
    tracer->accumulated = 0;
    device_buffer_destroy(tracer->device, &tracer->sums);
    device_buffer_destroy(tracer->device, &tracer->slices);
    device_buffer_destroy(tracer->device, &tracer->feature_sums);
    device_buffer_destroy(tracer->device, &tracer->feature_slices);
    if (!device_buffer_create(tracer->device, size, &tracer->sums, error) ||
        !device_buffer_create(tracer->device, tracer->round * size, &tracer->slices, error) ||
        !device_buffer_create(tracer->device, features, &tracer->feature_sums, error) ||
        !device_buffer_create(tracer->device, tracer->round * features, &tracer->feature_slices, error))
        return false;
    tracer->fixed.width = (int)width;
    tracer->fixed.height = (int)height;
    tracer->fixed.sums = tracer->sums.address;
    tracer->fixed.slices = tracer->slices.address;
    tracer->fixed.feature_sums = tracer->feature_sums.address;
    tracer->fixed.feature_slices = tracer->feature_slices.address;
    return true;
}

void tracer_bind(tracer *tracer, uint32_t slot, const wf_node_image images[TRACE_IMAGE_COUNT])
{
    VkDescriptorImageInfo infos[TRACE_IMAGE_COUNT];
    for (int i = 0; i < TRACE_IMAGE_COUNT; i++) {
        infos[i] = (VkDescriptorImageInfo){.imageView = images[i].view, .imageLayout = VK_IMAGE_LAYOUT_GENERAL};
        tracer->images[slot][i] = images[i].image;
    }
    const VkWriteDescriptorSet writes[] = {
        {
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstSet = tracer->sets[slot],
            .descriptorCount = TRACE_IMAGE_COUNT, /* goes on from binding 0 */
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
            .pImageInfo = infos,
        },
        {
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstSet = tracer->sets[slot],
            .dstBinding = TRACE_PARAMS,
            .descriptorCount = 1,
            .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER,
            .pBufferInfo = &(VkDescriptorBufferInfo){tracer->params.handle, 0, sizeof(trace_params)},
        },
    };
    vkUpdateDescriptorSets(tracer->device->handle, 2, writes, 0, NULL);
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

static trace_camera prepare_camera(const camera *camera, int width, int height)
{
    vec3 forward = vec3_normalize(vec3_subtract(camera->target, camera->eye));
    vec3 right = vec3_normalize(vec3_cross(forward, camera->up));
    float slope = tanf(camera->fov_y / 2);
    return (trace_camera){
        .eye = camera->eye,
        .right = vec3_scale(right, slope * (float)width / (float)height),
        .up = vec3_scale(vec3_cross(right, forward), slope),
        .forward = forward,
        .aperture = camera->aperture,
        .focus = camera->aperture > 0 ? camera->focus : 1,
    };
}

static trace_params frame_params(const tracer *tracer, const tracer_frame *frame)
{
    trace_params params = tracer->fixed;
    params.camera = prepare_camera(&frame->camera, params.width, params.height);
    params.previous = prepare_camera(&frame->previous, params.width, params.height);
    params.seed = frame->seed;
    params.first_sample = frame->first_sample;
    params.samples = frame->samples;
    params.accumulated = tracer->accumulated;
    params.max_bounces = frame->max_bounces;
    params.strategy = (int)frame->strategy;
    params.look_through = frame->look_through;
    params.russian_roulette = CERTAIN_BOUNCES;
    return params;
}

static void begin_images(const tracer *tracer, VkCommandBuffer commands, uint32_t slot)
{
    commands_discard(commands, tracer->images[slot], TRACE_IMAGE_COUNT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                     VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT);
}

/* After the frame before has read them. */
static void write_params(const tracer *tracer, VkCommandBuffer commands, const tracer_frame *frame)
{
    trace_params params = frame_params(tracer, frame);
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0,
                         NULL, 0, NULL);
    vkCmdUpdateBuffer(commands, tracer->params.handle, 0, sizeof params, &params);
    commands_order(commands, VK_PIPELINE_STAGE_TRANSFER_BIT | VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                   VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_SHADER_WRITE_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                   VK_ACCESS_UNIFORM_READ_BIT | VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT);
}

static uint32_t divide_up(uint32_t a, uint32_t b)
{
    return (a + b - 1) / b;
}

/* bands: as many parts, below each other, of the image are traced by the same threads. */
static void dispatch(const tracer *tracer, VkCommandBuffer commands, VkPipeline pipeline, trace_push push,
                     uint32_t bands, uint32_t depth)
{
    const uint32_t rows = divide_up((uint32_t)tracer->fixed.height, TRACE_GROUP_HEIGHT);
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
    vkCmdPushConstants(commands, tracer->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof push, &push);
    vkCmdDispatch(commands, divide_up((uint32_t)tracer->fixed.width, TRACE_GROUP_WIDTH), divide_up(rows, bands), depth);
}

static void wait_for_sums(VkCommandBuffer commands)
{
    commands_order(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT,
                   VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT);
}

/* So many that threads trace as many paths as they may, where enough threads are left. */
static uint32_t count_bands(const tracer *tracer, uint32_t samples, uint32_t slices)
{
    const uint64_t threads = (uint64_t)tracer->fixed.width * (uint64_t)tracer->fixed.height * slices;
    uint32_t bands = 1;
    while (2 * bands * samples <= tracer->paths_per_thread && threads / (2 * bands) >= LEAST_THREADS)
        bands *= 2;
    return bands;
}

/* The paths of a round, of at most TRACE_SLICE samples in each slice. */
static void trace_slices(const tracer *tracer, VkCommandBuffer commands, uint32_t samples, trace_push push)
{
    const uint32_t longest = samples < TRACE_SLICE ? samples : TRACE_SLICE;
    const uint32_t step = longest < tracer->paths_per_thread ? longest : tracer->paths_per_thread;
    const uint32_t bands = count_bands(tracer, longest, push.slice_count);
    for (uint32_t begin = 0; begin < longest; begin += step) {
        push.begin = begin;
        push.end = begin + step < longest ? begin + step : longest;
        dispatch(tracer, commands, tracer->paths, push, bands, push.slice_count);
        wait_for_sums(commands);
    }
}

static void trace_paths(const tracer *tracer, VkCommandBuffer commands, uint32_t samples)
{
    const uint32_t slices = divide_up(samples, TRACE_SLICE);
    for (uint32_t first = 0; first < slices; first += tracer->round) {
        uint32_t left = slices - first;
        trace_push push = {.first_slice = first, .slice_count = left < tracer->round ? left : tracer->round};
        trace_slices(tracer, commands, samples, push);
        dispatch(tracer, commands, tracer->sum, push, 1, 1);
        wait_for_sums(commands);
    }
}

static void bind_set(const tracer *tracer, VkCommandBuffer commands, uint32_t slot)
{
    vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, tracer->layout, 0, 1, &tracer->sets[slot], 0,
                            NULL);
}

/* All at once; then each picture's only slice into its images. */
static void trace_pictures(const tracer *tracer, VkCommandBuffer commands, uint32_t slot, const tracer_frame *frame)
{
    trace_slices(tracer, commands, frame->samples, (trace_push){.slice_count = frame->pictures, .is_pictures = 1});
    for (uint32_t i = 0; i < frame->pictures; i++) {
        bind_set(tracer, commands, slot + i);
        dispatch(tracer, commands, tracer->sum, (trace_push){.first_slice = i, .slice_count = 1, .is_pictures = 1}, 1,
                 1);
        wait_for_sums(commands);
    }
}

static void show_images(VkCommandBuffer commands)
{
    commands_order(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT,
                   VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT |
                       VK_PIPELINE_STAGE_TRANSFER_BIT,
                   VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT);
}

void tracer_render(tracer *tracer, VkCommandBuffer commands, uint32_t slot, const tracer_frame *frame)
{
    const bool several = frame->pictures > 1;
    if (!frame->accumulate)
        tracer->accumulated = 0;
    for (uint32_t i = 0; i < (several ? frame->pictures : 1); i++)
        begin_images(tracer, commands, slot + i);
    write_params(tracer, commands, frame);
    for (uint32_t i = several ? frame->pictures : 1; i-- > 0;) {
        bind_set(tracer, commands, slot + i);
        dispatch(tracer, commands, tracer->first_hits, (trace_push){0}, 1, 1);
    }
    if (several)
        trace_pictures(tracer, commands, slot, frame);
    else
        trace_paths(tracer, commands, frame->samples);
    show_images(commands);
    tracer->accumulated = several ? 0 : tracer->accumulated + frame->samples;
}
