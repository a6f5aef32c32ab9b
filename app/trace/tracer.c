#include "tracer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "features.comp.h"
#include "ggx_tables.h"
#include "lights.h"
#include "path.comp.h"
#include "sum.comp.h"
#include "wf_vulkan.h"

#define TEXEL_SIZE 4 /* bytes */

#define CERTAIN_BOUNCES 1 /* before Russian roulette may end a path: more of them cost more than they save in noise */

/* Paths that follow each other in a thread keep it busy where its neighbors' are longer; too few threads leave a GPU idle. */
#define PATHS_PER_THREAD 8
#define LEAST_THREADS    (1u << 18)
#define SLICE_PIXELS     (1u << 22) /* that slices of one round have together, about */

_Static_assert(sizeof(vertex) == sizeof(struct trace_vertex), "vertices are uploaded as they are");
_Static_assert(sizeof(material) == sizeof(struct trace_material), "materials are uploaded as they are");
_Static_assert(sizeof(vertex) % 16 == 0 && sizeof(material) % 16 == 0 && sizeof(trace_corners) % 16 == 0 &&
                   sizeof(trace_triangle) % 16 == 0 && sizeof(trace_choice) % 16 == 0,
               "shaders read rows of 16 bytes");

/* ---- Scene -------------------------------------------------------------------------------------------------------- */

/* What the device has, by TRACER_NODES ... TRACER_GLASS. */
typedef struct array {
    const void *data; /* of TRACER_TEXELS: NULL, each texture has its own */
    size_t size;
} array;

/* What is made for the device alone. */
typedef struct copies {
    lights lights;
    trace_triangle *triangles;
    trace_corners *corners;
    trace_texture *textures;
    size_t texels;
} copies;

static bool make_triangles(const scene *scene, copies *copies, error *error)
{
    const uint32_t count = scene->triangle_count;
    const lights *lights = &copies->lights;
    copies->triangles = malloc(count * sizeof *copies->triangles);
    copies->corners = malloc(count * sizeof *copies->corners);
    if (!copies->triangles || !copies->corners)
        return error_set(error, "no memory for %u triangles", count);
    for (uint32_t i = 0; i < count; i++) {
        const triangle *from = &scene->triangles[i];
        copies->triangles[i] = (trace_triangle){.material = from->material};
        memcpy(copies->triangles[i].vertices, from->vertices, sizeof from->vertices);
        copies->corners[i] = (trace_corners){
            .a = scene->vertices[from->vertices[0]].position,
            .b = scene->vertices[from->vertices[1]].position,
            .c = scene->vertices[from->vertices[2]].position,
            .has_holes = scene->materials[from->material].alpha_cutoff > 0,
        };
    }
    for (uint32_t i = 0; i < lights->emitter_count; i++)
        copies->corners[lights->emitters[i].item].light_density = lights->emitters[i].density;
    return true;
}

static bool make_textures(const scene *scene, copies *copies, error *error)
{
    copies->textures = calloc(scene->texture_count + 1, sizeof *copies->textures);
    if (!copies->textures)
        return error_set(error, "no memory for %u textures", scene->texture_count);
    for (uint32_t i = 0; i < scene->texture_count; i++) {
        const texture *from = &scene->textures[i];
        copies->textures[i] = (trace_texture){(uint32_t)copies->texels, from->width, from->height, from->srgb};
        copies->texels += (size_t)from->width * (size_t)from->height;
    }
    return copies->texels <= UINT32_MAX ||
           error_set(error, "the scene's textures have %.0f million texels, 4294 at most",
                     (double)copies->texels / 1e6);
}

static bool make_copies(const scene *scene, copies *copies, error *error)
{
    *copies = (struct copies){0};
    return lights_create(scene, &copies->lights, error) && make_triangles(scene, copies, error) &&
           make_textures(scene, copies, error);
}

static void free_copies(copies *copies)
{
    lights_free(&copies->lights);
    free(copies->triangles);
    free(copies->corners);
    free(copies->textures);
}

/* In place of what the buffers had. */
static bool reserve_buffers(tracer *tracer, const array arrays[TRACER_SCENE_BUFFERS], error *error)
{
    for (int i = 0; i < TRACER_SCENE_BUFFERS; i++)
        if (!device_buffer_reserve(tracer->device, arrays[i].size, &tracer->scene[i], error))
            return false;
    return true;
}

static bool fill_buffers(tracer *tracer, const array arrays[TRACER_SCENE_BUFFERS], const scene *scene,
                         const copies *copies, error *error)
{
    const uint32_t count = TRACER_SCENE_BUFFERS + scene->texture_count;
    device_write *writes = calloc(count, sizeof *writes);
    if (!writes)
        return error_set(error, "no memory for %u textures", scene->texture_count);
    for (int i = 0; i < TRACER_SCENE_BUFFERS; i++)
        if (arrays[i].data)
            writes[i] = (device_write){&tracer->scene[i], 0, arrays[i].data, arrays[i].size};
    for (uint32_t i = 0; i < scene->texture_count; i++) {
        const texture *texture = &scene->textures[i];
        writes[TRACER_SCENE_BUFFERS + i] =
            (device_write){&tracer->scene[TRACER_TEXELS], TEXEL_SIZE * (VkDeviceSize)copies->textures[i].first,
                           texture->rgba, TEXEL_SIZE * (VkDeviceSize)texture->width * (VkDeviceSize)texture->height};
    }
    bool ok = device_buffers_write(tracer->device, &tracer->staging, writes, count, error);
    free(writes);
    return ok;
}

static void share_choices(trace_params *params, const lights *lights)
{
    bool has_triangles = lights->emitter_count > 0, has_environment = lights->environment_choices;
    bool has_sun = lights->sun.radiance[0] + lights->sun.radiance[1] + lights->sun.radiance[2] > 0;
    float share = 1 / fmaxf((float)(has_triangles + has_environment + has_sun), 1);
    params->choose_triangles = has_triangles ? share : 0;
    params->choose_environment = has_environment ? share : 0;
    params->choose_sun = has_sun ? share : 0;
    params->emitter_count = lights->emitter_count;
    params->environment_width = lights->environment.width;
    params->environment_height = lights->environment.height;
    params->sun_direction = lights->sun.direction;
    params->sun_radiance = (vec3){lights->sun.radiance[0], lights->sun.radiance[1], lights->sun.radiance[2]};
    float below = lights->sun.solid_angle / (2 * (float)M_PI); /* 1 - cosine, without the loss of that difference */
    params->sun_sine_squared = below * (2 - below);
    params->sun_solid_angle = lights->sun.solid_angle;
}

static bool upload(tracer *tracer, const scene *scene, const bvh *bvh, const copies *copies, error *error)
{
    const lights *lights = &copies->lights;
    const size_t texels = (size_t)lights->environment.width * (size_t)lights->environment.height;
    const size_t choices = lights->environment_choices ? texels : 0;
    const array arrays[TRACER_SCENE_BUFFERS] = {
        [TRACER_NODES] = {bvh->nodes, bvh->node_count * sizeof *bvh->nodes},
        [TRACER_CORNERS] = {copies->corners, scene->triangle_count * sizeof *copies->corners},
        [TRACER_TRIANGLES] = {copies->triangles, scene->triangle_count * sizeof *copies->triangles},
        [TRACER_COLORS] = {scene->colors, scene->colors ? scene->vertex_count * sizeof *scene->colors : 0},
        [TRACER_VERTICES] = {scene->vertices, scene->vertex_count * sizeof *scene->vertices},
        [TRACER_MATERIALS] = {scene->materials, scene->material_count * sizeof *scene->materials},
        [TRACER_TEXTURES] = {copies->textures, scene->texture_count * sizeof *copies->textures},
        [TRACER_TEXELS] = {NULL, TEXEL_SIZE * copies->texels},
        [TRACER_EMITTERS] = {lights->emitters, lights->emitter_count * sizeof *lights->emitters},
        [TRACER_ENVIRONMENT] = {lights->environment.pixels, texels * 3 * sizeof(float)},
        [TRACER_CHOICES] = {lights->environment_choices, choices * sizeof *lights->environment_choices},
        [TRACER_ALBEDO] = {ggx_reflected, sizeof ggx_reflected},
        [TRACER_GLASS] = {ggx_glass, sizeof ggx_glass},
    };
    return reserve_buffers(tracer, arrays, error) && fill_buffers(tracer, arrays, scene, copies, error);
}

static void set_addresses(tracer *tracer, bool has_colors)
{
    const device_buffer *scene = tracer->scene;
    trace_params *params = &tracer->fixed;
    params->nodes = scene[TRACER_NODES].address;
    params->corners = scene[TRACER_CORNERS].address;
    params->triangles = scene[TRACER_TRIANGLES].address;
    params->vertices = scene[TRACER_VERTICES].address;
    params->colors = has_colors ? scene[TRACER_COLORS].address : 0;
    params->materials = scene[TRACER_MATERIALS].address;
    params->textures = scene[TRACER_TEXTURES].address;
    params->texels = scene[TRACER_TEXELS].address;
    params->emitters = scene[TRACER_EMITTERS].address;
    params->environment = scene[TRACER_ENVIRONMENT].address;
    params->environment_choices = scene[TRACER_CHOICES].address;
    params->albedo_table = scene[TRACER_ALBEDO].address;
    params->glass_table = scene[TRACER_GLASS].address;
}

static bool is_placed(int texture, const texture_mapping *mapping)
{
    static const texture_mapping plain = TEXTURE_MAPPING_PLAIN;
    return texture >= 0 && memcmp(mapping, &plain, sizeof plain) != 0;
}

static bool is_painted(const scene *scene)
{
    bool painted = scene->colors;
    for (uint32_t i = 0; i < scene->material_count && !painted; i++) {
        const material *m = &scene->materials[i];
        painted = is_placed(m->base_color_texture, &m->base_color_mapping) ||
                  is_placed(m->metallic_roughness_texture, &m->metallic_roughness_mapping) ||
                  is_placed(m->normal_texture, &m->normal_mapping) ||
                  is_placed(m->emission_texture, &m->emission_mapping);
    }
    return painted;
}

static bool set_scene(tracer *tracer, const scene *scene, const bvh *bvh, error *error)
{
    copies copies;
    bool ok = make_copies(scene, &copies, error) && upload(tracer, scene, bvh, &copies, error);
    if (ok) {
        share_choices(&tracer->fixed, &copies.lights);
        set_addresses(tracer, scene->colors);
    }
    tracer->accumulated = 0;
    free_copies(&copies);
    return ok;
}

/* ---- Pipelines ---------------------------------------------------------------------------------------------------- */

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
    const bool painted = is_painted(scene);
    if (!set_scene(tracer, scene, bvh, error))
        return false;
    if (tracer->painted == painted && tracer->first_hits) /* the last one that is made */
        return true;
    destroy_pipelines(tracer);
    return create_pipelines(tracer, painted, error);
}

/* ---- Life --------------------------------------------------------------------------------------------------------- */

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
    return set_scene(tracer, scene, bvh, error) &&
           device_buffer_create(device, sizeof(trace_params), &tracer->params, error) &&
           create_layouts(tracer, error) && create_sets(tracer, error) &&
           create_pipelines(tracer, is_painted(scene), error);
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

/* ---- Frames ------------------------------------------------------------------------------------------------------- */

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
    VkImageMemoryBarrier discard[TRACE_IMAGE_COUNT];
    for (int i = 0; i < TRACE_IMAGE_COUNT; i++)
        discard[i] = (VkImageMemoryBarrier){
            .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
            .dstAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
            .oldLayout = VK_IMAGE_LAYOUT_UNDEFINED,
            .newLayout = VK_IMAGE_LAYOUT_GENERAL,
            .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
            .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
            .image = tracer->images[slot][i],
            .subresourceRange = image_range,
        };
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 0, NULL,
                         0, NULL, TRACE_IMAGE_COUNT, discard);
}

/* After the frame before has read them. */
static void write_params(const tracer *tracer, VkCommandBuffer commands, const tracer_frame *frame)
{
    trace_params params = frame_params(tracer, frame);
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0,
                         NULL, 0, NULL);
    vkCmdUpdateBuffer(commands, tracer->params.handle, 0, sizeof params, &params);
    VkMemoryBarrier written = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_SHADER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_UNIFORM_READ_BIT | VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT,
    };
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT | VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                         VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 1, &written, 0, NULL, 0, NULL);
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
    VkMemoryBarrier summed = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT,
    };
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 1,
                         &summed, 0, NULL, 0, NULL);
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
    VkMemoryBarrier written = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT,
    };
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                         VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT |
                             VK_PIPELINE_STAGE_TRANSFER_BIT,
                         0, 1, &written, 0, NULL, 0, NULL);
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
